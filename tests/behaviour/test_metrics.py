"""Metrics at work: in compiled training, with weights, under automatic names, saved, subclassed, in older programs."""

import numpy as np
import pytest

import lamina
from lamina import layers, metrics

N = 12
RNG = np.random.default_rng(5)
X = RNG.normal(size=(N, 4)).astype("float32")
Y = np.eye(3, dtype="float32")[RNG.integers(0, 3, N)]
W = RNG.uniform(0.5, 2.0, N).astype("float32")


def every_kind():
    """One metric of each family, two of them with a state that is made with the first batch."""
    return [
        metrics.AUC(name="roc"),
        metrics.AUC(curve="PR", multi_label=True, name="pr"),
        metrics.TruePositives(thresholds=[0.2, 0.5], name="tp"),
        metrics.Precision(top_k=1, name="precision"),
        metrics.Recall(class_id=1, thresholds=0.4, name="recall"),
        metrics.SensitivityAtSpecificity(0.5, name="sensitivity"),
        metrics.F1Score(name="f1"),
        metrics.OneHotMeanIoU(3, dtype="float32", name="iou"),
        metrics.PearsonCorrelation(name="correlation"),
        metrics.TopKCategoricalAccuracy(k=2, name="top"),
        metrics.R2Score(name="r2"),
    ]


def make(**arguments):
    lamina.utils.set_random_seed(2)
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", **arguments)
    return model


@pytest.mark.parametrize("weighted", [False, True])
def test_in_compiled_steps_they_are_what_they_are_alone(weighted):
    model = make(**{"weighted_metrics" if weighted else "metrics": every_kind()})
    predictions = model.predict(X, verbose=0)
    for _ in range(2):  # each evaluation starts anew
        logs = model.evaluate(X, Y, sample_weight=W, batch_size=5, verbose=0, return_dict=True)
    assert sorted(logs) == sorted(["loss", *(metric.name for metric in every_kind())])
    for metric in every_kind():
        expected = metric(Y, predictions, sample_weight=W if weighted else None)
        np.testing.assert_allclose(logs[metric.name], expected.numpy(), rtol=1e-5, atol=1e-6, err_msg=metric.name)


def test_training_logs_them(capsys):
    traced, eager = make(metrics=every_kind()), make(metrics=every_kind(), run_eagerly=True)
    arguments = {"epochs": 2, "batch_size": 5, "shuffle": False, "validation_split": 0.25}
    one, other = (model.fit(X, Y, verbose=0, **arguments).history for model in (traced, eager))
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-4, atol=1e-6, err_msg=name)
    traced.fit(X, Y, verbose=1)  # values of several classes are shown too
    assert "f1: " in capsys.readouterr().out


def test_a_saved_model_has_its_metrics(tmp_path):
    model = make(metrics=[*every_kind(), metrics.FalsePositives], weighted_metrics=["accuracy"], loss_weights=0.5)
    model.fit(X, Y, verbose=0)
    expected = model.evaluate(X, Y, verbose=0, return_dict=True)
    model.save(tmp_path / "model.lamina")
    again = lamina.saving.load_model(tmp_path / "model.lamina")
    found = again.evaluate(X, Y, verbose=0, return_dict=True)
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-6, err_msg=name)


def test_automatic_names():
    """Each new metric or loss without a name gets the next number, until the session is cleared."""
    model = make(metrics=[metrics.AUC(), metrics.AUC(curve="PR"), metrics.Precision])
    assert list(model.evaluate(X, Y, verbose=0, return_dict=True)) == ["auc", "auc_1", "loss", "precision"]
    assert make(metrics=["AUC"]).evaluate(X, Y, verbose=0, return_dict=True)["AUC"] > 0
    assert metrics.AUC().name == "auc_3"
    assert metrics.MeanIoU(2).name == "mean_io_u"
    assert metrics.Precision().name == "precision_1"

    class Gap(lamina.losses.Loss):
        pass

    assert [Gap().name for _ in range(2)] == ["gap", "gap_1"]
    lamina.utils.clear_session(free_memory=False)
    assert metrics.AUC().name == "auc"


class Strict(metrics.Precision):
    """A metric made of others."""

    def __init__(self, floor=0.5, name="strict", dtype=None):
        super().__init__(thresholds=0.4, name=name, dtype=dtype)
        self.floor = floor
        self.recall = metrics.Recall(thresholds=0.4)
        self.batches = self.add_weight(name="batches")

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(y_true, y_pred, sample_weight)
        self.recall.update_state(y_true, y_pred, sample_weight)
        self.batches.assign_add(1.0)

    def result(self):
        return {"precision": super().result(), "enough": self.recall.result() > self.floor, "batches": self.batches}


