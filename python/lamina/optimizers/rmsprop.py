"""RMSprop."""

from __future__ import annotations

from typing import Any

from .. import _core
from ..checks import number
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class RMSprop(Optimizer):
    """Steps by the gradient over the root of the mean of its squares (Hinton 2012).

    v = rho v + (1 - rho) g^2, step = learning_rate g / sqrt(v + epsilon): epsilon stands inside the root. `centered`
    takes the square of the mean gradient off v; with `momentum` b = momentum b + step is the step.

    >>> import lamina
    >>> lamina.optimizers.RMSprop(0.01, centered=True).rho
    0.9
    """

    slots = ("velocity",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = number("RMSprop", "rho", rho, 0.0, 1.0)
        self.momentum = number("RMSprop", "momentum", momentum, low=0.0)
        self.epsilon = number("RMSprop", "epsilon", epsilon, low=0.0)
        self.centered = bool(centered)

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        # Keras makes all of one kind before the next; saved states rely on the order.
        momentum, centered = self.momentum > 0.0, self.centered
        return (self.slots, *[("momentum",)] * momentum, *[("average_gradient",)] * centered)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        names = ["velocity"] + ["average_gradient"] * self.centered + ["momentum"] * (self.momentum > 0.0)
        slots = [self.slot(name, variable) for name in names]
        updated, *new = _core.ops.rmsprop_update(
            variable.value,
            gradient,
            learning_rate,
            *(slot.value for slot in slots),
            rho=self.rho,
            momentum=self.momentum,
            epsilon=self.epsilon,
            centered=self.centered,
        )
        self.assign(variable, updated)
        for slot, value in zip(slots, new):
            self.assign(slot, value)
