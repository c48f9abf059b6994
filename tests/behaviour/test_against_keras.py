"""Training as a whole against Keras: the same weights, data and order must give the same logs and new weights."""

import numpy as np
import pytest

import lamina

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras on NumPy 2

N = 70  # two batches of 32 and one of 6: the uneven last batch must count right


def _data(rng, classes=3, features=5):
    x = rng.standard_normal((N, features)).astype("float32")
    y = np.argmax(x[:, :classes] + 0.1 * rng.standard_normal((N, classes)), axis=1)
    return x, y


def _classifier(k, activation="softmax", units=3, regularizer=None):
    x = k.Input((5,))
    h = k.layers.Dense(8, activation="tanh", kernel_regularizer=regularizer)(x)
    return k.Model(x, k.layers.Dense(units, activation=activation)(h))


def _pair(build, compile_arguments):
    """The same model in both libraries, compiled alike."""
    theirs, ours = build(keras), build(lamina)
    ours.set_weights(theirs.get_weights())
    theirs.compile(**compile_arguments(keras))
    ours.compile(**compile_arguments(lamina))
    return theirs, ours


def _same_logs(theirs, ours, tolerance=2e-5):
    assert list(theirs) == list(ours)
    for name in theirs:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=tolerance, atol=tolerance, err_msg=name)


def _same_weights(theirs, ours, tolerance=2e-5):
    for a, b in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "RMSprop"])
def test_history_and_weights(rng, optimizer):
    x, y = _data(rng)
    theirs, ours = _pair(
        _classifier,
        lambda k: {
            "optimizer": getattr(k.optimizers, optimizer)(0.01),
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
        },
    )
    arguments = {"epochs": 3, "shuffle": False, "verbose": 0, "validation_split": 0.25}
    a, b = theirs.fit(x, y, **arguments), ours.fit(x, y, **arguments)
    _same_logs(a.history, b.history)
    assert a.epoch == b.epoch
    _same_weights(theirs, ours)


