"""What bad data and bad settings get: an error that says what happened, what was expected, what came and what to do."""

import numpy as np
import pytest

import lamina
from lamina import layers

X, Y = np.ones((10, 4), "float32"), np.ones((10, 1), "float32")


def make(units=1, loss="mse", metrics=None):
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(units)])
    model.compile("sgd", loss, metrics=metrics)
    return model


def _four_parts(error):
    text = str(error.value)
    assert "Expected:" in text
    assert "Received:" in text
    assert text.rstrip().endswith((".", "?", ")"))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda m: m.fit(X[:0], Y[:0]), ValueError, "data are empty"),
        (lambda m: m.evaluate(X[:0], Y[:0]), ValueError, "data are empty"),
        (lambda m: m.predict(X[:0]), ValueError, "data are empty"),
        (lambda m: m.fit([], []), ValueError, "data are empty"),
        (lambda m: m.fit(X, Y[:7]), ValueError, r"different numbers of samples.*x: 10, y: 7"),
        (lambda m: m.fit(X, Y, sample_weight=np.ones(3)), ValueError, "sample_weight: 3"),
        (lambda m: m.fit(X, Y, batch_size=0), ValueError, "batch_size=0"),
        (lambda m: m.fit(X, Y, batch_size=2.5), ValueError, "batch_size"),
        (lambda m: m.fit(X, Y, validation_split=1.5), ValueError, "not a share"),
        (lambda m: m.fit(X[:1], Y[:1], validation_split=0.5), ValueError, "too few to be split"),
        (lambda m: m.fit(X, Y, class_weight={0: 1.0}, sample_weight=np.ones(10)), ValueError, "Two kinds of weights"),
        (lambda m: m.fit(X, Y, class_weight=[1.0]), ValueError, "not a dict"),
        (lambda m: m.fit(X), ValueError, "needs labels"),
        (lambda m: m.fit(None, Y), ValueError, "no inputs"),
        (lambda m: m.fit(X[0], Y), ValueError, "different numbers of samples"),
        (lambda m: m.fit(X[:, :3], Y), ValueError, r"does not fit.*\(None, 4\).*\(None, 3\)"),
        (lambda m: m.predict(np.ones((2, 4, 4, 4))), ValueError, r"does not fit.*\(None, 4, 4, 4\)"),
        (lambda m: m.predict(np.float32(3)), ValueError, "no axis of samples"),
        (lambda m: m.fit(np.array([["a"] * 4] * 10), Y), TypeError, "does not take texts.*StringLookup"),
        (lambda m: m.fit([[1, 2, 3, 4], [1, 2]], Y[:2]), (TypeError, ValueError), ""),
        (lambda m: m.fit(iter([(X, Y)]), Y), ValueError, "cannot be combined"),
        (lambda m: m.fit(iter([(X, Y)]), batch_size=3), ValueError, "cannot be combined"),
        (lambda m: m.fit(iter([])), ValueError, "gave no batch"),
        (lambda m: m.fit(iter([(X, Y, Y, Y)])), ValueError, "batch is not readable"),
        (lambda m: m.fit(X, Y, verbose=7), ValueError, "verbose"),
        (lambda m: m.evaluate(X, Y, batchsize=3), ValueError, "unknown arguments"),
        (lambda m: m.fit(X, Y, epochs="3"), ValueError, "`epochs`.*'3'"),
        (lambda m: m.fit(X, Y, epochs=2.7), ValueError, "`epochs`.*2.7"),
        (lambda m: m.fit(X, Y, initial_epoch=-1), ValueError, "initial_epoch=-1"),
        (lambda m: m.fit(X, Y, validation_data=(X, Y), validation_freq=0), ValueError, "validation_freq=0"),
        (lambda m: m.fit(X, Y, validation_data=(X, Y), validation_freq=[1, "2"]), ValueError, "validation_freq"),
        (lambda m: m.fit(lambda: iter([(X, Y)])), TypeError, "`x` is a function.*call it"),
        (lambda m: m.predict("data.csv"), TypeError, "holds no numbers"),
        (lambda m: m.fit([X, X], Y), ValueError, "another number of inputs"),
        (lambda m: m.fit(X, [Y, Y]), ValueError, "labels do not fit"),
    ],
)
def test_bad_data(call, error, text):
    with pytest.raises(error, match=f"(?s){text}") as caught:
        call(make())
    if text:
        _four_parts(caught)


