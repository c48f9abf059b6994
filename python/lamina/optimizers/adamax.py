"""Adamax."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..checks import number
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class Adamax(Optimizer):
    """Adam with the largest of the faded past gradients in place of their root mean square (Kingma and Ba 2014).

    m += (1 - beta_1) (g - m), u = max(beta_2 u, |g|), w -= learning_rate m / ((1 - beta_1^t) (u + epsilon)).

    >>> import lamina
    >>> lamina.optimizers.Adamax().beta_2
    0.999
    """

    slots = ("momentum", "norm")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = number("Adamax", "beta_1", beta_1, 0.0, 1.0)
        self.beta_2 = number("Adamax", "beta_2", beta_2, 0.0, 1.0)
        self.epsilon = number("Adamax", "epsilon", epsilon, low=0.0)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        momentum, norm = (self.slot(name, variable) for name in self.slots)
        m = momentum.value + (gradient - momentum.value) * (1.0 - self.beta_1)
        u = ops.maximum(norm.value * self.beta_2, ops.abs(gradient))
        self.assign(momentum, m)
        self.assign(norm, u)
        self.assign_sub(variable, learning_rate * m / ((u + self.epsilon) * self._bias(self.beta_1, variable.dtype)))
