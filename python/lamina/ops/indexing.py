"""Entries by their indices: `tensor[key]` with NumPy's rules (in terms of slice, reshape and take), `take` and kin."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .. import _core
from ..checks import explain
from .convert import convert_to_tensor, convert_weak, is_float, normalize_axis, to_common, to_sizes
from .operation import operation

__all__ = ["get_item", "nonzero", "select", "take", "take_along_axis", "unravel_index"]

_ops = _core.ops


def index(x: Any, key: Any) -> Any:
    """x[key]. IndexError for too many indices or one out of range, TypeError for keys of other kinds."""
    keys = [part for k in (key if isinstance(key, tuple) else (key,)) for part in _expand_mask(k)]
    consumed = sum(k is not None and k is not Ellipsis for k in keys)
    if consumed > x.ndim:
        raise IndexError(
            explain("A tensor has fewer axes than the index.", f"at most {x.ndim} indices", f"{consumed}", "drop some.")
        )
    dots = [i for i, k in enumerate(keys) if k is Ellipsis]
    if len(dots) > 1:
        raise IndexError(explain("An index has several `...`.", "at most one", f"{len(dots)}", "write out the axes."))
    place = dots[0] if dots else len(keys)
    keys[place : place + 1] = [slice(None)] * (x.ndim - consumed)

    starts: list[Any] = []
    stops: list[Any] = []
    strides: list[int] = []
    shape: list[Any] = []  # sizes after slicing, without the axes that ints take away
    gathers: list[tuple[int, Any]] = []  # (axis of the result, indices)
    points: list[int] = []  # which keys are ints or arrays
    plain = True
    for i, k in enumerate(keys):
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
            points.append(i)
        else:
            gathers.append((len(shape), _index_array(k, len(starts), dim)))
            start, stop, stride = 0, dim, 1
            shape.append(dim)
            points.append(i)
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
    if not gathers:
        return x
    together = points[-1] - points[0] == len(points) - 1
    # NumPy's rule: the axes of the arrays replace theirs, but come first when slices stand between them.
    before = sum(not _is_point(k) for k in keys[: points[0]]) if together else 0
    return _gather(x, gathers, before)


def _gather(x: Any, gathers: list[tuple[int, Any]], place: int) -> Any:
    """The entries at the arrays' indices into their axes; the axes of the arrays come at `place` of the result."""
    axes = [axis for axis, _ in gathers]
    if len(gathers) == 1 and place == axes[0]:
        _check_range("indexing", gathers[0][1], x.dims[place])
        return _ops.take(x, gathers[0][1], axis=place)
    others = [i for i in range(x.ndim) if i not in axes]
    sizes = [x.dims[i] for i in axes]
    flat = flat_positions("indexing", [indices for _, indices in gathers], sizes)
    table = _ops.transpose(x, axes=[*others[:place], *axes, *others[place:]])
    dims = list(table.dims)
    table = _ops.reshape(table, shape=[*dims[:place], math.prod(sizes, start=1), *dims[place + len(axes) :]])
    return _ops.take(table, flat, axis=place)


def flat_positions(owner: str, indices: list[Any], sizes: list[Any]) -> Any:
    """The indices into axes of these sizes as one index into all entries of the axes; negative ones from the end.

    IndexError when a number is out of range; what is out of range in a traced tensor fails when it runs.
    """
    if len(indices) == 1:
        _check_range(owner, indices[0], sizes[0])
        return indices[0]
    for position, size in zip(indices, sizes):
        _check_range(owner, position, size)
    if all(isinstance(size, int) and not i.is_symbolic for i, size in zip(indices, sizes)):
        counted = np.broadcast_arrays(
            *(np.where(i.numpy() < 0, i.numpy() + n, i.numpy()) for i, n in zip(indices, sizes))
        )
        return convert_to_tensor(np.asarray(np.ravel_multi_index(tuple(counted), sizes), "int64"))
    total = convert_to_tensor(math.prod(sizes, start=1), "int64")
    zero = convert_weak(0, "int64")
    flat: Any = None
    inside: Any = None
    for position, size in zip(indices, sizes):
        length = convert_to_tensor(size, "int64")
        position = _ops.cast(position, dtype="int64")
        position = _ops.where(_ops.less(position, zero), _ops.add(position, length), position)
        fits = _ops.logical_and(_ops.greater_equal(position, zero), _ops.less(position, length))
        flat = position if flat is None else _ops.add(_ops.multiply(flat, length), position)
        inside = fits if inside is None else _ops.logical_and(inside, fits)
    return _ops.where(inside, flat, total)


