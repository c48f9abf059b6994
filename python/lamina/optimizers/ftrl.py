"""Ftrl."""

from __future__ import annotations

from typing import Any

from .. import initializers, ops
from ..checks import explain, number
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class Ftrl(Optimizer):
    """Follow the regularized leader: for sparse linear models, with L1 and L2 penalties (McMahan et al. 2013).

    z += g + 2 shrinkage w - ((n + g^2)^-p - n^-p) w / learning_rate and n += g^2 with p = `learning_rate_power`, then
    w = (clip(z, -l1, l1) - z) / (n^-p / learning_rate + 2 l2 + beta / learning_rate). `learning_rate_power` is at
    most 0, `initial_accumulator_value` and the strengths at least 0.

    >>> import lamina
    >>> lamina.optimizers.Ftrl(0.1, l1_regularization_strength=0.01).learning_rate_power
    -0.5
    """

    slots = ("accumulator", "linear")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)

        def at_least_zero(name: str, value: Any) -> float:
            return number("Ftrl", name, value, low=0.0)

        self.learning_rate_power = number("Ftrl", "learning_rate_power", learning_rate_power)
        if self.learning_rate_power > 0.0:
            raise ValueError(
                explain(
                    "Ftrl: `learning_rate_power` is out of range.",
                    "a number of at most 0",
                    f"learning_rate_power={learning_rate_power!r}",
                    "use e.g. -0.5, or 0 for a learning rate that stays.",
                )
            )
        self.initial_accumulator_value = at_least_zero("initial_accumulator_value", initial_accumulator_value)
        self.l1_regularization_strength = at_least_zero("l1_regularization_strength", l1_regularization_strength)
        self.l2_regularization_strength = at_least_zero("l2_regularization_strength", l2_regularization_strength)
        self.l2_shrinkage_regularization_strength = at_least_zero(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength
        )
        self.beta = number("Ftrl", "beta", beta)

    def slot_initializer(self, name: str) -> Any:
        return initializers.Constant(self.initial_accumulator_value) if name == "accumulator" else "zeros"

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        accumulator, linear = (self.slot(name, variable) for name in self.slots)
        weight, power, l1 = variable.value, -self.learning_rate_power, self.l1_regularization_strength
        total = accumulator.value + ops.square(gradient)
        raised = ops.power(total, power)
        shrunk = gradient + weight * (2.0 * self.l2_shrinkage_regularization_strength)
        z = linear.value + shrunk - (raised - ops.power(accumulator.value, power)) / learning_rate * weight
        curvature = (raised + self.beta) / learning_rate + 2.0 * self.l2_regularization_strength
        self.assign(linear, z)
        self.assign(variable, (ops.clip(z, -l1, l1) - z) / curvature)
        self.assign(accumulator, total)
