"""The base of cells whose states are vectors, `units` numbers per sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import _core, activations, ops
from ...checks import integer
from ..support import size_of_axis
from ..weights import add_weight
from .cell import Cell, masked_product


class DenseCell(Cell):
    """Weights `kernel` (features, gates * units), `recurrent_kernel` (units, gates * units) and `bias`."""

    kernel_op: Callable[..., Any]  # the engine's op for a whole sequence

    def __init__(
        self,
        units: int,
        activation: Any,
        use_bias: bool,
        dropout: float,
        recurrent_dropout: float,
        seed: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(dropout, recurrent_dropout, seed, **kwargs)
        self.units = integer(type(self).__name__, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.state_size = self.output_size = self.units

    def bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    def bias_start(self) -> Any:
        """An initializer of the bias in place of `bias_initializer`, or None."""
        return None

    def build(self, input_shape: Any) -> None:
        features = size_of_axis(self, input_shape, -1, "number of features")
        columns = self.gates * self.units
        self.kernel = add_weight(self, "kernel", (features, columns))
        self.recurrent_kernel = add_weight(self, "recurrent_kernel", (self.units, columns), options="recurrent")
        if self.use_bias:
            self.bias = add_weight(self, "bias", self.bias_shape(), initializer=self.bias_start())

    def input_bias(self) -> Any:
        """The bias that is added to what the inputs contribute, or None."""
        return None if self.bias is None else self.bias.value

    def project(self, inputs: Any, training: bool | None) -> Any:
        masks = self.masks(inputs.dims[-self.step_rank :], inputs.dtype, self.dropout, training)
        bias = self.input_bias()
        if masks is None and bias is not None:
            return _core.ops.linear(inputs, self.kernel.value, bias)
        projected = masked_product(ops.matmul, inputs, self.kernel.value, masks)
        return projected if bias is None else projected + bias

    def standard(self, training: bool | None) -> bool:
        """Whether the engine's kernel computes what this cell does: the usual activations, nothing left out."""
        recurrent = getattr(self, "recurrent_activation", activations.sigmoid)
        leaves_out = bool(training) and self.recurrent_dropout > 0.0
        return self.activation is activations.tanh and recurrent is activations.sigmoid and not leaves_out

    def kernel_states(self, rows: Any, states: list[Any], mask: Any, reverse: bool) -> list[Any]:
        """The states of all steps, the first ones included, by the engine's kernel: each (time + 1, batch, units)."""
        masks = () if mask is None else (mask,)
        found = self.kernel_op(rows, self.recurrent_kernel.value, *self.kernel_inputs(states), *masks, reverse=reverse)
        return list(found[: len(states)]) if isinstance(found, tuple) else [found]

    def kernel_inputs(self, states: list[Any]) -> list[Any]:
        """What the op takes behind the recurrent kernel."""
        return states

    def recurrence(self, state: Any, training: bool | None) -> Callable[[Any], Any]:
        """`h -> h @ recurrent_kernel`; the weights are read and values to leave out are drawn once, for all steps."""
        kernel, masks = self.recurrent_kernel.value, self.recurrent_masks(state, training)
        return lambda h: masked_product(ops.matmul, h, kernel, masks)

    def recurrent_masks(self, state: Any, training: bool | None) -> list[Any] | None:
        return self.masks(state.dims, state.dtype, self.recurrent_dropout, training)
