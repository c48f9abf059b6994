"""Adadelta."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..checks import number
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class Adadelta(Optimizer):
    """Steps whose size follows from the past steps and gradients (Zeiler 2012).

    a = rho a + (1 - rho) g^2, step = g sqrt(d + epsilon) / sqrt(a + epsilon), d = rho d + (1 - rho) step^2,
    w -= learning_rate step. The paper's learning rate is 1.

    >>> import lamina
    >>> lamina.optimizers.Adadelta(1.0).rho
    0.95
    """

    slots = ("accumulated_grad", "accumulated_delta_var")

    def __init__(self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = number("Adadelta", "rho", rho, 0.0, 1.0)
        self.epsilon = number("Adadelta", "epsilon", epsilon, low=0.0)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        squares, steps = (self.slot(name, variable) for name in self.slots)
        mean_square = squares.value * self.rho + ops.square(gradient) * (1.0 - self.rho)
        step = gradient * ops.sqrt(steps.value + self.epsilon) / ops.sqrt(mean_square + self.epsilon)
        self.assign(squares, mean_square)
        self.assign(steps, steps.value * self.rho + ops.square(step) * (1.0 - self.rho))
        self.assign_sub(variable, learning_rate * step)
