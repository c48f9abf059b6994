"""Learning rates that change between epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..checks import explain, integer, number
from .callback import Callback
from .monitor import MonitorCallback


def _optimizers(model: Any) -> Iterator[tuple[str, Any]]:
    """(what to add to the name of the learning rate, the optimizer) of each that has one."""
    optimizer = model.optimizer
    if not hasattr(optimizer, "optimizers"):
        yield "", optimizer
        return
    for one in optimizer.optimizers:
        yield f"_{one.name}", one


def present_rates(model: Any) -> dict[str, float]:
    """The learning rates by the names under which they are logged."""
    return {f"learning_rate{suffix}": float(one.learning_rate) for suffix, one in _optimizers(model)}


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of each epoch to `schedule(epoch, learning_rate)`, or `schedule(epoch)`.

    The rate is logged as 'learning_rate'. ValueError when the function gives no float, TypeError when the optimizer
    was made with a schedule of its own.

    >>> import lamina
    >>> callback = lamina.callbacks.LearningRateScheduler(lambda epoch, rate: rate if epoch < 10 else rate * 0.9)
    """

    def __init__(self, schedule: Callable[..., Any], verbose: int = 0) -> None:
        super().__init__()
        if not callable(schedule):
            raise TypeError(
                explain(
                    "LearningRateScheduler: `schedule` cannot be called.",
                    "a function of the epoch and the learning rate",
                    repr(schedule),
                    "pass e.g. lambda epoch, rate: rate * 0.9.",
                )
            )
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        for suffix, optimizer in _optimizers(self.model):
            try:
                rate = self.schedule(epoch, float(optimizer.learning_rate))
            except TypeError:
                rate = self.schedule(epoch)
            if not isinstance(rate, (float, np.floating)):
                raise ValueError(
                    explain(
                        "LearningRateScheduler: the schedule did not give a learning rate.",
                        "a float",
                        f"{rate!r} in epoch {epoch}",
                        "return a float from the function, such as 0.01.",
                    )
                )
            optimizer.learning_rate = float(rate)
            if self.verbose > 0:
                name = suffix[1:] and f"{suffix[1:]} "
                print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {name}learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs.update(present_rates(self.model))


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` when `monitor` has not got better by `min_delta` for `patience` epochs.

    After that `cooldown` epochs pass before it counts again; the rate does not fall below `min_lr`. It is logged as
    'learning_rate'. ValueError for a factor of 1 and more.

    >>> import lamina
    >>> callback = lamina.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.2, patience=5, min_lr=1e-5)
    """

    _kept = ("wait", "best", "cooldown_counter")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if kwargs:
            raise TypeError(
                explain(
                    "ReduceLROnPlateau: unknown arguments.",
                    "the arguments of the constructor",
                    ", ".join(sorted(kwargs)),
                    "check the spelling; `epsilon` of older versions is `min_delta`.",
                )
            )
        self.factor = number("ReduceLROnPlateau", "factor", factor)
        if self.factor >= 1.0:
            raise ValueError(
                explain(
                    "ReduceLROnPlateau: `factor` does not reduce anything.",
                    "a number below 1",
                    f"factor={factor!r}",
                    "use e.g. factor=0.1.",
                )
            )
        self.min_lr = number("ReduceLROnPlateau", "min_lr", min_lr)
        self.patience = integer("ReduceLROnPlateau", "patience", patience, 0)
        self.verbose = verbose
        self.cooldown = integer("ReduceLROnPlateau", "cooldown", cooldown, 0)
        self.cooldown_counter = 0
        self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether epochs do not count yet after the last reduction."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs: Any = None) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = {} if logs is None else logs
        logs.update(present_rates(self.model))
        value = self.get_monitor_value(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._improves(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                reduced = [self._reduce(epoch, *one) for one in _optimizers(self.model)]
                if any(reduced):
                    self.cooldown_counter = self.cooldown
                    self.wait = 0

    def _reduce(self, epoch: int, suffix: str, optimizer: Any) -> bool:
        rate = float(optimizer.learning_rate)
        if rate <= np.float32(self.min_lr):
            return False
        rate = max(rate * self.factor, self.min_lr)
        optimizer.learning_rate = rate
        if self.verbose > 0:
            name = suffix[1:] and f"{suffix[1:]} "
            print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing {name}learning rate to {rate}.")
        return True
