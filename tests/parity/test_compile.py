"""What `compile` was given, matched to outputs, labels and weights of all structures, against Keras."""

import json

import numpy as np
import pytest
from cases.compare import close

import lamina

RNG = np.random.default_rng(3)
N = 6
# Three outputs: a real number, three classes, yes or no.
PREDICTIONS = [RNG.uniform(0.1, 1.0, (N, n)).astype("float32") for n in (1, 3, 1)]
PREDICTIONS[1] /= PREDICTIONS[1].sum(1, keepdims=True)
A, B, C = (
    RNG.normal(size=(N, 1)).astype("float32"),
    RNG.integers(0, 3, N).astype("float32"),
    RNG.integers(0, 2, (N, 1)).astype("float32"),
)
V, W = RNG.uniform(size=(2, N)).astype("float32")
SPARSE = "sparse_categorical_crossentropy"
D = dict


def absolute_error(y_true, y_pred):
    return abs(y_true - y_pred)


class Unnamed:
    """A model that has names for no outputs."""

    def __init__(self, make):
        self.make = make


ONE, ALONE, IN_DICT = lambda a, b, c: a, lambda a, b, c: [a], lambda a, b, c: {"k": a}
TWO, KEYED, SAME_KEYS = lambda a, b, c: [a, b], lambda a, b, c: {"v": b, "u": a}, lambda a, b, c: {"b": b, "a": a}
NESTED, LISTS = lambda a, b, c: {"p": [a, b], "q": c}, lambda a, b, c: [[a, b], c]
PAIR, PAIR_DICT = Unnamed(lambda a, b, c: (a, b)), Unnamed(lambda a, b, c: {"v": b, "u": a})

# The outputs, the arguments of compile, labels, sample weights.
ROWS = [
    (ONE, D(loss="mse", metrics=["mae", "mse", "mae"], weighted_metrics=["mae", "mae"]), A, V),
    (ONE, D(loss=["mse"], loss_weights=2.0, metrics=[["mae"]]), A, None),
    (ONE, D(loss={"a": "mse"}, loss_weights=[0.5], metrics={"a": ["mae", "mse"]}), A, V),
    (ONE, D(loss=absolute_error, metrics=[absolute_error, "MSE", "MeanAbsoluteError", "accuracy"]), A, None),
    (ALONE, D(loss=["mse"], metrics=["mae"]), A, None),
    (ALONE, D(loss="mse", weighted_metrics=["mae"]), [A], [V]),
    (IN_DICT, D(loss={"k": "mse"}, metrics={"k": ["mae"]}), {"k": A}, None),
    (TWO, D(loss=["mse", SPARSE], metrics=[["mae"], ["acc"]], weighted_metrics=[["mae"], "acc"]), [A, B], [V, W]),
    (TWO, D(loss=("mse", "crossentropy"), metrics=["mae", "accuracy"], loss_weights=[0.3, 2.0]), (A, B), V),
    (TWO, D(loss={"a": "mse", "b": SPARSE}, metrics={"b": ["acc", "accuracy"]}), {"a": A, "b": B}, None),
    (TWO, D(loss={"b": SPARSE, "a": "mse"}, loss_weights={"a": 0.3, "b": 2.0}), [A, B], [V, W]),
    (TWO, D(loss=["mse", None], metrics=["mae", None]), [A, B], None),
    (TWO, D(loss=[None, SPARSE]), [B], None),
    (TWO, D(loss={"a": "mse", "b": None}, metrics={"b": "acc"}), {"a": A, "b": B}, None),
    (TWO, D(loss="mse"), [A, np.eye(3, dtype="float32")[B.astype(int)]], None),
    (KEYED, D(loss={"u": "mse", "v": SPARSE}, loss_weights={"v": 2.0, "u": 3.0}), {"v": B, "u": A}, {"u": V, "v": W}),
    (KEYED, D(loss=["mse", SPARSE], metrics=[["mae"], ["acc"]]), {"v": B, "u": A}, None),
    (KEYED, D(loss={"u": "mse"}, metrics={"v": ["acc"]}), {"v": B, "u": A}, None),
    (SAME_KEYS, D(loss={"a": "mse", "b": SPARSE}, metrics={"a": ["mae"], "b": ["acc"]}), {"b": B, "a": A}, None),
    (NESTED, D(loss={"p": ["mse", SPARSE], "q": "bce"}, metrics={"p": ["mae", "acc"], "q": "acc"}), 0, None),
    (NESTED, D(loss=["mse", SPARSE, "bce"]), 0, {"p": [V, W], "q": V}),
    (LISTS, D(loss=[["mse", SPARSE], "bce"], metrics=[["mae", "acc"], "acc"]), 0, None),
    (LISTS, D(loss=["mse", SPARSE, "bce"], loss_weights=[1.0, 2.0, 3.0]), 0, None),
    (PAIR, D(loss=["mse", SPARSE], metrics=[["acc"], ["acc"]]), (A, B), (V, W)),
    (PAIR_DICT, D(loss={"u": "mse", "v": SPARSE}, metrics={"u": "mae", "v": "acc"}), {"u": A, "v": B}, None),
]


