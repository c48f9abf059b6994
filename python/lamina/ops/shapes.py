"""Functions that move, join and cut arrays, with NumPy's names and rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..checks import explain
from .convert import convert_to_tensor, is_symbolic, normalize_axes, normalize_axis, to_common, to_sizes
from .indexing import get_item as get_item
from .indexing import index
from .operation import operation
from .sizes import is_list, to_size

__all__ = [
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "moveaxis",
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
    if len(sources) != len(places):
        raise ValueError(
            explain(
                "moveaxis: the numbers of axes differ.",
                "a destination for each source",
                f"source={source}, destination={destination}",
                "name as many places as axes.",
            )
        )
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
    return join("concatenate", to_common(*xs), axis)


def join(owner: str, tensors: list[Any], axis: int) -> Any:
    """Tensors of one dtype joined along an axis; errors are told in the name of `owner`."""
    rank = tensors[0].ndim
    shapes = [t.shape for t in tensors]
    if any(len(shape) != rank for shape in shapes):
        raise ValueError(
            explain(
                f"{owner}: the ranks differ.",
                f"tensors of rank {rank}",
                f"shapes {shapes}",
                "use reshape or expand_dims on the smaller ones.",
            )
        )
    place = normalize_axis(axis, rank, owner)
    if any(i != place and _differ(sizes) for i, sizes in enumerate(zip(*shapes))):
        raise ValueError(
            explain(
                f"{owner}: the tensors do not fit beside each other.",
                f"the same sizes in all axes but axis {place}",
                f"shapes {shapes}",
                "join along another axis, or cut or pad the tensors first.",
            )
        )
    return _ops.concatenate(*tensors, axis=place)


def _differ(sizes: Any) -> bool:
    return len({n for n in sizes if n is not None}) > 1


@operation
def stack(x: Any, axis: int = 0) -> Any:
    """Tensors of one shape joined along a new axis."""
    if isinstance(x, (list, tuple)) and not x:
        raise ValueError(explain("stack: nothing to join.", "one or more tensors", repr(x), "pass a list of tensors."))
    tensors = to_common(*x)
    if any(t.ndim != tensors[0].ndim for t in tensors) or any(map(_differ, zip(*(t.shape for t in tensors)))):
        raise ValueError(
            explain(
                "stack: the shapes differ.",
                "tensors of one shape",
                f"shapes {[t.shape for t in tensors]}",
                "use concatenate for tensors of different sizes.",
            )
        )
    place = normalize_axis(axis, tensors[0].ndim + 1, "stack")
    grown = [_ops.reshape(t, shape=[*t.dims[:place], 1, *t.dims[place:]]) for t in tensors]
    return _ops.concatenate(*grown, axis=place)


@operation
def unstack(x: Any, num: int | None = None, axis: int = 0) -> Any:
    """The slices along an axis as a list of `num`. ValueError when it has another size, or for an unknown one."""
    x = convert_to_tensor(x)
    place = normalize_axis(axis, x.ndim, "unstack")
    size = x.shape[place]
    count = size if num is None else to_size("unstack", "num", num)
    if not isinstance(count, int):
        raise ValueError(
            explain(
                f"unstack: the size of axis {place} is unknown.",
                "an axis of known size, or `num`",
                f"shape {x.shape}",
                "pass the size as `num`, or use another axis.",
            )
        )
    if size not in (None, count):
        raise ValueError(
            explain(
                f"unstack: axis {place} does not have `num` entries.",
                f"num={size}, or None",
                f"num={num} for shape {x.shape}",
                "leave `num` out.",
            )
        )
    dims = [*x.dims[:place], count, *x.dims[place + 1 :]]
    x = x if size is not None else _ops.reshape(x, shape=dims)  # checks the size when the data comes
    return [index(x, (*[slice(None)] * place, i)) for i in range(count)]


@operation
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """The parts of x along an axis: equal ones, or cut at the given places. ValueError when it does not divide."""
    x = convert_to_tensor(x)
    place = normalize_axis(axis, x.ndim, "split")
    size, whole = x.dims[place], [slice(None)] * place
    if is_list(indices_or_sections):
        cuts = [to_size("split", "indices_or_sections", i, minimum=None) for i in indices_or_sections]
        return [index(x, (*whole, slice(a, b))) for a, b in zip([0, *cuts], [*cuts, size])]
    count = to_size("split", "indices_or_sections", indices_or_sections, minimum=1)
    if isinstance(size, int) and isinstance(count, int) and size % count:
        raise ValueError(
            explain(
                "split: the parts are not equal.",
                f"a divisor of {size}",
                f"{count} parts of shape {x.shape}, axis {place}",
                "give a list of places to cut at, or use array_split.",
            )
        )
    part = size // count
    if isinstance(size, int):
        return [index(x, (*whole, slice(i * part, (i + 1) * part))) for i in range(count)]
    dims = list(x.dims)
    table = _ops.reshape(x, shape=[*dims[:place], count, part, *dims[place + 1 :]])  # fails where it does not divide
    return [index(table, (*whole, i)) for i in range(count)]


@operation
def repeat(x: Any, repeats: Any, axis: Any = None) -> Any:
    """Each entry `repeats` times along `axis` (of all entries in one axis for None): one number, or one per entry."""
    x = convert_to_tensor(x)
    if is_symbolic(repeats) and repeats.ndim:
        raise TypeError(
            explain(
                "repeat: the size of the result would depend on the numbers in `repeats`.",
                "integers that are known before the data comes",
                f"repeats={repeats!r}",
                "use one number for all entries, or `take` with indices.",
            )
        )
    if axis is None:
        x, axis = _ops.reshape(x, shape=[-1]), 0
    place = normalize_axis(axis, x.ndim, "repeat")
    counts = list(repeats) if is_list(repeats) else [repeats]
    counts = [to_size("repeat", "repeats", n) for n in counts]
    dims = list(x.dims)
    if len(counts) > 1:
        if x.shape[place] not in (None, len(counts)):
            raise ValueError(
                explain(
                    "repeat: `repeats` does not fit the axis.",
                    f"one number, or {x.shape[place]}, the size of axis {place}",
                    f"{len(counts)} numbers for shape {x.shape}",
                    "give one number per entry.",
                )
            )
        return _ops.take(x, convert_to_tensor(np.repeat(np.arange(len(counts)), counts), "int64"), axis=place)
    count = counts[0]
    grown = _ops.reshape(x, shape=[*dims[: place + 1], 1, *dims[place + 1 :]])
    wide = _ops.broadcast_to(grown, shape=[*dims[: place + 1], count, *dims[place + 1 :]])
    return _ops.reshape(wide, shape=[*dims[:place], dims[place] * count, *dims[place + 1 :]])


@operation
def tile(x: Any, repeats: Any) -> Any:
    """x laid out `repeats` times along each axis; fewer numbers than axes are for the last ones."""
    x = convert_to_tensor(x)
    counts = [to_size("tile", "repeats", n) for n in (repeats if is_list(repeats) else [repeats])]
    dims = [1] * (len(counts) - x.ndim) + list(x.dims)
    counts = [1] * (len(dims) - len(counts)) + counts
    repeated = [not (isinstance(n, int) and n == 1) for n in counts]
    shape = [n for d, more in zip(dims, repeated) for n in ((1, d) if more else (d,))]
    wide = [n for d, c, more in zip(dims, counts, repeated) for n in ((c, d) if more else (d,))]
    grown = _ops.broadcast_to(_ops.reshape(x, shape=shape), shape=wide)
    return _ops.reshape(grown, shape=[d * c for c, d in zip(counts, dims)])
