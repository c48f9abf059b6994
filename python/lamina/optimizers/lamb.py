"""Lamb."""

from __future__ import annotations

from typing import Any

from .. import ops
from .moments import MomentsOptimizer


class Lamb(MomentsOptimizer):
    """Adam's step, made as long as the weight it belongs to, for large batches (You et al. 2019).

    >>> import lamina
    >>> lamina.optimizers.Lamb().beta_1
    0.9
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        m, v = self.moments(gradient, variable)
        dtype = variable.dtype
        step = m / self._bias(self.beta_1, dtype) / (ops.sqrt(v / self._bias(self.beta_2, dtype)) + self.epsilon)
        weight_norm, step_norm = (ops.sqrt(ops.sum(ops.square(x))) for x in (variable.value, step))
        both = ops.logical_and(weight_norm > 0.0, step_norm > 0.0)
        ratio = ops.where(both, weight_norm / ops.where(both, step_norm, 1.0), 1.0)
        self.assign_sub(variable, ratio * learning_rate * step)
