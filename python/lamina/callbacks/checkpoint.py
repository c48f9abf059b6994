"""What callbacks that save the model share."""

from __future__ import annotations

from typing import Any

from .frequency import Frequency, Periodic
from .monitor import MonitorCallback


class Checkpoint(Periodic, MonitorCallback):
    """Base of callbacks that save after each epoch, or after every `save_freq` batches, all or only what is best."""

    _kept = ("best",)
    _goes_last = True

    def __init__(
        self,
        monitor: str,
        verbose: int,
        save_best_only: bool,
        save_weights_only: bool,
        mode: str,
        save_freq: Any,
        initial_value_threshold: float | None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._frequency = Frequency(type(self).__name__, "save_freq", save_freq)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._frequency.by_epoch:
            self._save(epoch, logs or {})

    def _save(self, step: int, logs: dict[str, Any], /) -> None:
        """Saves what the model is after this epoch or batch, if that is due."""
        raise NotImplementedError
