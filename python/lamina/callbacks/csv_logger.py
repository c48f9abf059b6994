"""Logs as a table in a file."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import IO, Any

from .callback import Callback


class CSVLogger(Callback):
    """Writes the logs of each epoch as a line of a CSV file, with a line of names first.

    `append` goes on in a file that is there. Values of several numbers are written as "[1, 2]".

    >>> import lamina
    >>> callback = lamina.callbacks.CSVLogger("training.csv", separator=";")
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.csv_file: IO[str] | None = None
        self.writer: Any = None
        self.keys: list[str] | None = None
        self._needs_header = True

    def on_train_begin(self, logs: Any = None) -> None:
        self._close()
        there = self.append and os.path.exists(self.filename) and os.path.getsize(self.filename) > 0
        self._needs_header = not there
        mode = "a" if self.append else "w"
        with self._named():
            self.csv_file = open(self.filename, mode, newline="", encoding="utf-8")  # noqa: SIM115 (closed by _close)

    def _named(self) -> AbstractContextManager[None]:
        from ..saving.atomic import growing

        return growing(self.filename, "CSVLogger: the logs")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        import csv

        logs = logs or {}
        assert self.csv_file is not None
        if self.writer is None:
            names = sorted(logs)
            if names and not any(name.startswith("val_") for name in names):
                names += [f"val_{name}" for name in names]  # validation may come in later epochs only
            self.keys = names
            self.writer = csv.DictWriter(self.csv_file, ["epoch", *names], delimiter=self.sep)
            if self._needs_header:
                self.writer.writeheader()
        with self._named():
            self.writer.writerow({"epoch": epoch, **{name: _text(logs.get(name, "NA")) for name in self.keys or ()}})
            self.csv_file.flush()

    def on_train_end(self, logs: Any = None) -> None:
        self._close()

    def _close(self) -> None:
        file, self.csv_file, self.writer, self.keys = self.csv_file, None, None, None
        if file is not None:
            with self._named():
                file.close()


def _text(value: Any) -> Any:
    return f'"[{", ".join(map(str, value))}]"' if isinstance(value, (list, tuple)) else value
