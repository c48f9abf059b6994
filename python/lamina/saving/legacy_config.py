"""Configurations of Keras 2 as those of Keras 3, and the reverse for `.h5` files."""

from __future__ import annotations

from typing import Any

from ..checks import explain
from .class_places import find_class
from .serialization import serialize_keras_object

_MODELS = ("Functional", "Model", "Sequential")
_LAMBDA_EXTRAS = ("module", "function_type", "output_shape_type", "output_shape_module")
_RENAMED = {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU", "BatchNormalizationV1": "BatchNormalization", "Model": "Functional"}
_RECURRENT = ("RNN", "SimpleRNN", "LSTM", "GRU", "SimpleRNNCell", "LSTMCell", "GRUCell")
_OPTIMIZER_EXTRAS = ("decay", "is_legacy_optimizer", "jit_compile")


# To Keras 3.


def upgraded(record: Any) -> dict[str, Any]:
    """The record of a layer or model, with the layers in it, as Keras 3 has it. ValueError for what is none."""
    if not isinstance(record, dict) or not isinstance(record.get("class_name"), str):
        raise ValueError(
            explain(
                "A configuration is no model's.", "a dict with 'class_name'", f"{record!r:.80}", "use another file."
            )
        )
    if "module" in record:
        return record
    name, config = record["class_name"], record.get("config")
    if isinstance(config, list) and name == "Sequential":  # before Keras 2.2.3
        config = {"name": None, "layers": config}
    if not isinstance(config, dict):
        raise ValueError(
            explain(f"The configuration of {name!r} cannot be read.", "a dict", f"{config!r:.80}", "use another file.")
        )
    config = dict(config)
    new = {**record, "class_name": _RENAMED.get(name, name), "config": config}
    if name in _MODELS and isinstance(config.get("layers"), list):
        config["layers"] = [upgraded(layer) for layer in config["layers"]]
        if name != "Sequential":
            _count_calls_from_0(config)
        return new
    if _is_function(name, config):
        return {**new, "module": "keras.src.ops.numpy"}
    for key in ("layer", "backward_layer", "cell"):
        if isinstance(config.get(key), dict):
            config[key] = upgraded(config[key])
    if isinstance(config.get("cells"), list):
        config["cells"] = [upgraded(cell) for cell in config["cells"]]
    _fix_arguments(name, config)
    return new


def _is_function(name: str, config: dict[str, Any]) -> bool:
    """Whether a record is that of a function in a graph: these have no dtype."""
    from .. import layers
    from ..ops.operation import operation_class
    from .registration import get_registered_object

    if "dtype" in config or get_registered_object(name) is not None or name == "InputLayer":
        return False
    try:
        operation_class(name, config)
    except ValueError:
        return False
    return not hasattr(layers, name) or "trainable" not in config


def _fix_arguments(name: str, config: dict[str, Any]) -> None:
    """Drops and renames constructor arguments of layers of Keras 2 that have come to mean nothing."""
    from .registration import get_registered_object

    if get_registered_object(name) is not None:
        return
    shape = config.pop("batch_input_shape", None)
    if shape is not None:
        config["batch_shape" if name == "InputLayer" else "batch_input_shape"] = shape
    axis = config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    dtype = config.get("dtype")
    if isinstance(dtype, dict) and dtype.get("class_name") in ("Policy", "PolicyV1"):
        config["dtype"] = (dtype.get("config") or {}).get("name")
    if name in _RECURRENT or name.startswith(("CuDNN", "ConvLSTM")):
        config.pop("implementation", None)
        _drop(name, config, "time_major", False)
    if name == "CuDNNGRU":
        config["reset_after"] = True
    elif name in ("GRU", "GRUCell"):
        config.setdefault("reset_after", False)
    if name.startswith("DepthwiseConv"):
        _drop(name, config, "groups", 1)
    if name == "Lambda":
        for key in _LAMBDA_EXTRAS:
            config.pop(key, None)
        function = config.get("function")
        if isinstance(function, (list, dict)) and not (isinstance(function, dict) and "class_name" in function):
            config["function"] = {"class_name": "__lambda__", "config": {}}
        elif isinstance(function, str):
            config["function"] = {"class_name": "function", "config": function}
    for key, value in config.items():
        if key.endswith("_initializer") and isinstance(value, dict) and "module" not in value:
            inner = value.get("config")
            if isinstance(inner, dict):
                config[key] = {**value, "config": {k: v for k, v in inner.items() if k != "dtype"}}


def _drop(name: str, config: dict[str, Any], key: str, only: Any) -> None:
    value = config.pop(key, only)
    if value not in (only, None):
        raise ValueError(
            explain(
                f"A layer {name} of Keras 2 cannot be loaded.",
                f"{key}={only!r}",
                f"{key}={value!r}",
                "change the model in Keras 2 and save it again.",
            )
        )


def _count_calls_from_0(config: dict[str, Any]) -> None:
    """In graphs of Keras 2 the calls of models are counted from 1, since making a model was a call of it."""
    records = [layer for layer in config["layers"] if isinstance(layer, dict)]
    calls = [call for layer in records for call in layer.get("inbound_nodes") or () if isinstance(call, list)]
    if not calls:
        return
    models = {r.get("name") or r["config"].get("name"): r["class_name"] for r in records if r["class_name"] in _MODELS}
    ends = [config.get("input_layers"), config.get("output_layers")]
    inside: dict[str, list[list[Any]]] = {name: [] for name in models}
    outside: dict[str, list[list[Any]]] = {name: [] for name in models}

    def note(value: Any, found: dict[str, list[list[Any]]]) -> None:
        if isinstance(value, list):
            is_address = len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int)
            if is_address and value[0] in found:
                found[value[0]].append(value)
            for item in value:
                note(item, found)
        elif isinstance(value, dict):
            for item in value.values():
                note(item, found)

    note(calls, inside)
    note(ends, outside)
    for name, kind in models.items():
        addresses = inside[name] + outside[name]
        if addresses and min(address[1] for address in addresses) >= 1:
            for address in inside[name] + (outside[name] if kind == "Sequential" else []):
                address[1] -= 1
        elif kind != "Sequential":
            for address in outside[name]:  # where the reader of graphs takes 1 off
                address[1] += 1
    for key in ("input_layers", "output_layers"):  # one tensor alone was written as a list of it
        if isinstance(config.get(key), list) and len(config[key]) == 1:
            config[key] = config[key][0]


