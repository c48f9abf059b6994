"""Random numbers: distributions, seeds and streams, programs, gradients, errors."""

import inspect
import math
import random as python_random
import subprocess
import sys

import numpy as np
import pytest

import lamina
from lamina import _core, ops, random

N = 20000

# name: what draws numbers of shape (n,) in float64 with a seed
DRAWS = {
    "beta": lambda n, seed: random.beta((n,), 2.0, 0.7, dtype="float64", seed=seed),
    "binomial": lambda n, seed: random.binomial((n,), 40, 0.4, dtype="float64", seed=seed),
    "categorical": lambda n, seed: random.categorical(np.log([[0.2, 0.5, 0.3]]), n, seed=seed)[0],
    "dropout": lambda n, seed: random.dropout(np.ones(n), 0.3, seed=seed),
    "gamma": lambda n, seed: random.gamma((n,), 2.5, dtype="float64", seed=seed),
    "normal": lambda n, seed: random.normal((n,), 1.0, 2.0, dtype="float64", seed=seed),
    "randint": lambda n, seed: random.randint((n,), -3, 7, seed=seed),
    "shuffle": lambda n, seed: random.shuffle(np.arange(n), seed=seed),
    "truncated_normal": lambda n, seed: random.truncated_normal((n,), 1.0, 2.0, dtype="float64", seed=seed),
    "uniform": lambda n, seed: random.uniform((n,), -1.0, 3.0, dtype="float64", seed=seed),
}
EACH = pytest.mark.parametrize("name", sorted(DRAWS))


def draw(name, n=N, seed=7):
    return DRAWS[name](n, seed).numpy()


def test_signatures_are_those_of_keras():
    keras = pytest.importorskip("keras")
    names = {name for name in dir(keras.random) if not name.startswith("_")}
    assert names == set(random.__all__)
    for name in sorted(names):
        ours, theirs = (inspect.signature(getattr(m.random, name)).parameters for m in (lamina, keras))
        assert [(p.name, p.default, p.kind) for p in ours.values()] == [
            (p.name, p.default, p.kind) for p in theirs.values()
        ], name


# ---- distributions


def normal_cdf(x):
    return 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def gamma_cdf(x):  # of alpha = 2.5, up from that of 0.5
    value = np.vectorize(math.erf)(np.sqrt(x))
    for alpha in (0.5, 1.5):
        value = value - np.exp(alpha * np.log(x) - x - math.lgamma(alpha + 1))
    return value


def beta_cdf(x):  # of 2 and b = 0.7, in closed form
    b = 0.7
    return 1 - (1 - x) ** b * (1 + b * x)


def truncated_cdf(x):
    outside = normal_cdf(np.array(-2.0))
    return (normal_cdf((x - 1) / 2) - outside) / (1 - 2 * outside)


CDFS = {
    "beta": beta_cdf,
    "gamma": gamma_cdf,
    "normal": lambda x: normal_cdf((x - 1) / 2),
    "truncated_normal": truncated_cdf,
    "uniform": lambda x: (x + 1) / 4,
}


@pytest.mark.parametrize("name", sorted(CDFS))
@pytest.mark.parametrize("seed", [1, 2])
def test_kolmogorov_smirnov(name, seed):
    x = np.sort(draw(name, seed=seed))
    exact = CDFS[name](x)
    steps = np.arange(N + 1) / N
    distance = max(np.abs(exact - steps[1:]).max(), np.abs(exact - steps[:-1]).max())
    assert distance * math.sqrt(N) < 1.95  # the draws are fixed; of others 1 in 1000 would be farther off


# name: mean, variance, least, greatest possible number
MOMENTS = {
    "beta": (2 / 2.7, 1.4 / (2.7**2 * 3.7), 0.0, 1.0),
    "binomial": (16.0, 9.6, 0, 40),
    "categorical": (1.1, 0.49, 0, 2),
    "dropout": (1.0, 0.3 / 0.7, 0.0, 1 / 0.7),
    "gamma": (2.5, 2.5, 0.0, np.inf),
    "normal": (1.0, 4.0, -np.inf, np.inf),
    "randint": (1.5, 99 / 12, -3, 6),
    "truncated_normal": (1.0, 4 * 0.7737413035, -3.0, 5.0),
    "uniform": (1.0, 16 / 12, -1.0, 3.0),
}


