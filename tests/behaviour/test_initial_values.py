"""The numbers that weights begin with: their moments and bounds by the formulas, and what seeds decide."""

import math

import numpy as np
import pytest

import lamina
from lamina import initializers

SHAPE = (3, 3, 60, 90)
FANS = {"fan_in": 540, "fan_out": 810, "fan_avg": 675}
TRUNCATION = 0.87962566103423978  # the standard deviation of a normal number cut at 2


@pytest.mark.parametrize("mode", FANS)
@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_variance_scaling(mode, distribution, scale):
    x = initializers.VarianceScaling(scale, mode, distribution, seed=1)(SHAPE).numpy()
    stddev = math.sqrt(scale / FANS[mode])
    assert x.mean() == pytest.approx(0.0, abs=0.01 * stddev * 3)
    assert x.std() == pytest.approx(stddev, rel=0.01)
    if distribution == "uniform":
        assert np.abs(x).max() == pytest.approx(math.sqrt(3.0) * stddev, rel=0.01)
    elif distribution == "truncated_normal":
        assert np.abs(x).max() == pytest.approx(2.0 * stddev / TRUNCATION, rel=0.01)
    else:
        assert np.abs(x).max() > 3.5 * stddev
        assert (np.abs(x) < stddev).mean() == pytest.approx(0.6827, abs=0.01)


@pytest.mark.parametrize(
    ("name", "scale", "mode", "uniform"),
    [
        ("GlorotUniform", 1.0, "fan_avg", True),
        ("GlorotNormal", 1.0, "fan_avg", False),
        ("HeUniform", 2.0, "fan_in", True),
        ("HeNormal", 2.0, "fan_in", False),
        ("LecunUniform", 1.0, "fan_in", True),
        ("LecunNormal", 1.0, "fan_in", False),
    ],
)
def test_named_scalings(name, scale, mode, uniform):
    x = getattr(initializers, name)(seed=1)(SHAPE).numpy()
    stddev = math.sqrt(scale / FANS[mode])
    assert x.std() == pytest.approx(stddev, rel=0.01)
    limit = math.sqrt(3.0) * stddev if uniform else 2.0 * stddev / TRUNCATION
    assert np.abs(x).max() == pytest.approx(limit, rel=0.01)


def test_given_axes_are_the_fans():
    for name, scale, fan in (("HeNormal", 2.0, 60 * 90), ("GlorotNormal", 1.0, (60 * 90 + 9) / 2)):
        x = getattr(initializers, name)(seed=1, input_axes=(2, 3), output_axes=(0, 1))(SHAPE).numpy()
        assert x.std() == pytest.approx(math.sqrt(scale / fan), rel=0.01)


def test_plain_distributions():
    shape = (300, 200)
    normal = initializers.RandomNormal(0.5, 0.2, seed=1)(shape).numpy()
    assert (normal.mean(), normal.std()) == (pytest.approx(0.5, abs=0.004), pytest.approx(0.2, rel=0.01))
    cut = initializers.TruncatedNormal(0.5, 0.2, seed=1)(shape).numpy()
    assert (cut.mean(), cut.std()) == (pytest.approx(0.5, abs=0.004), pytest.approx(0.2 * TRUNCATION, rel=0.01))
    assert np.abs(cut - 0.5).max() <= 0.4
    uniform = initializers.RandomUniform(-1.0, 2.0, seed=1)(shape).numpy()
    assert (uniform.mean(), uniform.std()) == (pytest.approx(0.5, abs=0.01), pytest.approx(3 / 12**0.5, rel=0.01))
    assert -1.0 <= uniform.min() < -0.99
    assert 1.99 < uniform.max() < 2.0


@pytest.mark.parametrize("shape", [(5, 5), (8, 3), (3, 8), (3, 2, 4, 5), (2, 2, 3, 50)])
@pytest.mark.parametrize("gain", [1.0, 0.5, -2.0])
def test_orthogonal(shape, gain):
    x = initializers.Orthogonal(gain, seed=1)(shape, dtype="float64").numpy()
    matrix = x.reshape(-1, shape[-1])
    small = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(small, gain**2 * np.eye(len(small)), atol=1e-12)


RANDOM = [
    initializers.RandomNormal,
    initializers.RandomUniform,
    initializers.TruncatedNormal,
    initializers.VarianceScaling,
    initializers.GlorotUniform,
    initializers.HeNormal,
    initializers.LecunUniform,
    initializers.Orthogonal,
]


@pytest.mark.parametrize("make", RANDOM, ids=lambda make: make.__name__)
def test_seeds_decide(make):
    shape = (4, 5)
    first = make(seed=1)
    np.testing.assert_array_equal(first(shape).numpy(), make(seed=1)(shape).numpy())
    np.testing.assert_array_equal(first(shape).numpy(), first(shape).numpy())
    assert not np.array_equal(first(shape).numpy(), make(seed=2)(shape).numpy())
    np.testing.assert_array_equal(first(shape).numpy(), first.clone()(shape).numpy())
    assert make().get_config()["seed"] is None
    assert not np.array_equal(make()(shape).numpy(), make()(shape).numpy())
    lamina.utils.set_random_seed(7)
    one = make()(shape).numpy()
    lamina.utils.set_random_seed(7)
    np.testing.assert_array_equal(make()(shape).numpy(), one)
    for dtype in ("float16", "bfloat16", "float64"):
        assert first(shape, dtype=dtype).dtype == dtype


def test_shapes_without_entries_and_without_axes():
    for make in RANDOM[:-1]:
        assert make(seed=1)(()).shape == ()
        assert make(seed=1)((0, 3)).shape == (0, 3)


def test_what_an_initializer_keeps_is_not_trained():
    value, table = np.zeros((2, 3), "float32"), np.ones((2, 3), "float32")
    tensor = lamina.ops.convert_to_tensor(table)

    class Kept(initializers.Zeros):
        def __call__(self, shape, dtype=None):
            return tensor

    for initializer in (initializers.Constant(value), lambda shape, dtype: table, lambda shape, dtype: tensor, Kept()):
        weight = lamina.Variable(initializer, shape=(2, 3), dtype="float32")
        weight.assign_add(np.full((2, 3), 5.0, "float32"))
    np.testing.assert_array_equal(value, 0.0)
    np.testing.assert_array_equal(table, 1.0)
