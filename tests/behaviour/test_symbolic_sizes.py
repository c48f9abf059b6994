"""Models of unknown batch, time, height and width: the right numbers, one trace, one plan per shape, and files."""

import json

import numpy as np
import pytest

import lamina
from lamina import layers, ops
from lamina.saving.sizes import size_from_config, size_to_config


class Counting(layers.Layer):
    """Passes its input on, and counts how often Python runs it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.calls = 0

    def call(self, inputs):
        self.calls += 1
        return inputs * 1.0


def _tokens(x):
    batch, height, width, channels = ops.shape(x)
    return ops.reshape(x, (batch, height * width, channels))


def _with_class_token(x):
    tokens = _tokens(x)
    return ops.concatenate([ops.ones((ops.shape(x)[0], 1, 3)), tokens], axis=1)


def _to_multiple(x):
    _, height, width, _ = ops.shape(x)
    return ops.pad(x, ((0, 0), (0, -height % 4), (0, -width % 4), (0, 0)))


def _to_multiple_numpy(x):
    return np.pad(x, ((0, 0), (0, -x.shape[1] % 4), (0, -x.shape[2] % 4), (0, 0)))


def _blocks(x):
    return ops.rearrange(_to_multiple(x), "b (h s) (w t) c -> b h w (s t c)", s=2, t=2)


def _blocks_numpy(x):
    x = _to_multiple_numpy(x)
    b, h, w, c = x.shape
    return x.reshape(b, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 2, 4, 5).reshape(b, h // 2, w // 2, 4 * c)


def _positions(x):
    return x + ops.reshape(ops.arange(ops.shape(x)[2], dtype="float32"), (-1, 1))


def _halves(x):
    half = ops.shape(x)[1] // 2
    return ops.concatenate([x[:, half:], x[:, :half]], axis=1)


def _halves_numpy(x):
    return np.concatenate([x[:, x.shape[1] // 2 :], x[:, : x.shape[1] // 2]], axis=1)


# Each with the same in NumPy; inputs are (batch, height, width, 3), of which only the 3 is known.
GRAPHS = {
    "flatten": (layers.Flatten(), lambda x: x.reshape(len(x), -1)),
    "layers.Reshape": (layers.Reshape((-1, 3)), lambda x: x.reshape(len(x), -1, 3)),
    "reshape to products": (_tokens, lambda x: x.reshape(len(x), -1, 3)),
    "reshape with -1": (
        lambda x: ops.reshape(x, (ops.shape(x)[0], ops.shape(x)[2], -1)),
        lambda x: x.reshape(len(x), x.shape[2], -1),
    ),
    "concatenate": (
        _with_class_token,
        lambda x: np.concatenate([np.ones((len(x), 1, 3)), x.reshape(len(x), -1, 3)], axis=1),
    ),
    "stack": (lambda x: ops.stack([x, -x], axis=1), lambda x: np.stack([x, -x], axis=1)),
    "einsum": (
        lambda x: ops.einsum("bhwc,bhvc->bwv", x, x),
        lambda x: np.einsum("bhwc,bhvc->bwv", x, x),
    ),
    "einsum of ranks": (lambda x: ops.einsum("bhwc,bhwd->bcd", x, x), lambda x: np.einsum("bhwc,bhwd->bcd", x, x)),
    "tensordot": (lambda x: ops.tensordot(x, ops.eye(3), 1), lambda x: x),
    "tile": (lambda x: ops.tile(x, (1, 2, 1, 3)), lambda x: np.tile(x, (1, 2, 1, 3))),
    "tile by a size": (
        lambda x: ops.tile(x[:, :1], (1, ops.shape(x)[1], 1, 1)),
        lambda x: np.tile(x[:, :1], (1, x.shape[1], 1, 1)),
    ),
    "repeat": (lambda x: ops.repeat(x, 2, axis=2), lambda x: np.repeat(x, 2, axis=2)),
    "broadcast_to": (
        lambda x: ops.broadcast_to(ops.mean(x, axis=(1, 2), keepdims=True), ops.shape(x)),
        lambda x: np.broadcast_to(x.mean((1, 2), keepdims=True), x.shape),
    ),
    "pad": (
        lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1), (0, 0))),
        lambda x: np.pad(x, ((0, 0), (1, 2), (0, 1), (0, 0))),
    ),
    "pad to a multiple": (_to_multiple, _to_multiple_numpy),
    "pad by reflection": (
        lambda x: ops.pad(x, ((0, 0), (2, 1), (3, 3), (0, 0)), mode="reflect"),
        lambda x: np.pad(x, ((0, 0), (2, 1), (3, 3), (0, 0)), mode="reflect"),
    ),
    "slices": (lambda x: x[:, 1:, :-1, ::2], lambda x: x[:, 1:, :-1, ::2]),
    "slices out of range": (lambda x: x[:, :-4, 100:], lambda x: x[:, :-4, 100:]),
    "slices by sizes": (_halves, _halves_numpy),
    "split": (lambda x: ops.split(ops.repeat(x, 2, axis=1), 2, axis=1)[1], lambda x: np.split(x.repeat(2, 1), 2, 1)[1]),
    "array_split": (lambda x: ops.array_split(x, 3, axis=2)[0], lambda x: np.array_split(x, 3, axis=2)[0]),
    "roll": (lambda x: ops.roll(x, (1, -7), axis=(1, 2)), lambda x: np.roll(x, (1, -7), axis=(1, 2))),
    "rearrange": (_blocks, _blocks_numpy),
    "arange": (_positions, lambda x: x + np.arange(x.shape[2])[:, None]),
    "eye": (lambda x: x[:, :, :, 0] @ ops.eye(ops.shape(x)[2]), lambda x: x[..., 0]),
    "arithmetic with a size": (lambda x: x * ops.shape(x)[1] / ops.shape(x)[2], lambda x: x * x.shape[1] / x.shape[2]),
    "quotient of sizes": (
        lambda x: (ops.shape(x)[1] / 2 + 1 / ops.shape(x)[2]) * x,
        lambda x: (x.shape[1] / 2 + 1 / x.shape[2]) * x,
    ),
    "size first": (lambda x: ops.shape(x)[1] * x, lambda x: x * x.shape[1]),
}
SHAPES = ((2, 4, 5, 3), (1, 7, 3, 3), (3, 2, 8, 3))


@pytest.mark.parametrize("name", GRAPHS)
def test_functional_models(name, rng):
    function, reference = GRAPHS[name]
    counting = Counting()
    inputs = lamina.Input((None, None, 3))
    model = lamina.Model(inputs, function(counting(inputs)))
    arrays = [rng.standard_normal(shape).astype("float32") for shape in SHAPES]
    model.predict(arrays[0], verbose=0)
    traced = counting.calls
    for array in [*arrays, *arrays]:
        found = model.predict(array, verbose=0)
        np.testing.assert_allclose(found, reference(array), rtol=1e-5, atol=1e-5)
        assert len(model.output_shape) == found.ndim
        assert all(known in (None, size) for known, size in zip(model.output_shape, found.shape))
    assert counting.calls == traced  # a new shape is a new plan, never a new trace
    np.testing.assert_allclose(model(arrays[1]).numpy(), reference(arrays[1]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["concatenate", "pad to a multiple", "slices by sizes", "rearrange", "arange"])
def test_files_and_nested_models(name, rng, tmp_path):
    function, reference = GRAPHS[name]
    inputs = lamina.Input((None, None, 3))
    model = lamina.Model(inputs, function(inputs))
    array = rng.standard_normal((2, 3, 6, 3)).astype("float32")
    model.save(tmp_path / "model.lamina")
    outer = lamina.Input((3, None, 3))
    for copy in (
        lamina.models.load_model(tmp_path / "model.lamina"),
        type(model).from_config(model.get_config()),
        lamina.Model(outer, model(outer)),
        lamina.Sequential([lamina.Input((None, None, 3)), model]),
    ):
        np.testing.assert_allclose(copy.predict(array, verbose=0), reference(array), rtol=1e-5, atol=1e-5)


def test_training_on_several_lengths(rng):
    inputs = lamina.Input((None, 4))
    weights = layers.Dense(4)(inputs)
    scores = ops.einsum("btc,bsc->bts", weights, inputs) / ops.shape(inputs)[1]
    mixed = ops.einsum("bts,bsc->btc", ops.softmax(scores), inputs)
    model = lamina.Model(inputs, layers.Dense(1)(ops.max(mixed, axis=1)))
    model.compile(optimizer="sgd", loss="mse")
    losses = [
        model.train_on_batch(rng.standard_normal((8, length, 4)).astype("float32"), np.ones((8, 1), "float32"))
        for length in (3, 5, 3, 9)
    ]
    assert np.isfinite(losses).all()


@pytest.mark.parametrize(
    ("function", "good", "bad", "message"),
    [
        (lambda x: ops.reshape(x, (ops.shape(x)[0], -1, 4)), 8, 7, "reshape"),
        (lambda x: ops.split(x, 2, axis=1), 8, 7, "reshape: the number of elements changes"),
        (lambda x: ops.unstack(x, num=8, axis=1), 8, 7, "reshape: the number of elements changes"),
        (lambda x: ops.einsum("bt,st->bs", x, ops.ones((3, 8))), 8, 7, "inner sizes"),
        (lambda x: x + ops.ones((8,)), 8, 7, "broadcast"),
    ],
)
def test_what_does_not_fit_is_found_when_the_data_comes(function, good, bad, message):
    inputs = lamina.Input((None,))
    model = lamina.Model(inputs, function(inputs))
    model.predict(np.ones((2, good), "float32"), verbose=0)
    with pytest.raises(ValueError, match=message):
        model.predict(np.ones((2, bad), "float32"), verbose=0)


def test_sizes_in_files():
    n, m = lamina._core.Dim("n"), lamina._core.Dim("m")
    for size in (3, n, n * 2 + m, (n - 1) // m, n.ceil_divide(4), n.minimum(m), (n - m).maximum(0), -n % 4):
        assert size_from_config(json.loads(json.dumps(size_to_config(size)))) == size
    for wrong in (None, 1.5, ["power", "n", 2], ["add", "n"], {"add": 1}):
        with pytest.raises(ValueError, match="A size in a file cannot be read"):
            size_from_config(wrong)


def test_model_from_the_middle_of_a_graph(rng):
    inputs = lamina.Input((None, 3))
    middle = layers.Activation("relu")(ops.repeat(inputs, 2, axis=1))
    steps = ops.shape(middle)[1]
    model = lamina.Model(middle, ops.reshape(middle, (ops.shape(middle)[0], 3, steps)))
    array = rng.standard_normal((2, 4, 3)).astype("float32")
    np.testing.assert_array_equal(model.predict(array, verbose=0), array.reshape(2, 3, 4))
