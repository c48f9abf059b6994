"""Numbered checkpoints."""

from __future__ import annotations

import os
import shutil
from typing import Any

from .. import _core
from ..checks import integer
from ..saving.atomic import replacing
from .checkpoint import Checkpoint


class OrbaxCheckpoint(Checkpoint):
    """Keeps the last `max_to_keep` states (None: all) in folders of `directory` that are named by the step.

    The step is the epoch, or with `save_freq` batches the number of all batches so far. Each folder holds
    'model.lamina', from which `load_model` goes on, or with `save_weights_only` 'weights.safetensors'. They are files
    of Lamina, not of Orbax, which only JAX reads, and are on the disk before training goes on: `save_on_background` is
    accepted. The others as in `ModelCheckpoint`, but nothing is saved while `monitor` is not logged.

    >>> import lamina
    >>> callback = lamina.callbacks.OrbaxCheckpoint("checkpoints", max_to_keep=3)
    """

    def __init__(
        self,
        directory: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> None:
        super().__init__(monitor, verbose, save_best_only, save_weights_only, mode, save_freq, initial_value_threshold)
        self.directory = os.fspath(directory)
        self.max_to_keep = None if max_to_keep is None else integer("OrbaxCheckpoint", "max_to_keep", max_to_keep)
        self.save_on_background = save_on_background
        self._before = 0  # batches that the model was trained on before

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if model.optimizer is not None:
            self._before = int(model.optimizer.iterations) - self._frequency.batches

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._frequency.after_batch(batch):
            self._save(self._before + self._frequency.batches, logs or {})

    def _save(self, step: int, logs: dict[str, Any]) -> None:
        if self.save_best_only:
            value = self.get_monitor_value(logs)
            if value is None or not self._improves(value, self.best):
                return
            self.best = value
        name = "weights.safetensors" if self.save_weights_only else "model.lamina"
        path = os.path.join(self.directory, str(step), name)
        with replacing(path) as temporary:
            if self.save_weights_only:
                from ..models.programs import name_variables

                name_variables(self.model)
                _core.write_tensors(temporary, {v.core.name: v.core.value for v in self.model.variables})
            else:
                self.model.save(temporary)
        if self.verbose > 0:
            print(f"\nStep {step}: saved to {path}")
        steps = sorted(int(entry) for entry in os.listdir(self.directory) if entry.isdigit())
        for old in steps[: -self.max_to_keep] if self.max_to_keep else ():
            if old != step:
                shutil.rmtree(os.path.join(self.directory, str(old)))

    def is_multihost_enabled(self) -> bool:
        """Whether several machines train together: no."""
        return False

    def is_primary_host(self) -> bool:
        """Whether this process writes the files: yes."""
        return True

    def wait_until_finished(self) -> None:
        """Returns at once: what was to be saved is on the disk."""
