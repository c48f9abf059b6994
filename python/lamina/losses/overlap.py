"""Losses of how much predicted and true regions overlap."""

from __future__ import annotations

from typing import Any

from .. import config, ops
from .regression import pair


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """1 - 2 |A and B| / (|A| + |B|) over `axis` (None: over everything).

    >>> import lamina
    >>> round(float(lamina.losses.dice([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5
    """
    y_true, y_pred = pair(y_true, y_pred)
    common = ops.sum(y_true * y_pred, axis=axis)
    return 1.0 - common * 2.0 / (ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis) + config.epsilon())


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Any:
    """1 - TP / (TP + alpha FN + beta FP) over `axis` (None: over everything), with soft counts (Salehi et al. 2017).

    >>> import lamina
    >>> round(float(lamina.losses.tversky([[1.0, 0.0]], [[0.5, 0.5]], alpha=0.7, beta=0.3)), 4)
    0.5
    """
    y_true, y_pred = pair(y_true, y_pred)
    common = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum((1.0 - y_pred) * y_true, axis=axis)
    extra = ops.sum(y_pred * (1.0 - y_true), axis=axis)
    return 1.0 - common / (common + missed * alpha + extra * beta + config.epsilon())
