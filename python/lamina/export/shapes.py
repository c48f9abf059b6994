"""Ops that move elements and compute nothing, and tensors from nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from .writer import HALF, Emit, Node, NoMapping, Writer, permuted, same

_LOWEST = np.iinfo(np.int64).min


def reshape(w: Writer, x: str, dims: list[Any]) -> str:
    """x in this shape. One size that is open is left to ONNX."""
    is_open = [not isinstance(n, int) or n == -1 for n in dims]
    if sum(is_open) == 1 and 0 not in dims:
        return w.node("Reshape", [x, w.integers([-1 if rest else n for n, rest in zip(dims, is_open)])])
    return w.node("Reshape", [x, w.shape(dims)], allowzero=1 if 0 in dims else None)


def _reshape(w: Writer, n: Node) -> str:
    return reshape(w, w.name(n.inputs[0]), n.dims)


def _transpose(w: Writer, n: Node) -> str:
    x, axes = w.name(n.inputs[0]), [int(axis) for axis in n["axes"]]
    rank = len(axes)
    if rank >= 3 and axes == [0, rank - 1, *range(1, rank - 1)]:
        return w.channels_first(x, rank)
    if rank >= 3 and axes == [0, *range(2, rank), 1]:
        return w.channels_last(x, rank)
    return w.node("Transpose", [x], perm=axes)


def _broadcast_to(w: Writer, n: Node) -> str:
    return w.node("Expand", [w.name(n.inputs[0]), w.shape(n.dims)])


def _concatenate(w: Writer, n: Node) -> str:
    names, rank = [w.name(value) for value in n.inputs], len(n.dims)
    axis = int(n["axis"]) % rank
    if rank >= 3 and any(map(w.is_image, names)):
        moved = [w.channels_first(name, rank) for name in names]
        return w.channels_last(w.node("Concat", moved, axis=permuted([axis], rank)[0]), rank)
    return w.node("Concat", names, axis=axis)


def _slice(w: Writer, n: Node) -> str:
    x = n.inputs[0]
    strides = list(n["strides"]) or [1] * x.ndim
    whole = [
        start == 0 and stop == size and step == 1
        for start, stop, step, size in zip(n["starts"], n["stops"], strides, x.dims)
    ]
    axes = [i for i, all_of_it in enumerate(whole) if not all_of_it]
    if not axes:
        return w.name(x)
    if axes == [0] and strides[0] == 1:
        for start, stop, part in w.slices.get(w.name(x), []):
            if same(n["starts"][0], start) and same(n["stops"][0], stop):
                return part
    starts = [n["starts"][i] for i in axes]
    stops = [_LOWEST if strides[i] < 0 and n["stops"][i] == -1 else n["stops"][i] for i in axes]
    steps = w.integers([strides[i] for i in axes])
    name, places = w.name(x), axes
    if x.ndim >= 3 and w.is_image(name):
        name, places = w.channels_first(name, x.ndim), permuted(axes, x.ndim)
    result = w.node("Slice", [name, w.shape(starts), w.shape(stops), w.integers(places), steps])
    return result if places is axes else w.channels_last(result, x.ndim)


def _pad(w: Writer, n: Node) -> str:
    x, rank = w.name(n.inputs[0]), n.inputs[0].ndim
    low, high = ([int(size) for size in n[end]] for end in ("low", "high"))
    order = list(range(rank))
    is_image = rank >= 3 and w.is_image(x)
    if is_image:
        x, order = w.channels_first(x, rank), [0, rank - 1, *range(1, rank - 1)]
    pads = w.integers([*(low[i] for i in order), *(high[i] for i in order)])
    result = w.node("Pad", [x, pads, w.scalar(n["value"], n.dtype)])
    return w.channels_last(result, rank) if is_image else result


def _slice_grad(w: Writer, n: Node) -> str:
    """Zeros around what the slice read."""
    starts, stops, sizes = n["starts"], n["stops"], n.dims
    if any(step != 1 for step in n["strides"]):
        raise NoMapping("of a slice with strides")
    ends = w.shape([size - stop for size, stop in zip(sizes, stops)])
    pads = w.node("Concat", [w.shape(starts), ends], axis=0)
    return w.node("Pad", [w.name(n.inputs[0]), pads, w.scalar(0, n.dtype)])


def starts_within(w: Writer, n: Node, block: list[Any]) -> str:
    """The starts of a block of this shape, negative ones counted from the end, moved so far that it lies within x."""
    whole, starts = w.node("Shape", [w.name(n.inputs[0])]), w.cast(w.name(n.inputs[1]), "int64")
    counted = w.node("Add", [starts, whole])
    starts = w.node("Where", [w.node("Less", [starts, w.integers([0])]), counted, starts])
    last = w.node("Sub", [whole, w.shape(block)])
    return w.node("Max", [w.node("Min", [starts, last]), w.integers([0])])


def _dynamic_slice(w: Writer, n: Node) -> str:
    starts = starts_within(w, n, n.dims)
    stops = w.node("Add", [starts, w.shape(n.dims)])
    return w.node("Slice", [w.name(n.inputs[0]), starts, stops])


def _dynamic_update_slice(w: Writer, n: Node) -> str:
    """The entries of the block go to its places, which are counted along all axes at once."""
    x, block = n.inputs[0], n.inputs[2]
    starts = starts_within(w, n, block.dims)
    flat, step = w.integers([0]), w.integers([1])
    for axis in reversed(range(x.ndim)):
        start = w.node("Slice", [starts, w.integers([axis]), w.integers([axis + 1])])
        along = w.node("Add", [arange(w, w.size(block.dims[axis])), start])
        along = w.node("Reshape", [w.node("Mul", [along, step]), w.integers([-1, *[1] * (x.ndim - 1 - axis)])])
        flat = w.node("Add", [flat, along])
        step = w.node("Mul", [step, w.size(x.dims[axis])])
    entries = [w.node("Reshape", [name, w.integers([-1])]) for name in (w.name(x), flat, w.name(block))]
    return w.node("Reshape", [w.node("ScatterElements", entries, axis=0), w.shape(x.dims)])


def filled(w: Writer, shape: str, value: float, dtype: str) -> str:
    """A tensor of one number, of the shape that a tensor tells."""
    number = w.onnx.numpy_helper.from_array(np.asarray([value], "float32" if dtype in HALF else dtype))
    result = w.node("ConstantOfShape", [shape], value=number)
    return w.cast(result, dtype) if dtype in HALF else result


def arange(w: Writer, size: str) -> str:
    """0, 1, ... up to a size, int64."""
    scalar = w.node("Squeeze", [size])
    return w.node("Range", [w.scalar(0, "int64"), scalar, w.scalar(1, "int64")])


def _arange(w: Writer, n: Node) -> str:
    dtype, (size,) = n["dtype"], n.dims
    kind = dtype if dtype in ("int32", "int64") else "float64" if dtype == "float64" else "float32"
    count = arange(w, w.size(size))
    count = count if kind == "int64" else w.cast(count, kind)
    steps = w.node("Mul", [count, w.scalar(n["step"], kind)])
    result = w.node("Add", [steps, w.scalar(n["start"], kind)])
    return result if kind == dtype else w.cast(result, dtype)


def _dim_value(w: Writer, n: Node) -> str:
    (size,) = n["dim"] if isinstance(n["dim"], list) else [n["dim"]]
    return w.cast(w.node("Squeeze", [w.size(size)]), n["dtype"])


TABLE: dict[str, Emit] = {
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast_to": _broadcast_to,
    "concatenate": _concatenate,
    "slice": _slice,
    "slice_grad": _slice_grad,
    "pad": _pad,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "fill": lambda w, n: filled(w, w.shape(n.dims), n["value"], n["dtype"]),
    "arange": _arange,
    "dim_value": _dim_value,
}
