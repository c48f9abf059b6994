"""Medians, quantiles, counts and correlations.

>>> import lamina
>>> lamina.ops.quantile([1.0, 2.0, 4.0], 0.25).item()
1.5
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _core
from ..checks import choice, explain, integer
from .convert import convert_to_tensor, convert_weak, is_float, is_tensor, normalize_axes, to_float
from .operation import operation
from .reductions import max, mean, min

__all__ = ["bincount", "corrcoef", "histogram", "median", "percentile", "ptp", "quantile"]

_ops = _core.ops
_METHODS = ("linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf")


@operation
def median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The entry in the middle of the sorted ones along `axis`, or the mean of the two there."""
    return quantiles("median", x, 0.5, 1.0, axis, "midpoint", keepdims)


@operation
def quantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The entries below which the parts `q`, in [0, 1], of those along `axis` lie; several q make a first axis."""
    return quantiles("quantile", x, q, 1.0, axis, method, keepdims)


@operation
def percentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`quantile` with `q` in [0, 100]."""
    return quantiles("percentile", x, q, 100.0, axis, method, keepdims)


def quantiles(
    owner: str, x: Any, q: Any, whole: float, axis: Any, method: str, keepdims: bool, skip_nan: bool = False
) -> Any:
    """The quantiles q / whole; NaN among the entries makes NaN, or with `skip_nan` is left out."""
    x = to_float(x)
    method = choice(owner, "method", method, _METHODS)
    axes = normalize_axes(axis, x.ndim, owner)
    kept = [i for i in range(x.ndim) if i not in axes]
    kept_dims = [x.dims[i] for i in kept]
    count: Any = math.prod([x.dims[i] for i in axes], start=1)
    if isinstance(count, int) and count == 0:
        raise ValueError(explain(f"{owner}: there are no entries.", "at least one", f"shape {x.shape}", "check x."))
    q = _fractions(owner, q, whole, x.dtype)
    parts = _ops.reshape(q, shape=[-1])
    rows = _ops.reshape(_ops.transpose(x, axes=[*kept, *axes]), shape=[*kept_dims, count])
    last = len(kept)  # the axis of the entries
    ranked = _ops.sort(rows, axis=last)
    # Positions that the dtype cannot hold exactly need a wider one.
    dtype = "float64" if isinstance(count, int) and count > 1 << 24 else x.dtype
    one, zero = convert_weak(1.0, dtype), convert_weak(0.0, dtype)
    parts = convert_to_tensor(parts, dtype)
    if skip_nan:
        numbers = _ops.cast(_ops.logical_not(_ops.is_nan(ranked)), dtype=dtype)
        size = _ops.sum(numbers, axes=[last], keepdims=True)
    else:
        size = convert_to_tensor(count, dtype)
    position = _ops.multiply(parts, _ops.subtract(size, one))
    end = convert_to_tensor(count - 1, "int32")

    def at(place: Any) -> Any:
        index = _ops.minimum(_ops.cast(_ops.maximum(place, zero), dtype="int32"), end)
        return _ops.take_along_axis(ranked, index, axis=last) if skip_nan else _ops.take(ranked, index, axis=last)

    low, high = (_ops.stop_gradient(f(position)) for f in (_ops.floor, _ops.ceil))
    between = convert_to_tensor(_ops.subtract(position, low), x.dtype)
    if method == "lower":
        result = at(low)
    elif method == "higher":
        result = at(high)
    elif method == "nearest":
        result = at(_ops.where(_ops.less_equal(between, convert_weak(0.5, x.dtype)), low, high))
    elif method == "midpoint":
        result = _ops.multiply(_ops.add(at(low), at(high)), convert_weak(0.5, x.dtype))
    elif method == "inverted_cdf":
        result = at(_ops.subtract(_ops.ceil(_ops.multiply(parts, size)), one))
    else:
        rest = _ops.subtract(convert_weak(1.0, x.dtype), between)
        result = _ops.add(_ops.multiply(at(low), rest), _ops.multiply(at(high), between))
    if not skip_nan:
        ends = _ops.slice(ranked, starts=[0] * last + [count - 1], stops=[*kept_dims, count], strides=[])
        result = _ops.where(_ops.is_nan(ends), convert_weak(math.nan, x.dtype), result)
    result = _ops.transpose(result, axes=[last, *range(last)])
    shape = [1 if i in axes else size for i, size in enumerate(x.dims)] if keepdims else kept_dims
    return _ops.reshape(result, shape=[*q.dims, *shape])


def _fractions(owner: str, q: Any, whole: float, dtype: str) -> Any:
    q = convert_to_tensor(q if is_tensor(q) or hasattr(q, "core") else np.asarray(q, dtype), dtype)
    if not q.is_symbolic and not ((q.numpy() >= 0) & (q.numpy() <= whole)).all():
        raise ValueError(
            explain(
                f"{owner}: `q` is out of range.",
                f"numbers between 0 and {whole:g}",
                f"q={q.numpy().tolist()}",
                "pass parts for `quantile`, percents for `percentile`.",
            )
        )
    if q.ndim > 1:
        raise ValueError(explain(f"{owner}: `q` has several axes.", "at most one", f"shape {q.shape}", "flatten q."))
    return q if whole == 1.0 else _ops.divide(q, convert_weak(whole, dtype))


