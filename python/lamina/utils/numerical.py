"""Helpers for labels and features."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..checks import explain, integer
from ..ops.convert import array_to_tensor


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Class numbers of shape (..., 1) or (...) as one-hot rows (..., num_classes): float32, a tensor for a tensor.

    `num_classes` is the largest number plus one unless given. ValueError for negative numbers and for numbers that are
    not below `num_classes`.

    >>> import lamina
    >>> lamina.utils.to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if isinstance(x, _core.Tensor) and x.is_symbolic:
        from ..ops import one_hot

        return one_hot(x, num_classes)
    if num_classes is not None:
        integer("to_categorical", "num_classes", num_classes)
    labels = np.asarray(x).astype("int64")
    shape = labels.shape[:-1] if labels.ndim > 1 and labels.shape[-1] == 1 else labels.shape
    labels = labels.reshape(-1)
    count = int(labels.max(initial=-1)) + 1 if num_classes is None else int(num_classes)
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
    hot = hot.reshape((*shape, count))
    return array_to_tensor(hot) if isinstance(x, _core.Tensor) else hot


def normalize(x: Any, axis: Any = -1, order: Any = 2) -> Any:
    """x divided by its norm of that `order` along `axis`; rows of zeros stay.

    >>> import lamina
    >>> lamina.utils.normalize([[3.0, 4.0], [0.0, 0.0]]).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    if isinstance(x, _core.Tensor):
        from ..ops import normalize as normalize_tensor

        return normalize_tensor(x, axis=axis, order=order)
    array = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(array, order, axis))
    norm[norm == 0] = 1
    return array / np.expand_dims(norm, axis)
