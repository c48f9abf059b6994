"""A bar in the terminal: how far, how fast, how long still, and the values logged so far."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable
from typing import Any


class Progbar:
    """Progress towards `target` steps (None if unknown). `verbose`: 0 nothing, 1 a live bar, 2 one line at the end.

    The line lives in terminals and notebooks; elsewhere it is written once, when it is finished. Values are shown as
    means over the steps, those in `stateful_metrics` (or, if `stateless_metrics` are given, all but these) as they are.
    The time of the first step, in which things are prepared, does not count for the time that is left.

    >>> import lamina
    >>> lamina.utils.Progbar(3, verbose=0).update(3)
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Any = None,
        stateless_metrics: Any = None,
        unit_name: str = "step",
    ) -> None:
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.current = 0
        self.stateful_metrics = set(stateful_metrics or ())
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self._values: dict[str, Any] = {}
        self._sums: dict[str, tuple[float, int]] = {}  # of what is shown as a mean
        self._start = time.perf_counter()
        self._first_step: float | None = None  # when it was over
        self._shown = -math.inf
        self._length = 0
        terminal = hasattr(sys.stdout, "isatty") and sys.stdout.isatty()
        self._live = verbose == 1 and (terminal or "ipykernel" in sys.modules)

    def update(
        self, current: int, values: Iterable[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Moves to step `current` and shows `values`; `finalize` ends the line."""
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._values[name] = self._mean(name, value, current, finalize) if self._is_mean(name) else value
        self.current = current
        if not self.verbose:
            return
        now = time.perf_counter()
        if current == 1:
            self._first_step = now
        if finalize:
            self._write(self._line(now, True), "\n")
        elif self._live and now - self._shown >= self.interval:
            self._shown = now
            self._write(self._line(now, False), "")

    def _is_mean(self, name: str) -> bool:
        if self.stateless_metrics is not None:
            return name in self.stateless_metrics
        return name not in self.stateful_metrics

    def _mean(self, name: str, value: Any, current: int, finalize: bool) -> Any:
        """The mean over the steps so far; at the end the value itself, which is that of all."""
        if finalize or isinstance(value, (list, tuple)):
            return value
        steps = max(current - self.current, 1)
        total, count = self._sums.get(name, (0.0, 0))
        total, count = total + value * steps, count + steps
        self._sums[name] = total, count
        return total / count

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Moves on by `n` steps."""
        self.update(self.current + n, values)

    def leave(self) -> None:
        """Ends the line where it is."""
        if self._live and self._length:
            sys.stdout.write("\n")
            sys.stdout.flush()

    def _write(self, line: str, end: str) -> None:
        if self._live:
            import shutil  # here, since most programs never show a live bar

            line = line[: max(shutil.get_terminal_size().columns - 1, 20)] if not end else line
            padding = " " * max(self._length - len(line), 0)
            sys.stdout.write(f"\r{line}{padding}{end}")
            self._length = len(line)
        else:
            sys.stdout.write(f"{line}{end}")
        sys.stdout.flush()

    def _line(self, now: float, finished: bool) -> str:
        taken = now - self._start
        per_step = taken / max(self.current, 1)
        if self._first_step is not None and self.current > 1:
            per_step = (now - self._first_step) / (self.current - 1)
        if self.target is None:
            place, bar = f"{self.current}/Unknown", ""
        else:
            digits = len(str(self.target))
            place = f"{self.current:>{digits}}/{self.target}"
            full = min(int(self.width * self.current / max(self.target, 1)), self.width)
            bar = " " + "━" * full + "╺" * (full < self.width) + "─" * (self.width - full - 1)
        if self.verbose == 2:
            bar = ""
        shown = taken if finished or self.target is None else per_step * (self.target - self.current)
        pace = f"{_speed(per_step)}/{self.unit_name}"
        parts = ["", _duration(shown), pace] if self.verbose == 2 else [f"{_duration(shown)} {pace}"]
        parts += [f"{name}: {_number(value)}" for name, value in self._values.items()]
        return f"{place}{bar} {' - '.join(parts).lstrip()}"


def _duration(seconds: float) -> str:
    whole = int(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}" if whole >= 60 else f"{whole}s"


def _speed(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"


def _number(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + " ".join(_number(v) for v in value) + "]"
    if not isinstance(value, (int, float)):
        return str(value)
    return f"{value:.4f}" if value == 0 or abs(value) > 1e-3 else f"{value:.4e}"
