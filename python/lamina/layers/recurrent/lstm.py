"""LSTM: states that gates keep, change and show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import _core, activations, initializers, ops
from ..weights import weight_arguments
from .cell import Step
from .cell_layer import CellLayer
from .dense_cell import DenseCell


def lstm_step(cell: Any, recur: Callable[[Any], Any], axis: int = -1) -> Step:
    """A step of `cell` whose gates stand along `axis` in the order input, forget, candidate, output."""

    def step(inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        h, c = states
        i, f, candidate, o = ops.split(inputs + recur(h), 4, axis=axis)
        c = cell.recurrent_activation(f) * c + cell.recurrent_activation(i) * cell.activation(candidate)
        h = cell.recurrent_activation(o) * cell.activation(c)
        return h, [h, c]

    return step


def open_forget_gates(cell: Any, units: int) -> Any:
    """The cell's initializer of the bias with ones for the forget gates (Jozefowicz et al. 2015), if it asks for it."""
    if not cell.unit_forget_bias:
        return None

    def start(shape: Any, dtype: Any = None) -> Any:
        parts = [(cell.bias_initializer, 1), (initializers.Ones(), 1), (cell.bias_initializer, 2)]
        return ops.concatenate([initializer((count * units,), dtype=dtype) for initializer, count in parts])

    return start


class LSTMCell(DenseCell):
    """One step of `LSTM`: inputs (batch, features), states [h, c], each (batch, units); the output is h.

    The columns of `kernel`, `recurrent_kernel` and `bias` hold the gates i, f, c, o. ValueError for `units` below 1 and
    rates outside [0, 1].

    >>> import numpy as np, lamina
    >>> cell = lamina.layers.LSTMCell(4)
    >>> output, (h, c) = cell(np.ones((2, 3), "float32"), cell.get_initial_state(2))
    >>> output.shape, c.shape
    ((2, 4), (2, 4))
    """

    gates = 4
    kernel_op = staticmethod(_core.ops.lstm)

    @weight_arguments(
        kernel="glorot_uniform", recurrent="orthogonal", bias="zeros", after_initializers={"unit_forget_bias": True}
    )
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, activation, use_bias, dropout, recurrent_dropout, seed, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.state_size = [self.units, self.units]

    def bias_start(self) -> Any:
        return open_forget_gates(self, self.units)

    def stepper(self, state: Any, training: bool | None) -> Step:
        return lstm_step(self, self.recurrence(state, training))


class LSTM(
    CellLayer,
    cell=LSTMCell,
    after="seed return_sequences return_state go_backwards stateful unroll use_cudnn",
):
    """The long short-term memory (Hochreiter & Schmidhuber 1997): `c = f * c + i * tanh(.)`, `h = o * tanh(c)`.

    Input (batch, steps, features), output (batch, units), or (batch, steps, units) with `return_sequences`;
    `return_state` adds the last h and c. With `unit_forget_bias` the forget gates start open. The arguments are those
    of `LSTMCell` and `RNN`, the errors too.

    >>> import numpy as np, lamina
    >>> lamina.layers.LSTM(4)(np.ones((2, 5, 3), "float32")).shape
    (2, 4)
    >>> outputs, h, c = lamina.layers.LSTM(4, return_sequences=True, return_state=True)(np.ones((2, 5, 3), "float32"))
    >>> outputs.shape, c.shape
    ((2, 5, 4), (2, 4))
    """
