"""Layers that draw numbers: their distribution, their patterns, and that seeds decide."""

import numpy as np
import pytest

from lamina import layers

ONES = np.ones((60, 8, 50), "float32")
IMAGES = np.ones((40, 6, 5, 30), "float32")


def drawn(layer, x):
    return layer(x, training=True).numpy()


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (layers.Dropout(0.3, seed=1), ONES),
        (layers.SpatialDropout1D(0.3, seed=1), ONES),
        (layers.SpatialDropout2D(0.3, seed=1), IMAGES),
        (layers.GaussianDropout(0.3, seed=1), ONES),
        (layers.GaussianNoise(0.3, seed=1), ONES),
        (layers.AlphaDropout(0.3, seed=1), ONES),
    ],
    ids=lambda value: type(value).__name__,
)
def test_seeds_decide_and_inference_is_the_identity(layer, x):
    first, second = drawn(layer, x), drawn(layer, x)
    assert not np.array_equal(first, second)
    same = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(drawn(same, x), first)
    np.testing.assert_array_equal(drawn(same, x), second)
    other = type(layer).from_config({**layer.get_config(), "seed": 2})
    assert not np.array_equal(drawn(other, x), first)
    np.testing.assert_array_equal(layer(x).numpy(), x)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout(rate):
    y = drawn(layers.Dropout(rate, seed=3), ONES)
    assert (y == 0).mean() == pytest.approx(rate, abs=0.02)
    np.testing.assert_allclose(y[y > 0], 1 / (1 - rate), rtol=1e-6)


def test_extreme_rates():
    np.testing.assert_array_equal(drawn(layers.Dropout(0.0), ONES), ONES)
    np.testing.assert_array_equal(drawn(layers.Dropout(1.0), ONES), 0 * ONES)
    np.testing.assert_array_equal(drawn(layers.AlphaDropout(1.0), ONES), 0 * ONES)


@pytest.mark.parametrize(
    ("layer", "x", "together"),
    [
        (layers.Dropout(0.4, noise_shape=(None, 1, None), seed=3), ONES, 1),
        (layers.SpatialDropout1D(0.4, seed=3), ONES, 1),
        (layers.SpatialDropout2D(0.4, seed=3), IMAGES, (1, 2)),
        (layers.SpatialDropout2D(0.4, seed=3, data_format="channels_first"), IMAGES, (2, 3)),
        (layers.SpatialDropout3D(0.4, seed=3), np.ones((40, 2, 3, 2, 30), "float32"), (1, 2, 3)),
    ],
    ids=range(5),
)
def test_whole_channels_are_dropped(layer, x, together):
    y = drawn(layer, x)
    np.testing.assert_array_equal(y.min(together), y.max(together))
    assert (y == 0).mean() == pytest.approx(0.4, abs=0.1)
    np.testing.assert_allclose(y[y > 0], 1 / 0.6, rtol=1e-6)


def test_gaussian_layers():
    y = drawn(layers.GaussianDropout(0.2, seed=3), ONES)
    assert y.mean() == pytest.approx(1.0, abs=0.02)
    assert y.std() == pytest.approx(0.5, abs=0.02)
    y = drawn(layers.GaussianNoise(0.3, seed=3), ONES) - ONES
    assert y.mean() == pytest.approx(0.0, abs=0.02)
    assert y.std() == pytest.approx(0.3, abs=0.02)


def test_alpha_dropout_keeps_mean_and_variance(rng):
    x = rng.normal(size=(300, 200)).astype("float32")
    y = drawn(layers.AlphaDropout(0.3, seed=3), x)
    assert y.mean() == pytest.approx(0.0, abs=0.03)
    assert y.std() == pytest.approx(1.0, abs=0.03)
    values, counts = np.unique(y, return_counts=True)
    assert counts.max() / y.size == pytest.approx(0.3, abs=0.01)
    assert values[counts.argmax()] < 0
