"""Entries by their indices: `tensor[key]` with NumPy's rules (in terms of slice, reshape and take), `take` and kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..checks import explain
from .convert import convert_to_tensor, convert_weak, normalize_axis
from .operation import operation

__all__ = ["get_item", "take", "take_along_axis"]

_ops = _core.ops


def index(x: Any, key: Any) -> Any:
    """x[key]. IndexError for too many indices or one out of range, TypeError for keys of other kinds."""
    keys = list(key) if isinstance(key, tuple) else [key]
    consumed = sum(_axes_taken(k) for k in keys)
    if consumed > x.ndim:
        raise IndexError(
            explain("A tensor has fewer axes than the index.", f"at most {x.ndim} indices", f"{consumed}", "drop some.")
        )
    if not any(k is Ellipsis for k in keys):
        keys.append(Ellipsis)
    place = next(i for i, k in enumerate(keys) if k is Ellipsis)
    keys[place : place + 1] = [slice(None)] * (x.ndim - consumed)

    starts: list[Any] = []
    stops: list[Any] = []
    strides: list[int] = []
    shape: list[Any] = []  # sizes after slicing, without the axes that ints take away
    gathers: list[tuple[int, Any]] = []  # (axis of the result, indices)
    plain = True
    for k in keys:
        if k is None:
            shape.append(1)
            plain = False
            continue
        dim = x.dims[len(starts)]
        if isinstance(k, slice):
            start, stop, stride, size = _slice_bounds(k, dim)
            shape.append(size)
        elif _is_int(k):
            start, stride = _int_bound(k, dim, len(starts)), 1
            stop = start + 1
            plain = False
        else:
            gathers.append((len(shape), _index_array(k, x, len(starts), dim)))
            start, stop, stride = 0, dim, 1
            shape.append(dim)
        starts.append(start)
        stops.append(stop)
        strides.append(stride)
    unchanged = all(isinstance(a, int) and a == 0 and s == 1 for a, s in zip(starts, strides))
    if not (unchanged and all(same_dim(a, b) for a, b in zip(stops, x.dims))):
        x = _ops.slice(x, starts=starts, stops=stops, strides=strides)
        if plain:
            shape = list(x.dims)
    if not plain:
        x = _ops.reshape(x, shape=shape)
    if len(gathers) > 1:
        raise TypeError(
            explain("Two axes are indexed by arrays.", "one array of indices", f"{len(gathers)}", "use ops.take twice.")
        )
    for axis, indices in gathers:
        x = _ops.take(x, indices, axis=axis)
    return x


def same_dim(a: Any, b: Any) -> bool:
    """Whether two sizes are known to be the same."""
    return type(a) is type(b) and bool(a == b)


def _is_int(k: Any) -> bool:
    return isinstance(k, (int, np.integer)) and not isinstance(k, (bool, np.bool_))


def _axes_taken(k: Any) -> int:
    if k is None or k is Ellipsis:
        return 0
    if isinstance(k, (np.ndarray, _core.Tensor)) and k.dtype == "bool":
        return k.ndim
    return 1


def _clamp(value: Any, dim: Any, default: Any) -> Any:
    """A slice bound counted from the front; unknown sizes give expressions."""
    if value is None:
        return default
    if isinstance(value, _core.Dim):
        return value
    value = value.__index__()
    if isinstance(dim, int):
        return max(value + dim, 0) if value < 0 else min(value, dim)
    if value < 0:
        return _core.Dim.maximum(dim + value, _core.Dim(0))
    return value if value == 0 else _core.Dim.minimum(_core.Dim(value), dim)


def _slice_bounds(k: slice, dim: Any) -> tuple[Any, Any, int, Any]:
    stride = 1 if k.step is None else k.step.__index__()
    if stride == 0:
        raise ValueError(explain("A slice has step 0.", "a step other than 0", f"{k}", "leave out the step."))
    if stride < 0:
        if isinstance(dim, int):
            start, stop, stride = k.indices(dim)
            return start, stop, stride, max(0, -((start - stop) // stride)) if start > stop else 0
        if k.start is None and k.stop is None:
            return dim - 1, -1, stride, _core.Dim.ceil_divide(dim, -stride)
        raise TypeError(
            explain(
                "A backward slice of an axis of unknown size has bounds.",
                "x[::-1], or a known size",
                f"{k}",
                "slice forward first, then reverse with [::-1].",
            )
        )
    start, stop = _clamp(k.start, dim, 0), _clamp(k.stop, dim, dim)
    if isinstance(start, int) and isinstance(stop, int):
        stop = max(start, stop)
        return start, stop, stride, -(-(stop - start) // stride)
    span = stop - start
    return start, stop, stride, span if stride == 1 else _core.Dim.ceil_divide(span, stride)


def _int_bound(k: Any, dim: Any, axis: int) -> Any:
    k = k.__index__()
    if isinstance(dim, int) and not -dim <= k < dim:
        raise IndexError(
            explain(
                f"An index is out of range of axis {axis}.",
                f"an index from {-dim} to {dim - 1}" if dim else "no index: the axis is empty",
                f"{k}",
                "use a smaller index.",
            )
        )
    return k + dim if k < 0 else k


def _index_array(k: Any, x: Any, axis: int, dim: Any) -> Any:
    if isinstance(k, (list, tuple)):
        k = np.asarray(k)
    if isinstance(k, np.ndarray) or (isinstance(k, _core.Tensor) and not k.is_symbolic):
        array = np.asarray(k)
        if array.dtype == bool:
            if array.ndim != 1 or (isinstance(dim, int) and array.shape[0] != dim):
                raise IndexError(
                    explain(
                        "A mask does not fit its axis.",
                        f"one bool per entry of axis {axis}, shape ({dim},)",
                        f"shape {array.shape}",
                        "use ops.where with a mask of the tensor's shape.",
                    )
                )
            array = np.nonzero(array)[0]
        if array.dtype.kind in "iu":
            return convert_to_tensor(array, "int64")
    elif isinstance(k, _core.Tensor) or hasattr(k, "core"):
        k = convert_to_tensor(k)
        if k.dtype in ("uint8", "int32", "int64"):
            return k
    raise TypeError(
        explain(
            f"A tensor cannot be indexed by {type(k).__name__}.",
            "ints, slices, None, `...`, or an array of ints",
            f"{k!r}",
            "use ops.take for indices and ops.where for masks that are traced.",
        )
    )


@operation
def take(x: Any, indices: Any, axis: Any = None) -> Any:
    """The slices of x at `indices` along `axis` (of all entries for None); negative indices count from the end."""
    x = convert_to_tensor(x)
    indices = convert_to_tensor(indices)
    if axis is None:
        x, axis = _ops.reshape(x, shape=[-1]), 0
    place = normalize_axis(axis, x.ndim, "take")
    return _ops.take(x, indices, axis=place)


def _count_from_front(indices: Any, size: Any) -> Any:
    indices = convert_to_tensor(indices, "int64")
    length = convert_to_tensor(size, "int64")
    return _ops.where(_ops.less(indices, convert_weak(0, "int64")), _ops.add(indices, length), indices)


@operation
def take_along_axis(x: Any, indices: Any, axis: int = -1) -> Any:
    """For each place of `indices`, the entry of x at that index along `axis`; the other sizes must match."""
    x = convert_to_tensor(x)
    place = normalize_axis(axis, x.ndim, "take_along_axis")
    indices = _count_from_front(indices, x.dims[place])
    others = [i for i in range(x.ndim) if i != place]
    flat_x = _ops.reshape(_ops.transpose(x, axes=[*others, place]), shape=[-1])
    moved = _ops.transpose(indices, axes=[*others, place])
    dims = moved.dims
    position = moved
    stride: Any = x.dims[place]
    for i in range(x.ndim - 2, -1, -1):
        steps = _ops.arange(size=dims[i], start=0, step=1, dtype="int64")
        steps = _ops.multiply(steps, convert_to_tensor(stride, "int64"))
        position = _ops.add(position, _ops.reshape(steps, shape=[-1 if j == i else 1 for j in range(x.ndim)]))
        stride = stride * dims[i]
    back = [*range(place), x.ndim - 1, *range(place, x.ndim - 1)]
    return _ops.transpose(_ops.take(flat_x, position, axis=0), axes=back)


@operation
def get_item(x: Any, key: Any) -> Any:
    """x[key]: ints, slices, None, `...`, an array of indices for one axis; a mask of bools on concrete tensors only."""
    return index(convert_to_tensor(x), tuple(key) if isinstance(key, list) else key)  # files hold tuples as lists
