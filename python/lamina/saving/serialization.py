"""Objects as JSON in the layout of Keras 3, and back."""

from __future__ import annotations

import importlib
import inspect
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import _core
from ..checks import explain
from .registration import CustomObjectScope, get_registered_name, get_registered_object
from .sizes import size_from_config, size_to_config

PLAIN = (bool, int, float, str, type(None))
_state = threading.local()


def is_scalar_variable(value: Any) -> bool:
    """Whether it is a variable of one number, such as a learning rate."""
    return hasattr(value, "assign") and hasattr(value, "value") and value.shape == ()


def serialize_value(value: Any) -> Any:
    """Like `serialize_keras_object`, but a built-in function becomes its plain name, as in layer configurations."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(serialize_value, value)) if not hasattr(value, "_fields") else value
    if inspect.isfunction(value):
        from .class_places import public_function

        if public_function(value.__name__) is value:
            return value.__name__
    if is_scalar_variable(value):
        return value.numpy().item()
    return serialize_keras_object(value)


def serialize_keras_object(obj: Any) -> Any:
    """`obj` as JSON values, in the layout of Keras 3. TypeError for what cannot be written."""
    if isinstance(obj, PLAIN):
        return obj
    if isinstance(obj, (list, tuple)):
        items = [serialize_keras_object(item) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": str(obj.dtype)}}
    if isinstance(obj, _core.Tensor):
        return _serialize_tensor(obj)
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}}
    if isinstance(obj, slice):
        parts = {"start": obj.start, "stop": obj.stop, "step": obj.step}
        return {"class_name": "__slice__", "config": serialize_keras_object(parts)}
    if isinstance(obj, _core.Dim):
        return {"class_name": "__size__", "config": size_to_config(obj)}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, np.dtype):
        return obj.name
    if inspect.isfunction(obj) or inspect.isbuiltin(obj) or (inspect.isclass(obj) and not hasattr(obj, "get_config")):
        return _serialize_function(obj)
    if hasattr(obj, "get_config") and not inspect.isclass(obj):
        return _serialize_instance(obj)
    raise TypeError(
        explain(
            f"An object of type {type(obj).__name__} cannot be saved.",
            "numbers, strings, lists, dicts, arrays, functions, or objects with `get_config`",
            repr(obj),
            "give its class a `get_config`, or write a `get_config` that leaves it out.",
        )
    )


def _serialize_tensor(tensor: Any) -> dict[str, Any]:
    history = getattr(tensor, "_keras_history", None)
    if history is not None:
        config: dict[str, Any] = {
            "shape": list(tensor.shape),
            "dtype": tensor.dtype,
            "keras_history": [history.operation.name, history.node_index, history.tensor_index],
        }
        return {"class_name": "__keras_tensor__", "config": config}
    return {"class_name": "__tensor__", "config": {"value": tensor.numpy().tolist(), "dtype": tensor.dtype}}


def _serialize_function(function: Any) -> dict[str, Any]:
    name = get_registered_name(function)
    if name == "<lambda>":
        warnings.warn(
            "A lambda has no name to save. The file works in C++, but Python can only load it again when the function "
            "is a named one (`def`), registered with lamina.saving.register_keras_serializable or in `custom_objects`.",
            stacklevel=2,
        )
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def _serialize_instance(obj: Any) -> dict[str, Any]:
    from .class_places import public_module
    from .keras_ops import keras_class

    cls = type(obj)
    module, registered_name = public_module(cls)
    name = cls.__name__
    if hasattr(cls, "function") and module == "keras.ops":
        module, name = keras_class(cls.function.__name__, name)
        registered_name = name
    record: dict[str, Any] = {
        "module": module,
        "class_name": name,
        "config": serialize_keras_object(obj.get_config()),
        "registered_name": registered_name,
    }
    for key, method in (("build_config", "get_build_config"), ("compile_config", "get_compile_config")):
        if hasattr(obj, method):
            config = getattr(obj, method)()
            if config is not None:
                record[key] = serialize_keras_object(config)
    return record


def deserialize_values(config: dict[str, Any]) -> dict[str, Any]:
    """The values of a configuration with every object in it rebuilt."""
    return {key: deserialize_keras_object(value) for key, value in config.items()}


@contextmanager
def from_configuration() -> Iterator[None]:
    """Inside, an object is being made from a configuration."""
    before = is_deserializing()
    _state.is_deserializing = True
    try:
        yield
    finally:
        _state.is_deserializing = before


def deserialize_keras_object(
    config: Any, custom_objects: dict[str, Any] | None = None, safe_mode: bool = True, **kwargs: Any
) -> Any:
    """The object that `serialize_keras_object` described. ValueError for unknown classes; code is never run."""
    if custom_objects:
        with CustomObjectScope(custom_objects):
            return deserialize_keras_object(config)
    if isinstance(config, (list, tuple)):
        return type(config)(deserialize_keras_object(item) for item in config)
    depth = getattr(_state, "depth", 0)
    if not isinstance(config, dict):
        if depth > 0 and inspect.isroutine(config):
            raise ValueError(
                explain(
                    "A configuration holds a function itself.",
                    "the names of functions",
                    f"{config!r:.200}",
                    "register it with lamina.saving.register_keras_serializable and give its name.",
                )
            )
        return config
    if "class_name" not in config or "config" not in config:
        return {key: deserialize_keras_object(value) for key, value in config.items()}
    if not isinstance(config["class_name"], str):
        raise ValueError(
            explain("A configuration names no class.", "a string", f"{config['class_name']!r:.80}", "use another file.")
        )
    if depth == 0:
        _state.shared = {}
    _state.depth = depth + 1
    try:
        return _deserialize_record(config)
    except (AttributeError, IndexError, KeyError, MemoryError, OverflowError, RecursionError) as error:
        if depth > 0:
            raise
        raise ValueError(
            explain(
                f"A {config['class_name']} cannot be made from its configuration.",
                "what `get_config` of an object of this class gives",
                f"{config!r:.200} ({type(error).__name__}: {error})"[:400],
                "use an intact file, or mend `from_config` of the class.",
            )
        ) from error
    finally:
        _state.depth = depth


def is_deserializing() -> bool:
    """Whether an object is being made from a configuration: what that names is not opened."""
    return getattr(_state, "is_deserializing", False)


def _deserialize_record(record: dict[str, Any]) -> Any:
    name, config = record["class_name"], record["config"]
    if name.startswith("__") and name.endswith("__"):
        return _deserialize_special(name, config)
    if name == "function":
        return _deserialize_function(config)
    shared = record.get("shared_object_id")
    if shared is not None and shared in _state.shared:
        return _state.shared[shared]
    if not isinstance(config, dict):
        raise ValueError(
            explain(
                f"The configuration of {name!r} cannot be read.",
                "a dict of arguments",
                repr(config),
                "use an intact file.",
            )
        )
    from .class_places import find_class

    cls = find_class(record)
    with from_configuration():
        obj = cls.from_config(config)
    build_config = record.get("build_config")
    if build_config and hasattr(obj, "build_from_config") and not getattr(obj, "built", False):
        obj.build_from_config(build_config)
    compile_config = record.get("compile_config")
    if compile_config and hasattr(obj, "compile_from_config"):
        obj.compile_from_config(compile_config)
    if shared is not None:
        _state.shared[shared] = obj
    return obj


def _deserialize_special(name: str, config: Any) -> Any:
    if name == "__numpy__":
        return _array(config)
    if name == "__tensor__":
        return _core.Tensor(_array(config))
    if name == "__bytes__":
        return config["value"].encode("utf-8")
    if name == "__slice__":
        return slice(*(deserialize_keras_object(config.get(key)) for key in ("start", "stop", "step")))
    if name == "__size__":
        return size_from_config(config)
    if name == "__ellipsis__":
        return Ellipsis
    raise ValueError(
        explain(
            f"An object of kind {name!r} is not loaded.",
            "data, built-in classes or registered ones; never code",
            f"{name!r}",
            "save a model that uses named functions registered with lamina.saving.register_keras_serializable.",
        )
    )


def _array(config: Any) -> np.ndarray:
    """The array of a configuration. ValueError for one of other things than numbers and words."""
    found = np.asarray(config["value"])
    kinds = (found.dtype.kind, np.dtype(config["dtype"]).kind)
    if any(kind not in "biufcUS" for kind in kinds):
        raise ValueError(
            explain(
                "An array in a configuration cannot be read.",
                "numbers or words, and their dtype",
                f"{config['value']!r:.80} of dtype {config['dtype']!r:.80}",
                "use an intact file.",
            )
        )
    return found if "U" in kinds or "S" in kinds else found.astype(config["dtype"])


def _deserialize_function(name: Any) -> Any:
    from .class_places import public_function

    found = get_registered_object(name) if isinstance(name, str) else None
    if found is None and isinstance(name, str):
        found = public_function(name)
        if found is None:
            ops = importlib.import_module("lamina.ops")
            found = getattr(ops, name, None) if name in ops.__all__ else None
    if found is None:
        raise ValueError(
            explain(
                f"The function {name!r} is not known.",
                "a built-in function, a registered one, or one in `custom_objects`",
                repr(name),
                f"pass custom_objects={{{name!r}: the_function}}.",
            )
        )
    return found
