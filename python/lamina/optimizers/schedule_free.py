"""ScheduleFreeAdamW."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..checks import integer
from .arguments import common_arguments
from .moments import MomentsOptimizer


@common_arguments
class ScheduleFreeAdamW(MomentsOptimizer):
    """AdamW without a schedule: gradients are taken between a fast sequence and its average (Defazio et al. 2024).

    The fast one is z -= rate g / (sqrt(v / (1 - beta_2^t)) + epsilon), x is the mean of all z, and the weights are
    (1 - beta_1) z + beta_1 x. The rate rises to `learning_rate` over `warmup_steps`.

    >>> import lamina
    >>> lamina.optimizers.ScheduleFreeAdamW(warmup_steps=10).epsilon
    1e-08
    """

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.warmup_steps = integer("ScheduleFreeAdamW", "warmup_steps", warmup_steps, 0)

    def build(self, variables: Sequence[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        for slot, variable in zip(self._slots["momentum"], self._trainable_variables):
            if slot is not None:
                slot.assign(variable.value)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype, beta = variable.dtype, self.beta_1
        step = ops.cast(self._step_number(), dtype)
        rate = learning_rate
        if self.warmup_steps > 0:
            rate = rate * ops.minimum(step / self.warmup_steps, 1.0)
        momentum, velocity = (self.slot(name, variable) for name in self.slots)
        v = velocity.value + (ops.square(gradient) - velocity.value) * (1.0 - self.beta_2)
        before = momentum.value
        z = before - rate * gradient / (ops.sqrt(v / self._bias(self.beta_2, dtype)) + self.epsilon)
        mean = (variable.value - before * (1.0 - beta)) / beta
        mean = mean + (z - mean) / step
        self.assign(velocity, v)
        self.assign(momentum, z)
        self.assign(variable, z * (1.0 - beta) + mean * beta)
