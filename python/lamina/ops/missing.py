"""Reductions that leave NaN out. What has nothing else gives NaN (sums 0, products 1, positions -1).

>>> import lamina
>>> lamina.ops.nanmean([1.0, float("nan"), 4.0]).item()
2.5
"""

from __future__ import annotations

import math
from typing import Any

from .. import _core
from .convert import convert_to_tensor, convert_weak, is_float, to_float
from .operation import operation
from .reductions import all, argmax, argmin, max, min, prod, sum
from .statistics import quantiles

__all__ = [
    "nanargmax",
    "nanargmin",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
]

_ops = _core.ops


def _replace(x: Any, value: float) -> Any:
    """x with `value` for NaN."""
    return _ops.where(_ops.is_nan(x), convert_weak(value, x.dtype), x) if is_float(x.dtype) else x


def _unless_all_missing(result: Any, x: Any, otherwise: float, axis: Any, keepdims: bool) -> Any:
    if not is_float(x.dtype):
        return result
    nothing = all(_ops.is_nan(x), axis=axis, keepdims=keepdims)
    return _ops.where(nothing, convert_weak(otherwise, result.dtype), result)


@operation
def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum along `axis`, NaN counting as 0."""
    return sum(_replace(convert_to_tensor(x), 0.0), axis=axis, keepdims=keepdims)


@operation
def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The product along `axis`, NaN counting as 1."""
    return prod(_replace(convert_to_tensor(x), 1.0), axis=axis, keepdims=keepdims)


@operation
def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest entry along `axis` that is not NaN."""
    x = convert_to_tensor(x)
    found = max(_replace(x, -math.inf), axis=axis, keepdims=keepdims)
    return _unless_all_missing(found, x, math.nan, axis, keepdims)


@operation
def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest entry along `axis` that is not NaN."""
    x = convert_to_tensor(x)
    found = min(_replace(x, math.inf), axis=axis, keepdims=keepdims)
    return _unless_all_missing(found, x, math.nan, axis, keepdims)


@operation
def nanargmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The index of the first largest entry along `axis` that is not NaN, as int32; -1 where all are NaN."""
    x = convert_to_tensor(x)
    found = argmax(_replace(x, -math.inf), axis=axis, keepdims=keepdims)
    return _unless_all_missing(found, x, -1, axis, keepdims)


@operation
def nanargmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The index of the first smallest entry along `axis` that is not NaN, as int32; -1 where all are NaN."""
    x = convert_to_tensor(x)
    found = argmin(_replace(x, math.inf), axis=axis, keepdims=keepdims)
    return _unless_all_missing(found, x, -1, axis, keepdims)


def _mean(x: Any, count: Any, axis: Any, keepdims: bool) -> Any:
    return _ops.divide(sum(x, axis=axis, keepdims=keepdims), count)


def _count(x: Any, axis: Any, keepdims: bool) -> Any:
    return sum(_ops.cast(_ops.logical_not(_ops.is_nan(x)), dtype=x.dtype), axis=axis, keepdims=keepdims)


@operation
def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean along `axis` of the entries that are not NaN."""
    x = to_float(x)
    return _mean(_replace(x, 0.0), _count(x, axis, keepdims), axis, keepdims)


@operation
def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean squared distance along `axis` of the entries that are not NaN from their mean."""
    x = to_float(x)
    center = _mean(_replace(x, 0.0), _count(x, axis, True), axis, True)
    inside = _ops.where(_ops.is_nan(x), center, x)  # at no distance, and without a gradient of its own
    distance = _ops.squared_difference(inside, center)
    return _mean(distance, _count(x, axis, keepdims), axis, keepdims)


@operation
def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The square root of `nanvar`."""
    return _ops.sqrt(nanvar(x, axis=axis, keepdims=keepdims))


@operation
def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The median along `axis` of the entries that are not NaN."""
    return quantiles("nanmedian", x, 0.5, 1.0, axis, "midpoint", keepdims, skip_nan=True)


@operation
def nanquantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`quantile` of the entries that are not NaN."""
    return quantiles("nanquantile", x, q, 1.0, axis, method, keepdims, skip_nan=True)


@operation
def nanpercentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`percentile` of the entries that are not NaN."""
    return quantiles("nanpercentile", x, q, 100.0, axis, method, keepdims, skip_nan=True)