@pytest.mark.parametrize("name", sorted(MOMENTS))
def test_moments_and_bounds(name):
    mean, variance, low, high = MOMENTS[name]
    x = draw(name).astype("float64")
    assert abs(x.mean() - mean) < 4.5 * math.sqrt(variance / N)
    assert abs(x.var() - variance) < 0.06 * variance
    assert x.min() >= low
    assert x.max() <= high + 1e-12
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 4.5 / math.sqrt(N)


@pytest.mark.parametrize(("count", "chance"), [(3, 0.5), (12, 0.9), (60, 0.5), (900, 0.02)])
def test_binomial_has_its_probabilities(count, chance):
    x = random.binomial((N,), count, chance, seed=3).numpy()
    found = np.bincount(x.astype(int), minlength=count + 1)
    p = float(np.float32(chance))
    expected = np.array([N * math.comb(count, k) * p**k * (1 - p) ** (count - k) for k in range(count + 1)])
    likely = expected > 5
    chi_square = ((found - expected) ** 2 / np.where(likely, expected, 1))[likely].sum()
    assert chi_square < likely.sum() + 3.5 * math.sqrt(2 * likely.sum())


def test_randint_and_categorical_have_even_and_wanted_shares():
    counts = np.bincount(draw("randint") + 3, minlength=10)
    assert np.abs(counts - N / 10).max() < 4.5 * math.sqrt(N / 10)
    shares = np.bincount(draw("categorical"), minlength=3) / N
    np.testing.assert_allclose(shares, [0.2, 0.5, 0.3], atol=0.015)


def test_parameters_broadcast():
    alpha = np.array([0.5, 5.0, 50.0], "float32")
    means = random.gamma((N, 3), alpha, seed=1).numpy().mean(0)
    np.testing.assert_allclose(means, alpha, rtol=0.05)
    counts, chances = np.array([[4.0], [100.0]], "float32"), np.array([0.1, 0.5, 0.9], "float32")
    x = random.binomial((N, 2, 3), counts, chances, seed=1)
    np.testing.assert_allclose(x.numpy().mean(0), counts * chances, rtol=0.03)
    x = random.beta((N, 2), [1.0, 3.0], 2.0, seed=1).numpy()
    np.testing.assert_allclose(x.mean(0), [1 / 3, 3 / 5], rtol=0.03)
    low, high = np.array([0, 5, -9]), np.array([2, 6, 9])
    drawn = random.randint((N, 3), low, high, seed=1).numpy()
    assert drawn.min(0).tolist() == [0, 5, -9]
    assert drawn.max(0).tolist() == [1, 5, 8]


def test_extreme_parameters():
    assert np.isnan(random.gamma((3,), [0.0, -1.0, np.nan], seed=1).numpy()).all()
    assert np.isnan(random.binomial((3,), [-1.0, 3.0, 3.0], [0.5, 1.5, -0.1], seed=1).numpy()).all()
    assert random.binomial((2,), 5, [0.0, 1.0], seed=1).numpy().tolist() == [0.0, 5.0]
    tiny = random.beta((1000,), 1e-3, 1e-3, seed=1).numpy()  # nearly a coin
    assert np.isfinite(tiny).all()
    assert 0.4 < tiny.mean() < 0.6
    assert random.dropout(np.ones(5, "float32"), 1.0, seed=1).numpy().tolist() == [0.0] * 5
    assert random.dropout(np.ones(5, "float32"), 0.0, seed=1).numpy().tolist() == [1.0] * 5
    assert random.normal((0, 3), seed=1).shape == (0, 3)
    assert random.gamma((), 2.0, seed=1).shape == ()


def test_shuffle_moves_slices():
    x = np.arange(24).reshape(2, 3, 4)
    for axis in (0, 1, 2, -1, -3):
        y = random.shuffle(x, axis=axis, seed=3).numpy()
        assert sorted(map(str, np.moveaxis(y, axis, 0))) == sorted(map(str, np.moveaxis(x, axis, 0)))
    firsts = [int(random.shuffle([0, 1, 2], seed=seed)[0]) for seed in range(300)]
    assert np.bincount(firsts).min() > 70


