"""From the configuration of a functional model to its tensors."""

from __future__ import annotations

from typing import Any

from .. import tree
from ..checks import explain
from ..saving.serialization import deserialize_keras_object
from ..saving.sizes import match_sizes, size_from_config, substitute_sizes


def build_graph(config: dict[str, Any]) -> tuple[Any, Any]:
    """The inputs and outputs, in their structures. ValueError when calls cannot be replayed: loops, missing layers."""
    layers: dict[str, Any] = {}
    waiting: list[tuple[str, int, Any]] = []
    for record in config["layers"]:
        layer = deserialize_keras_object({key: value for key, value in record.items() if key != "inbound_nodes"})
        name = record.get("name") or record["config"]["name"]
        layers[name] = layer
        waiting += [(name, i, node) for i, node in enumerate(record.get("inbound_nodes", []))]
    made: dict[tuple[str, int], list[Any]] = {
        (name, 0): layer._inbound_nodes[0].output_tensors
        for name, layer in layers.items()
        if type(layer).__name__ == "InputLayer"
    }
    sizes: dict[str, Any] = {}
    for name, dims in config.get("input_sizes", {}).items():
        if (name, 0) in made:
            sizes |= match_sizes([map(size_from_config, dims)], [made[name, 0][0].dims])

    def resolve(address: list[Any]) -> Any:
        name, node, position = address[:3]
        if name not in layers:
            raise ValueError(
                explain(
                    "A graph names a layer it lacks.", f"one of {sorted(layers)}", repr(name), "use an intact file."
                )
            )
        tensors = made.get((name, int(node)))
        return None if tensors is None or not 0 <= int(position) < len(tensors) else tensors[int(position)]

    while waiting:
        later = []
        for name, index, node in waiting:
            call = _read_node(node, resolve, sizes)
            if call is None or (index > 0 and (name, index - 1) not in made):
                later.append((name, index, node))
                continue
            outputs = layers[name](*call[0], **call[1])
            made[name, index] = tree.flatten(outputs)
        if len(later) == len(waiting):
            raise ValueError(
                explain(
                    "A graph cannot be rebuilt: its calls wait for each other.",
                    "calls whose inputs come from the inputs or from earlier calls",
                    f"loops or missing calls at {sorted({name for name, _, _ in later})}",
                    "use an intact file.",
                )
            )
        waiting = later

    def end(address: list[Any]) -> Any:
        from .functional import Functional

        name, node, position = address[:3]
        nested = isinstance(layers.get(name), Functional)
        tensor = resolve([name, int(node) - nested, position])
        if tensor is None:
            raise ValueError(
                explain(
                    "An end of a graph is missing.",
                    "the output of a call in the graph",
                    repr(address),
                    "use an intact file.",
                )
            )
        return tensor

    return _map_addresses(end, config["input_layers"]), _map_addresses(end, config["output_layers"])


def _is_address(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )


def _map_addresses(function: Any, structure: Any) -> Any:
    if _is_address(structure):
        return function(structure)
    if isinstance(structure, dict):
        return {key: _map_addresses(function, value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return [_map_addresses(function, value) for value in structure]
    raise ValueError(
        explain("A graph has an unreadable end.", "[layer, call, output]", repr(structure), "use an intact file.")
    )


class _Waiting(Exception):
    """An input of the call does not exist yet."""


def _read_node(node: Any, resolve: Any, sizes: dict[str, Any]) -> tuple[list[Any], dict[str, Any]] | None:
    """The arguments of a call, or None while some input is not there."""

    def read(value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            tensor = resolve(value["config"]["keras_history"])
            if tensor is None:
                raise _Waiting
            return tensor
        if isinstance(value, dict) and "class_name" not in value:
            return {key: read(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [read(item) for item in value]
        return substitute_sizes(deserialize_keras_object(value), sizes)

    try:
        if isinstance(node, dict):
            return read(node["args"]), read(node["kwargs"])
        # Keras 2: a list of [layer, call, output, keywords], one per input.
        tensors: list[Any] = []
        kwargs: dict[str, Any] = {}
        for address in node:
            tensor = resolve(address)
            if tensor is None:
                raise _Waiting
            tensors.append(tensor)
            kwargs = address[3] if len(address) > 3 else kwargs
        return [tensors[0] if len(tensors) == 1 else tensors], {
            key: deserialize_keras_object(v) for key, v in kwargs.items()
        }
    except _Waiting:
        return None
