"""Layers, models, steps, losses and the like as users write them: traced and eager training have to agree."""

from pathlib import Path

import numpy as np
import pytest

import lamina
from lamina import layers, ops


def real(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


X = real(48, 6)
Y = np.tanh(X @ real(6, 2, seed=1)) + 0.1 * real(48, 2, seed=2)  # something to learn
CLASSES = np.random.default_rng(2).integers(0, 3, 48)


def train(make, x=X, y=Y, run_eagerly=False, epochs=3, compile_arguments=None, **fit):
    """A model made and trained from one seed: (model, history)."""
    lamina.utils.clear_session()
    lamina.utils.set_random_seed(7)
    model = make()
    if not model.compiled:
        arguments = {"optimizer": lamina.optimizers.Adam(0.01), "loss": "mse", **(compile_arguments or {})}
        model.compile(**arguments, run_eagerly=run_eagerly)
    else:
        model.run_eagerly = run_eagerly
    history = model.fit(x, y, epochs=epochs, batch_size=10, verbose=0, **fit).history
    return model, history


def same_both_ways(make, x=X, y=Y, learns="loss", **arguments):
    """Trains traced and eagerly: losses, weights and predictions have the same bits. Gives the traced model."""
    (traced, history), (eager, expected) = (train(make, x, y, e, **arguments) for e in (False, True))
    assert sorted(history) == sorted(expected)
    for name in history:
        np.testing.assert_array_equal(history[name], expected[name], err_msg=name)
    for a, b in zip(traced.variables, eager.variables):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)
    found, wanted = (m.predict(x, batch_size=16, verbose=0) for m in (traced, eager))
    lamina.tree.map_structure(np.testing.assert_array_equal, found, wanted)
    found, wanted = (m.evaluate(x, y, batch_size=16, verbose=0, return_dict=True) for m in (traced, eager))
    assert found == wanted
    if learns:
        assert history[learns][-1] < history[learns][0]
    return traced


# ---- layers


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


@lamina.saving.register_keras_serializable("custom")
class Linear(layers.Layer):
    """The first layer of every tutorial."""

    def __init__(self, units=32, penalty=0.0, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.penalty = penalty

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, inputs, training=False):
        if training:
            self.calls.assign_add(1.0)
        if self.penalty:
            self.add_loss(self.penalty * ops.mean(ops.square(inputs)))
        return ops.matmul(inputs, self.w) + self.b

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "penalty": self.penalty}


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


# ---- models and steps


