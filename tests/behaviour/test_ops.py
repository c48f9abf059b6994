"""The functions of lamina.ops on data: values as NumPy's, dtypes, indexing, conversion and errors."""

import numpy as np
import pytest

import lamina
from lamina import ops


def _check(got, expected, dtype=None):
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-5, atol=1e-6)
    assert got.shape == np.shape(expected)
    if dtype is not None:
        assert got.dtype == dtype


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ((np.zeros(2, "int32"), 1.5), "float32"),
        ((np.zeros(2, "int64"), 1.5), "float32"),
        ((np.zeros(2, "int64"), np.zeros(2, "float32")), "float32"),
        ((np.zeros(2, "uint8"), np.zeros(2, "int32")), "int32"),
        ((np.zeros(2, "uint8"), 3), "uint8"),
        ((np.zeros(2, "bool"), 3), "int32"),
        ((np.zeros(2, "float32"), np.zeros(2, "float64")), "float32"),  # arrays of NumPy's habit follow tensors
        ((np.zeros(2, "float64"), 1), "float64"),
        ((np.zeros(2, "float32"), 3), "float32"),
        ((1, 2.0), "float32"),
        ((True, 2), "int32"),
    ],
)
def test_common_dtype(values, dtype):
    assert ops.result_type(*values) == dtype
    assert ops.add(*values).dtype == dtype


def test_conversion():
    assert ops.convert_to_tensor([1, 2]).dtype == "int32"
    assert ops.convert_to_tensor([1.0, 2]).dtype == "float32"
    assert ops.convert_to_tensor(np.float64(2)).dtype == "float32"  # a number, not an array
    assert ops.convert_to_tensor(np.arange(3)).dtype == "int64"
    assert ops.convert_to_tensor(np.zeros(2, "float16")).dtype == "float16"
    assert ops.convert_to_tensor(np.zeros(2, "uint16")).dtype == "int32"
    assert ops.convert_to_tensor([[True, False]]).dtype == "bool"
    assert ops.convert_to_tensor(2**40).dtype == "int64"
    assert ops.convert_to_tensor(np.zeros((2, 3))[:, ::2]).shape == (2, 2)
    assert ops.convert_to_tensor(np.arange(6, dtype=">f4").reshape(2, 3)).numpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    stacked = ops.convert_to_tensor([ops.ones((2,)), [3, 4]])
    _check(stacked, [[1, 1], [3, 4]], "float32")
    array = ops.convert_to_numpy(ops.ones((2,)))
    array[0] = 5  # a copy of one's own


@pytest.mark.parametrize(
    "value",
    [None, {"a": 1}, np.array([None]), np.array(["2026-01-01"], "M8[D]"), np.array([[1], [1, 2]], dtype=object)],
)
def test_what_is_no_tensor(value):
    with pytest.raises(TypeError, match="cannot become a tensor"):
        ops.convert_to_tensor(value)


