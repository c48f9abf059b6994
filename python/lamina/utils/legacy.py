"""Objects as Keras 2 wrote them: {"class_name": ..., "config": ...}, or a name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..checks import explain
from ..saving.registration import CustomObjectScope, get_custom_objects, get_registered_name

__all__ = ["deserialize_keras_object", "serialize_keras_object"]


def serialize_keras_object(instance: Any) -> Any:
    """The class and configuration of an object; the name of a function or class; None for None.

    ValueError for things without `get_config` and name.
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config") and not inspect.isclass(instance):
        config = {key: _serialize_inner(value) for key, value in instance.get_config().items()}
        return {"class_name": get_registered_name(type(instance)), "config": config}
    if hasattr(instance, "__name__"):
        return get_registered_name(instance)
    raise ValueError(
        explain(
            "An object cannot be serialized.",
            "an object with get_config(), a class or a function",
            repr(instance),
            "write a get_config() for it.",
        )
    )


def _serialize_inner(value: Any) -> Any:
    plain = isinstance(value, (str, dict)) or not (hasattr(value, "get_config") or hasattr(value, "__name__"))
    return value if plain else serialize_keras_object(value)


def deserialize_keras_object(
    identifier: Any,
    module_objects: dict[str, Any] | None = None,
    custom_objects: dict[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """The object of such a record or name, looked up in `custom_objects`, the registered ones and `module_objects`.

    A name of a class makes an object without arguments. ValueError for unknown names.
    """
    if identifier is None or inspect.isfunction(identifier):
        return identifier
    if isinstance(identifier, str):
        found = _find(identifier, module_objects, custom_objects, printable_module_name)
        return found() if inspect.isclass(found) else found
    if not isinstance(identifier, dict) or "class_name" not in identifier or "config" not in identifier:
        raise ValueError(
            explain(
                f"A record of {printable_module_name} cannot be read.",
                "a name, or {'class_name': ..., 'config': ...}",
                repr(identifier),
                "see how it was written.",
            )
        )
    cls = _find(identifier["class_name"], module_objects, custom_objects, printable_module_name)
    with CustomObjectScope(custom_objects):
        from_config: Callable[..., Any] | None = getattr(cls, "from_config", None)
        return cls(**identifier["config"]) if from_config is None else from_config(identifier["config"])


def _find(name: str, module_objects: Any, custom_objects: Any, kind: str) -> Any:
    for table in (custom_objects, get_custom_objects(), module_objects):
        if table and table.get(name) is not None:
            return table[name]
    import difflib

    near = difflib.get_close_matches(name, module_objects or {}, n=1)
    raise ValueError(
        explain(
            f"Unknown {kind}: {name!r}.",
            "a registered name, or one of custom_objects",
            repr(name),
            f"did you mean {near[0]!r}?" if near else "pass it in custom_objects.",
        )
    )
