"""What training logged, epoch by epoch."""

from __future__ import annotations

from typing import Any

from .callback import Callback


class History(Callback):
    """`history` maps each logged name to its values, `epoch` lists the epochs. `fit` returns one.

    >>> import lamina
    >>> lamina.callbacks.History().history
    {}
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def plot(self, metrics: Any = None, path: Any = None) -> Any:
        """Draws what was logged over the epochs, with validation values beside; needs matplotlib.

        `metrics`: names, all unless given. `path`: where to save the picture. Returns the figure.
        """
        from ..utils.charts import plot_history

        return plot_history(self.history, self.epoch, metrics, path)
