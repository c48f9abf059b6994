"""Sorting, searching and sets. NaN counts as larger than every number, as in NumPy.

>>> import lamina
>>> lamina.ops.argsort([3, 1, 2]).numpy().tolist()
[1, 2, 0]
"""

from __future__ import annotations

from typing import Any

from .. import _core
from ..checks import choice, explain, integer
from .convert import convert_to_tensor, convert_weak, is_symbolic, normalize_axis, to_common
from .operation import operation

__all__ = ["argpartition", "argsort", "digitize", "isin", "searchsorted", "sort", "unique"]

_ops = _core.ops


def along(x: Any, axis: Any, owner: str) -> tuple[Any, int]:
    """x and the axis counted from the front; for None all entries in one axis."""
    x = convert_to_tensor(x)
    if axis is None:
        return _ops.reshape(x, shape=[-1]), 0
    return x, normalize_axis(axis, x.ndim, owner)


@operation
def sort(x: Any, axis: Any = -1) -> Any:
    """The entries along `axis` in ascending order (of all entries in one axis for None)."""
    x, place = along(x, axis, "sort")
    return _ops.sort(x, axis=place)


@operation
def argsort(x: Any, axis: Any = -1) -> Any:
    """The indices, as int32, that sort x along `axis`; equal entries keep their order."""
    x = convert_to_tensor(x)
    x, place = along(x, None if x.ndim == 0 else axis, "argsort")
    return _ops.argsort(x, axis=place)


@operation
def argpartition(x: Any, kth: Any, axis: Any = -1) -> Any:
    """Indices along `axis` of which the `kth` is that of the sorted order, smaller entries before it."""
    x, place = along(x, axis, "argpartition")
    size = x.dims[place]
    for k in kth if isinstance(kth, (list, tuple)) else [kth]:
        if isinstance(size, int) and not -size <= k.__index__() < size:
            raise ValueError(
                explain(
                    "argpartition: `kth` is out of range.",
                    f"an index of an axis of {size} entries",
                    f"kth={kth}",
                    "choose a smaller index.",
                )
            )
    return _ops.argsort(x, axis=place)  # the whole order is one that has all of them in place


@operation
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """For each value the index, as int32, at which it keeps the sequence sorted: before equal ones, or after them."""
    sorted_sequence, values = to_common(sorted_sequence, values)
    side = choice("searchsorted", "side", side, ("left", "right"))
    if sorted_sequence.ndim != 1:
        raise ValueError(
            explain(
                "searchsorted: the sequence has several axes.",
                "a sequence of one axis",
                f"sorted_sequence of shape {sorted_sequence.shape}",
                "search the rows one by one.",
            )
        )
    return _ops.search_sorted(sorted_sequence, values, right=side == "right")


@operation
def digitize(x: Any, bins: Any) -> Any:
    """The index, as int32, of the bin of each entry: bins[i - 1] <= x < bins[i]; bins may also fall."""
    x, bins = to_common(x, bins)
    if bins.ndim != 1:
        raise ValueError(
            explain("digitize: the bins have several axes.", "one axis", f"shape {bins.shape}", "flatten the bins.")
        )
    rising = _ops.search_sorted(bins, x, right=True)
    size = bins.dims[0]
    if isinstance(size, int) and size < 2:
        return rising
    first, last = (_ops.slice(bins, starts=[start], stops=[start + 1], strides=[]) for start in (0, size - 1))
    rises = _ops.greater_equal(last, first)
    if not is_symbolic(bins) and bool(rises):
        return rising
    backward = _ops.slice(bins, starts=[size - 1], stops=[-1], strides=[-1])
    falling = _ops.subtract(convert_to_tensor(size, "int32"), _ops.search_sorted(backward, x, right=True))
    return _ops.where(_ops.reshape(rises, shape=[]), rising, falling)


@operation
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each entry of x1 is one of x2's; with `invert` whether it is none of them."""
    x1, x2 = to_common(x1, x2)
    if x2.dims == (0,):
        return _ops.broadcast_to(convert_to_tensor(bool(invert)), shape=list(x1.dims))
    known = _ops.sort(_ops.reshape(x2, shape=[-1]), axis=0)
    last = convert_to_tensor(known.dims[0] - 1, "int32")
    place = _ops.minimum(_ops.search_sorted(known, x1, right=False), last)
    found = _ops.equal(_ops.take(known, place, axis=0), x1)
    return _ops.logical_not(found) if invert else found


