"""How many predictions lie above thresholds, by what the labels say: what precision, recall and AUC are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import _core, config, ops
from ..checks import explain, integer, is_integer, number, shapes_differ
from ..losses.loss import same_rank, weights_like

NEVER = -1e10  # below every prediction


def thresholds_of(owner: str, thresholds: Any, default: float = 0.5) -> list[float]:
    """One threshold or several as a list; ValueError unless all are in [0, 1]."""
    if thresholds is None:
        return [default]
    several = isinstance(thresholds, Iterable) and not isinstance(thresholds, str)
    values = [number(owner, "thresholds", t, low=0.0, high=1.0) for t in (thresholds if several else [thresholds])]
    if not values:
        raise ValueError(
            explain(
                f"{owner}: there are no thresholds.",
                "a number between 0 and 1, or a list of them",
                f"thresholds={thresholds!r}",
                "leave `thresholds` out for 0.5.",
            )
        )
    return values


def evenly_spaced(count: int) -> list[float]:
    """`count` thresholds from 0 to 1."""
    return [i / (count - 1) for i in range(count)]


def are_even(thresholds: Sequence[float]) -> bool:
    """Whether these are three or more thresholds that divide [0, 1] evenly."""
    count = len(thresholds)
    return count > 2 and bool(np.allclose(thresholds, evenly_spaced(count), atol=config.epsilon()))


def check_selection(owner: str, top_k: Any, class_id: Any) -> None:
    """ValueError for a number of scores or a class that cannot be."""
    if top_k is not None:
        integer(owner, "top_k", top_k)
    if class_id is not None and (not is_integer(class_id) or class_id < 0):
        raise ValueError(
            explain(f"{owner}: `class_id` is no class.", "an integer from 0", f"class_id={class_id!r}", "count from 0.")
        )


def _same_shape(owner: str, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    y_pred, y_true = same_rank(y_pred, y_true)
    if shapes_differ(y_true.shape, y_pred.shape):
        raise ValueError(
            explain(
                f"{owner}: targets and predictions do not have the same shape.",
                f"targets of 0 and 1 of shape {y_pred.shape}, as the predictions",
                f"targets of shape {y_true.shape}",
                "one-hot encode class numbers.",
            )
        )
    return y_true, y_pred


def _only_top_k(scores: Any, k: int) -> Any:
    """`scores` with all but the k largest of each row where no threshold is."""
    places = ops.top_k(scores, k)[1]
    chosen = ops.sum(ops.one_hot(places, scores.shape[-1], dtype="int32"), axis=-2)
    return ops.where(ops.greater(chosen, 0), scores, NEVER)


def _only_class(owner: str, y: Any, class_id: int) -> Any:
    if y.ndim < 2 or (y.shape[-1] is not None and class_id >= y.shape[-1]):
        raise ValueError(
            explain(
                f"{owner}: there is no such class.",
                f"predictions of shape (batch, classes), with more than {class_id} classes",
                f"shape {y.shape}",
                "choose another `class_id`, or leave it out.",
            )
        )
    return y[..., class_id : class_id + 1]


def count(
    owner: str,
    y_true: Any,
    y_pred: Any,
    sample_weight: Any,
    thresholds: Sequence[float],
    *,
    dtype: str,
    even: bool = False,
    top_k: int | None = None,
    class_id: int | None = None,
    by_label: bool = False,
    label_weights: Any = None,
) -> dict[str, Any]:
    """The weights of true and false positives and negatives at each threshold: (thresholds,), or with `by_label`
    (thresholds, labels).

    A prediction is positive above a threshold. `even` thresholds divide [0, 1] evenly, apart from an epsilon at the
    ends: they are counted in one pass. `top_k` and `class_id` leave out other scores and classes. `label_weights`
    weigh the last axis.
    """
    y_true, y_pred = _same_shape(
        owner, ops.convert_to_tensor(y_true, dtype=dtype), ops.convert_to_tensor(y_pred, dtype=dtype)
    )
    if top_k is not None:
        y_pred = _only_top_k(y_pred, top_k)
    weights = ops.ones_like(y_pred)
    if sample_weight is not None:
        weights = weights * weights_like(ops.convert_to_tensor(sample_weight, dtype=dtype), y_pred)
    if label_weights is not None:
        weights = weights * ops.convert_to_tensor(label_weights, dtype=dtype)
    if class_id is not None:
        y_true, y_pred, weights = (_only_class(owner, y, class_id) for y in (y_true, y_pred, weights))
    rows = [-1, y_pred.shape[-1] if by_label else 1]
    is_true, scores, weights = (ops.reshape(t, rows) for t in (ops.not_equal(y_true, 0), y_pred, weights))
    right = ops.where(is_true, weights, 0.0)
    wrong = ops.where(is_true, 0.0, weights)
    above = _above_even if even else _above
    tp, fp = above(scores, (right, wrong), thresholds)
    found = {
        "true_positives": tp,
        "false_positives": fp,
        "true_negatives": ops.maximum(ops.sum(wrong, axis=0) - fp, 0.0),  # rounding may leave less than nothing
        "false_negatives": ops.maximum(ops.sum(right, axis=0) - tp, 0.0),
    }
    return found if by_label else {name: ops.squeeze(value, -1) for name, value in found.items()}


def _above(scores: Any, weights: Sequence[Any], thresholds: Sequence[float]) -> list[Any]:
    """The sums of each of the `weights` (samples, labels) where the scores are above thresholds."""
    limits = np.asarray(thresholds, dtype=scores.dtype).reshape(-1, 1, 1)
    positive = ops.greater(ops.expand_dims(scores, 0), limits)
    return [ops.sum(ops.where(positive, ops.expand_dims(w, 0), 0.0), axis=1) for w in weights]


def _above_even(scores: Any, weights: Sequence[Any], thresholds: Sequence[float]) -> list[Any]:
    """The same for even thresholds: each score falls between two of them, so all sums are running ones."""
    count, labels = len(thresholds), scores.shape[-1]
    place = ops.ceil(ops.clip(scores, 0.0, 1.0) * (count - 1.0)) - 1.0
    if thresholds[0] < 0.0:
        place = ops.maximum(place, 0.0)  # 0 is above the first threshold
    place = ops.where(ops.equal(scores, scores), place, -1.0)  # what is no number is above none
    place = ops.cast(place, "int32")
    column = _core.ops.arange(size=labels, start=0, step=1, dtype="int32")
    place = ops.where(ops.less(place, 0), -1, place * labels + column)

    def sums(values: Any) -> Any:
        at = ops.segment_sum(ops.reshape(values, [-1]), ops.reshape(place, [-1]), count * labels)
        return ops.flip(ops.cumsum(ops.flip(ops.reshape(at, [count, labels]), axis=0), axis=0), axis=0)

    return [sums(w) for w in weights]
