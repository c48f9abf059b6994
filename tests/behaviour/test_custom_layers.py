"""Layers as users write them: traced and eager training have to agree."""

import numpy as np
import pytest
from cases.custom import Linear, X, Y, real, same_both_ways, train

import lamina
from lamina import layers, ops


def antirectifier(x):
    x = x - ops.mean(x, axis=1, keepdims=True)
    x = ops.normalize(x, axis=1, order=2)
    return ops.concatenate([ops.relu(x), ops.relu(-x)], axis=1)


def test_antirectifier_lambda():
    def make():
        return lamina.Sequential(
            [lamina.Input((6,)), layers.Dense(8), layers.Lambda(antirectifier, output_shape=(16,)), layers.Dense(2)]
        )

    model = same_both_ways(make)
    assert model.layers[1].output_shape == (None, 16)
    body = lamina.Model(model.inputs, model.layers[1].output).predict(X, verbose=0)
    x = X @ model.get_weights()[0] + model.get_weights()[1]
    x = x - x.mean(1, keepdims=True)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    np.testing.assert_allclose(body, np.concatenate([x.clip(0), (-x).clip(0)], 1), rtol=1e-4, atol=1e-5)


class Block(layers.Layer):
    """Layers in attributes, lists and dicts, made in `__init__` and in `build`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = Linear(8, penalty=0.01)
        self.stack = [Linear(8), layers.Dropout(0.3, seed=4), layers.BatchNormalization()]
        self.heads = {"scale": layers.Dense(8, activation="sigmoid"), "shift": layers.Dense(8)}

    def build(self, input_shape):
        self.late = [Linear(8) for _ in range(2)]

    def call(self, x, training=None):
        x = ops.relu(self.first(x, training=training))
        for layer in self.stack:
            x = layer(x, training=training) if not isinstance(layer, layers.Dropout) else layer(x)
        for layer in self.late:
            x = x + ops.tanh(layer(x))
        return x * self.heads["scale"](x) + self.heads["shift"](x)


def test_nested_layers_in_lists_and_dicts():
    def make():
        return lamina.Sequential([lamina.Input((6,)), Block(), layers.Dense(2)])

    model = same_both_ways(make)
    block = model.layers[0]
    assert [type(layer).__name__ for layer in block._flatten_layers(False)] == [
        "Linear", "Linear", "Dropout", "BatchNormalization", "Dense", "Dense", "Linear", "Linear",
    ]  # fmt: skip
    assert float(block.first.calls.numpy()) == 15  # 5 batches, 3 epochs; not in evaluate
    assert float(block.late[1].calls.numpy()) == 15
    model(X)
    assert len(model.losses) == 1  # of the last call
    assert len(block.trainable_weights) == 2 * 4 + 2 + 4
    block.trainable = False
    assert block.trainable_weights == []
    assert len(model.trainable_weights) == 2


class Mix(layers.Layer):
    """Two inputs: their shapes come to `build` by name."""

    def build(self, query_shape, value_shape):
        assert (query_shape[-1], value_shape[-1]) == (6, 4)
        self.left = self.add_weight((query_shape[-1], 3), name="left")
        self.right = self.add_weight((value_shape[-1], 3), name="right")

    def call(self, query, value):
        return ops.tanh(query @ self.left + value @ self.right)


class MixList(layers.Layer):
    """The same with a list as input."""

    def build(self, input_shape):
        (_, a), (_, b) = input_shape
        self.left, self.right = self.add_weight((a, 3), name="left"), self.add_weight((b, 3), name="right")

    def call(self, inputs):
        query, value = inputs
        return ops.tanh(query @ self.left + value @ self.right)


@pytest.mark.parametrize("as_list", [False, True])
def test_several_inputs(as_list):
    def make():
        a, b = lamina.Input((6,), name="a"), lamina.Input((4,), name="b")
        mixed = MixList()([a, b]) if as_list else Mix()(a, value=b)
        return lamina.Model([a, b], layers.Dense(2)(mixed))

    same_both_ways(make, x=[X, real(48, 4, seed=5)])


class Pooled(layers.Layer):
    """A layer that needs the mask, and one that makes one."""

    def call(self, inputs, mask=None):
        assert mask is not None
        weights = ops.expand_dims(ops.cast(mask, inputs.dtype), -1)
        return ops.sum(inputs * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1.0)

    def compute_mask(self, inputs, previous_mask):
        return None


class Padding(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return inputs * 2.0

    def compute_mask(self, inputs, previous_mask=None):
        return ops.any(ops.not_equal(inputs, 0.0), axis=-1)


def test_masks_and_training():
    x = real(48, 5, 3)
    x[:, 3:] = 0
    seen = []

    class Marked(layers.Layer):
        def call(self, inputs, training=None):
            seen.append(training)
            return inputs * (2.0 if training else 1.0)

    def make():
        inputs = lamina.Input((None, 3))
        return lamina.Model(inputs, layers.Dense(2)(Pooled()(Marked()(Padding()(inputs)))))

    def make_functional_only():
        inputs = lamina.Input((None, 3))
        return lamina.Model(inputs, layers.Dense(2)(Pooled()(Padding()(inputs))))

    model = same_both_ways(make_functional_only, x=x)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict(x, verbose=0), 2 * x[:, :3].mean(1) @ kernel + bias, rtol=1e-4, atol=1e-5)
    with pytest.warns(UserWarning, match="ignores masks"), pytest.raises(AssertionError):
        make()
    plain = lamina.Sequential([lamina.Input((5, 3)), Marked()])
    plain.compile("sgd", "mse")
    np.testing.assert_array_equal(plain.predict(x, verbose=0), x)
    assert float(plain.evaluate(x, 2 * x, verbose=0)) > 0
    assert plain(x, training=True).numpy().sum() == pytest.approx(2 * x.sum(), rel=1e-4)
    assert True in seen
    assert False in seen


def test_output_shape_and_config_of_own_layers(tmp_path):
    layer = Linear(5, penalty=0.5, name="mine")
    assert layer.compute_output_shape((None, 7)) == (None, 5)
    assert Block().compute_output_shape((None, 6)) == (None, 8)
    again = Linear.from_config(layer.get_config())
    assert (again.units, again.penalty, again.name) == (5, 0.5, "mine")
    model, _ = train(lambda: lamina.Sequential([lamina.Input((6,)), Linear(5, penalty=0.1), Linear(2)]))
    model.save(tmp_path / "m.lamina")
    loaded = lamina.models.load_model(tmp_path / "m.lamina")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    assert loaded.layers[0].penalty == 0.1
    model.fit(X, Y, epochs=1, verbose=0, shuffle=False)
    loaded.fit(X, Y, epochs=1, verbose=0, shuffle=False)
    for a, b in zip(loaded.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(a, b)


@lamina.saving.register_keras_serializable()
class Sampling(layers.Layer):
    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = lamina.random.SeedGenerator(seed)

    def call(self, inputs):
        mean, log_variance = inputs
        noise = lamina.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


class VAE(lamina.Model):
    """A variational autoencoder with its own step, trackers and losses."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = layers.Dense(8, activation="relu")
        self.mean, self.log_variance = layers.Dense(2), layers.Dense(2)
        self.sample = Sampling(seed=3)
        self.decoder = lamina.Sequential([layers.Dense(8, activation="relu"), layers.Dense(6)])
        self.total = lamina.metrics.Mean(name="total")
        self.divergence = lamina.metrics.Mean(name="divergence")

    @property
    def metrics(self):
        return [self.total, self.divergence]

    def encode(self, x):
        h = self.hidden(x)
        return self.mean(h), self.log_variance(h)

    def call(self, x):
        return self.decoder(self.encode(x)[0])

    def losses_of(self, x):
        mean, log_variance = self.encode(x)
        decoded = self.decoder(self.sample([mean, log_variance]))
        rebuilt = ops.mean(ops.sum(ops.square(x - decoded), axis=1))
        divergence = -0.5 * ops.mean(ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=1))
        return rebuilt + divergence, divergence

    def train_step(self, data):
        with lamina.GradientTape() as tape:
            total, divergence = self.losses_of(data)
        self.optimizer.apply(tape.gradient(total, self.trainable_weights), self.trainable_weights)
        self.total.update_state(total)
        self.divergence.update_state(divergence)
        return {"loss": self.total.result(), "divergence": self.divergence.result(), "weight": 1.0}

    def test_step(self, data):
        total, divergence = self.losses_of(data)
        return {"loss": total, "divergence": divergence}


def test_vae():
    model = same_both_ways(VAE, y=None, epochs=6, compile_arguments={"loss": None})
    assert model.sample.seed_generator.state.numpy()[1] > 30
