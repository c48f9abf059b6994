"""The three recurrent ops: as ONNX's LSTM, GRU and RNN, or as a Scan of their steps, which knows masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from .writer import Emit, Node, Value, Writer

# ONNX's name, and its order of gates in terms of ours (i f g o, u r n).
_CELLS: dict[str, tuple[str, list[int]]] = {
    "simple_rnn": ("RNN", [0]),
    "gru": ("GRU", [0, 1, 2]),
    "lstm": ("LSTM", [0, 3, 1, 2]),
}


def _weights(w: Writer, op: str, kernel: str, units: int) -> str:
    """A kernel [n, gates * units] as [1, gates * units, n], the gates in ONNX's order."""
    return w.node("Unsqueeze", [w.node("Transpose", [_in_order(w, op, kernel, units)], perm=[1, 0]), w.integers([0])])


def _in_order(w: Writer, op: str, weights: str, units: int) -> str:
    order = _CELLS[op][1]
    if order == sorted(order):
        return weights
    parts = w.node("Split", [weights, w.integers([units] * len(order))], outputs=len(order), axis=-1)
    return str(w.node("Concat", [parts[i] for i in order], axis=-1))


def _contribution(w: Writer, op: str, z: Value, units: int) -> tuple[str, str, str]:
    """Inputs, kernel and bias that give z: those of the layer where z is one, else z itself and the unit matrix."""
    gates = len(_CELLS[op][1])
    node = w.producers.get(w.name(z))
    if node is not None and node.op == "linear" and node["activation"] == "linear":
        x, kernel, *bias = node.inputs
        added = w.name(bias[0]) if bias else w.constant(np.zeros(gates * units, z.dtype))
        return w.name(x), _weights(w, op, w.name(kernel), units), _in_order(w, op, added, units)
    unit = w.constant(np.eye(gates * units, dtype=z.dtype))
    return w.name(z), _weights(w, op, unit, units), w.constant(np.zeros(gates * units, z.dtype))


def _recurrent(w: Writer, n: Node) -> list[str]:
    z, kernel, h0, *rest = n.inputs
    bias = rest.pop(0) if n.op == "gru" else None
    c0 = rest.pop(0) if n.op == "lstm" else None
    if rest:
        return _scanned(w, n, z, kernel, h0, bias, c0, rest[0])
    units = kernel.dims[0]
    gates = len(_CELLS[n.op][1])
    x, w_kernel, w_bias = _contribution(w, n.op, z, units)
    r_bias = w.constant(np.zeros(gates * units, n.dtype)) if bias is None else w.name(bias)
    biases = w.node("Unsqueeze", [w.node("Concat", [w_bias, r_bias], axis=0), w.integers([0])])
    first = w.integers([0])
    states = [w.node("Unsqueeze", [w.name(state), first]) for state in (h0, c0) if state is not None]
    results = w.node(
        _CELLS[n.op][0],
        [x, w_kernel, _weights(w, n.op, w.name(kernel), units), biases, "", *states],
        outputs=3 if n.op == "lstm" else 2,
        hidden_size=units,
        direction="reverse" if n["reverse"] else "forward",
        linear_before_reset=1 if n.op == "gru" else None,
    )
    h = _with_start(w, n, w.node("Squeeze", [results[0], w.integers([1])]), states[0], results[1])
    if c0 is None or not n.wants(1):
        return [h]
    c = _scanned(w, n, z, kernel, h0, bias, c0, None)[1]  # ONNX's node has the last one only: mostly that is enough
    w.slices[c][1] = (*w.slices[c][1][:2], results[2])
    return [h, c]


def _with_start(w: Writer, n: Node, states: str, start: str, last: str) -> str:
    """All states from the given one on. Those that layers slice from it stand ready."""
    steps = n.inputs[0].dims[0]
    joined = str(w.node("Concat", [states, start] if n["reverse"] else [start, states], axis=0))
    first = 0 if n["reverse"] else 1
    w.slices[joined] = [(first, first + steps, states), (0, 1, last) if n["reverse"] else (steps, steps + 1, last)]
    return joined


