"""Products of vectors, matrices and stacks of them."""

from __future__ import annotations

from typing import Any

from .. import _core
from ..checks import choice, explain, shapes_differ
from .complex import with_complex
from .convert import convert_to_tensor, convert_weak, normalize_axes, normalize_axis, to_common, to_float
from .einsum import Term, contract
from .flips import flip
from .operation import operation
from .shapes import moveaxis
from .sizes import is_whole

__all__ = ["correlate", "cross", "dot", "inner", "kron", "matmul", "outer", "tensordot", "vdot"]

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
    dtype = a.dtype
    if is_whole(dtype):  # whole numbers up to 2**53 are exact in float64
        a, b = (_ops.cast(x, dtype="float64") for x in (a, b))
        return convert_to_tensor(convert_to_tensor(matmul(a, b), "bool" if dtype == "bool" else "int64"), dtype)
    first, second = a.ndim == 1, b.ndim == 1
    if first:
        a = _ops.reshape(a, shape=[1, *a.dims])
    if second:
        b = _ops.reshape(b, shape=[*b.dims, 1])
    result = _matmul(a, b)
    if first or second:
        dims = list(result.dims)
        del dims[len(dims) - 1 if second else len(dims) - 2]
        if first and second:
            dims = dims[:-1]
        result = _ops.reshape(result, shape=dims)
    return result


def _summed(owner: str, a: Any, b: Any, axes_a: list[int], axes_b: list[int]) -> Any:
    """The product summed over these axes; the other ones of a come first, then those of b."""
    sizes = [[x.shape[i] for i in axes] for x, axes in ((a, axes_a), (b, axes_b))]
    if shapes_differ(*sizes):
        raise ValueError(
            explain(
                f"{owner}: the axes to be summed do not fit together.",
                "as many axes, of the same sizes",
                f"axes {axes_a} of shape {a.shape} and axes {axes_b} of shape {b.shape}",
                "choose other axes, or transpose one of the tensors.",
            )
        )
    labels_a = [f"a{i}" for i in range(a.ndim)]
    labels_b = [f"b{i}" for i in range(b.ndim)]
    for i, j in zip(axes_a, axes_b):
        labels_b[j] = labels_a[i]
    result = [labels_a[i] for i in range(a.ndim) if i not in axes_a]
    result += [labels_b[j] for j in range(b.ndim) if j not in axes_b]
    return contract(owner, [Term(a, tuple(labels_a)), Term(b, tuple(labels_b))], tuple(result))


