"""What an InputSpec lets through, against Keras."""

import numpy as np
import pytest

import lamina

SPECS = [
    {"ndim": 2},
    {"min_ndim": 2},
    {"max_ndim": 2},
    {"min_ndim": 1, "max_ndim": 3, "axes": {-1: 3}},
    {"axes": {0: 2}},
    {"shape": (None, 3)},
    {"shape": (2, 3)},
    {"shape": (None, 3, 1), "allow_last_axis_squeeze": True},
    {"shape": (None, 3), "allow_last_axis_squeeze": True},
    {"dtype": "float32"},
    {"dtype": "int32", "ndim": 2},
]
ARRAYS = [
    np.ones((2, 3), "float32"),
    np.ones((2, 3), "int32"),
    np.ones((2, 4), "float32"),
    np.ones((5, 3), "float32"),
    np.ones((2, 3, 1), "float32"),
    np.ones((2, 3, 3), "float32"),
    np.ones(3, "float32"),
]


def accepts(library, spec, array):
    class Checked(library.layers.Layer):
        def call(self, inputs):
            return inputs

    layer = Checked(autocast=False)
    layer.input_spec = library.layers.InputSpec(**spec)
    try:
        layer(library.ops.convert_to_tensor(array))
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_specs_let_the_same_through(spec, keras):
    found = [accepts(lamina, spec, array) for array in ARRAYS]
    expected = [accepts(keras, spec, array) for array in ARRAYS]
    if "shape" in spec and "allow_last_axis_squeeze" in spec:
        # Keras compares the axes that both have: another rank passes there.
        same_rank = [len([n for n in a.shape if n != 1]) == 2 for a in ARRAYS]
        found, expected = ([f for f, same in zip(values, same_rank) if same] for values in (found, expected))
    assert found == expected
