"""Linear algebra: decompositions, systems of equations and norms of the matrices in the last two axes.

>>> import lamina
>>> lamina.ops.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).numpy().tolist()
[1.0, 0.5]
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _core
from ..checks import differ, explain, is_integer
from .complex import joined
from .convert import convert_to_tensor, convert_weak, normalize_axes, to_common, to_float
from .operation import operation
from .products import matmul

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "eig",
    "eigh",
    "inv",
    "jvp",
    "lstsq",
    "lu_factor",
    "matrix_power",
    "matrix_rank",
    "norm",
    "pinv",
    "qr",
    "solve",
    "solve_triangular",
    "svd",
]

_ops = _core.ops


# ---- Matrices


def matrices(x: Any, owner: str) -> Any:
    """x as floats. ValueError unless it has rank 2 or more."""
    x = to_float(x)
    if x.ndim < 2:
        raise ValueError(
            explain(
                f"{owner}: the input is no matrix.",
                "rank 2 or more, matrices in the last two axes",
                f"shape {x.shape}",
                "reshape it.",
            )
        )
    return x


def square_matrices(x: Any, owner: str) -> Any:
    """x as floats. ValueError unless the last two sizes are the same."""
    x = matrices(x, owner)
    rows, columns = x.shape[-2:]
    if differ(rows, columns):
        raise ValueError(
            explain(
                f"{owner}: the matrices are not square.",
                "as many rows as columns in the last two axes",
                f"shape {x.shape}",
                "use `pinv`, `lstsq` or `svd` for other matrices.",
            )
        )
    return x


def _transposed(x: Any) -> Any:
    order = list(range(x.ndim))
    return _ops.transpose(x, axes=[*order[:-2], order[-1], order[-2]])


def _on_diagonal(size: Any) -> Any:
    """A square mask that holds on the diagonal."""
    index = _ops.arange(size=size, start=0, step=1, dtype="int32")
    return _ops.equal(_ops.reshape(index, shape=[size, 1]), _ops.reshape(index, shape=[1, size]))


def _identity_like(x: Any) -> Any:
    return _ops.broadcast_to(_ops.cast(_on_diagonal(x.dims[-1]), dtype=x.dtype), shape=list(x.dims))


def _lacks_numbers(x: Any) -> bool:
    """Whether a concrete tensor holds infinite numbers or NaN; symbolic ones are not known to."""
    return not x.is_symbolic and not bool(np.isfinite(x.numpy()).all())


def _reject_singular(owner: str, result: Any, *inputs: Any) -> Any:
    """The result. ValueError when it is not finite though the inputs are; traced programs give such numbers instead."""
    if _lacks_numbers(result) and not any(map(_lacks_numbers, inputs)):
        raise ValueError(
            explain(
                f"{owner}: a matrix is singular.",
                "matrices that have an inverse",
                f"shape {inputs[0].shape}",
                "use `pinv` or `lstsq`, or add a small multiple of the identity.",
            )
        )
    return result


# ---- Decompositions


@operation
def cholesky(x: Any, upper: bool = False) -> Any:
    """The lower triangle L with L L^T = x (`upper`: its transpose). ValueError unless x is positive definite."""
    x = square_matrices(x, "cholesky")
    factor = _ops.cholesky(x)
    if not factor.is_symbolic and bool(np.isnan(factor.numpy()).any()):
        raise ValueError(
            explain(
                "cholesky: a matrix is not positive definite.",
                "symmetric matrices with positive eigenvalues",
                f"shape {x.shape}",
                "add a small multiple of the identity, or check the input.",
            )
        )
    return _transposed(factor) if upper else factor


@operation
def cholesky_inverse(x: Any, upper: bool = False) -> Any:
    """The inverse of the matrix whose Cholesky factor is x (lower, or `upper`)."""
    x = square_matrices(x, "cholesky_inverse")
    inverse = _ops.triangular_solve(x, _identity_like(x), lower=not upper)
    inverse = _reject_singular("cholesky_inverse", inverse, x)
    return _ops.matmul(inverse, inverse, transpose_a=not upper, transpose_b=bool(upper))


@operation
def lu_factor(x: Any) -> Any:
    """(L and U in one matrix, int32 pivots): row i was exchanged with row pivots[i], for i = 0, 1, ..."""
    factors, pivots, _ = _ops.lu(matrices(x, "lu_factor"))
    return factors, pivots


@operation
def qr(x: Any, mode: str = "reduced") -> Any:
    """(q, r) with x = q r: orthonormal columns, as many as there are in x ("reduced") or rows ("complete")."""
    if mode not in ("reduced", "complete"):
        raise ValueError(
            explain("qr: the mode is not known.", "'reduced' or 'complete'", f"mode={mode!r}", "choose one of them.")
        )
    return _ops.qr(matrices(x, "qr"), complete=mode == "complete")


@operation
def eigh(x: Any) -> Any:
    """(eigenvalues in ascending order, eigenvectors as columns) of symmetric matrices."""
    return _ops.eigh(square_matrices(x, "eigh"))


@operation
def eig(x: Any) -> Any:
    """(eigenvalues, eigenvectors as columns of length 1) of square matrices: complex, in no order. No gradient."""
    values_real, values_imag, real, imag = _ops.eig(square_matrices(x, "eig"))
    return joined(values_real, values_imag), joined(real, imag)


@operation
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """(u, s, vh) with x = u diag(s) vh, s in descending order; s alone without `compute_uv`."""
    return _ops.svd(matrices(x, "svd"), full_matrices=bool(full_matrices), compute_uv=bool(compute_uv))


# ---- Numbers of a matrix


def diagonal_and_parity(x: Any) -> tuple[Any, Any]:
    """The diagonal of U, and the sign of the row exchanges, of the LU decomposition of square matrices."""
    factors, pivots, _ = _ops.lu(x)
    size = x.dims[-1]
    zero = convert_weak(0.0, x.dtype)
    diagonal = _ops.sum(_ops.where(_on_diagonal(size), factors, zero), axes=[x.ndim - 1])
    moved = _ops.not_equal(pivots, _ops.arange(size=size, start=0, step=1, dtype="int32"))
    exchanges = _ops.sum(_ops.cast(moved, dtype="int32"), axes=[x.ndim - 2])
    odd = _ops.cast(_ops.mod(exchanges, convert_weak(2, "int32")), dtype=x.dtype)
    return diagonal, _ops.subtract(convert_weak(1.0, x.dtype), _ops.add(odd, odd))


@operation
def det(x: Any) -> Any:
    """The determinant. Its gradient is finite for matrices that have an inverse."""
    x = square_matrices(x, "det")
    diagonal, parity = diagonal_and_parity(x)
    return _ops.multiply(parity, _ops.prod(diagonal, axes=[x.ndim - 2]))


@operation
def matrix_rank(x: Any, tol: Any = None) -> Any:
    """How many singular values are above `tol`: by default the largest one times max(rows, columns) epsilon."""
    x = matrices(x, "matrix_rank")
    values = _ops.svd(x, compute_uv=False)
    last = values.ndim - 1
    if tol is None:
        largest = _ops.max(values, axes=[last], keepdims=True)
        size = _ops.maximum(*(convert_to_tensor(n, x.dtype) for n in x.dims[-2:]))
        limit = _ops.multiply(_ops.multiply(largest, size), convert_weak(float(np.finfo(x.dtype).eps), x.dtype))
    else:
        limit = convert_weak(tol, x.dtype)
        limit = _ops.reshape(limit, shape=[*limit.dims, 1])
    return _ops.sum(_ops.cast(_ops.greater(values, limit), dtype="int32"), axes=[last])


def _vector_norm(x: Any, order: Any, axis: int, keepdims: bool) -> Any:
    along = {"axes": [axis], "keepdims": keepdims}
    size = _ops.absolute(x)
    if order == math.inf:
        return _ops.max(size, **along)
    if order == -math.inf:
        return _ops.min(size, **along)
    if order == 0:
        return _ops.sum(_ops.cast(_ops.not_equal(x, convert_weak(0.0, x.dtype)), dtype=x.dtype), **along)
    if order == 1:
        return _ops.sum(size, **along)
    if order == 2:
        return _ops.sqrt(_ops.sum(_ops.square(x), **along))
    powers = _ops.sum(_ops.power(size, convert_weak(float(order), x.dtype)), **along)
    return _ops.power(powers, convert_weak(1.0 / order, x.dtype))


def _matrix_norm(x: Any, order: Any, axes: list[int], keepdims: bool) -> Any:
    if order == "fro":
        return _ops.sqrt(_ops.sum(_ops.square(x), axes=axes, keepdims=keepdims))
    if order in (1, -1, math.inf, -math.inf):  # the largest or smallest sum of a column or of a row
        inner, outer = axes if abs(order) == 1 else axes[::-1]
        sums = _ops.sum(_ops.absolute(x), axes=[inner], keepdims=True)
        found = (_ops.max if order > 0 else _ops.min)(sums, axes=[outer], keepdims=True)
    else:
        others = [axis for axis in range(x.ndim) if axis not in axes]
        values = _ops.svd(_ops.transpose(x, axes=[*others, *axes]), compute_uv=False)
        combine = {"nuc": _ops.sum, 2: _ops.max, -2: _ops.min}[order]
        found = combine(values, axes=[values.ndim - 1])
    kept = [1 if axis in axes else size for axis, size in enumerate(x.dims)]
    return _ops.reshape(found, shape=kept if keepdims else [n for i, n in enumerate(x.dims) if i not in axes])


_MATRIX_ORDERS = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)


@operation
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of the vectors along one axis, or of the matrices in two; of all entries when ord and axis are None.

    `ord` is a number or inf for vectors (2), and "fro" (the default), "nuc", 1, 2, inf or one of these negative for
    matrices.
    """
    x = to_float(x)
    axes = normalize_axes(axis, x.ndim, "norm")
    if axis is None and ord is None:
        return _ops.sqrt(_ops.sum(_ops.square(x), axes=axes, keepdims=bool(keepdims))) if axes else _ops.absolute(x)
    if len(axes) not in (1, 2):
        raise ValueError(
            explain(
                "norm: there is no norm over these axes.",
                "one axis (vectors) or two axes (matrices)",
                f"axis={axis} of shape {x.shape}",
                "give `axis`, or leave out `ord` for the norm of all entries.",
            )
        )
    known = ord in _MATRIX_ORDERS if len(axes) == 2 else not isinstance(ord, str)
    if ord is not None and not known:
        raise ValueError(
            explain(
                f"norm: this order is none of {'matrices' if len(axes) == 2 else 'vectors'}.",
                f"one of {', '.join(map(repr, _MATRIX_ORDERS))}" if len(axes) == 2 else "a number, inf or -inf",
                f"ord={ord!r}",
                "choose another `ord`, or other axes.",
            )
        )
    if len(axes) == 1:
        return _vector_norm(x, 2 if ord is None else ord, axes[0], bool(keepdims))
    return _matrix_norm(x, "fro" if ord is None else ord, axes, bool(keepdims))


