"""Adamax."""

from __future__ import annotations

from typing import Any

from .. import ops
from .moments import MomentsOptimizer


class Adamax(MomentsOptimizer):
    """Adam with the largest of the faded past gradients in place of their root mean square (Kingma and Ba 2014).

    m += (1 - beta_1) (g - m), u = max(beta_2 u, |g|), w -= learning_rate m / ((1 - beta_1^t) (u + epsilon)).

    >>> import lamina
    >>> lamina.optimizers.Adamax().beta_2
    0.999
    """

    slots = ("momentum", "norm")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        momentum, norm = (self.slot(name, variable) for name in self.slots)
        m = momentum.value + (gradient - momentum.value) * (1.0 - self.beta_1)
        u = ops.maximum(norm.value * self.beta_2, ops.abs(gradient))
        self.assign(momentum, m)
        self.assign(norm, u)
        self.assign_sub(variable, learning_rate * m / ((u + self.epsilon) * self._bias(self.beta_1, variable.dtype)))
