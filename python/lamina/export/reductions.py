"""Reductions, positions of extremes, running sums, order."""

from __future__ import annotations

from typing import Any

from .writer import Emit, Node, NoMapping, Value, Writer, permuted


def _reduce(kind: str) -> Emit:
    def emit(w: Writer, n: Node) -> str:
        x, rank = w.name(n.inputs[0]), n.inputs[0].ndim
        axes, keepdims = [int(axis) % rank for axis in n["axes"]], int(n["keepdims"])
        if not axes:
            return x
        if w.is_image(x) and not keepdims and set(axes) >= set(range(1, rank - 1)):  # pooling over the whole image
            x, axes = w.channels_first(x, rank), permuted(axes, rank)
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
    if n["kind"] != "sum":
        raise NoMapping(f"a running {n['kind']}")
    x = w.name(n.inputs[0])
    axis = w.scalar(int(n["axis"]), "int64")
    small = n.dtype == "uint8"
    result = w.node(
        "CumSum",
        [w.cast(x, "int32") if small else x, axis],
        reverse=int(n["reverse"]),
        exclusive=int(n["exclusive"]),
    )
    return w.cast(result, n.dtype) if small else result


def _top(w: Writer, n: Node, k: Any, axis: int, largest: bool) -> tuple[str, str]:
    x = w.name(n.inputs[0])
    if n.dtype in ("bool", "uint8"):
        x = w.cast(x, "int32")
    values, places = w.node("TopK", [x, w.size(k)], outputs=2, axis=axis, largest=int(largest), sorted=1)
    return w.cast(values, n.dtype) if n.dtype in ("bool", "uint8") else values, w.cast(places, "int32")


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
