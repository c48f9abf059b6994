"""The base of Adam and its kin."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..checks import number
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class MomentsOptimizer(Optimizer):
    """Keeps fading means of the gradients and of their squares."""

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
        owner = type(self).__name__
        self.beta_1 = number(owner, "beta_1", beta_1, 0.0, 1.0)
        self.beta_2 = number(owner, "beta_2", beta_2, 0.0, 1.0)
        self.epsilon = number(owner, "epsilon", epsilon, low=0.0)

    def moments(self, gradient: Any, variable: Any) -> tuple[Any, Any]:
        """Both means with this gradient in them, which are kept."""
        momentum, velocity = (self.slot(name, variable) for name in self.slots)
        m = momentum.value + (gradient - momentum.value) * (1.0 - self.beta_1)
        v = velocity.value + (ops.square(gradient) - velocity.value) * (1.0 - self.beta_2)
        self.assign(momentum, m)
        self.assign(velocity, v)
        return m, v
