"""Models as scikit-learn estimators, copies of models, and pickles."""

import copy
import pickle
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import lamina
from lamina import layers
from lamina.models import clone_model
from lamina.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

pytestmark = pytest.mark.filterwarnings("default")  # the checks provoke warnings

rng = np.random.default_rng(2)
X = rng.standard_normal((60, 3)).astype("float32")
LABELS = np.where(X @ [1.0, -2, 0.5] > 0, "yes", "no")


def make(X, y, units=8, outputs=None, seed=0):
    lamina.utils.set_random_seed(seed)
    classes = y.shape[1]
    last = layers.Dense(outputs or classes, activation="softmax" if classes > 1 else None)
    model = lamina.Sequential([lamina.Input(X.shape[1:]), layers.Dense(units, activation="relu"), last])
    model.compile(lamina.optimizers.Adam(0.02), "categorical_crossentropy" if classes > 1 else "mse")
    return model


# The checks that fail, all of which fail with Keras too. There fewer pass: its models start anew at each fit.
OUTPUTS = "decision_function gives the outputs of the model, also for two classes"
EXPECTED = {
    "check_classifiers_classes": OUTPUTS,
    "check_classifiers_train": OUTPUTS,
    "check_classifiers_one_label_sample_weights": "two epochs are not enough to learn it",
    "check_regressor_multioutput": "predictions are float32 (Keras: not checked, as it does not claim several outputs)",
}
QUICK = {"epochs": 2, "verbose": 0}


@pytest.mark.parametrize(
    ("kind", "arguments", "failing"),
    [
        (SKLearnClassifier, {}, 3),
        (SKLearnRegressor, {"units": 4}, 1),
        (SKLearnTransformer, {"outputs": 2}, 0),
    ],
)
def test_checks_of_scikit_learn(kind, arguments, failing):
    estimator = kind(make, model_kwargs=arguments, fit_kwargs=QUICK)
    results = check_estimator(estimator, expected_failed_checks=EXPECTED, on_skip=None, on_fail="raise")
    assert sum(r["status"] == "passed" for r in results) > 35
    assert len({r["check_name"] for r in results if r["status"] == "xfail"}) == failing


def test_a_pipeline_in_a_grid_search():
    pipeline = make_pipeline(StandardScaler(), SKLearnClassifier(make, fit_kwargs={"verbose": 0}))
    grid = {
        "sklearnclassifier__model_kwargs": [{"units": 1}, {"units": 16}],
        "sklearnclassifier__fit_kwargs": [{"epochs": 1, "verbose": 0}, {"epochs": 12, "verbose": 0, "batch_size": 8}],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, LABELS)
    assert search.best_params_["sklearnclassifier__fit_kwargs"]["epochs"] == 12
    assert search.score(X, LABELS) > 0.85
    assert set(search.predict(X)) == {"yes", "no"}
    classifier = search.best_estimator_[-1]
    assert classifier.decision_function(X).shape == (60, 2)
    assert classifier.epoch_ == 12


def test_estimators_are_cloned_and_pickled():
    model = make(X, np.ones((60, 1)))
    for given in (model, make):
        regressor = SKLearnRegressor(given, fit_kwargs={"verbose": 0}).fit(X, X[:, 0])
        again = pickle.loads(pickle.dumps(regressor)) if given is model else copy.deepcopy(regressor)
        np.testing.assert_array_equal(again.predict(X), regressor.predict(X))
        fresh = clone(regressor)
        assert not hasattr(fresh, "model_")
        assert fresh.fit_kwargs == {"verbose": 0}
        assert (fresh.model is given) == (given is make)
    assert regressor.fit(X, X[:, :1]).predict(X).shape == (60, 1)


def test_warm_start_goes_on():
    model = make(X, np.ones((60, 1)))
    before = model.get_weights()
    SKLearnRegressor(model, fit_kwargs={"verbose": 0}).fit(X, X[:, 0])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])  # a clone was fitted
    warm = SKLearnRegressor(model, warm_start=True, fit_kwargs={"verbose": 0})
    assert warm.fit(X, X[:, 0]).model_ is model
    first = warm.history_.history["loss"][0]
    assert warm.fit(X, X[:, 0], epochs=3).history_.history["loss"][-1] < first
    assert warm.epoch_ == 3


def test_transformers():
    features = SKLearnTransformer(make, model_kwargs={"outputs": 2}, fit_kwargs={"verbose": 0})
    assert features.fit_transform(X, X[:, :2]).shape == (60, 2)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: SKLearnRegressor(lambda X, y: lamina.Sequential()).fit(X, X[:, 0]), RuntimeError, "compiled"),
        (lambda: SKLearnClassifier(make).fit(X, X[:, 0]), ValueError, "Only binary and multiclass"),
        (lambda: SKLearnClassifier(make).fit(X, np.ones(60)), ValueError, "only one class"),
        (lambda: SKLearnClassifier(make).predict(X), ValueError, "not fitted"),
        (lambda: SKLearnClassifier(make).set_fit_request(epochs=True), RuntimeError, "not enabled"),
    ],
)
def test_bad_use(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_scikit_learn_is_named_when_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"lamina\[sklearn\]"):
        lamina.wrappers.SKLearnClassifier  # noqa: B018