def compiled(library, make, arguments):
    inputs = library.Input((4,))
    layers = library.layers
    if isinstance(make, Unnamed):
        model = library.Model()
    else:
        model = library.Model(inputs, make(*(layers.Dense(n, name=name)(inputs) for n, name in zip((1, 3, 1), "abc"))))
    model.compile("sgd", **arguments)
    return model


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_logs(row, keras):
    make, arguments, labels, weights = row
    nest = make.make if isinstance(make, Unnamed) else make
    labels = nest(A, B, C) if isinstance(labels, int) else labels
    found = []
    for library in (lamina, keras):
        model = compiled(library, make, arguments)
        predictions = nest(*map(library.ops.convert_to_tensor, PREDICTIONS))
        totals = [model.compute_loss(None, labels, predictions, weights) for _ in range(2)]
        logs = model.compute_metrics(None, labels, predictions, weights)
        found.append({**logs, "total": totals[0], "again": totals[1]})
    ours, theirs = found
    assert sorted(ours) == sorted(theirs)
    for name, value in theirs.items():
        close(ours[name].numpy(), value, what=name)


def test_configurations_go_both_ways(keras):
    """What Keras wrote compiles here, what was written here compiles there, and counts the same."""
    auc = {"multi_label": True, "num_labels": 3, "label_weights": [0.1, 0.2, 0.3]}
    arguments = {
        "loss": {"a": "mse", "b": keras.losses.CategoricalFocalCrossentropy(gamma=1.0)},
        "loss_weights": {"a": 1.0, "b": 0.5},
        "metrics": {"a": keras.metrics.mean_squared_error, "b": [keras.metrics.AUC(**auc), "accuracy"]},
        "weighted_metrics": {
            "b": [keras.metrics.Recall([0.2, 0.4]), keras.metrics.OneHotIoU(3, [0, 2], dtype="float32")]
        },
    }
    theirs, ours, back = (compiled(library, TWO, {"loss": "mse"}) for library in (keras, lamina, keras))
    theirs.compile("sgd", **arguments)
    ours.compile_from_config(json.loads(json.dumps(theirs.get_compile_config())))
    back.compile_from_config(json.loads(json.dumps(ours.get_compile_config())))
    labels = [A, np.eye(3, dtype="float32")[B.astype(int)]]
    found = []
    for library, model in ((keras, theirs), (lamina, ours), (keras, back)):
        predictions = [library.ops.convert_to_tensor(p) for p in PREDICTIONS[:2]]
        model.compute_loss(None, labels, predictions, V)
        found.append(model.compute_metrics(None, labels, predictions, V))
    assert len(found[0]) == 8
    for other in found[1:]:
        assert sorted(other) == sorted(found[0])
        for name, value in found[0].items():
            close(np.asarray(other[name]), value, what=name)
