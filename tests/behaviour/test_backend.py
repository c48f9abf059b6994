"""`lamina.backend`: the names, signatures and meanings of Keras 2's `keras.backend`."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lamina
from lamina import _core, ops
from lamina import backend as K

SETTINGS = {
    *("backend", "clear_session", "epsilon", "floatx", "get_uid", "image_data_format", "is_float_dtype"),
    *("is_int_dtype", "is_keras_tensor", "result_type", "set_epsilon", "set_floatx", "set_image_data_format"),
    "standardize_dtype",
}


def rng():
    return np.random.default_rng(3)


def real(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def positive(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.1, 2.0, shape).astype("float32")


def legacy_functions():
    """The functions of Keras' own file of legacy names, by their source: to import it takes TensorFlow."""
    keras = pytest.importorskip("keras")
    source = (Path(keras.__file__).parent / "src" / "legacy" / "backend.py").read_text()
    return [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]


def test_names_and_signatures():
    functions = legacy_functions()
    assert {f.name for f in functions} | SETTINGS == set(K.__all__)
    assert len(K.__all__) == 137
    for function in functions:
        parameters = inspect.signature(getattr(K, function.name)).parameters.values()
        expected = [a.arg for a in function.args.args]
        assert [p.name for p in parameters] == expected, function.name
        defaults = [ast.literal_eval(d) for d in function.args.defaults]
        assert [p.default for p in parameters if p.default is not p.empty] == defaults, function.name


def test_it_is_imported_when_it_is_used():
    code = "import sys, lamina; assert 'lamina.backend' not in sys.modules; assert lamina.backend.epsilon() == 1e-7"
    subprocess.run([sys.executable, "-c", code], check=True)


X, Y, B = real(3, 4), real(3, 4, seed=1), rng().integers(0, 2, (3, 4)).astype(bool)
P = positive(3, 4)
ROWS = P / P.sum(-1, keepdims=True)
ONE_HOT = np.eye(4, dtype="float32")[[1, 3, 0]]