class Net(lamina.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.body = lamina.Sequential([layers.Dense(8, activation="tanh"), layers.Dropout(0.2, seed=1)])
        self.head = layers.Dense(2)

    def call(self, x, training=None):
        return self.head(self.body(x, training=training))


class DictNet(lamina.Model):
    """Inputs and outputs are dicts."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.parts = {name: layers.Dense(2, name=name) for name in ("a", "b")}

    def call(self, inputs):
        return {name: layer(inputs[name]) for name, layer in self.parts.items()}


def test_subclassed_models():
    model = same_both_ways(Net, compile_arguments={"metrics": ["mae"]}, validation_split=0.25)
    assert len(model.layers) == 2
    with pytest.raises(ValueError, match="no weights yet"):
        Net().count_params()


def test_dicts_in_and_out():
    data = {"a": X, "b": real(48, 3, seed=3)}
    model = same_both_ways(
        DictNet, x=data, y={"a": Y, "b": -Y}, compile_arguments={"loss_weights": {"a": 1.0, "b": 0.5}}
    )
    assert set(model.predict(data, verbose=0)) == {"a", "b"}


class CustomStep(Net):
    """The step of the documentation: own gradients, the compiled loss and metrics."""

    def train_step(self, data):
        x, y = data
        with lamina.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=False)
        self.compute_loss(y=y, y_pred=y_pred)
        for metric in self.metrics:
            if metric.name != "loss":
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics if m.name != "loss"}

    def predict_step(self, data):
        return 2.0 * self(data[0] if isinstance(data, tuple) else data, training=False)


def test_custom_steps():
    model = same_both_ways(CustomStep, compile_arguments={"metrics": ["mae"]}, learns="mae")
    np.testing.assert_allclose(model.predict(X, verbose=0), 2 * model(X).numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(X), 2 * model(X).numpy(), rtol=1e-5, atol=1e-6)


class OwnLossTracker(Net):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.loss_tracker = lamina.metrics.Mean(name="loss")
        self.mae_metric = lamina.metrics.MeanAbsoluteError(name="mae")
        self.loss_fn = lamina.losses.MeanSquaredError()

    def train_step(self, data):
        x, y = data
        with lamina.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.loss_fn(y, y_pred)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        self.loss_tracker.update_state(loss)
        self.mae_metric.update_state(y, y_pred)
        return {"loss": self.loss_tracker.result(), "mae": self.mae_metric.result()}

    def test_step(self, data):
        x, y = data
        self.mae_metric.update_state(y, self(x, training=False))
        return {"mae": self.mae_metric.result()}

    @property
    def metrics(self):
        return [self.loss_tracker, self.mae_metric]


def test_own_trackers_are_reset_each_epoch():
    model = same_both_ways(OwnLossTracker, compile_arguments={"loss": None})
    model.evaluate(X, Y, verbose=0)
    expected = np.abs(model.predict(X, verbose=0) - Y).mean()
    assert model.evaluate(X, Y, verbose=0, return_dict=True)["mae"] == pytest.approx(expected, rel=1e-5)


class OwnLoss(Net):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = ops.mean(ops.abs(y - y_pred))
        return loss + 0.01 * sum(ops.sum(ops.square(w)) for w in self.trainable_weights) + sum(self.losses)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        results = super().compute_metrics(x, y, y_pred, sample_weight)
        return {**results, "largest": ops.max(ops.abs(y_pred))} if not isinstance(results, list) else results


def test_compute_loss_and_metrics():
    model = same_both_ways(OwnLoss, compile_arguments={"loss": None, "metrics": ["mse"]})
    expected = np.abs(model.predict(X, verbose=0) - Y).mean() + 0.01 * sum(
        (w**2).sum() for w in (v.numpy() for v in model.trainable_weights)
    )
    logs = model.evaluate(X, Y, verbose=0, batch_size=48, return_dict=True)
    assert logs["loss"] == pytest.approx(expected, rel=1e-4)
    assert logs["largest"] == pytest.approx(np.abs(model.predict(X, verbose=0)).max(), rel=1e-4)


class GAN(lamina.Model):
    """Two networks with an optimizer each."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = lamina.Sequential([lamina.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(6)])
        self.critic = lamina.Sequential([lamina.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
        self.seed_generator = lamina.random.SeedGenerator(5)

    def compile(self, d_optimizer, g_optimizer, loss_fn, **kwargs):
        super().compile(**kwargs)
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn
        self.d_loss, self.g_loss = lamina.metrics.Mean(name="d_loss"), lamina.metrics.Mean(name="g_loss")

    @property
    def metrics(self):
        return [self.d_loss, self.g_loss]

    def call(self, x):
        return self.critic(x)

    def train_step(self, real_data):
        batch = ops.shape(real_data)[0]
        noise = lamina.random.normal((batch, 4), seed=self.seed_generator)
        both = ops.concatenate([self.generator(noise), real_data], axis=0)
        labels = ops.concatenate([ops.ones((batch, 1)), ops.zeros((batch, 1))], axis=0)
        labels += 0.05 * lamina.random.uniform(ops.shape(labels), seed=self.seed_generator)
        with lamina.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.critic(both))
        weights = self.critic.trainable_weights
        self.d_optimizer.apply(tape.gradient(d_loss, weights), weights)
        noise = lamina.random.normal((batch, 4), seed=self.seed_generator)
        with lamina.GradientTape() as tape:
            g_loss = self.loss_fn(ops.zeros((batch, 1)), self.critic(self.generator(noise)))
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)
        self.d_loss.update_state(d_loss)
        self.g_loss.update_state(g_loss)
        return {"d_loss": self.d_loss.result(), "g_loss": self.g_loss.result()}


def test_gan():
    def run(run_eagerly):
        lamina.utils.set_random_seed(3)
        model = GAN()
        model.compile(
            d_optimizer=lamina.optimizers.Adam(0.01),
            g_optimizer=lamina.optimizers.Adam(0.01),
            loss_fn=lamina.losses.BinaryCrossentropy(from_logits=True),
            run_eagerly=run_eagerly,
        )
        history = model.fit(X, epochs=4, batch_size=16, verbose=0).history
        return model, history

    (traced, history), (eager, expected) = run(False), run(True)
    assert sorted(history) == ["d_loss", "g_loss"]
    for name in history:
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-4, atol=1e-5)
    for a, b in zip(traced.get_weights(), eager.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    assert int(traced.d_optimizer.iterations.numpy()) == 12


# ---- the other things that people write themselves


def own_loss(y_true, y_pred):
    return ops.mean(ops.where(ops.abs(y_true - y_pred) < 1.0, ops.square(y_true - y_pred), 2.0), axis=-1)


class Weighted(lamina.losses.Loss):
    def __init__(self, factor=2.0, name="weighted", **kwargs):
        super().__init__(name=name, **kwargs)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * ops.mean(ops.square(y_pred - y_true), axis=-1)


class Hits(lamina.metrics.Metric):
    def __init__(self, name="hits", **kwargs):
        super().__init__(name=name, **kwargs)
        self.hits = self.add_variable(shape=(), initializer="zeros", name="hits")
        self.inner = lamina.metrics.Mean(name="inner")

    def update_state(self, y_true, y_pred, sample_weight=None):
        close = ops.cast(ops.all(ops.abs(y_true - y_pred) < 1.0, axis=-1), "float32")
        self.hits.assign(self.hits + ops.sum(close))
        self.inner.update_state(close)

    def result(self):
        return self.hits

    def reset_state(self):
        self.hits.assign(0.0)
        self.inner.reset_state()


class Orthogonal(lamina.regularizers.Regularizer):
    def __call__(self, x):
        gram = ops.matmul(ops.transpose(x), x)
        return 0.01 * ops.sum(ops.square(gram - ops.eye(x.shape[1])))


class UnitColumns(lamina.constraints.Constraint):
    def __call__(self, w):
        return w / ops.maximum(1.0, ops.sqrt(ops.sum(ops.square(w), axis=0, keepdims=True)))


def small_start(shape, dtype=None):
    return lamina.random.normal(shape, stddev=0.05, dtype=dtype, seed=3)


class Warm(lamina.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.02 * ops.minimum(1.0, (ops.cast(step, "float32") + 1.0) / 5.0)

    def get_config(self):
        return {}


class SignDescent(lamina.optimizers.Optimizer):
    """An optimizer with a slot for each weight."""

    slots = ("memory",)

    def update_step(self, gradient, variable, learning_rate):
        memory = self.slot("memory", variable)
        self.assign(memory, 0.9 * memory.value + 0.1 * gradient)
        self.assign_sub(variable, learning_rate * ops.sign(memory.value))


class Drop(lamina.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.5 * float(self.model.optimizer.learning_rate)


@pytest.mark.parametrize(
    "arguments",
    [
        {"loss": own_loss, "metrics": [own_loss, Hits]},
        {"loss": Weighted(3.0), "metrics": [Weighted(1.0)]},
        {"optimizer": lambda: lamina.optimizers.SGD(Warm())},
        {"optimizer": lambda: SignDescent(0.01)},
        {"optimizer": lambda: SignDescent(Warm(), weight_decay=0.01, clipnorm=1.0)},
    ],
)
def test_losses_metrics_schedules_and_optimizers(arguments):
    def make():
        given = dict(arguments)
        if "optimizer" in given:
            given["optimizer"] = given["optimizer"]()
        given["metrics"] = [m() if isinstance(m, type) else m for m in given.get("metrics", [])]
        model = lamina.Sequential(
            [
                lamina.Input((6,)),
                layers.Dense(
                    4,
                    activation=lambda x: ops.softplus(x) - 0.5,
                    kernel_regularizer=Orthogonal(),
                    kernel_constraint=UnitColumns(),
                    kernel_initializer=small_start,
                ),
                layers.Dense(2),
            ]
        )
        model.compile(**{"optimizer": lamina.optimizers.Adam(0.01), "loss": "mse", **given})
        return model

    model = same_both_ways(make)
    assert np.linalg.norm(model.get_weights()[0], axis=0).max() < 1.0001


def test_callbacks_change_the_learning_rate():
    model, _ = train(Net, callbacks=[Drop()])
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01 / 8)
    eager, _ = train(Net, callbacks=[Drop()], run_eagerly=True)
    np.testing.assert_allclose(model.get_weights()[0], eager.get_weights()[0], rtol=1e-4, atol=1e-5)


def test_a_loop_written_by_hand():
    lamina.utils.set_random_seed(2)
    model = lamina.Sequential([lamina.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(3)])
    optimizer = lamina.optimizers.Adam(0.02)
    loss_fn = lamina.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy = lamina.metrics.SparseCategoricalAccuracy()
    losses = []
    for _ in range(15):
        accuracy.reset_state()
        with lamina.GradientTape() as tape:
            logits = model(X, training=True)
            loss = loss_fn(CLASSES, logits)
        optimizer.apply(tape.gradient(loss, model.trainable_weights), model.trainable_weights)
        accuracy.update_state(CLASSES, logits)
        losses.append(float(loss))
    assert losses[-1] < 0.9 * losses[0]
    compiled = lamina.Sequential([lamina.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(3)])
    lamina.utils.set_random_seed(2)
    compiled = lamina.Sequential([lamina.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(3)])
    compiled.compile(lamina.optimizers.Adam(0.02), loss_fn, metrics=["accuracy"])
    history = compiled.fit(X, CLASSES, batch_size=48, epochs=15, verbose=0, shuffle=False).history
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-4)
    assert history["accuracy"][-1] == pytest.approx(float(accuracy.result()))


# ---- pure calls


def ready_model(**arguments):
    lamina.utils.set_random_seed(4)
    model = lamina.Sequential(
        [
            lamina.Input((6,)),
            Linear(8, penalty=0.1),
            layers.BatchNormalization(),
            layers.Dropout(0.3, seed=2),
            layers.Dense(2, kernel_regularizer="l2"),
        ]
    )
    model.compile(lamina.optimizers.Adam(0.01), "mse", metrics=["mae"], **arguments)
    model.optimizer.build(model.trainable_variables)
    return model


def values(variables):
    return [v.value for v in variables]


def test_a_step_without_state_is_the_compiled_step():
    model, other = ready_model(), ready_model()
    before = [v.numpy() for v in model.variables]
    trainable, state = values(model.trainable_variables), values(model.non_trainable_variables)
    slots = values(model.optimizer.variables)
    for start in (0, 16, 32):
        x, y = X[start : start + 16], Y[start : start + 16]
        with lamina.GradientTape() as tape:
            tape.watch(trainable)
            y_pred, state, losses = model.stateless_call(trainable, state, x, training=True, return_losses=True)
            loss = ops.mean(ops.square(y - y_pred)) + sum(losses)
        gradients = tape.gradient(loss, trainable)
        trainable, slots = model.optimizer.stateless_apply(slots, gradients, trainable)
    for a, b in zip(model.variables, before):
        np.testing.assert_array_equal(a.numpy(), b)  # nothing has changed yet
    assert int(model.optimizer.iterations.numpy()) == 0
    for group, new in (
        (model.trainable_variables, trainable),
        (model.non_trainable_variables, state),
        (model.optimizer.variables, slots),
    ):
        for variable, value in zip(group, new):
            variable.assign(value)
    other.fit(X, Y, batch_size=16, epochs=1, shuffle=False, verbose=0)
    for a, b in zip(model.variables, other.variables):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-5, err_msg=a.path)
    for a, b in zip(model.optimizer.variables, other.optimizer.variables):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-3, atol=1e-5, err_msg=a.path)


