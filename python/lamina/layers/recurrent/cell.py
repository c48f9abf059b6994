"""What a loop over time repeats: cells, and the base of those whose inputs are projected for all steps at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import _core, ops
from ...checks import choice, number
from ...random import SeedGenerator
from ..layer import Layer

Step = Callable[[Any, list[Any]], tuple[Any, list[Any]]]


class AbstractRNNCell(Layer):
    """A base for cells of `RNN`: subclasses write `call(inputs, states)`, which gives (output, new states).

    `inputs` are those of one step, (batch, features). `state_size` is the size of the state, or a list of sizes, one
    for each; `output_size`, if set, that of the output (otherwise the first state's). The states are 0 at first,
    unless the cell has a `get_initial_state` of its own.

    >>> import numpy as np, lamina
    >>> class Sum(lamina.layers.AbstractRNNCell):
    ...     state_size = 2
    ...     def call(self, inputs, states):
    ...         return inputs + states[0], [inputs + states[0]]
    >>> lamina.layers.RNN(Sum())(np.ones((1, 3, 2), "float32")).numpy().tolist()
    [[3.0, 3.0]]
    """

    state_size: Any
    output_size: Any = None

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros for each state."""
        return zero_states(self.state_size, batch_size, self.compute_dtype)


def zero_states(sizes: Any, batch_size: Any, dtype: str) -> list[Any]:
    """A list of zeros: (batch, size) for each of `sizes`; a size may have several axes."""
    several = sizes if isinstance(sizes, (list, tuple)) else [sizes]
    return [ops.zeros((batch_size, *(n if isinstance(n, (list, tuple)) else (n,))), dtype) for n in several]


class Cell(AbstractRNNCell):
    """A cell in two parts: `project` needs the inputs only, so that a loop can do it for all steps at once.

    The columns of the weights hold `gates` gates side by side. In training, `dropout` of the inputs and
    `recurrent_dropout` of the states are left out, the same ones in all steps (Gal & Ghahramani 2016); with
    `implementation` 1, which `recurrent_dropout` implies, every gate leaves out others.
    """

    gates = 1
    cell_name: str | None = None  # in the layer that makes it; None: that of the class
    step_rank = 2  # axes of the inputs of one step, the batch among them

    def __init__(self, dropout: float, recurrent_dropout: float, seed: Any, **kwargs: Any) -> None:
        implementation = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.dropout = number(owner, "dropout", dropout, 0.0, 1.0)
        self.recurrent_dropout = number(owner, "recurrent_dropout", recurrent_dropout, 0.0, 1.0)
        implementation = choice(owner, "implementation", implementation, (0, 1, 2))
        self.implementation = 1 if self.recurrent_dropout else implementation
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.kernel: Any = None
        self.recurrent_kernel: Any = None
        self.bias: Any = None

    def project(self, inputs: Any, training: bool | None) -> Any:
        """What the inputs of one step, or of a sequence (time, batch, ...), contribute to the gates."""
        raise NotImplementedError

    def stepper(self, state: Any, training: bool | None) -> Step:
        """`(projected inputs, states) -> (output, new states)` for one step; `state` is the first one."""
        raise NotImplementedError

    def call(self, inputs: Any, states: Any, training: bool | None = False) -> tuple[Any, Any]:
        several = isinstance(states, (list, tuple))
        given = list(states) if several else [states]
        output, new_states = self.stepper(given[0], training)(self.project(inputs, training), given)
        return output, new_states if several else new_states[0]

    def masks(self, sizes: Sequence[Any], dtype: str, rate: float, training: bool | None) -> list[Any] | None:
        """One mask, or one for each gate, with 0 where values are left out; None where none are."""
        if not training or rate == 0.0:
            return None
        count = self.gates if self.implementation == 1 else 1
        if rate == 1.0:
            return [ops.zeros(sizes, dtype)] * count
        ones = ops.ones(sizes, dtype)
        return [_core.ops.dropout(ones, self.seed_generator.next(), rate=rate) for _ in range(count)]


def masked_product(
    product: Callable[[Any, Any], Any], x: Any, kernel: Any, masks: list[Any] | None, axis: int = -1
) -> Any:
    """`product(x, kernel)` with the masks on x: one for all gates, or one for each; gates stand along `axis`."""
    if masks is None:
        return product(x, kernel)
    if len(masks) == 1:
        return product(x * masks[0], kernel)
    parts = ops.split(kernel, len(masks), axis=-1)
    return ops.concatenate([product(x * mask, part) for mask, part in zip(masks, parts)], axis=axis)
