"""Activation functions.

>>> import lamina
>>> lamina.ops.relu([-1.0, 2.0]).numpy().tolist()
[0.0, 2.0]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core
from ..checks import explain
from .convert import convert_to_tensor, convert_weak, is_float, normalize_axes, normalize_axis, to_float
from .elementwise import greater, where
from .operation import operation
from .shapes import split

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
]

_ops = _core.ops


def _activation(name: str, doc: str, core: str | None = None) -> Callable[..., Any]:
    run = getattr(_ops, core or name)

    def function(x: Any) -> Any:
        return run(to_float(x))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return operation(function)


sigmoid = _activation("sigmoid", "1 / (1 + exp(-x)).")
log_sigmoid = _activation("log_sigmoid", "log(sigmoid(x)) without overflow.")
softplus = _activation("softplus", "log(1 + exp(x)) without overflow.")
softsign = _activation("softsign", "x / (1 + |x|).")
relu6 = _activation("relu6", "x moved into [0, 6].")
silu = _activation("silu", "x * sigmoid(x).")
swish = _activation("swish", "x * sigmoid(x).", core="silu")
hard_sigmoid = _activation("hard_sigmoid", "x / 6 + 0.5 moved into [0, 1].")
hard_silu = _activation("hard_silu", "x * hard_sigmoid(x).")
hard_swish = _activation("hard_swish", "x * hard_sigmoid(x).", core="hard_silu")
selu = _activation("selu", "The self-normalizing exponential unit.")
mish = _activation("mish", "x * tanh(softplus(x)).")


@operation
def relu(x: Any) -> Any:
    """max(x, 0); ints stay ints."""
    x = convert_to_tensor(x)
    return _ops.relu(x) if is_float(x.dtype) else _ops.maximum(x, convert_weak(0, x.dtype))


@operation
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x where positive, negative_slope * x elsewhere."""
    x = to_float(x)
    if negative_slope < 0:  # the engine's gradient takes the side from the sign of the result
        return where(greater(x, 0), x, x * negative_slope)
    return _ops.leaky_relu(x, alpha=float(negative_slope))


@operation
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where positive, alpha * (exp(x) - 1) elsewhere."""
    x = to_float(x)
    if alpha < 0:  # the engine's gradient takes the side from the sign of the result
        return where(greater(x, 0), x, _ops.expm1(_ops.minimum(x, convert_weak(0.0, x.dtype))) * alpha)
    return _ops.elu(x, alpha=float(alpha))


@operation
def celu(x: Any, alpha: float = 1.0) -> Any:
    """max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))."""
    return _ops.celu(to_float(x), alpha=float(alpha))


@operation
def gelu(x: Any, approximate: bool = True) -> Any:
    """x times the normal distribution function of x; with tanh in its place when approximate."""
    return _ops.gelu_tanh(to_float(x)) if approximate else _ops.gelu(to_float(x))


@operation
def glu(x: Any, axis: int = -1) -> Any:
    """The first half of x along `axis` times the sigmoid of the second."""
    x = to_float(x)
    place = normalize_axis(axis, x.ndim, "glu")
    size = x.shape[place]
    if size is None or size % 2:
        raise ValueError(
            explain(
                "glu: the axis cannot be halved.",
                "an axis with an even number of entries",
                f"shape {x.shape}, axis={axis}",
                "choose another axis, or give the layer before an even number of units.",
            )
        )
    first, second = split(x, 2, axis=place)
    return _ops.multiply(first, _ops.sigmoid(second))


@operation
def hard_tanh(x: Any) -> Any:
    """x moved into [-1, 1]; ints stay ints."""
    return _ops.clip(convert_to_tensor(x), low=-1.0, high=1.0)


@operation
def tanh_shrink(x: Any) -> Any:
    """x - tanh(x)."""
    x = to_float(x)
    return _ops.subtract(x, _ops.tanh(x))


@operation
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x moved towards 0 by `threshold`, 0 inside it."""
    x = to_float(x)
    return _ops.subtract(x, _ops.clip(x, low=-float(threshold), high=float(threshold)))


@operation
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x where |x| > threshold, else 0."""
    x = to_float(x)
    outside = _ops.greater(_ops.absolute(x), convert_weak(float(threshold), x.dtype))
    return _ops.where(outside, x, convert_weak(0.0, x.dtype))


@operation
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """x where x > threshold, else default_value."""
    x = convert_to_tensor(x)
    return where(greater(x, threshold), x, default_value)


@operation
def squareplus(x: Any, b: float = 4) -> Any:
    """(x + sqrt(x * x + b)) / 2."""
    x = to_float(x)
    root = _ops.sqrt(_ops.add(_ops.square(x), convert_weak(float(b), x.dtype)))
    return _ops.multiply(_ops.add(x, root), convert_weak(0.5, x.dtype))


@operation
def sparse_plus(x: Any) -> Any:
    """0 below -1, (x + 1)^2 / 4 between, x above 1."""
    x = to_float(x)
    inner = _ops.square(_ops.add(_ops.clip(x, low=-1.0, high=1.0), convert_weak(1.0, x.dtype)))
    above = _ops.greater(x, convert_weak(1.0, x.dtype))
    return _ops.where(above, x, _ops.multiply(inner, convert_weak(0.25, x.dtype)))


@operation
def sparse_sigmoid(x: Any) -> Any:
    """(x + 1) / 2 moved into [0, 1]."""
    x = to_float(x)
    one = convert_weak(1.0, x.dtype)
    return _ops.multiply(_ops.add(_ops.clip(x, low=-1.0, high=1.0), one), convert_weak(0.5, x.dtype))


def _over_axes(core: str, x: Any, axis: Any) -> Any:
    x = to_float(x)
    run = getattr(_ops, core)
    if isinstance(axis, int):
        return run(x, axis=normalize_axis(axis, x.ndim, core))
    axes = sorted(normalize_axes(axis, x.ndim, core))
    rest = [i for i in range(x.ndim) if i not in axes]
    first = axes[0] if axes else x.ndim
    order = rest[:first] + axes + rest[first:]  # the axes as neighbours, to be made one
    moved = x if order == list(range(x.ndim)) else _ops.transpose(x, axes=order)
    dims = list(moved.dims)
    flat = _ops.reshape(moved, shape=[*dims[:first], -1, *dims[first + len(axes) :]])
    done = _ops.reshape(run(flat, axis=first), shape=dims)
    return done if moved is x else _ops.transpose(done, axes=[order.index(i) for i in range(x.ndim)])


@operation
def softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) scaled to a sum of 1 along `axis` (an int, several, or None for all)."""
    return _over_axes("softmax", x, axis)


@operation
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x)) without overflow."""
    return _over_axes("log_softmax", x, axis)


@operation
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The point of the simplex nearest to x: like softmax, but with exact zeros (Martins and Astudillo 2016)."""
    x = to_float(x)
    return _ops.sparsemax(x, axis=normalize_axis(axis, x.ndim, "sparsemax"))