# (call, the value by NumPy); each is computed eagerly and traced
VALUES = {
    "abs": (lambda: K.abs(X), np.abs(X)),
    "all": (lambda: K.all(B, axis=1), B.all(1)),
    "all-numbers": (lambda: K.all(X), True),
    "any": (lambda: K.any(B, 0, keepdims=True), B.any(0, keepdims=True)),
    "arange": (lambda: K.arange(2, 9, 3), np.arange(2, 9, 3)),
    "arange-float": (lambda: K.arange(4, dtype="float32"), np.arange(4.0)),
    "arange-negative": (lambda: K.arange(-4), np.zeros(0)),
    "argmax": (lambda: K.argmax(X), X.argmax(-1)),
    "argmin": (lambda: K.argmin(X, axis=0), X.argmin(0)),
    "batch_dot-vectors": (lambda: K.batch_dot(X, Y, axes=1), (X * Y).sum(-1, keepdims=True)),
    "batch_dot-matrices": (
        lambda: K.batch_dot(real(2, 3, 4), real(2, 4, 5)),
        real(2, 3, 4) @ real(2, 4, 5),
    ),
    "batch_dot-axes": (
        lambda: K.batch_dot(real(2, 3, 4), real(2, 5, 3), axes=(1, 2)),
        np.einsum("bik,bji->bkj", real(2, 3, 4), real(2, 5, 3)),
    ),
    "batch_dot-vector-right": (
        lambda: K.batch_dot(real(2, 3, 4), real(2, 4), axes=[2, 1]),
        np.einsum("bik,bk->bi", real(2, 3, 4), real(2, 4)),
    ),
    "batch_dot-vector-left": (
        lambda: K.batch_dot(real(2, 4), real(2, 3, 4), axes=(-1, -1)),
        np.einsum("bk,bik->bi", real(2, 4), real(2, 3, 4)),
    ),
    "batch_dot-many-axes": (
        lambda: K.batch_dot(real(2, 3, 4, 5), real(2, 6, 4, 7), axes=(2, 2)),
        np.einsum("zaib,zcid->zabcd", real(2, 3, 4, 5), real(2, 6, 4, 7)),
    ),
    "batch_flatten": (lambda: K.batch_flatten(real(2, 3, 4)), real(2, 3, 4).reshape(2, 12)),
    "batch_normalization": (
        lambda: K.batch_normalization(X, X.mean(0), X.var(0), Y[0], Y[1]),
        (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-3) * Y[1] + Y[0],
    ),
    "batch_normalization-plain": (
        lambda: K.batch_normalization(X, X.mean(0), X.var(0), None, None, epsilon=0.1),
        (X - X.mean(0)) / np.sqrt(X.var(0) + 0.1),
    ),
    "bias_add": (lambda: K.bias_add(real(2, 3, 4, 5), Y.reshape(-1)[:5]), real(2, 3, 4, 5) + Y.reshape(-1)[:5]),
    "bias_add-first": (
        lambda: K.bias_add(real(2, 3, 4, 5), Y[0, :3], "channels_first"),
        real(2, 3, 4, 5) + Y[0, :3, None, None],
    ),
    "bias_add-all": (lambda: K.bias_add(real(2, 3, 4), Y), real(2, 3, 4) + Y),
    "bias_add-all-first": (lambda: K.bias_add(real(2, 4, 3), Y, "channels_first"), real(2, 4, 3) + Y.T),
    "binary_crossentropy": (
        lambda: K.binary_crossentropy(ONE_HOT, ROWS),
        -(ONE_HOT * np.log(ROWS + 1e-7) + (1 - ONE_HOT) * np.log(1 - ROWS + 1e-7)),
    ),
    "binary_crossentropy-logits": (
        lambda: K.binary_crossentropy(ONE_HOT, X, from_logits=True),
        np.logaddexp(X, 0) - X * ONE_HOT,
    ),
    "binary_focal_crossentropy": (
        lambda: K.binary_focal_crossentropy(ONE_HOT, ROWS, apply_class_balancing=True),
        np.where(ONE_HOT > 0, -0.25 * (1 - ROWS) ** 2 * np.log(ROWS), -0.75 * ROWS**2 * np.log(1 - ROWS)),
    ),
    "cast": (lambda: K.cast(X * 3, "int32"), (X * 3).astype("int32")),
    "categorical_crossentropy": (
        lambda: K.categorical_crossentropy(ONE_HOT, P),
        -(ONE_HOT * np.log(ROWS)).sum(-1),
    ),
    "categorical_focal_crossentropy": (
        lambda: K.categorical_focal_crossentropy(ONE_HOT, P, alpha=0.3, gamma=1.5),
        -(0.3 * (1 - ROWS) ** 1.5 * ONE_HOT * np.log(ROWS)).sum(-1),
    ),
    "clip": (lambda: K.clip(X, -0.5, 0.5), X.clip(-0.5, 0.5)),
    "clip-open": (lambda: K.clip(X, None, 0.5), np.minimum(X, 0.5)),
    "clip-crossed": (lambda: K.clip(X, 0.5, -0.5), np.full_like(X, 0.5)),
    "concatenate": (lambda: K.concatenate([X, Y]), np.concatenate([X, Y], -1)),
    "constant": (lambda: K.constant([1, 2]), np.array([1.0, 2.0])),
    "constant-filled": (lambda: K.constant(3, shape=(2, 2), dtype="int32"), np.full((2, 2), 3)),
    "constant-shaped": (lambda: K.constant([1, 2, 3, 4], shape=(2, 2)), np.array([[1.0, 2], [3, 4]])),
    "cos": (lambda: K.cos(X), np.cos(X)),
    "dot": (lambda: K.dot(real(2, 3, 4), real(4, 5)), real(2, 3, 4) @ real(4, 5)),
    "elu": (lambda: K.elu(X, 0.5), np.where(X > 0, X, 0.5 * np.expm1(X))),
    "equal": (lambda: K.equal([1, 2], [1, 3]), [True, False]),
    "exp": (lambda: K.exp(X), np.exp(X)),
    "expand_dims": (lambda: K.expand_dims(X), X[..., None]),
    "flatten": (lambda: K.flatten(X), X.ravel()),
    "foldl": (lambda: K.foldl(lambda a, x: a * 0.5 + x, X), ((X[0] * 0.5) + X[1]) * 0.5 + X[2]),
    "foldl-start": (lambda: K.foldl(lambda a, x: a - x, X, np.zeros(4, "float32")), -X.sum(0)),
    "foldr": (lambda: K.foldr(lambda a, x: a * 0.5 + x, X), ((X[2] * 0.5) + X[1]) * 0.5 + X[0]),
    "gather": (lambda: K.gather(X, [2, 0]), X[[2, 0]]),
    "greater": (lambda: K.greater(X, Y), X > Y),
    "greater_equal": (lambda: K.greater_equal(X, X), X >= X),
    "hard_sigmoid": (lambda: K.hard_sigmoid(X * 3), np.clip(0.2 * X * 3 + 0.5, 0, 1)),
    "in_top_k": (
        lambda: K.in_top_k(np.array([[1.0, 2, 3], [3, 3, 1], [1, np.inf, 0]], "float32"), [1, 1, 1], 1),
        [False, True, False],
    ),
    "l2_normalize": (lambda: K.l2_normalize(X, axis=1), X / np.linalg.norm(X, axis=1, keepdims=True)),
    "l2_normalize-all": (lambda: K.l2_normalize(X), X / np.linalg.norm(X)),
    "l2_normalize-zeros": (lambda: K.l2_normalize(np.zeros((2, 2), "float32"), -1), np.zeros((2, 2))),
    "less": (lambda: K.less(X, Y), X < Y),
    "less_equal": (lambda: K.less_equal(X, Y), X <= Y),
    "log": (lambda: K.log(P), np.log(P)),
    "map_fn": (lambda: K.map_fn(lambda x: x * 2 + 1, X), X * 2 + 1),
    "max": (lambda: K.max(X, axis=1), X.max(1)),
    "maximum": (lambda: K.maximum(X, Y), np.maximum(X, Y)),
    "mean": (lambda: K.mean(X, axis=[0, 1]), X.mean()),
    "mean-bools": (lambda: K.mean(B), B.mean()),
    "min": (lambda: K.min(X, keepdims=True), X.min(keepdims=True)),
    "minimum": (lambda: K.minimum(X, Y), np.minimum(X, Y)),
    "not_equal": (lambda: K.not_equal([1, 2], [1, 3]), [False, True]),
    "one_hot": (lambda: K.one_hot([1, 0], 3), np.eye(3)[[1, 0]]),
    "ones_like": (lambda: K.ones_like(X, dtype="int32"), np.ones((3, 4), "int32")),
    "permute_dimensions": (lambda: K.permute_dimensions(real(2, 3, 4), (1, 0, 2)), real(2, 3, 4).transpose(1, 0, 2)),
    "pow": (lambda: K.pow(P, 1.5), P**1.5),
    "prod": (lambda: K.prod(X, axis=-1), X.prod(-1)),
    "relu": (lambda: K.relu(X), np.maximum(X, 0)),
    "relu-all": (
        lambda: K.relu(X * 3, alpha=0.1, max_value=2.0, threshold=0.5),
        np.where(X * 3 > 0.5, np.minimum(X * 3, 2), 0.1 * (X * 3 - 0.5)),
    ),
    "repeat": (lambda: K.repeat(X, 2), np.repeat(X[:, None], 2, 1)),
    "repeat_elements": (lambda: K.repeat_elements(X, 3, axis=1), np.repeat(X, 3, 1)),
    "reshape": (lambda: K.reshape(X, (2, -1)), X.reshape(2, -1)),
    "resize_images": (
        lambda: K.resize_images(real(1, 2, 3, 4), 2, 3, "channels_last"),
        real(1, 2, 3, 4).repeat(2, 1).repeat(3, 2),
    ),
    "resize_images-first": (
        lambda: K.resize_images(real(1, 2, 3, 4), 2, 3, "channels_first"),
        real(1, 2, 3, 4).repeat(2, 2).repeat(3, 3),
    ),
    "resize_volumes": (
        lambda: K.resize_volumes(real(1, 2, 3, 2, 1), 2, 1, 3, "channels_last"),
        real(1, 2, 3, 2, 1).repeat(2, 1).repeat(3, 3),
    ),
    "reverse": (lambda: K.reverse(X, 0), X[::-1]),
    "reverse-two": (lambda: K.reverse(X, [0, 1]), X[::-1, ::-1]),
    "round": (lambda: K.round(X * 4), np.round(X * 4)),
    "sigmoid": (lambda: K.sigmoid(X), 1 / (1 + np.exp(-X))),
    "sign": (lambda: K.sign(X), np.sign(X)),
    "sin": (lambda: K.sin(X), np.sin(X)),
    "softmax": (lambda: K.softmax(X), np.exp(X) / np.exp(X).sum(-1, keepdims=True)),
    "softmax-axes": (
        lambda: K.softmax(real(2, 3, 4), axis=(1, 2)),
        np.exp(real(2, 3, 4)) / np.exp(real(2, 3, 4)).sum((1, 2), keepdims=True),
    ),
    "softplus": (lambda: K.softplus(X), np.logaddexp(X, 0)),
    "softsign": (lambda: K.softsign(X), X / (1 + np.abs(X))),
    "sparse_categorical_crossentropy": (
        lambda: K.sparse_categorical_crossentropy([1, 3, 0], P),
        -np.log(P[np.arange(3), [1, 3, 0]].clip(None, 1) / P.clip(None, 1).sum(-1)),
    ),
    "sparse_categorical_crossentropy-column": (
        lambda: K.sparse_categorical_crossentropy([[1], [3], [0]], X, from_logits=True),
        np.log(np.exp(X).sum(-1)) - X[np.arange(3), [1, 3, 0]],
    ),
    "sparse_categorical_crossentropy-axis-ignored": (
        lambda: K.sparse_categorical_crossentropy([1, 255, 2, 0], X, from_logits=True, axis=0, ignore_class=255),
        (np.log(np.exp(X).sum(0)) - X[[1, 0, 2, 0], np.arange(4)]) * [1, 0, 1, 1],
    ),
    "spatial_2d_padding": (
        lambda: K.spatial_2d_padding(real(1, 2, 2, 1), ((1, 0), (2, 1))),
        np.pad(real(1, 2, 2, 1), ((0, 0), (1, 0), (2, 1), (0, 0))),
    ),
    "spatial_2d_padding-first": (
        lambda: K.spatial_2d_padding(real(1, 2, 2, 1), data_format="channels_first"),
        np.pad(real(1, 2, 2, 1), ((0, 0), (0, 0), (1, 1), (1, 1))),
    ),
    "spatial_3d_padding": (
        lambda: K.spatial_3d_padding(real(1, 2, 2, 1, 2)),
        np.pad(real(1, 2, 2, 1, 2), ((0, 0), (1, 1), (1, 1), (1, 1), (0, 0))),
    ),
    "sqrt": (lambda: K.sqrt(X), np.sqrt(np.maximum(X, 0))),
    "square": (lambda: K.square(X), X**2),
    "squeeze": (lambda: K.squeeze(X[None], 0), X),
    "stack": (lambda: K.stack([X, Y], axis=1), np.stack([X, Y], 1)),
    "std": (lambda: K.std(X, axis=0), X.std(0)),
    "std-bools": (lambda: K.std(B), B.std()),
    "stop_gradient": (lambda: K.stop_gradient([X, Y])[1], Y),
    "sum": (lambda: K.sum(X, 1, True), X.sum(1, keepdims=True)),
    "switch": (lambda: K.switch(B, X, Y), np.where(B, X, Y)),
    "switch-rows": (lambda: K.switch(B[:, 0], lambda: X, lambda: Y), np.where(B[:, :1], X, Y)),
    "switch-number": (lambda: K.switch(K.constant(1, "int32"), lambda: X, lambda: Y), X),
    "tanh": (lambda: K.tanh(X), np.tanh(X)),
    "temporal_padding": (
        lambda: K.temporal_padding(real(2, 3, 1), (2, 1)),
        np.pad(real(2, 3, 1), ((0, 0), (2, 1), (0, 0))),
    ),
    "tile": (lambda: K.tile(X[0], 3), np.tile(X[0], 3)),
    "tile-axes": (lambda: K.tile(X, [2, 1]), np.tile(X, [2, 1])),
    "to_dense": (lambda: K.to_dense(X), X),
    "transpose": (lambda: K.transpose(real(2, 3, 4)), real(2, 3, 4).T),
    "var": (lambda: K.var(X, axis=1), X.var(1)),
    "zeros_like": (lambda: K.zeros_like(X), np.zeros((3, 4))),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name):
    call, expected = VALUES[name]
    found = ops.convert_to_tensor(call()).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert found.shape == np.shape(expected)


