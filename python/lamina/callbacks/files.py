"""What callbacks that write files share: when it is time, and where to."""

from __future__ import annotations

from typing import Any

from ..checks import explain, is_integer


class Frequency:
    """`save_freq` of a callback: 'epoch', or a number of batches. ValueError for others."""

    def __init__(self, owner: str, save_freq: Any) -> None:
        if save_freq != "epoch" and (not is_integer(save_freq) or save_freq < 1):
            raise ValueError(
                explain(
                    f"{owner}: `save_freq` is not known.",
                    "'epoch', or a positive number of batches",
                    f"save_freq={save_freq!r}",
                    "pass e.g. save_freq='epoch' or save_freq=100.",
                )
            )
        self.by_epoch = save_freq == "epoch"
        self._every = 0 if self.by_epoch else int(save_freq)
        self._seen = 0

    def after_batch(self) -> bool:
        """Counts a batch; whether it is time to save."""
        if self.by_epoch:
            return False
        self._seen += 1
        return self._seen % self._every == 0
