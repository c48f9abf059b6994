"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

from .. import _core, ops
from ..checks import number
from .arguments import common_arguments
from .moments import MomentsOptimizer


@common_arguments
class Adam(MomentsOptimizer):
    """Steps by the mean of past gradients over the root of the mean of their squares (Kingma and Ba 2014).

    m += (1 - beta_1) (g - m), v += (1 - beta_2) (g^2 - v), w -= alpha m / (sqrt(v) + epsilon) with
    alpha = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t): epsilon stands outside the bias correction.
    With `amsgrad` the largest v so far takes the place of v.

    >>> import lamina
    >>> lamina.optimizers.Adam(0.01).beta_2
    0.999
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.amsgrad = bool(amsgrad)

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (self.slots, ("velocity_hat",)) if self.amsgrad else (self.slots,)

    def _alpha(self, learning_rate: Any) -> Any:
        """The bias-corrected step size. In float64, because 1 - beta_2^t is a small difference in the first steps."""
        correction = ops.sqrt(self._bias(self.beta_2, "float64")) / self._bias(self.beta_1, "float64")
        return learning_rate * ops.cast(correction, learning_rate.dtype)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        slots = [self.slot(name, variable) for names in self.slot_groups() for name in names]
        m, v, *v_hat = (slot.value for slot in slots)
        updated, *new = _core.ops.adam_update(
            variable.value,
            gradient,
            m,
            v,
            self._once(f"alpha {learning_rate.dtype}", lambda: self._alpha(learning_rate)),
            *v_hat,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )
        self.assign(variable, updated)
        for slot, value in zip(slots, new):
            self.assign(slot, value)


@common_arguments
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2017).

    >>> import lamina
    >>> optimizer = lamina.optimizers.AdamW(0.01, weight_decay=0.1)
    >>> optimizer.exclude_from_weight_decay(var_names=["bias"])
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        number("AdamW", "weight_decay", weight_decay)
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)