# ---- Systems of equations


def _common_size(a: Any, b: Any) -> Any:
    return b if isinstance(a, int) and a == 1 else a


def _system(a: Any, b: Any, owner: str) -> tuple[Any, Any, bool]:
    """a and b as matrices with the same leading axes, and whether b came as vectors."""
    a, b = map(to_float, to_common(to_float(a), b))
    a = square_matrices(a, owner)
    vectors = b.ndim == a.ndim - 1
    if b.ndim == 0 or b.ndim not in (a.ndim, a.ndim - 1):
        raise ValueError(
            explain(
                f"{owner}: the ranks of a and b do not fit.",
                f"b of rank {a.ndim} (matrices) or {a.ndim - 1} (vectors)",
                f"shapes {a.shape} and {b.shape}",
                "reshape b.",
            )
        )
    if vectors:
        b = _ops.reshape(b, shape=[*b.dims, 1])
    batch = [_common_size(m, n) for m, n in zip(a.dims[:-2], b.dims[:-2])]
    rows, given = a.shape[-1], b.shape[-2]
    apart = any(1 not in (m, n) and differ(m, n) for m, n in zip(a.shape[:-2], b.shape[:-2]))
    if apart or differ(rows, given):
        raise ValueError(
            explain(
                f"{owner}: the sizes of a and b do not fit.",
                f"b with {rows} rows, one per row of a, and the same leading axes",
                f"shapes {a.shape} and {b.shape[:-1] if vectors else b.shape}",
                "check the shapes.",
            )
        )
    return _spread(a, batch), _spread(b, batch), vectors


