"""The HDF5 files of Keras 2, which Keras 3 reads and writes too: whole models (`.h5`, `.hdf5`), or weights by layer."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..checks import explain
from .atomic import replacing
from .budget import weight_budget
from .hdf5 import array_at, group_at, held_in, opened, refuse
from .hdf5_attributes import attribute
from .hdf5_writing import written
from .json_text import read_json
from .legacy_config import compile_arguments, plain_model_record, plain_record, upgraded
from .legacy_weights import converted
from .registration import CustomObjectScope
from .weights_file import unchanged_on_error

_ATTRIBUTE_LIMIT = 64512  # bytes that fit into one attribute
_TOP = "top_level_model_weights"


# Writing.


def save_h5_file(model: Any, path: str, include_optimizer: bool) -> None:
    """Writes a whole model."""
    from .keras_file import KERAS_VERSION

    with replacing(path) as temporary, written(temporary) as file:
        file.attrs["keras_version"] = KERAS_VERSION
        file.attrs["backend"] = "jax"
        file.attrs["model_config"] = json.dumps(plain_model_record(model)).encode()
        weights = file.create_group("model_weights")
        weights.attrs["keras_version"] = KERAS_VERSION.encode()
        weights.attrs["backend"] = b"jax"
        _write_names(weights, "layer_names", [layer.name for layer in model.layers])
        for layer in model.layers:
            _write_variables(weights.create_group(layer.name), _ordered(layer))
        _write_variables(weights.create_group(_TOP), model._variables_of_its_own())
        if include_optimizer and model.compiled and model.optimizer is not None:
            file.attrs["training_config"] = json.dumps(_training_config(model)).encode()
            _write_variables(file.create_group("optimizer_weights"), model.optimizer.variables)


def _training_config(model: Any) -> dict[str, Any]:
    from .. import losses

    def full(loss: Any) -> Any:
        """Keras does not find abbreviations here, such as 'mse'."""
        return getattr(losses.get(loss), "__name__", loss) if isinstance(loss, str) else loss

    config = model.get_compile_config()
    config["loss"] = _map_names(full, config["loss"])
    return {**config, "optimizer_config": plain_record(config.pop("optimizer"))}


def _map_names(function: Any, value: Any) -> Any:
    """`value` with `function` of all names in it that stand for themselves."""
    if isinstance(value, (list, tuple)):
        return [_map_names(function, item) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _map_names(function, item) for key, item in value.items()}
    return function(value)


def _ordered(layer: Any) -> list[Any]:
    """The weights in the order of these files, in which trainable ones come first."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _write_variables(group: Any, variables: Iterable[Any]) -> None:
    from ..utils.naming import unique

    variables = list(variables)
    names = unique([variable.path for variable in variables])
    _write_names(group, "weight_names", names)
    for name, variable in zip(names, variables):
        group.create_dataset(name, data=variable.numpy())


def _write_names(group: Any, attribute: str, names: list[str]) -> None:
    """A list of names as attribute, or as several where it is too long for one."""
    encoded = [name.encode() for name in names]
    parts = 1
    while any(np.asarray(part).nbytes > _ATTRIBUTE_LIMIT for part in np.array_split(encoded, parts)):
        parts += 1
    if parts == 1:
        group.attrs[attribute] = encoded
        return
    for i, part in enumerate(np.array_split(encoded, parts)):
        group.attrs[f"{attribute}{i}"] = part


# Reading.


def load_h5_file(path: str, custom_objects: dict[str, Any] | None, compile: bool) -> Any:
    """The model of a file of Keras 2 or 3, compiled and with the optimizer's state if the file has them."""
    from .serialization import deserialize_keras_object

    with opened(path, path) as file:
        text = _text(file, "model_config")
        if text is None:
            raise ValueError(
                explain(
                    f"The file {path!r} holds no model.",
                    "a file of model.save(), with the attribute 'model_config'",
                    f"the attributes {sorted(map(str, file.attrs))}",
                    "make the model and call its load_weights(path), if these are weights.",
                )
            )
        with weight_budget(held_in(file), path), CustomObjectScope(custom_objects):
            model = deserialize_keras_object(upgraded(read_json(text, path)))
            if not hasattr(model, "load_weights"):
                raise refuse("a configuration that is no model's", f"{text:.80}")
            _load_weights(_weights_group(file), model, False, False)
            training = _text(file, "training_config") if compile else None
            if training is not None:
                model.compile(**compile_arguments(read_json(training, path)))
                _load_optimizer(file, model)
    return model


def load_h5_weights(model: Any, path: str, skip_mismatch: bool, by_name: bool) -> None:
    """Gives a model the weights of a file: layer by layer in their order, or by the names of the layers."""
    with opened(path, path) as file, unchanged_on_error(model):
        _load_weights(_weights_group(file), model, skip_mismatch, by_name)