def test_regularizers_and_uneven_batches(rng):
    x, y = _data(rng)
    theirs, ours = _pair(
        lambda k: _classifier(k, regularizer=k.regularizers.L2(0.05)),
        lambda k: {"optimizer": k.optimizers.SGD(0.1), "loss": "sparse_categorical_crossentropy"},
    )
    a, b = (m.fit(x, y, epochs=2, shuffle=False, verbose=0) for m in (theirs, ours))
    _same_logs(a.history, b.history)
    np.testing.assert_allclose(ours.evaluate(x, y, verbose=0), theirs.evaluate(x, y, verbose=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("activation", "units", "loss", "labels"),
    [
        ("sigmoid", 1, "binary_crossentropy", lambda y: (y > 0).astype("float32")),
        ("softmax", 3, "categorical_crossentropy", lambda y: np.eye(3, dtype="float32")[y]),
        (None, 1, "mse", lambda y: y.astype("float32")[:, None]),
        (None, 1, "mae", lambda y: y.astype("float32")),
    ],
)
def test_losses_and_resolved_accuracy(rng, activation, units, loss, labels):
    x, y = _data(rng)
    theirs, ours = _pair(
        lambda k: _classifier(k, activation, units),
        lambda k: {
            "optimizer": k.optimizers.SGD(0.05),
            "loss": loss,
            "metrics": ["accuracy"] if activation else ["mse", "mae"],
        },
    )
    a, b = (m.fit(x, labels(y), epochs=2, shuffle=False, verbose=0) for m in (theirs, ours))
    _same_logs(a.history, b.history)


def test_weights_per_sample_and_per_class(rng):
    x, y = _data(rng)
    weights = rng.uniform(0, 2, N).astype("float32")
    for arguments in ({"sample_weight": weights}, {"class_weight": {0: 0.5, 2: 3.0}}):
        theirs, ours = _pair(
            _classifier,
            lambda k: {
                "optimizer": k.optimizers.SGD(0.05),
                "loss": "sparse_categorical_crossentropy",
                "metrics": ["accuracy"],
                "weighted_metrics": ["accuracy"],
            },
        )
        a, b = (m.fit(x, y, epochs=2, shuffle=False, verbose=0, **arguments) for m in (theirs, ours))
        _same_logs(a.history, b.history)
        _same_weights(theirs, ours)


def _two_headed(k):
    a, b = k.Input((5,), name="a"), k.Input((3,), name="b")
    h = k.layers.Concatenate(name="join")([k.layers.Dense(4, activation="relu", name="left")(a), b])
    return k.Model(
        [a, b], [k.layers.Dense(1, name="value")(h), k.layers.Dense(3, activation="softmax", name="kind")(h)]
    )


@pytest.mark.parametrize("form", ["lists", "dicts"])
def test_several_inputs_and_outputs(rng, form):
    x, y = _data(rng)
    second = rng.standard_normal((N, 3)).astype("float32")
    value = x.sum(1, keepdims=True)
    losses = {"value": "mse", "kind": "sparse_categorical_crossentropy"}
    weights = {"value": 0.5, "kind": 2.0}
    metrics = {"kind": ["accuracy"], "value": ["mae"]}
    if form == "lists":
        data = ([x, second], [value, y])
        arguments = {"loss": list(losses.values()), "loss_weights": [0.5, 2.0], "metrics": [["mae"], ["accuracy"]]}
    else:
        data = ({"a": x, "b": second}, {"value": value, "kind": y})
        arguments = {"loss": losses, "loss_weights": weights, "metrics": metrics}
    theirs, ours = _pair(_two_headed, lambda k: {"optimizer": k.optimizers.SGD(0.05), **arguments})
    a, b = (m.fit(*data, epochs=2, shuffle=False, verbose=0, validation_split=0.2) for m in (theirs, ours))
    _same_logs(a.history, b.history)
    _same_weights(theirs, ours)
    np.testing.assert_allclose(ours.evaluate(*data, verbose=0), theirs.evaluate(*data, verbose=0), rtol=1e-5)
    for p, q in zip(theirs.predict(data[0], verbose=0), ours.predict(data[0], verbose=0), strict=True):
        np.testing.assert_allclose(q, p, rtol=1e-5, atol=1e-6)


def test_convolutional_net(rng):
    x = rng.standard_normal((40, 8, 8, 2)).astype("float32")
    y = rng.integers(0, 4, 40)

    def build(k):
        L = k.layers
        layers = [
            k.Input((8, 8, 2)),
            L.Conv2D(6, 3, padding="same", activation="relu"),
            L.BatchNormalization(),
            L.MaxPooling2D(),
            L.Conv2D(8, 3, strides=2),
            L.LayerNormalization(),
            L.Activation("relu"),
            L.GlobalAveragePooling2D(),
            L.Dense(4),
        ]
        return k.Sequential(layers)

    theirs, ours = _pair(
        build,
        lambda k: {
            "optimizer": k.optimizers.Adam(0.01),
            "loss": k.losses.SparseCategoricalCrossentropy(from_logits=True),
            "metrics": ["accuracy"],
        },
    )
    a, b = (
        m.fit(x, y, epochs=2, batch_size=16, shuffle=False, verbose=0, validation_data=(x, y)) for m in (theirs, ours)
    )
    _same_logs(a.history, b.history, 2e-4)


def test_train_and_test_on_batch(rng):
    x, y = _data(rng)
    theirs, ours = _pair(
        _classifier,
        lambda k: {
            "optimizer": k.optimizers.SGD(0.05),
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
        },
    )
    for start in (0, 20, 40):
        part = slice(start, start + 20)
        expected = theirs.train_on_batch(x[part], y[part], return_dict=True)
        got = ours.train_on_batch(x[part], y[part], return_dict=True)
        _same_logs({k: float(v) for k, v in sorted(expected.items())}, got)
    np.testing.assert_allclose(ours.test_on_batch(x, y), [float(v) for v in theirs.test_on_batch(x, y)], rtol=1e-5)
    np.testing.assert_allclose(ours.predict_on_batch(x), theirs.predict_on_batch(x), rtol=1e-5, atol=1e-6)


def test_embedding_with_mask(rng):
    ids = rng.integers(0, 6, (N, 4))
    y = (ids.sum(1) > 10).astype("float32")

    def build(k):
        x = k.Input((4,), dtype="int32")
        h = k.layers.Embedding(6, 3, mask_zero=True)(x)
        h = k.layers.Dense(4, activation="relu")(h)
        h = k.layers.GlobalAveragePooling1D()(h)
        return k.Model(x, k.layers.Dense(1, activation="sigmoid")(h))

    ids[:, 0] = 1  # no row without any entry: its mean is not a number
    theirs, ours = _pair(build, lambda k: {"optimizer": k.optimizers.SGD(0.1), "loss": "binary_crossentropy"})
    a, b = (m.fit(ids, y, epochs=2, shuffle=False, verbose=0) for m in (theirs, ours))
    _same_logs(a.history, b.history)


def test_masked_loss(rng):
    ids = rng.integers(0, 6, (N, 4))
    y = rng.standard_normal((N, 4, 2)).astype("float32")

    def build(k):
        x = k.Input((4,), dtype="int32")
        return k.Model(x, k.layers.Dense(2)(k.layers.Embedding(6, 3, mask_zero=True)(x)))

    theirs, ours = _pair(build, lambda k: {"optimizer": k.optimizers.SGD(0.1), "loss": "mse", "metrics": ["mae"]})
    a, b = (m.fit(ids, y, epochs=2, shuffle=False, verbose=0) for m in (theirs, ours))
    # Keras on JAX loses the mask between the loss and the metrics of a training step, but not when it evaluates.
    np.testing.assert_allclose(b.history["loss"], a.history["loss"], rtol=2e-5)
    np.testing.assert_allclose(ours.evaluate(ids, y, verbose=0), theirs.evaluate(ids, y, verbose=0), rtol=2e-5)


def test_configurations_are_readable_by_keras():
    ours = _two_headed(lamina)
    theirs = keras.Model.from_config(ours.get_config())
    assert [layer.name for layer in theirs.layers] == [layer.name for layer in ours.layers]
    assert [w.shape for w in theirs.weights] == [w.shape for w in ours.weights]
    back = lamina.Functional.from_config(theirs.get_config())
    assert [w.shape for w in back.weights] == [w.shape for w in ours.weights]


def test_order_of_layers_and_weights():
    def build(k):
        a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
        shared = k.layers.Dense(4, name="shared")
        p, q = shared(a), k.layers.Dense(4, name="deep")(k.layers.Dense(4, name="first")(b))
        r = k.layers.Add(name="sum")([shared(q), p])
        return k.Model([a, b], [k.layers.Dense(2, name="out")(r), k.layers.BatchNormalization(name="norm")(p)])

    theirs, ours = build(keras), build(lamina)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]


def test_activity_regularizer(rng):
    x, y = _data(rng)

    def build(k):
        i = k.Input((5,))
        return k.Model(i, k.layers.Dense(3, activation="softmax", activity_regularizer=k.regularizers.L1(0.1))(i))

    theirs, ours = _pair(
        build, lambda k: {"optimizer": k.optimizers.SGD(0.1), "loss": "sparse_categorical_crossentropy"}
    )
    a, b = (m.fit(x, y, epochs=2, shuffle=False, verbose=0) for m in (theirs, ours))
    _same_logs(a.history, b.history)