def compile_arguments(config: Any) -> dict[str, Any]:
    """What `compile` is to be given, from the training configuration of a file."""
    from .. import losses, metrics, optimizers
    from .serialization import deserialize_keras_object

    if not isinstance(config, dict) or not isinstance(config.get("optimizer_config"), dict):
        raise ValueError(
            explain("A training configuration cannot be read.", "a dict", f"{config!r:.80}", "pass compile=False.")
        )

    def found(namespace: Any, value: Any) -> Any:
        if isinstance(value, dict) and "class_name" in value:
            return deserialize_keras_object(value) if value.get("module") else namespace.deserialize(value)
        if isinstance(value, dict):
            return {key: found(namespace, item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [found(namespace, item) for item in value]
        return value

    record = dict(config["optimizer_config"])
    inner = dict(record.get("config") or {})
    if "lr" in inner:
        inner["learning_rate"] = inner.pop("lr")
    record["config"] = {key: value for key, value in inner.items() if key not in _OPTIMIZER_EXTRAS}
    return {
        "optimizer": optimizers.deserialize(record),
        "loss": found(losses, config.get("loss")),
        "metrics": found(metrics, config.get("metrics")),
        "weighted_metrics": found(metrics, config.get("weighted_metrics")),
        "loss_weights": config.get("loss_weights"),
    }


# To Keras 2.


def plain_model_record(model: Any) -> dict[str, Any]:
    """The configuration of a model in which layers are named by their class alone."""
    return plain_record(serialize_keras_object(model))


def _plain_name(record: dict[str, Any]) -> str:
    """The name of a class as Keras has it inside, or under which it is registered."""
    if (record.get("module") or "").startswith("keras.layers"):
        return str(vars(find_class(record)).get("_name_in_files", record["class_name"]))
    return record.get("registered_name") or record["class_name"]


def plain_record(record: dict[str, Any]) -> dict[str, Any]:
    """A record of a layer or model, and of the layers in it, without the place of its class."""
    if (record.get("module") or "").startswith("keras.src.ops"):
        return record  # functions in graphs, which older versions do not know anyway
    config = dict(record["config"])
    if isinstance(config.get("layers"), list) and record["class_name"] in _MODELS:
        config["layers"] = [plain_record(layer) for layer in config["layers"]]
    new = {"class_name": _plain_name(record), "config": config}
    return {**new, **{key: record[key] for key in ("name", "inbound_nodes") if key in record}}