# Copies of models.


def graph():
    x = lamina.Input((3,), name="x")
    shared = layers.Dense(3, name="shared")
    inner = lamina.Sequential([lamina.Input((3,)), layers.Dense(2, name="deep")], name="inner")
    y = inner(shared(shared(x)) + lamina.ops.sin(x))
    model = lamina.Model(x, {"out": y}, name="graph")
    model.compile("adam", {"out": "mse"}, metrics={"out": ["mae"]})
    return model


def test_clones_have_the_same_form_and_other_weights():
    for model in (graph(), make(X, np.ones((60, 2)))):
        copied = clone_model(model)
        assert type(copied) is type(model)
        assert copied.name == model.name
        assert [layer.name for layer in copied.layers if layer.weights] == [w.name for w in model.layers if w.weights]
        assert copied.count_params() == model.count_params()
        assert copied.compiled
        assert not np.array_equal(copied.get_weights()[0], model.get_weights()[0])
        copied.set_weights(model.get_weights())
        got, wanted = (lamina.tree.flatten(m.predict(X, verbose=0)) for m in (copied, model))
        np.testing.assert_array_equal(got, wanted)


def test_layers_can_be_exchanged_and_calls_changed():
    seen = []

    def exchange(layer):
        seen.append(layer.name)
        if layer.name == "shared":
            return layers.Dense(3, use_bias=False, name="exchanged")
        return type(layer).from_config(layer.get_config())

    def double(layer, *args, **kwargs):
        return 2 * layer(*args, **kwargs)

    x = lamina.Input((3,), name="new")
    copied = clone_model(graph(), input_tensors=x, clone_function=exchange, call_function=double, recursive=False)
    assert copied.input is x
    assert seen.count("shared") == 1
    assert "exchanged" in [layer.name for layer in copied.layers]
    seen.clear()
    clone_model(graph(), clone_function=exchange, recursive=True)
    assert "deep" in seen
    assert "inner" not in seen
    stack = clone_model(lamina.Sequential([layers.Dense(2)]))
    assert not stack.built


class Own(lamina.Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units)

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def own_loss(y, p):
    return lamina.ops.mean((y - p) ** 2, axis=-1)


def test_models_of_own_classes():
    assert clone_model(Own(3)).units == 3
    for name, value in (("clone_function", lambda layer: layer), ("input_tensors", lamina.Input((3,)))):
        with pytest.raises(ValueError, match=f"{name}.*cannot be used here"):
            clone_model(Own(3), **{name: value})


@pytest.mark.parametrize("build", [graph, lambda: make(X, np.ones((60, 1))), lambda: Own(1)])
def test_copies_train_on_alike(build):
    model = build()
    if isinstance(model, Own):
        model.compile("adam", own_loss)
    y = {"out": X[:, :2]} if model.name == "graph" else X[:, :1]
    model.fit(X, y, verbose=0)
    copies = [model, copy.deepcopy(model)]
    if not isinstance(model, Own):  # pytest does not let its files be imported
        copies.append(pickle.loads(pickle.dumps(model)))
    states = []
    for one in copies:
        loss = one.fit(X, y, verbose=0, epochs=2).history["loss"]
        states.append([*one.get_weights(), np.array(loss)])
    for state in states[1:]:
        for got, wanted in zip(state, states[0], strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_models_without_weights_are_copied_too():
    model = lamina.Sequential([layers.Dense(2, name="d")])
    assert not copy.deepcopy(model).built
    assert pickle.loads(pickle.dumps(model)).layers[0].units == 2


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: clone_model(layers.Dense(1)), ValueError, "no model"),
        (lambda: clone_model(make(X, X), call_function=print), ValueError, "call_function"),
        (lambda: clone_model(make(X, X), input_tensors=[lamina.Input((3,))] * 2), ValueError, "one tensor"),
        (lambda: clone_model(make(X, X), input_tensors=X), ValueError, "not symbolic"),
        (lambda: clone_model(graph(), input_tensors=[lamina.Input((3,))] * 2), ValueError, "do not fit"),
        (lambda: clone_model(graph(), wrong=1), TypeError, "unknown arguments"),
    ],
)
def test_bad_clones(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_source_inputs():
    a, b = lamina.Input((2,)), lamina.Input((2,))
    y = layers.Dense(2)(layers.Add()([a, b]) + a)
    found = lamina.utils.get_source_inputs(y)
    assert [t is s for t, s in zip(found, (a, b), strict=True)] == [True, True]
    assert lamina.utils.get_source_inputs(a)[0] is a
    assert lamina.utils.get_source_inputs(3) == 3
