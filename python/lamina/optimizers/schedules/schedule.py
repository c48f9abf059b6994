"""The schedules: functions of the iteration number, made of ops, so that they are part of the traced training step.

They compute in float64, where large step numbers and thin cosines keep their digits, and give the default dtype.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ... import config, ops
from ...checks import explain, number
from ...namespaces import Namespace
from ...saving.configurable import Configurable


class LearningRateSchedule(Configurable):
    """Base of all schedules: implement `__call__(step)`, which returns the learning rate of that step.

    >>> import lamina
    >>> class Halving(lamina.optimizers.schedules.LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.1 * 0.5 ** (lamina.ops.cast(step, "float32") / 100.0)
    """

    def __call__(self, step: Any) -> Any:
        raise NotImplementedError(
            explain(
                f"The schedule {type(self).__name__} cannot be evaluated.",
                "a method `__call__(self, step)`",
                "none in the class",
                "write it; it returns the learning rate of that step.",
            )
        )


def _wide(step: Any) -> Any:
    return ops.cast(ops.convert_to_tensor(step), "float64")


def _rate(value: Any) -> Any:
    return ops.cast(value, config.floatx())


class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ^ (step / decay_steps)`; with `staircase` the exponent is cut to an integer.

    >>> import lamina
    >>> schedule = lamina.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    >>> float(schedule(20).numpy())  # doctest: +ELLIPSIS
    0.025...
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = number(name, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = _steps(name, "decay_steps", decay_steps)
        self.decay_rate = number(name, "decay_rate", decay_rate)
        self.staircase = staircase
        self.name = name

    def _periods(self, step: Any) -> Any:
        periods = _wide(step) / self.decay_steps
        return ops.floor(periods) if self.staircase else periods

    def __call__(self, step: Any) -> Any:
        return _rate(ops.power(self.decay_rate, self._periods(step)) * self.initial_learning_rate)


class InverseTimeDecay(ExponentialDecay):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`; `staircase` cuts the quotient to an integer.

    >>> import lamina
    >>> schedule = lamina.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=10, decay_rate=0.5)
    >>> round(float(schedule(20)), 4)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def __call__(self, step: Any) -> Any:
        return _rate(self.initial_learning_rate / (self._periods(step) * self.decay_rate + 1.0))


def _steps(owner: str, name: str, value: Any) -> Any:
    if number(owner, name, value) <= 0:
        raise ValueError(
            explain(
                f"{owner}: `{name}` is out of range.",
                "a positive number of steps",
                f"{name}={value!r}",
                f"pass the number of steps as `{name}`.",
            )
        )
    return value


class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[i]` up to and including step `boundaries[i]`, and the last value after all of them.

    >>> import lamina
    >>> schedule = lamina.optimizers.schedules.PiecewiseConstantDecay([10, 20], [0.1, 0.05, 0.01])
    >>> round(float(schedule(15)), 4)
    0.05
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                explain(
                    f"{name}: boundaries and values do not fit.",
                    "one more value than boundaries",
                    f"{len(boundaries)} boundaries and {len(values)} values",
                    "give the value before the first boundary, then one after each.",
                )
            )
        if sorted(boundaries) != list(boundaries):
            raise ValueError(
                explain(f"{name}: `boundaries` are not in order.", "rising steps", repr(boundaries), "sort them.")
            )
        self.boundaries = list(boundaries)
        self.values = list(values)
        self.name = name

    def __call__(self, step: Any) -> Any:
        step = _wide(step)
        rate: Any = ops.convert_to_tensor(float(self.values[-1]), dtype="float64")
        for boundary, value in zip(reversed(self.boundaries), reversed(self.values[:-1])):
            rate = ops.where(ops.less_equal(step, float(boundary)), float(value), rate)
        return _rate(rate)


class PolynomialDecay(LearningRateSchedule):
    """`(initial - end) * (1 - step / decay_steps) ^ power + end`, constant after `decay_steps`.

    With `cycle` the decay starts again from a rate that fits, over the next multiple of `decay_steps`.

    >>> import lamina
    >>> schedule = lamina.optimizers.schedules.PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.0)
    >>> round(float(schedule(5)), 4)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = number(name, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = _steps(name, "decay_steps", decay_steps)
        self.end_learning_rate = number(name, "end_learning_rate", end_learning_rate)
        self.power = number(name, "power", power)
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Any:
        step = _wide(step)
        if self.cycle:
            done = step / (ops.maximum(ops.ceil(step / self.decay_steps), 1.0) * self.decay_steps)
        else:
            done = ops.minimum(step, float(self.decay_steps)) / self.decay_steps
        drop = self.initial_learning_rate - self.end_learning_rate
        return _rate(ops.power(1.0 - done, self.power) * drop + self.end_learning_rate)


def _cosine(done: Any, alpha: float) -> Any:
    """Falls from 1 (done = 0) to alpha (done = 1) along half a cosine."""
    return (ops.cos(done * math.pi) + 1.0) * (0.5 * (1.0 - alpha)) + alpha


class CosineDecay(LearningRateSchedule):
    """Half a cosine from `initial_learning_rate` down to `alpha` times it in `decay_steps` (Loshchilov 2016).

    With `warmup_target` the rate first rises linearly to it in `warmup_steps`, and decays from there.

    >>> import lamina
    >>> schedule = lamina.optimizers.schedules.CosineDecay(0.1, decay_steps=10)
    >>> round(float(schedule(5)), 4)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = number(name, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = _steps(name, "decay_steps", decay_steps)
        self.alpha = number(name, "alpha", alpha)
        self.name = name
        self.warmup_target = None if warmup_target is None else number(name, "warmup_target", warmup_target)
        number(name, "warmup_steps", warmup_steps, low=0.0)
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Any:
        step = _wide(step)
        if self.warmup_target is None:
            done = ops.minimum(step, float(self.decay_steps)) / self.decay_steps
            return _rate(_cosine(done, self.alpha) * self.initial_learning_rate)
        late = ops.clip(step - self.warmup_steps, 0.0, float(self.decay_steps)) / self.decay_steps
        decayed = _cosine(late, self.alpha) * self.warmup_target
        if not self.warmup_steps:
            return _rate(decayed)
        rise = (self.warmup_target - self.initial_learning_rate) / self.warmup_steps
        return _rate(ops.where(ops.less(step, self.warmup_steps), step * rise + self.initial_learning_rate, decayed))


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decays one after the other: each `t_mul` times longer, and `m_mul` times as high, as the one before.

    >>> import lamina
    >>> schedule = lamina.optimizers.schedules.CosineDecayRestarts(0.1, first_decay_steps=10)
    >>> round(float(schedule(10)), 4)
    0.1
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = number(name, "initial_learning_rate", initial_learning_rate)
        self.first_decay_steps = _steps(name, "first_decay_steps", first_decay_steps)
        self.t_mul = number(name, "t_mul", t_mul, low=1.0)
        self.m_mul = number(name, "m_mul", m_mul)
        self.alpha = number(name, "alpha", alpha)
        self.name = name

    def __call__(self, step: Any) -> Any:
        done = _wide(step) / self.first_decay_steps
        if self.t_mul == 1.0:
            restarts = ops.floor(done)
            done = done - restarts
        else:
            # After r restarts (t^r - 1) / (t - 1) first periods are over; rounding must not hide a restart.
            restarts = ops.floor(ops.log(done * (self.t_mul - 1.0) + 1.0) / math.log(self.t_mul) + 1e-9)
            length = ops.power(self.t_mul, restarts)
            done = (done - (length - 1.0) / (self.t_mul - 1.0)) / length
        height = ops.power(self.m_mul, restarts) if self.m_mul != 1.0 else 1.0
        fall = (ops.cos(done * math.pi) + 1.0) * height * (0.5 * (1.0 - self.alpha)) + self.alpha
        return _rate(fall * self.initial_learning_rate)


CLASSES = (
    CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay,
)  # fmt: skip

NAMESPACE = Namespace("learning rate schedule", {cls.__name__: cls for cls in (LearningRateSchedule, *CLASSES)})
