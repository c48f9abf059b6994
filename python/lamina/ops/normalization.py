"""Statistics, norms and normalization."""

from __future__ import annotations

import builtins
import math
from typing import Any

from .. import _core, config
from ..checks import explain, shapes_differ
from .convert import convert_to_tensor, convert_weak, normalize_axes, normalize_axis, to_common, to_float
from .elementwise import absolute, maximum, power, rsqrt, square
from .operation import operation
from .reductions import max, mean, sum, var

__all__ = ["batch_normalization", "layer_normalization", "moments", "normalize", "psnr", "rms_normalization"]

_ops = _core.ops


@operation
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """The mean and the (biased) variance along `axes`."""
    return mean(x, axis=axes, keepdims=keepdims), var(x, axis=axes, keepdims=keepdims)


@operation
def normalize(x: Any, axis: Any = -1, order: Any = 2, epsilon: float | None = None) -> Any:
    """x divided by its norm of `order` (a positive number or inf) along `axis`; smaller norms count as epsilon."""
    if not isinstance(order, (int, float)) or order <= 0:
        raise ValueError(
            explain("normalize: the order is not a norm's.", "a positive number", f"order={order!r}", "use order=2.")
        )
    x = to_float(x)
    x = _ops.reshape(x, shape=[1]) if x.ndim == 0 else x
    small = config.epsilon() if epsilon is None else epsilon
    if order == 2:
        total = sum(square(x), axis=axis, keepdims=True)
        return _ops.multiply(x, rsqrt(maximum(total, small * small)))
    if order == 1:
        norm = sum(absolute(x), axis=axis, keepdims=True)
    elif math.isinf(order):
        norm = max(absolute(x), axis=axis, keepdims=True)
    else:
        norm = power(sum(power(absolute(x), order), axis=axis, keepdims=True), 1.0 / order)
    return _ops.divide(x, maximum(norm, small))


@operation
def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Any:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, statistics along `axis`."""
    x = to_float(x)
    place = normalize_axis(axis, x.ndim, "batch_normalization")
    mean, variance = convert_to_tensor(mean, x.dtype), convert_to_tensor(variance, x.dtype)
    shape = list(mean.dims)
    scale = _ops.fill(shape=shape, value=1.0, dtype=x.dtype) if scale is None else convert_to_tensor(scale, x.dtype)
    offset = _ops.fill(shape=shape, value=0.0, dtype=x.dtype) if offset is None else convert_to_tensor(offset, x.dtype)
    return _ops.batch_norm_inference(x, scale, offset, mean, variance, epsilon=float(epsilon), axis=place)


def _trailing(axes: list[int], x: Any) -> bool:
    return axes == list(range(x.ndim - len(axes), x.ndim))


def _parameter(value: Any, x: Any, axes: list[int]) -> Any:
    """A parameter of the normalized axes, shaped to broadcast against x."""
    value = convert_to_tensor(value, x.dtype)
    if value.ndim == x.ndim or axes == [x.ndim - 1]:
        return value
    return _ops.reshape(value, shape=[size if i in axes else 1 for i, size in enumerate(x.dims)])


@operation
def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None, **kwargs: Any
) -> Any:
    """x with mean 0 and variance 1 along `axis` (an int or several), times gamma plus beta, which have their sizes.

    `rms_scaling=True` divides by the deviation only, without mean and beta; see also `rms_normalization`.
    """
    rms_scaling = kwargs.pop("rms_scaling", False)
    if kwargs:
        raise TypeError(
            explain(
                "layer_normalization: an argument is not known.",
                "x, gamma, beta, axis, epsilon, rms_scaling",
                ", ".join(kwargs),
                "leave it out.",
            )
        )
    x = to_float(x)
    axes = sorted(normalize_axes(axis, x.ndim, "layer_normalization"))
    small = config.epsilon() if epsilon is None else float(epsilon)
    sizes = [x.dims[a] for a in axes]
    given = [None if p is None else convert_to_tensor(p, x.dtype) for p in (gamma, beta)]
    if not rms_scaling and _trailing(axes, x) and builtins.all(p is None or list(p.dims) == sizes for p in given):
        scale, offset = (
            _ops.fill(shape=sizes, value=value, dtype=x.dtype) if p is None else p
            for p, value in zip(given, (1.0, 0.0))
        )
        return _ops.layer_norm(x, scale, offset, epsilon=small, axes=len(axes))[0]
    scale, offset = (None if p is None else _parameter(p, x, axes) for p in given)
    deviation = rsqrt(_ops.add(var(x, axis=axes, keepdims=True), convert_weak(small, x.dtype)))
    y = _ops.multiply(x if rms_scaling else _ops.subtract(x, mean(x, axis=axes, keepdims=True)), deviation)
    y = y if scale is None else _ops.multiply(y, scale)
    return y if offset is None or rms_scaling else _ops.add(y, offset)


@operation
def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Any:
    """x / sqrt(mean(x * x) + epsilon) along `axis`, times `scale` (Zhang and Sennrich 2019)."""
    x = to_float(x)
    x = _ops.reshape(x, shape=[1]) if x.ndim == 0 else x
    small = convert_weak(config.epsilon() if epsilon is None else float(epsilon), x.dtype)
    y = _ops.multiply(x, rsqrt(_ops.add(mean(square(x), axis=axis, keepdims=True), small)))
    return y if scale is None else _ops.multiply(y, convert_to_tensor(scale, x.dtype))


@operation
def psnr(x1: Any, x2: Any, max_val: Any) -> Any:
    """The peak signal-to-noise ratio of two signals in decibels: 20 log10(max_val) - 10 log10(mean squared error)."""
    x1, x2 = map(to_float, to_common(x1, x2))
    if shapes_differ(x1.shape, x2.shape):
        raise ValueError(
            explain(
                "psnr: the signals do not fit.",
                "two tensors of one shape",
                f"shapes {x1.shape} and {x2.shape}",
                "crop or resize one.",
            )
        )
    error = mean(_ops.squared_difference(x1, x2))
    peak = _ops.square(convert_to_tensor(max_val, x1.dtype))
    return _ops.multiply(_ops.log(_ops.divide(peak, error)), convert_weak(10.0 / math.log(10.0), x1.dtype))