def test_stateless_compute_loss():
    model = ready_model()
    trainable, state = values(model.trainable_variables), values(model.non_trainable_variables)
    y_pred, state = model.stateless_call(trainable, state, X, training=False)
    halved = [t * 0.5 for t in trainable]
    metrics = values(model.metrics_variables)
    loss, (same, _, new_metrics) = model.stateless_compute_loss(halved, state, metrics, X, Y, y_pred, None)
    assert same is halved
    assert len(new_metrics) == len(metrics)
    penalty = 0.01 * 0.25 * (model.layers[-1].kernel.numpy() ** 2).sum()
    added = 0.1 * (X**2).mean()  # what `add_loss` was given in the last call
    assert float(loss) == pytest.approx(((Y - y_pred.numpy()) ** 2).mean() + penalty + added, rel=1e-4)


def test_metrics_without_state():
    metric = lamina.metrics.Mean()
    start = metric.stateless_reset_state()
    state = metric.stateless_update_state(start, [1.0, 3.0])
    state = metric.stateless_update_state(state, [5.0], sample_weight=[2.0])
    assert float(metric.stateless_result(state)) == 3.5
    assert [float(v) for v in metric.variables] == [0.0, 0.0]
    metric.update_state([7.0])
    assert [float(v) for v in metric.stateless_reset_state()] == [0.0, 0.0]
    assert float(metric.result()) == 7.0


