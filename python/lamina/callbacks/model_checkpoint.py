"""Saving the model while it is trained."""

from __future__ import annotations

import os
from typing import Any

from ..checks import explain
from ..saving.atomic import replacing
from .checkpoint import Checkpoint

_MODEL_ENDINGS = (".lamina", ".keras", ".h5")
_WEIGHTS_ENDING = ".weights.h5"


class ModelCheckpoint(Checkpoint):
    """Saves the model to `filepath` after each epoch, or after every `save_freq` batches.

    The path may hold `{epoch}`, `{batch}` and the names of logs, as in 'model-{epoch:02d}-{val_loss:.2f}.lamina'.
    `save_best_only` saves when `monitor` is better than ever (or than `initial_value_threshold`); `save_weights_only`
    calls `save_weights`. A file appears whole or not at all: that of before stays when the disk is full or the process
    is killed. ValueError for endings and frequencies that are not known, KeyError for names that are not logged,
    OSError when a file cannot be written.

    >>> import lamina
    >>> callback = lamina.callbacks.ModelCheckpoint("best.lamina", monitor="val_loss", save_best_only=True)
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, verbose, save_best_only, save_weights_only, mode, save_freq, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self._epoch = 0
        endings = (_WEIGHTS_ENDING,) if save_weights_only else _MODEL_ENDINGS
        if not self.filepath.endswith(endings):
            what = "weights" if save_weights_only else "models"
            raise ValueError(
                explain(
                    f"ModelCheckpoint: {what} are not saved to a file of this kind.",
                    f"a `filepath` that ends with {' or '.join(map(repr, endings))}",
                    repr(self.filepath),
                    f"use e.g. '{os.path.splitext(self.filepath)[0]}{endings[0]}'.",
                )
            )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._frequency.after_batch(batch):
            self._save(self._epoch, logs or {}, batch=batch + 1)

    def _save(self, epoch: int, logs: dict[str, Any], **facts: int) -> None:
        path = self._path({"epoch": epoch + 1, **facts, **logs})
        if not self._is_due(epoch, logs, path):
            return
        with replacing(path) as temporary:
            if self.save_weights_only:
                self.model.save_weights(temporary, overwrite=True)
            else:
                self.model.save(temporary, overwrite=True)
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _path(self, facts: dict[str, Any]) -> str:
        try:
            return self.filepath.format(**facts)
        except (KeyError, IndexError, ValueError) as error:
            raise KeyError(
                explain(
                    f"ModelCheckpoint: the path cannot be filled in ({error}).",
                    f"names among {sorted(facts)}",
                    repr(self.filepath),
                    "use names that are logged.",
                )
            ) from error

    def _is_due(self, epoch: int, logs: dict[str, Any], path: str) -> bool:
        """Whether to save; says so if asked to."""
        text = f"saving model to {path}"
        due = True
        if self.save_best_only:
            value = self.get_monitor_value(logs)
            if value is not None:  # else it warned, and saves to be on the safe side
                best = "None" if self.best is None else f"{self.best:.5f}"
                due = self._improves(value, self.best)
                text = (
                    f"{self.monitor} improved from {best} to {value:.5f}, {text}"
                    if due
                    else f"{self.monitor} did not improve from {best}"
                )
                self.best = value if due else self.best
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: {text}")
        return due