@operation
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The different entries of x (or slices along `axis`) in order; on request where each first stands, which one
    each entry is, and how many there are. With `size` exactly so many, the rest filled with `fill_value` (the first).
    """
    x = convert_to_tensor(x)
    if size is None and x.is_symbolic:
        raise ValueError(
            explain(
                "unique: the number of different entries is not known before the data comes.",
                "a tensor with numbers, or a size",
                f"a symbolic tensor of shape {x.shape}",
                "pass `size`.",
            )
        )
    table, place = along(x, axis, "unique")
    order = [place, *(i for i in range(table.ndim) if i != place)]
    table = _ops.transpose(table, axes=order)
    n, rest = table.dims[0], table.dims[1:]
    if table.ndim == 1 and not (return_index or return_inverse):
        ranked = _ops.sort(table, axis=0)
    else:
        ranking = _rank_rows(table)
        ranked = _ops.take(table, ranking, axis=0)
    group = _groups(ranked)
    if size is None:
        count = int(group.numpy()[-1]) + 1 if n else 0
    else:
        count = integer("unique", "size", size, minimum=0)
    # Where each group begins; groups beyond the size share one more place, which also ends the last of the others.
    nowhere = _ops.broadcast_to(convert_to_tensor(n, "int32"), shape=[count + 1])
    numbers = _ops.arange(size=n, start=0, step=1, dtype="int32")
    begins = _ops.scatter(nowhere, _ops.minimum(group, convert_to_tensor(count, "int32")), numbers, reduction="min")
    first, following = (_ops.slice(begins, starts=[i], stops=[count + i], strides=[]) for i in (0, 1))
    exists = _ops.less(first, convert_to_tensor(n, "int32"))
    start = _ops.where(exists, first, convert_weak(0, "int32"))
    values = _ops.take(ranked, start, axis=0)
    if fill_value is not None:
        exists = _ops.reshape(exists, shape=[-1, *[1] * len(rest)])
        values = _ops.where(exists, values, convert_to_tensor(fill_value, x.dtype))
    back = [order.index(i) for i in range(len(order))]
    results = [_ops.transpose(values, axes=back)]
    if return_index:
        results.append(_ops.take(ranking, start, axis=0))
    if return_inverse:
        inverse = _ops.scatter(group, ranking, group, reduction="set")
        results.append(_ops.reshape(inverse, shape=list(x.dims)) if axis is None else inverse)
    if return_counts:
        results.append(_ops.subtract(following, first))
    return results[0] if len(results) == 1 else tuple(results)


def _rank_rows(table: Any) -> Any:
    """The indices that sort the rows, the first column first."""
    if table.ndim == 1:
        return _ops.argsort(table, axis=0)
    columns = 1
    for width in table.shape[1:]:
        if width is None:
            raise ValueError(
                explain(
                    "unique: the size of the slices is unknown.",
                    "known sizes off the axis",
                    f"slices of shape {table.shape[1:]}",
                    "choose another axis.",
                )
            )
        columns *= width
    flat = _ops.reshape(table, shape=[table.dims[0], columns])
    ranking = _ops.arange(size=table.dims[0], start=0, step=1, dtype="int32")
    for i in range(columns - 1, -1, -1):  # the last sort decides, and equal ones keep the order of those before
        column = _ops.slice(flat, starts=[0, i], stops=[table.dims[0], i + 1], strides=[])
        column = _ops.take(_ops.reshape(column, shape=[-1]), ranking, axis=0)
        ranking = _ops.take(ranking, _ops.argsort(column, axis=0), axis=0)
    return ranking


def _groups(ranked: Any) -> Any:
    """The number of the different row that each sorted row is, from 0."""
    n = ranked.dims[0]
    if n == 0:
        return _ops.arange(size=0, start=0, step=1, dtype="int32")
    rest, whole = ranked.ndim - 1, list(ranked.dims[1:])
    before = _ops.slice(ranked, starts=[0] * ranked.ndim, stops=[n - 1, *whole], strides=[])
    after = _ops.slice(ranked, starts=[1, *[0] * rest], stops=[n, *whole], strides=[])
    changed = _ops.not_equal(after, before)
    if rest:
        changed = _ops.any(changed, axes=list(range(1, ranked.ndim)), keepdims=False)
    begins = _ops.pad(_ops.cast(changed, dtype="int32"), low=[1], high=[0], value=0.0)
    return _ops.cumulative(begins, kind="sum", axis=0)