# ---- convolution and pooling, against Keras


def keras_ops():
    return pytest.importorskip("keras").ops


IMAGE, VOLUME, SIGNAL = real(2, 7, 6, 4), real(2, 5, 6, 4, 3), real(2, 9, 4)


@pytest.mark.parametrize(
    ("name", "arrays", "arguments"),
    [
        ("conv1d", (SIGNAL, real(3, 4, 5)), {"strides": 2, "padding": "same"}),
        ("conv1d", (SIGNAL, real(3, 4, 5)), {"padding": "valid", "dilation_rate": 2}),
        ("conv2d", (IMAGE, real(3, 2, 4, 5)), {"strides": (2, 1), "padding": "same"}),
        ("conv2d", (IMAGE, real(3, 2, 4, 5)), {"dilation_rate": (2, 2)}),
        ("conv3d", (VOLUME, real(2, 2, 2, 3, 4)), {}),
    ],
)
def test_convolutions(name, arrays, arguments):
    expected = keras_ops().conv(*arrays, **{"strides": 1, "padding": "valid", **arguments})
    found = getattr(K, name)(*arrays, **arguments)
    np.testing.assert_allclose(found.numpy(), np.asarray(expected), rtol=1e-4, atol=1e-4)


def test_causal_convolution():
    padded = np.pad(SIGNAL, ((0, 0), (4, 0), (0, 0)))
    expected = keras_ops().conv(padded, real(3, 4, 5), dilation_rate=2)
    found = K.conv1d(SIGNAL, real(3, 4, 5), padding="causal", dilation_rate=2)
    np.testing.assert_allclose(found.numpy(), np.asarray(expected), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2])
