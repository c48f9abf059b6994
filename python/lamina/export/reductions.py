"""Reductions, positions of extremes, running sums, order."""

from __future__ import annotations

from typing import Any

import numpy as np

from .shapes import arange
from .writer import Emit, Node, Value, Writer, permuted


def _reduce(kind: str) -> Emit:
    def emit(w: Writer, n: Node) -> str:
        x, rank = w.name(n.inputs[0]), n.inputs[0].ndim
        axes, keepdims = [int(axis) % rank for axis in n["axes"]], int(n["keepdims"])
        if not axes:
            return x
        if w.is_image(x) and not keepdims and set(axes) >= set(range(1, rank - 1)):  # pooling over the whole image
            x, axes = w.channels_first(x, rank), permuted(axes, rank)
        if n.dtype == "uint8":
            return w.cast(w.node(kind, [w.cast(x, "int32"), w.integers(axes)], keepdims=keepdims), n.dtype)
        return w.node(kind, [x, w.integers(axes)], keepdims=keepdims)

    return emit


def _of_truth(kind: str) -> Emit:
    plain = _reduce(kind)

    def emit(w: Writer, n: Node) -> str:
        number = Value(n.inputs[0].tensor, w.cast(w.name(n.inputs[0]), "int32"))
        return w.cast(plain(w, n.with_input(number)), "bool")

    return emit


def _position(kind: str) -> Emit:
    return lambda w, n: w.node(kind, [w.name(n.inputs[0])], axis=int(n["axis"]), keepdims=0)


def _cumulative(w: Writer, n: Node) -> str:
    dtype = "int32" if n.dtype == "uint8" else n.dtype
    x = w.name(n.inputs[0]) if dtype == n.dtype else w.cast(w.name(n.inputs[0]), dtype)
    axis, reverse, exclusive = int(n["axis"]) % n.inputs[0].ndim, int(n["reverse"]), int(n["exclusive"])
    if n["kind"] == "sum":
        result = w.node("CumSum", [x, w.scalar(axis, "int64")], reverse=reverse, exclusive=exclusive)
    else:
        result = _running(w, n, x, dtype, axis)
    return result if dtype == n.dtype else w.cast(result, n.dtype)


def _running(w: Writer, n: Node, x: str, dtype: str, axis: int) -> str:
    """Each entry reduces the whole axis, of which it sees a part: ONNX has running sums only."""
    kind = n["kind"]
    lowest, highest = (-np.inf, np.inf) if dtype.startswith("float") else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    neutral = {"prod": 1, "max": lowest, "min": highest}[kind]
    entry = arange(w, w.size(n.inputs[0].dims[axis]))
    seer = w.node("Unsqueeze", [entry, w.integers([1])])
    pair = [seer, entry] if n["reverse"] else [entry, seer]
    seen = w.node("Less" if n["exclusive"] else "LessOrEqual", pair)
    after = n.inputs[0].ndim - 1 - axis
    if after:
        seen = w.node("Unsqueeze", [seen, w.integers(list(range(2, 2 + after)))])
    rows = w.node("Where", [seen, w.node("Unsqueeze", [x, w.integers([axis])]), w.scalar(neutral, dtype)])
    return w.node(f"Reduce{kind.title()}", [rows, w.integers([axis + 1])], keepdims=0)


def _top(w: Writer, n: Node, k: Any, axis: int, largest: bool) -> tuple[str, str]:
    """The first k in order, and their places. NaN counts as more than all numbers."""
    x = key = w.name(n.inputs[0])
    if n.dtype.startswith("float"):
        key = w.node("Where", [w.node("IsNaN", [x]), w.scalar(np.inf, n.dtype), x])
    elif n.dtype in ("bool", "uint8"):
        key = w.cast(x, "int32")
    _, places = w.node("TopK", [key, w.size(k)], outputs=2, axis=axis, largest=int(largest), sorted=1)
    return w.node("GatherElements", [x, places], axis=axis), w.cast(places, "int32")


def _order(which: int) -> Emit:
    def emit(w: Writer, n: Node) -> str:
        axis = int(n["axis"])
        return _top(w, n, n.inputs[0].dims[axis], axis, n["descending"])[which]

    return emit


def _search_sorted(w: Writer, n: Node) -> str:
    """How many entries are below: all are compared with all."""
    entries, values = (w.name(value) for value in n.inputs)
    values = w.node("Unsqueeze", [values, w.integers([n.inputs[1].ndim])])
    below = w.cast(w.node("LessOrEqual" if n["right"] else "Less", [entries, values]), "int32")
    return w.node("ReduceSum", [below, w.integers([-1])], keepdims=0)


TABLE: dict[str, Emit] = {
    "sum": _reduce("ReduceSum"),
    "mean": _reduce("ReduceMean"),
    "prod": _reduce("ReduceProd"),
    "max": _reduce("ReduceMax"),
    "min": _reduce("ReduceMin"),
    "any": _of_truth("ReduceMax"),
    "all": _of_truth("ReduceMin"),
    "argmax": _position("ArgMax"),
    "argmin": _position("ArgMin"),
    "cumulative": _cumulative,
    "sort": _order(0),
    "argsort": _order(1),
    "top_k": lambda w, n: list(_top(w, n, int(n["k"]), -1, True)),
    "search_sorted": _search_sorted,
}
