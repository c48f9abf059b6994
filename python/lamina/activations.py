"""Activation functions by name: `lamina.activations.get("relu")`, or `activation="relu"` of a layer.

>>> import lamina
>>> lamina.activations.relu([-1.0, 0.5, 8.0], max_value=6.0).numpy().tolist()
[0.0, 0.5, 6.0]
"""

from __future__ import annotations

from typing import Any

from . import ops
from .checks import axis_in_range
from .namespaces import Namespace
from .ops import (
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    mish,
    relu6,
    selu,
    silu,
    soft_shrink,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)


def linear(x: Any) -> Any:
    """x itself."""
    return x


def exponential(x: Any) -> Any:
    """exp(x)."""
    return ops.exp(x)


def gelu(x: Any, approximate: bool = False) -> Any:
    """x times the probability that a standard normal number is below x; `approximate` takes a formula with tanh."""
    return ops.gelu(x, approximate=approximate)


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """0 up to `threshold`, then x, cut at `max_value`; below the threshold `negative_slope * (x - threshold)`."""
    x = ops.convert_to_tensor(x)
    if threshold == 0.0 and max_value is None:
        return ops.leaky_relu(x, negative_slope) if negative_slope else ops.relu(x)
    if threshold == 0.0 and max_value == 6.0 and not negative_slope:
        return ops.relu6(x)
    positive = ops.where(ops.greater(x, threshold), x, 0.0) if threshold else ops.relu(x)
    if max_value is not None:
        positive = ops.clip(positive, 0.0, max_value)
    return positive - ops.relu(threshold - x) * negative_slope if negative_slope else positive


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    x = ops.convert_to_tensor(x)
    return _note("sigmoid", ops.sigmoid(x), x)


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) over `axis`: positive numbers that sum to 1."""
    x = ops.convert_to_tensor(x)
    result = ops.softmax(x, axis=axis)
    return _note("softmax", result, x) if axis_in_range("softmax", axis, x.ndim) == x.ndim - 1 else result


def _note(op: str, result: Any, logits: Any) -> Any:
    """Notes on the result what it was made from: the crossentropies compute from logits where they can."""
    result._keras_logits = (op, logits)
    return result


hard_swish, swish = hard_silu, silu

FUNCTIONS: dict[str, Any] = {
    "celu": celu, "elu": elu, "exponential": exponential, "gelu": gelu, "glu": glu, "hard_shrink": hard_shrink,
    "hard_sigmoid": hard_sigmoid, "hard_silu": hard_silu, "hard_tanh": hard_tanh, "leaky_relu": leaky_relu,
    "linear": linear, "log_sigmoid": log_sigmoid, "log_softmax": log_softmax, "mish": mish, "relu": relu,
    "relu6": relu6, "selu": selu, "sigmoid": sigmoid, "silu": silu, "soft_shrink": soft_shrink, "softmax": softmax,
    "softplus": softplus, "softsign": softsign, "sparse_plus": sparse_plus, "sparse_sigmoid": sparse_sigmoid,
    "sparsemax": sparsemax, "squareplus": squareplus, "tanh": tanh, "tanh_shrink": tanh_shrink, "threshold": threshold,
}  # fmt: skip

NAMESPACE = Namespace(
    "activation function", FUNCTIONS | {"swish": silu, "hard_swish": hard_silu, "exp": exponential}, default=linear
)
get, serialize, deserialize = NAMESPACE.functions("activation")
