"""Nests of shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..checks import explain


def is_shape(value: Any) -> bool:
    """Whether it is one shape: sizes in a list or tuple."""
    return isinstance(value, (list, tuple)) and all(
        isinstance(n, (int, np.integer, type(None), _core.Dim)) for n in value
    )


def map_shapes(function: Callable[[Any], Any], shapes: Any) -> Any:
    """`function` of each shape of a nest."""
    if is_shape(shapes):
        return function(shapes)
    if isinstance(shapes, dict):
        return {key: map_shapes(function, shape) for key, shape in shapes.items()}
    if isinstance(shapes, (list, tuple)):
        return [map_shapes(function, shape) for shape in shapes]
    raise ValueError(
        explain("A shape is not readable.", "a tuple of ints and None", repr(shapes), "pass e.g. (None, 8).")
    )


def to_shape(shapes: Any) -> Any:
    """Shapes as tuples: files hold them as lists."""
    return map_shapes(tuple, shapes)


def pop_shape(kwargs: dict[str, Any]) -> tuple[Any, ...] | None:
    """The batch shape that `input_shape`, `input_dim` or `batch_input_shape` describe."""
    batch = kwargs.pop("batch_size", None)
    dim, shape, full = (kwargs.pop(key, None) for key in ("input_dim", "input_shape", "batch_input_shape"))
    length = kwargs.pop("input_length", None)
    if full is not None:
        return tuple(full)
    if shape is not None:
        return (batch, *((shape,) if isinstance(shape, int) else shape))
    if dim is not None:
        return (batch, dim) if length is None else (batch, length, dim)
    return None