def test_pure_calls_inside_a_traced_step():
    class Pure(lamina.Model):
        def __init__(self):
            super().__init__()
            self.net = lamina.Sequential([lamina.Input((6,)), layers.BatchNormalization(), layers.Dense(2)])

        def call(self, x):
            return self.net(x)

        def train_step(self, data):
            x, y = data
            trainable = [v.value for v in self.net.trainable_variables]
            state = [v.value for v in self.net.non_trainable_variables]
            with lamina.GradientTape() as tape:
                tape.watch(trainable)
                y_pred, state = self.net.stateless_call(trainable, state, x, training=True)
                loss = ops.mean(ops.square(y - y_pred))
            for variable, gradient in zip(self.net.trainable_variables, tape.gradient(loss, trainable)):
                variable.assign_sub(0.1 * gradient)
            for variable, value in zip(self.net.non_trainable_variables, state):
                variable.assign(value)
            return {"loss": loss}

    same_both_ways(Pure)


def test_errors_of_pure_calls():
    model = ready_model()
    trainable, state = values(model.trainable_variables), values(model.non_trainable_variables)
    with pytest.raises(ValueError, match="`trainable_variables` does not fit"):
        model.stateless_call(trainable[1:], state, X)
    with pytest.raises(ValueError, match="`non_trainable_variables` does not fit"):
        model.stateless_call(trainable, [], X)
    with pytest.raises(ValueError, match="no weights yet"):
        Linear(3).stateless_call([], [], X)
    with pytest.raises(ValueError, match="does not have its shape"):
        model.stateless_call([trainable[1], trainable[0], *trainable[2:]], state, X)
    with pytest.raises(ValueError, match="`optimizer_variables` does not fit"):
        model.optimizer.stateless_apply([], trainable, trainable)
    with pytest.raises(ValueError, match="build"):
        lamina.optimizers.SGD(0.1).stateless_apply([], trainable, trainable)
    with pytest.raises(ValueError, match="`metric_variables` does not fit"):
        lamina.metrics.Mean().stateless_update_state([0.0], [1.0])
    with pytest.raises(ValueError, match="belongs to no variable"):
        lamina.StatelessScope([(1.0, 2.0)])