def _text(file: Any, name: str) -> str | None:
    value = attribute(file, name)
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if value is None or isinstance(value, str):
        return value
    raise refuse(f"an attribute {name!r} that is no text", f"{value!r:.80}")


def _weights_group(file: Any) -> Any:
    if "layer_names" in file.attrs or "layer_names0" in file.attrs:
        return file
    found = group_at(file, "model_weights")
    if found is None:
        raise refuse("neither 'layer_names' nor 'model_weights'", f"the groups {sorted(map(str, file))[:5]}")
    return found


def _names(group: Any, listed: str) -> list[str]:
    """A list of names in an attribute, or in several that are numbered."""
    names = [listed] if listed in group.attrs else []
    while f"{listed}{len(names)}" in group.attrs and listed not in names:
        names.append(f"{listed}{len(names)}")
    found: list[str] = []
    for name in names:
        values = attribute(group, name)
        for value in np.atleast_1d(values):
            if not isinstance(value, (str, bytes)):
                raise refuse(f"an attribute {name!r} that is no list of names", f"{values!r:.80}")
            found.append(value if isinstance(value, str) else value.decode("utf-8"))
    return found


def _arrays(group: Any) -> list[np.ndarray]:
    return [array_at(group, name) for name in _names(group, "weight_names")]


def _load_weights(group: Any, model: Any, skip_mismatch: bool, by_name: bool) -> None:
    stored: list[tuple[str, list[np.ndarray]]] = []
    for name in _names(group, "layer_names"):
        found = group_at(group, name)
        if found is None:
            raise refuse("a layer in the list that is not there", repr(name[:80]))
        stored.append((name, _arrays(found)))
    if by_name:
        known = dict(stored)
        pairs = [(layer, known[layer.name]) for layer in model.layers if layer.name in known]
    else:
        layers = [layer for layer in model.layers if layer.weights]
        stored = [(name, arrays) for name, arrays in stored if arrays]
        if len(layers) != len(stored):
            raise ValueError(
                explain(
                    f"The weights do not fit model {model.name!r}.",
                    f"weights for {len(layers)} layers: {', '.join(layer.name for layer in layers)}",
                    f"weights of {len(stored)}: {', '.join(name for name, _ in stored)}",
                    "make the model as the saved one was made, or pass by_name=True.",
                )
            )
        pairs = [(layer, arrays) for layer, (_, arrays) in zip(layers, stored)]
    for layer, arrays in pairs:
        _assign(layer, _ordered(layer), arrays, skip_mismatch)
    top = group_at(group, _TOP)
    if top is not None:
        _assign(model, model._variables_of_its_own(), _arrays(top), skip_mismatch)


def _assign(layer: Any, variables: list[Any], arrays: list[np.ndarray], skip_mismatch: bool) -> None:
    arrays = converted(layer, variables, arrays)
    wanted, given = [v.shape for v in variables], [a.shape for a in arrays]
    if wanted == given:
        for variable, array in zip(variables, arrays):
            variable.assign(array)
        return
    text = explain(
        f"The stored weights do not fit {type(layer).__name__} {layer.name!r}.",
        f"{len(wanted)} arrays of shapes {wanted}",
        f"{len(given)} arrays of shapes {given}",
        "make the layer as the saved one was made, or pass skip_mismatch=True to leave it as it is.",
    )
    if not skip_mismatch:
        raise ValueError(text)
    warnings.warn(text, stacklevel=5)


def _load_optimizer(file: Any, model: Any) -> None:
    group = group_at(file, "optimizer_weights")
    if group is None or not model.built:
        return
    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    names = _names(group, "weight_names")
    arrays = _arrays(group)
    variables = optimizer.variables
    if len(arrays) == len(variables) - 1 and "iter" in names[0]:
        # Optimizers before Keras 2.11: no learning rate, and the slots kind by kind.
        weights = model.trainable_variables
        kinds = [v for v in variables if v.reference is not None]
        first = [v for v in variables if v.reference is None]
        slots = [v for weight in range(len(kinds) // len(weights)) for v in kinds[weight :: len(kinds) // len(weights)]]
        variables = [first[0], *slots]
    if [a.shape for a in arrays] != [v.shape for v in variables]:
        warnings.warn(
            f"The state of the optimizer {optimizer.name!r} is not loaded: it has {len(variables)} variables, the file "
            f"{len(arrays)}, or other shapes. Training starts with fresh ones.",
            stacklevel=4,
        )
        return
    for variable, array in zip(variables, arrays):
        variable.assign(array)
