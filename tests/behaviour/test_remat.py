"""Layers that compute again for their gradient: the same bits from less memory."""

import numpy as np
import pytest

import lamina
from lamina import RematScope, layers, ops
from lamina.models.memory import of_training

rng = np.random.default_rng(5)


def dense_block(i=0):
    return [layers.Dense(32, "gelu"), layers.Dense(32, "silu"), layers.LayerNormalization()]


def conv_block(i=0):
    return [layers.Conv2D(8, 3, padding="same"), layers.BatchNormalization(), layers.Activation("silu")]


def dropout_block(i=0):
    return [layers.Dense(32, "softplus"), layers.Dropout(0.3, seed=i), layers.GaussianNoise(0.1, seed=i)]


def recurrent_block(i=0):
    return [layers.Bidirectional(layers.LSTM(8, return_sequences=True)), layers.Dense(16, "gelu")]


class Attention(layers.Layer):
    def __init__(self, seed=0):
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, 8, dropout=0.1, seed=seed)
        self.normalization = layers.LayerNormalization()

    def call(self, x):
        return self.normalization(x + self.attention(x, x, use_causal_mask=True))


def attention_block(i=0):
    return [Attention(i), layers.Dense(16, "gelu")]


class Losses(layers.Layer):
    """Adds a loss, counts its calls, and turns its kernel by itself."""

    def build(self, shape):
        self.kernel = self.add_weight((shape[-1], shape[-1]), "glorot_uniform", name="kernel", regularizer="l2")
        self.count = self.add_weight((), "zeros", trainable=False, name="count")

    def call(self, x):
        self.count.assign_add(1.0)
        self.kernel.assign(self.kernel / ops.sqrt(ops.sum(ops.square(self.kernel))))
        y = ops.softplus(ops.matmul(ops.tanh(x), self.kernel))
        self.add_loss(ops.mean(ops.exp(-y)))
        return y


BLOCKS = {
    "dense": (dense_block, (32,)),
    "convolution": (conv_block, (8, 8, 8)),
    "dropout": (dropout_block, (32,)),
    "recurrent": (recurrent_block, (6, 16)),
    "attention": (attention_block, (6, 16)),
    "state": (lambda i=0: [Losses(), layers.Dense(32, "gelu", activity_regularizer="l2")], (32,)),
}


def model_of(block, shape, wrap, count=4):
    lamina.utils.set_random_seed(3)
    x = inputs = lamina.Input(shape)
    for i in range(count):
        x = wrap(lamina.Sequential(block(i), name=f"block_{i}"))(x)
    model = lamina.Model(inputs, layers.Dense(2, "softmax")(layers.Flatten()(x)))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def data_of(shape, samples=64):
    return rng.standard_normal((samples, *shape)).astype("float32"), rng.integers(0, 2, samples)


def scoped(**arguments):
    """Calls a layer's constructor anew inside a scope."""

    def wrap(layer):
        with RematScope(**arguments):
            return type(layer).from_config(layer.get_config())

    return wrap


def peak(model, x, y):
    """The arena of a training step."""
    tensors = [ops.convert_to_tensor(x), ops.convert_to_tensor(y)]
    step = model._step("train_step", lamina.models.arrays.Data(*tensors))
    return step.program.plan_bytes("train_step", [t.shape for t in tensors])["arena"]


def trained(model, x, y, eagerly=False):
    if eagerly:
        model.run_eagerly = True
    history = model.fit(x, y, batch_size=32, epochs=2, shuffle=False, verbose=0).history
    return [history["loss"], *(v.numpy() for v in (*model.variables, *model.optimizer.variables))]


def assert_same(first, second):
    assert len(first) == len(second)
    for a, b in zip(first, second):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("name", BLOCKS)
