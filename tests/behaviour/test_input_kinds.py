"""Data that are not plain arrays: sparse matrices, rows of different lengths, optional inputs that are missing."""

import numpy as np
import pytest
import scipy.sparse

import lamina
from lamina import Input, layers, ops

ROWS = [[1, 2, 3], [4], [5, 6, 7, 8], [], [2, 2]]
FORMS = {
    "lists": ROWS,
    "tuple": tuple(map(tuple, ROWS)),
    "arrays": [np.array(row, "int64") for row in ROWS],
    "objects": np.array(ROWS, dtype=object),
}
TARGETS = np.ones((5, 1), "float32")


def sparse(rows=6, columns=4, form="csr"):
    return scipy.sparse.random(rows, columns, 0.4, format=form, dtype="float32", random_state=3)


@pytest.mark.parametrize("is_sparse", [True, False])
def test_sparse_matrices(is_sparse):
    model = lamina.Sequential([Input((4,), sparse=is_sparse), layers.Dense(2)])
    model.compile("sgd", "mse")
    x, y = sparse(), np.ones((6, 2), "float32")
    expected = model.predict(x.toarray(), verbose=0)
    for form in ("csr", "csc", "coo", "lil"):
        np.testing.assert_array_equal(model.predict(x.asformat(form), batch_size=4, verbose=0), expected)
    np.testing.assert_array_equal(model.predict_on_batch(x), expected)
    np.testing.assert_array_equal(model(x).numpy(), expected)
    weights = model.get_weights()
    losses = []
    for given in (x, x.toarray()):
        model.set_weights(weights)
        history = model.fit(given, y, batch_size=2, shuffle=False, validation_data=(given, y), verbose=0).history
        losses.append((history, model.evaluate(given, y, verbose=0), model.train_on_batch(given, y)))
    assert losses[0] == losses[1]


def test_kinds_of_inputs():
    x = Input((4,), sparse=True, name="x")
    assert (x.sparse, x.ragged, x.ragged_rank) == (True, False, None)
    outputs = layers.Dense(2)(x)
    assert not outputs.sparse
    assert Input(tensor=x, sparse=True) is x
    for kind in ("sparse", "ragged"):
        layer = layers.InputLayer((None,), name="x", **{kind: True})
        assert layer.get_config() == {"batch_shape": [None, None], "dtype": "float32", "name": "x", kind: True}
        assert getattr(layers.deserialize(layers.serialize(layer)).output, kind)
    again = lamina.Model.from_config(lamina.Model(x, outputs).get_config())
    assert again.inputs[0].sparse


def recurrent():
    stack = [Input((None,), dtype="int32", ragged=True), layers.Embedding(10, 3), layers.LSTM(4), layers.Dense(1)]
    model = lamina.Sequential(stack)
    model.compile("sgd", "mse")
    return model


def one_by_one(model):
    return np.concatenate([model(np.array([row], "int32").reshape(1, -1)).numpy() for row in ROWS])


