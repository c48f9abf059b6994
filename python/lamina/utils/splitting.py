"""Datasets split in two."""

from __future__ import annotations

import random
from typing import Any

from ..checks import explain, is_integer
from ..data.dataset import Dataset


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Two datasets with the first and the last samples of one, which is held in memory.

    `dataset`: an array, a list or tuple of arrays of one length, a Dataset (batches are taken apart, and made anew), or
    an iterable of samples such as a PyTorch Dataset. Sizes are numbers of samples, or shares below 1; one of both is
    enough. `preferred_backend` is kept for Keras' sake.

    >>> left, right = split_dataset(list(range(10)), left_size=0.8)
    >>> len(left), [int(x) for x in right]
    (8, [8, 9])
    """
    import numpy as np

    batch_size = getattr(dataset, "_batch_size", None)
    if isinstance(dataset, Dataset):
        samples = list(dataset if batch_size is None else dataset.unbatch())
    elif isinstance(dataset, np.ndarray) or (isinstance(dataset, (list, tuple)) and not _are_arrays(dataset)):
        samples = list(Dataset.from_tensor_slices(np.asarray(dataset)))
    elif isinstance(dataset, (list, tuple)):
        samples = list(Dataset.from_tensor_slices(tuple(dataset)))
    elif hasattr(dataset, "__iter__") or hasattr(dataset, "__getitem__"):
        samples = list(dataset)
    else:
        raise TypeError(
            explain(
                "split_dataset: this is no dataset.",
                "arrays, a Dataset, or an iterable of samples",
                type(dataset).__name__,
                "pass one of these.",
            )
        )
    if not samples:
        raise ValueError(
            explain("split_dataset: the dataset is empty.", "two samples or more", "none", "check how it was made.")
        )
    if shuffle:
        random.Random(random.randint(0, 10**6) if seed is None else seed).shuffle(samples)
    left, right = _sizes(left_size, right_size, len(samples))
    parts = (samples[:left], samples[len(samples) - right :])
    datasets = (Dataset(lambda part=part: part, len(part)) for part in parts)  # type: ignore[misc]
    first, second = datasets if batch_size is None else (d.batch(batch_size) for d in datasets)
    return first, second


def _are_arrays(items: Any) -> bool:
    return bool(items) and all(hasattr(item, "shape") and getattr(item, "ndim", 0) > 0 for item in items)


def _sizes(left: Any, right: Any, total: int) -> tuple[int, int]:
    """Both numbers of samples. ValueError for those that are out of range."""

    def count(name: str, size: Any) -> Any:
        if size is None:
            return None
        if isinstance(size, float) and 0 < size < 1:
            return size * total
        if is_integer(size) and 0 < size < total:
            return int(size)
        kind = ValueError if isinstance(size, float) or is_integer(size) else TypeError
        raise kind(
            explain(
                f"split_dataset: `{name}` is no part of the dataset.",
                f"a share between 0 and 1, or a number of samples below {total}",
                f"{name}={size!r}",
                f"pass e.g. {name}=0.8.",
            )
        )

    if left is None and right is None:
        raise ValueError(
            explain(
                "split_dataset: no size is given.", "left_size or right_size", "none of both", "pass left_size=0.8."
            )
        )
    first, second = count("left_size", left), count("right_size", right)
    first = round(first) if first is not None else total - round(second)
    second = round(second) if second is not None else total - first
    if first + second > total or not first or not second:
        raise ValueError(
            explain(
                "split_dataset: the parts do not fit into the dataset.",
                f"one sample or more in each part, and {total} together",
                f"left_size={left!r}, right_size={right!r}: {first} and {second} samples",
                "pass one of both sizes.",
            )
        )
    return first, second