def test_the_same_bits_from_less_memory(name, eagerly):
    block, shape = BLOCKS[name]
    x, y = data_of(shape)
    plain, remat = model_of(block, shape, lambda layer: layer), model_of(block, shape, layers.Remat)
    assert_same(trained(plain, x, y, eagerly), trained(remat, x, y, eagerly))
    if not eagerly:
        x, y = data_of(shape, 512)
        assert peak(remat, x, y) < 0.85 * peak(plain, x, y)
        np.testing.assert_array_equal(plain.predict(x, verbose=0), remat.predict(x, verbose=0))


def test_bits_do_not_depend_on_threads():
    block, shape = BLOCKS["convolution"]
    x, y = data_of(shape)
    before, results = lamina.config.num_threads(), []
    try:
        for threads in (1, 2):
            lamina.config.set_num_threads(threads)
            results.append(trained(model_of(block, shape, layers.Remat), x, y))
    finally:
        lamina.config.set_num_threads(before)
    assert_same(*results)


@pytest.mark.parametrize(
    ("arguments", "saves"),
    [
        ({"mode": "full"}, True),
        ({"mode": "larger_than", "output_size_threshold": 31}, True),
        ({"mode": "larger_than", "output_size_threshold": 32}, False),
        ({"mode": "list_of_layers", "layer_names": [f"block_{i}" for i in range(4)]}, True),
        ({"mode": "list_of_layers", "layer_names": ["other"]}, False),
        ({"mode": "list_of_layers"}, False),
        ({"mode": "activations"}, False),  # each is one op, that keeps its input only
        ({"mode": None}, False),
    ],
)
def test_modes_of_the_scope(arguments, saves):
    x, y = data_of((32,))
    plain, remat = (model_of(dense_block, (32,), scoped(**a)) for a in ({"mode": None}, arguments))
    assert_same(trained(plain, x, y), trained(remat, x, y))
    x, y = data_of((32,), 1024)
    assert (peak(remat, x, y) < 0.95 * peak(plain, x, y)) == saves


def test_activations_of_several_ops():
    def activation(x):
        return x * ops.tanh(ops.log(1.0 + ops.exp(x))) * ops.sigmoid(x)

    x, y = data_of((32,))
    models = []
    for mode in (None, "activations"):
        lamina.utils.set_random_seed(1)
        with RematScope(mode):
            blocks = [layers.Dense(32, activation) for _ in range(4)]
        models.append(lamina.Sequential([lamina.Input((32,)), *blocks, layers.Dense(2, "softmax")]))
        models[-1].compile("adam", "sparse_categorical_crossentropy")
    plain, remat = models
    assert_same(trained(plain, x, y), trained(remat, x, y))
    assert blocks[0].activation is activation
    x, y = data_of((32,), 1024)
    assert peak(remat, x, y) < 0.85 * peak(plain, x, y)


def test_the_innermost_scope_counts_when_a_layer_is_made():
    with RematScope("full"):
        outer = layers.Dense(2)
        with RematScope("larger_than", 5, layer_names=["a"]):
            inner = layers.Dense(2)
            with RematScope(None):
                none = layers.Dense(2)
        again = layers.Dense(2)
    outside = layers.Dense(2)
    assert [layer._remat_mode and layer._remat_mode.mode for layer in (outer, inner, none, again, outside)] == [
        *("full", "larger_than", None, "full", None)
    ]
    assert inner._remat_mode.output_size_threshold == 5
    call = outside.rematerialized_call(outside.call, np.ones((1, 2)))
    assert call == outside.call
    assert outer.rematerialized_call(outer.call) != outer.call
    with pytest.raises(ValueError, match=r"RematScope: there is no such mode\.[\s\S]*mode='some'"):
        RematScope("some")


def test_a_whole_model_and_a_shared_layer():
    x, y = data_of((32,))

    def make(whole):
        lamina.utils.set_random_seed(1)
        with RematScope("full" if whole else None):
            shared = layers.Dense(32, "gelu")
            inputs = lamina.Input((32,))
            hidden = ops.tanh(shared(layers.Dropout(0.2, seed=1)(shared(inputs))))
            model = lamina.Model(inputs, layers.Dense(2, "softmax")(hidden))
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    assert_same(trained(make(False), x, y), trained(make(True), x, y))


