"""fit, evaluate and predict: data in all forms, order, repeatability, own steps, and what is refused."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops


def make(units=1, activation=None, loss="mse", optimizer="sgd", metrics=None, **arguments):
    lamina.utils.set_random_seed(3)
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(units, activation=activation)])
    model.compile(optimizer, loss, metrics=metrics, **arguments)
    return model


@pytest.fixture
def data(rng):
    x = rng.standard_normal((50, 4)).astype("float32")
    return x, x.sum(1, keepdims=True)


def test_the_same_seed_gives_the_same_bits(data):
    results = []
    for threads in (1, 2, 2):
        lamina.config.set_num_threads(threads)
        model = make()
        history = model.fit(*data, epochs=3, verbose=0).history
        results.append((history, model.get_weights()))
    for history, weights in results[1:]:
        assert history == results[0][0]
        for a, b in zip(weights, results[0][1], strict=True):
            np.testing.assert_array_equal(a, b)


def test_order_of_samples_is_that_of_the_sampler(data):
    x, y = data
    model, other = make(), make()
    model.fit(x, y, epochs=2, verbose=0)
    seed = int(other._sampler[0].value.item())
    for epoch in range(2):
        order = lamina._core.permutation(50, seed, epoch).numpy()
        assert sorted(order) == list(range(50))
        other.fit(x[order], y[order], shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert int(model._sampler[1].value.item()) == 2


def test_steps_per_epoch_goes_on_where_it_stopped(data):
    x, y = data
    whole, parts = make(), make()
    whole.fit(x, y, batch_size=10, epochs=2, verbose=0)
    history = parts.fit(x, y, batch_size=10, epochs=5, steps_per_epoch=2, verbose=0)
    assert history.params["steps"] == 2
    for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_all_forms_of_data_are_alike(data):
    x, y = data
    expected = make().fit(x, y, shuffle=False, batch_size=10, epochs=2, verbose=0).history["loss"]

    class Reader:
        def __len__(self):
            return 5

        def __getitem__(self, i):
            return x[10 * i : 10 * i + 10], y[10 * i : 10 * i + 10]

    def endless():
        while True:
            yield from (Reader()[i] for i in range(5))

    tensor = lamina.ops.convert_to_tensor
    for arguments, keywords in (
        ((x.astype("float64"), y.astype("float64")), {"batch_size": 10}),
        ((x.tolist(), y.tolist()), {"batch_size": 10}),
        ((tensor(x), tensor(y)), {"batch_size": 10}),
        (([x], [y]), {"batch_size": 10}),
        ((np.asfortranarray(x), y[::-1][::-1]), {"batch_size": 10}),
        ((Reader(),), {}),
        ((endless(),), {"steps_per_epoch": 5}),
    ):
        got = make().fit(*arguments, shuffle=False, epochs=2, verbose=0, **keywords).history["loss"]
        np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_data_are_not_changed(data):
    x, y = data
    a, b = x.copy(), y.copy()
    model = make()
    model.fit(x, y, verbose=0)
    out = model.predict(x, verbose=0)
    out += 1  # results belong to the caller
    np.testing.assert_array_equal(x, a)
    np.testing.assert_array_equal(y, b)


def test_uneven_last_batch_is_exact(data):
    x, y = data
    model = make()
    expected = float(np.mean((model.predict(x, verbose=0) - y) ** 2))
    for size in (7, 16, 50, 64):
        assert model.evaluate(x, y, batch_size=size, verbose=0) == pytest.approx(expected, rel=1e-5)
        np.testing.assert_allclose(model.predict(x, batch_size=size, verbose=0), model.predict_on_batch(x), rtol=1e-5)


def test_validation(data):
    x, y = data
    model = make(metrics=["mae"])
    history = model.fit(x, y, epochs=4, validation_split=0.2, validation_freq=2, verbose=0).history
    assert len(history["loss"]) == 4
    assert len(history["val_mae"]) == 2
    assert history["val_loss"][-1] == pytest.approx(model.evaluate(x[40:], y[40:], verbose=0)[0], rel=1e-6)
    weights = np.linspace(0, 1, 50).astype("float32")
    history = model.fit(x, y, validation_data=(x, y, weights), verbose=0).history
    assert history["val_loss"][0] == pytest.approx(model.evaluate(x, y, sample_weight=weights, verbose=0)[0], rel=1e-6)
    model.fit(x, y, validation_data=iter([(x, y)]), verbose=0)


def test_validation_split_takes_the_weights_along(data):
    x, y = data
    w = np.r_[np.ones(40), np.zeros(10)].astype("float32")
    history = make().fit(x, y, sample_weight=w, validation_split=0.2, verbose=0).history
    assert history["val_loss"] == [0.0]


def test_sample_weights_are_a_mean_over_the_batch(data):
    x, y = data
    model = make(weighted_metrics=["mse"], metrics=["mse"])
    w = np.arange(50, dtype="float32")
    logs = model.evaluate(x, y, sample_weight=w, batch_size=50, verbose=0, return_dict=True)
    squares = ((model.predict(x, verbose=0) - y) ** 2)[:, 0]
    assert logs["loss"] == pytest.approx(np.mean(w * squares), rel=1e-5)
    assert logs["mse"] == pytest.approx(squares.mean(), rel=1e-5)
    assert logs["weighted_mse"] == pytest.approx(np.average(squares, weights=w), rel=1e-5)


def test_class_weights(data):
    x, _ = data
    y = (x[:, 0] > 0).astype("int64")
    model = make(2, "softmax", "sparse_categorical_crossentropy")
    one_hot = make(2, "softmax", "categorical_crossentropy")
    weights = {1: 5.0}
    a = model.fit(x, y, class_weight=weights, shuffle=False, verbose=0).history
    b = one_hot.fit(x, np.eye(2)[y], class_weight=weights, shuffle=False, verbose=0).history
    c = make(2, "softmax", "sparse_categorical_crossentropy").fit(
        x, y, sample_weight=np.where(y == 1, 5.0, 1.0), shuffle=False, verbose=0
    )
    assert a["loss"] == pytest.approx(c.history["loss"], rel=1e-6)
    assert a["loss"] == pytest.approx(b["loss"], rel=1e-5)


def test_changed_trainable_counts_at_the_next_fit(data):
    model = make()
    model.fit(*data, verbose=0)
    before = model.get_weights()
    model.layers[0].trainable = False
    model.fit(*data, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    model.layers[0].trainable = True
    model.fit(*data, verbose=0)
    assert not np.array_equal(model.get_weights()[0], before[0])


def test_learning_rate_may_be_changed_between_fits(data):
    model = make()
    model.fit(*data, verbose=0)
    model.optimizer.learning_rate = 0.0
    before = model.get_weights()
    model.fit(*data, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_own_train_step(data):
    class Own(lamina.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)
            self.seen = lamina.metrics.Mean(name="seen")

        def call(self, inputs):
            return self.dense(inputs)

        def train_step(self, batch):
            x, y = batch
            with lamina.GradientTape() as tape:
                loss = ops.mean(ops.square(self(x, training=True) - y))
            weights = self.trainable_variables
            self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
            self.seen.update_state(loss)
            return {"seen": self.seen.result(), "last": loss}

    model = Own()
    model.compile("sgd")
    history = model.fit(*data, epochs=30, verbose=0).history
    assert sorted(history) == ["last", "seen"]
    assert history["seen"][-1] < 0.5 * history["seen"][0]
    assert model.metrics[-1] is model.seen


def test_own_compute_loss_and_add_loss(data):
    class Own(lamina.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, inputs):
            y = self.dense(inputs)
            self.add_loss(ops.mean(y * 0) + 3.0)
            return y

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return super().compute_loss(x, y, y_pred, sample_weight, training) + 4.0

    model = Own()
    model.compile("sgd", "mse")
    assert model.evaluate(*data, verbose=0) > 7.0
    model.fit(*data, verbose=0)


def test_own_loss_and_metric_functions(data):
    def my_loss(y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred), axis=-1)

    def my_metric(y_true, y_pred):
        return ops.max(y_true - y_pred, axis=-1)

    model = make(loss=my_loss, metrics=[my_metric, "mae"])
    logs = model.evaluate(*data, verbose=0, return_dict=True)
    assert sorted(logs) == ["loss", "mae", "my_metric"]
    assert logs["loss"] == pytest.approx(logs["mae"], rel=1e-6)


def test_eager_and_traced_training_agree(data):
    a, b = make(metrics=["mae"]), make(metrics=["mae"], run_eagerly=True)
    h, k = (m.fit(*data, epochs=2, verbose=0, validation_split=0.1).history for m in (a, b))
    for name in h:
        np.testing.assert_allclose(k[name], h[name], rtol=1e-5)
    np.testing.assert_allclose(b.predict(data[0], verbose=0), a.predict(data[0], verbose=0), rtol=1e-5)
    np.testing.assert_allclose(b.predict_on_batch(data[0]), a.predict_on_batch(data[0]), rtol=1e-5)


def test_control_flow_on_data_is_explained(data):
    class Own(lamina.Model):
        def call(self, inputs):
            if ops.sum(inputs) > 0:
                return inputs
            return -inputs

    model = Own()
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="run_eagerly=True"):
        model.predict(data[0], verbose=0)
    eager = Own()
    eager.compile("sgd", "mse", run_eagerly=True)
    assert eager.predict(data[0], verbose=0).shape == (50, 4)


def test_predict_structures(data):
    x = lamina.Input((4,))
    model = lamina.Model(x, {"a": x + 1, "b": [x * 2, ops.sum(x, axis=1)]})
    out = model.predict(data[0], batch_size=7, verbose=0)
    assert out["b"][1].shape == (50,)
    np.testing.assert_allclose(out["a"], data[0] + 1)
    out = model.predict_on_batch(data[0][:1])
    assert out["b"][0].shape == (1, 4)
    batches = (data[0][i : i + 20] for i in range(0, 50, 20))
    assert model.predict(batches, verbose=0)["a"].shape == (50, 4)
    assert model.predict(data[0], batch_size=10, steps=2, verbose=0)["a"].shape == (20, 4)


def test_float64_models(data):
    x, y = (d.astype("float64") for d in data)
    lamina.config.set_floatx("float64")
    model = make()
    model.fit(x, y, verbose=0)
    assert model.predict(x, verbose=0).dtype == np.float64
    assert model.get_weights()[0].dtype == np.float64


def test_a_step_allocates_nothing(data):
    x, y = (np.tile(d, (40, 1)) for d in data)
    model = make(optimizer="adam", metrics=["mae"])
    model.fit(x, y, batch_size=10, verbose=0)
    step = model._step("train_step", lamina.models.arrays.prepare(x, y))
    leaves = lamina.models.arrays.prepare(x, y).leaves
    step.program.run_batches("train_step", leaves, 10, 0, 2)
    counts = []
    for steps in (1, 150):
        before = lamina._core.allocation_count()
        step.program.run_batches("train_step", leaves, 10, 0, steps)
        counts.append(lamina._core.allocation_count() - before)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("verbose", [1, 2])
def test_what_is_printed(data, verbose, capsys):
    model = make(metrics=["mae"])
    model.fit(*data, epochs=2, verbose=verbose, validation_split=0.2)
    text = capsys.readouterr().out
    assert "Epoch 2/2" in text
    assert "val_mae: " in text
    assert "2/2" in text
    model.evaluate(*data, verbose=verbose)
    model.predict(data[0], verbose=verbose)
    assert "mae: " in capsys.readouterr().out
    model.fit(*data, verbose=0)
    assert capsys.readouterr().out == ""
