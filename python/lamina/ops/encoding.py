"""Numbers of classes as vectors."""

from __future__ import annotations

from typing import Any

from .. import _core, config
from .convert import convert_to_tensor, normalize_axis
from .operation import operation

__all__ = ["one_hot"]

_ops = _core.ops


@operation
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    """1 at the class of each entry, 0 elsewhere, along a new axis; classes outside [0, num_classes) give zeros."""
    x = convert_to_tensor(x)
    hot = _ops.one_hot(_ops.cast(x, dtype="int64"), classes=int(num_classes), dtype=config.standardize_dtype(dtype))
    place = normalize_axis(axis, hot.ndim, "one_hot")
    if place == hot.ndim - 1:
        return hot
    order = list(range(hot.ndim - 1))
    order.insert(place, hot.ndim - 1)
    return _ops.transpose(hot, axes=order)
