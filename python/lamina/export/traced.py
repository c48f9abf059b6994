"""The traced program of a model's predictions, as data: what a `.lamina` file holds of it."""

from __future__ import annotations

import json
import os
import struct
import tempfile
from typing import Any

from .. import _core, tree
from ..checks import explain
from ..layers.input import BATCH
from ..models.arrays import Data

_ENTRY = "predict"
_DIMS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "/^": lambda a, b: _as_dim(a).ceil_divide(b),
    "min": lambda a, b: _as_dim(a).minimum(b),
    "max": lambda a, b: _as_dim(a).maximum(b),
}


class Traced:
    """One entry of a program: its parts as in `cpp/src/io/README.md`, and the numbers of variables and constants."""

    def __init__(self, program: Any, entry: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "program.lamina")
            program.save(path, {})
            with open(path, "rb") as file:
                (size,) = struct.unpack("<Q", file.read(8))
                header = json.loads(file.read(size))
            tensors = _core.read_tensors(path)
        record = json.loads(header["__metadata__"]["lamina.program"])
        part = record["entries"][entry]
        self.inputs: list[tuple[str, str, list[Any]]] = [
            (i["name"], i["dtype"], dims(i["shape"])) for i in part["inputs"]
        ]
        self.variables = [program.variables[i] for i in part["variables"]]
        self.constants = [tensors[name] for name in part["constants"]]
        self.nodes: list[dict[str, Any]] = part["nodes"]
        self.outputs = [(output["name"], output["value"]) for output in part["outputs"]]
        self.written = [program.variables[write["variable"]].name for write in part["writes"]]

    def ops(self) -> set[str]:
        """The names of all its ops, those in bodies of control flow included."""
        return _ops(self.nodes)


def _ops(nodes: list[dict[str, Any]]) -> set[str]:
    found = {node["op"] for node in nodes}
    for node in nodes:
        for value in node.get("attributes", {}).values():
            if isinstance(value, dict) and "graphs" in value:
                found = found.union(*(_ops(graph["nodes"]) for graph in value["graphs"]))
    return found


def _as_dim(size: Any) -> Any:
    return _core.Dim(size) if isinstance(size, int) else size


def dim(size: Any) -> Any:
    """A size: an int, or a Dim."""
    if isinstance(size, str):
        return _core.Dim(size)
    if isinstance(size, list):
        operation, left, right = size
        return _DIMS[operation](dim(left), dim(right))
    return size


def dims(sizes: list[Any]) -> list[Any]:
    """Sizes: ints and Dims."""
    return [dim(size) for size in sizes]


def attribute(value: Any) -> Any:
    """An attribute as ops take it; bodies of control flow stay as they are."""
    if isinstance(value, dict):
        return float(value["float"]) if "float" in value else value["graphs"]
    return dims(value) if isinstance(value, list) else value


def trace_model(model: Any, input_signature: Any = None) -> Traced:
    """The predictions of `model`, for any number of samples; with a signature, for inputs of these shapes."""
    from ..models.programs import name_variables
    from ..saving.model_file import _input_like

    program = _core.Program()
    if input_signature is None:
        model._trace(_ENTRY, Data(_input_like(model)), program)
        name_variables(model)
        return Traced(program, _ENTRY)
    named: list[tuple[str, Any]] = []

    def symbol(spec: Any) -> Any:
        shape = getattr(spec, "shape", None)
        if shape is None:
            raise ValueError(
                explain(
                    "export: `input_signature` does not tell a shape.",
                    "one InputSpec(shape=...) per input, in the structure of the inputs",
                    repr(spec),
                    "give each input a shape, with None for sizes that are open.",
                )
            )
        sizes = [(BATCH if i == 0 else _core.Dim.fresh()) if n is None else n for i, n in enumerate(shape)]
        name = getattr(spec, "name", None) or f"x_{len(named)}"
        named.append((name, _core.symbolic(sizes, getattr(spec, "dtype", None) or model.compute_dtype, name)))
        return named[-1][1]

    signature = input_signature
    if isinstance(signature, (list, tuple)) and len(signature) == 1:
        signature = signature[0]
    inputs = tree.map_structure(symbol, signature)
    with _core.Trace() as trace:
        outputs = tree.flatten(model(inputs, training=False))
    model._clear_losses()
    name_variables(model, trace)
    names = ["output" if i == 0 else f"output_{i}" for i in range(len(outputs))]
    program.add_entry(_ENTRY, named, list(zip(names, outputs)), trace)
    return Traced(program, _ENTRY)


def layer_with(model: Any, op: str) -> str:
    """The innermost layer that computes `op`, for messages; the model itself if that cannot be told."""
    found = next((layer for layer in model._flatten_layers(False) if op in _ops_of(layer)), model)
    inner = next((layer for layer in found._layers if op in _ops_of(layer)), None)
    return f"{type(found).__name__} {found.name!r}" if inner is None else layer_with(found, op)


def _ops_of(layer: Any) -> set[str]:
    """The ops of one layer; none for a layer that is not called alone."""
    try:
        return _trace_layer(layer).ops()
    except Exception:  # whatever own layers raise: this is for a message
        return set()


def _trace_layer(layer: Any) -> Traced:
    """One layer on inputs like those it was built for."""
    from ..layers.shapes import map_shapes

    try:
        inputs = tree.map_structure(lambda t: _core.symbolic(list(t.dims), t.dtype), layer.input)
    except (AttributeError, ValueError):
        shapes = layer._build_shapes["input_shape"]
        inputs = map_shapes(lambda shape: _core.symbolic(list(shape), layer.compute_dtype), shapes)
    with _core.Trace() as trace:
        outputs = tree.flatten(layer(inputs))
    layer._clear_losses()
    named = [(f"x_{i}", t) for i, t in enumerate(tree.flatten(inputs))]
    program = _core.Program()
    program.add_entry(_ENTRY, named, [(f"y_{i}", t) for i, t in enumerate(outputs)], trace)
    return Traced(program, _ENTRY)
