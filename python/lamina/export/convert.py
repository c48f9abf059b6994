"""From the program of a model to an ONNX graph: each node by the function that the table has for its op."""

from __future__ import annotations

from typing import Any

from .. import _core
from . import convolution, elementwise, indexing, products, recurrent, reductions, shapes
from .control import CONTROL
from .traced import Traced, attribute
from .writer import HALF, IR_VERSION, OPSET, Emit, Node, NoMapping, Value, Writer, symbols_of

TABLE: dict[str, Emit] = {
    **elementwise.TABLE,
    **reductions.TABLE,
    **shapes.TABLE,
    **products.TABLE,
    **convolution.TABLE,
    **indexing.TABLE,
    **recurrent.TABLE,
    **CONTROL,
}

_ANY_DTYPE = {
    "after",
    "cast",
    "identity",
    "stop_gradient",
    *shapes.TABLE,
    *CONTROL,
    "take",
}  # the others compute in float32
_MOST_FOLDED = 1 << 16  # numbers in a result that is computed here instead of by the graph


class Unmapped(Exception):
    """A node without a counterpart: the name of its op, and why if it is only this one."""

    def __init__(self, op: str, reason: str = "") -> None:
        super().__init__(op, reason)
        self.op = op
        self.reason = reason


def to_onnx(traced: Traced, name: str) -> Any:
    """The ONNX model of a traced program. Unmapped for what has no counterpart."""
    w = Writer(_run)
    helper = w.onnx.helper
    values, inputs = [], []
    for input_name, *_ in traced.inputs:
        w.unique(input_name)
    names = [w.unique(output) for output, _ in traced.outputs]  # a model may give an input back
    for input_name, dtype, dims in traced.inputs:
        values.append(Value(_core.symbolic(dims, dtype, input_name), input_name))
        inputs.append(_info(w, values[-1], input_name))
        for axis, n in enumerate(dims):
            if not isinstance(n, int) and n.parts is None:
                w.symbols.setdefault(n.name, (input_name, axis))
    for variable in traced.variables:
        weight = w.initializer(w.unique(variable.name), variable.value.numpy())
        values.append(Value(_core.symbolic(list(variable.shape), variable.value.dtype), weight))
    values += [Value(tensor) for tensor in traced.constants]
    wanted = [number for _, number in traced.outputs]
    with _core.Trace():  # for the ops that tell shapes: nothing is recorded
        found = w.run({"nodes": traced.nodes, "outputs": wanted}, values)
    outputs, made = [], {}
    for output, value in zip(names, found):
        made[output] = helper.make_node("Identity", [w.name(value)], [output], name=w.unique(f"node_{output}"))
        outputs.append(_info(w, value, output))
    w.finish(made.values())
    graph = w.graph(name, inputs, outputs)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="lamina"
    )


def _info(w: Writer, value: Value, name: str) -> Any:
    """What the graph says of an input or output: open sizes have names."""
    sizes = [n if isinstance(n, int) else repr(n) if symbols_of(n) else None for n in value.dims]
    return w.onnx.helper.make_tensor_value_info(name, w.type_of(value.dtype), sizes)


def _run(w: Writer, graph: dict[str, Any], inputs: list[Value]) -> list[Value]:
    """Writes all nodes of a graph: see Writer.run."""
    values = list(inputs)
    used = {i for node in graph["nodes"] for i in node["inputs"]} | set(graph["outputs"])
    for record in graph["nodes"]:
        op = record["op"]
        attributes = {key: attribute(value) for key, value in record.get("attributes", {}).items()}
        node = Node(op, attributes, [values[i] for i in record["inputs"]], [], used, len(values))
        try:
            values += _written(w, node)
        except NoMapping as error:
            raise Unmapped(op, str(error)) from None
    return [values[i] for i in graph["outputs"]]


def _written(w: Writer, node: Node) -> list[Value]:
    """The values that one node gives."""
    op = node.op
    if op in CONTROL:
        return CONTROL[op](w, node)
    result = getattr(_core.ops, op)(*(value.tensor for value in node.inputs), **node.attributes)
    tensors = list(result) if isinstance(result, tuple) else [result]
    if not any(tensor.is_symbolic for tensor in tensors):
        if sum(tensor.numpy().size for tensor in tensors) <= _MOST_FOLDED:
            return [Value(tensor) for tensor in tensors]
        tensors = [_core.symbolic(list(tensor.dims), tensor.dtype) for tensor in tensors]
    if op not in TABLE:
        raise NoMapping("")
    node.outputs = tensors
    is_half = op not in _ANY_DTYPE and any(value.dtype in HALF for value in node.inputs)
    if is_half:
        node.inputs = [_widened(w, value) for value in node.inputs]
        node.outputs = [_as_float32(tensor) for tensor in tensors]
    names = TABLE[op](w, node)
    names = names if isinstance(names, list) else [names]
    if is_half:
        names = [w.cast(name, tensor.dtype) if tensor.dtype in HALF else name for name, tensor in zip(names, tensors)]
    for i in range(len(names), len(tensors)):
        if node.wants(i):
            raise NoMapping("a result that is kept for gradients only")
    values = [Value(tensor, name) for tensor, name in zip(tensors, names)]
    values += [Value(tensor, "") for tensor in tensors[len(names) :]]
    w.producers[names[0]] = node
    return values


def _widened(w: Writer, value: Value) -> Value:
    return Value(_as_float32(value.tensor), w.cast(w.name(value), "float32")) if value.dtype in HALF else value


def _as_float32(tensor: Any) -> Any:
    return _core.symbolic(list(tensor.dims), "float32") if tensor.dtype in HALF else tensor