def last_axis(indices: Any) -> list[Any]:
    """The entries along the last axis, of known size, as tensors without it."""
    dims = list(indices.dims)
    depth = dims.pop()
    if indices.dtype == "uint8":
        indices = _ops.cast(indices, dtype="int32")
    zeros = [0] * len(dims)
    parts = [_ops.slice(indices, starts=[*zeros, i], stops=[*dims, i + 1], strides=[]) for i in range(depth)]
    return [_ops.reshape(part, shape=dims) for part in parts]


def _check_range(owner: str, indices: Any, size: Any) -> None:
    if indices.is_symbolic or not isinstance(size, int):
        return
    numbers = indices.numpy()
    wrong = (numbers < -size) | (numbers >= size)
    if wrong.any():
        raise IndexError(
            explain(
                f"{owner}: an index is out of range.",
                f"integers in [{-size}, {size})",
                f"{numbers[wrong].flat[0]}",
                "check the indices.",
            )
        )


def same_dim(a: Any, b: Any) -> bool:
    """Whether two sizes are known to be the same."""
    return type(a) is type(b) and bool(a == b)


def _is_int(k: Any) -> bool:
    return isinstance(k, (int, np.integer)) and not isinstance(k, (bool, np.bool_))


def _is_point(k: Any) -> bool:
    """Whether a key is an int or an array, rather than a slice or a new axis."""
    return k is not None and not isinstance(k, slice)


def _expand_mask(k: Any) -> list[Any]:
    """A mask of bools as one array of indices per axis; other keys as they are."""
    if isinstance(k, (list, tuple)):
        k = np.asarray(k)
    if isinstance(k, (bool, np.bool_)) or str(getattr(k, "dtype", "")) != "bool":
        return [k]
    if isinstance(k, _core.Tensor) and k.is_symbolic:
        raise TypeError(
            explain(
                "A tensor is indexed by a mask that is only traced: the size of the result is not known.",
                "a mask with numbers",
                f"a symbolic mask of shape {k.shape}",
                "use ops.where with a mask of the tensor's shape.",
            )
        )
    mask = np.asarray(k)
    return [_Masked(part, size) for part, size in zip(np.nonzero(mask), mask.shape)]


class _Masked(NamedTuple):
    """The indices that one axis of a mask chose, and its size, which must be that of the tensor's axis."""

    indices: np.ndarray
    size: int


def _clamp(value: Any, dim: Any, default: Any) -> Any:
    """A slice bound counted from the front; unknown sizes give expressions."""
    if value is None:
        return default
    if isinstance(value, _core.Dim):
        return value if same_dim(value, dim) else _core.Dim.minimum(value, dim)
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


def _index_array(k: Any, axis: int, dim: Any) -> Any:
    if isinstance(k, _Masked):
        if isinstance(dim, int) and k.size != dim:
            raise IndexError(
                explain(
                    "A mask does not fit its axis.",
                    f"{dim} bools along axis {axis}",
                    f"{k.size}",
                    "use ops.where with a mask of the tensor's shape.",
                )
            )
        k = k.indices
    if isinstance(k, (np.ndarray, np.generic)) and (k.dtype.kind in "iu" or not k.size):
        return convert_to_tensor(np.asarray(k, "int64"))
    if isinstance(k, _core.Tensor) or hasattr(k, "core"):
        k = convert_to_tensor(k)
        if k.dtype in ("int32", "int64"):
            return k
        if k.dtype == "uint8":
            return _ops.cast(k, dtype="int32")
    raise TypeError(
        explain(
            f"A tensor cannot be indexed by {type(k).__name__}.",
            "ints, slices, None, `...`, arrays of ints, or a mask",
            f"{k!r}",
            "use ops.take for indices, ops.slice for traced starts, and ops.where for masks that are traced.",
        )
    )


@operation
def take(x: Any, indices: Any, axis: Any = None) -> Any:
    """The slices of x at `indices` along `axis` (of all entries for None); negative indices count from the end."""
    x = convert_to_tensor(x)
    indices = _as_indices("take", indices)
    if axis is None:
        x, axis = _ops.reshape(x, shape=[-1]), 0
    place = normalize_axis(axis, x.ndim, "take")
    return _ops.take(x, indices, axis=place)


