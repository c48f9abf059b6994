"""Frames of signals, and distances between points."""

from __future__ import annotations

import math
from typing import Any

from .. import _core
from ..checks import differ, explain
from .convert import convert_to_tensor, to_common, to_float
from .indexing import index
from .operation import operation
from .sizes import scalar, steps, to_size

__all__ = ["cdist", "extract_sequences"]

_ops = _core.ops


@operation
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    """Frames of `sequence_length` entries of the last axis, `sequence_stride` apart: (..., time) to (..., n, length).

    A rest that fills no frame is left out.
    """
    x = convert_to_tensor(x)
    length = to_size("extract_sequences", "sequence_length", sequence_length, minimum=1)
    stride = to_size("extract_sequences", "sequence_stride", sequence_stride, minimum=1)
    if x.ndim == 0 or (x.shape[-1] is not None and x.shape[-1] < length):
        raise ValueError(
            explain(
                "extract_sequences: the signal is shorter than one sequence.",
                f"at least {length} entries in the last axis",
                f"shape {x.shape}",
                "choose a smaller sequence_length, or pad the signal.",
            )
        )
    count = (x.dims[-1] - length) // stride + 1
    # Frames are rows of blocks, as large as the borders of all frames allow: gathering them copies runs, not entries.
    block = math.gcd(length, stride)
    blocks = (count - 1) * (stride // block) + length // block
    table = _ops.reshape(index(x, (..., slice(0, blocks * block))), shape=[*x.dims[:-1], blocks, block])
    if length == stride:
        return table
    starts = _ops.multiply(steps(count), scalar(stride // block))
    places = _ops.add(_ops.reshape(starts, shape=[-1, 1]), _ops.reshape(steps(length // block), shape=[1, -1]))
    return _ops.reshape(_ops.take(table, places, axis=x.ndim - 1), shape=[*x.dims[:-1], count, length])


@operation
def cdist(x: Any, y: Any) -> Any:
    """The distance of each point of x (..., m, size) to each of y (..., n, size): (..., m, n)."""
    a, b = map(to_float, to_common(x, y))
    if a.ndim < 2 or b.ndim < 2 or differ(a.shape[-1], b.shape[-1]):
        raise ValueError(
            explain(
                "cdist: the tensors do not hold points of one space.",
                "rank 2 or more, and the same last size",
                f"shapes {a.shape} and {b.shape}",
                "put the coordinates into the last axis.",
            )
        )
    a = _ops.reshape(a, shape=[*a.dims[:-1], 1, a.dims[-1]])
    b = _ops.reshape(b, shape=[*b.dims[:-2], 1, *b.dims[-2:]])
    squares = _ops.squared_difference(a, b)
    return _ops.sqrt(_ops.sum(squares, axes=[squares.ndim - 1], keepdims=False))