@pytest.mark.parametrize("bad", [3, -1, np.nan])
def test_labels_out_of_range(bad):
    y = np.zeros(10)
    y[4] = bad
    model = make(3, lamina.losses.SparseCategoricalCrossentropy(from_logits=True))
    for call in (lambda: model.fit(X, y, shuffle=False, verbose=0), lambda: model.evaluate(X, y, verbose=0)):
        with pytest.raises(ValueError, match="class label is out of range") as caught:
            call()
        _four_parts(caught)
    model.fit(X, np.zeros(10), verbose=0)  # usable as before
    assert np.isfinite(model.get_weights()[0]).all()


def test_ids_out_of_range():
    model = lamina.Sequential([lamina.Input((2,), dtype="int32"), layers.Embedding(5, 2)])
    for bad in (5, -6):
        with pytest.raises(ValueError, match="Expected"):
            model.predict(np.array([[0, bad]]), verbose=0)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"optimizer": "adamm"}, "(?i)unknown optimizer.*adam"),
        ({"loss": "msee"}, "(?i)unknown loss.*mse"),
        ({"metrics": ["acuracy"]}, "(?i)unknown metric"),
        ({"metrics": "accuracy"}, "not a list"),
        ({"loss": "mse", "loss_weights": "heavy"}, "loss_weights"),
    ],
)
def test_bad_settings(arguments, text):
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(1)])
    with pytest.raises(ValueError, match=f"(?s){text}") as caught:
        model.compile(**arguments)
    _four_parts(caught)


def test_outputs_that_do_not_exist():
    x = lamina.Input((4,))
    model = lamina.Model(x, [layers.Dense(1, name="a")(x), layers.Dense(1, name="b")(x)])
    for arguments in (
        {"loss": {"a": "mse", "c": "mse"}},
        {"loss": ["mse"]},
        {"loss": "mse", "metrics": {"c": ["mae"]}},
    ):
        model.compile("sgd", **arguments)
        with pytest.raises(ValueError, match="Expected"):
            model.fit(X, [Y, Y], verbose=0)
    model.compile("sgd", {"a": "mse"})
    with pytest.warns(UserWarning, match="No gradient reaches b/kernel"):
        assert sorted(model.fit(X, [Y, Y], verbose=0).history) == ["loss"]
    with pytest.raises(ValueError, match="one output"):
        model.fit(X, [Y, Y], class_weight={0: 1.0})


def test_not_compiled():
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(1)])
    for name in ("fit", "evaluate", "train_on_batch", "test_on_batch"):
        with pytest.raises(ValueError, match=f"{name}.*not compiled"):
            getattr(model, name)(X, Y)
    assert model.predict(X, verbose=0).shape == (10, 1)  # needs no compile
    model.compile("sgd")
    with pytest.raises(ValueError, match="nothing to train"):
        model.fit(X, Y, verbose=0)


def test_an_error_leaves_the_model_usable():
    model = make()
    model.fit(X, Y, verbose=0)
    with pytest.raises(ValueError, match="does not fit"):
        model.fit(X[:, :2], Y, verbose=1)
    model.fit(X, Y, verbose=0)


def test_generator_that_ends_early_warns():
    with pytest.warns(UserWarning, match="ended after 1 of 3"):
        make().fit(iter([(X, Y)]), steps_per_epoch=3, verbose=0)