@pytest.mark.parametrize("ending", ["keras", "lamina"])
def test_a_saved_model_computes_again(ending, tmp_path):
    x, y = data_of((32,))
    block = dropout_block if ending == "lamina" else dense_block  # the states of seeds are in .lamina files only
    model = model_of(block, (32,), layers.Remat)
    trained(model, x, y)
    path = str(tmp_path / f"model.{ending}")
    model.save(path)
    loaded = lamina.models.load_model(path)
    assert isinstance(loaded.layers[1], layers.Remat)
    assert loaded.layers[1].layer.layers[0].get_config() == model.layers[1].layer.layers[0].get_config()
    assert_same(trained(model, x, y), trained(loaded, x, y))
    plain = model_of(block, (32,), lambda layer: layer)
    large = data_of((32,), 1024)
    assert peak(loaded, *large) < 0.85 * peak(plain, *large)
    plain.save(path)
    with RematScope("list_of_layers", layer_names=[f"block_{i}" for i in range(4)]):
        scoped = lamina.models.load_model(path)
    assert peak(scoped, *large) == peak(loaded, *large)
    assert_same(trained(plain, x, y), trained(scoped, x, y))


def test_functions():
    class Twice(layers.Layer):
        def __init__(self):
            super().__init__()
            self.function = lamina.remat(self.step)

        def step(self, x, scale=1.0):
            """Doubles."""
            return {"y": ops.sin(x) * scale, "x": x}

        def call(self, x):
            return self.function(x, scale=2.0)["y"]

    x = ops.convert_to_tensor([0.5, 1.0])
    assert Twice().function.__doc__ == "Doubles."
    np.testing.assert_allclose(Twice()(x), 2 * np.sin(x), rtol=1e-6)
    function = Twice().function
    assert function(x)["x"] is x
    with lamina.GradientTape() as tape:
        tape.watch(x)
        with lamina.GradientTape() as inner:
            inner.watch(x)
            y = lamina.remat(lambda t: function(t, scale=3.0))(x)["y"]
        slope = inner.gradient(y, x)
    np.testing.assert_allclose(slope, 3 * np.cos(x), rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(slope, x), -3 * np.sin(x), rtol=1e-6)
    layer = lamina.remat(layers.Dense(2))
    assert isinstance(layer, layers.Remat)
    assert layer(x[None]).shape == (1, 2)
    assert lamina.remat(lamina.losses.MeanSquaredError())(x, x).item() == 0.0


def test_masks_and_several_inputs_pass():
    tokens = np.array([[1, 2, 0], [3, 0, 0]])
    with RematScope("full"):
        embedding = layers.Embedding(5, 4, mask_zero=True)
    x = layers.Remat(layers.Dense(3))(embedding(tokens))
    assert x._keras_mask.numpy().tolist() == (tokens != 0).tolist()
    ended = layers.Remat(layers.LSTM(3))(x)
    assert getattr(ended, "_keras_mask", None) is None
    attention = layers.Remat(layers.MultiHeadAttention(1, 2))
    y, scores = attention(x, x, return_attention_scores=True)
    assert (y.shape, scores.shape) == ((2, 3, 3), (2, 1, 3, 3))
    added = layers.Remat(layers.Add())([x, x])
    assert added.shape == x.shape


def test_the_summary_knows():
    def model(wrap):
        blocks = [lamina.Sequential([layers.Dense(64, "gelu"), layers.Dense(64, "gelu")]) for _ in range(4)]
        model = lamina.Sequential([lamina.Input((64,), batch_size=1024), *map(wrap, blocks)])
        model.compile("sgd", "mse")
        return of_training(model).values

    assert model(layers.Remat) < 0.7 * model(lambda block: block)
