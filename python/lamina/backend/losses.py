"""Crossentropies, one value per row or entry, and the labels of sequences."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import config, ops
from ..checks import explain

__all__ = [
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "ctc_batch_cost",
    "ctc_decode",
    "ctc_label_dense_to_sparse",
    "in_top_k",
    "sparse_categorical_crossentropy",
]


def _probabilities(output: Any) -> Any:
    return ops.clip(output, config.epsilon(), 1.0 - config.epsilon())


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """-(t log p + (1 - t) log(1 - p)), entry by entry; p is kept off 0 and 1 by epsilon, and so is its logarithm."""
    output = ops.convert_to_tensor(output)
    target = ops.cast(target, output.dtype)
    if from_logits:
        return ops.binary_crossentropy(target, output, from_logits=True)
    p = _probabilities(output)
    epsilon = config.epsilon()
    return -(target * ops.log(p + epsilon) + (1.0 - target) * ops.log(1.0 - p + epsilon))


def binary_focal_crossentropy(
    target: Any,
    output: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Any:
    """The binary crossentropy times (1 - p)^gamma, p the probability of the right class; easy entries count less.

    With `apply_class_balancing` the class 1 has the weight `alpha`, the class 0 the weight 1 - alpha.
    """
    output = ops.convert_to_tensor(output)
    target = ops.cast(target, output.dtype)
    p = ops.sigmoid(output) if from_logits else output
    right = target * p + (1.0 - target) * (1.0 - p)
    loss = ops.power(1.0 - right, gamma) * binary_crossentropy(target, output, from_logits)
    return (target * alpha + (1.0 - target) * (1.0 - alpha)) * loss if apply_class_balancing else loss


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """-sum(t log p) along `axis`; probabilities are scaled to a sum of 1 first."""
    return ops.categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)


def categorical_focal_crossentropy(
    target: Any, output: Any, alpha: float = 0.25, gamma: float = 2.0, from_logits: bool = False, axis: int = -1
) -> Any:
    """-sum(alpha (1 - p)^gamma t log p) along `axis`."""
    output = ops.convert_to_tensor(output)
    target = ops.cast(target, output.dtype)
    p = ops.softmax(output, axis=axis) if from_logits else output
    p = _probabilities(p / ops.sum(p, axis=axis, keepdims=True))
    return ops.sum(alpha * ops.power(1.0 - p, gamma) * -target * ops.log(p), axis=axis)


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Any:
    """-log p of the class that `target` names. Where it names `ignore_class`, 0; the result then carries a mask."""
    target, output = ops.cast(target, "int64"), ops.convert_to_tensor(output)
    axis %= output.ndim
    rows = [n for i, n in enumerate(output.dims) if i != axis]
    if target.ndim != output.ndim - 1:
        target = ops.reshape(target, rows)
    if not from_logits:
        output = ops.log(_probabilities(output))
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(target, output, from_logits=True, axis=axis)
    counted = ops.not_equal(target, ignore_class)
    losses = ops.sparse_categorical_crossentropy(
        ops.where(counted, target, ops.zeros_like(target)), output, from_logits=True, axis=axis
    )
    losses = ops.where(counted, losses, 0.0)
    losses._keras_mask = counted
    return losses


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Whether fewer than k classes of a row have a larger prediction than the target; False where it is not finite."""
    predictions = ops.convert_to_tensor(predictions)
    classes = predictions.dims[1]
    named = ops.one_hot(ops.cast(targets, "int64"), classes, dtype="bool")
    own = ops.sum(ops.where(named, predictions, 0.0), axis=1, keepdims=True)
    larger = ops.sum(ops.cast(ops.greater(predictions, own), "int32"), axis=1)
    return ops.logical_and(ops.less(larger, k), ops.isfinite(ops.squeeze(own, 1)))


class SparseLabels(NamedTuple):
    """Labels of sequences without their padding: (row, place) of each label, the labels, the shape with padding."""

    indices: np.ndarray
    values: np.ndarray
    dense_shape: tuple[int, ...]


def ctc_label_dense_to_sparse(labels: Any, label_lengths: Any) -> SparseLabels:
    """The labels that count of a padded matrix of labels, as arrays. ValueError for symbolic tensors."""
    labels, lengths = ops.convert_to_tensor(labels), ops.convert_to_tensor(label_lengths)
    if labels.is_symbolic or lengths.is_symbolic:
        raise ValueError(
            explain(
                "ctc_label_dense_to_sparse: how many labels there are depends on the data.",
                "tensors that hold numbers",
                "a symbolic tensor",
                "keep the labels dense with their lengths, as ctc_batch_cost takes them.",
            )
        )
    dense = labels.numpy()
    counted = np.arange(dense.shape[1]) < lengths.numpy().reshape(-1, 1)
    return SparseLabels(np.argwhere(counted), dense[counted], dense.shape)


def _scores(y_pred: Any) -> Any:
    return ops.log(ops.add(y_pred, config.epsilon()))


def _lengths(lengths: Any) -> Any:
    """Lengths as a vector of int32, also from a column."""
    lengths = ops.cast(lengths, "int32")
    return ops.squeeze(lengths, -1) if lengths.ndim == 2 else lengths


def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Any:
    """The CTC loss of each sample, shape (batch, 1): labels (batch, labels), probabilities (batch, steps, classes).

    The last class is the blank. The lengths are columns (batch, 1).
    """
    scores = _scores(y_pred)
    losses = ops.ctc_loss(
        ops.cast(y_true, "int32"),
        scores,
        _lengths(label_length),
        _lengths(input_length),
        mask_index=scores.shape[-1] - 1,
    )
    return ops.expand_dims(losses, 1)


def ctc_decode(
    y_pred: Any, input_length: Any, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Any], Any]:
    """The likeliest labels for probabilities (batch, steps, classes), whose last class is the blank.

    Gives a list of `top_paths` matrices (batch, steps), padded with -1, and their scores (batch, top_paths): the
    logarithm of the probability, for `greedy` with the sign turned.
    """
    scores = _scores(y_pred)
    paths, values = ops.ctc_decode(
        scores,
        _lengths(input_length),
        strategy="greedy" if greedy else "beam_search",
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=True,
        mask_index=scores.shape[-1] - 1,
    )
    return ops.unstack(paths, axis=0), values
