"""Rows of all layers, by family. The first row of a class is trained by the contract tests."""

from cases.layers import (
    activation,
    attention,
    colors,
    convolution,
    core,
    images,
    merging,
    normalization,
    numbers,
    pooling,
    recurrent,
    regularization,
    reshaping,
)
from cases.layers.case import FUNCTIONS, Case, inner, rows
from cases.layers.texts import ROWS as TEXTS

LAYERS: list[Case] = [
    *core.ROWS,
    *attention.ROWS,
    *activation.ROWS,
    *reshaping.ROWS,
    *convolution.ROWS,
    *pooling.ROWS,
    *normalization.ROWS,
    *regularization.ROWS,
    *merging.ROWS,
    *recurrent.ROWS,
    *numbers.ROWS,
    *images.ROWS,
    *colors.ROWS,
]

__all__ = ["FUNCTIONS", "LAYERS", "TEXTS", "Case", "inner", "rows"]