def _as_indices(owner: str, indices: Any) -> Any:
    indices = convert_to_tensor(indices)
    if is_float(indices.dtype) or indices.dtype == "bool":
        raise TypeError(
            explain(f"{owner}: indices are integers.", "an integer dtype", f"dtype {indices.dtype}", "cast them.")
        )
    return _ops.cast(indices, dtype="int32") if indices.dtype == "uint8" else indices


def _grown(x: Any, dims: list[Any]) -> Any:
    return x if all(same_dim(a, b) for a, b in zip(x.dims, dims)) else _ops.broadcast_to(x, shape=dims)


@operation
def take_along_axis(x: Any, indices: Any, axis: Any = None) -> Any:
    """For each place of `indices`, the entry of x at that index along `axis`; the other sizes broadcast.

    With axis=None x is flat, and so are the indices.
    """
    x, indices = convert_to_tensor(x), _as_indices("take_along_axis", indices)
    if axis is None:
        x, axis = _ops.reshape(x, shape=[-1]), 0
    if indices.ndim != x.ndim:
        raise ValueError(
            explain(
                "take_along_axis: the indices do not fit.",
                f"indices of rank {x.ndim}",
                f"x of shape {x.shape}, indices of shape {indices.shape}",
                "reshape the indices; with axis=None they have one axis.",
            )
        )
    place = normalize_axis(axis, x.ndim, "take_along_axis")
    pairs = list(zip(x.dims, indices.dims))
    x = _grown(x, [a if i == place or a != 1 else b for i, (a, b) in enumerate(pairs)])
    indices = _grown(indices, [b if i == place or b != 1 else a for i, (a, b) in enumerate(pairs)])
    return _ops.take_along_axis(x, indices, axis=place)


@operation
def get_item(x: Any, key: Any) -> Any:
    """x[key] with NumPy's rules: ints, slices, None, `...`, arrays of indices; masks of bools that have numbers."""
    return index(convert_to_tensor(x), tuple(key) if isinstance(key, list) else key)  # files hold tuples as lists


@operation
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """For each entry the choice of the first condition that holds there, `default` where none does."""
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            explain(
                "select: the lists do not fit.",
                "as many conditions as choices, at least one",
                f"{len(condlist)} conditions, {len(choicelist)} choices",
                "give one choice per condition.",
            )
        )
    *choices, result = to_common(*choicelist, default)
    for condition, choice in zip(reversed(condlist), reversed(choices)):
        result = _ops.where(convert_to_tensor(condition, "bool"), choice, result)
    return result


def nonzero(x: Any) -> tuple[Any, ...]:
    """The indices of the entries that are not 0, as one int32 tensor per axis. ValueError for symbolic tensors."""
    x = convert_to_tensor(x)
    if x.is_symbolic or not x.ndim:
        raise ValueError(
            explain(
                "nonzero: the number of entries is not known before the data comes."
                if x.is_symbolic
                else "nonzero: a scalar has no axes.",
                "a tensor with numbers and axes",
                f"{'a symbolic tensor' if x.is_symbolic else 'a tensor'} of shape {x.shape}",
                "use ops.where(condition, x1, x2) with all entries, or reshape the scalar.",
            )
        )
    return tuple(convert_to_tensor(indices.astype("int32")) for indices in np.nonzero(x.numpy()))


@operation
def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """The indices per axis of flat indices into `shape`; negative ones count from the end, others stop at the ends."""
    flat = _as_indices("unravel_index", indices)
    sizes = [convert_to_tensor(size, flat.dtype) for size in to_sizes(shape)]
    total = convert_weak(1, flat.dtype)
    for size in sizes:
        total = _ops.multiply(total, size)
    zero, one = convert_weak(0, flat.dtype), convert_weak(1, flat.dtype)
    flat = _ops.where(_ops.less(flat, zero), _ops.add(flat, total), flat)
    flat = _ops.maximum(_ops.minimum(flat, _ops.subtract(total, one)), zero)
    found = []
    for size in reversed(sizes):
        found.append(_ops.mod(flat, size))
        flat = _ops.floor_divide(flat, size)
    return tuple(reversed(found))
