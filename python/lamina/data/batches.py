"""Batches that come one by one: from generators, datasets, loaders and any other iterable."""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from .. import _core
from ..models.arrays import Data, prepare, unpack_x_y_sample_weight
from ..utils.tracebacks import warn
from .ahead import ReadAhead, Stretch, single
from .py_dataset import PyDataset, read

WORTH_A_THREAD = 1e-4  # seconds per batch: below, handing it from thread to thread costs more than it saves
_END = object()
_BATCH_THEM = "put single samples into batches first (DataLoader, Dataset.batch), or "


class _Durations:
    """Mean (of the last ones) and sum of durations, without the first two, which prepare things."""

    def __init__(self) -> None:
        self.mean = 0.0
        self.sum = 0.0
        self._count = 0

    def add(self, seconds: float) -> None:
        self._count += 1
        if self._count > 2:
            self.mean += (seconds - self.mean) * (1.0 if self._count == 3 else 0.2)
            self.sum += seconds


class Batches:
    """The batches of a source, pass after pass, read ahead in a thread if that pays."""

    def __init__(self, source: Any, class_weight: Any = None) -> None:
        self.source = source
        self.given = 0  # batches so far
        self.used_up = False  # a generator that has given everything it had
        self._said_so = False
        self._number = 0  # of the batch that was read last
        self._stays_here = getattr(source, "workers", None) == 0
        self._ahead_pays = dict.fromkeys((False, True), WORTH_A_THREAD == 0.0)  # by whether batches are gathered
        self._class_weight = class_weight
        self._iterator: Iterator[Any] | None = None

    @property
    def count(self) -> int | None:
        """The number of batches in a pass, if known."""
        try:
            return len(self.source)
        except (TypeError, NotImplementedError):
            return None

    @contextmanager
    def epoch(self) -> Iterator[None]:
        """Tells sources that ask for it when an epoch begins and, unless it failed, when it ends."""
        self._call("on_epoch_begin")
        yield
        self._call("on_epoch_end")

    def _call(self, hook: str) -> None:
        if hasattr(self.source, hook):
            getattr(self.source, hook)()

    def take(self, steps: int | None, gather: bool = False) -> Generator[Stretch, None, None]:
        """The next `steps` batches, going on where the last call ended; all of one pass for None.

        They come one by one or, with `gather`, as many together as are ready, which are to be used before more are
        asked for. A source that can be read again starts anew when it ends before that. Of a generator no more is taken
        than asked for, except for the batches read ahead when the caller stops early.
        """
        taken = 0
        with closing(self._ahead(steps, gather)) as stretches:
            for stretch in stretches:
                taken += stretch.steps
                self.given += stretch.steps
                yield stretch
        self._finish(taken, steps)

    def _finish(self, taken: int, steps: int | None) -> None:
        """Called when `take` has given all it could."""
        if hasattr(self.source, "__next__") and (steps is None or taken < steps):
            self.used_up = True
        if steps is not None and 0 < taken < steps:
            self._warn(f"The data ended after {taken} of {steps} batches", "or lower the number of steps")

    def _ahead(self, steps: int | None, gather: bool) -> Generator[Stretch, None, None]:
        """The batches, from a thread as soon as it pays.

        Handing one batch to another thread has to be worth it; where they are gathered, only starting the thread.
        """
        items = self._counted(steps)
        makes, uses = _Durations(), _Durations()
        while not self._ahead_pays[gather] or self._stays_here:
            start = time.perf_counter()
            batch = next(items, _END)
            if batch is _END:
                return
            data = self._prepared(batch)
            made = time.perf_counter()
            yield single(data)
            uses.add(time.perf_counter() - made)
            makes.add(made - start)
            pays = min(4 * makes.mean, uses.mean) > WORTH_A_THREAD
            lasts = makes.sum + uses.sum > 3 * WORTH_A_THREAD and uses.mean > makes.mean / 4
            self._ahead_pays[gather] = pays or (gather and lasts)
        with ReadAhead(items, self._prepared, gather) as ready:
            yield from ready

    def _counted(self, steps: int | None) -> Iterator[Any]:
        for self._number, batch in enumerate(self._items(steps)):  # noqa: B020 (for errors)
            yield batch

    def _prepared(self, batch: Any) -> Data:
        try:
            return prepare(*unpack_x_y_sample_weight(batch), self._class_weight, fix=_BATCH_THEM)
        except (TypeError, ValueError) as error:
            raise type(error)(f"Batch {self._number} cannot be used. {error}") from error

    def is_used_up(self, consequence: str) -> bool:
        """Whether a generator has nothing more to give; the first time, with a warning."""
        if self.used_up and not self._said_so:
            self._warn(f"The generator is used up: {consequence}", "or pass a PyDataset")
        return self.used_up

    def _warn(self, what: str, instead: str) -> None:
        self._said_so = True
        warn(f"{what}. Make the generator endless, {instead}.")

    def read_again(self, epochs: int, drawn: int, steps: int | None) -> None:
        """Goes to where a run was after so many epochs, in which `drawn` batches were taken, `steps` in each."""
        if steps is not None:
            self._move(drawn)
        for _ in range(epochs):
            with self.epoch():
                pass

    def _move(self, drawn: int) -> None:
        for _ in self.take(drawn) if drawn else ():
            pass

    def _items(self, steps: int | None) -> Iterable[Any]:
        if steps is None:
            return iter(self.source)
        return itertools.islice(self._endless(), steps)

    def _endless(self) -> Iterator[Any]:
        """Pass after pass, until one is empty; a generator has only one."""
        while True:
            empty = False
            if self._iterator is None:
                self._iterator, empty = iter(self.source), True
            for item in self._iterator:
                empty = False
                yield item
            if not hasattr(self.source, "__next__"):
                self._iterator = None
            if empty or self._iterator is not None:
                return


