"""Adagrad."""

from __future__ import annotations

from typing import Any

from .. import initializers, ops
from ..checks import number
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class Adagrad(Optimizer):
    """Steps by the gradient over the root of the sum of its squares so far (Duchi et al. 2011).

    a += g^2, w -= learning_rate g / sqrt(a + epsilon); a begins at `initial_accumulator_value`.

    >>> import lamina
    >>> lamina.optimizers.Adagrad(0.1).initial_accumulator_value
    0.1
    """

    slots = ("accumulator",)

    def __init__(
        self, learning_rate: Any = 0.001, initial_accumulator_value: float = 0.1, epsilon: float = 1e-7, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value = number(
            "Adagrad", "initial_accumulator_value", initial_accumulator_value, low=0.0
        )
        self.epsilon = number("Adagrad", "epsilon", epsilon, low=0.0)

    def slot_initializer(self, name: str) -> Any:
        return initializers.Constant(self.initial_accumulator_value)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        accumulator = self.slot("accumulator", variable)
        total = accumulator.value + ops.square(gradient)
        self.assign(accumulator, total)
        self.assign_sub(variable, learning_rate * gradient / ops.sqrt(total + self.epsilon))
