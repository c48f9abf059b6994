"""Activations, convolution, pooling, crossentropies and normalization as functions.

>>> import lamina
>>> lamina.ops.relu([-1.0, 2.0]).numpy().tolist()
[0.0, 2.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import _core, config
from ..checks import choice, explain, integers
from .convert import convert_to_tensor, convert_weak, normalize_axes, normalize_axis, to_common, to_float
from .operation import operation

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
    """max(x, 0)."""
    return _ops.relu(convert_to_tensor(x))


@operation
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x where positive, negative_slope * x elsewhere."""
    return _ops.leaky_relu(to_float(x), alpha=float(negative_slope))


@operation
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where positive, alpha * (exp(x) - 1) elsewhere."""
    return _ops.elu(to_float(x), alpha=float(alpha))


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
    from .shapes import split

    first, second = split(to_float(x), 2, axis=axis)
    return _ops.multiply(first, _ops.sigmoid(second))


@operation
def hard_tanh(x: Any) -> Any:
    """x moved into [-1, 1]."""
    return _ops.clip(to_float(x), low=-1.0, high=1.0)


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
    x = to_float(x)
    above = _ops.greater(x, convert_weak(float(threshold), x.dtype))
    return _ops.where(above, x, convert_weak(float(default_value), x.dtype))


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
    if not isinstance(axis, (list, tuple)):
        if axis is None:
            return _ops.reshape(run(_ops.reshape(x, shape=[-1]), axis=0), shape=list(x.dims))
        return run(x, axis=normalize_axis(axis, x.ndim, core))
    axes = normalize_axes(axis, x.ndim, core)
    order = [i for i in range(x.ndim) if i not in axes] + axes
    moved = _ops.transpose(x, axes=order)
    flat = _ops.reshape(moved, shape=[*moved.dims[: x.ndim - len(axes)], -1])
    done = _ops.reshape(run(flat, axis=flat.ndim - 1), shape=list(moved.dims))
    return _ops.transpose(done, axes=[order.index(i) for i in range(x.ndim)])


@operation
def softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) scaled to a sum of 1 along `axis` (an int, several, or None for all)."""
    return _over_axes("softmax", x, axis)


