"""What a range of batches costs, for `TensorBoard`."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .. import tree
from ..checks import explain, is_integer
from ..ops.convert import array_to_tensor


class BatchProfile:
    """Times the training batches from number `first` to `last`, counted from 1 over all epochs.

    `batches`: one number, a pair of them, both also as text ('5', '10,20'), or 0 for nothing. ValueError for others.
    """

    def __init__(self, batches: Any) -> None:
        given: Any = batches.split(",") if isinstance(batches, str) else batches
        given = list(given) if isinstance(given, (tuple, list)) else [given]
        given = [int(n) if isinstance(n, str) and n.strip().isdigit() else n for n in given]
        given = given * 2 if len(given) == 1 else given
        if len(given) != 2 or not all(map(is_integer, given)) or not 0 <= given[0] <= given[1]:
            raise ValueError(
                explain(
                    "TensorBoard: `profile_batch` is no range of batches.",
                    "0, the number of a batch, or a pair (first, last)",
                    f"profile_batch={batches!r}",
                    "pass e.g. profile_batch=(10, 20).",
                )
            )
        self.first, self.last = map(int, given)
        self._start: float | None = None
        self._size = 0  # samples in a batch
        self.batches = 0  # that were timed
        self.seconds = 0.0  # for all of them

    def left(self, seen: int) -> int | None:
        """How many batches may run before it has to hear of one; None when it is over."""
        return next((n - seen for n in (self.first - 1, self.last) if self.first > 0 and seen < n), None)

    def begin(self) -> None:
        """Training begins."""
        if self.first == 1:
            self._start = time.perf_counter()

    def after(self, seen: int, batch: int, model: Any) -> bool:
        """So many batches were seen, the last one was `batch` of its epoch; whether there is something to tell."""
        if not self.first or self.batches:
            return False
        self._size = round(_count(model) / (batch + 1))
        if seen == self.first - 1:
            self._start = time.perf_counter()
        return seen >= self.last and self.end(seen)

    def end(self, seen: int) -> bool:
        """No more batches come that are to be timed; whether there is something to tell."""
        if self.batches or self._start is None or seen < self.first:
            return False
        self.batches = seen - self.first + 1
        self.seconds = time.perf_counter() - self._start
        return True

    def text(self, model: Any) -> str:
        """Markdown: the time of a step, and what a prediction of such a batch costs layer by layer."""
        size = self._size or 32
        last, each = self.first + self.batches - 1, self.seconds / self.batches
        lines = [
            f"Batches {self.first} to {last}: {each * 1e3:.3f} ms each.",
            f"A prediction of {size} samples, layer by layer (as by `model.profile`):",
            f"```\n{_layers(model, size)}\n```",
        ]
        return "\n\n".join(lines)


def _count(model: Any) -> float:
    """The samples of this epoch so far, as the loss was averaged over them."""
    tracker = getattr(model, "_loss_tracker", None)
    return 0.0 if tracker is None else float(tracker.count.value.item())


def _layers(model: Any, size: int) -> str:
    """The table of `model.profile` for data like those of training. Nothing of the model changes."""
    from ..models.programs import training_variables

    rng = np.random.default_rng(0)

    def some(like: Any) -> Any:
        shape = (size, *like.shape[1:])
        floats = like.dtype in ("float32", "float64")
        return array_to_tensor(rng.standard_normal(shape).astype(like.dtype) if floats else np.zeros(shape, like.dtype))

    before = [(v, v.numpy().copy()) for v in training_variables(model) if not v.trainable]
    try:
        return str(model.profile(tree.map_structure(some, model._last_data.x, none_is_leaf=False), repeats=3))
    except Exception as error:  # some layers cannot run alone; training is worth more than this table
        return f"not known: {error}"
    finally:
        for variable, value in before:
            variable.assign(value)
