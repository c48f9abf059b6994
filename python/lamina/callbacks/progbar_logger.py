"""The live bar of fit, evaluate and predict."""

from __future__ import annotations

from typing import Any

from ..utils.progbar import Progbar
from .callback import Callback


class ProgbarLogger(Callback):
    """Shows steps, speed, the time left and logs: a live bar for verbose=1, a line per epoch for verbose=2.

    `fit`, `evaluate` and `predict` use one by themselves, unless verbose=0.

    >>> import lamina
    >>> bar = lamina.callbacks.ProgbarLogger()
    """

    _takes_crossings = True

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progbar | None = None
        self._within_fit = False

    @property
    def _verbose(self) -> int:
        return self.params.get("verbose", 1)

    def _open(self) -> None:
        self._bar = Progbar(self.params.get("steps"), verbose=self._verbose, stateless_metrics=())

    def _show(self, batch: int, logs: Any) -> None:
        if self._bar is not None:
            self._bar.update(batch + 1, [(k, v) for k, v in (logs or {}).items() if k != "outputs"], finalize=False)

    def _finish(self, logs: Any) -> None:
        if self._bar is not None:
            # Data may end early, and nobody may have known how many batches there are.
            self._bar.target = self._bar.target or self._bar.current
            done = self._bar.current or self._bar.target
            self._bar.update(done, list((logs or {}).items()), finalize=True)
            self._bar = None

    def on_train_begin(self, logs: Any = None) -> None:
        self._within_fit = True

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._verbose and self.params.get("epochs", 1) > 1:
            print(f"Epoch {epoch + 1}/{self.params['epochs']}")
        self._open()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._finish(logs)

    def on_train_end(self, logs: Any = None) -> None:
        self._within_fit = False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._show(batch, logs)

    def on_test_begin(self, logs: Any = None) -> None:
        if not self._within_fit:
            self._open()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._within_fit:
            self._show(batch, logs)

    def on_test_end(self, logs: Any = None) -> None:
        if not self._within_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._open()

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._show(batch, None)

    def on_predict_end(self, logs: Any = None) -> None:
        self._finish(None)

    def _close(self) -> None:
        if self._bar is not None:  # an error or Ctrl-C came: leave the line
            self._bar.leave()
            self._bar = None
