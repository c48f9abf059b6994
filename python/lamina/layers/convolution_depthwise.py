"""Convolutions of each channel by itself: depthwise, and separable ones, which mix the channels afterwards."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from .. import _core, ops
from .convolutional import BaseConv, Shape
from .weights import weight_arguments
from .windows import window_arguments


def _depthwise(layer: BaseConv, x: Any, kernel: Any, *bias: Any) -> Any:
    """A convolution with a group per channel: its kernel is (spatial..., 1, channels * filters per channel)."""
    *size, channels, multiplier = kernel.shape
    return layer._conv(x, ops.reshape(kernel, (*size, 1, channels * multiplier)), channels, *bias)


class _DepthwiseConv(BaseConv):
    _options = MappingProxyType({"kernel": "depthwise"})

    @weight_arguments(depthwise="glorot_uniform", bias="zeros", activity_regularizer=True)
    @window_arguments("kernel_size strides padding depth_multiplier data_format dilation_rate activation use_bias")
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def _weight_shapes(self, input_shape: Shape, channels: int) -> dict[str, Shape]:
        kernel = (*self.kernel_size, channels, self.depth_multiplier)
        return {"kernel": kernel, "bias": (channels * self.depth_multiplier,)}

    def _convolve(self, x: Any) -> Any:
        return _depthwise(self, x, self.kernel.value, *self._bias)


class DepthwiseConv1D(_DepthwiseConv):
    """Convolution of each channel by itself over steps: (batch, steps, channels) -> (.., channels * depth_multiplier).

    Each channel has `depth_multiplier` (1 by default) outputs; those of channel 0 come first. Sizes are those of
    `Conv1D`, 'causal' included. The kernel has shape (size, channels, depth_multiplier). Strides and dilation may both
    be above 1. ValueError where nothing would be left of the input.

    >>> import numpy as np, lamina
    >>> lamina.layers.DepthwiseConv1D(3, depth_multiplier=2)(np.ones((2, 10, 3), "float32")).shape
    (2, 8, 6)
    """

    rank = 1
    paddings = (*BaseConv.paddings, "causal")


class DepthwiseConv2D(_DepthwiseConv):
    """Convolution of each channel by itself: (batch, rows, columns, channels) -> (..., channels * depth_multiplier).

    Each channel has `depth_multiplier` (1 by default) outputs; those of channel 0 come first. Sizes are those of
    `Conv2D`. The kernel has shape (height, width, channels, depth_multiplier). Strides and dilation may both be above
    1. ValueError where nothing would be left of the input.

    >>> import numpy as np, lamina
    >>> lamina.layers.DepthwiseConv2D(3, padding="same")(np.ones((2, 8, 9, 3), "float32")).shape
    (2, 8, 9, 3)
    """

    rank = 2


class _SeparableConv(BaseConv):
    depthwise_kernel: Any = None
    pointwise_kernel: Any = None
    _options = MappingProxyType({"depthwise_kernel": "depthwise", "pointwise_kernel": "pointwise"})

    @weight_arguments(depthwise="glorot_uniform", pointwise="glorot_uniform", bias="zeros", activity_regularizer=True)
    @window_arguments(
        "filters kernel_size strides padding data_format dilation_rate depth_multiplier activation use_bias"
    )
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def _weight_shapes(self, input_shape: Shape, channels: int) -> dict[str, Shape]:
        return {
            "depthwise_kernel": (*self.kernel_size, channels, self.depth_multiplier),
            "pointwise_kernel": (*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            "bias": (self.filters,),
        }

    def _convolve(self, x: Any) -> Any:
        return _core.ops.conv(
            _depthwise(self, x, self.depthwise_kernel.value), self.pointwise_kernel.value, *self._bias
        )


class SeparableConv1D(_SeparableConv):
    """A depthwise convolution over steps, then `filters` mixtures of its channels.

    Input (batch, steps, channels), output (batch, new steps, filters). The weights are `depthwise_kernel` of shape
    (size, channels, depth_multiplier) and `pointwise_kernel` of shape (1, channels * depth_multiplier, filters), with
    nothing between them; `depth_multiplier` is 1 by default. Sizes are those of `Conv1D`, 'causal' included. Strides
    and dilation may both be above 1. ValueError where nothing would be left of the input.

    >>> import numpy as np, lamina
    >>> lamina.layers.SeparableConv1D(4, 3)(np.ones((2, 10, 3), "float32")).shape
    (2, 8, 4)
    """

    rank = 1
    paddings = (*BaseConv.paddings, "causal")


class SeparableConv2D(_SeparableConv):
    """A depthwise convolution over images, then `filters` mixtures of its channels (Chollet 2017, "Xception").

    Input (batch, rows, columns, channels), output (batch, new rows, new columns, filters). Sizes are those of `Conv2D`;
    weights and errors are those of `SeparableConv1D`.

    >>> import numpy as np, lamina
    >>> lamina.layers.SeparableConv2D(4, 3, depth_multiplier=2)(np.ones((2, 8, 9, 3), "float32")).shape
    (2, 6, 7, 4)
    """

    rank = 2


SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
