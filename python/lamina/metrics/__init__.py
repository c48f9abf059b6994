"""Metrics: running values of how good predictions are. Functions give one value per sample, classes keep a state.

>>> import numpy as np, lamina
>>> metric = lamina.metrics.BinaryAccuracy()
>>> metric.update_state(np.array([[1.0], [1.0], [0.0], [0.0]]), np.array([[0.98], [1.0], [0.0], [0.6]]))
>>> float(metric.result().numpy())
0.75
"""

from __future__ import annotations

from typing import Any

from ..losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from ..namespaces import Namespace, names_of
from .accuracy import (
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from .mean import Mean, MeanMetricWrapper, Sum, from_function
from .metric import Metric
from .regression import R2Score, RootMeanSquaredError, cosine_similarity

Accuracy = from_function("Accuracy", accuracy)
BinaryAccuracy = from_function("BinaryAccuracy", binary_accuracy, arguments=("threshold",))
BinaryCrossentropy = from_function(
    "BinaryCrossentropy", binary_crossentropy, arguments=("from_logits", "label_smoothing")
)
CategoricalAccuracy = from_function("CategoricalAccuracy", categorical_accuracy)
CategoricalCrossentropy = from_function(
    "CategoricalCrossentropy", categorical_crossentropy, arguments=("from_logits", "label_smoothing", "axis")
)
CategoricalHinge = from_function("CategoricalHinge", categorical_hinge)
CosineSimilarity = from_function("CosineSimilarity", cosine_similarity, arguments=("axis",))
Hinge = from_function("Hinge", hinge)
KLDivergence = from_function("KLDivergence", kl_divergence)
LogCoshError = from_function("LogCoshError", log_cosh, name="logcosh")
MeanAbsoluteError = from_function("MeanAbsoluteError", mean_absolute_error)
MeanAbsolutePercentageError = from_function("MeanAbsolutePercentageError", mean_absolute_percentage_error)
MeanSquaredError = from_function("MeanSquaredError", mean_squared_error)
MeanSquaredLogarithmicError = from_function("MeanSquaredLogarithmicError", mean_squared_logarithmic_error)
Poisson = from_function("Poisson", poisson)
SparseCategoricalAccuracy = from_function("SparseCategoricalAccuracy", sparse_categorical_accuracy)
SparseCategoricalCrossentropy = from_function(
    "SparseCategoricalCrossentropy",
    sparse_categorical_crossentropy,
    arguments=("from_logits", "ignore_class", "axis"),
)
SparseTopKCategoricalAccuracy = from_function(
    "SparseTopKCategoricalAccuracy",
    sparse_top_k_categorical_accuracy,
    arguments=("k", "from_sorted_ids"),
    order=("k", "name", "dtype", "from_sorted_ids"),
)
SquaredHinge = from_function("SquaredHinge", squared_hinge)
TopKCategoricalAccuracy = from_function(
    "TopKCategoricalAccuracy", top_k_categorical_accuracy, arguments=("k",), order=("k", "name", "dtype")
)

CLASSES: tuple[Any, ...] = (
    Accuracy, BinaryAccuracy, BinaryCrossentropy, CategoricalAccuracy, CategoricalCrossentropy, CategoricalHinge,
    CosineSimilarity, Hinge, KLDivergence, LogCoshError, Mean, MeanAbsoluteError, MeanAbsolutePercentageError,
    MeanMetricWrapper, MeanSquaredError, MeanSquaredLogarithmicError, Poisson, R2Score, RootMeanSquaredError,
    SparseCategoricalAccuracy, SparseCategoricalCrossentropy, SparseTopKCategoricalAccuracy, SquaredHinge, Sum,
    TopKCategoricalAccuracy,
)  # fmt: skip

_SHORT = {
    "bce": BinaryCrossentropy,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}

NAMESPACE = Namespace(
    "metric",
    names_of(Metric, *CLASSES) | _SHORT | {name.upper(): cls for name, cls in _SHORT.items()},
)
get, serialize, deserialize = NAMESPACE.get, NAMESPACE.serialize, NAMESPACE.deserialize