class NumberedBatches(Batches):
    """Batches that are read by number, by several workers if the source asks for that.

    With a `sampler` (variables for seed and epoch) they come in an order that is a function of both.
    """

    def __init__(self, source: Any, class_weight: Any = None, sampler: Any = None) -> None:
        super().__init__(source, class_weight)
        self._sampler = sampler
        self._position = 0  # within the pass
        self._count: int | None = None

    @property
    def count(self) -> int | None:
        source = self.source
        return source.num_batches if isinstance(source, PyDataset) else len(source)

    def _finish(self, taken: int, steps: int | None) -> None:
        super()._finish(taken, steps)
        # The sampler moves on only now, so that a run that begins again within an epoch finds the epoch's order.
        self._position += taken
        if self._count:
            passes, self._position = divmod(self._position, self._count)
            if self._sampler is not None and passes:
                epoch = self._sampler[1]
                epoch.assign(epoch.value + passes)

    def _move(self, drawn: int) -> None:
        self._position = drawn % self.count if self.count else drawn

    def _items(self, steps: int | None) -> Iterable[Any]:
        self._count = self.count
        if steps is None and self._count is not None:
            self._position = 0
        return read(self.source, itertools.islice(self._numbers(self._position, self._count), steps or self._count))

    def _numbers(self, position: int, count: int | None) -> Iterator[int]:
        if count is None:
            yield from itertools.count(position)
            return
        for later in itertools.count() if count else ():
            if self._sampler is None:
                order: Any = range(count)
            else:
                seed, epoch = (int(v.value.item()) for v in self._sampler)
                order = map(int, _core.permutation(count, seed, epoch + later).numpy())
            yield from itertools.islice(order, position, None)
            position = 0


def make(source: Any, class_weight: Any = None, sampler: Any = None) -> Batches:
    """The batches of a source: by number where it has numbers and no order of its own, else by iteration."""
    if isinstance(source, PyDataset):
        return NumberedBatches(source, class_weight, None if source.num_batches is None else sampler)
    if hasattr(source, "__getitem__") and hasattr(source, "__len__") and not hasattr(source, "__iter__"):
        return NumberedBatches(source, class_weight)
    return Batches(source, class_weight)