@operation
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest entry along `axis` minus the smallest."""
    x = convert_to_tensor(x)
    if x.dtype == "bool":
        raise TypeError(explain("ptp: bools have no differences.", "numbers", f"dtype {x.dtype}", "cast x first."))
    return _ops.subtract(max(x, axis=axis, keepdims=keepdims), min(x, axis=axis, keepdims=keepdims))


@operation
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    """How often each of 0, 1, ... is in x (in each row of a matrix), or the sums of the `weights` there."""
    x = convert_to_tensor(x)
    if x.is_symbolic or sparse:
        raise ValueError(
            explain(
                "bincount: the number of bins is not known before the data comes.",
                "a tensor with numbers, and sparse=False",
                f"a symbolic tensor of shape {x.shape}" if x.is_symbolic else f"sparse={sparse}",
                "use ops.segment_sum with `num_segments`, or a dense result.",
            )
        )
    numbers = x.numpy()
    if is_float(x.dtype) or x.ndim not in (1, 2) or (numbers.size and numbers.min() < 0):
        raise ValueError(
            explain(
                "bincount: x cannot be counted.",
                "integers from 0, in one or two axes",
                f"dtype {x.dtype}, shape {x.shape}, smallest entry {numbers.min() if numbers.size else None}",
                "cast, reshape or shift x.",
            )
        )
    bins = integer("bincount", "minlength", minlength, minimum=0)
    bins = int(np.maximum(bins, int(numbers.max()) + 1)) if numbers.size else bins
    weights = np.ones(x.shape, "int32") if weights is None else convert_to_tensor(weights)
    weights = convert_to_tensor(weights, "int32" if weights.dtype in ("bool", "uint8") else None)
    if weights.shape != x.shape:
        raise ValueError(
            explain("bincount: the weights do not fit.", f"shape {x.shape}", f"shape {weights.shape}", "check them.")
        )
    places = numbers.astype("int64")
    rows = 1
    if x.ndim == 2:
        rows = x.shape[0]
        places = places + bins * np.arange(rows)[:, None]
    flat = _ops.reshape(weights, shape=[-1])
    zeros = _ops.fill(shape=[rows * bins], value=0, dtype=weights.dtype)
    counts = _ops.scatter(zeros, convert_to_tensor(places.reshape(-1)), flat, reduction="add")
    return _ops.reshape(counts, shape=[rows, bins]) if x.ndim == 2 else counts


@operation
def histogram(x: Any, bins: int = 10, range: Any = None) -> Any:
    """How many entries of x are in each of `bins` equal parts of `range` (of all of x), and the edges of the parts.

    Each part includes its lower edge, the last one both. The counts are floats, as in Keras on JAX.
    """
    x = to_float(x)
    if x.ndim != 1:
        raise ValueError(explain("histogram: x has other than one axis.", "one", f"shape {x.shape}", "flatten x."))
    bins = integer("histogram", "bins", bins, minimum=0)
    if range is not None and (len(range) != 2 or range[1] < range[0]):
        raise ValueError(
            explain("histogram: the range is wrong.", "(low, high) with low <= high", f"range={range}", "swap them.")
        )
    if range is None and x.dims[0] == 0:
        range = (0.0, 1.0)
    low, high = (min(x), max(x)) if range is None else (convert_to_tensor(float(r), x.dtype) for r in range)
    half = _ops.where(_ops.equal(low, high), convert_weak(0.5, x.dtype), convert_weak(0.0, x.dtype))
    low, high = _ops.subtract(low, half), _ops.add(high, half)
    steps = convert_to_tensor(np.arange(bins + 1, dtype=x.dtype) / np.maximum(bins, 1).astype(x.dtype))
    edges = low * (1.0 - steps) + high * steps
    place = _ops.search_sorted(edges, x, right=True)
    place = _ops.where(_ops.equal(x, high), convert_to_tensor(bins, "int32"), place)
    ones = _ops.broadcast_to(convert_weak(1.0, x.dtype), shape=list(x.dims))
    zeros = _ops.fill(shape=[bins + 2], value=0, dtype=x.dtype)
    counts = _ops.scatter(zeros, place, ones, reduction="add")
    return _ops.slice(counts, starts=[1], stops=[bins + 1], strides=[]), edges


@operation
def corrcoef(x: Any) -> Any:
    """The correlations between the rows of x."""
    x = to_float(x)
    if x.ndim not in (1, 2):
        raise ValueError(explain("corrcoef: x is no matrix.", "one or two axes", f"shape {x.shape}", "reshape x."))
    rows = x if x.ndim == 2 else _ops.reshape(x, shape=[1, -1])
    centered = _ops.subtract(rows, mean(rows, axis=1, keepdims=True))
    products = _ops.matmul(centered, centered, transpose_a=False, transpose_b=True)
    scale = _ops.sqrt(_ops.sum(_ops.square(centered), axes=[1], keepdims=True))
    result = _ops.divide(_ops.divide(products, scale), _ops.transpose(scale, axes=[1, 0]))
    result = _ops.clip(result, low=-1.0, high=1.0)
    return result if x.ndim == 2 else _ops.reshape(result, shape=[])
