"""Sequences: of several lengths, of words for word2vec, and in windows, as Keras 2 had them."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np

from ..checks import explain, integer, number
from ..data.py_dataset import PyDataset
from ..utils.sequence import pad_sequences

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams"]

_EULER = 0.577  # as the table of Keras has it


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """For each rank below `size`, the probability that word2vec keeps the word of that rank: min(1, sqrt(t / f)).

    t is `sampling_factor`, and f the frequency of the word by Zipf's law, about 1 / (r (ln r + 0.577) + 1/2 - 1 / 12 r)
    for rank r. Source: Mikolov et al., Distributed Representations of Words and Phrases, 2013.

    >>> make_sampling_table(4).round(5).tolist()
    [0.00315, 0.00315, 0.00548, 0.00742]
    """
    size = integer("make_sampling_table", "size", size)
    sampling_factor = number("make_sampling_table", "sampling_factor", sampling_factor, 0.0)
    rank = np.maximum(np.arange(size), 1)
    rarity = rank * (np.log(rank) + _EULER) + 0.5 - 1 / (12 * rank)
    return np.minimum(1.0, np.sqrt(sampling_factor * rarity))


def skipgrams(
    sequence: Any,
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs of words and labels for word2vec: 1 for words at most `window_size` apart, 0 for random other ones.

    Of the random ones, in [1, vocabulary_size), there are `negative_samples` for each true pair. Word 0 is no word.
    `categorical` makes the labels [0, 1] and [1, 0]. `sampling_table[word]` is the probability that the pairs of a word
    are kept. `seed` is that of `shuffle`; all else is drawn from Python's `random`.

    >>> skipgrams([1, 2, 0, 3], 4, window_size=1, negative_samples=0.0, shuffle=False)
    ([[1, 2], [2, 1]], [1, 1])
    """
    window_size = integer("skipgrams", "window_size", window_size, 0)
    negative_samples = number("skipgrams", "negative_samples", negative_samples, 0.0)
    vocabulary_size = integer("skipgrams", "vocabulary_size", vocabulary_size, 2 if negative_samples else 1)
    couples = []
    for i, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        window = range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        couples += [[word, sequence[j]] for j in window if j != i and sequence[j]]
    num_true, num_random = len(couples), int(len(couples) * negative_samples)
    if negative_samples:
        words = [word for word, _ in couples]
        random.shuffle(words)
        couples += [[words[i % num_true], random.randint(1, vocabulary_size - 1)] for i in range(num_random)]
    true, false = ([0, 1], [1, 0]) if categorical else (1, 0)
    labels: list[Any] = [true] * num_true + [false] * num_random
    if shuffle:
        seed = random.randint(0, 10_000_000) if seed is None else seed
        for values in (couples, labels):  # one order for both
            random.Random(seed).shuffle(values)
    return couples, labels


class TimeseriesGenerator(PyDataset):
    """Batches of windows over steps of time: `length` steps of `data` before a step, and the `targets` at it.

    Of the steps in a window every `sampling_rate`-th is taken, the last one first with `reverse`; windows begin
    `stride` steps apart, from `start_index` on, for targets up to `end_index`. `shuffle` draws windows at random.
    ValueError for data and targets of different lengths, and when no window fits.

    >>> windows = TimeseriesGenerator([[0], [1], [2], [3]], [0, 10, 20, 30], length=2, batch_size=2)
    >>> [(x.tolist(), y.tolist()) for x, y in windows]
    [([[[0], [1]], [[1], [2]]], [20, 30])]
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = "TimeseriesGenerator"
        if len(data) != len(targets):
            raise ValueError(
                explain(
                    f"{owner}: data and targets have different lengths.",
                    "one target for each step",
                    f"{len(data)} steps, {len(targets)} targets",
                    "cut the longer one.",
                )
            )
        self.data, self.targets = data, targets
        self.length = integer(owner, "length", length)
        self.sampling_rate = integer(owner, "sampling_rate", sampling_rate)
        self.stride = integer(owner, "stride", stride)
        self.batch_size = integer(owner, "batch_size", batch_size)
        self.start_index = integer(owner, "start_index", start_index, 0) + self.length
        self.end_index = len(data) - 1 if end_index is None else int(end_index)
        self.shuffle, self.reverse = bool(shuffle), bool(reverse)
        if not self.start_index <= self.end_index < len(data):
            raise ValueError(
                explain(
                    f"{owner}: no window fits.",
                    f"start_index + length <= end_index < {len(data)}",
                    f"start_index={start_index}, length={length}, end_index={self.end_index}",
                    "use shorter windows or more data.",
                )
            )

    def __len__(self) -> int:
        step = self.batch_size * self.stride
        return -(-(self.end_index + 1 - self.start_index) // step)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if self.shuffle:
            # NumPy's global state, which set_random_seed sets.
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)  # noqa: NPY002
        else:
            first = self.start_index + self.batch_size * self.stride * index
            rows = np.arange(first, min(first + self.batch_size * self.stride, self.end_index + 1), self.stride)
        windows = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows])
        return windows[:, :: -1 if self.reverse else 1], np.array([self.targets[row] for row in rows])

    def get_config(self) -> dict[str, Any]:
        """All arguments; data and targets as JSON. TypeError for what JSON cannot hold."""
        names = ("length", "sampling_rate", "stride", "start_index", "end_index", "shuffle", "reverse", "batch_size")
        given = {"data": self.data, "targets": self.targets}
        texts = {name: _as_json(name, values) for name, values in given.items()}
        return {**texts, **{name: getattr(self, name) for name in names}}

    def to_json(self, **kwargs: Any) -> str:
        """The configuration as JSON; `kwargs` go to `json.dumps`."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def _as_json(name: str, values: Any) -> str:
    try:
        return json.dumps(values.tolist() if isinstance(values, (np.ndarray, np.generic)) else values)
    except TypeError as error:
        raise TypeError(
            explain(
                f"TimeseriesGenerator: `{name}` cannot be written as JSON.",
                "numbers in arrays or lists",
                f"{type(values).__name__} ({error})",
                "convert it to an array.",
            )
        ) from None
