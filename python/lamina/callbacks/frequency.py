"""Callbacks that act from time to time."""

from __future__ import annotations

from typing import Any

from ..checks import explain, is_integer
from .callback import Callback


class Frequency:
    """How often a callback acts: after each 'epoch', or after a number of batches. ValueError for others."""

    def __init__(self, owner: str, name: str, value: Any) -> None:
        if value != "epoch" and (not is_integer(value) or value < 1):
            raise ValueError(
                explain(
                    f"{owner}: `{name}` is not known.",
                    "'epoch', or a positive number of batches",
                    f"{name}={value!r}",
                    f"pass e.g. {name}='epoch' or {name}=100.",
                )
            )
        self.by_epoch = value == "epoch"
        self.batches = 0  # seen so far
        self._every = 0 if self.by_epoch else int(value)
        self._last = -1  # the last batch of this epoch that was seen

    @property
    def left(self) -> int | None:
        """How many batches may pass unseen, and one; None if none is to be seen."""
        return None if self.by_epoch else self._every - self.batches % self._every

    def after_batch(self, batch: int) -> bool:
        """Counts the batches up to this one of the epoch; whether it is time to act."""
        if batch <= self._last:
            self._last = -1  # a new epoch
        before = self.batches
        self.batches += batch - self._last
        self._last = batch
        return not self.by_epoch and self.batches // self._every > before // self._every


class Periodic(Callback):
    """Base of callbacks that act when `_frequency` says so, and need to hear of no other batch."""

    _frequency: Frequency

    def _batches_left(self, entry: str) -> int | None:
        return self._frequency.left if entry == "train_step" else None
