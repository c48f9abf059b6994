"""Helpers for labels and features against Keras."""

import numpy as np
import pytest
from cases.compare import close

import lamina


@pytest.mark.parametrize("labels", [[0, 2], [[0], [1]], [[0, 1], [2, 1]], [1.0, 2.0], 2], ids=str)
@pytest.mark.parametrize("classes", [None, 4])
def test_to_categorical(labels, classes, keras):
    expected = keras.utils.to_categorical(labels, classes)
    found = lamina.utils.to_categorical(labels, classes)
    assert isinstance(found, np.ndarray)
    close(found, expected)
    tensor = lamina.utils.to_categorical(lamina.ops.convert_to_tensor(labels), classes)
    close(tensor.numpy(), expected)


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("order", [1, 2, np.inf])
def test_normalize(axis, order, keras, rng):
    x = rng.normal(size=(3, 4))
    x[1] = 0.0
    expected = keras.utils.normalize(x, axis or -2, order)  # Keras takes axis 0 for the last one
    close(lamina.utils.normalize(x, axis, order), expected)
    if order != np.inf:
        close(lamina.utils.normalize(lamina.ops.convert_to_tensor(x), axis, order).numpy(), expected)


@pytest.mark.parametrize(
    ("labels", "classes", "names"),
    [([0, -1], None, "from -1 to 0"), ([0, 3], 3, "from 0 to 2.*from 0 to 3"), ([0], 0, "num_classes=0")],
)
def test_labels_out_of_range(labels, classes, names):
    with pytest.raises(ValueError, match=f"to_categorical.*Expected: .*{names}"):
        lamina.utils.to_categorical(labels, classes)
