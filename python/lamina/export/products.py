"""Matrix products, attention, softmax and normalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import activate
from .shapes import arange
from .writer import Emit, Node, NoMapping, Writer


def _matmul(w: Writer, n: Node) -> str:
    names = []
    for value, flag in zip(n.inputs, ("transpose_a", "transpose_b")):
        name = w.name(value)
        if n[flag]:
            order = list(range(value.ndim))
            name = w.node("Transpose", [name], perm=[*order[:-2], order[-1], order[-2]])
        names.append(name)
    return w.node("MatMul", names)


def _linear(w: Writer, n: Node) -> str:
    x, kernel, *terms = map(w.name, n.inputs)
    y = w.node("MatMul", [x, kernel])
    for term in terms:
        y = w.node("Add", [y, term])
    return activate(w, n, n["activation"], y)


def _attention(w: Writer, n: Node) -> list[str]:
    q, k, v, *keep = n.inputs
    heads, groups = q.dims[2], k.dims[2]

    def rows(value: Any) -> str:
        return w.node("Transpose", [w.name(value)], perm=[0, 2, 1, 3])

    query, key, value = rows(q), w.node("Transpose", [w.name(k)], perm=[0, 2, 3, 1]), rows(v)
    if groups != heads:  # heads that share a key stand one after the other
        places = w.integers([head * groups // heads for head in range(heads)])
        key, value = (w.node("Gather", [name, places], axis=1) for name in (key, value))
    scores = w.node("Mul", [w.node("MatMul", [query, key]), w.scalar(n["scale"], n.dtype)])
    seen = w.name(keep[0]) if keep else None
    if n["causal"]:
        row = w.node("Unsqueeze", [arange(w, w.size(q.dims[1])), w.integers([1])])
        earlier = w.node("LessOrEqual", [arange(w, w.size(k.dims[1])), row])
        seen = earlier if seen is None else w.node("And", [seen, earlier])
    if seen is not None:
        lowest = -0.7 * float(np.finfo(n.dtype).max)
        scores = w.node("Where", [seen, scores, w.scalar(lowest, n.dtype)])
    y = w.node("MatMul", [w.node("Softmax", [scores], axis=-1), value])
    return [w.node("Transpose", [y], perm=[0, 2, 1, 3])]


def _softmax(kind: str) -> Emit:
    def emit(w: Writer, n: Node) -> str:
        return w.node(kind, [w.name(n.inputs[0])], axis=int(n["axis"]))

    return emit


def _batch_norm(w: Writer, n: Node) -> str:
    y = _normalized(w, n)
    for addend in n.inputs[5:]:
        y = w.node("Add", [y, w.name(addend)])
    return activate(w, n, n["activation"], y)


def _normalized(w: Writer, n: Node) -> str:
    x, rank, axis = n.inputs[0], n.inputs[0].ndim, int(n["axis"]) % n.inputs[0].ndim
    name, *weights = map(w.name, n.inputs[:5])
    epsilon = float(n["epsilon"])
    if rank >= 3 and axis == rank - 1 and w.is_image(name):
        first = w.channels_first(name, rank)
        return w.channels_last(w.node("BatchNormalization", [first, *weights], epsilon=epsilon), rank)
    if axis == 1 and rank >= 2:
        return str(w.node("BatchNormalization", [name, *weights], epsilon=epsilon))
    shape = w.integers([-1, *[1] * (rank - 1 - axis)])
    gamma, beta, mean, variance = (w.node("Reshape", [weight, shape]) for weight in weights)
    root = w.node("Sqrt", [w.node("Add", [variance, w.scalar(epsilon, x.dtype)])])
    scale = w.node("Div", [gamma, root])
    return w.node("Add", [w.node("Mul", [w.node("Sub", [name, mean]), scale]), beta])


def _layer_norm(w: Writer, n: Node) -> list[str]:
    names = [w.name(value) for value in n.inputs]
    return [w.node("LayerNormalization", names, axis=-int(n["axes"]), epsilon=float(n["epsilon"]))]


def _sparsemax(w: Writer, n: Node) -> str:
    """max(x - tau, 0), where tau makes the sum 1: it follows from the largest entries that stay above 0."""
    x, axis = w.name(n.inputs[0]), int(n["axis"]) % n.inputs[0].ndim
    size = w.size(n.inputs[0].dims[axis])
    z, _ = w.node("TopK", [x, size], outputs=2, axis=axis)
    ranks = w.node("Add", [w.cast(arange(w, size), n.dtype), w.scalar(1, n.dtype)])
    ranks = w.node("Reshape", [ranks, w.integers([-1, *[1] * (n.inputs[0].ndim - 1 - axis)])])
    sums = w.node("CumSum", [z, w.scalar(axis, "int64")])
    stays = w.node("Greater", [w.node("Add", [w.node("Mul", [ranks, z]), w.scalar(1, n.dtype)]), sums])
    stays = w.cast(stays, n.dtype)
    along = w.integers([axis])
    count = w.node("ReduceSum", [stays, along], keepdims=1)
    total = w.node("ReduceSum", [w.node("Mul", [stays, z]), along], keepdims=1)
    tau = w.node("Div", [w.node("Sub", [total, w.scalar(1, n.dtype)]), count])
    return w.node("Relu", [w.node("Sub", [x, tau])])


# Fourier transforms are products with constant matrices.


def _waves(length: Any, bins: Any) -> tuple[Any, Any]:
    """Cosines and sines [length, bins]."""
    if not isinstance(length, int):
        raise NoMapping("a Fourier transform of open length")
    angles = 2 * np.pi * (np.outer(np.arange(length), np.arange(bins)) % length) / length
    return np.cos(angles), np.sin(angles)


def _interior(bins: int, length: int, factor: float) -> Any:
    """1 for the bins that stand for themselves, the factor for those that stand for two."""
    scale = np.full(bins, factor)
    scale[0] = 1
    if length % 2 == 0:
        scale[-1] = 1
    return scale


def _product(w: Writer, n: Node, *terms: tuple[Any, Any]) -> str:
    """The sum of inputs times matrices."""
    parts = [w.node("MatMul", [w.name(value), w.constant(matrix, n.dtype)]) for value, matrix in terms]
    return parts[0] if len(parts) == 1 else w.node("Add", parts)


def _fft(w: Writer, n: Node) -> list[str]:
    re, im = n.inputs
    cos, sin = _waves(re.dims[-1], re.dims[-1])
    sin = -sin if n["inverse"] else sin
    return [_product(w, n, (re, cos), (im, sin)), _product(w, n, (im, cos), (re, -sin))]


def _rfft(w: Writer, n: Node) -> list[str]:
    (x,), (length,) = n.inputs, n.inputs[0].dims[-1:]
    cos, sin = _waves(length, length // 2 + 1 if isinstance(length, int) else 0)
    scale = _interior(cos.shape[1], length, float(n["interior"]))
    return [_product(w, n, (x, cos * scale)), _product(w, n, (x, -sin * scale))]


def _irfft(w: Writer, n: Node) -> str:
    re, im = n.inputs
    length = n.dims[-1]
    cos, sin = _waves(length, length // 2 + 1 if isinstance(length, int) else 0)
    scale = _interior(cos.shape[1], length, float(n["interior"]))
    return _product(w, n, (re, (cos * scale).T), (im, (-sin * scale).T))


TABLE: dict[str, Emit] = {
    "matmul": _matmul,
    "linear": _linear,
    "attention": _attention,
    "softmax": _softmax("Softmax"),
    "log_softmax": _softmax("LogSoftmax"),
    "batch_norm_inference": _batch_norm,
    "layer_norm": _layer_norm,
    "sparsemax": _sparsemax,
    "fft": _fft,
    "rfft": _rfft,
    "irfft": _irfft,
}
