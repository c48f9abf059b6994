"""Wrong arguments and inputs of Dense, Embedding, Lambda and Masking."""

import numpy as np
import pytest
from cases.mistakes import Mistake, assert_refused

from lamina import layers

D = dict

MISTAKES: list[Mistake] = [
    ("Dense", D(units=0), None, "Dense: `units`.*units=0"),
    ("Dense", D(units=-3), None, "units=-3"),
    ("Dense", D(units=2.5), None, "units=2.5"),
    ("Dense", D(units="4"), None, "units='4'"),
    ("Dense", D(units=None), None, "units=None"),
    ("Dense", D(units=True), None, "units=True"),
    ("Dense", D(units=3, activation="rleu"), None, "'rleu'"),
    ("Dense", D(units=3, kernel_initializer="glorot"), None, "initializer.*'glorot'"),
    ("Dense", D(units=3, kernel_regularizer="l3"), None, "regularizer.*'l3'"),
    ("Dense", D(units=3, bias_constraint="nonneg"), None, "constraint.*'nonneg'"),
    ("Dense", D(units=3, unit=4), None, "unit=4"),
    ("Dense", D(units=3, name="a/b"), None, "name"),
    ("Dense", D(units=3, trainable="yes"), None, "trainable='yes'"),
    ("Dense", D(units=3), (4,), "dense.*rank 2 or more"),
    ("Dense", D(units=3), (2, None), r"number of features.*\(None, None\)"),
    ("Embedding", D(input_dim=0, output_dim=3), None, "Embedding: `input_dim`.*input_dim=0"),
    ("Embedding", D(input_dim=2.0, output_dim=3), None, "input_dim=2.0"),
    ("Embedding", D(input_dim=3, output_dim=-1), None, "output_dim=-1"),
    ("Embedding", D(input_dim=3, output_dim=None), None, "output_dim=None"),
    ("Embedding", D(input_dim=4, output_dim=2, weights=np.ones((3, 2))), None, r"do not fit.*\(4, 2\).*\(3, 2\)"),
    ("Embedding", D(input_dim=4, output_dim=2, weights=[np.ones((4, 2)), np.ones((4, 2))]), None, "do not fit"),
    ("Embedding", D(input_dim=4, output_dim=2, embeddings_initializer="unifrom"), None, "'unifrom'.*'uniform'"),
    ("Embedding", D(input_dim=4, output_dim=2, maskzero=True), None, "maskzero=True"),
    ("Lambda", D(function=3), None, "Lambda: `function` cannot be called.*function=3"),
    ("Lambda", D(function="relu"), None, "function='relu'"),
    ("Lambda", D(function=abs, arguments=[1]), None, r"Lambda: `arguments`.*arguments=\[1\]"),
    ("Lambda", D(function=abs, arguments={1: 2}), None, r"arguments=\{1: 2\}"),
    ("Masking", D(mask_value="0"), None, "Masking: `mask_value` is not a number.*mask_value='0'"),
    ("Masking", D(mask_value=None), None, "mask_value=None"),
    ("Masking", D(mask_value=[0.0]), None, r"mask_value=\[0.0\]"),
    ("Masking", D(), (), "masking.*rank 2 or more"),
    ("Identity", D(units=3), None, "units=3"),
    ("Activation", D(activation="relu", units=3), None, "units=3"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)


@pytest.mark.parametrize("rows", [[[4]], [[1, -5]]])
def test_numbers_of_rows_that_the_table_does_not_have(rows):
    with pytest.raises((ValueError, IndexError), match=r"4|-5"):
        layers.Embedding(4, 2)(np.array(rows))


def test_a_layer_built_for_other_features():
    layer = layers.Dense(3)
    layer.build((None, 4))
    with pytest.raises(ValueError, match=r"size 4 along axis -1.*\(2, 5\)"):
        layer(np.ones((2, 5), "float32"))
