"""Where classes and functions stand in configurations: module and name in Keras, and what they are here.

The list is closed: a file cannot have a module imported.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable
from typing import Any

from ..checks import explain
from .registration import get_registered_name, get_registered_object

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


def public_function(name: str) -> Any:
    """The built-in activation, loss or metric function of that name, or None."""
    for namespace in ("activations", "losses", "metrics"):
        found = importlib.import_module(f"lamina.{namespace}").NAMESPACE.objects.get(name)
        if inspect.isfunction(found):
            return found
    return None


def _inner_name(cls: type) -> str | None:
    return vars(cls).get("_name_in_files")


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
    if module is None:  # configurations in .h5 files name the class only, some as it is called inside of Keras
        for namespace in _NAMESPACES:
            place = importlib.import_module(f"lamina.{namespace}")
            classes = filter(inspect.isclass, list(vars(place).values()))
            found = getattr(place, name, None) or next((each for each in classes if _inner_name(each) == name), None)
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
