"""How many floating point operations a graph of ops takes: a multiplication and an addition are two."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import tree


def _size(tensor: Any) -> int:
    return math.prod(tensor.shape)


def _linear(out: Any, x: Any, kernel: Any, *bias: Any) -> int:
    return 2 * _size(out) * x.shape[-1] + len(bias) * _size(out)


def _matmul(out: Any, a: Any, b: Any) -> int:
    return 2 * _size(out) * (a.shape[-1] if a.shape[-2] == out.shape[-2] else a.shape[-2])


def _conv(out: Any, x: Any, kernel: Any, *bias: Any) -> int:
    return 2 * _size(out) * (_size(kernel) // kernel.shape[-1]) + len(bias) * _size(out)


def _transposed_conv(out: Any, x: Any, kernel: Any) -> int:
    return 2 * _size(x) * (_size(kernel) // kernel.shape[-1])


def _attention(out: Any, query: Any, key: Any, *rest: Any) -> int:
    pairs = _size(query) // query.shape[-1] * key.shape[1]
    return pairs * (2 * query.shape[-1] + 2 * out.shape[-1] + 5)


def _recurrent(out: Any, x: Any, kernel: Any, *rest: Any) -> int:
    """Time first; `x` is the part of the gates that the inputs give."""
    return 2 * _size(x) * kernel.shape[0] + 4 * _size(x)


def _scan(out: Any, carry: Any, *inputs: Any) -> int:
    """The kernels used in each step at each place of the carried state, for as many steps as the series have."""
    steps = max((t.shape[0] for t in inputs if t.shape[1 : carry.ndim] == carry.shape[:-1]), default=1)
    places = _size(carry) // (carry.shape[-1] if carry.ndim else 1)
    kernels = [t for t in inputs if t.ndim > 1 and t.shape[1 : carry.ndim] != carry.shape[:-1]]
    return steps * sum(2 * places * _size(k) for k in kernels if k.shape[:-1] != carry.shape[:-1])


def _per_input(factor: int) -> Callable[..., int]:
    return lambda out, x, *rest: factor * _size(x)


_RULES: dict[str, Callable[..., int]] = {
    "linear": _linear,
    "matmul": _matmul,
    "conv": _conv,
    "conv_grad_input": _transposed_conv,
    "attention": _attention,
    **dict.fromkeys(("lstm", "gru", "simple_rnn"), _recurrent),
    **dict.fromkeys(("scan", "while"), _scan),
    **dict.fromkeys(("softmax", "log_softmax"), _per_input(5)),
    "layer_norm": _per_input(8),
    "batch_norm": _per_input(8),
    "batch_norm_inference": _per_input(2),
    **dict.fromkeys(("sum", "mean", "max", "min", "prod", "max_pool", "average_pool", "cumulative"), _per_input(1)),
}

# Ops that only move numbers, or make them out of nothing.
_MOVES = {
    *("reshape", "transpose", "broadcast_to", "concatenate", "slice", "dynamic_slice", "dynamic_update_slice", "pad"),
    *("take", "take_along_axis", "scatter", "fill", "arange", "dim_value", "identity", "cast", "stop_gradient"),
    *("one_hot", "bitcast", "view_as_complex", "view_as_real", "sort", "argsort", "top_k", "random_integers"),
}


def count_flops(outputs: Any) -> int:
    """Of all ops that the symbolic outputs come from. Other ops than those of the table: one per number they make."""
    total = 0
    seen: set[int] = set()
    alive: list[Any] = []
    waiting = list(tree.flatten(outputs))
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen or not getattr(tensor, "op", None):
            continue
        seen.add(id(tensor))
        alive.append(tensor)
        inputs = tensor.op_inputs()
        waiting += inputs
        if tensor.op in _MOVES or any(None in t.shape for t in (tensor, *inputs)):
            continue
        rule = _RULES.get(tensor.op)
        total += _size(tensor) if rule is None else rule(tensor, *inputs)
    return total