def test_dropout_together_along_axes():
    x = np.ones((50, 4, 6), "float32")
    y = random.dropout(x, 0.5, noise_shape=(None, 1, 6), seed=2).numpy()
    assert set(np.unique(y)) == {0.0, 2.0}
    assert (y == y[:, :1]).all()
    assert not (y == y[:, :, :1]).all()


# ---- dtypes


@pytest.mark.parametrize("name", ["beta", "binomial", "gamma", "normal", "truncated_normal", "uniform"])
def test_float_dtypes(name):
    arguments = {"beta": (2.0, 3.0), "binomial": (5, 0.5), "gamma": (2.0,)}.get(name, ())
    function = getattr(random, name)
    assert function((3,), *arguments, seed=1).dtype == "float32"
    assert function((3,), *arguments, dtype="float64", seed=1).dtype == "float64"
    lamina.config.set_floatx("float64")
    try:
        assert function((3,), *arguments, seed=1).dtype == "float64"
    finally:
        lamina.config.set_floatx("float32")
    with pytest.raises(ValueError, match=f"^{name}: .* cannot be drawn"):
        function((3,), *arguments, dtype="int32", seed=1)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_short_dtypes(dtype):
    for name, (mean, variance, low, high) in MOMENTS.items():
        if name in ("categorical", "randint", "dropout"):
            continue
        arguments = {"beta": (2.0, 0.7), "binomial": (40, 0.4), "gamma": (2.5,), "uniform": (-1.0, 3.0)}
        drawn = getattr(random, name)((N,), *arguments.get(name, (1.0, 2.0)), dtype=dtype, seed=7)
        assert drawn.dtype == dtype
        x = ops.cast(drawn, "float64").numpy()
        assert abs(x.mean() - mean) < 5 * math.sqrt(variance / N) + 0.002
        assert x.min() >= low
        assert x.max() <= high
    assert float(ops.max(random.uniform((20 * N,), dtype=dtype, seed=1))) < 1.0
    logits = ops.cast(np.log([[0.2, 0.5, 0.3]]), dtype)
    shares = np.bincount(random.categorical(logits, N, seed=7)[0].numpy(), minlength=3) / N
    np.testing.assert_allclose(shares, [0.2, 0.5, 0.3], atol=0.015)


def test_int_dtypes():
    for dtype in ("uint8", "int32", "int64"):
        assert random.randint((3,), 0, 5, dtype=dtype, seed=1).dtype == dtype
        assert random.categorical(np.zeros((2, 3), "float32"), 4, dtype=dtype, seed=1).dtype == dtype
    with pytest.raises(ValueError, match=r"^randint: .* cannot be drawn"):
        random.randint((3,), 0, 5, dtype="float32")


# ---- seeds


@EACH
def test_a_seed_gives_the_same_numbers_and_another_seed_others(name):
    np.testing.assert_array_equal(draw(name, 100, 5), draw(name, 100, 5))
    assert not np.array_equal(draw(name, 100, 5), draw(name, 100, 6))


@EACH
def test_a_generator_is_a_stream(name):
    generator = random.SeedGenerator(5)
    first, second = draw(name, 100, generator), draw(name, 100, generator)
    assert not np.array_equal(first, second)
    assert generator.state.numpy().tolist() == [5, 2]
    again = random.SeedGenerator(5)
    np.testing.assert_array_equal(draw(name, 100, again), first)
    np.testing.assert_array_equal(draw(name, 100, again), second)


@EACH
def test_without_a_seed_the_global_stream_counts(name):
    lamina.utils.set_random_seed(11)
    first, second = draw(name, 100, None), draw(name, 100, None)
    assert not np.array_equal(first, second)
    lamina.utils.set_random_seed(11)
    np.testing.assert_array_equal(draw(name, 100, None), first)


@EACH
def test_the_thread_count_does_not_matter(name):
    before = _core.num_threads()
    try:
        _core.set_num_threads(1)
        one = draw(name)
        _core.set_num_threads(2)
        np.testing.assert_array_equal(draw(name), one)
    finally:
        _core.set_num_threads(before)


