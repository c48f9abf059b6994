"""Running sums and products, differences of neighbours, and integrals along an axis.

>>> import lamina
>>> lamina.ops.cumsum([1, 2, 4]).numpy().tolist()
[1, 3, 7]
"""

from __future__ import annotations

from typing import Any

from .. import _core
from ..checks import differ, explain, integer
from .convert import convert_to_tensor, convert_weak, is_float, normalize_axis, to_common, to_float
from .operation import operation
from .ordering import along
from .reductions import sum

__all__ = ["cumprod", "cumsum", "diff", "nancumprod", "nancumsum", "trapezoid"]

_ops = _core.ops


def _cumulative(kind: str, name: str, x: Any, axis: Any, dtype: Any, missing: float | None = None) -> Any:
    x, place = along(convert_to_tensor(x, dtype), axis, name)
    if x.dtype == "bool":
        x = _ops.cast(x, dtype="int32")
    if missing is not None and is_float(x.dtype):
        x = _ops.where(_ops.is_nan(x), convert_weak(missing, x.dtype), x)
    return _ops.cumulative(x, kind=kind, axis=place)


@operation
def cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """The sums of all entries up to each one along `axis` (of all entries in one axis for None)."""
    return _cumulative("sum", "cumsum", x, axis, dtype)


@operation
def cumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """The products of all entries up to each one along `axis` (of all entries in one axis for None)."""
    return _cumulative("prod", "cumprod", x, axis, dtype)


@operation
def nancumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """`cumsum` in which NaN counts as 0."""
    return _cumulative("sum", "nancumsum", x, axis, dtype, 0.0)


@operation
def nancumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """`cumprod` in which NaN counts as 1."""
    return _cumulative("prod", "nancumprod", x, axis, dtype, 1.0)


def neighbours(x: Any, axis: int) -> tuple[Any, Any]:
    """The entries but for the last, and those but for the first, along `axis`."""
    dims = list(x.dims)
    size = dims[axis]
    low, high = [0] * x.ndim, list(dims)
    high[axis] = size - 1
    before = _ops.slice(x, starts=low, stops=high, strides=[])
    low[axis], high[axis] = 1, size
    return before, _ops.slice(x, starts=low, stops=high, strides=[])


@operation
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """The differences of neighbours along `axis`, taken `n` times; of bools, whether they differ."""
    a = convert_to_tensor(a)
    place = normalize_axis(axis, a.ndim, "diff")
    for _ in range(integer("diff", "n", n, minimum=0)):
        if a.dims[place] == 0:
            break
        before, after = neighbours(a, place)
        a = _ops.not_equal(after, before) if a.dtype == "bool" else _ops.subtract(after, before)
    return a


@operation
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of y along `axis` by the trapezoidal rule, over the places `x` or steps of `dx`."""
    y = to_float(y)
    place = normalize_axis(axis, y.ndim, "trapezoid")
    if x is None:
        y, steps = to_common(y, dx)
    else:
        y, x = to_common(y, x)
        if x.ndim == 1:
            if differ(x.dims[0], y.dims[place]):
                raise ValueError(
                    explain(
                        "trapezoid: the places do not fit the values.",
                        f"{y.shape[place]} places, one per value along axis {place}",
                        f"x of shape {x.shape}",
                        "give one place per value.",
                    )
                )
            x = _ops.reshape(x, shape=[-1 if i == place else 1 for i in range(y.ndim)])
        before, after = neighbours(x, normalize_axis(axis, x.ndim, "trapezoid"))
        steps = _ops.subtract(after, before)
    before, after = neighbours(y, place)
    return sum(_ops.multiply(_ops.multiply(steps, _ops.add(before, after)), convert_weak(0.5, y.dtype)), axis=place)
