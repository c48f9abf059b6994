"""Convolutions, pooling, normalization."""

from __future__ import annotations

from typing import Any

from .. import _core, config, ops
from ..checks import choice, explain, integers

__all__ = [
    "batch_normalization",
    "bias_add",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "depthwise_conv2d",
    "pool2d",
    "pool3d",
    "separable_conv2d",
]


def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """(x - mean) / sqrt(var + epsilon) * gamma + beta; `beta` and `gamma` may be None."""
    scale = ops.rsqrt(ops.add(var, epsilon))
    scale = scale if gamma is None else ops.multiply(scale, gamma)
    x = ops.multiply(ops.subtract(x, mean), scale)
    return x if beta is None else ops.add(x, beta)


def bias_add(x: Any, bias: Any, data_format: Any = None) -> Any:
    """x + bias: a bias for each channel, or one of all axes but the batch, the channels last."""
    x, bias = ops.convert_to_tensor(x), ops.convert_to_tensor(bias)
    first = config.standardize_data_format(data_format) == "channels_first"
    if bias.ndim not in (1, x.ndim - 1):
        raise ValueError(
            explain(
                "bias_add: the bias does not fit the tensor.",
                f"a bias of rank 1 or {x.ndim - 1}",
                f"shape {bias.shape} for a tensor of shape {x.shape}",
                "reshape the bias.",
            )
        )
    if first and bias.ndim == 1 and x.ndim > 2:
        bias = ops.reshape(bias, (bias.shape[0], *[1] * (x.ndim - 2)))
    elif first and bias.ndim > 1:
        bias = ops.moveaxis(bias, -1, 0)
    return ops.add(x, bias)


def conv1d(
    x: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Any:
    """Convolution along one axis; `padding` may be 'causal' too."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """Convolution along two axes."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv3d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1, 1),
) -> Any:
    """Convolution along three axes."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """The gradient of `conv2d` with respect to an input of `output_shape`: kernel (height, width, channels, filters).

    The first size of `output_shape` may be None: that of x.
    """
    x, kernel = ops.convert_to_tensor(x), ops.convert_to_tensor(kernel)
    first = config.standardize_data_format(data_format) == "channels_first"
    _, *sizes = output_shape
    if first:
        x, sizes = ops.transpose(x, (0, 2, 3, 1)), [*sizes[1:], sizes[0]]
    y = _core.ops.conv_grad_input(
        x,
        kernel,
        input_shape=[x.dims[0], *sizes],
        strides=list(integers("conv2d_transpose", "strides", strides, 2)),
        padding=choice("conv2d_transpose", "padding", padding, ("valid", "same")),
        dilation=list(integers("conv2d_transpose", "dilation_rate", dilation_rate, 2)),
    )
    return ops.transpose(y, (0, 3, 1, 2)) if first else y


def depthwise_conv2d(
    x: Any,
    depthwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """Convolution of each channel by itself; kernel (height, width, channels, multiplier)."""
    return ops.depthwise_conv(x, depthwise_kernel, strides, padding, data_format, dilation_rate)


def separable_conv2d(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """A depthwise convolution, then one of 1 x 1 that mixes the channels."""
    return ops.separable_conv(x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate)


def _pool(
    owner: str, rank: int, x: Any, pool_size: Any, strides: Any, padding: str, data_format: Any, mode: str
) -> Any:
    window, steps = integers(owner, "pool_size", pool_size, rank), integers(owner, "strides", strides, rank)
    pool = ops.max_pool if choice(owner, "pool_mode", mode, ("max", "avg")) == "max" else ops.average_pool
    return pool(x, window, steps, padding, data_format)


def pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    pool_mode: str = "max",
) -> Any:
    """The largest entry ('max') or the mean ('avg') of windows along two axes."""
    return _pool("pool2d", 2, x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: Any = None,
    pool_mode: str = "max",
) -> Any:
    """The largest entry ('max') or the mean ('avg') of windows along three axes."""
    return _pool("pool3d", 3, x, pool_size, strides, padding, data_format, pool_mode)