@pytest.mark.parametrize("name", ["gamma", "binomial", "normal", "uniform", "truncated_normal", "beta"])
def test_a_number_does_not_depend_on_how_many_are_drawn(name):
    np.testing.assert_array_equal(draw(name, 17), draw(name, 1000)[:17])


def test_set_random_seed_seeds_all_three():
    def all_three():
        return python_random.random(), np.random.rand(), float(random.uniform(()))  # noqa: NPY002

    lamina.utils.set_random_seed(3)
    first = all_three()
    lamina.utils.set_random_seed(3)
    assert all_three() == first


def test_another_process_draws_the_same_numbers():
    code = "import lamina; print(lamina.random.gamma((3,), 0.7, seed=9).numpy().tolist())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == str(random.gamma((3,), 0.7, seed=9).numpy().tolist())


def test_seed_generator():
    generator = random.SeedGenerator(2, name="mine")
    assert generator.get_config() == {"seed": 2, "name": "mine"}
    copy = random.SeedGenerator.from_config(generator.get_config())
    assert copy.next().numpy().tolist() == [2, 0]
    assert copy.next().numpy().tolist() == [2, 1]
    jumped = random.SeedGenerator(2)
    assert jumped.next(ordered=False).numpy().tolist() == [2, 0]
    assert jumped.state.numpy().tolist() == [3 * 5387 % 933199, 5387]
    python_random.seed(1)
    unseeded = random.SeedGenerator()
    python_random.seed(1)
    assert unseeded.state.numpy()[0] == python_random.randint(1, 10**9)
    assert unseeded.get_config()["seed"] is None
    assert random.SeedGenerator().name.startswith("seed_generator")
    with pytest.raises(ValueError, match="unknown arguments"):
        random.SeedGenerator(1, colour="red")


def test_large_and_negative_seeds():
    for seed in (-1, 2**31, 2**63 - 1, 2**64 + 5):
        assert np.isfinite(random.normal((4,), seed=seed).numpy()).all()
    np.testing.assert_array_equal(random.normal((4,), seed=2**64 + 5), random.normal((4,), seed=5))
    assert not np.array_equal(random.normal((4,), seed=-1), random.normal((4,), seed=1))


# ---- programs


@EACH
def test_traced_draws_are_the_eager_ones(name):
    eager_stream, traced_stream = random.SeedGenerator(5), random.SeedGenerator(5)
    expected = [draw(name, 60, eager_stream) for _ in range(3)]
    with _core.Trace() as trace:
        output = DRAWS[name](60, traced_stream)
    assert output.is_symbolic
    program = _core.Program()
    program.add_entry("f", [], [("y", output)], trace)
    for numbers in expected:
        np.testing.assert_array_equal(program.run("f", [])[0].numpy(), numbers)
    assert traced_stream.state.numpy().tolist() == [5, 3]


def test_a_loaded_program_draws_the_same_numbers(tmp_path):
    stream, program = random.SeedGenerator(5), _core.Program()
    for name in DRAWS:
        with _core.Trace() as trace:
            output = DRAWS[name](60, stream)
        program.add_entry(name, [], [("y", output)], trace)
    program.save(str(tmp_path / "p.lamina"), {})
    loaded, _ = _core.load(str(tmp_path / "p.lamina"))
    for name in DRAWS:
        np.testing.assert_array_equal(loaded.run(name, [])[0].numpy(), program.run(name, [])[0].numpy())


@pytest.mark.parametrize("name", ["beta", "binomial", "gamma", "normal", "randint", "truncated_normal", "uniform"])
def test_unknown_sizes(name):
    arguments = {"beta": (2.0, 3.0), "binomial": (5, 0.5), "gamma": (2.0,), "randint": (0, 9)}.get(name, ())
    function, stream = getattr(random, name), random.SeedGenerator(5)
    with _core.Trace() as trace:
        x = _core.symbolic([None, 3], "float32")
        y = function((ops.shape(x)[0], 2), *arguments, seed=stream)
    program = _core.Program()
    program.add_entry("f", [("x", x)], [("y", y)], trace)
    for rows in (4, 9):
        found = program.run("f", [_core.Tensor(np.zeros((rows, 3), "float32"))])[0].numpy()
        assert found.shape == (rows, 2)
    assert stream.state.numpy()[1] == 2