def _scanned(
    w: Writer, n: Node, z: Value, kernel: Value, h0: Value, bias: Value | None, c0: Value | None, mask: Value | None
) -> list[str]:
    """A Scan over the steps; where a mask is False, the states stay."""
    units = kernel.dims[0]
    carried = [value for value in (h0, c0) if value is not None]
    recurrent_kernel, added = w.name(kernel), None if bias is None else w.name(bias)
    old = [w.unique("state") for _ in carried]
    at_step, valid = w.unique("step"), w.unique("valid")
    kind, truth = w.type_of(n.dtype), w.type_of("bool")
    info = w.onnx.helper.make_tensor_value_info
    with w.body() as nodes:
        new = _STEPS[n.op](w, n, units, at_step, recurrent_kernel, added, *old)
        if mask is not None:
            column = w.node("Unsqueeze", [valid, w.integers([1])])
            new = [w.node("Where", [column, after, before]) for after, before in zip(new, old)]
        kept = [w.node("Identity", [state]) for state in new]
    graph = w.subgraph(
        nodes,
        [
            *(info(name, kind, [None, units]) for name in old),
            info(at_step, kind, [None, None]),
            *([] if mask is None else [info(valid, truth, [None])]),
        ],
        [info(name, kind, [None, units]) for name in (*new, *kept)],
    )
    direction, rows = int(n["reverse"]), [z] if mask is None else [z, mask]
    results = w.node(
        "Scan",
        [*map(w.name, carried), *map(w.name, rows)],
        outputs=2 * len(carried),
        body=graph,
        num_scan_inputs=len(rows),
        scan_input_directions=[direction] * len(rows),
        scan_output_directions=[direction] * len(carried),
    )
    first = w.integers([0])
    lasts, all_states = results[: len(carried)], results[len(carried) :]
    return [
        _with_start(w, n, states, *(w.node("Unsqueeze", [name, first]) for name in (w.name(start), last)))
        for states, start, last in zip(all_states, carried, lasts)
    ]


def _parts(w: Writer, x: str, count: int, units: int) -> list[str]:
    return list(w.node("Split", [x, w.integers([units] * count)], outputs=count, axis=-1))


def _simple_step(w: Writer, n: Node, units: int, z: str, kernel: str, bias: str | None, h: str) -> list[str]:
    return [w.node("Tanh", [w.node("Add", [z, w.node("MatMul", [h, kernel])])])]


def _gru_step(w: Writer, n: Node, units: int, z: str, kernel: str, bias: str | None, h: str) -> list[str]:
    product = w.node("MatMul", [h, kernel])
    of_state = _parts(w, product if bias is None else w.node("Add", [product, bias]), 3, units)
    of_input = _parts(w, z, 3, units)
    update, reset = (w.node("Sigmoid", [w.node("Add", list(pair))]) for pair in zip(of_input[:2], of_state[:2]))
    new = w.node("Tanh", [w.node("Add", [of_input[2], w.node("Mul", [reset, of_state[2]])])])
    return [w.node("Add", [new, w.node("Mul", [update, w.node("Sub", [h, new])])])]


def _lstm_step(w: Writer, n: Node, units: int, z: str, kernel: str, bias: str | None, h: str, c: str) -> list[str]:
    i, f, g, o = _parts(w, w.node("Add", [z, w.node("MatMul", [h, kernel])]), 4, units)
    taken = w.node("Mul", [w.node("Sigmoid", [i]), w.node("Tanh", [g])])
    cell = w.node("Add", [w.node("Mul", [w.node("Sigmoid", [f]), c]), taken])
    return [w.node("Mul", [w.node("Sigmoid", [o]), w.node("Tanh", [cell])]), cell]


_STEPS: dict[str, Any] = {"simple_rnn": _simple_step, "gru": _gru_step, "lstm": _lstm_step}

TABLE: dict[str, Emit] = dict.fromkeys(_CELLS, _recurrent)