def test_operators(rng):
    a, b = rng.uniform(1, 2, (2, 3)).astype("float32"), rng.uniform(1, 2, (3,)).astype("float32")
    x, y = ops.convert_to_tensor(a), ops.convert_to_tensor(b)
    for got, expected in (
        (x + y, a + b),
        (1 + x, 1 + a),
        (x - b, a - b),
        (b - x, b - a),
        (2 / x, 2 / a),
        (x**2, a**2),
        (2**x, 2**a),
        (x // 1, a // 1),
        (x % 0.3, a % np.float32(0.3)),
        (x @ y, a @ b),
        (a @ y, a @ b),
        (-x, -a),
        (abs(-x), a),
        (x > 1.5, a > 1.5),
        (x == x, a == a),
        ((x > 1.5) & (x < 1.7), (a > 1.5) & (a < 1.7)),
        (~(x > 1.5), ~(a > 1.5)),
    ):
        _check(got, expected)
    v = lamina.Variable(a)
    _check(v * 2 + y, a * 2 + b)
    assert [row.shape for row in x] == [(3,), (3,)]
    assert float(ops.sum(y)) == pytest.approx(b.sum(), rel=1e-6)
    assert bool(ops.all(x > 0))
    with pytest.raises(ValueError, match="several entries"):
        bool(x > 1.5)
    with pytest.raises(TypeError):
        x + "a"


def test_division_of_ints():
    _check(ops.convert_to_tensor([3, 4]) / 2, [1.5, 2], "float32")
    _check(ops.mean([1, 2]), 1.5, "float32")
    _check(ops.sum(np.array([True, True])), 2, "int32")
    _check(ops.exp([0, 1]), np.exp([0, 1]), "float32")


KEYS = [
    0,
    -1,
    (1, 2),
    slice(1, None),
    slice(None, None, 2),
    slice(None, None, -1),
    slice(-2, None),
    slice(10, None),
    (slice(None), 1),
    (..., 0),
    (..., None),
    None,
    (slice(None), None, 0),
    (slice(2, 0, -1), slice(None, None, -2)),
    np.array([2, 0]),
    (slice(None), np.array([0, -1])),
    np.array([True, False, True]),
    [0, 2],
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indexing(rng, key):
    a = rng.standard_normal((3, 4, 2)).astype("float32")
    _check(ops.convert_to_tensor(a)[key], a[key])


@pytest.mark.parametrize(
    "key", [0, slice(1, None), slice(None, -1), slice(None, None, -1), slice(None, 100), slice(1, None, 2)]
)
def test_indexing_of_unknown_sizes(rng, key):
    x = lamina.Input((None, 2))
    model = lamina.Model(x, x[:, key])
    for n in (3, 5):
        a = rng.standard_normal((2, n, 2)).astype("float32")
        np.testing.assert_array_equal(model.predict(a, verbose=0), a[:, key])


def test_index_errors():
    x = ops.ones((2, 3))
    with pytest.raises(IndexError, match="out of range of axis 1"):
        x[0, 3]
    with pytest.raises(IndexError, match="fewer axes"):
        x[0, 0, 0]
    with pytest.raises(TypeError, match="cannot be indexed"):
        x["a"]
    with pytest.raises(IndexError, match="mask does not fit"):
        x[np.array([True])]


def test_shapes(rng):
    a = rng.standard_normal((2, 3, 4)).astype("float32")
    for got, expected in (
        (ops.reshape(a, (4, -1)), a.reshape(4, -1)),
        (ops.transpose(a), a.T),
        (ops.transpose(a, (1, 0, 2)), a.transpose(1, 0, 2)),
        (ops.swapaxes(a, 0, -1), a.swapaxes(0, -1)),
        (ops.moveaxis(a, 0, 2), np.moveaxis(a, 0, 2)),
        (ops.expand_dims(a, (0, -1)), np.expand_dims(a, (0, -1))),
        (ops.squeeze(a[None]), a),
        (ops.concatenate([a, a], 1), np.concatenate([a, a], 1)),
        (ops.stack([a, a], -1), np.stack([a, a], -1)),
        (ops.flip(a, 1), np.flip(a, 1)),
        (ops.repeat(a, 2, 1), np.repeat(a, 2, 1)),
        (ops.repeat(a[0, 0], [1, 0, 2, 1], 0), np.repeat(a[0, 0], [1, 0, 2, 1], 0)),
        (ops.tile(a, (2, 1, 3)), np.tile(a, (2, 1, 3))),
        (ops.tile(a, 2), np.tile(a, 2)),
        (
            ops.pad(a, ((0, 1), (2, 0), (0, 0)), constant_values=3),
            np.pad(a, ((0, 1), (2, 0), (0, 0)), constant_values=3),
        ),
        (ops.take(a, [0, -1], 1), np.take(a, [0, -1], 1)),
        (
            ops.take_along_axis(a, np.array([[[1], [0], [3]], [[0], [2], [1]]]), 2),
            np.take_along_axis(a, np.array([[[1], [0], [3]], [[0], [2], [1]]]), 2),
        ),
        (ops.broadcast_to(a[:, :1], (2, 5, 4)), np.broadcast_to(a[:, :1], (2, 5, 4))),
        (ops.split(a, [1], 2)[1], np.split(a, [1], 2)[1]),
        (ops.split(a, 2, 2)[0], np.split(a, 2, 2)[0]),
        (ops.eye(2, 3, 1), np.eye(2, 3, 1)),
        (ops.arange(2, 8, 3), np.arange(2, 8, 3)),
        (ops.full((2,), 7), [7.0, 7.0]),
        (ops.zeros_like(a), np.zeros_like(a)),
        (ops.linspace(0, 1, 5), np.linspace(0, 1, 5)),
    ):
        _check(got, expected)
    assert ops.shape(a) == (2, 3, 4)
    assert ops.size(a) == 24


def test_reductions(rng):
    a = rng.standard_normal((2, 3, 4)).astype("float32")
    for name in ("sum", "mean", "prod", "max", "min", "var", "std", "any", "all"):
        for axis in (None, 0, -1, (0, 2)):
            for keepdims in (False, True):
                _check(
                    getattr(ops, name)(a, axis=axis, keepdims=keepdims),
                    getattr(np, name)(a, axis=axis, keepdims=keepdims),
                )
    _check(ops.argmax(a, axis=1), a.argmax(1), "int32")
    _check(ops.argmin(a), a.argmin(), "int32")
    _check(ops.logsumexp(a, axis=(1, 2)), np.log(np.exp(a).sum((1, 2))))
    _check(ops.average(a, axis=1, weights=[1.0, 2, 3]), np.average(a, axis=1, weights=[1, 2, 3]))
    _check(ops.count_nonzero(a > 0), np.count_nonzero(a > 0))
    _check(ops.max(a, initial=9.0), 9.0)
    for bad in (3, (0, 0)):
        with pytest.raises(ValueError, match="axis"):
            ops.sum(a, axis=bad)


def test_matmul(rng):
    for s, t in (
        ((2, 3), (3, 4)),
        ((3,), (3, 4)),
        ((2, 3), (3,)),
        ((3,), (3,)),
        ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (5, 3, 1)),
        ((2, 1, 2, 3), (4, 3, 2)),
    ):
        a, b = rng.standard_normal(s).astype("float32"), rng.standard_normal(t).astype("float32")
        _check(ops.matmul(a, b), a @ b)
        if len(t) < 3:
            _check(ops.dot(a, b), np.dot(a, b))
    _check(ops.dot(3.0, a), 3 * a)


def test_convolution_formats(rng):
    x = rng.standard_normal((2, 3, 6, 5)).astype("float32")
    kernel = rng.standard_normal((3, 3, 3, 4)).astype("float32")
    first = ops.conv(x, kernel, padding="same", data_format="channels_first")
    last = ops.conv(x.transpose(0, 2, 3, 1), kernel, padding="same")
    _check(first, last.numpy().transpose(0, 3, 1, 2))
    _check(ops.max_pool(x, 2, data_format="channels_first"), x[:, :, :6, :4].reshape(2, 3, 3, 2, 2, 2).max((3, 5)))
    with pytest.raises(ValueError, match="channels do not fit"):
        ops.conv(x, kernel)
    with pytest.raises(ValueError, match="no spatial axes"):
        ops.average_pool(x[0, 0], 2)


def test_choices():
    _check(ops.where([True, False], 1.0, [2, 3]), [1, 3], "float32")
    _check(ops.clip([-2.0, 5], -1, 1), [-1, 1])
    _check(ops.clip([3, 5], 4, 9), [4, 5], "int32")
    _check(ops.one_hot([0, 2, -1], 3), [[1, 0, 0], [0, 0, 1], [0, 0, 0]])
    _check(ops.one_hot([0, 2], 3, axis=0), [[1, 0], [0, 0], [0, 1]])
    _check(ops.divide_no_nan([1.0, 2], [0, 4]), [0, 0.5])
    _check(ops.normalize(np.array([[3.0, 4]], "float32")), [[0.6, 0.8]])
    _check(ops.cond(ops.sum([1.0]) > 0, lambda: ops.ones(2), lambda: ops.zeros(2)), [1, 1])
    with pytest.raises(ValueError, match="choice is missing"):
        ops.where([True], 1.0)


def test_gradient_tape():
    x, y = lamina.Variable(3.0), lamina.Variable([1.0, 2.0])
    with lamina.GradientTape(persistent=True) as tape:
        z = ops.sum(x * ops.square(y))
    g = tape.gradient(z, {"x": x, "y": y})
    assert g["x"].item() == 5
    _check(g["y"], [6, 12])
    constant = ops.convert_to_tensor([1.0, 3])
    with lamina.GradientTape() as tape:
        tape.watch(constant)
        z = ops.mean(constant**3)
    _check(tape.gradient(z, constant), [1.5, 13.5])
    with pytest.raises(RuntimeError, match="asked for gradients twice"):
        tape.gradient(z, constant)
    with lamina.GradientTape() as tape:
        z = ops.sum(ops.stop_gradient(x) * y)
    assert tape.gradient(z, [x]) == [None]


def test_random():
    a = lamina.random.normal((1000,), seed=3)
    _check(a, lamina.random.normal((1000,), seed=3).numpy())
    assert abs(float(ops.mean(a))) < 0.15
    assert 0.9 < float(ops.std(a)) < 1.1
    generator = lamina.random.SeedGenerator(3)
    first, second = lamina.random.uniform((5,), seed=generator), lamina.random.uniform((5,), seed=generator)
    assert not np.array_equal(first, second)
    assert set(lamina.random.randint((200,), 2, 5, seed=1).numpy()) == {2, 3, 4}
    lamina.utils.set_random_seed(4)
    one = lamina.random.normal((3,)).numpy()
    lamina.utils.set_random_seed(4)
    np.testing.assert_array_equal(lamina.random.normal((3,)), one)
    kept = lamina.random.dropout(ops.ones((1000,)), 0.25, seed=1).numpy()
    np.testing.assert_allclose(np.unique(kept), [0, 1 / 0.75], rtol=1e-6)
    assert sorted(lamina.random.shuffle(np.arange(9), seed=2).numpy()) == list(range(9))
    drawn = lamina.random.categorical(np.log([[0.999, 0.001]]).astype("float32"), 50, seed=1).numpy()
    assert drawn.shape == (1, 50)
    assert drawn.mean() < 0.2
    for bad in ("a", 1.5):
        with pytest.raises(ValueError, match="seed"):
            lamina.random.SeedGenerator(bad)
    with pytest.raises(ValueError, match="range is empty"):
        lamina.random.randint((2,), 3, 3)


def test_variables():
    v = lamina.Variable([1.0, 2.0], name="v")
    assert (v.shape, v.dtype, v.ndim, len(v)) == ((2,), "float32", 1, 2)
    before = v.value
    v.assign_add([1, 1])
    v.assign_sub(0.5 * np.ones(2))
    _check(v.value, [1.5, 2.5])
    _check(before, [1, 2])
    with pytest.raises(ValueError, match="does not have its shape"):
        v.assign([1.0])
    with pytest.raises(ValueError, match="no shape"):
        lamina.Variable(lamina.initializers.Zeros())
    with pytest.raises(ValueError, match="slash"):
        lamina.Variable(1.0, name="a/b")
    with pytest.raises(ValueError, match="does not have its shape"):
        lamina.Variable([1.0], shape=(2,))


def test_settings():
    with pytest.raises(ValueError, match="default dtype"):
        lamina.config.set_floatx("int32")
    with pytest.raises(ValueError, match="data format"):
        lamina.config.set_image_data_format("last")
    with pytest.raises(ValueError, match="not supported"):
        ops.zeros((2,), dtype="complex64")
    lamina.config.set_floatx("float64")
    assert ops.ones(2).dtype == "float64"
    assert lamina.layers.Dense(2)(np.ones((1, 2))).dtype == "float64"


def test_column_stack(rng):
    for parts in ([rng.normal(size=3), rng.normal(size=(3, 2))], [rng.normal(size=(2, 2, 3))] * 2, [1.0, 2.0]):
        np.testing.assert_allclose(ops.column_stack(parts).numpy(), np.column_stack(parts), rtol=1e-6)