def test_shuffle_dropout_and_categorical_of_unknown_sizes():
    stream = random.SeedGenerator(5)
    with _core.Trace() as trace:
        x = _core.symbolic([None, 3], "float32")
        outputs = [
            random.shuffle(x, seed=stream),
            random.dropout(x, 0.5, noise_shape=(None, 1), seed=stream),
            random.categorical(x, 4, seed=stream),
        ]
    program = _core.Program()
    program.add_entry("f", [("x", x)], [(f"y{i}", y) for i, y in enumerate(outputs)], trace)
    data = np.arange(1, 22, dtype="float32").reshape(7, 3)
    shuffled, dropped, drawn = (t.numpy() for t in program.run("f", [_core.Tensor(data)]))
    eager = random.SeedGenerator(5)
    np.testing.assert_array_equal(shuffled, random.shuffle(data, seed=eager))
    np.testing.assert_array_equal(dropped, random.dropout(data, 0.5, noise_shape=(None, 1), seed=eager))
    np.testing.assert_array_equal(drawn, random.categorical(data, 4, seed=eager))


class Noise(lamina.layers.Layer):
    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = random.SeedGenerator(seed)

    def call(self, inputs, training=None):
        if not training:
            return inputs
        shape = ops.shape(inputs)
        scale = random.gamma(shape, 2.0, seed=self.seed_generator)
        return inputs + scale * random.normal(shape, seed=self.seed_generator)


def _trained_with(run_eagerly, shuffle=False):
    lamina.utils.set_random_seed(1)
    model = lamina.Sequential([lamina.Input((4,)), Noise(3), lamina.layers.Dense(2), Noise(4)])
    model.compile("sgd", "mse", run_eagerly=run_eagerly)
    x = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
    model.fit(x, x[:, :2], batch_size=8, epochs=2, verbose=0, shuffle=shuffle)
    return model


