"""Entries by index, and samples between entries."""

from __future__ import annotations

from .shapes import arange, filled
from .writer import Emit, Node, Writer


def _take(w: Writer, n: Node) -> str:
    x, indices = map(w.name, n.inputs)
    return w.node("Gather", [x, indices], axis=int(n["axis"]))


def _one_hot(w: Writer, n: Node) -> str:
    """Compared with all classes: ONNX's OneHot would count negative numbers from the end."""
    indices = w.node("Unsqueeze", [w.cast(w.name(n.inputs[0]), "int64"), w.integers([-1])])
    return w.cast(w.node("Equal", [indices, arange(w, w.size(n.dims[-1]))]), n["dtype"])


def _take_along_axis(w: Writer, n: Node) -> str:
    x, indices = map(w.name, n.inputs)
    return w.node("GatherElements", [x, indices], axis=int(n["axis"]))


def _add_along_axis(w: Writer, n: Node) -> str:
    values, indices = map(w.name, n.inputs)
    kind = "int32" if n.dtype == "uint8" else n.dtype
    zeros = filled(w, w.shape(n.dims), 0, kind)
    values = values if kind == n.dtype else w.cast(values, kind)
    result = w.node("ScatterElements", [zeros, indices, values], axis=int(n["axis"]), reduction="add")
    return result if kind == n.dtype else w.cast(result, n.dtype)


def _scatter(w: Writer, n: Node) -> str:
    x, indices, updates = map(w.name, n.inputs)
    rows = w.node("Unsqueeze", [w.cast(indices, "int64"), w.integers([1])])
    reduction = {"set": None}.get(n["reduction"], n["reduction"])
    return w.node("ScatterND", [x, rows, updates], reduction=reduction)


def _scatter_add(w: Writer, n: Node) -> str:
    """Slices added to zeros at their indices, which come first for ScatterND."""
    dy, indices = map(w.name, n.inputs)
    axis, rank = int(n["axis"]) % len(n.dims), len(n.dims)
    count = n.inputs[1].ndim
    order = [axis, *(i for i in range(rank) if i != axis)]
    moved = [*range(axis, axis + count), *(i for i in range(n.inputs[0].ndim) if not axis <= i < axis + count)]
    zeros = filled(w, w.shape([n.dims[i] for i in order]), 0, n.dtype)
    size, indices = w.size(n.dims[axis]), w.cast(indices, "int64")
    counted = w.node("Where", [w.node("Less", [indices, w.integers([0])]), w.node("Add", [indices, size]), indices])
    rows = w.node("Unsqueeze", [counted, w.integers([count])])
    values = w.node("Transpose", [dy], perm=moved) if axis else dy
    result = w.node("ScatterND", [zeros, rows, values], reduction="add")
    back = [order.index(i) for i in range(rank)]
    return w.node("Transpose", [result], perm=back) if axis else result


def _resample(w: Writer, n: Node) -> str:
    """Windows along the axis, weighted and summed."""
    x, starts, weights = n.inputs
    axis, taps = int(n["axis"]) % x.ndim, weights.dims[1]
    offsets = arange(w, w.size(taps))
    places = w.node("Add", [w.node("Unsqueeze", [w.name(starts), w.integers([1])]), offsets])
    windows = w.node("Gather", [w.name(x), places], axis=axis)  # count and taps in place of the axis
    factor = w.name(weights)
    after = x.ndim - 1 - axis
    if after:
        factor = w.node("Unsqueeze", [factor, w.integers(list(range(2, 2 + after)))])
    return w.node("ReduceSum", [w.node("Mul", [windows, factor]), w.integers([axis + 1])], keepdims=0)


TABLE: dict[str, Emit] = {
    "take": _take,
    "one_hot": _one_hot,
    "take_along_axis": _take_along_axis,
    "add_along_axis": _add_along_axis,
    "scatter": _scatter,
    "scatter_add": _scatter_add,
    "resample": _resample,
}