# ---- scopes and functions


def test_stateless_scope():
    v, w = lamina.Variable([1.0, 2.0]), lamina.Variable(3.0)
    with lamina.StatelessScope([(v, [5.0, 6.0])]) as scope:
        assert (v + 1.0).numpy().tolist() == [6.0, 7.0]
        assert v.numpy().tolist() == [5.0, 6.0]
        v.assign_sub([1.0, 1.0])
        with lamina.StatelessScope() as inner:
            w.assign(9.0)
            assert float(w) == 9.0
        assert float(w) == 3.0
        assert float(inner.get_current_value(w)) == 9.0
    assert scope.get_current_value(v).numpy().tolist() == [4.0, 5.0]
    assert scope.get_current_value(w) is None
    assert v.numpy().tolist() == [1.0, 2.0]
    model = ready_model()
    with lamina.StatelessScope([(p, p * 0.0) for p in model.trainable_weights]):
        assert (model(X).numpy() == 0).all()
    assert (model(X).numpy() != 0).any()


def test_name_scope_and_device():
    with lamina.name_scope("outer"), lamina.name_scope("inner"):
        assert lamina.Variable(1.0, name="v").path == "outer/inner/v"
    with lamina.device("cpu"), lamina.device("CPU:0"):
        assert float(ops.sum([1.0, 2.0])) == 3.0
    for name in ("gpu", "gpu:0", "cpu:1", 0):
        with pytest.raises(ValueError, match="device: there is no such device"), lamina.device(name):
            pass


