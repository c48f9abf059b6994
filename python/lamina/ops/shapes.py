"""Functions that move, join and cut arrays, with NumPy's names and rules."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from .. import _core
from ..checks import explain
from .convert import convert_to_tensor, normalize_axes, normalize_axis, to_common, to_sizes
from .indexing import get_item
from .operation import operation

__all__ = [
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "flip",
    "moveaxis",
    "pad",
    "ravel",
    "repeat",
    "reshape",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "tile",
    "transpose",
    "unstack",
]

_ops = _core.ops


@operation
def reshape(x: Any, newshape: Any) -> Any:
    """The same entries in another shape; one size may be -1. ValueError when the numbers of entries differ."""
    x = convert_to_tensor(x)
    sizes = [-1 if size is None else size for size in to_sizes(newshape)]
    if sizes.count(-1) > 1:
        raise ValueError(
            explain(
                "reshape: several sizes are open.",
                "at most one -1",
                f"newshape={tuple(sizes)}",
                "give the other sizes.",
            )
        )
    return _ops.reshape(x, shape=sizes)


@operation
def transpose(x: Any, axes: Any = None) -> Any:
    """The axes in another order: reversed, or as `axes` says."""
    x = convert_to_tensor(x)
    order = list(range(x.ndim))[::-1] if axes is None else [normalize_axis(a, x.ndim, "transpose") for a in axes]
    if sorted(order) != list(range(x.ndim)):
        raise ValueError(
            explain(
                "transpose: the axes are not an order of all axes.",
                f"each of {tuple(range(x.ndim))} once",
                f"axes={axes}",
                "name every axis once.",
            )
        )
    return _ops.transpose(x, axes=order)


@operation
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    x = convert_to_tensor(x)
    order = list(range(x.ndim))
    a, b = normalize_axis(axis1, x.ndim, "swapaxes"), normalize_axis(axis2, x.ndim, "swapaxes")
    order[a], order[b] = b, a
    return _ops.transpose(x, axes=order)


@operation
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Axes moved to other places; the others keep their order."""
    x = convert_to_tensor(x)
    sources = normalize_axes(source, x.ndim, "moveaxis")
    places = normalize_axes(destination, x.ndim, "moveaxis")
    order = [axis for axis in range(x.ndim) if axis not in sources]
    for place, axis in sorted(zip(places, sources)):
        order.insert(place, axis)
    return _ops.transpose(x, axes=order)


@operation
def expand_dims(x: Any, axis: Any) -> Any:
    """The same entries with axes of size 1 added at `axis` of the result."""
    x = convert_to_tensor(x)
    count = len(axis) if isinstance(axis, (list, tuple)) else 1
    dims = list(x.dims)
    for place in sorted(normalize_axes(axis, x.ndim + count, "expand_dims")):
        dims.insert(place, 1)
    return _ops.reshape(x, shape=dims)


@operation
def squeeze(x: Any, axis: Any = None) -> Any:
    """The same entries without the axes of size 1, or without those in `axis`. ValueError for axes of other sizes."""
    x = convert_to_tensor(x)
    dims = x.shape
    axes = [i for i, size in enumerate(dims) if size == 1] if axis is None else normalize_axes(axis, x.ndim, "squeeze")
    for a in axes:
        if dims[a] not in (1, None):
            raise ValueError(
                explain(
                    "squeeze: an axis cannot go.",
                    "an axis of size 1",
                    f"axis {a} of shape {dims}",
                    "choose another axis.",
                )
            )
    return _ops.reshape(x, shape=[size for i, size in enumerate(x.dims) if i not in axes])


@operation
def ravel(x: Any) -> Any:
    """All entries in one axis."""
    return _ops.reshape(convert_to_tensor(x), shape=[-1])


@operation
def broadcast_to(x: Any, shape: Any) -> Any:
    """x repeated along axes of size 1 until it has `shape`."""
    return _ops.broadcast_to(convert_to_tensor(x), shape=to_sizes(shape))


@operation
def concatenate(xs: Any, axis: int = 0) -> Any:
    """The tensors joined along an axis they all have. ValueError when the other sizes differ, or for an empty list."""
    if not isinstance(xs, (list, tuple)) or not xs:
        raise ValueError(
            explain(
                "concatenate: nothing to join.", "a list of one or more tensors", repr(xs), "pass a list of tensors."
            )
        )
    tensors = to_common(*xs)
    rank = tensors[0].ndim
    if any(t.ndim != rank for t in tensors):
        raise ValueError(
            explain(
                "concatenate: the ranks differ.",
                f"tensors of rank {rank}",
                f"shapes {[t.shape for t in tensors]}",
                "use reshape or expand_dims on the smaller ones.",
            )
        )
    return _ops.concatenate(*tensors, axis=normalize_axis(axis, rank, "concatenate"))


