"""Datasets written as Python classes that give batches by number."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from ..checks import explain, integer
from .workers import call_shared, in_order, processes, threads


class PyDataset:
    """The base of datasets that give batches by number: write `__getitem__(index)` and `__len__`.

    An endless dataset has no `__len__` but a property `num_batches` that is None. A batch is (x,), (x, y),
    (x, y, sample_weight) or a dict. With `workers` above 1 that many threads make batches at a time, or processes with
    `use_multiprocessing=True`, at most `max_queue_size` ahead; the order of the batches is the same in all cases.
    Processes work on copies of the dataset, made at the start of each epoch. With 0 workers batches are made in the
    thread that trains, for what may be used in one thread only, as connections to data bases.
    `on_epoch_begin` and `on_epoch_end` are called around each pass.

    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> list(Squares())
    [0, 1, 4]
    """

    _workers = 1
    _use_multiprocessing = False
    _max_queue_size = 10

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    @property
    def workers(self) -> int:
        """How many threads or processes make batches."""
        return self._workers

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = integer("PyDataset", "workers", value, 0)

    @property
    def use_multiprocessing(self) -> bool:
        """Whether the workers are processes."""
        return self._use_multiprocessing

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = bool(value)

    @property
    def max_queue_size(self) -> int:
        """How many batches workers may make ahead."""
        return self._max_queue_size

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = integer("PyDataset", "max_queue_size", value)

    def __getitem__(self, index: int) -> Any:
        """The batch of that number."""
        raise NotImplementedError(_to_write(self, "__getitem__(self, index)"))

    @property
    def num_batches(self) -> int | None:
        """The number of batches of a pass, None for an endless dataset."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(_to_write(self, "`__len__`, or a property `num_batches`"))

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        return (self[i] for i in (itertools.count() if count is None else range(count)))

    def on_epoch_begin(self) -> None:
        """Called before each pass."""

    def on_epoch_end(self) -> None:
        """Called after each pass."""


def _to_write(dataset: Any, what: str) -> str:
    return explain(
        f"{type(dataset).__name__} does not say what its batches are.",
        f"a dataset with {what}",
        "a class without it",
        f"write {what}.",
    )


def read(dataset: Any, indices: Iterable[int]) -> Iterator[Any]:
    """The batches of these numbers, in this order, made by the workers that the dataset asks for."""
    count = getattr(dataset, "workers", 1)
    ahead = getattr(dataset, "max_queue_size", 10)
    if count > 0 and getattr(dataset, "use_multiprocessing", False):
        return in_order(processes(count, dataset), call_shared, indices, ahead)
    if count > 1:
        return in_order(threads(count), dataset.__getitem__, indices, ahead)
    return (dataset[i] for i in indices)
