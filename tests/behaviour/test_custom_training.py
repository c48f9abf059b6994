"""Models, steps, losses and the like as users write them: traced and eager training have to agree."""

import numpy as np
import pytest
from cases.custom import CLASSES, Linear, Net, X, Y, real, same_both_ways, train

import lamina
from lamina import layers, ops


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


@pytest.mark.parametrize("eagerly", [False, True])
def test_weights_are_updated_twice_in_one_step(eagerly):
    class Twice(lamina.Model):
        def __init__(self):
            super().__init__()
            self.head = layers.Dense(1, use_bias=False, kernel_initializer="ones")

        def call(self, inputs):
            return self.head(inputs)

        def train_step(self, data):
            x, y = data
            weights = self.trainable_weights
            for _ in range(2):
                with lamina.GradientTape() as tape:
                    loss = ops.mean(ops.square(self(x, training=True) - y))
                self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"loss": loss}

    model = Twice()
    model.compile(lamina.optimizers.SGD(0.1), run_eagerly=eagerly)
    x = np.ones((4, 1), "float32")
    history = model.fit(x, 0.0 * x, verbose=0).history
    # The gradient is 2 w: each update multiplies w by 0.8.
    np.testing.assert_allclose(model.get_weights()[0], [[0.64]], rtol=1e-6)
    np.testing.assert_allclose(history["loss"], [0.64], rtol=1e-6)


@pytest.mark.parametrize("eagerly", [False, True])
def test_a_gradient_is_taken_where_the_layer_has_set_its_weight(eagerly):
    class Halving(layers.Layer):
        def build(self, input_shape):
            self.factor = self.add_weight((1,), "ones", name="factor")

        def call(self, inputs):
            self.factor.assign(self.factor * 0.5)
            return inputs * self.factor

    model = lamina.Sequential([lamina.Input((1,)), Halving()])
    model.compile(lamina.optimizers.SGD(0.1), "mse", run_eagerly=eagerly)
    x = np.ones((4, 1), "float32")
    model.fit(x, 0.0 * x, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], [0.5 - 0.1 * 2 * 0.5], rtol=1e-6)
