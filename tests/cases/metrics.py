"""Rows of metrics: constructor arguments, and y_true and y_pred (or values alone)."""

from dataclasses import dataclass

import numpy as np

from cases.arrays import Array, integers, one_hot, positive, probabilities, real
from cases.functions import Row
from cases.losses import BINARY, LABELS, LOGITS, REAL, ROWS

D = dict


@dataclass(frozen=True)
class Metric(Row):
    """`weights`: 'real', 'whole' for metrics that count in integers, None where there is no value per sample."""

    weights: str | None = "real"


def tenths(*shape):
    """Predictions of which many are exactly at thresholds, and some outside of [0, 1]."""
    return Array(shape, lambda rng, s: np.round(rng.uniform(-0.15, 1.15, s), 1))


COUNTS = ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
PAIRS = {"Precision": "recall", "Recall": "precision", "Sensitivity": "specificity", "Specificity": "sensitivity"}
CURVES = [(curve, method) for curve in ("ROC", "PR", "PRGAIN") for method in ("interpolation", "minoring", "majoring")]
ONE, MANY = (integers(2, 6, dtype="float32"), tenths(6)), (integers(2, 6, 3, dtype="float32"), tenths(6, 3))
CLASSES = (integers(3, 6), integers(3, 6))
SCORES = (one_hot(3, 6), probabilities(6, 3))

