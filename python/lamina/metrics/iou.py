"""Overlap of predicted and true classes: intersection over union, from a matrix of how often which is taken for which.

>>> import lamina
>>> metric = lamina.metrics.MeanIoU(num_classes=2)
>>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1]).numpy()), 4)
0.3333
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from .. import config, ops
from ..checks import axis_in_range, explain, integer, is_integer, number, shapes_differ
from .metric import Metric


class IoU(Metric):
    """The mean over `target_class_ids` of TP / (TP + FP + FN), where classes that never occur do not count.

    Targets and predictions are class numbers of one shape, or with `sparse_y_true=False` or `sparse_y_pred=False` one
    score per class on `axis`, of which the largest counts. Entries with the label `ignore_class` or a number that is no
    class are left out. `dtype` is that of the counts (int32): with weights that are not whole pass 'float32'.

    >>> import lamina
    >>> metric = lamina.metrics.IoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(dtype=dtype or "int32", name=name)
        owner = type(self).__name__
        self.num_classes = integer(owner, "num_classes", num_classes)
        ids = list(target_class_ids)
        if not ids or not all(is_integer(i) and 0 <= i < num_classes for i in ids):
            raise ValueError(
                explain(
                    f"{owner}: `target_class_ids` are not classes.",
                    f"a list of integers from 0 to {num_classes - 1}",
                    f"target_class_ids={target_class_ids!r}",
                    "list the classes that count.",
                )
            )
        if ignore_class is not None and not is_integer(ignore_class):
            raise ValueError(
                explain(
                    f"{owner}: `ignore_class` is no class number.",
                    "an integer, or None",
                    f"ignore_class={ignore_class!r}",
                    "pass the label that marks entries to be left out.",
                )
            )
        self.target_class_ids = [int(i) for i in ids]
        self.ignore_class = ignore_class
        self.sparse_y_true, self.sparse_y_pred = bool(sparse_y_true), bool(sparse_y_pred)
        self.axis = axis
        self.total_cm = self.add_variable((num_classes, num_classes), dtype=self.dtype, name="total_confusion_matrix")

    def _classes(self, y: Any, are_numbers: bool) -> Any:
        y = ops.convert_to_tensor(y)
        if not are_numbers:
            axis = axis_in_range(type(self).__name__, self.axis, y.ndim)
            if y.shape[axis] not in (None, self.num_classes):
                raise ValueError(
                    explain(
                        f"{type(self).__name__}: there is not one score per class.",
                        f"{self.num_classes} scores on axis {self.axis}",
                        f"shape {y.shape}",
                        "choose another `axis`, or say that class numbers come by `sparse_y_true`, `sparse_y_pred`.",
                    )
                )
            y = ops.argmax(y, axis=axis)
        return ops.cast(ops.reshape(y, [-1]), "int64")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        labels = self._classes(y_true, self.sparse_y_true)
        found = self._classes(y_pred, self.sparse_y_pred)
        if shapes_differ(labels.shape, found.shape):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: targets and predictions do not fit.",
                    f"as many targets as predictions: {found.shape[0]}",
                    f"{labels.shape[0]}",
                    "pass class numbers of one shape; see `sparse_y_true` and `sparse_y_pred` for scores.",
                )
            )
        valid = _inside(labels, self.num_classes, self.ignore_class)
        valid = ops.logical_and(valid, _inside(found, self.num_classes))
        place = ops.where(valid, labels * self.num_classes + found, -1)
        counts = ops.segment_sum(self._weights(sample_weight, labels), place, self.num_classes**2)
        self.total_cm.assign_add(ops.reshape(counts, self.total_cm.shape))

    def _weights(self, sample_weight: Any, labels: Any) -> Any:
        """One weight per label, in the dtype of the counts."""
        if sample_weight is None:
            return ops.cast(ops.ones_like(labels), self.dtype)
        weights = ops.convert_to_tensor(sample_weight)
        if "int" in self.dtype and "float" in weights.dtype:
            warnings.warn(
                f"{type(self).__name__} counts in {self.dtype}, so weights that are not whole are cut. "
                "Pass dtype='float32' to the metric.",
                stacklevel=2,
            )
        weights = ops.cast(ops.reshape(weights, [-1]) if weights.ndim > 1 else weights, self.dtype)
        return weights if weights.ndim else weights + ops.cast(ops.zeros_like(labels), self.dtype)

    def result(self) -> Any:
        matrix = ops.cast(self.total_cm.value, "float32")
        right = ops.diagonal(matrix)
        union = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1) - right
        right, union = (ops.take(t, self.target_class_ids, axis=0) for t in (right, union))
        occurs = ops.cast(ops.greater(union, 1e-9), "float32")
        shares = right / (union + config.epsilon()) * occurs
        return ops.sum(shares) / (ops.sum(occurs) + config.epsilon())


def _inside(classes: Any, count: int, ignored: int | None = None) -> Any:
    """Which of the numbers are classes."""
    valid = ops.logical_and(ops.greater_equal(classes, 0), ops.less(classes, count))
    return valid if ignored is None else ops.logical_and(valid, ops.not_equal(classes, ignored))


class BinaryIoU(IoU):
    """`IoU` of the two classes 'at least `threshold`' (1) and 'below it' (0); targets are 0 and 1.

    >>> import lamina
    >>> round(float(lamina.metrics.BinaryIoU()([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.5833
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name=name, dtype=dtype)
        self.threshold = number("BinaryIoU", "threshold", threshold)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        found = ops.greater_equal(ops.convert_to_tensor(y_pred), self.threshold)
        super().update_state(y_true, ops.cast(found, "int64"), sample_weight)


class MeanIoU(IoU):
    """The mean over all classes that occur of TP / (TP + FP + FN); see `IoU` for the arguments.

    >>> import lamina
    >>> round(float(lamina.metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        every = range(integer(type(self).__name__, "num_classes", num_classes))
        super().__init__(num_classes, every, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class OneHotIoU(IoU):
    """`IoU` of one-hot targets (and, unless `sparse_y_pred`, scores) with the classes on `axis`.

    >>> import lamina
    >>> metric = lamina.metrics.OneHotIoU(num_classes=2, target_class_ids=[1])
    >>> round(float(metric([[0, 1], [1, 0]], [[0.2, 0.8], [0.4, 0.6]])), 4)
    0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` of one-hot targets (and, unless `sparse_y_pred`, scores) with the classes on `axis`.

    >>> import lamina
    >>> metric = lamina.metrics.OneHotMeanIoU(num_classes=2)
    >>> round(float(metric([[0, 1], [1, 0]], [[0.2, 0.8], [0.4, 0.6]])), 4)
    0.25
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
