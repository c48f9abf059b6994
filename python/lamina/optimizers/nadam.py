"""Nadam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import config, ops
from .moments import MomentsOptimizer

_DECAY = 0.96  # of the momentum's schedule, per step


class Nadam(MomentsOptimizer):
    """Adam with Nesterov's momentum (Dozat 2015).

    The momentum of step t is u(t) = beta_1 (1 - 0.96^t / 2); the optimizer also keeps the product of all u so far.

    >>> import lamina
    >>> lamina.optimizers.Nadam().beta_1
    0.9
    """

    def build(self, variables: Sequence[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        dtype = self._trainable_variables[0].dtype if self._trainable_variables else config.floatx()
        self._u_product = self.add_variable((), "ones", dtype, name="u_product")

    def _momenta(self) -> tuple[Any, Any, Any]:
        """u(t), u(t + 1), and the product of all u up to t, which is kept."""
        step = self._step_number()
        now, following = ((1.0 - ops.power(_DECAY, step + i) * 0.5) * self.beta_1 for i in (0.0, 1.0))
        product = self._u_product.value * ops.cast(now, self._u_product.dtype)
        self.assign(self._u_product, product)
        return now, following, product

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        now, following, product = (ops.cast(u, dtype) for u in self._once("momenta", self._momenta))
        m, v = self.moments(gradient, variable)
        ahead = m * (following / (1.0 - product * following)) + gradient * ((1.0 - now) / (1.0 - product))
        root = ops.sqrt(v / self._bias(self.beta_2, dtype)) + self.epsilon
        self.assign_sub(variable, learning_rate * ahead / root)
