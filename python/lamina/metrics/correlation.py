"""Correlation of targets and predictions.

>>> import lamina
>>> round(float(lamina.metrics.pearson_correlation([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]]).numpy()[0]), 5)
1.0
"""

from __future__ import annotations

from typing import Any

from .. import config, ops
from ..losses.regression import pair


def _centered(y: Any, axis: Any) -> tuple[Any, Any]:
    mean = ops.mean(y, axis=axis, keepdims=True)
    return y - mean, mean


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The covariance of y_true and y_pred along `axis` over their standard deviations; NaN where one is constant.

    >>> import lamina
    >>> print(lamina.metrics.pearson_correlation([[0.0, 1.0, 2.0]], [[2.0, 1.0, 0.0]]).numpy().round(4))
    [-1.]
    """
    (true, _), (found, _) = (_centered(y, axis) for y in pair(y_true, y_pred))
    deviations = [ops.sqrt(ops.mean(ops.square(y), axis=axis, keepdims=True)) for y in (true, found)]
    return ops.mean((true / deviations[0]) * (found / deviations[1]), axis=axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """How close y_true and y_pred are to being equal along `axis` (Lin 1989): twice the covariance over the variances
    and the square of the difference of the means.

    >>> import lamina
    >>> print(lamina.metrics.concordance_correlation([[0.0, 1.0, 2.0]], [[1.0, 2.0, 3.0]]).numpy().round(4))
    [0.5714]
    """
    (true, true_mean), (found, found_mean) = (_centered(y, axis) for y in pair(y_true, y_pred))
    variances = [ops.mean(ops.square(y), axis=axis) for y in (true, found)]
    apart = ops.squeeze(ops.square(true_mean - found_mean), axis)
    covariance = ops.mean(true * found, axis=axis)
    return covariance * 2.0 / (variances[0] + variances[1] + apart + config.epsilon())
