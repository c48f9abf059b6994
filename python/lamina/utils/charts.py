"""Curves and bars, by matplotlib."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..checks import explain, need


def new_figure(rows: int = 1, columns: int = 1, size: tuple[float, float] = (6.0, 4.0)) -> tuple[Any, Any]:
    """A figure of matplotlib and its axes. It belongs to pyplot only where that is in use already (notebooks)."""
    module = need("matplotlib.figure", "Pictures need", "matplotlib", "plot")
    pyplot = sys.modules.get("matplotlib.pyplot")
    figure = (module.Figure if pyplot is None else pyplot.figure)(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def plot_history(history: dict[str, list[Any]], epochs: Sequence[int], metrics: Any = None, path: Any = None) -> Any:
    """Curves of what training logged, over the epochs: one axes per metric, with its validation values.

    `metrics`: names, all unless given. `path`: where to save the picture. Returns the figure. ValueError for unknown
    names and for an empty history.
    """
    known = [name for name in history if not (name.startswith("val_") and name[4:] in history)]
    names = known if metrics is None else [metrics] if isinstance(metrics, str) else list(metrics)
    unknown = [name for name in names if name not in history]
    if unknown or not names:
        raise ValueError(
            explain(
                "There is no curve to draw.",
                f"names among {sorted(history)}" if history else "a history of one epoch or more",
                f"metrics={metrics!r}",
                "correct the names, or fit the model first.",
            )
        )
    figure, axes = new_figure(1, len(names), (1.5 + 4.5 * len(names), 3.6))
    for axis, name in zip(axes[0], names):
        for key, label in ((name, "training"), (f"val_{name}", "validation")):
            if key in history:
                values = history[key]
                axis.plot(_places(len(values), epochs), values, marker="o" if len(values) < 20 else None, label=label)
        axis.set(xlabel="epoch", title=name)
        axis.locator_params(axis="x", integer=True)
        axis.grid(alpha=0.3)
        if f"val_{name}" in history:
            axis.legend(frameon=False)
    if path is not None:
        figure.savefig(path, dpi=120)
    return figure


def _places(count: int, epochs: Sequence[int]) -> list[int]:
    """The epochs, from 1, of so many values: validation may have happened in every second epoch only, and so on."""
    step = len(epochs) // count
    if step * count == len(epochs):
        return [epoch + 1 for epoch in epochs[step - 1 :: step]]
    return list(range(1, count + 1))


def plot_bars(labels: Sequence[str], columns: Mapping[str, Sequence[float]], path: Any = None) -> Any:
    """Horizontal bars, one axes per column; the first label on top."""
    figure, axes = new_figure(1, len(columns), (2.5 + 3.0 * len(columns), 1.2 + 0.28 * len(labels)))
    for i, (axis, (title, values)) in enumerate(zip(axes[0], columns.items())):
        axis.barh(range(len(labels)), values, color=f"C{i}")
        axis.set_yticks(range(len(labels)), labels if i == 0 else [""] * len(labels))
        axis.invert_yaxis()
        axis.set_title(title)
        axis.locator_params(axis="x", nbins=4)
        axis.grid(axis="x", alpha=0.3)
    if path is not None:
        figure.savefig(path, dpi=120)
    return figure
