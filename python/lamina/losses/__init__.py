"""Losses, each in two forms: a function of (y_true, y_pred) giving one value per sample, and a class that reduces them.

>>> import numpy as np, lamina
>>> y_true, y_pred = np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [1.0, 0.0]])
>>> lamina.losses.mean_squared_error(y_true, y_pred).numpy().tolist()
[0.5, 0.5]
>>> float(lamina.losses.MeanSquaredError()(y_true, y_pred, sample_weight=np.array([1.0, 0.0])).numpy())
0.25
"""

from __future__ import annotations

from typing import Any

from ..namespaces import Namespace, snake_case
from .embeddings import circle
from .loss import Loss, LossFunctionWrapper, Reduction, from_function
from .overlap import dice, tversky
from .probabilistic import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
    ctc,
    sparse_categorical_crossentropy,
)
from .regression import (
    categorical_hinge,
    cosine_similarity,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    squared_hinge,
)

BinaryCrossentropy = from_function("BinaryCrossentropy", binary_crossentropy)
BinaryFocalCrossentropy = from_function("BinaryFocalCrossentropy", binary_focal_crossentropy)
CategoricalCrossentropy = from_function("CategoricalCrossentropy", categorical_crossentropy)
CategoricalFocalCrossentropy = from_function("CategoricalFocalCrossentropy", categorical_focal_crossentropy)
CategoricalGeneralizedCrossEntropy = from_function(
    "CategoricalGeneralizedCrossEntropy", categorical_generalized_cross_entropy, defaults={"q": 0.5}
)
CategoricalHinge = from_function("CategoricalHinge", categorical_hinge)
Circle = from_function("Circle", circle, order=("gamma", "margin", "remove_diagonal", "reduction", "name", "dtype"))
CosineSimilarity = from_function("CosineSimilarity", cosine_similarity)
CTC = from_function("CTC", ctc)
Dice = from_function("Dice", dice, order=("reduction", "name", "axis", "dtype"))
Hinge = from_function("Hinge", hinge)
Huber = from_function("Huber", huber, name="huber_loss")
KLDivergence = from_function("KLDivergence", kl_divergence)
LogCosh = from_function("LogCosh", log_cosh)
MeanAbsoluteError = from_function("MeanAbsoluteError", mean_absolute_error)
MeanAbsolutePercentageError = from_function("MeanAbsolutePercentageError", mean_absolute_percentage_error)
MeanSquaredError = from_function("MeanSquaredError", mean_squared_error)
MeanSquaredLogarithmicError = from_function("MeanSquaredLogarithmicError", mean_squared_logarithmic_error)
Poisson = from_function("Poisson", poisson)
SparseCategoricalCrossentropy = from_function(
    "SparseCategoricalCrossentropy",
    sparse_categorical_crossentropy,
    order=("from_logits", "ignore_class", "reduction", "axis", "name", "dtype"),
)
SquaredHinge = from_function("SquaredHinge", squared_hinge)
Tversky = from_function("Tversky", tversky, order=("alpha", "beta", "reduction", "name", "axis", "dtype"))

CLASSES: tuple[Any, ...] = (
    BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy, CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy, CategoricalHinge, Circle, CosineSimilarity, CTC, Dice, Hinge, Huber,
    KLDivergence, LogCosh, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError,
    MeanSquaredLogarithmicError, Poisson,
    SparseCategoricalCrossentropy, SquaredHinge, Tversky,
)  # fmt: skip

_SHORT = {
    "bce": binary_crossentropy,
    "kld": kl_divergence,
    "mae": mean_absolute_error,
    "mape": mean_absolute_percentage_error,
    "mse": mean_squared_error,
    "msle": mean_squared_logarithmic_error,
}

# Names that older versions have as functions of the module.
mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh

NAMESPACE = Namespace(
    "loss",
    {"Loss": Loss, "LossFunctionWrapper": LossFunctionWrapper}
    | {cls.__name__: cls for cls in CLASSES}
    | {snake_case(cls.__name__): cls.function for cls in CLASSES}
    | {cls.function.__name__: cls.function for cls in CLASSES}
    | _SHORT
    | {name.upper(): function for name, function in _SHORT.items()},
    functions_by_name=False,
)
get, serialize, deserialize = NAMESPACE.functions("loss", "name")
