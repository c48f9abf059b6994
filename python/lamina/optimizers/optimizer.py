"""`Optimizer`: the settings that all optimizers share."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np

from .. import config, ops
from ..checks import explain, is_integer, number
from ..saving.serialization import serialize_value
from ..utils.naming import auto_name
from ..variables import Variable
from .schedules.schedule import LearningRateSchedule
from .step import OptimizerStep


class Optimizer(OptimizerStep):
    """Base of all optimizers: name the slots per weight in `slots` and implement `update_step`.

    `learning_rate`: a float, a `LearningRateSchedule`, or a function without arguments. `weight_decay` w takes w *
    learning_rate of each weight off before its update. One of `clipnorm` (per gradient), `clipvalue`, `global_clipnorm`
    (all gradients together) may be set. `use_ema` keeps a moving average of the weights, which replaces them every
    `ema_overwrite_frequency` steps and at the end of `fit`. `gradient_accumulation_steps` n updates with the mean of n
    gradients every n steps. `loss_scale_factor` divides the gradients of a loss that was multiplied by it.

    >>> import lamina
    >>> class SignDescent(lamina.optimizers.Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         self.assign_sub(variable, learning_rate * lamina.ops.sign(gradient))
    """

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        owner = type(self).__name__
        if kwargs.pop("decay", None) is not None:
            warnings.warn(f"{owner}: `decay` is ignored; pass a schedule as `learning_rate`.", stacklevel=3)
        if kwargs:
            raise ValueError(
                explain(
                    f"{owner}: unknown arguments.",
                    "the arguments of the constructor",
                    ", ".join(sorted(kwargs)),
                    "check the spelling.",
                )
            )
        self.name = name or auto_name(owner)
        self.weight_decay = None if weight_decay is None else number(owner, "weight_decay", weight_decay)
        self.clipnorm = None if clipnorm is None else number(owner, "clipnorm", clipnorm, low=0.0)
        self.clipvalue = None if clipvalue is None else number(owner, "clipvalue", clipvalue, low=0.0)
        self.global_clipnorm = (
            None if global_clipnorm is None else number(owner, "global_clipnorm", global_clipnorm, low=0.0)
        )
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                explain(
                    f"{owner}: several ways to clip gradients are set.",
                    "at most one of `clipnorm`, `clipvalue` and `global_clipnorm`",
                    f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}",
                    "keep one of them.",
                )
            )
        self.use_ema = bool(use_ema)
        self.ema_momentum = number(owner, "ema_momentum", ema_momentum, 0.0, 1.0) if use_ema else ema_momentum
        self.ema_overwrite_frequency = _count(owner, "ema_overwrite_frequency", ema_overwrite_frequency, 1)
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = _count(owner, "gradient_accumulation_steps", gradient_accumulation_steps, 2)

        self._start_empty()
        self._not_decayed: set[int] = set()
        self._not_decayed_names: re.Pattern[str] | None = None
        self._shared: dict[str, Any] | None = None  # what all weights share during one step, such as Adam's step size
        self._revision = 0
        self._gate: Any = None  # while gradients accumulate: whether this step's assignments count
        self._iterations = self._own_variable("iteration", np.zeros((), "int64"), "iterations")
        if isinstance(learning_rate, LearningRateSchedule) or (
            callable(learning_rate) and not isinstance(learning_rate, (Variable, np.generic))
        ):
            self._learning_rate: Any = learning_rate
        elif isinstance(learning_rate, (float, np.floating)):
            value = np.asarray(number(owner, "learning_rate", learning_rate), dtype=config.floatx())
            self._learning_rate = self._own_variable("learning_rate", value)
        else:
            raise ValueError(
                explain(
                    f"{owner}: `learning_rate` cannot be used.",
                    "a float, a LearningRateSchedule, or a function without arguments",
                    f"learning_rate={learning_rate!r}",
                    "write the number as a float, such as 0.01 or 1.0.",
                )
            )

    @property
    def iterations(self) -> Any:
        """How many updates were made."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations.value, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The present learning rate: a variable if it was given as a number. Settable then, also during training."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations.value)
        if isinstance(self._learning_rate, Variable):
            return self._learning_rate
        return ops.convert_to_tensor(self._learning_rate(), dtype=config.floatx())

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        number_given = isinstance(self._learning_rate, Variable)
        if callable(value) and not isinstance(value, (Variable, np.generic)):
            if number_given:
                self._variables = [v for v in self._variables if v is not self._learning_rate]
            self._learning_rate = value
            self._revision += 1
        elif number_given:
            self._learning_rate.assign(value)
        else:
            raise TypeError(
                explain(
                    f"{type(self).__name__}: the learning rate cannot be set.",
                    "an optimizer made with a float as `learning_rate`",
                    f"one made with {self._learning_rate!r}",
                    "make the optimizer with a float to change it later, or set a new schedule.",
                )
            )

    @property
    def revision(self) -> int:
        """Counts the changes after which a step that was traced before is out of date."""
        return self._revision

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values, with the present learning rate."""
        config = super().get_config()
        if "learning_rate" in config:
            config["learning_rate"] = serialize_value(self._learning_rate)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """The optimizer that `get_config` described, without its state."""
        from ..saving.registration import CustomObjectScope

        with CustomObjectScope(custom_objects):
            return super().from_config(config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _count(owner: str, name: str, value: Any, minimum: int) -> int | None:
    if value is None:
        return None
    if not is_integer(value) or value < minimum:
        raise ValueError(
            explain(
                f"{owner}: `{name}` is out of range.",
                f"an integer of at least {minimum}, or None",
                f"{name}={value!r}",
                "pass None to switch it off.",
            )
        )
    return int(value)