def test_a_layer_that_draws_trains_the_same_traced_and_eagerly():
    traced, eager = _trained_with(False), _trained_with(True)
    for a, b in zip(traced.get_weights(), eager.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    states = [v.numpy().tolist() for v in traced.non_trainable_variables]
    assert states == [[3, 12], [4, 12]]
    assert [v.numpy().tolist() for v in eager.non_trainable_variables] == states


def test_reseeding_reaches_programs_that_use_the_global_stream():
    model = lamina.Sequential([lamina.Input((3,)), lamina.layers.Lambda(lambda x: x + random.normal(ops.shape(x)))])
    x = np.zeros((4, 3), "float32")
    lamina.utils.set_random_seed(5)
    first, second = model.predict(x, verbose=0), model.predict(x, verbose=0)
    assert not np.array_equal(first, second)
    lamina.utils.set_random_seed(5)
    np.testing.assert_array_equal(model.predict(x, verbose=0), first)


def test_functions_of_symbolic_tensors_are_nodes_of_a_model():
    x = lamina.Input((6,))
    model = lamina.Model(x, [random.dropout(x, 0.5, seed=3), random.shuffle(x, axis=1, seed=3)])
    data = np.arange(1, 13, dtype="float32").reshape(2, 6)
    dropped, shuffled = model.predict(data, verbose=0)
    np.testing.assert_array_equal(dropped, random.dropout(data, 0.5, seed=3))
    np.testing.assert_array_equal(shuffled, random.shuffle(data, axis=1, seed=3))
    again = lamina.Model.from_config(model.get_config())
    np.testing.assert_array_equal(again.predict(data, verbose=0)[0], dropped)


def test_a_saved_model_goes_on_in_the_stream(tmp_path):
    model = _trained_with(False)
    model.save(tmp_path / "m.lamina")
    again = lamina.saving.load_model(tmp_path / "m.lamina", custom_objects={"Noise": Noise})
    x = np.ones((8, 4), "float32")
    for one in (model, again):
        one.train_on_batch(x, x[:, :2])
    for a, b in zip(model.get_weights(), again.get_weights()):
        np.testing.assert_array_equal(a, b)


# ---- gradients


def test_gradients_flow_through_the_arguments():
    mean, stddev = ops.convert_to_tensor([1.0, 2.0]), ops.convert_to_tensor(3.0)
    with lamina.GradientTape() as tape:
        tape.watch([mean, stddev])
        total = ops.sum(random.normal((5, 2), mean, stddev, seed=1))
    by_mean, by_stddev = tape.gradient(total, [mean, stddev])
    np.testing.assert_allclose(by_mean.numpy(), [5.0, 5.0])
    np.testing.assert_allclose(by_stddev.numpy(), random.normal((5, 2), seed=1).numpy().sum(), rtol=1e-5)
    with lamina.GradientTape() as tape:
        tape.watch(stddev)
        total = ops.sum(random.uniform((4,), minval=-1.0, maxval=stddev, seed=1))
    np.testing.assert_allclose(
        tape.gradient(total, stddev).numpy(), random.uniform((4,), seed=1).numpy().sum(), rtol=1e-5
    )
    np.testing.assert_allclose(
        random.truncated_normal((9,), mean=ops.convert_to_tensor(1.0), stddev=2.0, seed=4).numpy(),
        random.truncated_normal((9,), mean=1.0, stddev=2.0, seed=4).numpy(),
        rtol=1e-6,
    )


def test_no_gradient_flows_to_the_shape_of_gamma():
    alpha = ops.convert_to_tensor([1.0, 2.0])
    for function in (
        lambda: random.gamma((3, 2), alpha, seed=1),
        lambda: random.beta((3, 2), alpha, 1.0, seed=1),
        lambda: random.binomial((3, 2), alpha, 0.5, seed=1),
    ):
        with lamina.GradientTape() as tape:
            tape.watch(alpha)
            total = ops.sum(function())
        assert tape.gradient(total, alpha) is None


def test_gradients_of_dropout_and_shuffle():
    x = ops.convert_to_tensor(np.arange(8.0, dtype="float32"))
    with lamina.GradientTape() as tape:
        tape.watch(x)
        total = ops.sum(random.dropout(x, 0.5, seed=1)) + ops.sum(random.shuffle(x, seed=1) * np.arange(8.0))
    order = random.shuffle(np.arange(8), seed=1).numpy()
    expected = random.dropout(np.ones(8, "float32"), 0.5, seed=1).numpy()
    expected[order] += np.arange(8.0)
    np.testing.assert_allclose(tape.gradient(total, x).numpy(), expected)


# ---- errors


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: random.normal((2,), seed="one"), "seed is not usable"),
        (lambda: random.normal((2,), seed=1.5), "seed is not usable"),
        (lambda: random.SeedGenerator("one"), "seed is not a number"),
        (lambda: random.randint((2,), 5, 5), "randint: the range is empty"),
        (lambda: random.categorical(np.zeros(3, "float32"), 2), "categorical: .*rank 2"),
        (lambda: random.categorical(np.zeros((2, 3), "float32"), 0), "categorical: `num_samples`"),
        (lambda: random.dropout(np.zeros(3, "float32"), 1.5), "dropout: `rate`"),
        (lambda: random.dropout(np.zeros((3, 2), "float32"), 0.5, noise_shape=(3,)), "dropout: `noise_shape`"),
        (lambda: random.dropout(np.zeros((3, 2), "float32"), 0.5, noise_shape=(2, 2)), "dropout: `noise_shape`"),
        (lambda: random.shuffle(np.zeros((3, 2)), axis=2), "shuffle: .*no axis 2"),
        (lambda: random.shuffle(3.0), "shuffle"),
        (lambda: random.gamma((2, 3), np.ones(2)), "gamma: `alpha` does not fit"),
        (lambda: random.beta((3,), np.ones((2, 3)), 1.0), "beta: `alpha` does not fit"),
        (lambda: random.binomial((3,), 4, np.ones(2)), "binomial: `probabilities` does not fit"),
        (lambda: random.normal((-1, 2)), "random_normal|negative|shape"),
        (lambda: lamina.utils.set_random_seed(-1), "seed is not usable"),
    ],
)
def test_errors(call, text):
    with pytest.raises(ValueError, match=text):
        call()
