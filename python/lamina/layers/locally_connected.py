"""Locally connected layers: convolutions whose every output position has weights of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _core, ops
from ..checks import choice, explain
from .convolutional import BaseConv, Shape
from .input_spec import InputSpec
from .support import size_of_axis
from .weights import weight_arguments
from .windows import window_arguments


class _LocallyConnected(BaseConv):
    """The windows of all positions times a matrix (features of a window, filters) for each position.

    Windows and matrices are taken from the flat input and the stored kernel: `_taps` and `_entries` are their numbers
    there. Inputs and outputs are numbered as they lie in memory, so both data formats go the same way.
    """

    _entries: np.ndarray | None = None  # None: the kernel is stored as the matrices are used

    @weight_arguments(kernel="glorot_uniform", bias="zeros", activity_regularizer=True)
    @window_arguments("filters kernel_size strides padding data_format activation use_bias")
    def __init__(self, *, implementation: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dilation_rate = (1,) * self.rank
        owner = type(self).__name__
        self.implementation = choice(owner, "implementation", implementation, (1, 2, 3))
        if self.padding == "same" and self.implementation == 1:
            raise ValueError(
                explain(
                    f"{owner}: implementation 1 stores whole windows only.",
                    "padding='valid', or implementation 2 or 3",
                    f"padding={self.padding!r}, implementation={implementation}",
                    "change one of the two.",
                )
            )

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.input_spec = InputSpec(shape=(None, *input_shape[1:]))

    def _weight_shapes(self, input_shape: Shape, channels: int) -> dict[str, Shape]:
        last = self.data_format == "channels_last"
        first = 1 if last else 2
        sizes = [size_of_axis(self, input_shape, first + i, "size") for i in range(self.rank)]
        size = math.prod(sizes) * channels
        self._taps, positions = self._windows(np.arange(size).reshape(input_shape[1:]), sizes)
        count = len(self._taps)
        shapes = {"kernel": (*self._taps.shape, self.filters), "bias": (*positions, self.filters)}
        self._output_shape = (*positions, self.filters) if last else (self.filters, *positions)
        if self.implementation == 1:
            return shapes

        numbers = np.arange(count * self.filters)
        outputs = (numbers.reshape(count, -1) if last else numbers.reshape(-1, count).T)[:, None, :]
        taps = self._taps[:, :, None]
        if self.implementation == 2:  # a matrix of all inputs and all outputs, most of which are not connected
            entries = taps * (count * self.filters) + outputs
            shapes["kernel"] = (*input_shape[1:], *self._output_shape)
        else:  # the entries for those that are, sorted by output, then by input
            keys = outputs * size + taps
            stored = np.unique(keys[np.broadcast_to(taps < size, keys.shape)])
            entries = np.searchsorted(stored, keys)
            shapes["kernel"] = stored.shape
        self._entries = np.where(taps < size, entries, 0)  # outside there are zeros only: any weight will do
        return shapes

    def _windows(self, numbers: np.ndarray, sizes: Sequence[int]) -> tuple[np.ndarray, Shape]:
        """The numbers in each window as (positions, features), the next one standing for zeros outside; positions."""
        first = 0 if self.data_format == "channels_last" else 1
        widths, steps = [(0, 0)] * numbers.ndim, [slice(None)] * numbers.ndim
        for axis, (n, k, stride) in enumerate(zip(sizes, self.kernel_size, self.strides), start=first):
            steps[axis] = slice(None, None, stride)
            if self.padding == "same":  # multiples of the strides are in the middle of their windows
                before, count = k // 2, -(-n // stride)
                widths[axis] = (before, max((count - 1) * stride + k - before - n, 0))
                steps[axis] = slice(0, count * stride, stride)
        padded = np.pad(numbers, widths, constant_values=numbers.size)
        axes = tuple(range(first, first + self.rank))
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.kernel_size, axes)[tuple(steps)]
        positions = tuple(windows.shape[axis] for axis in axes)
        windows = np.moveaxis(windows, self.rank, -1) if first == 0 else np.moveaxis(windows, 0, self.rank)
        return windows.reshape(math.prod(positions), -1), positions

    def _before_activation(self, x: Any) -> Any:
        batch = x.dims[0]
        # The samples come last, so that what is taken are rows of them.
        flat = ops.transpose(ops.reshape(x, (batch, math.prod(self.input_spec.shape[1:]))))
        if self.padding == "same":
            flat = ops.pad(flat, ((0, 1), (0, 0)))
        windows = ops.take(flat, self._taps, axis=0)
        kernel = self.kernel.value if self._entries is None else ops.take(self.kernel.value, self._entries)
        outputs = _core.ops.matmul(windows, kernel, transpose_a=True)  # (positions, batch, filters)
        if self.bias is not None:
            outputs = outputs + ops.reshape(self.bias.value, (len(self._taps), 1, self.filters))
        order = (1, 0, 2) if self.data_format == "channels_last" else (1, 2, 0)
        return ops.reshape(ops.transpose(outputs, order), (batch, *self._output_shape))


class LocallyConnected1D(_LocallyConnected):
    """A convolution over steps with other weights at each: (batch, steps, channels) -> (batch, new steps, filters).

    A layer of Keras 2. New steps: floor((steps - size) / strides) + 1 for padding 'valid' (the default), ceil(steps /
    strides) for 'same'. The bias has shape (new steps, filters). The three values of `implementation` compute the same
    and differ in how the kernel is stored:

    1. (new steps, size * channels, filters), for padding 'valid' only; the default;
    2. (steps, channels, new steps, filters), of which only the entries within windows are used;
    3. these entries alone, along one axis: those of the first output, then those of the second, and so on.

    With data_format='channels_first' a kernel of 2 is (channels, steps, filters, new steps), 3 follows its order, and
    in 1 the channels come before the entries of the window. ValueError where a size besides the batch is not known.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.LocallyConnected1D(4, 3)
    >>> layer(np.ones((2, 10, 3), "float32")).shape, layer.kernel.shape, layer.bias.shape
    ((2, 8, 4), (8, 9, 4), (8, 4))
    """

    rank = 1


class LocallyConnected2D(_LocallyConnected):
    """A convolution over images with other weights at each position: (.., rows, columns, channels) -> (.., filters).

    A layer of Keras 2. It has the sizes and the values of `implementation` of `LocallyConnected1D`, with kernels of
    shape (new rows * new columns, height * width * channels, filters), (rows, columns, channels, new rows, new columns,
    filters) and of one axis.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.LocallyConnected2D(4, 3, strides=2, padding="same", implementation=3)
    >>> layer(np.ones((2, 8, 8, 1), "float32")).shape, layer.bias.shape
    ((2, 4, 4, 4), (4, 4, 4))
    """

    rank = 2
