"""Objects as JSON in the layout of Keras 3, and back. A configuration is what the constructor was called with."""

from __future__ import annotations

import importlib
import inspect
import threading
import warnings
from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

from .. import _core
from ..checks import explain
from .keras_ops import keras_class
from .registration import CustomObjectScope, get_registered_name, get_registered_object
from .sizes import size_from_config, size_to_config

# The public namespaces whose classes a file may name. Nothing else is looked up: a file cannot have a module imported.
_NAMESPACES = (
    "layers",
    "initializers",
    "regularizers",
    "constraints",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "models",
    "random",
    "dtype_policies",
    "quantizers",
    "utils",
)
# Modules of Keras that are not public, whose classes stand in files all the same, and where these are here.
_PRIVATE = {"layers.preprocessing.feature_space": "utils.feature_kinds"}
_PLAIN = (bool, int, float, str, type(None))
_signatures: dict[type, inspect.Signature] = {}
_state = threading.local()
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
        isinstance(value, (*_PLAIN, np.generic, Configurable))
        or inspect.isfunction(value)
        or _is_scalar_variable(value)
    )


def _is_scalar_variable(value: Any) -> bool:
    return hasattr(value, "assign") and hasattr(value, "value") and value.shape == ()


def serialize_value(value: Any) -> Any:
    """Like `serialize_keras_object`, but a built-in function becomes its plain name, as in layer configurations."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(serialize_value, value)) if not hasattr(value, "_fields") else value
    if inspect.isfunction(value) and _public_function(value.__name__) is value:
        return value.__name__
    if _is_scalar_variable(value):
        return value.numpy().item()
    return serialize_keras_object(value)


def serialize_keras_object(obj: Any) -> Any:
    """`obj` as JSON values, in the layout of Keras 3. TypeError for what cannot be written."""
    if isinstance(obj, _PLAIN):
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


def public_module(cls: type) -> tuple[str | None, str | None]:
    """The `module` and `registered_name` under which Keras 3 writes objects of this class."""
    parts = cls.__module__.split(".")
    if parts[0] != "lamina":
        return (None if cls.__module__ in ("__main__", "builtins") else cls.__module__), get_registered_name(cls)
    if cls.__name__ == "Functional":  # has no public path in Keras
        return "keras.src.models.functional", "Functional"
    if cls.__name__ == "LossFunctionWrapper":  # neither has this one
        return "keras.src.losses.losses", "LossFunctionWrapper"
    for theirs, ours in _PRIVATE.items():
        if cls.__module__ == f"lamina.{ours}":
            return f"keras.src.{theirs}", cls.__name__
    if parts[1] in ("models", "dtype_policies"):
        return "keras", None
    if parts[1:3] == ["optimizers", "schedules"]:
        return "keras.optimizers.schedules", None
    return f"keras.{parts[1]}", None


def deserialize_values(config: dict[str, Any]) -> dict[str, Any]:
    """The values of a configuration with every object in it rebuilt."""
    return {key: deserialize_keras_object(value) for key, value in config.items()}


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
    return getattr(_state, "depth", 0) > 0


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
    cls = find_class(record)
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


def _public_function(name: str) -> Any:
    """The built-in activation, loss or metric function of that name, or None."""
    for namespace in ("activations", "losses", "metrics"):
        found = importlib.import_module(f"lamina.{namespace}").NAMESPACE.objects.get(name)
        if inspect.isfunction(found):
            return found
    return None


def _deserialize_function(name: Any) -> Any:
    found = get_registered_object(name) if isinstance(name, str) else None
    if found is None and isinstance(name, str):
        found = _public_function(name)
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


def find_class(record: dict[str, Any]) -> Any:
    """The class a record names: one of this package, registered, or in custom objects. ValueError otherwise."""
    name, module, registered = record["class_name"], record.get("module"), record.get("registered_name")
    root, _, rest = (module if isinstance(module, str) else "").partition(".")
    if root in ("keras", "lamina", "tf_keras") and registered is not None and registered not in (name, "function"):
        raise ValueError(
            explain(
                f"The class {name!r} of {module!r} has another registered name.",
                "none for a class that is no user's",
                f"registered_name={registered!r:.80}",
                "use an intact file.",
            )
        )
    for key in (registered, name):
        found = get_registered_object(key) if isinstance(key, str) else None
        if found is not None:
            return found
    if root in ("keras", "lamina", "tf_keras"):
        if rest.startswith(("src.ops", "ops")) or (rest == "random" and name != "SeedGenerator"):  # a function
            from ..ops.operation import operation_class

            return operation_class(name, record.get("config"))
        rest = rest.removeprefix("src.").removeprefix("engine.")
        if rest.startswith("backend.") and ".optimizers." in rest:  # those that Keras has for one backend alone
            rest = "optimizers"
        namespaces: Iterable[str] = (rest,) if rest in _NAMESPACES else ("models", "dtype_policies", "layers")
        if module not in ("keras",) and rest not in _NAMESPACES and rest.partition(".")[0] in _NAMESPACES:
            namespaces = (_PRIVATE.get(rest, rest.partition(".")[0]),)
        for namespace in namespaces:
            found = getattr(importlib.import_module(f"lamina.{namespace}"), name, None)
            if inspect.isclass(found) and hasattr(found, "from_config"):
                return found
    if module is None:  # configurations of Keras 2 name the class only
        for namespace in _NAMESPACES:
            found = getattr(importlib.import_module(f"lamina.{namespace}"), name, None)
            if inspect.isclass(found) and hasattr(found, "from_config"):
                return found
    raise ValueError(_unknown_class(name, module))


def _unknown_class(name: str, module: Any) -> str:
    import difflib

    from .registration import get_custom_objects

    known = list(get_custom_objects())
    for namespace in _NAMESPACES:
        found = importlib.import_module(f"lamina.{namespace}")
        known += [key for key, value in vars(found).items() if inspect.isclass(value) and hasattr(value, "from_config")]
    near = difflib.get_close_matches(name, known, n=3)
    return explain(
        f"The class {name!r} of module {module!r} is not known.",
        f"a built-in class{', such as ' + ', '.join(near) if near else ''}, or a registered one",
        f"class_name={name!r}",
        f"decorate it with @lamina.saving.register_keras_serializable(), or pass custom_objects={{{name!r}: {name}}}.",
    )
