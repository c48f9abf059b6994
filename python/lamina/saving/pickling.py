"""Models in pickles, and deep copies of them: configuration, numbers and training state."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree


def reduce_model(model: Any) -> tuple[Callable[[dict[str, Any]], Any], tuple[dict[str, Any]]]:
    """What a pickle holds of a model. Own classes and functions go in by reference, as pickles do."""
    from .assets import kept_texts
    from .serialization import serialize_keras_object

    state: dict[str, Any] = {
        "config": serialize_keras_object(model),
        "compile_config": model.get_compile_config() if model.compiled else None,
        "objects": _own_objects(model),
        "texts": kept_texts(model),
        "optimizer_is_built": bool(model.compiled and model.optimizer.built),
        "arrays": {},
    }
    if model.built:
        state["arrays"] = {v.core.name: np.array(v.value.numpy()) for v in _variables(model)}
    return rebuild_model, (state,)


def _variables(model: Any) -> list[Any]:
    from ..models.programs import name_variables

    name_variables(model)
    found = [*model.variables, *(s for layer in model._flatten_layers() for s in layer._kept_states())]
    if model.compiled:
        found += [*(model.optimizer.variables if model.optimizer.built else []), *model._sampler]
    return found


def _own_objects(model: Any) -> dict[str, Any]:
    """Classes and functions that are not the package's, by name."""
    compiled = [model._compile_arguments or {}, getattr(model, "optimizer", None)]
    things = [*(type(layer) for layer in model._flatten_layers()), *tree.flatten(compiled)]
    found = {}
    for thing in things:
        thing = thing if inspect.isclass(thing) or inspect.isfunction(thing) else type(thing)
        if thing.__module__.split(".")[0] not in ("lamina", "builtins") and thing.__name__ != "<lambda>":
            found[thing.__name__] = thing
    return found


def rebuild_model(state: dict[str, Any]) -> Any:
    """The model of which `reduce_model` gave the state."""
    from .assets import take_texts
    from .registration import CustomObjectScope
    from .serialization import deserialize_keras_object

    with CustomObjectScope(state["objects"]):
        model = deserialize_keras_object(state["config"], custom_objects=state["objects"], safe_mode=False)
        take_texts(model, state["texts"])
        if state["compile_config"]:
            model.compile_from_config(state["compile_config"])
    if state["optimizer_is_built"] and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    if state["arrays"]:
        fresh = () if state["optimizer_is_built"] or not model.compiled else {id(v) for v in model.optimizer.variables}
        for variable in _variables(model):
            if id(variable) not in fresh:
                variable.assign(state["arrays"][variable.core.name])
    return model
