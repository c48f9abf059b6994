"""F-scores: precision and recall in one number.

>>> import lamina
>>> metric = lamina.metrics.F1Score(average="micro", threshold=0.5)
>>> round(float(metric([[1, 0], [1, 1]], [[0.9, 0.2], [0.1, 0.8]]).numpy()), 4)
0.8
"""

from __future__ import annotations

from typing import Any

from .. import config, ops
from ..checks import choice, explain, number
from .metric import Metric


class FBetaScore(Metric):
    """(1 + beta^2) precision recall / (beta^2 precision + recall) of targets 0 and 1 of shape (batch, classes).

    Recall weighs `beta` times as much as precision. Predictions above `threshold` are positive, without one the largest
    of each sample. `average` over the classes: None (a value for each), 'micro' (all counted together), 'macro' (the
    mean), 'weighted' (the mean weighted by the number of labels).

    >>> import lamina
    >>> metric = lamina.metrics.FBetaScore(average="micro", beta=2.0, threshold=0.5)
    >>> round(float(metric([[1, 0], [1, 1]], [[0.9, 0.2], [0.1, 0.8]])), 4)
    0.7143
    """

    _direction = "up"
    _built = False
    _counts = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        owner = type(self).__name__
        self.average = choice(owner, "average", average, (None, "micro", "macro", "weighted"))
        self.beta = _positive(owner, "beta", beta, float("inf"))
        self.threshold = None if threshold is None else _positive(owner, "threshold", threshold, 1.0)

    def _build(self, y_true: Any, y_pred: Any) -> None:
        classes = y_pred.shape[-1] if y_pred.ndim == 2 else None
        if classes is None or y_true.ndim != 2 or y_true.shape[-1] != classes:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: the shapes do not fit.",
                    "targets and predictions of shape (batch, classes) with a known number of classes",
                    f"targets of shape {y_true.shape}, predictions of shape {y_pred.shape}",
                    "one-hot encode class numbers; reshape others to rank 2.",
                )
            )
        if not self._built:
            self._built = True
            shape = () if self.average == "micro" else (classes,)
            for name in self._counts:
                setattr(self, name, self.add_variable(shape, dtype=self.dtype, name=name))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = (ops.convert_to_tensor(y, dtype=self.dtype) for y in (y_true, y_pred))
        self._build(y_true, y_pred)
        if self.threshold is None:
            largest = ops.greater_equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
            positive = ops.logical_and(largest, ops.greater(ops.absolute(y_pred), 1e-9))
        else:
            positive = ops.greater(y_pred, self.threshold)
        positive = ops.cast(positive, self.dtype)
        weights = None if sample_weight is None else ops.convert_to_tensor(sample_weight, dtype=self.dtype)
        if weights is not None and weights.ndim == 1:
            weights = ops.expand_dims(weights, 1)
        counted = (positive * y_true, positive * (1.0 - y_true), (1.0 - positive) * y_true, y_true)
        for name, values in zip(self._counts, counted, strict=True):
            values = values if weights is None else values * weights
            getattr(self, name).assign_add(ops.sum(values, axis=None if self.average == "micro" else 0))

    def result(self) -> Any:
        if not self._built:
            return ops.zeros((), dtype=self.dtype)
        tp, fp, fn, labels = (getattr(self, name).value for name in self._counts)
        tiny, square = config.epsilon(), self.beta**2
        precision, recall = tp / (tp + fp + tiny), tp / (tp + fn + tiny)
        scores = precision * recall / (precision * square + recall + tiny) * (1.0 + square)
        if self.average == "weighted":
            return ops.sum(scores * (labels / (ops.sum(labels) + tiny)))
        return scores if self.average is None else ops.mean(scores)


def _positive(owner: str, name: str, value: Any, high: float) -> float:
    if not isinstance(value, (int, float)) or number(owner, name, value, low=0.0, high=high) == 0.0:
        raise ValueError(
            explain(
                f"{owner}: `{name}` is out of range.",
                "a number above 0" + (f" and at most {high:g}" if high < float("inf") else ""),
                f"{name}={value!r}",
                f"1.0 is the usual `{name}`." if name == "beta" else "0.5 is the usual threshold.",
            )
        )
    return float(value)


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall: `FBetaScore` with beta 1.

    >>> import lamina
    >>> print(lamina.metrics.F1Score()([[1, 0], [0, 1]], [[0.8, 0.1], [0.9, 0.2]]).numpy().round(4))
    [0.6667 0.    ]
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
