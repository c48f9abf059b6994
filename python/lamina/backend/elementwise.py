"""Functions of entries, and reductions that treat bools in a way of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core, activations, config, ops
from ..checks import explain

__all__ = [
    "all",
    "any",
    "argmax",
    "argmin",
    "cast_to_floatx",
    "clip",
    "hard_sigmoid",
    "l2_normalize",
    "mean",
    "relu",
    "softmax",
    "sqrt",
    "std",
    "stop_gradient",
    "var",
]


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all entries are other than 0."""
    return ops.all(ops.cast(x, "bool"), axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether an entry is other than 0."""
    return ops.any(ops.cast(x, "bool"), axis, keepdims)


def argmax(x: Any, axis: int = -1) -> Any:
    """The place of the largest entry, int64."""
    return ops.cast(ops.argmax(x, axis), "int64")


def argmin(x: Any, axis: int = -1) -> Any:
    """The place of the smallest entry, int64."""
    return ops.cast(ops.argmin(x, axis), "int64")


def cast_to_floatx(x: Any) -> Any:
    """x in the default dtype: tensors and variables become tensors, all else an array."""
    if isinstance(x, _core.Tensor) or hasattr(x, "assign"):
        return ops.cast(x, config.floatx())
    return np.asarray(x, dtype=config.floatx())


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """x cut to [min_value, max_value]; None sets no bound, and a lower bound above the upper one wins."""
    low = -np.inf if min_value is None else min_value
    high = np.inf if max_value is None else max_value
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and high < low:
        high = low
    return ops.clip(x, low, high)


def hard_sigmoid(x: Any) -> Any:
    """0.2 x + 0.5 cut to [0, 1]: steeper than Keras 3's `ops.hard_sigmoid`, which has a slope of 1/6."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """x / sqrt(max(sum(x^2), 1e-12)), the sum along `axis` (all axes for None)."""
    return ops.multiply(x, ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis, keepdims=True), 1e-12)))


def _as_numbers(x: Any) -> Any:
    x = ops.convert_to_tensor(x)
    return ops.cast(x, config.floatx()) if x.dtype == "bool" else x


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean; of bools the share of True."""
    return ops.mean(_as_numbers(x), axis, keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The standard deviation; bools are 0 and 1."""
    return ops.std(_as_numbers(x), axis, keepdims)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The variance; bools are 0 and 1."""
    return ops.var(_as_numbers(x), axis, keepdims)


def relu(x: Any, alpha: float = 0.0, max_value: Any = None, threshold: float = 0.0) -> Any:
    """0 up to `threshold`, then x, cut at `max_value`; below the threshold `alpha * (x - threshold)`."""
    return activations.relu(x, negative_slope=alpha, max_value=max_value, threshold=threshold)


def softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) / sum(exp(x)), the sum over one axis or several. ValueError for vectors."""
    x = ops.convert_to_tensor(x)
    if x.ndim < 2:
        raise ValueError(
            explain(
                "softmax: the tensor has one axis only.",
                "a tensor of rank 2 or more",
                f"shape {x.shape}",
                "use lamina.ops.softmax, or add an axis for the batch.",
            )
        )
    if isinstance(axis, int):
        return activations.softmax(x, axis=axis)
    powers = ops.exp(ops.subtract(x, ops.max(x, axis, keepdims=True)))
    return ops.divide(powers, ops.sum(powers, axis, keepdims=True))


def sqrt(x: Any) -> Any:
    """The square root; of negative numbers 0."""
    return ops.sqrt(ops.maximum(x, 0.0))


def stop_gradient(variables: Any) -> Any:
    """The same numbers (of a tensor or of a list of them), through which no gradient flows."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(v) for v in variables]
    return ops.stop_gradient(variables)