@operation
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x)) without overflow."""
    return _over_axes("log_softmax", x, axis)


# Convolution and pooling. The engine works on channels last; channels first costs a transpose at both ends.


def _to_last(x: Any) -> Any:
    return _ops.transpose(x, axes=[0, *range(2, x.ndim), 1])


def _to_first(x: Any) -> Any:
    return _ops.transpose(x, axes=[0, x.ndim - 1, *range(1, x.ndim - 1)])


def _spatial_rank(owner: str, x: Any) -> int:
    if not 3 <= x.ndim <= 5:
        raise ValueError(
            explain(
                f"{owner}: the input has no spatial axes.",
                "shape (batch, 1 to 3 spatial axes, channels)",
                f"shape {x.shape}",
                "add the missing axes with expand_dims.",
            )
        )
    return x.ndim - 2


@operation
def conv(
    inputs: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Any:
    """Convolution of 1 to 3 spatial axes; kernel of shape (spatial..., channels per group, filters)."""
    x, kernel = map(to_float, to_common(inputs, kernel))
    rank = _spatial_rank("conv", x)
    first = config.standardize_data_format(data_format) == "channels_first"
    x = _to_last(x) if first else x
    if kernel.ndim != rank + 2:
        raise ValueError(
            explain(
                "conv: the kernel does not fit the input.",
                f"a kernel of rank {rank + 2} for an input of shape {x.shape}",
                f"kernel of shape {kernel.shape}",
                "give the kernel shape (spatial..., channels, filters).",
            )
        )
    channels, taken = x.shape[-1], kernel.shape[-2]
    if channels is None or channels % taken or kernel.shape[-1] % (channels // taken):
        raise ValueError(
            explain(
                "conv: the channels do not fit the kernel.",
                f"a multiple of {taken} channels that divides into the {kernel.shape[-1]} filters",
                f"input {x.shape}, kernel {kernel.shape}",
                "build the kernel for the input's channels.",
            )
        )
    y = _ops.conv(
        x,
        kernel,
        strides=list(integers("conv", "strides", strides, rank)),
        padding=choice("conv", "padding", padding, ("valid", "same", "causal")),
        dilation=list(integers("conv", "dilation_rate", dilation_rate, rank)),
        groups=channels // taken,
    )
    return _to_first(y) if first else y


def _pool(core: str, inputs: Any, pool_size: Any, strides: Any, padding: str, data_format: Any) -> Any:
    x = to_float(inputs)
    rank = _spatial_rank(core, x)
    first = config.standardize_data_format(data_format) == "channels_first"
    x = _to_last(x) if first else x
    window = integers(core, "pool_size", pool_size, rank)
    steps = window if strides is None else integers(core, "strides", strides, rank)
    mode = choice(core, "padding", padding, ("valid", "same"))
    y = getattr(_ops, core)(x, window=list(window), strides=list(steps), padding=mode)
    return _to_first(y) if first else y


@operation
def max_pool(inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: Any = None) -> Any:
    """The largest entry of each window; strides default to the window."""
    return _pool("max_pool", inputs, pool_size, strides, padding, data_format)


@operation
def average_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: Any = None
) -> Any:
    """The mean of each window, padding not counted; strides default to the window."""
    return _pool("average_pool", inputs, pool_size, strides, padding, data_format)


@operation
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    """1 at the class of each entry, 0 elsewhere, along a new axis; classes outside [0, num_classes) give zeros."""
    x = convert_to_tensor(x)
    hot = _ops.one_hot(_ops.cast(x, dtype="int64"), classes=int(num_classes), dtype=config.standardize_dtype(dtype))
    place = normalize_axis(axis, hot.ndim, "one_hot")
    if place == hot.ndim - 1:
        return hot
    order = list(range(hot.ndim - 1))
    order.insert(place, hot.ndim - 1)
    return _ops.transpose(hot, axes=order)


# Crossentropies, one value per row: `from_logits` tells what `output` is.


def _clipped(p: Any) -> Any:
    return _ops.clip(p, low=config.epsilon(), high=1.0 - config.epsilon())


@operation
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """-(t log p + (1 - t) log(1 - p)), entry by entry."""
    target, output = map(to_float, to_common(target, output))
    one = convert_weak(1.0, output.dtype)
    if from_logits:  # log(1 + exp(z)) without overflow, and with the right gradient at 0
        yes = _ops.multiply(target, _ops.softplus(_ops.negative(output)))
        return _ops.add(yes, _ops.multiply(_ops.subtract(one, target), _ops.softplus(output)))
    p = _clipped(output)
    yes = _ops.multiply(target, _ops.log(p))
    no = _ops.multiply(_ops.subtract(one, target), _ops.log(_ops.subtract(one, p)))
    return _ops.negative(_ops.add(yes, no))


@operation
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """-sum(t log p) along `axis`; probabilities are scaled to a sum of 1 first."""
    target, output = map(to_float, to_common(target, output))
    place = normalize_axis(axis, output.ndim, "categorical_crossentropy")
    if from_logits:
        logs = _ops.log_softmax(output, axis=place)
    else:
        logs = _ops.log(_clipped(_ops.divide(output, _ops.sum(output, axes=[place], keepdims=True))))
    return _ops.negative(_ops.sum(_ops.multiply(target, logs), axes=[place], keepdims=False))


@operation
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """-log p of the class that `target` names, for class numbers in [0, classes)."""
    target, output = convert_to_tensor(target, "int64"), to_float(output)
    place = normalize_axis(axis, output.ndim, "sparse_categorical_crossentropy")
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = _ops.reshape(target, shape=list(target.dims[:-1]))
    if not from_logits:
        output = _ops.log(_clipped(_ops.divide(output, _ops.sum(output, axes=[place], keepdims=True))))
    if place != output.ndim - 1:
        output = _ops.transpose(output, axes=[i for i in range(output.ndim) if i != place] + [place])
    picked = _ops.sparse_crossentropy(output, target)  # logsumexp(output) - output[target], with a check of the range
    if from_logits:
        return picked
    from .numpy import logsumexp

    return _ops.subtract(picked, logsumexp(output, axis=-1))


# Normalization.


@operation
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """The mean and the (biased) variance along `axes`."""
    from .numpy import mean, var

    return mean(x, axis=axes, keepdims=keepdims), var(x, axis=axes, keepdims=keepdims)


@operation
def normalize(x: Any, axis: Any = -1, order: Any = 2, epsilon: float | None = None) -> Any:
    """x divided by its norm of `order` (a positive number or inf) along `axis`; smaller norms count as epsilon."""
    from .numpy import absolute, max, maximum, power, rsqrt, square, sum

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
    from .numpy import mean, rsqrt, var

    x = to_float(x)
    y = _ops.multiply(
        _ops.subtract(x, mean(x, axis=axis, keepdims=True)),
        rsqrt(_ops.add(var(x, axis=axis, keepdims=True), convert_weak(1e-3 if epsilon is None else epsilon, x.dtype))),
    )
    if gamma is not None:
        y = _ops.multiply(y, convert_to_tensor(gamma, x.dtype))
    return y if beta is None else _ops.add(y, convert_to_tensor(beta, x.dtype))
