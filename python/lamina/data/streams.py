"""Random numbers of a pipeline whose elements are worked on by several threads, in any order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..random import SeedGenerator, own_streams


class Pass:
    """One pass over the elements: each has numbers of its own, which do not depend on who is faster.

    A generator of seeds moves on by one for the whole pass. What it draws for an element follows from where it was,
    from the number of the element, and from how often it was asked for this element.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starts: dict[SeedGenerator, tuple[int, int]] = {}

    def call(self, function: Callable[[Any], Any], numbered: tuple[int, Any]) -> Any:
        """`function` of an element, given as (its number, the element)."""
        number, element = numbered
        counts: dict[SeedGenerator, int] = {}

        def draw(generator: SeedGenerator) -> Any:
            counts[generator] = count = counts.get(generator, -1) + 1
            key, start = self._start(generator)
            # Far from the counters of other calls, which go up by one: 2**20 draws for each of 2**20 elements.
            place = ((start + 1) * 2**40 + number * 2**20 + count) % 2**62
            return _core.Tensor(np.array([key, place], dtype="int64"))

        token = own_streams.set(draw)
        try:
            return function(element)
        finally:
            own_streams.reset(token)

    def _start(self, generator: SeedGenerator) -> tuple[int, int]:
        with self._lock:
            if generator not in self._starts:
                token = own_streams.set(None)
                try:
                    key, counter = generator.next().numpy().tolist()
                finally:
                    own_streams.reset(token)
                self._starts[generator] = (key, counter)
            return self._starts[generator]
