"""The largest entries of rows.

>>> import lamina
>>> values, indices = lamina.ops.top_k([5.0, 2.0, 7.0], k=2)
>>> values.numpy().tolist(), indices.numpy().tolist()
([7.0, 5.0], [2, 0])
"""

from __future__ import annotations

from typing import Any

from .. import _core
from ..checks import explain, integer
from .convert import convert_to_tensor, convert_weak, to_float
from .operation import operation

__all__ = ["in_top_k", "top_k"]

_ops = _core.ops


@operation
def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    """The k largest entries along the last axis, largest first, and their indices as int32."""
    x = convert_to_tensor(x)
    count = integer("top_k", "k", k, minimum=0)
    if x.ndim == 0 or (x.shape[-1] is not None and count > x.shape[-1]):
        raise ValueError(
            explain(
                "top_k: there are fewer entries than asked for.",
                f"at least k={count} entries along the last axis",
                f"shape {x.shape}",
                "choose a smaller k.",
            )
        )
    return _ops.top_k(x, k=count)


@operation
def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Whether fewer than k predictions of each row are larger than the one at its target."""
    targets, predictions = convert_to_tensor(targets), to_float(predictions)
    if predictions.ndim != targets.ndim + 1:
        raise ValueError(
            explain(
                "in_top_k: the shapes do not fit.",
                "predictions with one more axis than targets",
                f"targets of shape {targets.shape}, predictions of shape {predictions.shape}",
                "give one target per row of predictions.",
            )
        )
    place = _ops.cast(targets, dtype="int64")
    size = convert_to_tensor(predictions.dims[-1], "int64")
    zero = convert_weak(0, "int64")
    place = _ops.where(_ops.less(place, zero), _ops.add(place, size), place)
    exists = _ops.logical_and(_ops.greater_equal(place, zero), _ops.less(place, size))
    place = _ops.reshape(_ops.where(exists, place, zero), shape=[*targets.dims, 1])
    chosen = _ops.take_along_axis(predictions, place, axis=targets.ndim)
    chosen = _ops.where(_ops.is_nan(chosen), convert_weak(float("-inf"), predictions.dtype), chosen)
    larger = _ops.cast(_ops.greater(predictions, chosen), dtype="int32")
    rank = _ops.sum(larger, axes=[targets.ndim], keepdims=False)
    return _ops.logical_and(_ops.less(rank, convert_to_tensor(int(k), "int32")), exists)
