"""`get`, `serialize` and `deserialize` of a namespace (losses, layers, ...): one table of names, one set of rules."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from .checks import explain


@functools.cache
def snake_case(name: str) -> str:
    """Keras' automatic names: `BatchNormalization` -> `batch_normalization`, `PReLU` -> `p_re_lu`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


class Namespace:
    """The objects of one kind by every name they have.

    `objects` maps names to classes or functions, or is a function that makes this table when it is first asked for;
    `convert` turns other identifiers (arrays, say) into an object or None.
    """

    def __init__(
        self,
        kind: str,
        objects: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        *,
        default: Any = None,
        ignore_case: bool = False,
        convert: Callable[[Any], Any] | None = None,
        functions_by_name: bool = True,
    ) -> None:
        self.kind = kind
        self._objects = objects
        self.default = default
        self.ignore_case = ignore_case
        self.convert = convert
        self.functions_by_name = functions_by_name

    @cached_property
    def objects(self) -> dict[str, Any]:
        """The table of names."""
        return dict(self._objects() if callable(self._objects) else self._objects)

    def find(self, name: str, custom_objects: dict[str, Any] | None = None) -> Any:
        """The class or function called `name`; ValueError naming the nearest ones otherwise."""
        from .saving.registration import get_custom_objects

        if custom_objects and name in custom_objects:
            return custom_objects[name]
        found = self.objects.get(name)
        if found is None and self.ignore_case:
            found = {key.lower(): value for key, value in self.objects.items()}.get(name.lower())
        if found is None:
            found = get_custom_objects().get(name)
        if found is None:
            raise ValueError(self._unknown(name))
        return found

    def _unknown(self, name: Any) -> str:
        import difflib

        near = difflib.get_close_matches(str(name), self.objects, n=3, cutoff=0.5)
        hint = (
            f"did you mean {' or '.join(repr(n) for n in near)}?" if near else "see the names in `lamina`'s reference."
        )
        return explain(
            f"Unknown {self.kind}.",
            f"the name of a built-in {self.kind}, a configuration dict, or a callable",
            repr(name),
            f"{hint} Your own {self.kind} can be passed as an object, or registered with "
            "`lamina.saving.register_keras_serializable()`.",
        )

    def get(self, identifier: Any) -> Any:
        """The object for None, a name, a configuration, a class, a function or an object of this kind."""
        if identifier is None:
            return self.default() if inspect.isclass(self.default) else self.default
        if isinstance(identifier, dict):
            return self.deserialize(identifier)
        if isinstance(identifier, str):
            identifier = self.find(identifier)
        elif self.convert is not None:
            converted = self.convert(identifier)
            identifier = identifier if converted is None else converted
        if inspect.isclass(identifier):
            return identifier()
        if callable(identifier):
            return identifier
        raise ValueError(self._unknown(identifier))

    def serialize(self, instance: Any) -> Any:
        """The configuration of `instance`: a dict that `deserialize` reads, or with `functions_by_name` a built-in
        function's name.
        """
        from .saving.serialization import serialize_keras_object

        name = getattr(instance, "__name__", None)
        if self.functions_by_name and inspect.isfunction(instance) and self.objects.get(str(name)) is instance:
            return name
        return serialize_keras_object(instance)

    def deserialize(self, config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
        """The object that `config` (a name or a dict) describes."""
        from .saving.serialization import deserialize_keras_object

        if isinstance(config, str):
            found = self.find(config, custom_objects)
            return found() if inspect.isclass(found) else found
        if isinstance(config, dict) and "module" not in config and config.get("class_name") in self.objects:
            # Configurations of Keras 2 name the class only.
            return self.objects[config["class_name"]].from_config(config.get("config", {}))
        return deserialize_keras_object(config, custom_objects=custom_objects)

    def functions(self, instance: str, config: str = "config") -> tuple[Callable[..., Any], ...]:
        """`get`, `serialize` and `deserialize`, whose first arguments are called as in Keras."""
        return self.get, _renamed(self.serialize, instance), _renamed(self.deserialize, config)


def _renamed(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function with another name for its first argument."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*((kwargs.pop(name),) if name in kwargs else ()), *args, **kwargs)

    first, *others = inspect.signature(function).parameters.values()
    call.__signature__ = inspect.Signature([first.replace(name=name), *others])  # type: ignore[attr-defined]
    return call


def names_of(*classes: type) -> dict[str, Any]:
    """The table of `classes` under their own and their snake_case names."""
    return {name: cls for cls in classes for name in (cls.__name__, snake_case(cls.__name__))}
