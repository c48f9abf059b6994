"""Convolution layers, and what all convolutions share; one class for every number of spatial axes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .. import _core
from ..checks import explain
from ..saving.configurable import constructor_signature
from .input_spec import InputSpec, check
from .layer import Layer
from .lora import LoraLayer
from .support import (
    channels_to_first,
    channels_to_last,
    check_windows,
    refuse_dilated_strides,
    size_of_axis,
    to_float,
)
from .weights import add_weight, weight_arguments
from .windows import Windowed, window_arguments

Shape = tuple[int, ...]

_OF_KERAS_2 = ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint")


class BaseConv(Windowed, Layer):
    """Windows over `rank` spatial axes times weights, plus bias, then activation.

    Subclasses say which arguments and weights there are (`_weight_shapes`) and what they do to inputs, their channels
    last (`_convolve`).
    """

    kernel: Any = None
    bias: Any = None
    _options: Mapping[str, str] = MappingProxyType({})  # weights whose options go by another name

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The layer that `get_config` described. Keras 2 also wrote arguments of `Conv2D` that other layers lack."""
        known = constructor_signature(cls).parameters
        return super().from_config({k: v for k, v in config.items() if k in known or k not in _OF_KERAS_2})

    def _weight_shapes(self, input_shape: Shape, channels: int) -> dict[str, Shape]:
        """The shapes of the weights by name, in order."""
        raise NotImplementedError

    def _convolve(self, x: Any) -> Any:
        """What comes before the activation, for and with channels last."""
        raise NotImplementedError

    def _check_input(self, shape: Shape, channels: int) -> None:
        """ValueError for shapes that the layer cannot be built for."""
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate)]
        check_windows(self, shape, reach, self.padding, self.data_format)

    def build(self, input_shape: Any) -> None:
        check(self.input_spec, _core.symbolic(list(input_shape), self.compute_dtype), self.name)
        axis = -1 if self.data_format == "channels_last" else 1
        channels = size_of_axis(self, input_shape, axis, "number of channels")
        self._check_input(tuple(input_shape), channels)
        for name, shape in self._weight_shapes(tuple(input_shape), channels).items():
            if name != "bias" or self.use_bias:
                setattr(self, name, add_weight(self, name, shape, options=self._options.get(name, name)))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})

    def call(self, inputs: Any) -> Any:
        x = to_float(self, inputs)  # e.g. images of bytes
        # The activation comes last: a softmax, say, goes over the last axis whatever the data format is.
        return self.activation(self._before_activation(x))

    def _before_activation(self, x: Any) -> Any:
        if self.data_format == "channels_last":
            return self._convolve(x)
        return channels_to_first(self._convolve(channels_to_last(x)))

    def _conv(self, x: Any, kernel: Any, groups: int, *bias: Any) -> Any:
        """One convolution with the windows of this layer."""
        window: dict[str, Any] = {"strides": list(self.strides), "dilation": list(self.dilation_rate)}
        return _core.ops.conv(x, kernel, *bias, padding=self.padding, groups=groups, **window)

    @property
    def _bias(self) -> tuple[Any, ...]:
        return () if self.bias is None else (self.bias.value,)


class _Conv(LoraLayer, BaseConv):
    @weight_arguments(kernel="glorot_uniform", bias="zeros", activity_regularizer=True)
    @window_arguments("filters kernel_size strides padding data_format dilation_rate groups activation use_bias")
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        if self.filters % self.groups:
            raise ValueError(
                explain(
                    f"{owner}: the filters do not split into groups.",
                    f"`filters` divisible by groups={self.groups}",
                    f"filters={self.filters}",
                    "change `filters` or `groups`.",
                )
            )
        refuse_dilated_strides(owner, self.strides, self.dilation_rate)

    def _check_input(self, shape: Shape, channels: int) -> None:
        super()._check_input(shape, channels)
        if channels % self.groups:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: the input's channels do not split into groups.",
                    f"a number of channels divisible by groups={self.groups}",
                    f"{channels}, from an input of shape {shape}",
                    "change `groups`, or the channels of the layer before.",
                )
            )

    def _weight_shapes(self, input_shape: Shape, channels: int) -> dict[str, Shape]:
        return {"kernel": (*self.kernel_size, channels // self.groups, self.filters), "bias": (self.filters,)}

    def _convolve(self, x: Any) -> Any:
        return self._conv(x, self.kernel.value, self.groups, *self._bias)


class Conv1D(_Conv):
    """Convolution over steps: input (batch, steps, channels), output (batch, new steps, filters).

    New steps, where the dilated kernel spans k of them: floor((steps - k) / strides) + 1 for `padding` 'valid' (the
    default), ceil(steps / strides) for 'same' and 'causal'; with the latter no output sees later steps. Strides,
    dilation and `groups` are 1 by default. The kernel has shape (size, channels / groups, filters). With
    data_format='channels_first' the channels come before the steps.

    ValueError for strides and dilation both above 1, for `groups` that do not divide `filters` and channels, and where
    nothing would be left of the input.

    >>> import numpy as np, lamina
    >>> lamina.layers.Conv1D(4, 3)(np.ones((2, 10, 3), "float32")).shape
    (2, 8, 4)
    """

    rank = 1
    paddings = (*BaseConv.paddings, "causal")


class Conv2D(_Conv):
    """Convolution over images: input (batch, rows, columns, channels), output (batch, new rows, new columns, filters).

    Sizes, defaults and errors are those of `Conv1D`; sizes of the kernel, strides and dilation may be one integer or
    one per axis, and `padding` is 'valid' or 'same'. `groups` splits the channels into independent parts (Krizhevsky et
    al. 2012, "ImageNet classification with deep convolutional neural networks").

    >>> import numpy as np, lamina
    >>> lamina.layers.Conv2D(4, 3, strides=2, padding="same")(np.ones((2, 9, 9, 3), "float32")).shape
    (2, 5, 5, 4)
    """

    rank = 2


class Conv3D(_Conv):
    """Convolution over volumes: input (batch, depth, rows, columns, channels), output likewise with `filters` channels.

    Sizes, defaults and errors are those of `Conv2D`.

    >>> import numpy as np, lamina
    >>> lamina.layers.Conv3D(2, 2)(np.ones((1, 4, 4, 4, 1), "float32")).shape
    (1, 3, 3, 3, 2)
    """

    rank = 3


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
