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
    calls: dict[tuple[str, int], Any] = {}
    for record in _list(config["layers"]):
        if not isinstance(record, dict) or not isinstance(record.get("config"), dict):
            raise _unreadable("layer", "a dict with 'class_name' and 'config'", record)
        layer = deserialize_keras_object({key: value for key, value in record.items() if key != "inbound_nodes"})
        name = record.get("name") or record["config"].get("name")
        if name in layers or not callable(layer):
            raise _unreadable("layer", "layers, each with a name of its own", name)
        layers[name] = layer
        calls.update({(name, i): node for i, node in enumerate(_list(record.get("inbound_nodes") or []))})
    made: dict[tuple[str, int], list[Any]] = {
        (name, 0): layer._inbound_nodes[0].output_tensors
        for name, layer in layers.items()
        if type(layer).__name__ == "InputLayer"
    }
    sizes: dict[str, Any] = {}
    for name, dims in config.get("input_sizes", {}).items():
        if (name, 0) in made:
            sizes |= match_sizes([map(size_from_config, dims)], [made[name, 0][0].dims])

    def resolve(address: Any) -> Any:
        """The tensor at an address. _Waiting if its call was not replayed yet."""
        if not _is_address(address):
            raise _unreadable("place", "[layer, call, output]", address)
        name, node, position = address[:3]
        if name not in layers:
            raise ValueError(
                explain(
                    "A graph names a layer it lacks.", f"one of {sorted(layers)}", repr(name), "use an intact file."
                )
            )
        if (name, node) not in made:
            raise _Waiting((name, node))
        if not 0 <= position < len(made[name, node]):
            raise _unreadable("place", f"an output below {len(made[name, node])} of {name!r}", address)
        return made[name, node][position]

    # Calls that wait are listed under what they wait for, so that each is looked at once per input.
    ready, waiting = list(reversed(calls)), dict[tuple[str, int], list[tuple[str, int]]]()
    while ready:
        call = name, index = ready.pop()
        try:
            if index > 0 and (name, index - 1) not in made:
                raise _Waiting((name, index - 1))
            args, kwargs = _read_node(calls[call], resolve, sizes)
        except _Waiting as missing:
            waiting.setdefault(missing.args[0], []).append(call)
            continue
        made[call] = tree.flatten(layers[name](*args, **kwargs))
        ready += reversed(waiting.pop(call, []))
    if waiting:
        stuck = sorted({name for waiters in waiting.values() for name, _ in waiters})
        raise ValueError(
            explain(
                "A graph cannot be rebuilt: its calls wait for each other.",
                "calls whose inputs come from the inputs or from earlier calls",
                f"loops or missing calls at {stuck[:9]}",
                "use an intact file.",
            )
        )

    def end(address: list[Any]) -> Any:
        from .functional import Functional

        name, node, position = address[:3]
        nested = isinstance(layers.get(name), Functional)
        try:
            return resolve([name, node - nested, position])
        except _Waiting as error:
            raise ValueError(
                explain(
                    "An end of a graph is missing.",
                    "the output of a call in the graph",
                    repr(address),
                    "use an intact file.",
                )
            ) from error

    return _map_addresses(end, config["input_layers"]), _map_addresses(end, config["output_layers"])


def _list(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise _unreadable("part", "a list", value)
    return value


def _unreadable(what: str, expected: str, received: Any) -> ValueError:
    return ValueError(
        explain(f"A graph has a {what} that cannot be read.", expected, f"{received!r:.200}", "use an intact file.")
    )


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
    raise _unreadable("end", "[layer, call, output]", structure)


class _Waiting(Exception):
    """An input of the call does not exist yet; its argument tells which."""


def _read_node(node: Any, resolve: Any, sizes: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call."""

    def read(value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            return resolve(value["config"]["keras_history"])
        if isinstance(value, dict) and "class_name" not in value:
            return {key: read(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [read(item) for item in value]
        return substitute_sizes(deserialize_keras_object(value), sizes)

    def read_old(value: Any) -> Any:
        if _is_address(value):
            return resolve(value)
        if isinstance(value, (list, tuple)):
            return [read_old(item) for item in value]
        return deserialize_keras_object(value)

    if isinstance(node, dict):
        return _list(read(node["args"])), dict(read(node["kwargs"]))
    # Keras 2: a list of [layer, call, output, keywords], one per input.
    if _is_address(node):
        node = [node]
    tensors = [resolve(address) for address in _list(node)]
    keywords = [address[3] for address in node if len(address) > 3 and isinstance(address[3], dict)]
    kwargs = {key: read_old(value) for given in keywords for key, value in given.items()}
    return [tensors[0] if len(tensors) == 1 else tensors], kwargs
