"""Pooling of inputs whose sizes are known only when data come."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops


@pytest.mark.parametrize("kind", ["Max", "Average"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_adaptive_pooling_of_unknown_sizes(kind, data_format, rng):
    layer = getattr(layers, f"Adaptive{kind}Pooling2D")((3, 2), data_format)
    first = data_format == "channels_first"
    shape = (2, None, None) if first else (None, None, 2)
    weight = layers.Dense(2, use_bias=False)
    inputs = lamina.Input(shape)
    model = lamina.Model(inputs, weight(layer(inputs * 1.0)))
    assert model.output_shape == ((None, 2, 3, 2) if first else (None, 3, 2, 2))
    for sizes in ((7, 5), (3, 4), (1, 1), (2, 9), (6, 2)):
        x = rng.normal(size=(2, 2, *sizes) if first else (2, *sizes, 2)).astype("float32")
        np.testing.assert_allclose(model.predict(x, verbose=0), weight(layer(x)).numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["Max", "Average"])
def test_training_before_adaptive_pooling_of_unknown_sizes(kind, rng):
    x, y = rng.normal(size=(4, 7, 2)).astype("float32"), np.zeros((4, 3, 2), "float32")
    weights = []
    for steps in (7, None):
        layer = layers.Dense(2, kernel_initializer="ones")
        stack = [lamina.Input((steps, 2)), layer, getattr(layers, f"Adaptive{kind}Pooling1D")(3)]
        model = lamina.Sequential(stack)
        model.compile(lamina.optimizers.SGD(0.5), "mse")
        model.fit(x, y, epochs=2, verbose=0)
        weights.append(model.get_weights())
    for known, unknown in zip(*weights):
        np.testing.assert_allclose(unknown, known, rtol=1e-5, atol=1e-6)
        assert not np.array_equal(known, ops.ones(known.shape))
