"""Values put at indices, blocks cut out and put in, and reductions by segment.

>>> import lamina
>>> lamina.ops.segment_sum([1.0, 2.0, 5.0], [0, 0, 2], num_segments=3).numpy().tolist()
[3.0, 0.0, 5.0]
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _core
from ..checks import choice, differ, explain, is_integer
from .convert import convert_to_tensor, convert_weak, is_float, to_sizes
from .indexing import flat_positions, last_axis
from .operation import operation

__all__ = [
    "scatter",
    "scatter_update",
    "segment_max",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "slice",
    "slice_update",
]

_ops = _core.ops


def _rows(owner: str, indices: Any, dims: list[Any]) -> tuple[Any, list[Any], list[Any]]:
    """For indices of shape [..., k] into the first k axes of `dims`: the flat indices, their sizes, the row's sizes."""
    indices = convert_to_tensor(indices)
    depth = indices.shape[-1] if indices.ndim else None
    if depth is None or not 1 <= depth <= len(dims) or is_float(indices.dtype) or indices.dtype == "bool":
        raise ValueError(
            explain(
                f"{owner}: the indices do not fit.",
                f"integers of shape (..., k) with k from 1 to {len(dims)}, the number of axes",
                f"indices of shape {indices.shape}, dtype {indices.dtype}",
                "give one index per axis, in the last axis.",
            )
        )
    flat = flat_positions(owner, last_axis(indices), dims[:depth])
    return _ops.reshape(flat, shape=[-1]), list(indices.dims[:-1]), dims[depth:]


@operation
def scatter(indices: Any, values: Any, shape: Any) -> Any:
    """Zeros of `shape` with `values` at `indices` (their last axis holds one index per axis); equal indices add up."""
    values = convert_to_tensor(values)
    dims = to_sizes(shape)
    flat, given, rest = _rows("scatter", indices, dims)
    values = _ops.broadcast_to(values, shape=[*given, *rest])
    values = _ops.reshape(values, shape=[math.prod(given, start=1), *rest])
    total = math.prod(dims[: len(dims) - len(rest)], start=1)
    return _ops.reshape(_ops.scatter_add(values, flat, axis=0, shape=[total, *rest]), shape=dims)


@operation
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Any:
    """inputs with `updates` at `indices` (their last axis holds one index per axis): the last of equal indices wins,
    or they are combined by `reduction`: 'add', 'max', 'min' or 'mul'.
    """
    inputs = convert_to_tensor(inputs)
    kind = choice("scatter_update", "reduction", reduction, (None, "add", "max", "min", "mul")) or "set"
    dims = list(inputs.dims)
    flat, given, rest = _rows("scatter_update", indices, dims)
    updates = _ops.broadcast_to(convert_to_tensor(updates, inputs.dtype), shape=[*given, *rest])
    updates = _ops.reshape(updates, shape=[math.prod(given, start=1), *rest])
    table = _ops.reshape(inputs, shape=[math.prod(dims[: len(dims) - len(rest)], start=1), *rest])
    return _ops.reshape(_ops.scatter(table, flat, updates, reduction=kind), shape=dims)


def _starts(owner: str, start_indices: Any, rank: int) -> Any:
    """The starts as one tensor."""
    if isinstance(start_indices, (list, tuple)) and not start_indices:
        start_indices = np.zeros(0, "int32")
    starts = convert_to_tensor(start_indices)
    if starts.shape != (rank,) or is_float(starts.dtype):
        raise ValueError(
            explain(
                f"{owner}: the start indices do not fit.",
                f"{rank} integers, one per axis",
                f"shape {starts.shape}, dtype {starts.dtype}",
                "give one start per axis.",
            )
        )
    return convert_to_tensor(starts, "int32") if starts.dtype == "uint8" else starts


@operation
def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    """The block of `shape` that begins at `start_indices`; -1 in the shape means all from there on.

    The starts may be traced. A block that would reach beyond the end is moved back.
    """
    inputs = convert_to_tensor(inputs)
    starts = _starts("slice", start_indices, inputs.ndim)
    sizes = to_sizes(np.asarray(shape).tolist() if hasattr(shape, "dtype") else shape)
    for axis, size in enumerate(sizes):
        if is_integer(size) and size == -1:
            if starts.is_symbolic:
                raise ValueError(
                    explain(
                        "slice: a size of -1 needs a known start.",
                        "a size, or a start that is not traced",
                        f"shape={sizes}",
                        "give the size.",
                    )
                )
            start = int(starts.numpy()[axis])
            sizes[axis] = inputs.dims[axis] - start if start >= 0 else -start
    return _ops.dynamic_slice(inputs, starts, shape=sizes)


