"""Losses of predicted probabilities or logits: the crossentropies, their focal forms, and CTC.

From probabilities the crossentropies cut them to [1e-7, 1 - 1e-7]. Where the prediction is known to come from a
softmax or sigmoid, its logits are used instead: the same value, but exact at saturation, and one fused kernel.
"""

from __future__ import annotations

import warnings
from typing import Any

from .. import _core, config, ops
from ..checks import axis_in_range, explain, shapes_differ
from .regression import pair


def _logits(y_pred: Any, op: str) -> Any:
    """What the softmax or sigmoid that made `y_pred` was applied to; None if it was made by something else."""
    if op == "sigmoid" and y_pred.is_symbolic and y_pred.op == op:
        return y_pred.op_inputs()[0]
    # `activations` leaves this note on its results; a softmax over another axis than the last leaves none.
    made_by, logits = getattr(y_pred, "_keras_logits", (None, None))
    return logits if made_by == op else None


def _clipped(probabilities: Any) -> Any:
    return ops.clip(probabilities, config.epsilon(), 1.0 - config.epsilon())


def _smoothing(owner: str, label_smoothing: float) -> float:
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(
            explain(
                f"{owner}: `label_smoothing` is out of range.",
                "a number between 0 and 1",
                f"label_smoothing={label_smoothing!r}",
                "use 0.0 for no smoothing, 0.1 for a usual amount.",
            )
        )
    return float(label_smoothing)


def _binary(y_true: Any, y_pred: Any, from_logits: bool) -> Any:
    logits = None if from_logits else _logits(y_pred, "sigmoid")
    known = from_logits or logits is not None
    return ops.binary_crossentropy(y_true, y_pred if logits is None else logits, from_logits=known)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Crossentropy of independent yes/no labels, mean over `axis`.

    `from_logits`: y_pred are real scores, not probabilities. `label_smoothing` s moves the labels to y (1 - s) + s / 2.

    >>> import lamina
    >>> print(lamina.losses.binary_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy().round(4))
    [0.6931]
    """
    y_true, y_pred = pair(y_true, y_pred)
    smoothing = _smoothing("binary_crossentropy", label_smoothing)
    if smoothing:
        y_true = y_true * (1.0 - smoothing) + 0.5 * smoothing
    return ops.mean(_binary(y_true, y_pred, from_logits), axis=axis)


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Binary crossentropy times (1 - p_t)^gamma, which turns the eye to hard examples (Lin et al. 2018).

    p_t is the probability given to the true label. `apply_class_balancing` weighs class 1 by alpha, class 0 by 1 -
    alpha.

    >>> import lamina
    >>> print(lamina.losses.binary_focal_crossentropy([[1.0]], [[0.5]]).numpy().round(4))
    [0.1733]
    """
    y_true, y_pred = pair(y_true, y_pred)
    smoothing = _smoothing("binary_focal_crossentropy", label_smoothing)
    if smoothing:
        y_true = y_true * (1.0 - smoothing) + 0.5 * smoothing
    probability = ops.sigmoid(y_pred) if from_logits else y_pred
    values = _binary(y_true, y_pred, from_logits)
    right = y_true * probability + (1.0 - y_true) * (1.0 - probability)
    values = values * ops.power(1.0 - right, gamma)
    if apply_class_balancing:
        values = values * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha))
    return ops.mean(values, axis=axis)


def _check_classes(name: str, y_true: Any, y_pred: Any, axis: int) -> int:
    axis = axis_in_range(name, axis, y_pred.ndim)
    if shapes_differ(y_true.shape, y_pred.shape):
        raise ValueError(
            explain(
                f"{name}: targets and predictions do not have the same shape.",
                f"one-hot targets of shape {y_pred.shape}, as the predictions",
                f"targets of shape {y_true.shape}",
                "use sparse_categorical_crossentropy for integer labels, or one-hot encode them.",
            )
        )
    if y_pred.shape[axis] == 1:
        warnings.warn(
            f"{name}: the predictions of shape {y_pred.shape} have one class only: the loss does not depend on them. "
            "Use binary_crossentropy for two classes in one unit.",
            SyntaxWarning,
            stacklevel=4,
        )
    return axis


