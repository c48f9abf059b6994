"""The loss of embeddings that brings those of one class together and those of different classes apart."""

from __future__ import annotations

from typing import Any

from .. import _core, ops


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80.0,
    margin: float = 0.4,
) -> Any:
    """Circle loss of L2-normalised embeddings `y_pred` with integer labels `y_true` (Sun et al. 2020).

    Pairs are formed with `ref_embeddings` and `ref_labels` (default: the batch itself, without each sample's pair with
    itself). Samples whose loss is 0 do not count in the mean.

    >>> import lamina
    >>> print(lamina.losses.circle([0, 0, 1], [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]).numpy().round(4))
    [0.     6.4017 0.    ]
    """
    y_pred = ops.convert_to_tensor(y_pred)
    labels = ops.reshape(ops.cast(ops.convert_to_tensor(y_true), "int64"), (-1, 1))
    others = (
        labels if ref_labels is None else ops.reshape(ops.cast(ops.convert_to_tensor(ref_labels), "int64"), (-1, 1))
    )
    embeddings = y_pred if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings, dtype=y_pred.dtype)
    distance = ops.maximum(1.0 - ops.matmul(y_pred, ops.transpose(embeddings)), 0.0)
    positive = ops.equal(labels, ops.transpose(others))
    negative = ops.logical_not(positive)
    if remove_diagonal:
        positive = ops.logical_and(positive, ops.not_equal(_rows(labels), ops.transpose(_rows(others))))
    pull = ops.maximum(margin + distance, 0.0) * (margin - distance) * -gamma
    push = ops.maximum(1.0 + margin - distance, 0.0) * (1.0 - margin - distance) * gamma
    total = _log_sum_exp(pull, positive) + _log_sum_exp(push, negative)
    values = ops.softplus(total)
    values._keras_mask = ops.greater(values, 0.0)
    return values


def _rows(labels: Any) -> Any:
    """The row numbers of `labels` as a column."""
    return ops.expand_dims(_core.ops.arange(size=labels.dims[0], start=0, step=1, dtype="int64"), -1)


def _log_sum_exp(x: Any, mask: Any) -> Any:
    """log(sum(exp(x))) of the entries in the mask over the last axis, hugely negative where there is none."""
    x = ops.where(mask, x, -1e30)
    top = ops.stop_gradient(ops.max(x, axis=-1, keepdims=True))
    return ops.log(ops.sum(ops.exp(x - top), axis=-1)) + ops.squeeze(top, -1)
