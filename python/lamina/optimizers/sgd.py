"""Gradient descent, with momentum."""

from __future__ import annotations

from typing import Any

from .. import _core
from ..checks import number
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class SGD(Optimizer):
    """w -= learning_rate * g, or with momentum: m = momentum * m - learning_rate * g, w += m.

    With `nesterov` the step is momentum * m - learning_rate * g instead of m.

    >>> import lamina
    >>> weight = lamina.Variable([1.0, 2.0])
    >>> lamina.optimizers.SGD(0.5).apply([[1.0, 1.0]], [weight])
    >>> weight.numpy().tolist()
    [0.5, 1.5]
    """

    slots = ("momentum",)

    def __init__(self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self.momentum = number("SGD", "momentum", momentum, 0.0, 1.0)
        self.nesterov = bool(nesterov)

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (self.slots,) if self.momentum else ()

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if not self.momentum:
            updated = _core.ops.sgd_update(variable.value, gradient, learning_rate, momentum=0.0, nesterov=False)
            self.assign(variable, updated)
            return
        m = self.slot("momentum", variable)
        updated, m_new = _core.ops.sgd_update(
            variable.value, gradient, learning_rate, m.value, momentum=self.momentum, nesterov=self.nesterov
        )
        self.assign(variable, updated)
        self.assign(m, m_new)
