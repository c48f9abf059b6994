"""The order of samples: a pure function of a seed and the epoch, so that runs can be repeated and resumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import _core
from ..variables import Variable


def make_sampler() -> tuple[Variable, Variable]:
    """What decides the order of samples: a seed and the number of finished epochs."""
    from ..random import make_default_seed

    seed = Variable(np.array(make_default_seed(), dtype="int64"), trainable=False, name="seed")
    epoch = Variable(np.array(0, dtype="int64"), trainable=False, name="epoch")
    seed.core.name, epoch.core.name = "sampler/seed", "sampler/epoch"
    return seed, epoch


class Order:
    """The batches of arrays, pass after pass. With steps_per_epoch an epoch may end inside a pass: the next goes on."""

    def __init__(self, model: Any, data: Any, batch_size: int, shuffle: bool) -> None:
        self._seed, self._epoch = model._sampler
        self._shuffle = shuffle
        self._size = data.size
        self.batches = -(-data.size // batch_size)
        self.next = 0
        self._permutation: Any = None

    def go_to(self, batch: int) -> None:
        """Makes `batch` of the present pass the next one."""
        self.next = batch
        self._permutation = None
        if self.next >= self.batches:
            self._finish_pass()

    def _finish_pass(self) -> None:
        self.next = 0
        self._permutation = None
        self._epoch.assign(self._epoch.value + 1)

    def pieces(self, steps: int) -> Iterator[tuple[int, int, Any]]:
        """(first batch, number of batches, order) until `steps` are used up."""
        while steps > 0:
            if self._permutation is None and self._shuffle:
                seed, epoch = int(self._seed.value.item()), int(self._epoch.value.item())
                self._permutation = _core.permutation(self._size, seed, epoch)
            count = min(steps, self.batches - self.next)
            yield self.next, count, self._permutation
            steps -= count
            self.next += count
            if self.next == self.batches:
                self._finish_pass()
