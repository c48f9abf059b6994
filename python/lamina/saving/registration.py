"""Names of user classes and functions, so that saved models can name them: nothing a file says is imported or run."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from ..checks import explain

_registered: dict[str, Any] = {}  # "package>Name" -> class or function
_names: dict[Any, str] = {}  # the reverse
_scopes = threading.local()


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """Decorator that makes a class or function known to saved models as "package>name".

    >>> import lamina
    >>> @lamina.saving.register_keras_serializable(package="docs")
    ... class Twice(lamina.layers.Layer):
    ...     def call(self, x):
    ...         return 2 * x
    >>> lamina.saving.get_registered_name(Twice)
    'docs>Twice'
    """

    def decorate(obj: Any) -> Any:
        registered = f"{package}>{name if name is not None else obj.__name__}"
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            raise ValueError(
                explain(
                    f"{obj.__name__} cannot be registered.",
                    "a class with a `get_config()` method, or a function",
                    repr(obj),
                    "write a `get_config` that returns the constructor's arguments.",
                )
            )
        _registered[registered] = obj
        _names[obj] = registered
        return obj

    return decorate


def get_custom_objects() -> dict[str, Any]:
    """Every registered object and those of the open scopes, by name. Entries put into it are registered."""
    scopes = getattr(_scopes, "stack", None)
    if not scopes:
        return _registered
    merged = dict(_registered)
    for scope in scopes:
        merged.update(scope)
    return merged


def get_registered_name(obj: Any) -> str:
    """The name `obj` was registered under, else its own."""
    return _names.get(obj, obj.__name__)


def get_registered_object(
    name: str, custom_objects: dict[str, Any] | None = None, module_objects: dict[str, Any] | None = None
) -> Any:
    """The object with that registered name, or None."""
    for table in (custom_objects, get_custom_objects(), module_objects):
        if table and name in table:
            return table[name]
    return None


class CustomObjectScope:
    """Makes `custom_objects` ({name: class or function}) known while the `with` block runs."""

    def __init__(self, custom_objects: dict[str, Any] | None) -> None:
        self.custom_objects = custom_objects or {}

    def __enter__(self) -> CustomObjectScope:
        if not hasattr(_scopes, "stack"):
            _scopes.stack = []
        _scopes.stack.append(self.custom_objects)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _scopes.stack.pop()


custom_object_scope = CustomObjectScope
