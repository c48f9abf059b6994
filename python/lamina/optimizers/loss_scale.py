"""Scaling of losses, so that small gradients survive in float16."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..checks import explain, integer, number
from .optimizer import Optimizer


class LossScaleOptimizer(Optimizer):
    """Another optimizer behind a loss scale that adapts: the loss is multiplied by it, the gradients are divided.

    An update whose gradients are not all finite is left out and halves the scale; `dynamic_growth_steps` updates in a
    row double it. `learning_rate` and `iterations` are those of `inner_optimizer`. Source: Micikevicius et al. 2018.

    >>> import lamina
    >>> lamina.optimizers.LossScaleOptimizer(lamina.optimizers.SGD(0.1)).initial_scale
    32768.0
    """

    def __init__(
        self,
        inner_optimizer: Any,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        from . import get

        inner = get(inner_optimizer)
        if isinstance(inner, LossScaleOptimizer):
            raise TypeError(
                explain("A loss is scaled twice.", "an optimizer that does not scale", repr(inner), "use it as it is.")
            )
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                explain(
                    "LossScaleOptimizer: the scale always adapts.",
                    "no `dynamic`, or True",
                    "dynamic=False",
                    f"pass a fixed scale to {type(inner).__name__}, as `loss_scale_factor`.",
                )
            )
        defaults = {p.name: p.default for p in inspect.signature(Optimizer.__init__).parameters.values()}
        for argument, value in kwargs.items():
            if argument not in defaults or value != defaults[argument]:
                raise ValueError(
                    explain(
                        f"LossScaleOptimizer: `{argument}` is not its own.",
                        "initial_scale, dynamic_growth_steps and name",
                        f"{argument}={value!r}",
                        f"pass it to {type(inner).__name__}.",
                    )
                )
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner
        inner.loss_scale_factor = None  # the gradients are scaled once
        self.initial_scale = number("LossScaleOptimizer", "initial_scale", initial_scale)
        self.dynamic_growth_steps = integer("LossScaleOptimizer", "dynamic_growth_steps", dynamic_growth_steps)

    _entry_prefix = "scaling/"

    def build(self, variables: Sequence[Any]) -> None:
        if self.built:
            return
        self.step_counter = self._own_variable("step_counter", np.asarray(0, "int32"))
        self.dynamic_scale = self._own_variable("dynamic_scale", np.asarray(self.initial_scale, "float32"))
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self) -> list[Any]:
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def iterations(self) -> Any:
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> Any:
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def revision(self) -> int:
        return self.inner_optimizer.revision

    def scale_loss(self, loss: Any) -> Any:
        """The loss times the present scale."""
        scale = self.dynamic_scale.value if self.built else self.initial_scale
        return loss * ops.cast(scale, loss.dtype)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        if not self.built:
            self.build(list(trainable_variables or ()))
        scale = self.dynamic_scale.value
        gradients = [g if g is None else ops.cast(g, "float32") for g in grads]
        variables = self._trainable_variables if trainable_variables is None else list(trainable_variables)
        plain = [g is not None and not v.overwrite_with_gradient for g, v in zip(gradients, variables)]

        def update() -> None:
            self.inner_optimizer.apply([g / scale if p else g for g, p in zip(gradients, plain)], trainable_variables)
            grown = ops.equal(self.step_counter.value + 1, self.dynamic_growth_steps)
            self.step_counter.assign(ops.where(grown, 0, self.step_counter.value + 1))
            self.dynamic_scale.assign(ops.where(grown, scale * 2.0, scale))

        def skip() -> None:
            self.step_counter.assign(0)
            self.dynamic_scale.assign(scale * 0.5)

        ops.cond(self.check_finite(gradients), update, skip)

    def check_finite(self, grads: Sequence[Any]) -> Any:
        """Whether all numbers of all gradients are finite."""
        finite: Any = True
        for g in grads:
            if g is not None:
                finite = ops.logical_and(finite, ops.all(ops.isfinite(g)))
        return finite

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        from . import serialize

        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> LossScaleOptimizer:
        from . import deserialize

        inner = deserialize(config["inner_optimizer"], custom_objects=custom_objects)
        return cls(inner, **{key: value for key, value in config.items() if key != "inner_optimizer"})