def test_symbolic_scope():
    with lamina.SymbolicScope():
        assert ops.sum(lamina.Variable([1.0, 2.0])).is_symbolic
    assert not ops.sum(lamina.Variable([1.0, 2.0])).is_symbolic


def test_function():
    a, b = lamina.KerasTensor((None, 2, 3)), lamina.KerasTensor((None, 2, 3))
    function = lamina.Function(inputs=[a, b], outputs={"y": ops.sigmoid(a + b), "z": ops.sum(a, axis=-1)})
    x, y = real(4, 2, 3), real(4, 2, 3, seed=1)
    found = function([x, y])
    np.testing.assert_allclose(found["y"].numpy(), 1 / (1 + np.exp(-x - y)), rtol=1e-5)
    assert function.compute_output_shape([(5, 2, 3), (5, 2, 3)]) == {"y": (5, 2, 3), "z": (5, 2)}
    assert len(function.inputs) == 2
    assert len(function.outputs) == 2
    c = lamina.Input((2, 3))
    model = lamina.Model(c, function([c, c * 2.0])["z"])
    np.testing.assert_allclose(model.predict(x, verbose=0), x.sum(-1), rtol=1e-5, atol=1e-6)
    for inputs, outputs in (([], [a]), ([a], [])):
        with pytest.raises(ValueError, match="Function: there are no"):
            lamina.Function(inputs, outputs)
    with pytest.raises(ValueError, match="not among its inputs"):
        lamina.Function([a], ops.sigmoid(b))


def test_variable():
    v = lamina.Variable(lambda shape, dtype: ops.ones(shape, dtype), shape=(2, 3), dtype="float32", name="v")
    assert (v.shape, v.dtype, v.ndim, v.trainable, v.name) == ((2, 3), "float32", 2, True, "v")
    v.assign(v * 2.0)
    v.assign_add(np.ones((2, 3)))
    assert (v.numpy() == 3.0).all()
    assert ops.sum(v[0] @ ops.transpose(v)).numpy() == 54.0
    assert np.asarray(v).shape == (2, 3)


# ---- what cannot be traced


def if_on_data(x):
    if ops.sum(x) > 0:  # this line
        return x
    return -x


def number_of_data(x):
    return x * float(ops.max(x))  # this line


def array_of_data(x):
    return x * x.numpy().mean()  # this line


def numpy_function(x):
    return x * np.asarray(x).max()  # this line


def one_number(x):
    return x * ops.max(x).item()  # this line


def loop_over_batch(x):
    return ops.stack([row * 2.0 for row in x])  # this line


def loop_over_size(x):
    return ops.stack([x[i] * 2.0 for i in range(ops.shape(x)[0])])  # this line


def index_from_data(x):
    return x[:, int(ops.argmax(x[0]))]  # this line


FUNCTIONS = [
    (if_on_data, r"bool\(\) of a tensor"),
    (number_of_data, r"float\(\) of a tensor"),
    (array_of_data, r"numpy\(\) of a tensor"),
    (numpy_function, "A NumPy array of a tensor"),
    (one_number, r"item\(\) of a tensor"),
    (loop_over_batch, "The length of a tensor"),
    (loop_over_size, "A size"),
    (index_from_data, r"int\(\) of a tensor"),
]


def line_of(function):
    code = function.__code__
    lines = Path(__file__).read_text().splitlines()
    return next(i for i in range(code.co_firstlineno, len(lines) + 1) if "# this line" in lines[i - 1])


