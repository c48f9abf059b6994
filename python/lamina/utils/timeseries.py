"""Windows of a series."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..checks import choice, explain, integer, is_integer
from ..data.dataset import Dataset, as_element
from ..models.arrays import to_array


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Dataset:
    """A dataset of windows of `data` (time first): every `sampling_rate`-th of its rows, `sequence_length` of them.

    Windows start `sequence_stride` rows apart, from `start_index` to `end_index`; window i comes with `targets[i]`,
    where i is the row it starts at (None: no targets). Shuffled windows come in an order that follows from `seed`
    and the number of the pass. Nothing is copied before a batch is read. `format` is kept for Keras' sake.

    >>> data = timeseries_dataset_from_array([10, 20, 30, 40], [1, 2, 3, 4], sequence_length=2, batch_size=2)
    >>> [(x.numpy().tolist(), y.numpy().tolist()) for x, y in data]
    [([[10, 20], [20, 30]], [1, 2]), ([[30, 40]], [3])]
    """
    choice("timeseries_dataset_from_array", "format", format, ("tf", "grain"))
    rows = to_array(data)
    length = len(rows)
    _within("sequence_length", sequence_length, 1, length + 1)
    _within("sequence_stride", sequence_stride, 1, length)
    _within("sampling_rate", sampling_rate, 1, length)
    start = 0 if start_index is None else _within("start_index", start_index, 0, length)
    end = length if end_index is None else _within("end_index", end_index, start + 1, length)
    rows = rows[start:end]
    labels = None if targets is None else to_array(targets)[start:end]
    count = len(rows) - (sequence_length - 1) * sampling_rate
    starts = np.arange(0, count if labels is None else min(count, len(labels)), sequence_stride)
    if not len(starts):
        raise ValueError(
            explain(
                "The series is too short for a window.",
                f"at least {(sequence_length - 1) * sampling_rate + 1} rows, and a target",
                f"{len(rows)} rows" + ("" if labels is None else f", {len(labels)} targets"),
                "use a shorter sequence_length or a smaller sampling_rate.",
            )
        )
    window = np.arange(sequence_length) * sampling_rate

    def read(first: Any) -> Any:
        x = as_element(rows[first[..., None] + window])
        return x if labels is None else (x, as_element(labels[first]))

    numbers = Dataset.numbers(len(starts), shuffle, seed)
    if batch_size is None:
        return numbers.map(lambda i: read(starts[i]))
    size = integer("timeseries_dataset_from_array", "batch_size", batch_size)

    def batches() -> Iterator[Any]:
        order = starts[np.fromiter(numbers, dtype="int64", count=len(starts))]
        return (read(order[i : i + size]) for i in range(0, len(order), size))

    return Dataset(batches, -(-len(starts) // size), batch_size=size)


def _within(name: str, value: Any, low: int, high: int) -> int:
    if not is_integer(value) or not low <= value < high:
        raise ValueError(
            explain(
                f"timeseries_dataset_from_array: `{name}` is out of range.",
                f"an int of at least {low} and below {high}",
                f"{name}={value!r}",
                f"choose another `{name}`, or a longer series.",
            )
        )
    return int(value)
