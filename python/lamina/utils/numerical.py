"""Helpers for labels and features."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..checks import explain


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Class numbers as one-hot rows; `num_classes` is the largest number plus one unless given.

    ValueError for negative numbers and for numbers that are not below `num_classes`.

    >>> import lamina
    >>> lamina.utils.to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if isinstance(x, _core.Tensor) and x.is_symbolic:
        from ..ops import one_hot

        return one_hot(x, num_classes)
    labels = np.asarray(x).astype("int64")
    shape = labels.shape[:-1] if labels.ndim > 1 and labels.shape[-1] == 1 else labels.shape
    labels = labels.reshape(-1)
    count = int(labels.max()) + 1 if num_classes is None and labels.size else int(num_classes or 0)
    if labels.size and (labels.min() < 0 or labels.max() >= count):
        raise ValueError(
            explain(
                "to_categorical: a class number is out of range.",
                f"numbers from 0 to {count - 1}",
                f"numbers from {labels.min()} to {labels.max()}",
                "number the classes from 0, or pass a larger num_classes.",
            )
        )
    hot = np.zeros((labels.size, count), dtype="float32")
    hot[np.arange(labels.size), labels] = 1.0
    return hot.reshape((*shape, count))


def normalize(x: Any, axis: Any = -1, order: Any = 2) -> Any:
    """x divided by its norm along `axis`; rows of zeros stay."""
    if isinstance(x, _core.Tensor):
        from ..ops import normalize as normalize_tensor

        return normalize_tensor(x, axis=axis, order=order)
    array = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(array, order, axis))
    norm[norm == 0] = 1
    return array / np.expand_dims(norm, axis)
