"""Convolutions. The engine works on channels last; channels first costs a transpose at both ends."""

from __future__ import annotations

from typing import Any

from .. import _core, config
from ..checks import choice, explain, integers
from .convert import to_common, to_float
from .operation import operation

__all__ = ["conv", "conv_transpose", "depthwise_conv", "separable_conv"]

_ops = _core.ops
_PADDINGS = ("valid", "same")


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


def _prepare(owner: str, inputs: Any, data_format: Any, *kernels: Any) -> tuple[bool, int, list[Any]]:
    """Whether channels come first, the number of spatial axes, and the tensors, the input with its channels last."""
    x, *weights = map(to_float, to_common(inputs, *kernels))
    rank = _spatial_rank(owner, x)
    first = config.standardize_data_format(data_format) == "channels_first"
    for kernel in weights:
        if kernel.ndim != rank + 2:
            raise ValueError(
                explain(
                    f"{owner}: the kernel does not fit the input.",
                    f"a kernel of rank {rank + 2} for an input of shape {x.shape}",
                    f"kernel of shape {kernel.shape}",
                    "give the kernel shape (spatial..., channels, filters).",
                )
            )
    return first, rank, [_to_last(x) if first else x, *weights]


def _check_channels(owner: str, x: Any, kernel: Any, axis: int) -> None:
    if x.shape[-1] != kernel.shape[axis]:
        raise ValueError(
            explain(
                f"{owner}: the channels do not fit the kernel.",
                f"{kernel.shape[axis]} channels",
                f"{x.shape[-1]} channels, kernel {kernel.shape}",
                "build the kernel for the input's channels.",
            )
        )


@operation
def conv(
    inputs: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Any:
    """Convolution of 1 to 3 spatial axes; kernel of shape (spatial..., channels per group, filters)."""
    first, rank, (x, kernel) = _prepare("conv", inputs, data_format, kernel)
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
        padding=choice("conv", "padding", padding, (*_PADDINGS, "causal")),
        dilation=list(integers("conv", "dilation_rate", dilation_rate, rank)),
        groups=channels // taken,
    )
    return _to_first(y) if first else y


def _depthwise(owner: str, rank: int, x: Any, kernel: Any, strides: Any, padding: str, dilation_rate: Any) -> Any:
    _check_channels(owner, x, kernel, -2)
    *size, channels, multiplier = kernel.shape
    return _ops.conv(
        x,
        _ops.reshape(kernel, shape=[*size, 1, channels * multiplier]),
        strides=list(integers(owner, "strides", strides, rank)),
        padding=choice(owner, "padding", padding, _PADDINGS),
        dilation=list(integers(owner, "dilation_rate", dilation_rate, rank)),
        groups=channels,
    )


@operation
def depthwise_conv(
    inputs: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Any:
    """Each channel convolved with its own filters; kernel of shape (spatial..., channels, filters per channel)."""
    first, rank, (x, kernel) = _prepare("depthwise_conv", inputs, data_format, kernel)
    y = _depthwise("depthwise_conv", rank, x, kernel, strides, padding, dilation_rate)
    return _to_first(y) if first else y


@operation
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Any:
    """A depthwise convolution, then one over the channels alone: a pointwise kernel (1..., channels, filters)."""
    first, rank, (x, deep, flat) = _prepare("separable_conv", inputs, data_format, depthwise_kernel, pointwise_kernel)
    y = _depthwise("separable_conv", rank, x, deep, strides, padding, dilation_rate)
    _check_channels("separable_conv", y, flat, -2)
    y = _ops.conv(y, flat)
    return _to_first(y) if first else y


@operation
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Any:
    """The gradient of a convolution by its input, as a layer that makes sizes grow by `strides`.

    The kernel has shape (spatial..., filters, channels). Along an axis of size n, where the kernel spans k entries, the
    result has (n - 1) * stride + max(k, stride) of them for "valid" padding and n * stride for "same";
    `output_padding` replaces the end of these: (n - 1) * stride + k + output_padding, and
    (n - 1) * stride + k % 2 + output_padding.
    """
    owner = "conv_transpose"
    first, rank, (x, kernel) = _prepare(owner, inputs, data_format, kernel)
    _check_channels(owner, x, kernel, -1)
    mode = choice(owner, "padding", padding, _PADDINGS)
    steps = integers(owner, "strides", strides, rank)
    dilation = integers(owner, "dilation_rate", dilation_rate, rank)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel.shape, dilation)]
    # The result has (n - 1) * stride + end entries; the whole one ends at `reach` in place of `end`.
    if output_padding is None:
        ends = [max(k, s) if mode == "valid" else s for k, s in zip(reach, steps)]
    else:
        extra = integers(owner, "output_padding", output_padding, rank, minimum=0)
        ends = [(k if mode == "valid" else k % 2) + e for k, e in zip(reach, extra)]
    before = [(n - 1) * s for n, s in zip(x.dims[1:-1], steps)]

    def transposed(mode: str, ends: list[int]) -> Any:
        shape = [x.dims[0], *(b + e for b, e in zip(before, ends)), kernel.dims[-2]]
        options = {"strides": list(steps), "padding": mode, "dilation": list(dilation)}
        return _ops.conv_grad_input(x, kernel, input_shape=shape, **options)

    lowest = reach if mode == "valid" else [1] * rank
    if all(low <= end < low + s for low, end, s in zip(lowest, ends, steps)):  # a convolution goes back to n entries
        y = transposed(mode, ends)
    else:  # the whole result, cut or filled up with zeros
        y = transposed("valid", reach)
        starts = [0 if mode == "valid" else max(k - end, 0) // 2 for k, end in zip(reach, ends)]
        missing = [max(start + end - k, 0) for start, end, k in zip(starts, ends, reach)]
        stops = [b + start + end - m for b, start, end, m in zip(before, starts, ends, missing)]
        ones = [1] * (rank + 2)
        y = _ops.slice(y, starts=[0, *starts, 0], stops=[x.dims[0], *stops, kernel.dims[-2]], strides=ones)
        y = _ops.pad(y, low=[0] * (rank + 2), high=[0, *missing, 0], value=0.0)
    return _to_first(y) if first else y
