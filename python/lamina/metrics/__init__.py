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
    KLD,
    MAE,
    MAPE,
    MSE,
    MSLE,
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    kld,
    kullback_leibler_divergence,
    log_cosh,
    logcosh,
    mae,
    mape,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    mse,
    msle,
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
from .auc import AUC
from .confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    PrecisionAtRecall,
    Recall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
    TrueNegatives,
    TruePositives,
)
from .correlation import concordance_correlation, pearson_correlation
from .f_score import F1Score, FBetaScore
from .iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from .mean import Mean, MeanMetricWrapper, Sum, from_function
from .metric import Metric
from .regression import R2Score, RootMeanSquaredError, cosine_similarity

Accuracy = from_function("Accuracy", accuracy, direction="up")
BinaryAccuracy = from_function("BinaryAccuracy", binary_accuracy, arguments=("threshold",), direction="up")
BinaryCrossentropy = from_function(
    "BinaryCrossentropy", binary_crossentropy, arguments=("from_logits", "label_smoothing")
)
CategoricalAccuracy = from_function("CategoricalAccuracy", categorical_accuracy, direction="up")
CategoricalCrossentropy = from_function(
    "CategoricalCrossentropy", categorical_crossentropy, arguments=("from_logits", "label_smoothing", "axis")
)
CategoricalHinge = from_function("CategoricalHinge", categorical_hinge)
ConcordanceCorrelation = from_function(
    "ConcordanceCorrelation", concordance_correlation, arguments=("axis",), direction="up"
)
CosineSimilarity = from_function("CosineSimilarity", cosine_similarity, arguments=("axis",), direction="up")
Hinge = from_function("Hinge", hinge)
KLDivergence = from_function("KLDivergence", kl_divergence)
LogCoshError = from_function("LogCoshError", log_cosh, name="logcosh")
MeanAbsoluteError = from_function("MeanAbsoluteError", mean_absolute_error)
MeanAbsolutePercentageError = from_function("MeanAbsolutePercentageError", mean_absolute_percentage_error)
MeanSquaredError = from_function("MeanSquaredError", mean_squared_error)
MeanSquaredLogarithmicError = from_function("MeanSquaredLogarithmicError", mean_squared_logarithmic_error)
PearsonCorrelation = from_function("PearsonCorrelation", pearson_correlation, arguments=("axis",), direction="up")
Poisson = from_function("Poisson", poisson)
SparseCategoricalAccuracy = from_function("SparseCategoricalAccuracy", sparse_categorical_accuracy, direction="up")
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
    direction="up",
)
SquaredHinge = from_function("SquaredHinge", squared_hinge)
TopKCategoricalAccuracy = from_function(
    "TopKCategoricalAccuracy",
    top_k_categorical_accuracy,
    arguments=("k",),
    order=("k", "name", "dtype"),
    direction="up",
)

CLASSES: tuple[Any, ...] = (
    Accuracy, AUC, BinaryAccuracy, BinaryCrossentropy, BinaryIoU, CategoricalAccuracy, CategoricalCrossentropy,
    CategoricalHinge, ConcordanceCorrelation, CosineSimilarity, F1Score, FalseNegatives, FalsePositives, FBetaScore,
    Hinge, IoU, KLDivergence, LogCoshError, Mean, MeanAbsoluteError, MeanAbsolutePercentageError, MeanIoU,
    MeanMetricWrapper, MeanSquaredError, MeanSquaredLogarithmicError, OneHotIoU, OneHotMeanIoU, PearsonCorrelation,
    Poisson, Precision, PrecisionAtRecall, R2Score, Recall, RecallAtPrecision, RootMeanSquaredError,
    SensitivityAtSpecificity, SparseCategoricalAccuracy, SparseCategoricalCrossentropy, SparseTopKCategoricalAccuracy,
    SpecificityAtSensitivity, SquaredHinge, Sum, TopKCategoricalAccuracy, TrueNegatives, TruePositives,
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
get, serialize, deserialize = NAMESPACE.functions("metric")