@operation
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """inputs with the block `updates` put in at `start_indices`, which may be traced."""
    inputs = convert_to_tensor(inputs)
    starts = _starts("slice_update", start_indices, inputs.ndim)
    return _ops.dynamic_update_slice(inputs, starts, convert_to_tensor(updates, inputs.dtype))


def _segments(owner: str, data: Any, segment_ids: Any, num_segments: Any) -> tuple[Any, Any, Any, bool]:
    """data, ids, the number of segments, and whether the last of them collects what belongs to none."""
    data, ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
    if data.dtype == "bool":
        data = _ops.cast(data, dtype="int32")
    if is_float(ids.dtype) or ids.ndim != 1 or not data.ndim or differ(ids.dims[0], data.dims[0]):
        raise ValueError(
            explain(
                f"{owner}: the segment ids do not fit.",
                "one integer per entry of the first axis of data",
                f"data of shape {data.shape}, segment_ids of shape {ids.shape}, dtype {ids.dtype}",
                "give one id per entry.",
            )
        )
    numbers = None if ids.is_symbolic else ids.numpy()
    if num_segments is None:
        if numbers is None:
            raise ValueError(
                explain(
                    f"{owner}: the number of segments is not known before the data comes.",
                    "num_segments",
                    "symbolic segment_ids alone",
                    "pass num_segments.",
                )
            )
        num_segments = int(numbers.max(initial=-1)) + 1
    ids = convert_to_tensor(ids, "int32") if ids.dtype == "uint8" else ids
    if numbers is not None and isinstance(num_segments, int) and ((numbers >= 0) & (numbers < num_segments)).all():
        return data, ids, num_segments, False
    end = convert_to_tensor(num_segments, ids.dtype)
    inside = _ops.logical_and(_ops.greater_equal(ids, convert_weak(0, ids.dtype)), _ops.less(ids, end))
    return data, _ops.where(inside, ids, end), num_segments + 1, True


def _without_last(x: Any) -> Any:
    dims = list(x.dims)
    return _ops.slice(x, starts=[0] * x.ndim, stops=[dims[0] - 1, *dims[1:]], strides=[])


def _neutral(reduction: str, dtype: str) -> Any:
    """What the reduction of nothing gives."""
    if reduction in ("add", "mul"):
        return convert_weak(int(reduction == "mul"), dtype)
    limits: Any = (-math.inf, math.inf) if is_float(dtype) else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return convert_to_tensor(np.asarray(limits[reduction == "min"], dtype))


def _reduce_segments(owner: str, reduction: str, data: Any, segment_ids: Any, num_segments: Any) -> Any:
    data, ids, count, has_rest = _segments(owner, data, segment_ids, num_segments)
    base = _ops.broadcast_to(_neutral(reduction, data.dtype), shape=[count, *data.dims[1:]])
    result = _ops.scatter(base, ids, data, reduction=reduction)
    return _without_last(result) if has_rest else result


@operation
def segment_sum(data: Any, segment_ids: Any, num_segments: Any = None, sorted: bool = False) -> Any:
    """The sums of the entries of data with each id from 0 to num_segments; ids outside belong to no segment."""
    return _reduce_segments("segment_sum", "add", data, segment_ids, num_segments)


@operation
def segment_max(data: Any, segment_ids: Any, num_segments: Any = None, sorted: bool = False) -> Any:
    """The largest entries of data with each id; the lowest value for an empty segment."""
    return _reduce_segments("segment_max", "max", data, segment_ids, num_segments)


@operation
def segment_min(data: Any, segment_ids: Any, num_segments: Any = None, sorted: bool = False) -> Any:
    """The smallest entries of data with each id; the highest value for an empty segment."""
    return _reduce_segments("segment_min", "min", data, segment_ids, num_segments)


@operation
def segment_prod(data: Any, segment_ids: Any, num_segments: Any = None, sorted: bool = False) -> Any:
    """The products of the entries of data with each id; 1 for an empty segment."""
    return _reduce_segments("segment_prod", "mul", data, segment_ids, num_segments)