@operation
def stack(x: Any, axis: int = 0) -> Any:
    """Tensors of one shape joined along a new axis."""
    if isinstance(x, (list, tuple)) and not x:
        raise ValueError(explain("stack: nothing to join.", "one or more tensors", repr(x), "pass a list of tensors."))
    tensors = to_common(*x)
    place = normalize_axis(axis, tensors[0].ndim + 1, "stack")
    grown = [_ops.reshape(t, shape=[*t.dims[:place], 1, *t.dims[place:]]) for t in tensors]
    return _ops.concatenate(*grown, axis=place)


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Any]:
    """The slices along an axis as a list. ValueError when its size is unknown."""
    x = convert_to_tensor(x)
    place = normalize_axis(axis, x.ndim, "unstack")
    return [squeeze(part, axis=place) for part in split(x, num or _known(x, place, "unstack"), axis=place)]


def _known(x: Any, axis: int, owner: str) -> int:
    size = x.shape[axis]
    if size is None:
        raise ValueError(
            explain(
                f"{owner}: the size of axis {axis} is unknown.", "a known size", f"shape {x.shape}", "use another axis."
            )
        )
    return size


@operation
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """The parts of x along an axis: equal ones, or cut at the given places. ValueError when it does not divide."""
    x = convert_to_tensor(x)
    place = normalize_axis(axis, x.ndim, "split")
    if isinstance(indices_or_sections, (int, np.integer)):
        size, count = _known(x, place, "split"), int(indices_or_sections)
        if count < 1 or size % count:
            raise ValueError(
                explain(
                    "split: the parts are not equal.",
                    f"a divisor of {size}",
                    f"{count} parts of shape {x.shape}, axis {place}",
                    "give a list of places to cut at.",
                )
            )
        cuts: list[Any] = [i * (size // count) for i in range(1, count)]
    else:
        cuts = [int(i) for i in indices_or_sections]
    bounds = [0, *cuts, x.dims[place]]
    return [_cut(x, place, start, stop) for start, stop in itertools.pairwise(bounds)]


def _cut(x: Any, axis: int, start: Any, stop: Any) -> Any:
    starts: list[Any] = [0] * x.ndim
    stops = list(x.dims)
    starts[axis], stops[axis] = start, stop
    return _ops.slice(x, starts=starts, stops=stops, strides=[1] * x.ndim)


@operation
def flip(x: Any, axis: Any = None) -> Any:
    """The entries in reverse order along `axis` (all axes for None)."""
    x = convert_to_tensor(x)
    axes = normalize_axes(axis, x.ndim, "flip")
    index = tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(x.ndim))
    return get_item(x, index)


@operation
def repeat(x: Any, repeats: Any, axis: Any = None) -> Any:
    """Each entry `repeats` times along `axis` (of all entries in one axis for None)."""
    x = convert_to_tensor(x)
    if axis is None:
        x, axis = _ops.reshape(x, shape=[-1]), 0
    place = normalize_axis(axis, x.ndim, "repeat")
    if isinstance(repeats, (list, tuple, np.ndarray)) and len(repeats) > 1:
        return _ops.take(x, convert_to_tensor(np.repeat(np.arange(len(repeats)), repeats).astype("int64")), axis=place)
    count = int(np.asarray(repeats).reshape(()) if not isinstance(repeats, (list, tuple)) else repeats[0])
    dims = list(x.dims)
    grown = _ops.reshape(x, shape=[*dims[: place + 1], 1, *dims[place + 1 :]])
    wide = _ops.broadcast_to(grown, shape=[*dims[: place + 1], count, *dims[place + 1 :]])
    return _ops.reshape(wide, shape=[*dims[:place], dims[place] * count, *dims[place + 1 :]])


@operation
def tile(x: Any, repeats: Any) -> Any:
    """x laid out `repeats` times along each axis."""
    x = convert_to_tensor(x)
    counts = [int(r) for r in (repeats if isinstance(repeats, (list, tuple, np.ndarray)) else [repeats])]
    dims = [1] * (len(counts) - x.ndim) + list(x.dims)
    counts = [1] * (len(dims) - len(counts)) + counts
    grown = _ops.reshape(x, shape=[size for d in dims for size in (1, d)])
    wide = _ops.broadcast_to(grown, shape=[size for c, d in zip(counts, dims) for size in (c, d)])
    return _ops.reshape(wide, shape=[d * c for c, d in zip(counts, dims)])


@operation
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """x with a border of `constant_values` (0): `pad_width` is an int, a pair, or one pair per axis."""
    x = convert_to_tensor(x)
    if mode != "constant":
        raise ValueError(
            explain(
                "pad: this mode is not supported.",
                "mode='constant'",
                f"mode={mode!r}",
                "join with `concatenate` instead.",
            )
        )
    widths = np.broadcast_to(np.asarray(pad_width, dtype="int64"), (x.ndim, 2))
    value = 0.0 if constant_values is None else float(constant_values)
    return _ops.pad(x, low=widths[:, 0].tolist(), high=widths[:, 1].tolist(), value=value)