def test_subclasses_with_metrics_inside():
    model = make(metrics=[Strict(floor=0.1)])
    logs = model.evaluate(X, Y, batch_size=5, verbose=0, return_dict=True)
    predictions = model.predict(X, verbose=0)
    assert logs["precision"] == pytest.approx(float(metrics.Precision(0.4)(Y, predictions)), rel=1e-6)
    assert logs["enough"] == float(float(metrics.Recall(0.4)(Y, predictions)) > 0.1)
    assert logs["batches"] == 3.0
    assert len(Strict().variables) == 5
    with lamina.saving.custom_object_scope({"Strict": Strict}):
        again = metrics.deserialize(metrics.serialize(Strict(floor=0.2)))
    assert (again.floor, again.thresholds) == (0.2, [0.4])


def test_state_may_be_kept_outside():
    metric = metrics.Recall()
    state = metric.stateless_update_state([v.value for v in metric.variables], Y, Y * 0.9)
    assert [v.numpy().tolist() for v in state] == [[12.0], [0.0]]
    assert float(metric.stateless_result(state)) == 1.0
    assert float(metric.result()) == 0.0
    assert [v.numpy().tolist() for v in metric.stateless_reset_state()] == [[0.0], [0.0]]


def test_masked_steps_do_not_count():
    tokens = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    labels = np.array([[1, 0, 1, 1], [1, 1, 0, 0]], "float32")[..., None]
    inputs = lamina.Input((4,), dtype="int32")
    hidden = layers.Embedding(4, 2, mask_zero=True)(inputs)
    model = lamina.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))
    model.compile("sgd", "bce", metrics=["mae"], weighted_metrics=["mae"])
    logs = model.evaluate(tokens, labels, verbose=0, return_dict=True)
    errors = np.abs(model.predict(tokens, verbose=0) - labels)[tokens > 0]
    assert logs["mae"] == pytest.approx(errors.mean(), rel=1e-5)
    assert logs["weighted_mae"] == pytest.approx(errors.mean(), rel=1e-5)


class OlderStep(lamina.Model):
    """`compiled_loss` and `compiled_metrics`, as steps were written once."""

    def train_step(self, data):
        x, y = data
        with lamina.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        self.compiled_metrics.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


def test_steps_of_older_programs():
    def train(kind, **arguments):
        lamina.utils.set_random_seed(2)
        inputs = lamina.Input((4,))
        model = kind(inputs, layers.Dense(3, activation="softmax")(inputs))
        model.compile("sgd", "categorical_crossentropy", **arguments)
        return model.fit(X, Y, verbose=0, epochs=2, shuffle=False, batch_size=5).history

    for arguments in ({"metrics": ["accuracy", "mae"]}, {}):
        one, other = train(OlderStep, **arguments), train(lamina.Model, **arguments)
        assert list(one) == list(other)
        for name in one:
            np.testing.assert_allclose(one[name], other[name], rtol=1e-5)


def test_losses_of_layers_alone_can_be_trained():
    inputs = lamina.Input((4,))
    model = lamina.Model(inputs, layers.Dense(2, use_bias=False, kernel_regularizer="l2")(inputs))
    model.compile("sgd", loss=None, metrics=["mae"])
    history = model.fit(X, Y[:, :2], verbose=0, epochs=2).history
    assert list(history) == ["loss", "mae"]
    assert history["loss"][1] < history["loss"][0]
    model.compile("sgd")
    assert list(model.fit(X, verbose=0).history) == ["loss"]


@pytest.mark.parametrize("eagerly", [False, True])
def test_weights_of_steps_in_time(eagerly):
    x, y = RNG.normal(size=(5, 3, 4)).astype("float32"), RNG.normal(size=(5, 3, 1)).astype("float32")
    weights = RNG.uniform(size=(5, 3)).astype("float32")
    model = lamina.Sequential([lamina.Input((None, 4)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae"], run_eagerly=eagerly)
    logs = model.evaluate(x, y, sample_weight=weights, batch_size=5, verbose=0, return_dict=True)
    errors = np.abs(model.predict(x, verbose=0) - y)[..., 0]
    assert logs["loss"] == pytest.approx(np.mean(errors**2 * weights), rel=1e-5)
    assert logs["mae"] == pytest.approx(errors.mean(), rel=1e-5)
    assert logs["weighted_mae"] == pytest.approx(np.average(errors, weights=weights), rel=1e-5)
    one_each = model.evaluate(x, y, sample_weight=weights[:, 0], batch_size=5, verbose=0, return_dict=True)
    assert one_each["loss"] == pytest.approx(np.mean(errors**2 * weights[:, :1]), rel=1e-5)


def test_weights_of_classes_that_do_not_occur():
    labels = Y.argmax(1)
    history = [
        make_sparse().fit(X, labels, class_weight=weights, verbose=0, shuffle=False).history["loss"]
        for weights in ({0: 2.0, 1: 0.5}, {0: 2.0, 1: 0.5, 2: 1.0, 7: 9.0}, None)
    ]
    assert history[0] == history[1] != history[2]  # classes without a weight weigh 1, weights without samples nothing


def make_sparse():
    model = make()
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model
