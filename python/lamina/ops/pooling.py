"""Pooling of windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core, config
from ..checks import choice, explain, integers
from .convert import convert_to_tensor, to_float
from .convolution import _spatial_rank, _to_first, _to_last
from .operation import operation
from .sizes import scalar, steps

__all__ = ["adaptive_average_pool", "adaptive_max_pool", "average_pool", "max_pool"]

_ops = _core.ops


def _pool(core: str, inputs: Any, pool_size: Any, strides: Any, padding: str, data_format: Any) -> Any:
    x = to_float(inputs)
    rank = _spatial_rank(core, x)
    first = config.standardize_data_format(data_format) == "channels_first"
    x = _to_last(x) if first else x
    window = integers(core, "pool_size", pool_size, rank)
    apart = window if strides is None else integers(core, "strides", strides, rank)
    mode = choice(core, "padding", padding, ("valid", "same"))
    y = getattr(_ops, core)(x, window=list(window), strides=list(apart), padding=mode)
    return _to_first(y) if first else y


@operation
def max_pool(inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: Any = None) -> Any:
    """The largest entry of each window; strides default to the window."""
    return _pool("max_pool", inputs, pool_size, strides, padding, data_format)


@operation
def average_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: Any = None
) -> Any:
    """The mean of each window, padding not counted; strides default to the window."""
    return _pool("average_pool", inputs, pool_size, strides, padding, data_format)


def _gather_windows(x: Any, axis: int, count: int, average: bool) -> tuple[Any, int, Any]:
    """`count` windows of one axis laid one after the other, their common length, and what means have to be scaled by.

    Window i goes from floor(i * size / count) up to ceil((i + 1) * size / count), so that lengths differ by one. Short
    ones are filled up: with their last entry again, or with a zero where a mean is taken.
    """
    size = x.shape[axis]
    places = np.arange(count)
    starts, ends = places * size // count, -(-(places + 1) * size // count)
    length = int((ends - starts).max())
    index = starts[:, None] + np.arange(length)
    if average and (ends - starts < length).any():
        x = _ops.pad(x, low=[0] * x.ndim, high=[int(i == axis) for i in range(x.ndim)], value=0.0)
        index = np.where(index < ends[:, None], index, size)
    else:
        index = np.minimum(index, ends[:, None] - 1)
    scale = np.reshape(length / (ends - starts), [-1 if i == axis else 1 for i in range(x.ndim)])
    return _ops.take(x, convert_to_tensor(index.reshape(-1)), axis=axis), length, scale


def _of_unknown_size(x: Any, axis: int, count: int, average: bool) -> Any:
    """`count` windows of one axis, as above, where its size is known only when it runs."""
    size, places = x.dims[axis], steps(count)
    starts, ends = (
        _ops.floor_divide(_ops.add(_ops.multiply(i, scalar(size)), scalar(extra)), scalar(count))
        for i, extra in ((places, 0), (_ops.add(places, scalar(1)), count - 1))
    )
    starts, ends = (_ops.reshape(bounds, shape=[count, 1]) for bounds in (starts, ends))
    length = size // count + 2  # at least the longest window
    index = _ops.add(starts, steps(length))
    inside = _ops.less(index, ends)
    index = _ops.reshape(_ops.minimum(index, _ops.subtract(ends, scalar(1))), shape=[-1])
    before, after = x.dims[:axis], x.dims[axis + 1 :]
    windows = _ops.reshape(_ops.take(x, index, axis=axis), shape=[*before, count, length, *after])
    if not average:
        return _ops.max(windows, axes=[axis + 1], keepdims=False)
    shape = [1] * axis + [count, -1] + [1] * len(after)
    zero = convert_to_tensor(0.0, x.dtype)
    total = _ops.sum(_ops.where(_ops.reshape(inside, shape=shape), windows, zero), axes=[axis + 1], keepdims=False)
    lengths = _ops.cast(_ops.subtract(ends, starts), dtype=x.dtype)
    return _ops.divide(total, _ops.reshape(lengths, shape=[count] + [1] * len(after)))


def _adaptive(core: str, inputs: Any, output_size: Any, data_format: Any) -> Any:
    owner, run = f"adaptive_{core}", getattr(_ops, core)
    x = to_float(inputs)
    rank = _spatial_rank(owner, x)
    first = config.standardize_data_format(data_format) == "channels_first"
    x = _to_last(x) if first else x
    counts = integers(owner, "output_size", output_size, rank)
    sizes = x.shape[1:-1]
    if 0 in sizes:
        raise ValueError(
            explain(
                f"{owner}: the windows cannot be placed.",
                "spatial sizes that are not 0",
                f"shape {x.shape}",
                "use larger inputs, or fewer pooling layers before.",
            )
        )
    window = []
    scale: Any = 1.0
    for axis, (size, count) in enumerate(zip(sizes, counts), 1):
        if size is None:
            x, length = _of_unknown_size(x, axis, count, core == "average_pool"), 1
        elif size % count == 0:
            length = size // count
        else:
            x, length, more = _gather_windows(x, axis, count, core == "average_pool")
            scale = scale * more
        window.append(length)
    if window != [1] * rank:
        x = run(x, window=window, strides=window, padding="valid")
    if core == "average_pool" and np.any(np.asarray(scale) != 1.0):
        x = _ops.multiply(x, convert_to_tensor(scale, x.dtype))
    return _to_first(x) if first else x


@operation
def adaptive_average_pool(inputs: Any, output_size: Any, data_format: Any = None) -> Any:
    """The mean of `output_size` windows that cover each spatial axis evenly, overlapping where it does not divide."""
    return _adaptive("average_pool", inputs, output_size, data_format)


@operation
def adaptive_max_pool(inputs: Any, output_size: Any, data_format: Any = None) -> Any:
    """The largest entry of `output_size` windows that cover each spatial axis evenly."""
    return _adaptive("max_pool", inputs, output_size, data_format)
