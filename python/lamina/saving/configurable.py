"""Objects whose configurations are derived from what their constructors were called with."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

import numpy as np

from ..checks import explain
from .serialization import PLAIN, deserialize_values, from_configuration, is_scalar_variable, serialize_value

_signatures: dict[type, inspect.Signature] = {}
T = TypeVar("T", bound="Configurable")


def constructor_signature(cls: type) -> inspect.Signature:
    """That of `__init__` without `self`: `inspect.signature` of a class finds its `__new__` before Python 3.11.3."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc]
    return inspect.Signature([parameter.replace(annotation=parameter.empty) for parameter in parameters])


class Configurable:
    """An object that knows the arguments it was made with: `get_config` and `from_config` are derived from them.

    Classes of this package keep each argument in the attribute of its name; there the attribute's present value counts.
    """

    _config_omit_defaults: tuple[str, ...] = ()  # arguments left out of the configuration while at their default
    _config_ignored: tuple[str, ...] = ()  # arguments that never belong to it

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        self = object.__new__(cls)
        self.__dict__["_init_arguments"] = (args, kwargs)
        return self

    def _constructor_arguments(self) -> dict[str, Any]:
        """The constructor's arguments by name, in the order of its signature, defaults included."""
        cls = type(self)
        signature = _signatures.get(cls)
        if signature is None:
            signature = _signatures[cls] = inspect.signature(cls.__init__)
        args, kwargs = self.__dict__["_init_arguments"]
        bound = signature.bind(self, *args, **kwargs)
        given = set(bound.arguments)
        bound.apply_defaults()
        arguments: dict[str, Any] = {}
        for parameter in list(signature.parameters.values())[1:]:
            value = bound.arguments[parameter.name]
            if parameter.kind is parameter.VAR_KEYWORD:
                arguments.update(value)
            elif parameter.kind is parameter.VAR_POSITIONAL:
                if value:
                    raise NotImplementedError(
                        explain(
                            f"The configuration of {cls.__name__} cannot be derived.",
                            "constructor arguments with names",
                            f"`*{parameter.name}` with {len(value)} values",
                            f"write `get_config` and `from_config` in {cls.__name__}.",
                        )
                    )
            elif parameter.name not in self._config_ignored and not (
                parameter.name in self._config_omit_defaults
                and (parameter.name not in given or value is parameter.default or value == parameter.default)
            ):
                arguments[parameter.name] = value
        return {name: value for name, value in arguments.items() if name not in self._config_ignored}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values: `type(self).from_config(config)` makes an equal object."""
        arguments = self._constructor_arguments()
        if type(self).__module__.startswith("lamina."):
            for name, value in arguments.items():
                present = getattr(self, name, value) if name != "seed" else value
                if _is_config_value(present):
                    arguments[name] = present
        return {name: serialize_value(value) for name, value in arguments.items()}

    @classmethod
    def from_config(cls: type[T], config: dict[str, Any]) -> T:
        """The object that `get_config` described."""
        try:
            with from_configuration():
                return cls(**deserialize_values(config))
        except TypeError as error:
            raise TypeError(
                explain(
                    f"{cls.__name__} could not be made from its configuration ({error}).",
                    f"the arguments of `{cls.__name__}{constructor_signature(cls)}`",
                    f"{sorted(config)}",
                    "write a `get_config` that returns exactly the constructor's arguments.",
                )
            ) from error


def _is_config_value(value: Any) -> bool:
    """Whether an attribute may stand for the constructor argument of its name."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_config_value, value))
    if isinstance(value, dict):
        return all(map(_is_config_value, value.values()))
    return (
        isinstance(value, (*PLAIN, np.generic, Configurable)) or inspect.isfunction(value) or is_scalar_variable(value)
    )