@operation
def dot(x1: Any, x2: Any) -> Any:
    """The last axis of x1 with the last but one of x2 (the only one of a vector); scalars multiply."""
    a, b = to_common(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return _ops.multiply(a, b)
    return _summed("dot", a, b, [a.ndim - 1], [max(b.ndim - 2, 0)])


@operation
def inner(x1: Any, x2: Any) -> Any:
    """The products of the vectors in the last axes of both."""
    a, b = to_common(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return _ops.multiply(a, b)
    return _summed("inner", a, b, [a.ndim - 1], [b.ndim - 1])


@operation
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    """The product summed over axes: the last `axes` of x1 with the first of x2, or the lists (of x1, of x2)."""
    a, b = to_common(x1, x2)
    if isinstance(axes, int):
        if not 0 <= axes <= min(a.ndim, b.ndim):
            raise ValueError(
                explain(
                    "tensordot: there are not so many axes.",
                    f"a number from 0 to {min(a.ndim, b.ndim)}",
                    f"axes={axes} for shapes {a.shape} and {b.shape}",
                    "sum over fewer axes.",
                )
            )
        pair = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        if len(axes) != 2:
            raise ValueError(
                explain(
                    "tensordot: the axes are not a pair.",
                    "an integer, or (axes of x1, axes of x2)",
                    f"axes={axes}",
                    "name the axes of both tensors.",
                )
            )
        pair = normalize_axes(axes[0], a.ndim, "tensordot"), normalize_axes(axes[1], b.ndim, "tensordot")
    return _summed("tensordot", a, b, *pair)


@operation
def outer(x1: Any, x2: Any) -> Any:
    """The product of each entry of x1 with each of x2, as a matrix."""
    a, b = to_common(x1, x2)
    return _ops.multiply(_ops.reshape(a, shape=[-1, 1]), _ops.reshape(b, shape=[1, -1]))


@operation
def vdot(x1: Any, x2: Any) -> Any:
    """The sum of the products of all entries of x1 and x2, each as one vector."""
    a, b = (_ops.reshape(x, shape=[-1]) for x in to_common(x1, x2))
    return _summed("vdot", a, b, [0], [0])


@operation
def kron(x1: Any, x2: Any) -> Any:
    """Kronecker's product: x2 scaled by each entry of x1, laid out in x1's places."""
    a, b = to_common(x1, x2)
    rank = max(a.ndim, b.ndim)
    dims_a, dims_b = ([1] * (rank - x.ndim) + list(x.dims) for x in (a, b))
    a = _ops.reshape(a, shape=[n for size in dims_a for n in (size, 1)])
    b = _ops.reshape(b, shape=[n for size in dims_b for n in (1, size)])
    return _ops.reshape(_ops.multiply(a, b), shape=[m * n for m, n in zip(dims_a, dims_b)])


@operation
def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    """The vectors perpendicular to those along `axisa` and `axisb`, along `axisc`; `axis` stands for all three.

    Vectors of 2 entries lie in the plane; two of them give the third entry alone.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = to_common(x1, x2)
    parts = []
    for x, place in ((a, axisa), (b, axisb)):
        place = normalize_axis(place, x.ndim, "cross")
        size = x.shape[place]
        if size not in (2, 3):
            raise ValueError(
                explain(
                    "cross: the axis does not hold vectors of space or plane.",
                    "an axis of size 2 or 3",
                    f"axis {place} of shape {x.shape}",
                    "name the axis of the vectors by axisa, axisb or axis.",
                )
            )
        last = moveaxis(x, place, -1)
        parts.append([last[..., i] for i in range(size)])
    (a0, a1, *a2), (b0, b1, *b2) = parts
    z = a0 * b1 - a1 * b0
    if not a2 and not b2:
        return z
    x, y = (u * b2[0] if b2 else convert_weak(0, z.dtype) for u in (a1, a0))
    x, y = (x - a2[0] * b1, a2[0] * b0 - y) if a2 else (x, -y)
    vectors = _ops.concatenate(*(_ops.reshape(v, shape=[*v.dims, 1]) for v in (x, y, z)), axis=-1)
    return moveaxis(vectors, -1, normalize_axis(axisc, vectors.ndim, "cross"))


@operation
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Any:
    """The sums of products of two vectors for each shift of the shorter one along the longer.

    'valid': where it lies inside; 'same': as many as the longer has entries; 'full': wherever they overlap.
    """
    mode = choice("correlate", "mode", mode, ("valid", "same", "full"))
    a, b = map(to_float, to_common(x1, x2))
    if a.ndim != 1 or b.ndim != 1 or 0 in (*a.shape, *b.shape):
        raise ValueError(
            explain(
                "correlate: the tensors are not vectors.",
                "two tensors of rank 1 with at least one entry",
                f"shapes {a.shape} and {b.shape}",
                "flatten them with ravel.",
            )
        )
    m, n = a.shape[0], b.shape[0]
    swapped = m is not None and n is not None and m < n
    if swapped:
        a, b, n = b, a, m
    if n is None:
        raise ValueError(
            explain(
                "correlate: the size of the shorter vector is not known.",
                "x2 of known size",
                f"shapes {a.shape} and {b.shape}",
                "swap the tensors, or slice x2 to a known size.",
            )
        )
    low, high = {"valid": (0, 0), "same": (n // 2, n - n // 2 - 1), "full": (n - 1, n - 1)}[mode]
    padded = _ops.pad(a, low=[low], high=[high], value=0.0)
    sums = _ops.conv(
        _ops.reshape(padded, shape=[1, -1, 1]),
        _ops.reshape(b, shape=[-1, 1, 1]),
        strides=[1],
        padding="valid",
        dilation=[1],
        groups=1,
    )
    sums = _ops.reshape(sums, shape=[-1])
    return flip(sums) if swapped else sums