def _spread(x: Any, batch: list[Any]) -> Any:
    wanted = [*batch, *x.dims[-2:]]
    same = all(type(m) is type(n) and m == n for m, n in zip(x.dims, wanted))
    return x if same else _ops.broadcast_to(x, shape=wanted)


def _as_given(x: Any, vectors: bool) -> Any:
    return _ops.reshape(x, shape=list(x.dims[:-1])) if vectors else x


@operation
def solve(a: Any, b: Any) -> Any:
    """x with a x = b, for vectors (one axis less than a) or matrices b. ValueError when a is singular."""
    a, b, vectors = _system(a, b, "solve")
    return _as_given(_reject_singular("solve", _ops.solve(a, b), a, b), vectors)


@operation
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Any:
    """x with a x = b where only the upper (or `lower`) triangle of a counts. ValueError when a is singular."""
    a, b, vectors = _system(a, b, "solve_triangular")
    found = _ops.triangular_solve(a, b, lower=bool(lower))
    return _as_given(_reject_singular("solve_triangular", found, a, b), vectors)


@operation
def inv(x: Any) -> Any:
    """The inverse. ValueError when a matrix is singular."""
    x = square_matrices(x, "inv")
    return _reject_singular("inv", _ops.solve(x, _identity_like(x)), x)


