"""How often predictions are right: 1 or 0 for each sample."""

from __future__ import annotations

from typing import Any

from .. import _core, config, ops
from ..checks import differ, explain, integer
from ..losses.loss import same_rank


def _float(matches: Any) -> Any:
    return ops.cast(matches, config.floatx())


def _best(scores: Any) -> Any:
    """The position of the largest value on the last axis, int64."""
    return _core.ops.argmax(scores, axis=scores.ndim - 1)


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Whether y_true equals y_pred, element by element.

    >>> import lamina
    >>> round(float(lamina.metrics.Accuracy()([1, 2, 3], [1, 2, 0])), 4)
    0.6667
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true, y_pred = same_rank(ops.convert_to_tensor(y_true, dtype=y_pred.dtype), y_pred)
    return _float(ops.equal(y_true, y_pred))


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """Whether y_pred > threshold agrees with the label 0 or 1.

    >>> import lamina
    >>> lamina.metrics.binary_accuracy([0.0, 1.0], [0.4, 0.6]).numpy().tolist()
    [1.0, 1.0]
    """
    y_true, y_pred = same_rank(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
    return _float(ops.equal(y_true, ops.cast(ops.greater(y_pred, threshold), y_true.dtype)))


def _same_classes(name: str, y_true: Any, y_pred: Any) -> None:
    if y_true.ndim != y_pred.ndim or differ(y_true.shape[-1], y_pred.shape[-1]):
        raise ValueError(
            explain(
                f"{name}: targets and predictions do not have the same shape.",
                f"one-hot targets of shape {y_pred.shape}, as the predictions",
                f"targets of shape {y_true.shape}",
                f"use sparse_{name} for integer labels.",
            )
        )


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Whether the largest score is at the one of the one-hot label.

    >>> import lamina
    >>> lamina.metrics.categorical_accuracy([[0, 1], [1, 0]], [[0.1, 0.9], [0.3, 0.7]]).numpy().tolist()
    [1.0, 0.0]
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    _same_classes("categorical_accuracy", y_true, y_pred)
    return _float(ops.equal(_best(y_true), _best(y_pred)))


def _labels(y_true: Any, y_pred: Any) -> Any:
    """Integer labels without a trailing axis of size 1."""
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        return ops.squeeze(y_true, -1)
    return y_true


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Whether the largest score is at the integer label.

    >>> import lamina
    >>> lamina.metrics.sparse_categorical_accuracy([1, 0], [[0.1, 0.9], [0.3, 0.7]]).numpy().tolist()
    [1.0, 0.0]
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = _labels(ops.convert_to_tensor(y_true), y_pred)
    return _float(ops.equal(y_true, ops.cast(_best(y_pred), y_true.dtype)))


def _in_top_k(labels: Any, scores: Any, k: int) -> Any:
    """Whether fewer than k scores are greater than the label's own."""
    chosen = ops.one_hot(labels, scores.shape[-1], dtype=scores.dtype)
    # A score that is no number is not a high one; 0 * inf is no number either, hence the where.
    own = ops.max(ops.where(ops.logical_and(chosen > 0, ops.equal(scores, scores)), scores, float("-inf")), axis=-1)
    better = ops.cast(ops.greater(scores, ops.expand_dims(own, -1)), "int32")
    return _float(ops.less(ops.sum(better, axis=-1), k))


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """Whether the one of the one-hot label is among the k largest scores.

    >>> import lamina
    >>> lamina.metrics.top_k_categorical_accuracy([[0, 0, 1]], [[0.1, 0.6, 0.3]], k=2).numpy().tolist()
    [1.0]
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    _same_classes("top_k_categorical_accuracy", y_true, y_pred)
    return _in_top_k(_best(y_true), y_pred, integer("top_k_categorical_accuracy", "k", k))


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Any:
    """Whether the integer label is among the k largest scores.

    With `from_sorted_ids` y_pred holds class numbers, best first, instead of scores.

    >>> import lamina
    >>> lamina.metrics.sparse_top_k_categorical_accuracy([2], [[0.1, 0.6, 0.3]], k=2).numpy().tolist()
    [1.0]
    """
    k = integer("sparse_top_k_categorical_accuracy", "k", k)
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = _labels(ops.convert_to_tensor(y_true), y_pred)
    if from_sorted_ids:
        found = ops.equal(ops.expand_dims(ops.cast(y_true, y_pred.dtype), -1), y_pred[..., :k])
        return _float(ops.any(found, axis=-1))
    return _in_top_k(ops.cast(y_true, "int64"), y_pred, k)
