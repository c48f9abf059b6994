"""Adafactor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..checks import number
from ..variables import Variable
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class Adafactor(Optimizer):
    """Steps by the root mean square of gradients, of which matrices keep rows and columns only (Shazeer, Stern 2018).

    beta(t) = 1 - t^`beta_2_decay`; steps are limited to a root mean square of `clip_threshold` and are as long as the
    weight's times the learning rate, `epsilon_2` at least. With `relative_step` the rate of step t is at most
    1 / sqrt(t).

    >>> import lamina
    >>> lamina.optimizers.Adafactor().clip_threshold
    1.0
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_2_decay = number("Adafactor", "beta_2_decay", beta_2_decay)
        self.epsilon_1 = number("Adafactor", "epsilon_1", epsilon_1, low=0.0)
        self.epsilon_2 = number("Adafactor", "epsilon_2", epsilon_2, low=0.0)
        self.clip_threshold = number("Adafactor", "clip_threshold", clip_threshold, low=0.0)
        self.relative_step = bool(relative_step)

    def build(self, variables: Sequence[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        names = ("row", "column", "velocity")
        self._slots.update({name: [] for name in names})
        for variable in self._trainable_variables:
            for name, slot in zip(names, self._slots_of(variable)):
                self._slots[name].append(slot)

    def _slots_of(self, variable: Any) -> tuple[Any, Any, Any]:
        if variable.overwrite_with_gradient:
            return None, None, None
        *front, rows, columns = variable.shape if len(variable.shape) > 1 else (0, 0)

        def mean(name: str, *shape: int) -> Variable:
            # Vectors are not factored: Keras keeps two zeros for them.
            shape = shape if len(variable.shape) > 1 else ()
            slot = self.add_variable(shape, "zeros", variable.dtype, name=variable.name)
            return self._is_slot(slot, name, variable)

        row, column = mean("row", *front, rows), mean("column", *front, columns)
        return row, column, self.add_variable_from_reference(variable, "velocity")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        relative = ops.cast(1.0 / ops.sqrt(self._step_number()), dtype)
        rate = ops.minimum(learning_rate, relative)
        fade = ops.cast(1.0 - ops.power(self._step_number(), self.beta_2_decay), dtype)
        squares = ops.square(gradient) + self.epsilon_1
        row, column, velocity = (self.slot(name, variable) for name in ("row", "column", "velocity"))

        def faded(slot: Variable, value: Any) -> Any:
            mean = slot.value * fade + value * (1.0 - fade)
            self.assign(slot, mean)
            return mean

        if len(variable.shape) > 1:
            r, c = faded(row, ops.mean(squares, axis=-1)), faded(column, ops.mean(squares, axis=-2))
            share = r / ops.mean(r, axis=-1, keepdims=True)
            v = ops.expand_dims(share, -1) * ops.expand_dims(c, -2)
            self.assign(velocity, v)
        else:
            v = faded(velocity, squares)
        step = gradient / ops.sqrt(v)
        step = step / ops.maximum(_root_mean_square(step) / self.clip_threshold, 1.0)
        length = ops.maximum(_root_mean_square(variable.value), self.epsilon_2) * rate
        self.assign_sub(variable, step * length)


def _root_mean_square(x: Any) -> Any:
    return ops.sqrt(ops.mean(ops.square(x)))
