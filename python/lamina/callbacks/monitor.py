"""Callbacks that watch one logged value."""

from __future__ import annotations

import math
from typing import Any

from ..checks import choice, explain, number
from ..utils.tracebacks import warn
from .callback import Callback

# What names of metrics say about their direction, where the metric itself does not.
_LARGER_IS_BETTER = (
    *("acc", "auc", "precision", "recall", "iou", "f1", "fbeta", "r2", "true", "hit", "top", "sensitivity"),
    *("specificity", "similarity", "score", "pearson", "concordance"),
)
_SMALLER_IS_BETTER = (
    *("loss", "error", "mse", "mae", "mape", "msle", "rmse", "hinge", "crossentropy", "divergence", "kld", "poisson"),
    *("logcosh", "log_cosh", "huber", "false"),
)


class MonitorCallback(Callback):
    """Base of callbacks that compare `monitor` between epochs.

    `mode`: 'min', 'max', or 'auto', told by the metric or its name. ValueError for other modes, and for 'auto' where
    nothing tells whether more is better.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ) -> None:
        super().__init__()
        self.monitor = monitor
        self.mode = choice(type(self).__name__, "mode", mode, ("auto", "min", "max"))
        self.best = None if baseline is None else number(type(self).__name__, "baseline", baseline)
        self.min_delta = abs(number(type(self).__name__, "min_delta", min_delta))

    def _larger_is_better(self) -> bool:
        if self.mode != "auto":
            return self.mode == "max"
        name = self.monitor.removeprefix("val_")
        for metric in getattr(getattr(self.model, "_compile_metrics", None), "metrics", ()):
            direction = getattr(metric, "_direction", None) if metric.name == name else None
            if direction in ("up", "down"):
                return direction == "up"
        name = name.lower()
        for parts, answer in ((_SMALLER_IS_BETTER, False), (_LARGER_IS_BETTER, True)):
            if any(part in name for part in parts):
                return answer
        raise ValueError(
            explain(
                f"{type(self).__name__}: it is not known whether a large {self.monitor!r} is good or bad.",
                "mode='min' or mode='max'",
                "mode='auto'",
                "pass the mode.",
            )
        )

    def _improves(self, value: float, best: float | None) -> bool:
        """Whether `value` is better than `best` by `min_delta` at least; anything beats nothing."""
        larger = self._larger_is_better()
        if best is None or math.isnan(best):
            return not math.isnan(value)
        return value - self.min_delta > best if larger else value + self.min_delta < best

    def get_monitor_value(self, logs: Any) -> float | None:
        """What is watched, or None, with a warning, when it is not logged or no single number."""
        value = (logs or {}).get(self.monitor)
        if isinstance(value, (list, tuple)):
            text = f"is no single number but {value}"
            value = None
        elif value is None:
            text = f"is not logged. Logged: {sorted(logs or {})}"
        else:
            return float(value)
        warn(f"{type(self).__name__} watches {self.monitor!r}, which {text}.")
        return None
