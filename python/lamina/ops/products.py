"""Products of vectors, matrices and stacks of them."""

from __future__ import annotations

from typing import Any

from .. import _core
from ..checks import explain
from .complex import with_complex
from .convert import to_common
from .operation import operation

__all__ = ["dot", "matmul"]

_ops = _core.ops
_matmul = with_complex("matmul", _ops.matmul)


@operation
def matmul(x1: Any, x2: Any) -> Any:
    """The matrix product over the last two axes; leading axes broadcast, vectors count as rows or columns."""
    a, b = to_common(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(
            explain(
                "matmul: a scalar has no matrix product.",
                "tensors of rank 1 or more",
                f"shapes {a.shape} and {b.shape}",
                "use multiply.",
            )
        )
    first, second = a.ndim == 1, b.ndim == 1
    if first:
        a = _ops.reshape(a, shape=[1, *a.dims])
    if second:
        b = _ops.reshape(b, shape=[*b.dims, 1])
    product = _matmul(a, b)
    if first or second:
        dims = list(product.dims)
        del dims[len(dims) - 1 if second else len(dims) - 2]
        if first and second:
            dims = dims[:-1]
        product = _ops.reshape(product, shape=dims)
    return product


@operation
def dot(x1: Any, x2: Any) -> Any:
    """The product of scalars, vectors and matrices: the last axis of x1 with the first of x2 (ranks up to 2)."""
    a, b = to_common(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return _ops.multiply(a, b)
    if b.ndim > 2:
        raise ValueError(
            explain(
                "dot: this rank is not supported.",
                "x2 of rank 0, 1 or 2",
                f"shapes {a.shape} and {b.shape}",
                "use matmul.",
            )
        )
    return matmul(a, b)
