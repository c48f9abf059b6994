"""Lamb."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..checks import number
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class Lamb(Optimizer):
    """Adam's step, made as long as the weight it belongs to, for large batches (You et al. 2019).

    >>> import lamina
    >>> lamina.optimizers.Lamb().beta_1
    0.9
    """

    slots = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = number("Lamb", "beta_1", beta_1, 0.0, 1.0)
        self.beta_2 = number("Lamb", "beta_2", beta_2, 0.0, 1.0)
        self.epsilon = number("Lamb", "epsilon", epsilon, low=0.0)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        momentum, velocity = (self.slot(name, variable) for name in self.slots)
        m = momentum.value + (gradient - momentum.value) * (1.0 - self.beta_1)
        v = velocity.value + (ops.square(gradient) - velocity.value) * (1.0 - self.beta_2)
        self.assign(momentum, m)
        self.assign(velocity, v)
        dtype = variable.dtype
        step = m / self._bias(self.beta_1, dtype) / (ops.sqrt(v / self._bias(self.beta_2, dtype)) + self.epsilon)
        weight_norm, step_norm = (ops.sqrt(ops.sum(ops.square(x))) for x in (variable.value, step))
        both = ops.logical_and(weight_norm > 0.0, step_norm > 0.0)
        ratio = ops.where(both, weight_norm / ops.where(both, step_norm, 1.0), 1.0)
        self.assign_sub(variable, ratio * learning_rate * step)
