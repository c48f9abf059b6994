"""Pooling of windows."""

from __future__ import annotations

from typing import Any

from .. import _core, config
from ..checks import choice, integers
from .convert import to_float
from .convolution import _spatial_rank, _to_first, _to_last
from .operation import operation

__all__ = ["average_pool", "max_pool"]

_ops = _core.ops


def _pool(core: str, inputs: Any, pool_size: Any, strides: Any, padding: str, data_format: Any) -> Any:
    x = to_float(inputs)
    rank = _spatial_rank(core, x)
    first = config.standardize_data_format(data_format) == "channels_first"
    x = _to_last(x) if first else x
    window = integers(core, "pool_size", pool_size, rank)
    steps = window if strides is None else integers(core, "strides", strides, rank)
    mode = choice(core, "padding", padding, ("valid", "same"))
    y = getattr(_ops, core)(x, window=list(window), strides=list(steps), padding=mode)
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