@pytest.mark.parametrize("form", FORMS)
def test_rows_of_different_lengths(form):
    model, rows = recurrent(), FORMS[form]
    expected = one_by_one(model)
    close = {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(model.predict(rows, batch_size=2, verbose=0), expected, **close)
    np.testing.assert_allclose(model.predict({model.input_names[0]: rows}, verbose=0), expected, **close)
    np.testing.assert_allclose(model.predict_on_batch(rows), expected, **close)
    np.testing.assert_allclose(model(rows).numpy(), expected, **close)
    np.testing.assert_allclose(model.evaluate(rows, TARGETS, verbose=0), np.mean((expected - 1.0) ** 2), rtol=1e-5)


@pytest.mark.parametrize("eagerly", [False, True])
def test_training_on_rows_of_different_lengths(eagerly, tmp_path):
    model = recurrent()
    model.run_eagerly = eagerly
    before = one_by_one(model)
    losses = model.fit(ROWS, TARGETS, batch_size=5, epochs=2, validation_data=(ROWS, TARGETS), verbose=0).history
    np.testing.assert_allclose(losses["loss"][0], np.mean((before - 1.0) ** 2), rtol=1e-5)
    np.testing.assert_allclose(losses["val_loss"][1], np.mean((one_by_one(model) - 1.0) ** 2), rtol=1e-5)
    model.fit(((ROWS[i:], TARGETS[i:]) for i in range(2)), verbose=0)
    model.save(tmp_path / "model.lamina")
    loaded = lamina.models.load_model(tmp_path / "model.lamina")
    np.testing.assert_array_equal(loaded.predict(ROWS, verbose=0), model.predict(ROWS, verbose=0))


def test_a_ragged_input_beside_another(tmp_path):
    rows = [np.full((n, 2), n, "float32") for n in (2, 3, 1)]
    a, b = Input((None, 2), ragged=True, name="a"), Input((2,), name="b")
    mean = layers.GlobalAveragePooling1D()(a)
    other = np.ones((3, 2), "float32")
    expected = [[n + 1.0] * 2 for n in (2, 3, 1)]
    for inputs, given in (([b, a], [other, rows]), ({"p": a, "q": b}, {"p": rows, "q": other})):
        model = lamina.Model(inputs, layers.Add()([mean, b]))
        for each in (given, {"a": rows, "b": other}):
            np.testing.assert_allclose(model.predict(each, verbose=0), expected, rtol=1e-6)
            np.testing.assert_allclose(model(each).numpy(), expected, rtol=1e-6)
    # What native programs are given: the rows filled up, and which entries are rows.
    step = next(iter(model._steps.values()))
    assert {name: shape for name, shape, _ in step.program.entry("predict").inputs} == {
        "a": (None, None, 2),
        "a_mask": (None, None),
        "b": (None, 2),
    }
    assert len({id(s) for s in model._steps.values()}) == 2  # one for each structure, whatever the lengths are
    model.save(tmp_path / "model.lamina")


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([["a"], ["b", "c"]], "rows that do not go together.*<U1"),
        ([np.ones((3, 2)), np.ones((1, 3))], r"differ in their lengths only.*\(1, 3\), \(3, 2\)"),
        ([[[1.0, 2.0]], [[1.0, 2.0], [3.0]]], "rows that do not go together.*object"),
        ([1.0, 2.0], r"does not fit.*\(None, None, 2\)"),
        ([], "no arrays"),
    ],
    ids=range(5),
)
def test_rows_that_are_refused(rows, names):
    model = lamina.Sequential([Input((None, 2), ragged=True), layers.LSTM(2)])
    with pytest.raises(ValueError, match=names) as error:
        model.predict(rows, verbose=0)
    assert "Fix: " in str(error.value)


def test_rows_for_an_input_that_is_not_ragged():
    model = lamina.Sequential([Input((None,)), layers.Reshape((-1, 1)), layers.LSTM(2)])
    with pytest.raises(ValueError, match=r"differ in length.*ragged=True"):
        model.predict(ROWS, verbose=0)
    with pytest.raises(ValueError, match=r"nested list is uneven.*pad_sequences"):
        model(ROWS)


def test_inputs_in_a_dict_keep_their_names():
    inputs = [Input((None,), name="b"), Input((3,), name="a")]
    model = lamina.Model(inputs, ops.sum(inputs[0], axis=-1, keepdims=True) + inputs[1])
    for steps in (2, 5):
        x = {"a": np.zeros((2, 3), "float32"), "b": np.ones((2, steps), "float32")}
        np.testing.assert_array_equal(model.predict(x, verbose=0), np.full((2, 3), steps, "float32"))
    (step,) = {id(s): s for s in model._steps.values()}.values()
    assert [(name, shape) for name, shape, _ in step.program.entry("predict").inputs] == [
        ("a", (None, 3)),
        ("b", (None, None)),
    ]


class Sum(layers.Layer):
    def call(self, a, b=None):
        return a if b is None else a + b


@pytest.mark.parametrize("structure", [list, dict])
@pytest.mark.parametrize("eagerly", [False, True])
def test_missing_optional_inputs(structure, eagerly):
    a, b = Input((2,), name="a"), Input((2,), name="b", optional=True)
    outputs = layers.Dense(1, use_bias=False, kernel_initializer="ones")(Sum()(a, b))
    model = lamina.Model([a, b], outputs)
    model.compile(lamina.optimizers.SGD(0.0), "mse", run_eagerly=eagerly)
    x, y = np.ones((5, 2), "float32"), np.zeros((5, 1), "float32")

    def given(p, q):
        return [p, q] if structure is list else {"a": p, "b": q}

    for missing, result in ((True, 2.0), (False, 4.0), (True, 2.0)):
        data = given(x, None if missing else x)
        assert model.predict(data, batch_size=2, verbose=0).tolist() == [[result]] * 5
        assert model.predict_on_batch(data).tolist() == [[result]] * 5
        assert model.evaluate(data, y, verbose=0) == result**2
        assert model.train_on_batch(data, y) == result**2
        options = {"batch_size": 2, "verbose": 0, "shuffle": True}
        assert model.fit(data, y, validation_split=0.4, **options).history == {
            "loss": [result**2],
            "val_loss": [result**2],
        }
        assert model.fit(((data, y) for _ in range(2)), verbose=0).history == {"loss": [result**2]}
    if not eagerly:
        with pytest.raises(ValueError, match=r"Input 'a' .* is missing.*not optional"):
            model.predict(given(None, x), verbose=0)
    with pytest.raises(ValueError, match="The data are empty"):
        model.predict(given(None, None), verbose=0)
