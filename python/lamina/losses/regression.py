"""Losses of real-valued targets. Each function gives one value per sample: the mean over the last axis."""

from __future__ import annotations

import math
from typing import Any

from .. import config, ops
from .loss import same_rank


def pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both as tensors of the dtype of `y_pred` and of the same rank."""
    y_pred = ops.convert_to_tensor(y_pred)
    return same_rank(ops.convert_to_tensor(y_true, dtype=y_pred.dtype), y_pred)


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of (y_true - y_pred)^2.

    >>> import lamina
    >>> lamina.losses.mean_squared_error([[0.0, 1.0]], [[1.0, 3.0]]).numpy().tolist()
    [2.5]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of |y_true - y_pred|.

    >>> import lamina
    >>> lamina.losses.mean_absolute_error([[0.0, 1.0]], [[1.0, 3.0]]).numpy().tolist()
    [1.5]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.absolute(y_true - y_pred), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """100 times the mean of |y_true - y_pred| / max(|y_true|, 1e-7).

    >>> import lamina
    >>> lamina.losses.mean_absolute_percentage_error([[1.0, 2.0]], [[2.0, 3.0]]).numpy().tolist()
    [75.0]
    """
    y_true, y_pred = pair(y_true, y_pred)
    relative = (y_true - y_pred) / ops.maximum(ops.absolute(y_true), config.epsilon())
    return ops.mean(ops.absolute(relative), axis=-1) * 100.0


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of (log(1 + y_true) - log(1 + y_pred))^2, both cut below at 1e-7.

    >>> import lamina
    >>> print(lamina.losses.mean_squared_logarithmic_error([[0.0]], [[1.0]]).numpy().round(4))
    [0.4805]
    """
    y_true, y_pred = pair(y_true, y_pred)
    logs = [ops.log(ops.maximum(y, config.epsilon()) + 1.0) for y in (y_true, y_pred)]
    return ops.mean(ops.square(logs[1] - logs[0]), axis=-1)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Mean of e^2 / 2 where |e| <= delta, else delta * |e| - delta^2 / 2.

    >>> import lamina
    >>> lamina.losses.huber([[0.0, 1.0]], [[0.5, 3.0]]).numpy().tolist()
    [0.8125]
    """
    y_true, y_pred = pair(y_true, y_pred)
    error = y_pred - y_true
    size = ops.absolute(error)
    return ops.mean(ops.where(size <= delta, ops.square(error) * 0.5, size * delta - 0.5 * delta * delta), axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """Mean of log(cosh(y_pred - y_true)), in a form that does not overflow.

    >>> import lamina
    >>> print(lamina.losses.log_cosh([[0.0]], [[1.0]]).numpy().round(4))
    [0.4338]
    """
    y_true, y_pred = pair(y_true, y_pred)
    error = y_pred - y_true
    return ops.mean(error + ops.softplus(error * -2.0) - math.log(2.0), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle between y_true and y_pred along `axis`: -1 is the best value.

    >>> import lamina
    >>> print(lamina.losses.cosine_similarity([[1.0, 0.0]], [[3.0, 4.0]]).numpy().round(4))
    [-0.6]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return -ops.sum(ops.normalize(y_true, axis=axis) * ops.normalize(y_pred, axis=axis), axis=axis)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """Mean of y_pred - y_true * log(y_pred + 1e-7).

    >>> import lamina
    >>> print(lamina.losses.poisson([[1.0]], [[2.0]]).numpy().round(4))
    [1.3069]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + config.epsilon()), axis=-1)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """Sum of y_true * log(y_true / y_pred), both cut to [1e-7, 1].

    >>> import lamina
    >>> print(lamina.losses.kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).numpy().round(4))
    [0.1438]
    """
    y_true, y_pred = (ops.clip(y, config.epsilon(), 1.0) for y in pair(y_true, y_pred))
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def _signs(y_true: Any) -> Any:
    """Labels in {-1, 1}: if all of them are 0 or 1 they are moved there, otherwise they stay as they are."""
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    return ops.where(binary, y_true * 2.0 - 1.0, y_true)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """Mean of max(1 - y_true * y_pred, 0) for labels -1 and 1 (0 and 1 are converted).

    >>> import lamina
    >>> lamina.losses.hinge([[0.0, 1.0]], [[-0.5, 2.0]]).numpy().tolist()
    [0.25]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.maximum(1.0 - _signs(y_true) * y_pred, 0.0), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """Mean of max(1 - y_true * y_pred, 0)^2 for labels -1 and 1 (0 and 1 are converted).

    >>> import lamina
    >>> lamina.losses.squared_hinge([[0.0, 1.0]], [[-0.5, 2.0]]).numpy().tolist()
    [0.125]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.square(ops.maximum(1.0 - _signs(y_true) * y_pred, 0.0)), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """max(1 + the best wrong score - the right score, 0) for one-hot labels.

    >>> import lamina
    >>> lamina.losses.categorical_hinge([[0.0, 1.0]], [[0.5, 0.25]]).numpy().tolist()
    [1.25]
    """
    y_true, y_pred = pair(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)
