"""A bar in the terminal: how far, how fast, how long still, and the values logged so far."""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Iterable
from typing import Any


class Progbar:
    """Progress towards `target` steps (None if unknown). `verbose`: 0 nothing, 1 a live bar, 2 one line at the end.

    Where the output is no terminal only the finished line is written.

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
        self._values: dict[str, Any] = {}
        self._start = time.perf_counter()
        self._shown = -math.inf
        self._length = 0
        self._live = verbose == 1 and hasattr(sys.stdout, "isatty") and sys.stdout.isatty()

    def update(
        self, current: int, values: Iterable[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Moves to step `current` and shows `values`; `finalize` ends the line."""
        self.current = current
        self._values.update(values or {})
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        if not self.verbose:
            return
        now = time.perf_counter()
        if finalize:
            self._write(self._line(now, True), "\n")
        elif self._live and now - self._shown >= self.interval:
            self._shown = now
            self._write(self._line(now, False), "")

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
        parts = [f"{_duration(shown)} {_speed(per_step)}/{self.unit_name}"]
        parts += [f"{name}: {_number(value)}" for name, value in self._values.items()]
        return f"{place}{bar} {' - '.join(parts)}"


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
