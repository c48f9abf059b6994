"""Preprocessing of numbers against Keras where the tables of layers do not reach: adapting, weights, integer bins."""

import importlib
from types import SimpleNamespace

import numpy as np
import pytest

import lamina


@pytest.fixture
def adapting(keras, monkeypatch):
    """Keras, whose `adapt` looks for datasets of TensorFlow before it does anything, without TensorFlow."""
    for name in ("normalization", "discretization"):
        module = importlib.import_module(f"keras.src.layers.preprocessing.{name}")
        nothing = SimpleNamespace(data=SimpleNamespace(Dataset=()), is_tensor=lambda x: False)
        monkeypatch.setattr(module, "tf", nothing)
    return keras


def test_adapted_normalization(adapting, rng):
    x = rng.normal(2.0, 3.0, (20, 3, 4)).astype("float32")
    batches = [x[:10], x[10:]]
    for options in ({}, {"axis": (1, 2), "invert": True}):
        for data in (x, batches):
            ours, theirs = (library.layers.Normalization(**options) for library in (lamina, adapting))
            ours.adapt(data)
            theirs.adapt(data)
            for mine, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
                np.testing.assert_allclose(mine, wanted, rtol=1e-5)
            np.testing.assert_allclose(ours(x).numpy(), theirs(x), rtol=1e-4, atol=1e-5)
            assert ours.mean.shape == theirs.mean.shape


@pytest.mark.parametrize(("num_bins", "epsilon"), [(2, 0.01), (4, 0.01), (5, 0.1), (3, 0.3), (20, 0.05)])
def test_adapted_discretization(num_bins, epsilon, adapting, rng):
    x = rng.normal(size=(1000,)).astype("float32")
    for data in (x, x[:3], np.array_split(x, 3), np.array_split(x, 7)):
        ours, theirs = (
            library.layers.Discretization(num_bins=num_bins, epsilon=epsilon) for library in (lamina, adapting)
        )
        ours.adapt(data, steps=5)
        theirs.adapt(data, steps=5)
        np.testing.assert_allclose(ours.bin_boundaries, theirs.bin_boundaries, rtol=1e-5)
        assert ours.get_config().keys() == theirs.get_config().keys()
        assert adapting.layers.deserialize(lamina.layers.serialize(ours)).bin_boundaries == ours.bin_boundaries


def test_integer_bins(keras, rng):
    bounds = [-1.0, 0.0, 0.5, 2.0]
    ours, theirs = (library.layers.Discretization(bounds) for library in (lamina, keras))
    x = np.concatenate([rng.normal(size=8), bounds, [np.inf, -np.inf, np.nan, 3.0]]).astype("float32").reshape(4, 4)
    found, wanted = ours(x), theirs(x)
    assert found.dtype == str(wanted.dtype) == "int32"
    np.testing.assert_array_equal(found.numpy(), wanted)


@pytest.mark.parametrize("shape", [(), (4,), (3, 4)])
def test_counts_of_weights_and_samples_of_any_rank(shape, keras, rng):
    x, weights = rng.integers(-1, 6, shape), rng.uniform(size=shape).astype("float32")
    for mode in ("one_hot", "multi_hot", "count"):
        ours, theirs = (library.layers.CategoryEncoding(5, mode) for library in (lamina, keras))
        np.testing.assert_array_equal(ours(x).numpy(), theirs(x))
    if shape:
        found, wanted = (layer(x, count_weights=weights) for layer in (ours, theirs))
        np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-6)


@pytest.mark.parametrize("mode", ["angle", "real"])
def test_angles(mode, keras, rng):
    x = rng.normal(size=(2, 20, 1)).astype("float32")
    ours, theirs = (library.layers.STFTSpectrogram(mode, 4, scaling=None) for library in (lamina, keras))
    apart = ours(x).numpy() - np.asarray(theirs(x))
    # Of numbers that are almost -1, either end may be meant.
    np.testing.assert_allclose(np.cos(apart) if mode == "angle" else 1.0 + apart, 1.0, atol=1e-5)