def _scores(y_pred: Any, from_logits: bool, axis: int) -> tuple[Any, bool]:
    """The logits behind `y_pred` and True where they are known, else `y_pred` and False."""
    logits = _logits(y_pred, "softmax") if not from_logits and axis == y_pred.ndim - 1 else None
    return (y_pred, from_logits) if logits is None else (logits, True)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Crossentropy of one-hot labels (or label probabilities) over the classes on `axis`.

    `from_logits`: y_pred are real scores, not probabilities. `label_smoothing` s moves the labels to y (1 - s) + s /
    classes.

    >>> import lamina
    >>> print(lamina.losses.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy().round(4))
    [0.6931]
    """
    y_true, y_pred = pair(y_true, y_pred)
    axis = _check_classes("categorical_crossentropy", y_true, y_pred, axis)
    smoothing = _smoothing("categorical_crossentropy", label_smoothing)
    if smoothing:
        y_true = y_true * (1.0 - smoothing) + smoothing / y_true.shape[-1]
    scores, are_logits = _scores(y_pred, from_logits, axis)
    return ops.categorical_crossentropy(y_true, scores, from_logits=are_logits, axis=axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Categorical crossentropy with each class weighted by alpha (1 - p)^gamma (Lin et al. 2018).

    >>> import lamina
    >>> print(lamina.losses.categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy().round(4))
    [0.0433]
    """
    y_true, y_pred = pair(y_true, y_pred)
    axis = _check_classes("categorical_focal_crossentropy", y_true, y_pred, axis)
    smoothing = _smoothing("categorical_focal_crossentropy", label_smoothing)
    if smoothing:
        y_true = y_true * (1.0 - smoothing) + smoothing / y_true.shape[-1]
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    probability = _clipped(y_pred / ops.sum(y_pred, axis=axis, keepdims=True))
    values = y_true * ops.log(probability) * ops.power(1.0 - probability, gamma)
    return ops.sum(values, axis=axis) * -alpha


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """Crossentropy of integer labels in [0, classes) over the classes on `axis`.

    `from_logits`: y_pred are real scores, not probabilities. Labels equal to `ignore_class` count neither in the sum
    nor in the mean. Other labels out of range raise an error.

    >>> import lamina
    >>> print(lamina.losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]]).numpy().round(4))
    [0.6931]
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    axis = axis_in_range("sparse_categorical_crossentropy", axis, y_pred.ndim)
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    rest = [n for i, n in enumerate(y_pred.shape) if i != axis]
    if shapes_differ(y_true.shape, rest):
        raise ValueError(
            explain(
                "sparse_categorical_crossentropy: targets and predictions do not fit.",
                f"integer labels of shape {tuple(rest)} for predictions of shape {y_pred.shape}",
                f"targets of shape {y_true.shape}",
                "use categorical_crossentropy for one-hot targets; check the model's last layer otherwise.",
            )
        )
    if y_true.dtype in ("float32", "float64"):
        # A missing label has to be an error, not the class 0 that a cast would make of it.
        y_true = ops.where(ops.isnan(y_true), float("-inf"), y_true)
    labels = ops.cast(y_true, "int64")
    scores, are_logits = _scores(y_pred, from_logits, axis)
    if ignore_class is None:
        return _of_labels(labels, scores, are_logits, axis)
    valid = ops.not_equal(labels, int(ignore_class))
    labels = ops.where(valid, labels, 0)
    scores = ops.where(ops.expand_dims(valid, axis), scores, 1.0)  # ignored rows may hold anything, even no numbers
    values = _of_labels(labels, scores, are_logits, axis)
    values = ops.where(valid, values, 0.0)
    values._keras_mask = valid
    return values


def _of_labels(labels: Any, scores: Any, are_logits: bool, axis: int) -> Any:
    if axis != scores.ndim - 1:
        scores = ops.moveaxis(scores, axis, -1)
    if are_logits:
        return _core.ops.sparse_crossentropy(scores, labels)
    logs = ops.log(_clipped(scores / ops.sum(scores, axis=-1, keepdims=True)))
    # The same op, because it checks the labels; what it adds, the logarithm of the sum, is taken off again.
    return _core.ops.sparse_crossentropy(logs, labels) - ops.log(ops.sum(ops.exp(logs), axis=-1))


sparse_categorical_crossentropy.integer_targets = True  # type: ignore[attr-defined]


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """(1 - p^q) / q, where p is the probability of the true class: robust to wrong labels (Zhang and Sabuncu 2018).

    `y_true` are integer labels; 0 < q < 1: near 0 it is the crossentropy, near 1 the absolute error.

    >>> import lamina
    >>> lamina.losses.categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5).numpy().tolist()
    [1.0]
    """
    if not 0.0 < q < 1.0:
        raise ValueError(
            explain(
                "categorical_generalized_cross_entropy: `q` is out of range.",
                "a number between 0 and 1, both excluded",
                f"q={q!r}",
                "0.5 is the usual choice.",
            )
        )
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    chosen = ops.one_hot(ops.cast(y_true, "int64"), y_pred.shape[-1], dtype=y_pred.dtype)
    return (1.0 - ops.power(ops.sum(y_pred * chosen, axis=-1), q)) / q


categorical_generalized_cross_entropy.integer_targets = True  # type: ignore[attr-defined]


def ctc(y_true: Any, y_pred: Any) -> Any:
    """-log of the probability that logits (batch, time, classes) spell the labels (batch, most labels).

    Class 0 stands for no label: it fills up shorter rows of `y_true` (connectionist temporal classification, Graves et
    al. 2006).

    >>> import lamina
    >>> print(lamina.losses.ctc([[1]], [[[0.0, 0.0], [0.0, 0.0]]]).numpy().round(4))
    [0.2877]
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if y_true.ndim != 2 or y_pred.ndim != 3:
        raise ValueError(
            explain(
                "ctc: targets and predictions do not fit.",
                "integer labels of shape (batch, most labels) and logits of shape (batch, time, classes)",
                f"targets of shape {y_true.shape}, predictions of shape {y_pred.shape}",
                "fill up shorter rows of labels with 0.",
            )
        )
    batch, time = ops.shape(y_pred)[:2]
    lengths = ops.sum(ops.cast(ops.not_equal(y_true, 0), "int32"), axis=-1)
    return ops.ctc_loss(y_true, y_pred, lengths, ops.full((batch,), time, dtype="int32"), mask_index=0)


ctc.integer_targets = True  # type: ignore[attr-defined]
