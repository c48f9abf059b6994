"""GRU: a state that gates mix with a new one."""

from __future__ import annotations

from typing import Any

from ... import _core, activations, ops
from ..weights import weight_arguments
from .cell import Step, masked_product
from .cell_layer import CellLayer
from .dense_cell import DenseCell


class GRUCell(DenseCell):
    """One step of `GRU`: inputs (batch, features), one state (batch, units), which is the output too.

    The columns of the weights hold the gates z, r and the candidate. With `reset_after` the gate r acts on the product
    with the recurrent kernel, and `bias` is (2, 3 * units): one for each product; without, r acts on the state before
    the product and `bias` is (3 * units,). ValueError for `units` below 1 and rates outside [0, 1].

    >>> import numpy as np, lamina
    >>> cell = lamina.layers.GRUCell(4)
    >>> output, states = cell(np.ones((2, 3), "float32"), cell.get_initial_state(2))
    >>> output.shape, cell.bias.shape
    ((2, 4), (2, 12))
    """

    gates = 3
    kernel_op = staticmethod(_core.ops.gru)

    @weight_arguments(kernel="glorot_uniform", recurrent="orthogonal", bias="zeros")
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, activation, use_bias, dropout, recurrent_dropout, seed, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = bool(reset_after)

    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def input_bias(self) -> Any:
        bias = super().input_bias()
        return bias[0] if bias is not None and self.reset_after else bias

    def standard(self, training: bool | None) -> bool:
        return self.reset_after and super().standard(training)

    def kernel_inputs(self, states: list[Any]) -> list[Any]:
        bias = ops.zeros((3 * self.units,), states[0].dtype) if self.bias is None else self.bias.value[1]
        return [*states, bias]

    def stepper(self, state: Any, training: bool | None) -> Step:
        sums = self._reset_after(state, training) if self.reset_after else self._reset_before(state, training)

        def step(inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
            h = states[0]
            z, candidate = sums(inputs, h)
            h = z * h + (1.0 - z) * self.activation(candidate)
            return h, [h]

        return step

    def _reset_after(self, state: Any, training: bool | None) -> Any:
        """The gate z, and the candidate before its activation; the gate r acts on the product with the state."""
        kernel, masks = self.recurrent_kernel.value, self.recurrent_masks(state, training)
        bias = None if self.bias is None else self.bias.value[1]

        def sums(inputs: Any, h: Any) -> tuple[Any, Any]:
            if masks is None and bias is not None:
                product = _core.ops.linear(h, kernel, bias)
            else:
                product = masked_product(ops.matmul, h, kernel, masks)
                product = product if bias is None else product + bias
            x_z, x_r, x_candidate = ops.split(inputs, 3, axis=-1)
            h_z, h_r, h_candidate = ops.split(product, 3, axis=-1)
            reset = self.recurrent_activation(x_r + h_r)
            return self.recurrent_activation(x_z + h_z), x_candidate + reset * h_candidate

        return sums

    def _reset_before(self, state: Any, training: bool | None) -> Any:
        """The same with the gate r acting on the state, before the product."""
        columns, masks = 2 * self.units, self.recurrent_masks(state, training)
        kernel = self.recurrent_kernel.value
        for_gates, for_candidate = kernel[:, :columns], kernel[:, columns:]
        gate_masks, candidate_masks = (None, None) if masks is None else (masks[:2], masks[2:])

        def sums(inputs: Any, h: Any) -> tuple[Any, Any]:
            gates = inputs[:, :columns] + masked_product(ops.matmul, h, for_gates, gate_masks)
            z, reset = (self.recurrent_activation(gate) for gate in ops.split(gates, 2, axis=-1))
            product = masked_product(ops.matmul, reset * h, for_candidate, candidate_masks)
            return z, inputs[:, columns:] + product

        return sums


class GRU(
    CellLayer,
    cell=GRUCell,
    after="seed return_sequences return_state go_backwards stateful unroll reset_after use_cudnn",
):
    """The gated recurrent unit (Cho et al. 2014): `h = z * h + (1 - z) * candidate`.

    Input (batch, steps, features), output (batch, units), or (batch, steps, units) with `return_sequences`;
    `return_state` adds the last state. The arguments are those of `GRUCell` and `RNN`, the errors too.

    >>> import numpy as np, lamina
    >>> lamina.layers.GRU(4, return_sequences=True)(np.ones((2, 5, 3), "float32")).shape
    (2, 5, 4)
    """
