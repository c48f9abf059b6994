"""Matrices by their diagonals and triangles. Diagonal k has the entries (i, i + k)."""

from __future__ import annotations

from typing import Any

from .. import _core, config
from ..checks import explain
from .convert import convert_to_tensor, convert_weak, normalize_axis
from .indexing import index
from .operation import operation
from .reductions import sum
from .sizes import larger, scalar, smaller, steps, to_size

__all__ = ["diag", "diagflat", "diagonal", "eye", "identity", "trace", "tri", "tril", "triu", "vander"]

_ops = _core.ops


def _diagonal_numbers(rows: Any, columns: Any) -> Any:
    """For each entry (i, j) of a matrix the number j - i of its diagonal."""
    i, j = steps(rows, "int32"), steps(columns, "int32")
    return _ops.subtract(_ops.reshape(j, shape=[1, -1]), _ops.reshape(i, shape=[-1, 1]))


def _number(owner: str, k: Any) -> Any:
    return scalar(to_size(owner, "k", k, minimum=None), "int32")


@operation
def eye(N: Any, M: Any = None, k: int = 0, dtype: Any = None) -> Any:
    """N x M (N x N) zeros with ones on diagonal k."""
    rows = to_size("eye", "N", N)
    columns = rows if M is None else to_size("eye", "M", M)
    ones = _ops.equal(_diagonal_numbers(rows, columns), _number("eye", k))
    return convert_to_tensor(ones, config.standardize_dtype(dtype))


@operation
def identity(n: Any, dtype: Any = None) -> Any:
    """The n x n identity matrix."""
    return eye(n, dtype=dtype)


@operation
def tri(N: Any, M: Any = None, k: int = 0, dtype: Any = None) -> Any:
    """N x M (N x N) ones on diagonal k and below, zeros above."""
    rows = to_size("tri", "N", N)
    columns = rows if M is None else to_size("tri", "M", M)
    below = _ops.less_equal(_diagonal_numbers(rows, columns), _number("tri", k))
    return convert_to_tensor(below, config.standardize_dtype(dtype))


def _matrix(owner: str, x: Any) -> Any:
    x = convert_to_tensor(x)
    if x.ndim < 2:
        raise ValueError(
            explain(
                f"{owner}: the tensor is no matrix.",
                "rank 2 or more",
                f"shape {x.shape}",
                "use diag to make a matrix of a vector.",
            )
        )
    return x


@operation
def tril(x: Any, k: int = 0) -> Any:
    """The matrices x with zeros above diagonal k."""
    x = _matrix("tril", x)
    keep = _ops.less_equal(_diagonal_numbers(*x.dims[-2:]), _number("tril", k))
    return _ops.where(keep, x, convert_weak(0, x.dtype))


@operation
def triu(x: Any, k: int = 0) -> Any:
    """The matrices x with zeros below diagonal k."""
    x = _matrix("triu", x)
    keep = _ops.greater_equal(_diagonal_numbers(*x.dims[-2:]), _number("triu", k))
    return _ops.where(keep, x, convert_weak(0, x.dtype))


@operation
def diag(x: Any, k: int = 0) -> Any:
    """A matrix with the vector x on diagonal k, or diagonal k of the matrix x."""
    x = convert_to_tensor(x)
    if x.ndim == 2:
        return diagonal(x, offset=k)
    if x.ndim != 1:
        raise ValueError(
            explain(
                "diag: the tensor is neither a vector nor a matrix.",
                "rank 1 or 2",
                f"shape {x.shape}",
                "use diagonal for stacks of matrices, diagflat for all entries.",
            )
        )
    number = to_size("diag", "k", k, minimum=None)
    shift = abs(number)
    size = x.dims[0] + shift
    # Entry n stands in row n of an upper diagonal, in column n of a lower one.
    entries = _ops.reshape(_ops.pad(x, low=[0], high=[shift], value=0.0), shape=[-1, 1] if number >= 0 else [1, -1])
    on_diagonal = _ops.equal(_diagonal_numbers(size, size), scalar(number, "int32"))
    return _ops.where(on_diagonal, entries, convert_weak(0, x.dtype))


@operation
def diagflat(x: Any, k: int = 0) -> Any:
    """A matrix with all entries of x on diagonal k."""
    return diag(_ops.reshape(convert_to_tensor(x), shape=[-1]), k=k)


@operation
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Diagonal `offset` of the matrices in two axes, as a new last axis in place of both."""
    x = _matrix("diagonal", x)
    first, second = (normalize_axis(a, x.ndim, "diagonal") for a in (axis1, axis2))
    if first == second:
        raise ValueError(
            explain(
                "diagonal: one axis has no diagonal.",
                "two different axes",
                f"axis1={axis1}, axis2={axis2}",
                "name two axes.",
            )
        )
    number = to_size("diagonal", "offset", offset, minimum=None)
    if first > second:
        first, second, number = second, first, -number
    if second != first + 1:
        order = [i for i in range(x.ndim) if i != second]
        x = _ops.transpose(x, axes=[*order[: first + 1], second, *order[first + 1 :]])
    rows, columns = x.dims[first : first + 2]
    size = larger(smaller(rows, columns - number) if number >= 0 else smaller(rows + number, columns), 0)
    start = number if number >= 0 else -number * columns
    # In the flat matrix the diagonal is every (columns + 1)th entry.
    flat = _ops.reshape(x, shape=[*x.dims[:first], rows * columns, *x.dims[first + 2 :]])
    if all(isinstance(n, int) for n in (rows, columns)):
        stop = start + (size - 1) * (columns + 1) + 1 if size else start
        start, stop = min(start, rows * columns), min(stop, rows * columns)
        taken = index(flat, (*[slice(None)] * first, slice(start, stop, columns + 1)))
    else:
        places = _ops.add(_ops.multiply(steps(size), scalar(columns + 1)), scalar(start))
        taken = _ops.take(flat, places, axis=first)
    others = [i for i in range(taken.ndim) if i != first]
    return taken if first == taken.ndim - 1 else _ops.transpose(taken, axes=[*others, first])


@operation
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of diagonal `offset` of the matrices in two axes."""
    return sum(diagonal(_matrix("trace", x), offset=offset, axis1=axis1, axis2=axis2), axis=-1)


@operation
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """The powers N - 1, ..., 1, 0 of the vector x as columns (0, 1, ... if increasing); N is its length for None."""
    x = convert_to_tensor(x)
    if x.ndim != 1:
        raise ValueError(
            explain("vander: the tensor is no vector.", "rank 1", f"shape {x.shape}", "flatten it with ravel.")
        )
    count = x.shape[0] if N is None else to_size("vander", "N", N)
    if not isinstance(count, int):
        raise ValueError(
            explain(
                "vander: the number of columns is not known.",
                "a vector of known size, or N",
                f"shape {x.shape} and N={N}",
                "pass N, the number of powers.",
            )
        )
    column = _ops.reshape(x, shape=[-1, 1])
    if count == 0:
        return index(column, (slice(None), slice(0, 0)))
    columns = [_ops.fill(shape=list(column.dims), value=1, dtype=x.dtype)]
    for _ in range(count - 1):
        columns.append(_ops.multiply(columns[-1], column))
    return _ops.concatenate(*(columns if increasing else columns[::-1]), axis=1)
