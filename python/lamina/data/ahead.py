"""Batches read ahead by a thread, and gathered, so that the engine can run several of them in one crossing."""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import config, tree
from ..models.arrays import Data
from ..ops.convert import array_to_tensor
from .prefetch import Prefetch

_BYTES = 1 << 23  # gathered at most
_BATCHES = 128  # likewise
_FEW = 4  # for less nothing is gathered
_WORTH_A_WAKE = 3e-4  # seconds of work for the consumer: less is not worth waking it
_END = object()


class Stretch(NamedTuple):
    """Successive batches of one kind: from batch `first` on, `steps` of `size` rows in `leaves`."""

    like: Data  # of their structure, dtypes and sizes
    leaves: list[Any]
    size: int
    first: int = 0
    steps: int = 1


def single(data: Data) -> Stretch:
    """One batch."""
    return Stretch(data, data.leaves, data.size)


class ReadAhead(Prefetch):
    """The batches of an iterable, in order, as stretches; a thread reads, prepares and copies them.

    `prepare` makes Data of an item. With `gather`, batches that are alike are put side by side, and all that are there
    when the engine asks are one stretch, which is valid until it asks again. Others come one by one, two ahead.
    """

    def __init__(self, items: Iterable[Any], prepare: Callable[[Any], Data], gather: bool) -> None:
        self._prepare = prepare
        self._gather = gather
        self._ring: _Ring | None = None  # what is filled
        self._place = -1  # of the ring, free for the next batch
        self._first, self._filled = 0, 0  # places that are filled but not handed over
        self._since = 0.0  # when the first of them was
        self._latest = 0.0  # when the last batch came
        self._per_step = math.inf  # seconds that the consumer needs; at first it is to begin at once
        self._used: tuple[_Ring, int, int, float] | None = None  # what the last stretch was in, and since when
        self._held: Any = None  # received, but no part of the last stretch
        super().__init__(items)

    # In the thread.

    def _fill(self, iterator: Iterator[Any]) -> None:
        try:
            self._read(iterator)
        finally:
            self._hand_over()

    def _read(self, iterator: Iterator[Any]) -> None:
        last = None
        while self._has_room():
            raw = next(iterator, _END)
            if raw is _END:
                return
            ring = self._ring
            if ring is not None and ring.put_plain(self._place, raw):
                self._next_place(ring)
                continue
            data = self._prepare(raw)
            kind = _kind(data)
            if ring is None or kind != ring.kind:
                self._hand_over()
                if kind != last or not self._gather or (count := _room(data)) < _FEW:
                    last = kind
                    if ring is not None:
                        self._places.get()
                    self._ready.put(_copied(data))
                    continue
                if ring is None:
                    self._places.put(None)  # not needed after all
                self._ring = ring = _Ring(data, raw, count)
                self._place = ring.free.get()
            ring.put(self._place, [t.numpy() for t in data.leaves])
            self._next_place(ring)

    def _has_room(self) -> bool:
        """Waits until another batch may be read; False when nobody wants one any more."""
        ring = self._ring
        if ring is None:
            self._places.get()
        elif self._place < 0:
            if ring.free.empty():
                self._hand_over()
            self._place = ring.free.get()
        return not self._closed

    def _next_place(self, ring: _Ring) -> None:
        """Hands over what is filled if it is worth waking the consumer for, or if the next batch may take long."""
        now = time.perf_counter()
        if not self._filled:
            self._first, self._since = self._place, now
        self._filled += 1
        is_enough = self._filled == ring.quarter or self._place + 1 == ring.count
        waited = max((now - self._since) / 3, now - self._latest)
        if is_enough or max(self._filled * self._per_step, waited) > _WORTH_A_WAKE:
            self._hand_over()
        self._latest = now
        self._place = -1

    def _hand_over(self) -> None:
        if self._filled:
            self._ready.put((self._ring, self._first, self._filled))
            self._filled = 0

    # For the consumer.

    def __next__(self) -> Stretch:
        if self._used is not None:
            ring, first, count, since = self._used
            for place in range(first, first + count):
                ring.free.put(place)
            self._per_step = (time.perf_counter() - since) / count
            self._used = None
        if self._finished:
            raise StopIteration
        held, self._held = self._held, None
        item = self._checked(self._ready.get() if held is None else held)
        if isinstance(item, Data):
            self._places.put(None)
            return single(item)
        ring, first, count = item
        while not self._ready.empty():
            following = self._ready.get()
            fits = type(following) is tuple and following[:2] == (ring, first + count)
            if not fits or count + following[2] > ring.half:
                self._held = following
                break
            count += following[2]
        self._used = ring, first, count, time.perf_counter()
        return Stretch(ring.like, ring.leaves, ring.size, first, count)

    def _wake(self) -> None:
        super()._wake()
        if self._ring is not None:
            self._ring.free.put(0)


