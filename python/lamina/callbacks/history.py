"""What training logged, epoch by epoch."""

from __future__ import annotations

from typing import Any

from ..checks import explain
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
        self._epochs: dict[str, list[int]] = {}  # those in which each name was logged

    def on_train_begin(self, logs: Any = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self._epochs.setdefault(name, []).append(epoch)

    def plot(self, names: Any = None) -> Any:
        """The curves as a matplotlib Figure: one picture per logged name, with that of the validation in it.

        `names` are those to show, all of them if None; `figure.savefig("curves.png")` writes it. ValueError for names
        that were not logged, ImportError without matplotlib (the extra `plot`).
        """
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise ImportError(
                explain("Curves cannot be drawn.", "matplotlib", "none installed", "run: pip install 'lamina[plot]'.")
            ) from error
        logged = list(dict.fromkeys(name.removeprefix("val_") for name in self.history))
        wanted = logged if names is None else [names] if isinstance(names, str) else list(names)
        unknown = [name for name in wanted if name not in logged]
        if unknown or not wanted:
            raise ValueError(
                explain(
                    "There is nothing to draw.",
                    f"names among {logged}" if logged else "a history of one epoch or more",
                    f"{unknown}",
                    "use names that were logged, without 'val_'.",
                )
            )
        figure = Figure(figsize=(5.0 * len(wanted), 3.5), layout="constrained")
        for axes, name in zip(figure.subplots(1, len(wanted), squeeze=False)[0], wanted):
            for label, key in (("training", name), ("validation", f"val_{name}")):
                if key in self.history:
                    epochs = [epoch + 1 for epoch in self._epochs[key]]
                    axes.plot(epochs, self.history[key], marker="o" if len(epochs) < 20 else "", label=label)
            axes.set(xlabel="epoch", title=name)
            axes.legend()
        return figure