def test_conv2d_transpose_is_the_gradient_of_conv2d(padding, stride):
    keras, kernel = pytest.importorskip("keras"), real(3, 2, 5, 4)
    x = real(2, 8, 7, 5)
    y = K.conv2d(x, kernel, (stride, stride), padding)
    cotangent = real(*y.shape, seed=4)
    tensor = ops.convert_to_tensor(x)
    with lamina.GradientTape() as tape:
        tape.watch(tensor)
        total = ops.sum(K.conv2d(tensor, kernel, (stride, stride), padding) * cotangent)
    found = K.conv2d_transpose(cotangent, kernel, (None, 8, 7, 5), (stride, stride), padding)
    np.testing.assert_allclose(found.numpy(), tape.gradient(total, tensor).numpy(), rtol=1e-4, atol=1e-4)
    first = K.conv2d_transpose(
        cotangent.transpose(0, 3, 1, 2), kernel, (2, 5, 8, 7), (stride, stride), padding, "channels_first"
    )
    np.testing.assert_allclose(first.numpy().transpose(0, 2, 3, 1), found.numpy(), rtol=1e-5, atol=1e-6)
    if stride == 1:
        expected = keras.ops.conv_transpose(cotangent, kernel, padding=padding)
        np.testing.assert_allclose(found.numpy(), np.asarray(expected), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", ["max", "avg"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_pooling(mode, padding):
    pool = keras_ops().max_pool if mode == "max" else keras_ops().average_pool
    for name, x, window in (("pool2d", IMAGE, (2, 3)), ("pool3d", VOLUME, (2, 3, 2))):
        steps = (1,) * len(window)
        found = getattr(K, name)(x, window, padding=padding, pool_mode=mode)
        np.testing.assert_allclose(found.numpy(), np.asarray(pool(x, window, steps, padding)), rtol=1e-5, atol=1e-5)
    first = K.pool2d(IMAGE.transpose(0, 3, 1, 2), (2, 2), (2, 2), padding, "channels_first", mode)
    expected = np.asarray(pool(IMAGE, (2, 2), (2, 2), padding)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(first.numpy(), expected, rtol=1e-5, atol=1e-5)


# ---- loops

W, U = real(4, 5, seed=5) * 0.5, real(5, 5, seed=6) * 0.3
STEPS = real(3, 6, 4, seed=7)
START = real(3, 5, seed=8)


def cell(x, states):
    h = ops.tanh(ops.matmul(x, W) + ops.matmul(states[0], U))
    return h * 2.0, [h]


def reference_rnn(inputs, mask=None, zero_output=False):
    h, previous, outputs = START, np.zeros((3, 5), "float32"), []
    for t in range(inputs.shape[1]):
        new = np.tanh(inputs[:, t] @ W + h @ U)
        valid = np.ones((3, 1), bool) if mask is None else mask[:, t, None]
        output = np.where(valid, new * 2, 0.0 if zero_output else previous)
        h, previous = np.where(valid, new, h), output
        outputs.append(output)
    return outputs[-1], np.stack(outputs, 1), h


MASK = np.array([[1, 1, 1, 0, 0, 0], [0, 1, 1, 0, 1, 1], [1, 1, 1, 1, 1, 1]], bool)


@pytest.mark.parametrize("unroll", [True, False])
@pytest.mark.parametrize("case", ["plain", "backwards", "mask", "mask-zero", "mask-column", "length", "time-major"])
def test_rnn(case, unroll):
    inputs, arguments, mask = STEPS, {}, None
    if case == "backwards":
        arguments = {"go_backwards": True}
        inputs = STEPS[:, ::-1]
    elif case.startswith("mask"):
        mask = MASK
        arguments = {"mask": MASK[..., None] if case == "mask-column" else MASK}
        arguments["zero_output_for_mask"] = case == "mask-zero"
    elif case == "length":
        mask = np.arange(6) < np.array([[2], [6], [3]])
        arguments = {"input_length": np.array([2, 6, 3])}
    elif case == "time-major":
        arguments = {"time_major": True}
    given = STEPS.swapaxes(0, 1) if case == "time-major" else STEPS
    last, outputs, states = K.rnn(cell, given, [START], unroll=unroll, **arguments)
    expected = reference_rnn(inputs, mask, case == "mask-zero")
    np.testing.assert_allclose(last.numpy(), expected[0], rtol=1e-5, atol=1e-6)
    outputs = outputs.numpy().swapaxes(0, 1) if case == "time-major" else outputs.numpy()
    np.testing.assert_allclose(outputs, expected[1], rtol=1e-5, atol=1e-6)
    assert isinstance(states, (list, tuple))
    np.testing.assert_allclose(states[0].numpy(), expected[2], rtol=1e-5, atol=1e-6)


def test_rnn_last_output_constants_and_nests():
    last, outputs, _ = K.rnn(cell, STEPS, [START], return_all_outputs=False)
    np.testing.assert_allclose(outputs.numpy()[:, 0], last.numpy())
    np.testing.assert_allclose(last.numpy(), reference_rnn(STEPS)[0], rtol=1e-5, atol=1e-6)

    def step(x, states):
        total, scale = states
        total = total + (x["a"] + x["b"]) * scale
        return total, [total]

    _, outputs, _ = K.rnn(step, {"a": STEPS, "b": STEPS}, [np.zeros((3, 4), "float32")], constants=[K.constant(0.5)])
    np.testing.assert_allclose(outputs.numpy(), STEPS.cumsum(1), rtol=1e-5, atol=1e-5)


def test_an_unrolled_rnn_is_traced_and_has_gradients():
    with _core.Trace() as trace:
        x = _core.symbolic([None, 6, 4], "float32")
        last, outputs, _ = K.rnn(cell, x, [ops.broadcast_to(START[:1], (x.dims[0], 5))], unroll=True)
        (gradient,) = K.gradients(ops.sum(last), [x])
    program = _core.Program()
    program.add_entry("f", [("x", x)], [("outputs", outputs), ("gradient", gradient)], trace)
    found, slope = program.run("f", [_core.Tensor(STEPS)])
    _, expected, _ = K.rnn(cell, STEPS, [np.repeat(START[:1], 3, 0)])
    np.testing.assert_array_equal(found.numpy(), expected.numpy())
    assert slope.shape == STEPS.shape
    assert np.abs(slope.numpy()).min() > 0


# ---- variables


def test_variables_and_their_values():
    v = K.variable([[1, 2], [3, 4]], name="v")
    assert (v.dtype, v.name, K.int_shape(v), K.ndim(v), K.count_params(v), K.dtype(v)) == (
        "float32", "v", (2, 2), 2, 4, "float32",
    )  # fmt: skip
    K.set_value(v, np.zeros((2, 2)))
    assert K.get_value(v).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert K.update(v, np.ones((2, 2))).numpy().sum() == 4
    assert K.update_add(v, 1.0).numpy().sum() == 8
    assert K.update_sub(v, 0.5).numpy().sum() == 6
    np.testing.assert_allclose(K.moving_average_update(v, np.full((2, 2), 2), 0.9).numpy(), np.full((2, 2), 1.55))
    w = K.variable(3.0, dtype="float64")
    K.batch_set_value([(v, np.eye(2)), (w, 7)])
    first, second = K.batch_get_value([v, w])
    assert first.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert second == 7
    assert K.eval(v * 2.0).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert K.get_value(5) == 5
    assert not K.is_sparse(v)


def test_made_variables():
    for found, expected in (
        (K.zeros((2, 3)), np.zeros((2, 3))),
        (K.ones((2,), dtype="int32", name="one"), np.ones(2)),
        (K.eye(3), np.eye(3)),
    ):
        assert isinstance(found, lamina.Variable)
        np.testing.assert_array_equal(K.get_value(found), expected)
    sparse = pytest.importorskip("scipy.sparse")
    np.testing.assert_array_equal(K.get_value(K.variable(sparse.eye(2, format="csr"))), np.eye(2))


def test_random_numbers():
    lamina.utils.set_random_seed(3)
    assert set(np.unique(K.random_bernoulli((200,), 0.3).numpy())) == {0.0, 1.0}
    assert abs(K.random_bernoulli((5000,), 0.3, seed=1).numpy().mean() - 0.3) < 0.03
    np.testing.assert_array_equal(K.random_normal((4,), seed=2), lamina.random.normal((4,), seed=2))
    assert K.random_uniform((300,), 2, 5, dtype="int32", seed=1).numpy().max() == 4
    assert np.abs(K.truncated_normal((500,)).numpy()).max() <= 2
    v = K.random_normal_variable((500,), 1.0, 0.1, name="v", seed=1)
    assert isinstance(v, lamina.Variable)
    assert abs(v.numpy().mean() - 1) < 0.03
    assert K.random_uniform_variable((100,), 1.0, 2.0).numpy().min() >= 1
    assert sorted(set(K.dropout(np.ones(100, "float32"), 0.5, seed=1).numpy())) == [0.0, 2.0]


def test_gradients():
    w = K.variable([2.0, 3.0])
    with lamina.GradientTape():
        loss = K.sum(K.square(w))
        assert K.gradients(loss, [w])[0].numpy().tolist() == [4.0, 6.0]
    with pytest.raises(RuntimeError, match=r"gradients: .*GradientTape"):
        K.gradients(K.sum(K.square(w)), [w])


def test_settings():
    assert K.backend() == "lamina"
    assert K.epsilon() == 1e-7
    assert K.cast_to_floatx([1, 2]).dtype == "float32"
    assert K.cast_to_floatx(K.constant([1], "int32")).dtype == "float32"
    assert K.is_float_dtype("float64")
    assert not K.is_float_dtype("int32")
    assert K.is_int_dtype("uint8")
    assert not K.is_int_dtype("bool")
    assert K.get_uid("a_prefix_of_its_own") == 1
    assert K.get_uid("a_prefix_of_its_own") == 2
    assert K.is_keras_tensor(lamina.Input((2,)))
    with K.name_scope("outer"):
        assert K.variable(1.0, name="inner").path == "outer/inner"


def test_labels_of_sequences():
    found = K.ctc_label_dense_to_sparse([[1, 2, 0], [3, 0, 0]], [2, 1])
    assert found.indices.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert found.values.tolist() == [1, 2, 3]
    assert found.dense_shape == (2, 3)


# ---- in models


class Antirectifier(lamina.layers.Layer):
    """The example of Keras 2's documentation, written with K."""

    def call(self, inputs):
        inputs = inputs - K.mean(inputs, axis=1, keepdims=True)
        inputs = K.l2_normalize(inputs, axis=1)
        return K.concatenate([K.relu(inputs), K.relu(-inputs)], axis=1)


def euclidean(vectors):
    a, b = vectors
    return K.sqrt(K.maximum(K.sum(K.square(a - b), axis=1, keepdims=True), K.epsilon()))


def contrastive(y_true, y_pred):
    return K.mean(y_true * K.square(y_pred) + (1 - y_true) * K.square(K.maximum(1 - y_pred, 0)))


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_layers_losses_and_metrics_written_with_it(run_eagerly):
    lamina.utils.set_random_seed(1)
    left, right = lamina.Input((6,)), lamina.Input((6,))
    body = lamina.Sequential([lamina.layers.Dense(8), Antirectifier(), lamina.layers.Dense(3)])
    distance = lamina.layers.Lambda(euclidean)([body(left), body(right)])
    model = lamina.Model([left, right], distance)

    def close(y_true, y_pred):
        return K.mean(K.equal(y_true, K.cast(y_pred < 0.5, y_true.dtype)))

    model.compile("adam", contrastive, metrics=[close], run_eagerly=run_eagerly)
    x, z, y = real(40, 6), real(40, 6, seed=2), rng().integers(0, 2, (40, 1)).astype("float32")
    history = model.fit([x, z], y, epochs=3, batch_size=10, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    expected = np.linalg.norm(body.predict(x, verbose=0) - body.predict(z, verbose=0), axis=1)
    np.testing.assert_allclose(model.predict([x, z], verbose=0)[:, 0], expected, rtol=1e-3, atol=1e-3)


def test_sizes_that_are_not_known_yet():
    def flat_with_count(x):
        return K.batch_flatten(x) * K.cast(K.prod(K.shape(x)[1:]), "float32")

    x = lamina.Input((None, 2))
    model = lamina.Model(x, lamina.layers.Lambda(lambda t: K.sum(flat_with_count(t), axis=1))(x))
    data = real(3, 5, 2)
    np.testing.assert_allclose(model.predict(data, verbose=0), data.sum((1, 2)) * 10, rtol=1e-4, atol=1e-5)


# ---- errors


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: K.batch_dot(X[0], X), "batch_dot: an input has no axis"),
        (lambda: K.batch_dot(real(2, 3), real(3, 3)), "batch_dot: the sizes do not agree"),
        (lambda: K.batch_dot(real(2, 3), real(2, 4), axes=1), "batch_dot: the sizes do not agree"),
        (lambda: K.batch_dot(real(2, 3), real(2, 3), axes=0), "batch_dot: it cannot be summed over"),
        (lambda: K.bias_add(real(2, 3, 4), real(2, 3, 4)), "bias_add: the bias does not fit"),
        (lambda: K.bias_add(real(2, 3), real(3), "NHWC"), "data format is not known"),
        (lambda: K.conv2d(IMAGE, real(3, 3, 4, 5), padding="full"), "padding"),
        (lambda: K.conv2d_transpose(IMAGE, real(3, 3, 2, 4), (None, 9, 8, 2), padding="full"), "`padding` is not"),
        (lambda: K.pool2d(IMAGE, (2,)), "`pool_size` does not describe 2"),
        (lambda: K.pool2d(IMAGE, (2, 2), pool_mode="median"), "`pool_mode` is not known"),
        (lambda: K.repeat(real(2, 3, 4), 2), "repeat: the tensor is no matrix"),
        (lambda: K.resize_images(IMAGE, 2, 2, "channels_last", "cubic"), "`interpolation` is not known"),
        (lambda: K.resize_images(IMAGE, 2, 2, "HWC"), "data format is not known"),
        (lambda: K.softmax(X[0]), "softmax: the tensor has one axis only"),
        (lambda: K.spatial_2d_padding(IMAGE, (1, 1)), "spatial_2d_padding"),
        (lambda: K.temporal_padding(SIGNAL, (1, 2, 3)), "temporal_padding: `padding` is not usable"),
        (lambda: K.switch(np.ones((2, 2, 2), bool), X, Y), "switch: the condition has more axes"),
        (lambda: K.get_value(lamina.Input((2,))), "get_value: the tensor has no numbers"),
        (lambda: K.rnn(cell, _core.symbolic([3, None, 4]), [START], unroll=True), "cannot be unrolled"),
    ],
)
def test_errors(call, text):
    with pytest.raises((ValueError, TypeError), match=text):
        call()
