"""Callbacks that watch one logged value."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ..checks import choice
from .callback import Callback

_LARGER_IS_BETTER = ("acc", "accuracy", "auc", "precision", "recall", "iou", "f1", "fbeta", "r2", "true", "hit", "top")


class MonitorCallback(Callback):
    """Base of callbacks that compare `monitor` between epochs. `mode`: 'min', 'max', or 'auto' (told by the name)."""

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0
    ):
        super().__init__()
        self.monitor = monitor
        self.mode = choice(type(self).__name__, "mode", mode, ("auto", "min", "max"))
        self.best: float | None = baseline
        self.min_delta = abs(min_delta)

    def _improves(self, value: float, best: float | None) -> bool:
        if best is None or math.isnan(best):
            return not math.isnan(value)
        name = self.monitor.removeprefix("val_").lower()
        larger = self.mode == "max" or (
            self.mode == "auto" and "loss" not in name and any(part in name for part in _LARGER_IS_BETTER)
        )
        return value > best + self.min_delta if larger else value < best - self.min_delta

    def _value(self, logs: Any) -> float | None:
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"{type(self).__name__} watches {self.monitor!r}, which is not logged. Logged: {sorted(logs or {})}.",
                stacklevel=4,
            )
        return value


class EarlyStopping(MonitorCallback):
    """Stops training when `monitor` has not got better by `min_delta` for `patience` epochs.

    `restore_best_weights` brings back the weights of the best epoch, `baseline` is a value to be beaten, epochs before
    `start_from_epoch` do not count.

    >>> import lamina
    >>> callback = lamina.callbacks.EarlyStopping(monitor="loss", patience=3)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, baseline, min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.wait = 0
        self.stopped_epoch = 0
        self.best_epoch = 0
        self.best_weights: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_weights = None
        self.best_epoch = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        value = self._value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self._improves(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._improves(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restoring the weights of the best epoch: {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)


class TerminateOnNaN(Callback):
    """Stops training when the loss is NaN or infinite; RuntimeError instead with `raise_error`."""

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            text = (
                f"Batch {batch}: the loss is {loss}, training stops. Lower the learning rate or check the data for NaN."
            )
            if self.raise_error:
                raise RuntimeError(text)
            print(text)
            self.model.stop_training = True