class _Ring:
    """Places for batches of one kind, side by side in one array per leaf, filled again and again."""

    def __init__(self, data: Data, raw: Any, count: int) -> None:
        from ..models.programs import example

        self.kind = _kind(data)
        self.like = example(data)
        self.size = data.size
        self.count = count
        self.half = count // 2  # so that one half is filled while the other is used
        self.quarter = count // 4
        self.free: queue.SimpleQueue[int] = queue.SimpleQueue()
        leaves = [t.numpy() for t in data.leaves]
        arrays = [np.empty((count * len(leaf), *leaf.shape[1:]), leaf.dtype) for leaf in leaves]
        self.leaves = [array_to_tensor(array) for array in arrays]
        self._places = []
        for i in range(count):
            self._places.append([array[i * self.size : (i + 1) * self.size] for array in arrays])
            self.free.put(i)
        # Batches that look like this one need no other preparation than a copy.
        given = raw if type(raw) in (tuple, list) else (raw,)
        self._plain = [(a.shape, a.dtype) for a in given] if _same(given, leaves) else None

    def put(self, place: int, arrays: Sequence[np.ndarray]) -> None:
        """Copies the leaves of a batch."""
        for target, array in zip(self._places[place], arrays):
            target[...] = array

    def put_plain(self, place: int, raw: Any) -> bool:
        """Copies a batch as it came; False if it has to be prepared."""
        wanted = self._plain
        given = raw if type(raw) in (tuple, list) else (raw,)
        if wanted is None or len(given) != len(wanted):
            return False
        for array, (shape, dtype) in zip(given, wanted):
            if type(array) is not np.ndarray or array.shape != shape or array.dtype != dtype:
                return False
        self.put(place, given)
        return True


def _same(given: Sequence[Any], leaves: list[np.ndarray]) -> bool:
    """Whether these are arrays, and a copy of them, or one from double to single precision, makes the leaves."""
    return len(given) == len(leaves) and all(
        type(a) is np.ndarray
        and a.shape == leaf.shape
        and (a.dtype == leaf.dtype or (a.dtype == np.float64 and leaf.dtype == config.floatx()))
        for a, leaf in zip(given, leaves)
    )


def _kind(data: Data) -> Any:
    """What batches have in common that can be run together."""
    from ..models.programs import data_key

    return data.size, data_key(data)


def _room(data: Data) -> int:
    """How many such batches are gathered at most; texts, which have no fixed size, are not."""
    if any(t.dtype == "string" for t in data.leaves):
        return 0
    return min(_BATCHES, _BYTES // max(1, sum(t.numpy().nbytes for t in data.leaves)))


def _copied(data: Data) -> Data:
    """A copy: a generator may use the memory of its last batch for the next one."""

    def copy(part: Any) -> Any:
        return tree.map_structure(lambda t: array_to_tensor(np.array(t.numpy())), part, none_is_leaf=False)

    return Data(*map(copy, data))
