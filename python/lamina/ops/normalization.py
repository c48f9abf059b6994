"""Statistics, norms and normalization."""

from __future__ import annotations

import math
from typing import Any

from .. import _core, config
from ..checks import explain
from .convert import convert_to_tensor, convert_weak, normalize_axis, to_float
from .elementwise import absolute, maximum, power, rsqrt, square
from .operation import operation
from .reductions import max, mean, sum, var

__all__ = ["batch_normalization", "layer_normalization", "moments", "normalize"]

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


@operation
def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Any:
    """x with mean 0 and variance 1 along `axis`, times gamma plus beta."""
    x = to_float(x)
    y = _ops.multiply(
        _ops.subtract(x, mean(x, axis=axis, keepdims=True)),
        rsqrt(_ops.add(var(x, axis=axis, keepdims=True), convert_weak(1e-3 if epsilon is None else epsilon, x.dtype))),
    )
    if gamma is not None:
        y = _ops.multiply(y, convert_to_tensor(gamma, x.dtype))
    return y if beta is None else _ops.add(y, convert_to_tensor(beta, x.dtype))
