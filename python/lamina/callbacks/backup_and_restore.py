"""Going on after a crash."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import Any

from ..checks import explain
from .frequency import Frequency, Periodic


class BackupAndRestore(Periodic):
    """Saves the state of training after each epoch, or after every `save_freq` batches, and goes on from it in `fit`.

    A run that was killed at any moment, started again with the same arguments, goes on in the middle of an epoch and
    ends with the same bits as one that was not: the file holds weights, slots, random numbers, metrics, the order of
    the samples, and what the other callbacks know. Iterables are read again from their beginning, up to that place.
    `double_checkpoint` keeps the file before the last; `delete_checkpoint` removes all at the end of training.
    ValueError for a backup of another model, OSError when one cannot be written: the one before it stays.

    >>> import lamina
    >>> callback = lamina.callbacks.BackupAndRestore("backup", save_freq=100)
    """

    _goes_last = True

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ValueError(
                explain(
                    "BackupAndRestore: there is no folder to write to.",
                    "the path of a folder",
                    f"backup_dir={backup_dir!r}",
                    "pass e.g. backup_dir='backup'.",
                )
            )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._frequency = Frequency("BackupAndRestore", "save_freq", save_freq)
        self._path = os.path.join(self.backup_dir, "latest.safetensors")
        self._previous = f"{self._path}.bkp"

    def on_train_begin(self, logs: Any = None) -> None:
        from ..saving.training_state import TrainingState

        for path in (self._path, self._previous):
            if os.path.exists(path):
                try:
                    self.model._set("_resume", TrainingState.read(path))
                    return
                except ValueError:
                    if path == self._previous or not os.path.exists(self._previous):
                        raise

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._frequency.after_batch(batch):
            self._save()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._frequency.by_epoch:
            self._save()

    def _save(self) -> None:
        from ..saving.atomic import replacing
        from ..saving.training_state import TrainingState

        state = TrainingState.of(self.model, self.model._run_callbacks)
        if self.double_checkpoint and os.path.exists(self._path):
            with replacing(self._previous) as temporary:
                shutil.copyfile(self._path, temporary)
        state.write(self._path)

    def on_train_end(self, logs: Any = None) -> None:
        if self.delete_checkpoint:
            for path in (self._path, self._previous):
                with suppress(FileNotFoundError):
                    os.remove(path)
            with suppress(OSError):  # other files may be there
                os.rmdir(self.backup_dir)
