"""Functions that make arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core, config
from ..checks import explain
from .convert import convert_to_tensor, result_type, to_sizes
from .operation import operation

__all__ = [
    "arange",
    "array",
    "eye",
    "full",
    "full_like",
    "identity",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]

_ops = _core.ops


@operation
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """All `fill_value` in the shape."""
    if isinstance(fill_value, (bool, int, float)):
        name = config.standardize_dtype(dtype)
        return _ops.fill(shape=to_sizes(shape), value=fill_value, dtype=name)
    return _ops.broadcast_to(convert_to_tensor(fill_value, dtype), shape=to_sizes(shape))


@operation
def zeros(shape: Any, dtype: Any = None) -> Any:
    """All 0 in the shape."""
    return _ops.fill(shape=to_sizes(shape), value=0, dtype=config.standardize_dtype(dtype))


@operation
def ones(shape: Any, dtype: Any = None) -> Any:
    """All 1 in the shape."""
    return _ops.fill(shape=to_sizes(shape), value=1, dtype=config.standardize_dtype(dtype))


@operation
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Any:
    """All `fill_value` in the shape of x."""
    x = convert_to_tensor(x)
    return full(x.dims, fill_value, dtype or x.dtype)


@operation
def zeros_like(x: Any, dtype: Any = None) -> Any:
    """All 0 in the shape of x."""
    x = convert_to_tensor(x)
    return zeros(x.dims, dtype or x.dtype)


@operation
def ones_like(x: Any, dtype: Any = None) -> Any:
    """All 1 in the shape of x."""
    x = convert_to_tensor(x)
    return ones(x.dims, dtype or x.dtype)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    """Numbers from start (0 when one argument is given) up to, not including, stop."""
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    name = config.standardize_dtype(dtype) if dtype is not None else result_type(start, stop, step)
    if isinstance(stop, _core.Dim):
        if start != 0 or step != 1:
            raise ValueError(
                explain(
                    "arange: the range is not known.", "arange(size)", "a start or step as well", "scale the result."
                )
            )
        return _ops.arange(size=stop, start=0, step=1, dtype=name)
    return convert_to_tensor(np.arange(start, stop, step), name)


def linspace(start: float, stop: float, num: int = 50, endpoint: bool = True, dtype: Any = None) -> Any:
    """`num` numbers in equal steps from start to stop."""
    return convert_to_tensor(np.linspace(start, stop, num, endpoint=endpoint), config.standardize_dtype(dtype))


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones on the k-th diagonal, zeros elsewhere."""
    return convert_to_tensor(np.eye(N, M, k, dtype=config.standardize_dtype(dtype)))


def identity(n: int, dtype: Any = None) -> Any:
    """The n x n identity matrix."""
    return eye(n, dtype=dtype)


def array(x: Any, dtype: Any = None) -> Any:
    """x as a tensor."""
    return convert_to_tensor(x, dtype)
