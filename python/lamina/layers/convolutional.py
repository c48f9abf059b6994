"""Convolution layers: one class for every number of spatial axes."""

from __future__ import annotations

from typing import Any

from .. import _core, activations
from ..checks import choice, explain, integer, integers
from ..config import standardize_data_format
from .input_spec import InputSpec
from .lora import LoraLayer
from .support import (
    channels_to_first,
    channels_to_last,
    check_windows,
    size_of_axis,
)
from .weights import add_weight, weight_arguments


class BaseConv(LoraLayer):
    """A convolution over `rank` spatial axes, plus bias, then activation."""

    rank: int

    @weight_arguments(kernel="glorot_uniform", bias="zeros", activity_regularizer=True)
    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.filters = integer(owner, "filters", filters)
        self.kernel_size = integers(owner, "kernel_size", kernel_size, self.rank)
        self.strides = integers(owner, "strides", strides, self.rank)
        self.dilation_rate = integers(owner, "dilation_rate", dilation_rate, self.rank)
        self.padding = choice(
            owner, "padding", padding, ("valid", "same", "causal") if self.rank == 1 else ("valid", "same")
        )
        self.data_format = standardize_data_format(data_format)
        self.groups = integer(owner, "groups", groups)
        if self.filters % self.groups:
            raise ValueError(
                explain(
                    f"{owner}: the filters do not split into groups.",
                    f"`filters` divisible by groups={self.groups}",
                    f"filters={self.filters}",
                    "change `filters` or `groups`.",
                )
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                explain(
                    f"{owner}: strides and dilation cannot be combined.",
                    "`strides` of 1 or `dilation_rate` of 1",
                    f"strides={self.strides}, dilation_rate={self.dilation_rate}",
                    "use two layers, or one of the two.",
                )
            )
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self.kernel: Any = None
        self.bias: Any = None

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def build(self, input_shape: Any) -> None:
        owner = type(self).__name__
        channels = size_of_axis(self, input_shape, self._channel_axis, "number of channels")
        if channels % self.groups:
            raise ValueError(
                explain(
                    f"{owner}: the input's channels do not split into groups.",
                    f"a number of channels divisible by groups={self.groups}",
                    f"{channels}, from an input of shape {tuple(input_shape)}",
                    "change `groups`, or the channels of the layer before.",
                )
            )
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate)]
        check_windows(self, input_shape, reach, self.padding, self.data_format)
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, channels // self.groups, self.filters))
        if self.use_bias:
            self.bias = add_weight(self, "bias", (self.filters,))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channel_axis: channels})

    def call(self, inputs: Any) -> Any:
        channels_first = self.data_format == "channels_first"
        outputs = _core.ops.conv(
            channels_to_last(inputs) if channels_first else inputs,
            self.kernel.value,
            *(() if self.bias is None else (self.bias.value,)),
            strides=list(self.strides),
            padding=self.padding,
            dilation=list(self.dilation_rate),
            groups=self.groups,
        )
        # The activation comes last: a softmax, say, goes over the last axis whatever the data format is.
        return self.activation(channels_to_first(outputs) if channels_first else outputs)


class Conv1D(BaseConv):
    """Convolution over steps: input (batch, steps, channels), output (batch, new steps, filters).

    `padding`: 'valid', 'same' (output length = ceil(steps / strides)) or 'causal' (no output sees later steps).

    >>> import numpy as np, lamina
    >>> lamina.layers.Conv1D(4, 3)(np.ones((2, 10, 3), "float32")).shape
    (2, 8, 4)
    """

    rank = 1


class Conv2D(BaseConv):
    """Convolution over images: input (batch, rows, columns, channels), output (batch, new rows, new columns, filters).

    `padding`: 'valid' or 'same' (output size = ceil(size / strides)). `groups` splits the channels into independent
    parts.

    >>> import numpy as np, lamina
    >>> lamina.layers.Conv2D(4, 3, strides=2, padding="same")(np.ones((2, 9, 9, 3), "float32")).shape
    (2, 5, 5, 4)
    """

    rank = 2


class Conv3D(BaseConv):
    """Convolution over volumes: input (batch, depth, rows, columns, channels), output likewise with `filters` channels.

    >>> import numpy as np, lamina
    >>> lamina.layers.Conv3D(2, 2)(np.ones((1, 4, 4, 4, 1), "float32")).shape
    (1, 3, 3, 3, 2)
    """

    rank = 3


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
