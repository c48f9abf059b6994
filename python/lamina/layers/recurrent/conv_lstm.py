"""ConvLSTM: an LSTM whose products are convolutions, over images that change in time."""

from __future__ import annotations

from typing import Any

from ... import _core, ops
from ...checks import explain
from ..support import channels_to_first, channels_to_last, check_windows, refuse_dilated_strides, size_of_axis
from ..weights import add_weight, weight_arguments
from ..windows import Windowed, window_arguments
from .cell import Cell, Step, masked_product
from .cell_layer import CellLayer
from .lstm import lstm_step, open_forget_gates


class ConvLSTMCell(Windowed, Cell):
    """One step: a convolution of the inputs, with the bias, and one of the state that keeps its size."""

    gates = 4
    cell_name = "conv_lstm_cell"

    @weight_arguments(
        kernel="glorot_uniform", recurrent="orthogonal", bias="zeros", after_initializers={"unit_forget_bias": True}
    )
    @window_arguments(
        "filters kernel_size strides padding data_format dilation_rate activation recurrent_activation use_bias",
        activation="tanh",
    )
    def __init__(
        self, *, dropout: float = 0.0, recurrent_dropout: float = 0.0, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(dropout, recurrent_dropout, seed, **{**kwargs, "implementation": 1})
        refuse_dilated_strides(type(self).__name__, self.strides, self.dilation_rate)
        self.state_size: Any = [self.filters, self.filters]

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else -1 - self.rank

    def build(self, input_shape: Any) -> None:
        channels = size_of_axis(self, input_shape, self._channel_axis, "number of channels")
        first = self.data_format == "channels_first"
        sizes = input_shape[2:] if first else input_shape[1:-1]
        if None in sizes:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: the size of the states is not known.",
                    "known sizes, except for the batch and the number of steps",
                    f"one step of shape {tuple(input_shape)}",
                    "give the sizes in `Input(shape=...)`.",
                )
            )
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate)]
        check_windows(self, input_shape, reach, self.padding, self.data_format)
        left = reach if self.padding == "valid" else [1] * self.rank
        sizes = [(n - k) // s + 1 for n, k, s in zip(sizes, left, self.strides)]
        self.output_size = (self.filters, *sizes) if first else (*sizes, self.filters)
        self.state_size = [self.output_size, self.output_size]

        columns = 4 * self.filters
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, channels, columns))
        self.recurrent_kernel = add_weight(
            self, "recurrent_kernel", (*self.kernel_size, self.filters, columns), options="recurrent"
        )
        if self.use_bias:
            self.bias = add_weight(self, "bias", (columns,), initializer=open_forget_gates(self, self.filters))

    def project(self, inputs: Any, training: bool | None) -> Any:
        masks = self.masks(inputs.dims[-self.step_rank :], inputs.dtype, self.dropout, training)

        def convolve(x: Any, part: Any) -> Any:
            return self._convolve(x, part, self.strides, self.padding, self.dilation_rate)

        projected = masked_product(convolve, inputs, self.kernel.value, masks, self._channel_axis)
        if self.bias is None:
            return projected
        return projected + ops.reshape(self.bias.value, (-1, *(1,) * (-1 - self._channel_axis)))

    def stepper(self, state: Any, training: bool | None) -> Step:
        kernel = self.recurrent_kernel.value
        masks = self.masks(state.dims, state.dtype, self.recurrent_dropout, training)
        ones = (1,) * self.rank

        def convolve(x: Any, part: Any) -> Any:
            return self._convolve(x, part, ones, "same", ones)

        def recur(h: Any) -> Any:
            return masked_product(convolve, h, kernel, masks, self._channel_axis)

        return lstm_step(self, recur, self._channel_axis)

    def _convolve(self, x: Any, kernel: Any, strides: Any, padding: str, dilation: Any) -> Any:
        """The convolution of one step, or of all steps of a sequence (time, batch, ...) at once."""
        leading = x.dims[: x.ndim - self.step_rank + 1]
        first = self.data_format == "channels_first"
        x = ops.reshape(x, (-1, *x.dims[1 - self.step_rank :]))
        y = _core.ops.conv(
            channels_to_last(x) if first else x,
            kernel,
            strides=list(strides),
            padding=padding,
            dilation=list(dilation),
            groups=1,
        )
        y = channels_to_first(y) if first else y
        return ops.reshape(y, (*leading, *y.dims[1:]))


class ConvLSTM1DCell(ConvLSTMCell):
    """The cell of `ConvLSTM1D`."""

    rank, step_rank = 1, 3


class ConvLSTM2DCell(ConvLSTMCell):
    """The cell of `ConvLSTM2D`."""

    rank, step_rank = 2, 4


class ConvLSTM3DCell(ConvLSTMCell):
    """The cell of `ConvLSTM3D`."""

    rank, step_rank = 3, 5


_AFTER = "seed return_sequences return_state go_backwards stateful"


class ConvLSTM1D(CellLayer, cell=ConvLSTM1DCell, after=_AFTER):
    """An LSTM over sequences that change in time (Shi et al. 2015): its products are convolutions.

    Input (batch, time, steps, channels), output (batch, new steps, filters), or (batch, time, new steps, filters) with
    `return_sequences`; `return_state` adds the last h and c. `strides`, `padding` and `dilation_rate` are those of the
    convolution of the inputs. ValueError as of `Conv1D` and `RNN`, and for unknown sizes besides batch and time.

    >>> import numpy as np, lamina
    >>> lamina.layers.ConvLSTM1D(4, 3)(np.ones((2, 5, 8, 3), "float32")).shape
    (2, 6, 4)
    """


class ConvLSTM2D(CellLayer, cell=ConvLSTM2DCell, after=_AFTER):
    """An LSTM over images that change in time (Shi et al. 2015): its products are convolutions.

    Input (batch, time, rows, columns, channels), output (batch, new rows, new columns, filters), or with
    `return_sequences` (batch, time, new rows, new columns, filters). Otherwise as `ConvLSTM1D`.

    >>> import numpy as np, lamina
    >>> lamina.layers.ConvLSTM2D(4, 3, padding="same")(np.ones((1, 2, 5, 6, 3), "float32")).shape
    (1, 5, 6, 4)
    """


class ConvLSTM3D(CellLayer, cell=ConvLSTM3DCell, after=_AFTER):
    """An LSTM over volumes that change in time (Shi et al. 2015): its products are convolutions.

    Input (batch, time, depth, rows, columns, channels), output likewise without `time`, or with it with
    `return_sequences`, and with `filters` channels. Otherwise as `ConvLSTM1D`.

    >>> import numpy as np, lamina
    >>> lamina.layers.ConvLSTM3D(2, 2)(np.ones((1, 2, 3, 3, 3, 1), "float32")).shape
    (1, 2, 2, 2, 2)
    """
