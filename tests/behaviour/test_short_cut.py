"""Predictions that are alike take a short cut: its results and errors are those of the way around."""

import numpy as np
import pytest

import lamina
from lamina import Input, layers, ops

A = np.arange(12, dtype="float32").reshape(3, 4)
B = np.arange(6, dtype="int32").reshape(3, 2)


def model_of(inputs, outputs):
    a, b = Input((4,), name="a"), Input((2,), dtype="int32", name="b")
    total = layers.Add()([layers.Dense(2)(a), layers.Lambda(lambda t: ops.cast(t, "float32"))(b)])
    named = {"sum": total, "double": layers.Rescaling(2.0)(total)}
    model = lamina.Model({"a": a, "b": b} if inputs is dict else inputs([a, b]), outputs(named))
    model.compile("sgd", "mse")
    return model


OUTPUTS = {
    "single": lambda named: named["sum"],
    "list": lambda named: list(named.values()),
    "tuple": lambda named: tuple(named.values()),
    "dict": lambda named: named,
    "nested": lambda named: {"all": [named["double"], named["sum"]], "sum": named["sum"]},
}


def same(first, second):
    lamina.tree.assert_same_structure(first, second)
    for one, other in zip(lamina.tree.flatten(first), lamina.tree.flatten(second)):
        assert type(one) is np.ndarray
        assert one.flags.writeable
        np.testing.assert_array_equal(one, other)


def counting(model, monkeypatch):
    """The calls of `model` that did not take the short cut."""
    calls = []
    prediction = model._prediction
    monkeypatch.setattr(model, "_prediction", lambda data: calls.append(1) or prediction(data), raising=False)
    return calls


@pytest.mark.parametrize("outputs", OUTPUTS)
@pytest.mark.parametrize("inputs", [list, tuple, dict])
def test_several_inputs_and_outputs(inputs, outputs, monkeypatch):
    model = model_of(inputs, OUTPUTS[outputs])
    given = {"b": B, "a": A} if inputs is dict else inputs([A, B])
    expected = model.predict(given, verbose=0)
    calls = counting(model, monkeypatch)
    for _ in range(3):
        same(model.predict_on_batch(given), expected)
    assert len(calls) == 1
    one = {key: x[1:2] for key, x in given.items()} if inputs is dict else [x[1:2] for x in given]
    same(model.predict_on_batch(one), lamina.tree.map_structure(lambda y: y[1:2], expected))
    assert len(calls) == 1  # any number of samples


def test_new_weights_count():
    model = model_of(list, OUTPUTS["single"])
    before = model.predict_on_batch([A, B])
    model.set_weights([w + 1 for w in model.get_weights()])
    after = model.predict_on_batch([A, B])
    np.testing.assert_allclose(after, before + A.sum(1, keepdims=True) + 1, rtol=1e-5)


def test_other_forms_of_the_data():
    model = model_of(dict, OUTPUTS["single"])
    expected = model.predict_on_batch({"a": A, "b": B})
    forms = (
        {"a": A.astype("float64"), "b": B},
        {"a": A.astype(">f4"), "b": B},
        {"a": np.asfortranarray(A), "b": B},
        {"a": lamina.ops.convert_to_tensor(A), "b": B},
        [A, B],
    )
    for given in forms:
        np.testing.assert_array_equal(model.predict_on_batch(given), expected)
        np.testing.assert_array_equal(model.predict_on_batch({"a": A, "b": B}), expected)


WRONG = {
    "sizes": {"a": A[:, :3], "b": B},
    "ranks": {"a": A[:, :, None].repeat(2, -1), "b": B},
    "samples": {"a": A, "b": B[:2]},
    "no samples": {"a": A[:0], "b": B[:0]},
    "missing": {"a": A},
    "other name": {"a": A, "c": B},
    "none": {"a": A, "b": None},
    "texts": {"a": A, "b": np.array([["x", "y"]] * 3)},
    "no axes": {"a": np.float32(1).reshape(()), "b": B},
    "short list": [A],
    "single": A,
    "nothing": None,
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_inputs_have_the_same_errors(wrong):
    texts = []
    for warm in (False, True):
        model = model_of(dict, OUTPUTS["dict"])
        if warm:
            model.predict_on_batch({"a": A, "b": B})
            model.predict_on_batch({"a": A, "b": B})
        with pytest.raises((ValueError, TypeError)) as error:
            model.predict_on_batch(WRONG[wrong])
        texts.append((error.type, str(error.value).replace(model.name, "model")))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("several", [False, True])
def test_a_number_is_no_array_of_samples(several):
    a, b = Input((), name="a"), Input((), name="b")
    model = lamina.Model([a, b], layers.Add()([a, b])) if several else lamina.Model(a, layers.Rescaling(2.0)(a))
    x, one = np.ones(3, "float32"), np.array(1, "float32")
    model.predict_on_batch([x, x] if several else x)
    with pytest.raises(ValueError, match="has no axis of samples"):
        model.predict_on_batch([one, one] if several else one)