@pytest.mark.parametrize(("function", "what"), FUNCTIONS, ids=lambda p: getattr(p, "__name__", ""))
def test_untraceable_code_is_named_and_runs_eagerly(function, what):
    class Own(lamina.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return function(self.dense(x))

    model = Own()
    model.compile("sgd", "mse")
    y = real(48, seed=1) if function is index_from_data else Y
    for run in (lambda: model.predict(X, verbose=0), lambda: model.fit(X, y, verbose=0)):
        with pytest.raises(TypeError, match=what) as error:
            run()
        text = str(error.value)
        assert f"in {__file__}, line {line_of(function)}," in text
        assert "run once on symbols" in text
        assert "run_eagerly=True" in text
        assert "lamina.ops." in text
    eager = Own()
    eager.compile("sgd", "mse", run_eagerly=True)
    history = eager.fit(X, y, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(eager.predict(X, verbose=0)).all()
    assert np.isfinite(eager.evaluate(X, y, verbose=0))


def test_untraceable_code_in_a_step_and_in_a_graph():
    class Own(Net):
        def train_step(self, data):
            logs = super().train_step(data)
            self.seen = logs["loss"].numpy()  # this line
            return logs

    model = Own()
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=r"numpy\(\) of a tensor") as error:
        model.fit(X, Y, verbose=0)
    assert f"in {__file__}, line {line_of(Own.train_step)}," in str(error.value)
    eager = Own()
    eager.compile("sgd", "mse", run_eagerly=True)
    eager.fit(X, Y, verbose=0)
    assert np.isfinite(eager.seen)
    with pytest.raises(TypeError, match=r"bool\(\) of a tensor"):
        layers.Lambda(if_on_data)(lamina.Input((3,)))


def test_the_ways_on():
    def chosen(x):
        return ops.cond(ops.sum(x) > 0, lambda: x, lambda: -x) + ops.where(x > 0, x, 0.0)

    def make():
        return lamina.Sequential([lamina.Input((6,)), layers.Dense(2), layers.Lambda(chosen), layers.Dense(2)])

    same_both_ways(make, learns=None)


class WeightedStep(Net):
    """A step that knows sample weights."""

    def train_step(self, data):
        x, y, sample_weight = lamina.utils.unpack_x_y_sample_weight(data)
        with lamina.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {**self.compute_metrics(x, y, y_pred, sample_weight=sample_weight), "loss": loss}


def test_sample_weights_in_own_steps():
    weights = np.linspace(0.1, 2.0, 48).astype("float32")
    arguments = {"weighted_metrics": ["mae"]}
    weighted = same_both_ways(WeightedStep, compile_arguments=arguments, sample_weight=weights, shuffle=False)
    plain, _ = train(Net, compile_arguments=arguments, sample_weight=weights, shuffle=False)
    for a, b in zip(weighted.get_weights(), plain.get_weights()):
        np.testing.assert_array_equal(a, b)


@lamina.saving.register_keras_serializable("custom")
class Classifier(lamina.Model):
    """A subclassed model that can be saved."""

    def __init__(self, hidden=8, **kwargs):
        super().__init__(**kwargs)
        self.hidden = hidden
        self.blocks = [Linear(hidden, penalty=0.01), layers.BatchNormalization(), Linear(3)]

    def call(self, x, training=None):
        for block in self.blocks:
            x = block(x, training=training)
        return ops.softmax(x)

    def get_config(self):
        return {**super().get_config(), "hidden": self.hidden}


def test_a_subclassed_model_is_saved_and_goes_on(tmp_path):
    arguments = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    model = same_both_ways(Classifier, y=CLASSES, compile_arguments=arguments)
    model.save(tmp_path / "m.lamina")
    loaded = lamina.models.load_model(tmp_path / "m.lamina")
    assert type(loaded) is Classifier
    assert loaded.hidden == 8
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    for one in (model, loaded):
        one.fit(X, CLASSES, epochs=2, verbose=0)
    for a, b in zip(loaded.variables, model.variables):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=b.path)
