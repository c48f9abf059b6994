"""Graphs of layers: what they compute, share, nest, refuse, and how they are described."""

import json

import numpy as np
import pytest

import lamina
from lamina import layers, ops

Input, Model = lamina.Input, lamina.Model


def _x(n=4, k=5):
    return np.arange(n * k, dtype="float32").reshape(n, k) / 10


def test_ops_and_operators_are_part_of_the_graph():
    a, b = Input((5,)), Input((5,))
    y = ops.concatenate([ops.square(a) + 1, 2 * b - a], axis=-1)
    y = ops.mean(y[:, 1:], axis=1, keepdims=True)
    model = Model([a, b], y)
    p, q = _x(), _x() + 1
    expected = np.concatenate([p**2 + 1, 2 * q - p], -1)[:, 1:].mean(1, keepdims=True)
    np.testing.assert_allclose(model.predict([p, q], verbose=0), expected, rtol=1e-6)
    assert model.output_shape == (None, 1)
    again = lamina.models.model_from_json(model.to_json())
    np.testing.assert_array_equal(again.predict([p, q], verbose=0), model.predict([p, q], verbose=0))


def test_shared_layers_have_one_set_of_weights():
    a, b = Input((5,)), Input((5,))
    shared = layers.Dense(3)
    model = Model([a, b], layers.Subtract()([shared(a), shared(b)]))
    assert model.count_params() == 18
    np.testing.assert_allclose(model.predict([_x(), _x()], verbose=0), 0, atol=1e-6)
    again = lamina.Functional.from_config(model.get_config())
    assert again.count_params() == 18
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(
        again.predict([_x(), _x() + 1], verbose=0), model.predict([_x(), _x() + 1], verbose=0)
    )


def test_nested_models():
    inner_in = Input((5,), name="inner_in")
    inner = Model(inner_in, layers.Dense(3, name="inner_dense")(inner_in), name="inner")
    stack = lamina.Sequential([Input((3,)), layers.Dense(2, name="stacked")], name="stack")
    x = Input((5,), name="x")
    model = Model(x, layers.Add(name="sum")([stack(inner(x)), stack(inner(2 * x))]))
    assert [layer.name for layer in model.layers if layer.weights] == ["inner", "stack"]
    assert model.count_params() == 18 + 8
    dense = inner.get_layer("inner_dense")
    w, b = dense.get_weights()
    k, c = stack.get_layer("stacked").get_weights()
    expected = (_x() @ w + b) @ k + c + (2 * _x() @ w + b) @ k + c
    np.testing.assert_allclose(model.predict(_x(), verbose=0), expected, rtol=1e-4, atol=1e-5)
    again = lamina.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(_x(), verbose=0), model.predict(_x(), verbose=0))
    model.trainable = False
    assert inner.trainable_weights == []


@pytest.mark.parametrize("kind", ["list", "tuple", "dict"])
def test_structures_of_inputs_and_outputs(kind):
    a, b = Input((5,), name="a"), Input((5,), name="b")
    p, q = layers.Add(name="p")([a, b]), layers.Multiply(name="q")([a, b])
    inputs = {"list": [a, b], "tuple": (a, b), "dict": {"a": a, "b": b}}[kind]
    outputs = {"list": [p, q], "tuple": (p, q), "dict": {"first": p, "second": q}}[kind]
    model = Model(inputs, outputs)
    x, y = _x(), _x() + 1
    results = [model.predict(data, verbose=0) for data in ([x, y], {"a": x, "b": y, "unused": x})]
    for result in results:
        assert type(result) is type(outputs)
        flat = [result["first"], result["second"]] if kind == "dict" else list(result)
        np.testing.assert_allclose(flat[0], x + y)
        np.testing.assert_allclose(flat[1], x * y, rtol=1e-6)
    again = lamina.models.model_from_json(model.to_json())
    assert json.loads(again.to_json()) == json.loads(model.to_json())


def test_a_part_of_a_model_is_a_model():
    x = Input((5,))
    middle = layers.Dense(4, activation="relu")(x)
    whole = Model(x, layers.Dense(2)(middle))
    head = Model(x, middle)
    tail = Model(middle, whole.output)
    np.testing.assert_allclose(
        tail.predict(head.predict(_x(), verbose=0), verbose=0), whole.predict(_x(), verbose=0), rtol=1e-5
    )
    again = lamina.models.model_from_json(tail.to_json())
    assert again.input_shape == (None, 4)
    features = Model(whole.inputs, [layer.output for layer in whole.layers[1:]])
    assert [o.shape for o in features.predict(_x(), verbose=0)] == [(4, 4), (4, 2)]


