"""Layers that draw numbers: their distribution, their patterns, and that seeds decide."""

import numpy as np
import pytest

import lamina
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
        (layers.SpatialDropout3D(0.3, seed=1), IMAGES[:, None]),
        (layers.Dropout(0.3, noise_shape=(None, 1, None), seed=1), ONES),
        (layers.AlphaDropout(0.3, noise_shape=(None, 1, None), seed=1), ONES),
        (layers.GaussianDropout(0.3, seed=1), ONES),
        (layers.GaussianNoise(0.3, seed=1), ONES),
        (layers.AlphaDropout(0.3, seed=1), ONES),
    ],
    ids=lambda value: getattr(value, "name", ""),
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
    assert y.mean() == pytest.approx(1.0, abs=0.05)
    assert y.var() == pytest.approx(rate / (1 - rate), rel=0.05)
    # Values are dropped one by one: neighbours say nothing of each other.
    dropped = (y == 0).astype("float64") - rate
    for axis in range(3):
        pairs = dropped.take(range(1, y.shape[axis]), axis) * dropped.take(range(y.shape[axis] - 1), axis)
        assert pairs.mean() == pytest.approx(0.0, abs=0.01)


RATED = [
    layers.Dropout,
    layers.SpatialDropout1D,
    layers.AlphaDropout,
    layers.GaussianDropout,
    layers.GaussianNoise,
]


@pytest.mark.parametrize("make", RATED, ids=lambda make: make.__name__)
def test_extreme_rates(make):
    np.testing.assert_array_equal(drawn(make(0), ONES), ONES)
    np.testing.assert_array_equal(drawn(make(0.0), ONES), ONES)
    y = drawn(make(1.0), ONES)
    assert np.isfinite(y).all()
    if make in RATED[:3]:
        np.testing.assert_array_equal(y, 0 * ONES)


@pytest.mark.parametrize("make", RATED, ids=lambda make: make.__name__)
def test_the_global_seed_decides_where_no_other_is_given(make):
    found = []
    for seed in (1, 1, 2):
        lamina.utils.set_random_seed(seed)
        found.append(drawn(make(0.4), ONES))
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


@pytest.mark.parametrize("make", RATED, ids=lambda make: make.__name__)
def test_16_bit_floats(make):
    for dtype in ("float16", "bfloat16"):
        y = lamina.ops.cast(make(0.4, seed=1, dtype=dtype)(ONES, training=True), "float32").numpy()
        assert np.isfinite(y).all()
        if make in RATED[:2]:
            assert (y == 0).mean() == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize(
    ("layer", "x", "together"),
    [
        (layers.Dropout(0.4, noise_shape=(None, 1, None), seed=3), ONES, 1),
        (layers.SpatialDropout1D(0.4, seed=3), ONES, 1),
        (layers.SpatialDropout2D(0.4, seed=3), IMAGES, (1, 2)),
        (layers.SpatialDropout2D(0.4, seed=3, data_format="channels_first"), IMAGES, (2, 3)),
        (layers.SpatialDropout3D(0.4, seed=3), np.ones((40, 2, 3, 2, 30), "float32"), (1, 2, 3)),
        (
            layers.SpatialDropout3D(0.4, seed=3, data_format="channels_first"),
            np.ones((40, 30, 2, 3, 2), "float32"),
            (2, 3, 4),
        ),
        (layers.Dropout(0.4, noise_shape=(1, 8, None), seed=3), ONES, 0),
        (layers.Dropout(0.4, noise_shape=(60, 1, 1), seed=3), ONES, (1, 2)),
    ],
    ids=range(8),
)
def test_whole_channels_are_dropped(layer, x, together):
    y = drawn(layer, x)
    np.testing.assert_array_equal(y.min(together), y.max(together))
    assert (y == 0).mean() == pytest.approx(0.4, abs=0.1)
    np.testing.assert_allclose(y[y > 0], 1 / 0.6, rtol=1e-6)


def test_gaussian_layers():
    for rate in (0.2, 0.5, 0.8):
        y = drawn(layers.GaussianDropout(rate, seed=3), ONES)
        stddev = (rate / (1 - rate)) ** 0.5
        assert y.mean() == pytest.approx(1.0, abs=0.02 * stddev + 0.01)
        assert y.std() == pytest.approx(stddev, rel=0.03)
        # It multiplies: what is 0 stays 0, what is doubled has double noise.
        np.testing.assert_array_equal(drawn(layers.GaussianDropout(rate, seed=3), 0 * ONES), 0 * ONES)
        np.testing.assert_allclose(drawn(layers.GaussianDropout(rate, seed=3), 2 * ONES), 2 * y, rtol=1e-6)
    for stddev in (0.1, 0.3, 1.0):
        y = drawn(layers.GaussianNoise(stddev, seed=3), ONES) - ONES
        assert y.mean() == pytest.approx(0.0, abs=0.02 * stddev + 0.001)
        assert y.std() == pytest.approx(stddev, rel=0.03)
        assert (np.abs(y) < stddev).mean() == pytest.approx(0.6827, abs=0.02)


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.6])
def test_alpha_dropout_keeps_mean_and_variance(rate, rng):
    x = rng.normal(size=(300, 200)).astype("float32")
    y = drawn(layers.AlphaDropout(rate, seed=3), x)
    assert y.mean() == pytest.approx(0.0, abs=0.03)
    assert y.std() == pytest.approx(1.0, abs=0.03)
    values, counts = np.unique(y, return_counts=True)
    assert counts.max() / y.size == pytest.approx(rate, abs=0.01)
    assert values[counts.argmax()] < 0


def test_alpha_dropout_shares_its_noise():
    y = drawn(layers.AlphaDropout(0.4, noise_shape=(None, 1, None), seed=3), ONES)
    np.testing.assert_array_equal(y.min(1), y.max(1))
    assert (y < 0).mean() == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.2), (0.3, 0.2)])
def test_activity_regularization(l1, l2, rng):
    x = rng.normal(size=(4, 5, 3)).astype("float32")
    layer = layers.ActivityRegularization(l1, l2)
    np.testing.assert_array_equal(layer(x).numpy(), x)
    expected = (l1 * np.abs(x).sum() + l2 * (x**2).sum()) / len(x)
    assert float(sum(loss.numpy() for loss in layer.losses)) == pytest.approx(expected, rel=1e-5)
