"""Transposed convolutions: layers that make sizes grow as a convolution with strides makes them shrink."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..checks import explain
from .convolutional import BaseConv, Shape
from .support import refuse_dilated_strides
from .weights import weight_arguments
from .windows import window_arguments


class _ConvTranspose(BaseConv):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        refuse_dilated_strides(owner, self.strides, self.dilation_rate)
        if any(extra >= stride for extra, stride in zip(self.output_padding or (), self.strides)):
            raise ValueError(
                explain(
                    f"{owner}: `output_padding` is too large.",
                    f"less than strides={self.strides} along each axis",
                    f"output_padding={self.output_padding}",
                    "make it smaller, or leave it out.",
                )
            )

    def _check_input(self, shape: Shape, channels: int) -> None:
        """Every size will do: there are no windows over the input."""

    def _weight_shapes(self, input_shape: Shape, channels: int) -> dict[str, Shape]:
        return {"kernel": (*self.kernel_size, self.filters, channels), "bias": (self.filters,)}

    def _convolve(self, x: Any) -> Any:
        outputs = ops.conv_transpose(
            x,
            self.kernel.value,
            self.strides,
            self.padding,
            self.output_padding,
            "channels_last",
            self.dilation_rate,
        )
        return outputs if self.bias is None else outputs + self.bias.value


def _constructor(middle: str) -> Callable[..., None]:
    """The constructor whose arguments have these in the middle: their order is not the same in all classes of Keras."""
    windows = window_arguments(f"filters kernel_size strides padding {middle} dilation_rate activation use_bias")
    weights = weight_arguments(kernel="glorot_uniform", bias="zeros", activity_regularizer=True)
    return weights(windows(_ConvTranspose.__init__))


class Conv1DTranspose(_ConvTranspose):
    """Transposed convolution over steps: input (batch, steps, channels), output (batch, new steps, filters).

    It is the gradient of a `Conv1D` with the same kernel, of shape (size, filters, channels), by that layer's input.
    New steps, where the dilated kernel spans k of them: (steps - 1) * strides + max(k, strides) for padding 'valid',
    steps * strides for 'same'. `output_padding` chooses among the sizes that a convolution with strides makes equal:
    (steps - 1) * strides + k + output_padding for 'valid', with k % 2 in place of k for 'same'.

    ValueError for strides and dilation both above 1, and for an `output_padding` that is not less than `strides`.

    >>> import numpy as np, lamina
    >>> lamina.layers.Conv1DTranspose(4, 3, strides=2)(np.ones((2, 5, 3), "float32")).shape
    (2, 11, 4)
    """

    rank = 1
    __init__ = _constructor("output_padding data_format")


class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution over images: input (batch, rows, columns, channels), output likewise with `filters`.

    It is the gradient of a `Conv2D` with the same kernel, of shape (height, width, filters, channels), by that layer's
    input (Zeiler et al. 2010, "Deconvolutional networks"). Sizes and errors are those of `Conv1DTranspose`.

    >>> import numpy as np, lamina
    >>> lamina.layers.Conv2DTranspose(4, 3, strides=2, padding="same")(np.ones((2, 5, 6, 3), "float32")).shape
    (2, 10, 12, 4)
    """

    rank = 2
    __init__ = _constructor("output_padding data_format")


class Conv3DTranspose(_ConvTranspose):
    """Transposed convolution over volumes: input (batch, depth, rows, columns, channels), output with `filters`.

    Sizes and errors are those of `Conv1DTranspose`. As in Keras, `data_format` comes before `output_padding` here.

    >>> import numpy as np, lamina
    >>> lamina.layers.Conv3DTranspose(2, 2, strides=2)(np.ones((1, 2, 3, 2, 1), "float32")).shape
    (1, 4, 6, 4, 2)
    """

    rank = 3
    __init__ = _constructor("data_format output_padding")


Convolution1DTranspose, Convolution2DTranspose, Convolution3DTranspose = (
    Conv1DTranspose,
    Conv2DTranspose,
    Conv3DTranspose,
)
