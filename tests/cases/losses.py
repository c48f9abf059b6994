"""Rows of losses: constructor arguments, y_true and y_pred."""

import numpy as np

from cases.arrays import Array, integers, one_hot, positive, probabilities, real, unit
from cases.functions import Row

D = dict
LABELS, ROWS = integers(5, 6), probabilities(6, 5)
BINARY = (integers(2, 6, 3, dtype="float32"), Array((6, 3), lambda rng, s: rng.uniform(0.02, 0.98, s)))
LOGITS = (integers(2, 6, 3, dtype="float32"), real(6, 3))
REAL = (real(6, 3), real(6, 3))


def _words(rng, shape):
    """Rows of labels from 1 on, filled up with 0."""
    return np.where(np.arange(shape[1]) < rng.integers(1, shape[1] + 1, (shape[0], 1)), rng.integers(1, 4, shape), 0)


LOSSES: tuple[Row, ...] = (
    Row("MeanSquaredError", {}, REAL),
    Row("MeanSquaredError", {}, (real(4, 3, 2), real(4, 3, 2))),
    Row("MeanSquaredError", {}, (real(6), real(6, 1))),
    Row("MeanAbsoluteError", {}, (integers(4, 6, 3), real(6, 3))),
    Row("MeanAbsolutePercentageError", {}, REAL),
    Row("MeanSquaredLogarithmicError", {}, (positive(6, 3), real(6, 3))),
    Row("Huber", {}, REAL),
    Row("Huber", D(delta=0.4), REAL),
    Row("LogCosh", {}, REAL),
    Row("CosineSimilarity", {}, REAL),
    Row("CosineSimilarity", D(axis=0), REAL),
    Row("CosineSimilarity", D(axis=1), (real(4, 3, 2), real(4, 3, 2))),
    Row("Poisson", {}, (positive(6, 3), positive(6, 3))),
    Row("KLDivergence", {}, (probabilities(6, 5), ROWS)),
    Row("Hinge", {}, LOGITS),
    Row("Hinge", {}, (Array((6, 3), lambda rng, s: rng.choice([-1.0, 1.0], s)), real(6, 3))),
    Row("SquaredHinge", {}, LOGITS),
    Row("CategoricalHinge", {}, (one_hot(5, 6), real(6, 5))),
    Row("BinaryCrossentropy", {}, BINARY),
    Row("BinaryCrossentropy", D(from_logits=True), LOGITS),
    Row("BinaryCrossentropy", D(from_logits=True, label_smoothing=0.2, axis=0), LOGITS),
    Row("BinaryCrossentropy", D(label_smoothing=0.1), BINARY),
    Row("BinaryFocalCrossentropy", {}, BINARY),
    Row("BinaryFocalCrossentropy", D(apply_class_balancing=True, alpha=0.3, gamma=1.5), BINARY),
    Row("BinaryFocalCrossentropy", D(from_logits=True, label_smoothing=0.1, axis=0), LOGITS),
    Row("CategoricalCrossentropy", {}, (one_hot(5, 6), ROWS)),
    Row("CategoricalCrossentropy", D(from_logits=True, label_smoothing=0.1), (one_hot(5, 6), real(6, 5))),
    Row("CategoricalCrossentropy", D(axis=1), (one_hot(5, 6, 5), probabilities(6, 5, 5))),
    Row("CategoricalFocalCrossentropy", {}, (one_hot(5, 6), ROWS)),
    Row(
        "CategoricalFocalCrossentropy", D(from_logits=True, gamma=1.0, label_smoothing=0.1), (one_hot(5, 6), real(6, 5))
    ),
    Row("CategoricalGeneralizedCrossEntropy", {}, (LABELS, ROWS), parity=False),
    Row("CategoricalGeneralizedCrossEntropy", D(q=0.7), (LABELS, ROWS), parity=False),
    Row("SparseCategoricalCrossentropy", {}, (LABELS, ROWS)),
    Row("SparseCategoricalCrossentropy", D(from_logits=True), (LABELS, real(6, 5))),
    Row("SparseCategoricalCrossentropy", D(from_logits=True), (integers(5, 6, 1), real(6, 5))),
    Row("SparseCategoricalCrossentropy", D(from_logits=True), (integers(5, 6, 4), real(6, 4, 5))),
    Row("SparseCategoricalCrossentropy", D(ignore_class=2), (integers(5, 6, 4), probabilities(6, 4, 5))),
    Row(
        "SparseCategoricalCrossentropy",
        D(from_logits=True, ignore_class=-1),
        (integers(5, 6, 4, low=-1), real(6, 4, 5)),
    ),
    Row("SparseCategoricalCrossentropy", D(axis=1), (integers(5, 6, 4), positive(6, 5, 4)), parity=False),
    Row("CTC", {}, (Array((6, 3), _words, "int64"), real(6, 7, 4))),
    Row("Dice", {}, BINARY),
    Row("Dice", D(axis=[1]), BINARY),
    Row("Tversky", D(alpha=0.3, beta=0.6), BINARY),
    Row("Tversky", D(axis=[1]), BINARY),
    Row("Circle", {}, (integers(3, 6), unit(6, 4))),
    Row("Circle", D(gamma=10.0, margin=0.3, remove_diagonal=False), (integers(3, 6), unit(6, 4))),
)
