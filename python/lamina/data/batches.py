"""Batches that come one by one: from generators, datasets, loaders and any other iterable."""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from .. import _core
from ..models.arrays import Data, prepare, unpack_x_y_sample_weight
from .prefetch import Prefetch
from .py_dataset import PyDataset, read

WORTH_A_THREAD = 1e-4  # seconds per batch: below, handing it from thread to thread costs more than it saves


class _Mean:
    """A running mean of durations without the first, which prepares things; 0 as long as there are few."""

    def __init__(self) -> None:
        self.value = 0.0
        self._count = 0

    def add(self, seconds: float) -> None:
        self._count += 1
        if self._count > 2:
            self.value += (seconds - self.value) * (1.0 if self._count == 3 else 0.2)


class Batches:
    """The batches of a source, pass after pass, read ahead in a thread if that pays."""

    def __init__(self, source: Any, class_weight: Any = None) -> None:
        self.source = source
        self.given = 0  # batches so far
        self.used_up = False  # a generator that has given everything it had
        self._said_so = False
        self._ahead_pays = WORTH_A_THREAD == 0.0
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

    def take(self, steps: int | None) -> Generator[Data, None, None]:
        """The next `steps` batches, going on where the last call ended; all of one pass for None.

        A source that can be read again starts anew when it ends before that. Of a generator no more is taken than
        asked for, except for the batches read ahead when the caller stops early.
        """
        taken = 0
        with closing(self._ahead(self._read(steps))) as batches:
            for data in batches:
                taken += 1
                self.given += 1
                yield data
        if hasattr(self.source, "__next__") and (steps is None or taken < steps):
            self.used_up = True
        if steps is not None and 0 < taken < steps:
            self._warn(f"The data ended after {taken} of {steps} batches", "or lower the number of steps")

    def _ahead(self, batches: Iterator[Data]) -> Generator[Data, None, None]:
        """The batches, from a thread as soon as making them and using them both take long enough to be worth it."""
        makes, uses = _Mean(), _Mean()
        while not self._ahead_pays:
            start = time.perf_counter()
            data = next(batches, None)
            makes.add(time.perf_counter() - start)
            if data is None:
                return
            start = time.perf_counter()
            yield data
            uses.add(time.perf_counter() - start)
            self._ahead_pays = min(4 * makes.value, uses.value) > WORTH_A_THREAD
        with Prefetch(batches) as ready:
            yield from ready

    def is_used_up(self, consequence: str) -> bool:
        """Whether a generator has nothing more to give; the first time, with a warning."""
        if self.used_up and not self._said_so:
            self._warn(f"The generator is used up: {consequence}", "or pass a PyDataset")
        return self.used_up

    def _warn(self, what: str, instead: str) -> None:
        self._said_so = True
        warnings.warn(f"{what}. Make the generator endless, {instead}.", stacklevel=6)

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

    def _read(self, steps: int | None) -> Generator[Data, None, None]:
        for i, batch in enumerate(self._items(steps)):
            try:
                x, y, sample_weight = unpack_x_y_sample_weight(batch)
                data = prepare(x, y, sample_weight, self._class_weight)
            except (TypeError, ValueError) as error:
                raise type(error)(f"Batch {i} cannot be used. {error}") from error
            yield data

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

    def take(self, steps: int | None) -> Generator[Data, None, None]:
        self._count = self.count
        if steps is None and self._count is not None:
            self._position = 0
        taken = 0
        with closing(super().take(steps)) as batches:
            for data in batches:
                taken += 1
                yield data
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
