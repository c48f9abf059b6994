"""SimpleRNN: the output of each step is an input of the next one."""

from __future__ import annotations

from typing import Any

from ... import _core
from ..weights import weight_arguments
from .cell import Step
from .cell_layer import CellLayer
from .dense_cell import DenseCell


class SimpleRNNCell(DenseCell):
    """One step of `SimpleRNN`: `activation(inputs @ kernel + states[0] @ recurrent_kernel + bias)`, output and state.

    Inputs (batch, features), one state (batch, units). ValueError for `units` below 1 and rates outside [0, 1].

    >>> import numpy as np, lamina
    >>> cell = lamina.layers.SimpleRNNCell(4)
    >>> output, states = cell(np.ones((2, 3), "float32"), cell.get_initial_state(2))
    >>> output.shape, len(states)
    ((2, 4), 1)
    """

    kernel_op = staticmethod(_core.ops.simple_rnn)

    @weight_arguments(kernel="glorot_uniform", recurrent="orthogonal", bias="zeros")
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, activation, use_bias, dropout, recurrent_dropout, seed, **kwargs)

    def stepper(self, state: Any, training: bool | None) -> Step:
        recur = self.recurrence(state, training)

        def step(inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
            output = self.activation(inputs + recur(states[0]))
            return output, [output]

        return step


class SimpleRNN(
    CellLayer,
    cell=SimpleRNNCell,
    after="return_sequences return_state go_backwards stateful unroll seed",
):
    """The recurrent layer `h = activation(x @ kernel + h @ recurrent_kernel + bias)` (Elman 1990).

    Input (batch, steps, features), output (batch, units), or (batch, steps, units) with `return_sequences`;
    `return_state` adds the last state. The arguments are those of `SimpleRNNCell` and `RNN`, the errors too.

    >>> import numpy as np, lamina
    >>> lamina.layers.SimpleRNN(4, return_sequences=True)(np.ones((2, 5, 3), "float32")).shape
    (2, 5, 4)
    """