@operation
def pinv(x: Any, rcond: float | None = None) -> Any:
    """The pseudo-inverse. Singular values up to `rcond` (10 max(rows, columns) epsilon) of the largest count as 0."""
    return _ops.pinv(matrices(x, "pinv"), rcond=-10.0 if rcond is None else max(0.0, float(rcond)))


@operation
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    """The shortest x with the smallest |a x - b|. Singular values below `rcond` of the largest count as 0."""
    a, b = map(to_float, to_common(to_float(a), b))
    a = matrices(a, "lstsq")
    rows = b.shape[0] if b.ndim == 1 else b.shape[-2] if b.ndim > 1 else 0
    if b.ndim == 0 or differ(rows, a.shape[-2]):
        raise ValueError(
            explain(
                "lstsq: the sizes of a and b do not fit.",
                f"b of shape ({a.shape[-2]},) or ({a.shape[-2]}, columns)",
                f"shapes {a.shape} and {b.shape}",
                "check the shapes.",
            )
        )
    if rcond is None:
        rcond = -1.0
    elif rcond < 0:
        rcond = float(np.finfo(a.dtype).eps)
    return matmul(_ops.pinv(a, rcond=float(rcond)), b)


@operation
def matrix_power(x: Any, n: int) -> Any:
    """x multiplied n times with itself; the inverse is taken first for negative n."""
    x = square_matrices(x, "matrix_power")
    if not is_integer(n):
        raise TypeError(explain("matrix_power: wrong exponent.", "an integer", f"n={n!r}", "pass an int."))
    if n < 0:
        x, n = inv(x), -n
    if n == 0:
        return _identity_like(x)
    result = None
    while True:
        if n % 2:
            result = x if result is None else _ops.matmul(result, x)
        n //= 2
        if n == 0:
            return result
        x = _ops.matmul(x, x)


# ---- Directional derivatives


def jvp(fun: Any, primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """(fun(*primals), its derivative in the direction `tangents`), and what else `fun` gave with `has_aux`.

    Every op of `fun` needs a gradient that has a gradient.

    >>> import lamina
    >>> value, slope = lamina.ops.linalg.jvp(lambda x: x**3, (2.0,), (1.0,))
    >>> value.item(), slope.item()
    (8.0, 12.0)
    """
    from ..autodiff import jvp as run

    return run(fun, primals, tangents, has_aux)
