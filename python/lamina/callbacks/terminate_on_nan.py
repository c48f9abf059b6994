"""Stopping when the loss is no number."""

from __future__ import annotations

import math
from typing import Any

from .callback import Callback


class TerminateOnNaN(Callback):
    """Stops training when the loss is NaN or infinite; RuntimeError instead with `raise_error`.

    >>> import lamina
    >>> callback = lamina.callbacks.TerminateOnNaN(raise_error=True)
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            text = (
                f"Batch {batch}: the loss is {loss}, training stops. Lower the learning rate or check the data for NaN."
            )
            if self.raise_error:
                raise RuntimeError(text)
            print(text)
            self.model.stop_training = True
