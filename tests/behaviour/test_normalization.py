"""Normalization where the rows of tests/cases do not look: 16-bit floats, wrapped layers, training step by step."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops

EACH = [
    layers.BatchNormalization,
    layers.LayerNormalization,
    layers.RMSNormalization,
    layers.UnitNormalization,
    lambda **kwargs: layers.GroupNormalization(2, **kwargs),
    lambda **kwargs: layers.LayerNormalization(rms_scaling=True, **kwargs),
    lambda **kwargs: layers.BatchNormalization(renorm=True, **kwargs),
    lambda **kwargs: layers.BatchNormalization(scale=False, **kwargs),
    lambda **kwargs: layers.LayerNormalization(center=False, scale=False, **kwargs),
]


@pytest.mark.parametrize("dtype", ["float16", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("make", EACH, ids=range(len(EACH)))
def test_statistics_of_16_bit_floats_are_those_of_float32(make, dtype, rng):
    x = ops.cast(300.0 + 50.0 * rng.normal(size=(6, 5, 4)), dtype.rpartition("_")[2])  # the squares leave float16
    found = make(dtype=dtype)(x, training=True)
    assert found.dtype == x.dtype
    expected = make()(ops.cast(x, "float32"), training=True).numpy()
    precision = 2e-3 if x.dtype == "float16" else 2e-2
    np.testing.assert_allclose(ops.cast(found, "float32").numpy(), expected, rtol=precision, atol=precision)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
@pytest.mark.parametrize("make", EACH, ids=range(len(EACH)))
def test_whole_numbers_are_floats_to_it(make, dtype, rng):
    x = rng.integers(0, 9, (6, 5, 4)).astype(dtype)
    found = make()(x, training=True)
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found.numpy(), make()(x.astype("float32"), training=True).numpy())


@pytest.mark.parametrize("groups", [1, 2, 4, -1])
def test_groups_have_mean_0_and_variance_1(groups, rng):
    x = rng.normal(3.0, 2.0, (3, 5, 6, 4)).astype("float32")
    y = layers.GroupNormalization(groups, epsilon=1e-6)(x).numpy()
    split = y.reshape(3, 30, 4 if groups == -1 else groups, -1)
    np.testing.assert_allclose(split.mean((1, 3)), 0.0, atol=1e-5)
    np.testing.assert_allclose(split.var((1, 3)), 1.0, rtol=1e-4)


def test_norms_and_mean_squares_are_1(rng):
    x = rng.normal(3.0, 2.0, (3, 5, 6)).astype("float32")
    for axis in (1, 2, [1, 2]):
        over = tuple(axis) if isinstance(axis, list) else axis
        unit = layers.UnitNormalization(axis)(x).numpy()
        np.testing.assert_allclose(np.sqrt((unit**2).sum(over)), 1.0, rtol=1e-5)
        rms = layers.RMSNormalization(axis)(x).numpy()
        np.testing.assert_allclose((rms**2).mean(over), 1.0, rtol=1e-5)
    assert layers.UnitNormalization()(np.zeros((2, 3), "float32")).numpy().tolist() == [[0.0] * 3] * 2


def test_the_scale_of_an_inner_axis_belongs_to_it(rng):
    x = rng.normal(size=(3, 4, 4)).astype("float32")
    layer = layers.RMSNormalization(axis=1)
    plain = layer(x).numpy()
    layer.scale.assign(np.arange(4.0))
    np.testing.assert_allclose(layer(x).numpy(), plain * np.arange(4.0)[:, None], rtol=1e-6)


def norm_of(variable):
    return np.linalg.svd(variable.numpy().reshape(-1, variable.shape[-1]), compute_uv=False)[0]


@pytest.mark.parametrize(
    ("inner", "x"),
    [
        (layers.Dense(4, kernel_initializer="random_normal"), np.ones((2, 6), "float32")),
        (layers.Conv2D(3, 2, kernel_initializer="he_normal"), np.ones((1, 5, 5, 2), "float32")),
        (layers.Embedding(7, 3), np.array([[1, 2, 3]])),
    ],
    ids=["dense", "conv", "embedding"],
)
def test_the_spectral_norm_becomes_1(inner, x):
    lamina.utils.set_random_seed(0)  # singular values that are nearly equal take many more steps
    layer = layers.SpectralNormalization(inner)
    layer(x)
    kernel = layer.kernel
    before = kernel.numpy()
    layer(x, training=False)
    np.testing.assert_array_equal(kernel.numpy(), before)
    for _ in range(30):
        layer(x, training=True)
    assert norm_of(kernel) == pytest.approx(1.0, rel=1e-3)
    np.testing.assert_allclose(kernel.numpy() / before, (kernel.numpy() / before).flat[0], rtol=1e-4)
    assert layer.vector_u.shape == (1, kernel.shape[-1])
    assert [w.name for w in layer.weights][:2] == [kernel.name, "vector_u"]
    assert [w.name for w in layer.non_trainable_weights] == ["vector_u"]


def test_more_iterations_come_closer(rng):
    kernel = rng.normal(size=(8, 6)).astype("float32")
    errors = []
    for iterations in (1, 4, 30):
        layer = layers.SpectralNormalization(layers.Dense(6, use_bias=False), power_iterations=iterations)
        layer.build((None, 8))
        layer.set_weights([kernel, np.ones((1, 6), "float32")])
        layer(np.ones((1, 8), "float32"), training=True)
        errors.append(abs(norm_of(layer.kernel) - 1.0))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-3


def test_a_kernel_of_zeros_stays():
    layer = layers.SpectralNormalization(layers.Dense(3, kernel_initializer="zeros"))
    layer.build((None, 2))
    direction = layer.vector_u.numpy()
    assert layer(np.ones((1, 2), "float32"), training=True).numpy().tolist() == [[0.0] * 3]
    np.testing.assert_array_equal(layer.kernel.numpy(), 0.0)
    np.testing.assert_array_equal(layer.vector_u.numpy(), direction)


def test_spectral_normalization_trains_the_same_eagerly_and_traced(rng):
    x, y = rng.normal(size=(12, 5)).astype("float32"), rng.normal(size=(12, 3)).astype("float32")
    results = []
    for eagerly in (False, True):
        lamina.utils.set_random_seed(3)
        model = lamina.Sequential([lamina.Input((5,)), layers.SpectralNormalization(layers.Dense(3, name="inner"))])
        model.compile(lamina.optimizers.SGD(0.1), "mse", run_eagerly=eagerly)
        before = model.get_weights()
        losses = model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0).history["loss"]
        results.append([*model.get_weights(), losses])
        assert all((a != b).any() for a, b in zip(before, model.get_weights()))
    for one, other in zip(*results):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_spectral_normalization_in_mixed_precision_keeps_float32_weights(rng):
    layer = layers.SpectralNormalization(layers.Dense(3, dtype="mixed_float16"), dtype="mixed_float16")
    output = layer(rng.normal(size=(2, 4)).astype("float32"), training=True)
    assert output.dtype == "float16"
    assert layer.kernel.dtype == layer.vector_u.dtype == "float32"
    for _ in range(30):
        layer(np.ones((2, 4), "float32"), training=True)
    assert norm_of(layer.kernel) == pytest.approx(1.0, rel=1e-4)