METRICS: tuple[Metric, ...] = (
    Metric("Mean", {}, (real(6, 3),)),
    Metric("Sum", {}, (real(6, 3),)),
    Metric("Accuracy", {}, (integers(3, 6, 2, dtype="float32"), integers(3, 6, 2, dtype="float32"))),
    Metric("BinaryAccuracy", {}, BINARY),
    Metric("BinaryAccuracy", D(threshold=0.3), BINARY),
    Metric("BinaryAccuracy", {}, (integers(2, 6, dtype="float32"), Array((6, 1), lambda rng, s: rng.uniform(0, 1, s)))),
    Metric("CategoricalAccuracy", {}, (one_hot(5, 6), real(6, 5))),
    Metric("SparseCategoricalAccuracy", {}, (LABELS, real(6, 5))),
    Metric("SparseCategoricalAccuracy", {}, (integers(5, 6, 1), real(6, 5))),
    Metric("SparseCategoricalAccuracy", {}, (integers(5, 6, 4), real(6, 4, 5))),
    Metric("TopKCategoricalAccuracy", D(k=2), (one_hot(5, 6), real(6, 5))),
    Metric("SparseTopKCategoricalAccuracy", D(k=2), (LABELS, real(6, 5))),
    Metric("SparseTopKCategoricalAccuracy", D(k=2, from_sorted_ids=True), (LABELS, integers(5, 6, 4, dtype="float32"))),
    Metric("BinaryCrossentropy", {}, BINARY),
    Metric("BinaryCrossentropy", D(from_logits=True, label_smoothing=0.1), LOGITS),
    Metric("CategoricalCrossentropy", {}, (one_hot(5, 6), ROWS)),
    Metric("CategoricalCrossentropy", D(from_logits=True, label_smoothing=0.1), (one_hot(5, 6), real(6, 5))),
    Metric("SparseCategoricalCrossentropy", {}, (LABELS, ROWS)),
    Metric("SparseCategoricalCrossentropy", D(from_logits=True, axis=-1), (integers(5, 6, 4), real(6, 4, 5))),
    Metric("SparseCategoricalCrossentropy", D(ignore_class=2), (LABELS, ROWS)),
    Metric("KLDivergence", {}, (probabilities(6, 5), ROWS)),
    Metric("Poisson", {}, (positive(6, 3), positive(6, 3))),
    Metric("Hinge", {}, LOGITS),
    Metric("SquaredHinge", {}, LOGITS),
    Metric("CategoricalHinge", {}, (one_hot(5, 6), real(6, 5))),
    Metric("MeanSquaredError", {}, REAL),
    Metric("MeanSquaredError", {}, (real(6), real(6, 1))),
    Metric("RootMeanSquaredError", {}, REAL),
    Metric("MeanAbsoluteError", {}, REAL),
    Metric("MeanAbsolutePercentageError", {}, REAL),
    Metric("MeanSquaredLogarithmicError", {}, (positive(6, 3), positive(6, 3))),
    Metric("LogCoshError", {}, REAL),
    Metric("CosineSimilarity", {}, REAL),
    Metric("CosineSimilarity", D(axis=1), (real(6, 3, 2), real(6, 3, 2))),
    Metric("R2Score", {}, REAL),
    Metric("R2Score", D(class_aggregation=None), REAL),
    Metric("R2Score", D(class_aggregation="variance_weighted_average", num_regressors=2), REAL),
    Metric("PearsonCorrelation", {}, REAL),
    Metric("PearsonCorrelation", D(axis=0), REAL, weights=None),
    Metric("ConcordanceCorrelation", {}, REAL),
    Metric("ConcordanceCorrelation", D(axis=1), (real(6, 3, 2), real(6, 3, 2))),
    *(Metric(name, {}, MANY) for name in COUNTS),
    *(Metric(name, D(thresholds=[0.7, 0.2, 0.25]), ONE) for name in COUNTS),
    *(Metric(name, D(thresholds=[0.0, 0.5, 1.0]), ONE) for name in COUNTS),
    *(
        Metric(name, kwargs, MANY)
        for name in ("Precision", "Recall")
        for kwargs in (D(), D(thresholds=[0.3, 0.6]), D(top_k=2), D(thresholds=0.4, top_k=1, class_id=2))
    ),
    Metric("Precision", D(class_id=1), (integers(2, 6, 2, 3, dtype="float32"), tenths(6, 2, 3)), weights=None),
    Metric("Recall", {}, (integers(2, 6, dtype="float32"), tenths(6, 1))),
    *(
        Metric(f"{best}At{given.capitalize()}", {given: 0.5, **kwargs}, MANY)
        for best, given in PAIRS.items()
        for kwargs in (D(), D(num_thresholds=1), D(num_thresholds=11, class_id=1))
    ),
    *(Metric("AUC", D(curve=curve, summation_method=method), ONE) for curve, method in CURVES),
    *(
        Metric("AUC", D(curve=curve, summation_method=method, thresholds=[0.8, 0.3], multi_label=True), MANY)
        for curve, method in CURVES[::4]
    ),
    Metric("AUC", D(num_thresholds=11, multi_label=True, num_labels=3, label_weights=[0.2, 0.5, 0.3]), MANY),
    Metric("AUC", D(num_thresholds=2, label_weights=[0.2, 0.5, 0.3]), MANY),
    Metric("AUC", D(from_logits=True), LOGITS),
    *(Metric("F1Score", D(average=average), SCORES) for average in (None, "micro", "macro", "weighted")),
    *(
        Metric("FBetaScore", D(average=average, beta=2.0, threshold=0.4), MANY)
        for average in (None, "micro", "macro", "weighted")
    ),
    Metric("IoU", D(num_classes=3, target_class_ids=[0, 2]), CLASSES, weights="whole"),
    Metric("IoU", D(num_classes=3, target_class_ids=[1], ignore_class=0, dtype="float32"), CLASSES),
    Metric("BinaryIoU", {}, ONE, weights="whole"),
    Metric("BinaryIoU", D(target_class_ids=[1], threshold=0.3, dtype="float32"), ONE),
    Metric("MeanIoU", D(num_classes=4), CLASSES, weights="whole"),
    Metric("MeanIoU", D(num_classes=3, ignore_class=-1), (integers(4, 6, low=-1), integers(3, 6)), weights="whole"),
    Metric("MeanIoU", D(num_classes=3, sparse_y_pred=False), (integers(3, 6), probabilities(6, 3)), weights="whole"),
    Metric("OneHotIoU", D(num_classes=3, target_class_ids=[0, 1]), SCORES, weights="whole"),
    Metric(
        "OneHotIoU",
        D(num_classes=3, target_class_ids=[2], sparse_y_pred=True),
        (one_hot(3, 6), integers(3, 6)),
        weights="whole",
    ),
    Metric("OneHotMeanIoU", D(num_classes=3), (one_hot(3, 6, 2), probabilities(6, 2, 3)), weights=None),
    Metric("OneHotMeanIoU", D(num_classes=3, ignore_class=0, dtype="float32"), SCORES),
)
