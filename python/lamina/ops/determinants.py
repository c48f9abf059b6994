"""Logarithms of determinants, which are in range where determinants are not."""

from __future__ import annotations

from typing import Any

from .. import _core
from .linalg import diagonal_and_parity, square_matrices
from .operation import operation

__all__ = ["logdet", "slogdet"]

_ops = _core.ops


@operation
def slogdet(x: Any) -> Any:
    """(sign, logarithm of the absolute value) of the determinant: (0, -inf) for singular matrices."""
    x = square_matrices(x, "slogdet")
    diagonal, parity = diagonal_and_parity(x)
    sign = _ops.prod(_ops.sign(_ops.stop_gradient(diagonal)), axes=[x.ndim - 2])
    return _ops.multiply(parity, sign), _ops.sum(_ops.log(_ops.absolute(diagonal)), axes=[x.ndim - 2])


@operation
def logdet(x: Any) -> Any:
    """The logarithm of the absolute value of the determinant."""
    return slogdet(x)[1]