def test_unknown_sizes():
    x = Input((None, 3))
    model = Model(x, layers.Dense(2)(ops.mean(x, axis=1)))
    for n in (2, 7):
        assert model.predict(np.ones((3, n, 3)), verbose=0).shape == (3, 2)
    seq = Model(x, layers.Dense(2)(x))
    seq.compile("sgd", "mse")
    for n in (2, 7):
        seq.fit(np.ones((4, n, 3)), np.ones((4, n, 2)), verbose=0)


def test_ranks_and_dtypes_are_fitted():
    x = Input((1,))
    model = Model(x, 2 * x)
    np.testing.assert_array_equal(model.predict(np.arange(3), verbose=0), [[0], [2], [4]])
    ids = Input((2,), dtype="int32")
    model = Model(ids, layers.Embedding(4, 3)(ids))
    assert model.predict(np.array([[1.0, 2.0]]), verbose=0).shape == (1, 2, 3)


def test_graph_errors():
    a, b = Input((5,)), Input((5,))
    with pytest.raises(ValueError, match="not among its inputs"):
        Model(a, layers.Add()([a, b]))
    with pytest.raises(ValueError, match="outputs of a model are not symbolic"):
        Model(a, np.ones(3))
    with pytest.raises(ValueError, match="inputs of a model are not symbolic"):
        Model(np.ones(3), a)
    with pytest.raises(ValueError, match="Two layers of model"):
        Model(a, layers.Dense(2, name="same")(layers.Dense(2, name="same")(a)))
    model = Model([a, b], layers.Add()([a, b]), name="m")
    with pytest.raises(ValueError, match="another number of inputs"):
        model(_x())
    with pytest.raises(ValueError, match="lacks inputs"):
        model({"a": _x()})
    with pytest.raises(ValueError, match=r"does not fit.*\(None, 5\).*\(4, 6\)"):
        model([_x(4, 6), _x()])
    with pytest.raises(ValueError, match=r"no layer of that name.*did you mean"):
        model.get_layer("input_layer_99")
    with pytest.raises(ValueError, match="has no layer 7"):
        model.get_layer(index=7)
    with pytest.raises(ValueError, match="not clear"):
        model.get_layer()
    with pytest.raises(TypeError, match="only traced"):
        bool(ops.sum(a) > 0)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"shape": (3,), "batch_shape": (None, 3)}, {"shape": (-1,)}, {"shape": "3"}],
)
def test_input_errors(arguments):
    with pytest.raises(ValueError, match="Expected"):
        Input(**arguments)


def test_subclass_with_a_graph():
    class Net(Model):
        def __init__(self, units=3, **kwargs):
            x = Input((5,))
            super().__init__(x, layers.Dense(units)(x), **kwargs)
            self.units = units

    net = Net(units=2, name="net")
    assert isinstance(net, Net)
    assert net.predict(_x(), verbose=0).shape == (4, 2)
    assert net.output_names[0].startswith("dense")
    again = Net.from_config(net.get_config())
    assert again.output_shape == (None, 2)


def test_subclass_with_call():
    class Net(Model):
        def __init__(self, units):
            super().__init__()
            self.units = units
            self.first = layers.Dense(units, activation="relu")
            self.rest = [layers.Dense(2), layers.Softmax()]

        def call(self, inputs, training=None):
            x = self.first(inputs["x"]) + self.first(inputs["z"])
            for layer in self.rest:
                x = layer(x)
            return {"out": x, "same": x}

    net = Net(4)
    with pytest.raises(ValueError, match="has no weights yet"):
        net.get_weights()
    data = {"x": _x(), "z": _x()}
    result = net.predict(data, verbose=0)
    assert set(result) == {"out", "same"}
    np.testing.assert_allclose(result["out"].sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(net(data)["out"], result["out"], rtol=1e-6)
    assert len(net.weights) == 4
    built = Net(4)
    built.build({"x": (None, 5), "z": (None, 5)})
    assert built.count_params() == net.count_params()
    with pytest.raises(NotImplementedError, match="cannot be called"):
        Model()(np.ones((1, 2)))


def test_very_deep_graphs():
    x = y = Input((2,))
    for _ in range(1500):
        y = y + 1
    np.testing.assert_array_equal(Model(x, y).predict(np.zeros((1, 2)), verbose=0), 1500 * np.ones((1, 2)))
