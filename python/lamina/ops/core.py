"""Functions of the graph itself: casts, shapes, conversions, and what gradients see."""

from __future__ import annotations

from typing import Any

from .. import _core, config
from .convert import convert_to_tensor
from .operation import operation
from .shapes import unstack

__all__ = ["cast", "dtype", "is_tensor", "ndim", "shape", "size", "stop_gradient", "unstack"]

_ops = _core.ops


@operation
def cast(x: Any, dtype: Any) -> Any:
    """x in another dtype; floats lose their fraction when they become ints."""
    return convert_to_tensor(x, config.standardize_dtype(dtype))


@operation
def stop_gradient(variable: Any) -> Any:
    """The same numbers, through which no gradient flows."""
    return _ops.stop_gradient(convert_to_tensor(variable))


def shape(x: Any) -> tuple[Any, ...]:
    """The sizes of x: ints, and for sizes known only at run time expressions that other shape arguments take.

    >>> import numpy as np, lamina
    >>> lamina.ops.shape(np.zeros((2, 3)))
    (2, 3)
    """
    return tuple(convert_to_tensor(x).dims)


def size(x: Any) -> Any:
    """The number of entries."""
    total: Any = 1
    for n in shape(x):
        total = n * total
    return total


def ndim(x: Any) -> int:
    """The number of axes."""
    return convert_to_tensor(x).ndim


def dtype(x: Any) -> str:
    """The name of the dtype."""
    return convert_to_tensor(x).dtype


def is_tensor(x: Any) -> bool:
    """True for tensors that hold numbers."""
    return isinstance(x, _core.Tensor) and not x.is_symbolic
