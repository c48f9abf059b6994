"""Stacks of layers."""

import numpy as np
import pytest

import lamina
from lamina import layers

Sequential = lamina.Sequential


def test_built_by_an_input_or_by_data():
    x = np.ones((2, 3), "float32")
    for make in (
        lambda: Sequential([lamina.Input((3,)), layers.Dense(2)]),
        lambda: Sequential([layers.InputLayer(shape=(3,)), layers.Dense(2)]),
        lambda: Sequential([layers.Dense(2, input_shape=(3,))]),
        lambda: Sequential([layers.Dense(2, input_dim=3)]),
        lambda: Sequential([layers.Dense(2, batch_input_shape=(None, 3))]),
    ):
        model = make()
        assert model.built
        assert (model.input_shape, model.output_shape) == ((None, 3), (None, 2))
        assert [type(layer) for layer in model.layers] == [layers.Dense]
        assert model.predict(x, verbose=0).shape == (2, 2)
    model = Sequential([layers.Dense(2)])
    assert not model.built
    for use in (
        model.get_weights,
        model.count_params,
        model.summary,
        lambda: model.save("x.lamina"),
        lambda: model.inputs,
    ):
        with pytest.raises(ValueError, match="Expected"):
            use()
    model(x)
    assert model.output_shape == (None, 2)
    model = Sequential([layers.Dense(2)])
    model.build((None, 3))
    assert model.count_params() == 8


def test_add_and_pop():
    model = Sequential(name="stack")
    model.add(lamina.Input((3,)))
    model.add(layers.Dense(4))
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    x = np.ones((1, 3))
    model.predict(x, verbose=0)
    kernel = model.layers[0].kernel.numpy()
    assert model.pop() is not None
    assert model.output_shape == (None, 4)
    assert model.predict(x, verbose=0).shape == (1, 4)
    np.testing.assert_array_equal(model.layers[0].kernel, kernel)
    assert Sequential().pop() is None


def test_refusals():
    model = Sequential([lamina.Input((3,)), layers.Dense(2, name="one")])
    with pytest.raises(ValueError, match="no layer was added"):
        model.add(lambda x: x)
    with pytest.raises(ValueError, match="have one name"):
        model.add(layers.Dense(2, name="one"))
    with pytest.raises(ValueError, match="behind other layers"):
        model.add(lamina.Input((2,)))
    with pytest.raises(ValueError, match="has no layers"):
        Sequential().build((None, 2))
    with pytest.raises(ValueError, match="takes one input"):
        Sequential([layers.Dense(2)])([np.ones((1, 2)), np.ones((1, 2))])

    class Two(layers.Layer):
        def call(self, x):
            return x, x

    with pytest.raises(ValueError, match="does not give one tensor"):
        model.add(Two())


def test_nested_and_described():
    inner = Sequential([layers.Dense(4, activation="relu"), layers.Dense(3)], name="inner")
    model = Sequential([lamina.Input((5,)), inner, layers.Softmax()])
    assert model.count_params() == 24 + 15
    config = model.get_config()
    assert config["build_input_shape"] == [None, 5]
    again = Sequential.from_config(config)
    again.set_weights(model.get_weights())
    x = np.ones((2, 5), "float32")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    outer = Sequential([model, layers.Dense(1)])
    assert outer.input_shape == (None, 5)


def test_ids_need_no_input_layer():
    model = Sequential([layers.Embedding(10, 4), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    ids = np.arange(8).reshape(4, 2)
    model.fit(ids, np.ones((4, 1)), verbose=0)
    assert model.inputs[0].dtype in ("int32", "int64")


def test_calls_on_data_and_tapes_agree():
    model = Sequential([lamina.Input((3,)), layers.Dense(2)])
    x = lamina.ops.ones((4, 3))
    fast = model(x)
    with lamina.GradientTape() as tape:
        slow = model(x)
        loss = lamina.ops.sum(slow)
    np.testing.assert_allclose(fast, slow, rtol=1e-6)
    gradients = tape.gradient(loss, model.trainable_weights)
    np.testing.assert_allclose(gradients[0], 4 * np.ones((3, 2)))
    before = model(x).numpy()
    model.layers[0].bias.assign([1, 2])
    np.testing.assert_allclose(model(x) - before, np.tile([[1, 2]], (4, 1)), rtol=1e-5)


def test_eager_training_loop():
    model = Sequential([lamina.Input((3,)), layers.Dense(8, activation="tanh"), layers.Dense(1)])
    optimizer = lamina.optimizers.Adam(0.05)
    x = np.random.default_rng(0).standard_normal((64, 3)).astype("float32")
    y = x[:, :1] * 2
    first = None
    for _ in range(60):
        with lamina.GradientTape() as tape:
            loss = lamina.ops.mean((model(x, training=True) - y) ** 2)
        optimizer.apply(tape.gradient(loss, model.trainable_weights), model.trainable_weights)
        first = float(loss) if first is None else first
    assert float(loss) < 0.1 * first


def test_inner_models_train_with_the_outer_layer():
    inner = Sequential([lamina.Input((64,)), layers.Dropout(0.5)])
    x = np.ones((4, 64), "float32")
    np.testing.assert_array_equal(inner(x), x)  # from now on predictions take the short way

    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = inner

        def call(self, inputs):
            return self.inner(inputs)

    assert not np.array_equal(Outer()(x, training=True), x)
    np.testing.assert_array_equal(Outer()(x), x)
