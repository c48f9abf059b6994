"""Metrics of real-valued targets that are more than the mean of a loss."""

from __future__ import annotations

from typing import Any

from .. import losses, ops
from ..checks import choice, explain, integer
from ..losses.loss import same_rank, size_of
from .mean import Mean
from .metric import Metric


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The cosine of the angle between y_true and y_pred along `axis` (the loss is minus this).

    >>> import lamina
    >>> round(float(lamina.metrics.CosineSimilarity()([[1.0, 0.0]], [[3.0, 4.0]])), 4)
    0.6
    """
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


class RootMeanSquaredError(Mean):
    """Square root of the mean of (y_pred - y_true)^2 over everything seen.

    >>> import lamina
    >>> float(lamina.metrics.RootMeanSquaredError()([1.0, 1.0], [4.0, -2.0]))
    3.0
    """

    _direction = "down"

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        y_true, y_pred = same_rank(y_true, ops.convert_to_tensor(y_pred, dtype=self.dtype))
        self._add(ops.square(y_pred - y_true), sample_weight)

    def result(self) -> Any:
        return ops.sqrt(super().result())


class R2Score(Metric):
    """Coefficient of determination, 1 - residual / variance, of targets of shape (batch, outputs).

    `class_aggregation` over the outputs: 'uniform_average', 'variance_weighted_average' or None. `num_regressors`
    above 0 gives the adjusted score, where there are enough samples for one.

    >>> import lamina
    >>> float(lamina.metrics.R2Score()([[1.0], [2.0], [3.0]], [[1.0], [2.0], [2.0]]))
    0.5
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        options = (None, "uniform_average", "variance_weighted_average")
        self.class_aggregation = choice("R2Score", "class_aggregation", class_aggregation, options)
        self.num_regressors = integer("R2Score", "num_regressors", num_regressors, minimum=0)
        self.num_samples = self.add_variable(name="num_samples")
        self.squared_sum: Any = None
        self.sum: Any = None
        self.total_mse: Any = None
        self.count: Any = None

    def _build(self, y_true: Any, y_pred: Any) -> None:
        if y_true.ndim != 2 or y_pred.ndim != 2 or y_pred.shape[-1] is None or y_pred.shape[-1] != y_true.shape[-1]:
            raise ValueError(
                explain(
                    "R2Score: the shapes do not fit.",
                    "targets and predictions of shape (batch, outputs) with a known number of outputs",
                    f"targets of shape {y_true.shape}, predictions of shape {y_pred.shape}",
                    "reshape both to rank 2.",
                )
            )
        sizes = (y_pred.shape[-1],)
        self.squared_sum = self.add_variable(sizes, name="squared_sum")
        self.sum = self.add_variable(sizes, name="sum")
        self.total_mse = self.add_variable(sizes, name="residual")
        self.count = self.add_variable(sizes, name="count")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        y_true, y_pred = same_rank(y_true, ops.convert_to_tensor(y_pred, dtype=self.dtype))
        if self.sum is None:
            self._build(y_true, y_pred)
        weights = ops.ones_like(y_true)
        if sample_weight is not None:
            sample_weight = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
            weights = weights * (ops.expand_dims(sample_weight, -1) if sample_weight.ndim == 1 else sample_weight)
        weighted = y_true * weights
        self.sum.assign_add(ops.sum(weighted, axis=0))
        self.squared_sum.assign_add(ops.sum(y_true * weighted, axis=0))
        self.total_mse.assign_add(ops.sum(ops.square(y_true - y_pred) * weights, axis=0))
        self.count.assign_add(ops.sum(weights, axis=0))
        self.num_samples.assign_add(size_of(y_true, self.dtype))

    def result(self) -> Any:
        if self.sum is None:
            return ops.zeros((), dtype=self.dtype)
        mean = self.sum.value / self.count.value
        total = self.squared_sum.value - self.sum.value * mean
        scores = 1.0 - self.total_mse.value / total
        scores = ops.where(ops.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(total * scores) / ops.sum(total)
        if self.num_regressors:
            spare = self.num_samples.value - (self.num_regressors + 1.0)
            enough = ops.greater(spare, 0.0)
            adjusted = 1.0 - (1.0 - scores) * (self.num_samples.value - 1.0) / ops.where(enough, spare, 1.0)
            scores = ops.where(enough, adjusted, scores)
        return scores
