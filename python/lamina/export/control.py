"""Control flow: loops over rows, loops while a condition holds, branches. Bodies see all values around them."""

from __future__ import annotations

from typing import Any

from .. import _core
from .shapes import arange
from .writer import Node, Value, Writer


def _open_info(w: Writer, value: Value, name: str) -> Any:
    """What a body says of a value: dtype, and the sizes that are numbers."""
    sizes = [n if isinstance(n, int) else None for n in value.dims]
    return w.onnx.helper.make_tensor_value_info(name, w.type_of(value.dtype), sizes)


def _new(w: Writer, value: Value, name: str) -> Value:
    """A value like this one, under a name of its own."""
    return Value(_core.symbolic(value.dims, value.dtype), w.unique(name))


def _fresh(w: Writer, values: list[Value]) -> list[str]:
    """Names for the outputs of a body: none is also an input, or named twice."""
    return [w.node("Identity", [w.name(value)]) for value in values]


def _stacked(length: Any, value: Value) -> Any:
    return _core.symbolic([length, *value.dims], value.dtype)


def scan(w: Writer, n: Node) -> list[Value]:
    """ONNX's Scan. A loop without rows runs over the numbers of its steps."""
    carries, slices = int(n["carries"]), int(n["slices"])
    (length,) = n["length"]
    (body,) = n["body"]
    states, rows, captured = n.inputs[:carries], n.inputs[carries : carries + slices], n.inputs[carries + slices :]
    old = [_new(w, value, "state") for value in states]
    row = [Value(_core.symbolic(value.dims[1:], value.dtype), w.unique("row")) for value in rows]
    given = [*map(w.name, states), *map(w.name, rows)]
    infos = [_open_info(w, value, w.name(value)) for value in (*old, *row)]
    if not rows:
        given.append(arange(w, w.size(length)))
        infos.append(w.onnx.helper.make_tensor_value_info(w.unique("row"), w.type_of("int64"), []))
    with w.body() as nodes:
        results = w.run(body, [*old, *row, *captured])
        kept = old if n["keep"] and any(n.wants(len(results) + i) for i in range(carries)) else []
        names = _fresh(w, [*results, *kept])
    outputs = [_open_info(w, value, name) for value, name in zip((*results, *kept), names)]
    for info, state in zip(outputs, old):
        info.CopyFrom(_open_info(w, state, info.name))
    graph = w.subgraph(nodes, infos, outputs)
    direction = int(n["reverse"])
    made = w.node(
        "Scan",
        given,
        outputs=len(names),
        body=graph,
        num_scan_inputs=max(slices, 1),
        scan_input_directions=[direction] * max(slices, 1),
        scan_output_directions=[direction] * (len(names) - carries) or None,
    )
    made = [made] if len(names) == 1 else made
    tensors = [*(value.tensor for value in old), *(_stacked(length, v) for v in (*results[carries:], *kept))]
    found = [Value(tensor, name) for tensor, name in zip(tensors, made)]
    unused = carries if n["keep"] and not kept else 0
    return [*found, *(Value(_stacked(length, value), "") for value in old[:unused])]


def while_loop(w: Writer, n: Node) -> list[Value]:
    """ONNX's Loop, whose condition is computed before the first step and at the end of each."""
    carries, captured = int(n["carries"]), int(n["captured"])
    (condition,), (body,) = n["condition"], n["body"]
    states = n.inputs[:carries]
    for_condition, for_body = n.inputs[carries : carries + captured], n.inputs[carries + captured :]
    (start,) = w.run(condition, [*states, *for_condition])
    old = [_new(w, value, "state") for value in states]
    info = w.onnx.helper.make_tensor_value_info
    inputs = [info(w.unique("count"), w.type_of("int64"), []), info(w.unique("goes_on"), w.type_of("bool"), [])]
    with w.body() as nodes:
        new = w.run(body, [*old, *for_body])
        (goes_on,) = w.run(condition, [*new, *for_condition])
        names = _fresh(w, [goes_on, *new])
    graph = w.subgraph(
        nodes,
        [*inputs, *(_open_info(w, value, w.name(value)) for value in old)],
        [_open_info(w, value, name) for value, name in zip((goes_on, *old), names)],
    )
    made = w.node("Loop", ["", w.name(start), *map(w.name, states)], outputs=carries, body=graph)
    return [Value(value.tensor, name) for value, name in zip(old, [made] if carries == 1 else made)]


def switch(w: Writer, n: Node) -> list[Value]:
    """ONNX's If, one inside the other for more than two branches."""
    index = w.cast(w.name(n.inputs[0]), "int64")
    index = w.node("Reshape", [index, w.constant([], "int64")])
    return _branch(w, n, index, 0)


def _branch(w: Writer, n: Node, index: str, number: int) -> list[Value]:
    branches = n["branches"]
    if number == len(branches) - 1:
        return w.run(branches[number], n.inputs[1:])
    here = w.node("LessOrEqual", [index, w.scalar(number, "int64")])
    graphs, results = [], []
    for other in (False, True):
        with w.body() as nodes:
            results = _branch(w, n, index, number + 1) if other else w.run(branches[number], n.inputs[1:])
            names = _fresh(w, results)
        infos = [_open_info(w, value, name) for value, name in zip(results, names)]
        graphs.append(w.subgraph(nodes, [], infos))
    made = w.node("If", [here], outputs=len(names), then_branch=graphs[0], else_branch=graphs[1])
    tensors = [_core.symbolic(value.dims, value.dtype) for value in results]
    return [Value(tensor, name) for tensor, name in zip(tensors, [made] if len(names) == 1 else made)]


CONTROL = {"scan": scan, "while_loop": while_loop, "switch": switch}
