"""The area under a curve of rates over all thresholds.

>>> import lamina
>>> metric = lamina.metrics.AUC(num_thresholds=3)
>>> float(metric([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]).numpy())
0.75
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import config, ops
from ..checks import choice, explain, integer
from . import thresholds as counting
from .confusion import Confusion


class AUC(Confusion):
    """The area under the ROC, precision-recall or precision-recall-gain curve of targets 0 and 1.

    It is summed over `num_thresholds` even thresholds, or over `thresholds` inside [0, 1] and both ends. `curve`: 'ROC'
    (true over false positive rate), 'PR' (precision over recall), 'PRGAIN' (Flach and Kull 2015).
    `summation_method`: 'interpolation' (trapezoids; for PR along the true curve between points, Davis and Goadrich
    2006), 'minoring' or 'majoring' (the lower or higher end of each step).
    With `multi_label` each of the labels on the last axis of (batch, labels) has its own curve, and the mean of the
    areas is weighted by `label_weights`; without it these weigh the entries of one curve. `from_logits`: predictions
    are real scores, not probabilities.

    >>> import lamina
    >>> metric = lamina.metrics.AUC(curve="PR", thresholds=[0.3, 0.6])
    >>> round(float(metric([0, 0, 1, 1], [0.1, 0.5, 0.4, 0.9])), 4)
    0.8873
    """

    _kept = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    _direction = "up"
    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        if thresholds is None:
            inner = counting.evenly_spaced(integer("AUC", "num_thresholds", num_thresholds, minimum=2))[1:-1]
        else:
            inner = sorted(counting.thresholds_of("AUC", thresholds))
        self.num_thresholds = len(inner) + 2
        self.init_thresholds = None if thresholds is None else inner
        self.thresholds = [-config.epsilon(), *inner, 1.0 + config.epsilon()]
        self._even = thresholds is None or counting.are_even([0.0, *inner, 1.0])
        self.curve = choice("AUC", "curve", _name(curve), ("roc", "pr", "prgain")).upper()
        methods = ("interpolation", "minoring", "majoring")
        self.summation_method = choice("AUC", "summation_method", _name(summation_method), methods)
        self.multi_label, self.from_logits = bool(multi_label), bool(from_logits)
        self.label_weights = None if label_weights is None else np.asarray(label_weights, self._state_dtype).tolist()
        self.num_labels = None if num_labels is None else integer("AUC", "num_labels", num_labels)
        if num_labels is not None and not multi_label:
            raise ValueError(
                explain(
                    "AUC: `num_labels` has no meaning for one curve.",
                    "num_labels=None, or multi_label=True",
                    f"num_labels={num_labels!r}, multi_label=False",
                    "pass multi_label=True for one curve per label.",
                )
            )
        if not multi_label:
            self._keep((self.num_thresholds,))
        elif num_labels is not None:
            self._keep((self.num_thresholds, num_labels))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_pred = ops.convert_to_tensor(y_pred, dtype=self._state_dtype)
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        if self.multi_label:
            self._check_labels(y_pred)
        weights = None if self.multi_label else self.label_weights
        self._count(y_true, y_pred, sample_weight, by_label=self.multi_label, label_weights=weights)

    def _check_labels(self, y_pred: Any) -> None:
        """Makes the state for this number of labels; ValueError when it is another one than before."""
        labels = y_pred.shape[-1] if y_pred.ndim == 2 else None
        if labels is not None and self._counts is None:
            self._keep((self.num_thresholds, labels))
        if labels is None or self.true_positives.shape[-1] != labels:
            known = "labels" if self._counts is None else self.true_positives.shape[-1]
            raise ValueError(
                explain(
                    "AUC: the predictions do not fit multi_label=True.",
                    f"predictions of shape (batch, {known}) with a known number of labels",
                    f"shape {y_pred.shape}",
                    "reshape the predictions, or leave out `multi_label` for one curve of all.",
                )
            )

    def result(self) -> Any:
        if self._counts is None:
            return ops.zeros((), dtype=self._state_dtype)
        areas = self._area_between_points() if self._is_interpolated() else self._area_of_steps()
        areas = ops.sum(areas, axis=0)
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return ops.mean(areas)
        weights = np.asarray(self.label_weights, self._state_dtype)
        return ops.divide_no_nan(ops.sum(areas * weights), ops.sum(weights))

    def _is_interpolated(self) -> bool:
        return self.curve == "PR" and self.summation_method == "interpolation"

    def _area_of_steps(self) -> Any:
        x, y = self._curve()
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        else:
            heights = (ops.minimum if self.summation_method == "minoring" else ops.maximum)(y[:-1], y[1:])
        return (x[:-1] - x[1:]) * heights

    def _curve(self) -> tuple[Any, Any]:
        """x and y at each threshold."""
        if self.curve == "ROC":
            return self._rate("false alarm"), self._rate("recall")
        if self.curve == "PR":
            return self._rate("recall"), self._rate("precision")
        tp, fp, tn, fn = (getattr(self, name).value for name in self._kept)
        scale = ops.divide_no_nan(tp + fn, tn + fp)
        recall, precision = (1.0 - scale * ops.divide_no_nan(missed, tp) for missed in (fn, fp))
        found = ops.greater(tp, 0.0)
        return ops.maximum(ops.where(found, recall, 0.0), 0.0), ops.where(found, precision, 1.0)

    def _area_between_points(self) -> Any:
        """Between two points true and false positives grow evenly, but their ratio, the precision, does not."""
        tp, positive = self.true_positives.value, self.true_positives.value + self.false_positives.value
        more_true, more = tp[:-1] - tp[1:], positive[:-1] - positive[1:]
        slope = ops.divide_no_nan(more_true, ops.maximum(more, 0.0))
        intercept = tp[1:] - slope * positive[1:]
        both = ops.logical_and(ops.greater(positive[:-1], 0.0), ops.greater(positive[1:], 0.0))
        ratio = ops.where(both, ops.divide_no_nan(positive[:-1], ops.maximum(positive[1:], 0.0)), 1.0)
        labels = ops.maximum(tp[1:] + self.false_negatives.value[1:], 0.0)
        return ops.divide_no_nan(slope * (more_true + intercept * ops.log(ratio)), labels)


def _name(value: Any) -> Any:
    """The name of a member of an enumeration, as older programs pass it."""
    return getattr(value, "value", value)
