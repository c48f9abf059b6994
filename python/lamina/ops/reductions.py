"""Sums, means, extremes and their positions. `axis` is None (all axes), an int or several ints, as in NumPy.

>>> import lamina
>>> lamina.ops.mean([[1.0, 3.0], [5.0, 7.0]], axis=0).numpy().tolist()
[3.0, 5.0]
"""

from __future__ import annotations

from typing import Any

from .. import _core
from ..checks import differ, explain
from .convert import convert_to_tensor, convert_weak, normalize_axes, normalize_axis, to_common, to_float
from .elementwise import maximum, minimum, not_equal
from .operation import operation

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "count_nonzero",
    "logsumexp",
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]

_ops = _core.ops


def _reduce(core: str, x: Any, axis: Any, keepdims: bool) -> Any:
    axes = normalize_axes(axis, x.ndim, core)
    return getattr(_ops, core)(x, axes=axes, keepdims=bool(keepdims)) if axes else _identity_reduction(core, x)


def _extreme(core: str, x: Any, axis: Any, keepdims: bool, initial: Any = None) -> Any:
    x = convert_to_tensor(x)
    if x.dtype == "bool":
        result = _reduce("any" if core == "max" else "all", x, axis, keepdims)
    else:
        if initial is None and 0 in [x.dims[i] for i in normalize_axes(axis, x.ndim, core)]:
            raise ValueError(
                explain(f"{core}: there are no entries.", "at least one", f"shape {x.shape}", "pass `initial`.")
            )
        result = _reduce(core, x, axis, keepdims)
    if initial is None:
        return result
    return (maximum if core == "max" else minimum)(result, convert_weak(initial, x.dtype))


def _identity_reduction(core: str, x: Any) -> Any:
    """A scalar, or no axis at all: nothing to combine."""
    return convert_to_tensor(x, "bool") if core in ("any", "all") else x


@operation
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum along `axis`; bools and bytes are counted as int32."""
    x = convert_to_tensor(x)
    return _reduce("sum", convert_to_tensor(x, "int32") if x.dtype in ("bool", "uint8") else x, axis, keepdims)


@operation
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean along `axis`."""
    return _reduce("mean", to_float(x), axis, keepdims)


@operation
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """The product along `axis`."""
    x = convert_to_tensor(x, dtype)
    return _reduce("prod", convert_to_tensor(x, "int32") if x.dtype in ("bool", "uint8") else x, axis, keepdims)


@operation
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The largest entry along `axis`, at least `initial`."""
    return _extreme("max", x, axis, keepdims, initial)


@operation
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The smallest entry along `axis`, at most `initial`."""
    return _extreme("min", x, axis, keepdims, initial)


@operation
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest entry along `axis`."""
    return _extreme("max", x, axis, keepdims)


@operation
def amin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest entry along `axis`."""
    return _extreme("min", x, axis, keepdims)


@operation
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether one entry along `axis` is true."""
    return _reduce("any", convert_to_tensor(x, "bool"), axis, keepdims)


@operation
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all entries along `axis` are true."""
    return _reduce("all", convert_to_tensor(x, "bool"), axis, keepdims)


@operation
def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean squared distance from the mean along `axis`."""
    x = to_float(x)
    center = _reduce("mean", x, axis, True)
    return _reduce("mean", _ops.squared_difference(x, center), axis, keepdims)


@operation
def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The square root of `var`."""
    return _ops.sqrt(var(x, axis=axis, keepdims=keepdims))


@operation
def count_nonzero(x: Any, axis: Any = None) -> Any:
    """How many entries along `axis` are not 0, as int32."""
    return sum(not_equal(x, 0), axis=axis)


@operation
def average(x: Any, axis: Any = None, weights: Any = None) -> Any:
    """The mean along `axis`, weighted by `weights` if given."""
    if weights is None:
        return mean(x, axis=axis)
    x, weights = map(to_float, to_common(x, weights))
    axes = normalize_axes(axis, x.ndim, "average")
    if weights.ndim == 1 and x.ndim > 1 and axis is not None and len(axes) == 1:
        weights = _ops.reshape(weights, shape=[-1 if i == axes[0] else 1 for i in range(x.ndim)])
        fits = weights.shape[axes[0]] in (None, x.shape[axes[0]])
    else:
        fits = weights.ndim == x.ndim and True not in map(differ, weights.dims, x.dims)
    if not fits:
        raise ValueError(
            explain(
                "average: the weights do not fit.",
                f"weights of shape {x.shape}, or one per entry along one `axis`",
                f"weights of shape {weights.shape}, axis={axis}",
                "reshape the weights, or name the axis.",
            )
        )
    total = sum(_ops.multiply(x, weights), axis=axis)
    return _ops.divide(total, sum(_ops.broadcast_to(weights, shape=list(x.dims)), axis=axis))


@operation
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) along `axis` without overflow."""
    x = to_float(x)
    top = _ops.stop_gradient(_reduce("max", x, axis, True))
    top = _ops.where(_ops.is_finite(top), top, convert_weak(0.0, x.dtype))
    total = _ops.add(_ops.log(_reduce("sum", _ops.exp(_ops.subtract(x, top)), axis, True)), top)
    return total if keepdims else _drop(total, normalize_axes(axis, x.ndim, "logsumexp"))


def _drop(x: Any, axes: list[int]) -> Any:
    return _ops.reshape(x, shape=[size for i, size in enumerate(x.dims) if i not in axes])


def _argument(core: str, x: Any, axis: Any, keepdims: bool) -> Any:
    x = convert_to_tensor(x)
    whole = list(x.dims)
    if axis is None:
        x, index = _ops.reshape(x, shape=[-1]), 0
    else:
        index = normalize_axis(axis, x.ndim, core)
    found = _ops.cast(getattr(_ops, core)(x, axis=index), dtype="int32")
    if keepdims:
        return _ops.reshape(found, shape=[1 if axis is None or i == index else size for i, size in enumerate(whole)])
    return found


@operation
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The index of the first largest entry along `axis` (of all entries for None), as int32."""
    return _argument("argmax", x, axis, keepdims)


@operation
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The index of the first smallest entry along `axis` (of all entries for None), as int32."""
    return _argument("argmin", x, axis, keepdims)
