"""Lion."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..checks import explain, number
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class Lion(Optimizer):
    """Steps of one size, along the signs of the mean gradient (Chen et al. 2023).

    w -= learning_rate sign(beta_1 m + (1 - beta_1) g), then m = beta_2 m + (1 - beta_2) g. `beta_1` is above 0.

    >>> import lamina
    >>> lamina.optimizers.Lion(1e-4).beta_2
    0.99
    """

    slots = ("momentum",)

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = number("Lion", "beta_1", beta_1, 0.0, 1.0)
        self.beta_2 = number("Lion", "beta_2", beta_2, 0.0, 1.0)
        if self.beta_1 == 0.0:
            raise ValueError(
                explain(
                    "Lion: `beta_1` is out of range.", "0 < beta_1 <= 1", f"beta_1={beta_1!r}", "use e.g. beta_1=0.9."
                )
            )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        momentum = self.slot("momentum", variable)
        m = momentum.value
        self.assign_sub(variable, learning_rate * ops.sign(m * self.beta_1 + gradient * (1.0 - self.beta_1)))
        self.assign(momentum, m * self.beta_2 + gradient * (1.0 - self.beta_2))
