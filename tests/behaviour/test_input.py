"""Inputs of models, and what layers ask of theirs."""

import numpy as np
import pytest

import lamina
from lamina import Input, InputSpec, layers, ops

SYMBOL = Input((3,), 4, "int32", name="symbol")


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (((3, None), 4, "int32", False, False, None, "x"), {}),
        (((3, None), 4, "x", "int32", False, None, False), {}),
        (((3, None), 4, "x", "int32"), {}),
        (((3, None), 4, "x"), {"dtype": "int32"}),
        (((3, None), 4, None, "int32"), {}),
        (((3, None), 4, "int32"), {"name": "x", "sparse": False}),
        ((), {"batch_shape": [4, 3, None], "dtype": np.int32, "name": "x"}),
        ((), {"shape": [3, None], "batch_size": 4, "dtype": "int32", "optional": True}),
    ],
    ids=range(8),
)
def test_arguments_in_both_orders(args, kwargs):
    x = Input(*args, **kwargs)
    assert (x.shape, x.dtype) == ((4, 3, None), "int32")
    if "x" in args or "name" in kwargs:
        assert x._keras_history.operation.name == "x"


def test_an_input_of_a_tensor_is_that_tensor():
    inner = layers.Dense(2)(Input((3,)))
    layer = layers.InputLayer(input_tensor=inner, shape=(2,), dtype="float32")
    assert layer.output is inner
    assert layer.batch_shape == (None, 2)
    assert Input(tensor=SYMBOL, batch_size=4, batch_shape=(4, 3)) is SYMBOL


def test_configuration():
    layer = layers.InputLayer((3, None), 4, "int32", name="x")
    assert layer.get_config() == {"batch_shape": [4, 3, None], "dtype": "int32", "name": "x"}
    optional = layers.InputLayer(input_shape=(2,), optional=True, name="maybe")
    again = layers.deserialize(layers.serialize(optional))
    assert again.optional
    assert again.get_config() == optional.get_config()
    old = {"batch_input_shape": (None, 5), "dtype": "float32", "sparse": False, "ragged": False, "name": "input_1"}
    assert layers.InputLayer.from_config(old).batch_shape == (None, 5)


class Sum(layers.Layer):
    def call(self, a, b=None):
        return a if b is None else a + b


@pytest.mark.parametrize("structure", [list, dict])
def test_an_optional_input_may_be_none(structure):
    a, b = Input((2,), name="a"), Input((2,), name="b", optional=True)
    inputs = [a, b] if structure is list else {"a": a, "b": b}
    with lamina.saving.custom_object_scope({"Sum": Sum}):
        model = lamina.Model(inputs, Sum()(a, b))
        again = lamina.Model.from_config(model.get_config())
    x = np.ones((1, 2), "float32")
    for each in (model, again):
        given = (lambda p, q: [p, q]) if structure is list else (lambda p, q: {"a": p, "b": q})
        assert each(given(x, None)).numpy().tolist() == [[1.0, 1.0]]
        assert each(given(x, x)).numpy().tolist() == [[2.0, 2.0]]
        with pytest.raises(ValueError, match=r"Input 'a' .* is missing.*not optional.*Fix: "):
            each(given(None, x))


@pytest.mark.parametrize(
    ("kwargs", "names"),
    [
        ({}, "shape=None, batch_size=None, batch_shape=None"),
        ({"shape": (3,), "batch_shape": (2, 3)}, r"batch_shape=\(2, 3\)"),
        ({"batch_size": 2, "batch_shape": (2, 3)}, "batch_size=2"),
        ({"shape": (3, -1)}, r"\(3, -1\)"),
        ({"shape": (3.0,)}, r"\(3.0,\)"),
        ({"shape": "3"}, "'3'"),
        ({"shape": (3,), "batch_size": -2}, r"\(-2,\)"),
        ({"shape": (3,), "batch_size": 2.5}, r"\(2.5,\)"),
        ({"shape": (3,), "dtype": "float31"}, "dtype is not supported"),
        ({"shape": (3,), "sparse": True, "ragged": True}, "sparse and ragged.*ragged=True"),
        ({"tensor": SYMBOL, "sparse": True}, "sparse=True"),
        ({"shape": (3,), "name": "a/b"}, "name"),
        ({"tensor": np.ones((2, 3))}, "cannot be made of this tensor"),
        ({"tensor": ops.ones((2, 3))}, "a symbolic tensor"),
        ({"tensor": SYMBOL, "shape": (4,)}, r"shape=\(4,\)"),
        ({"tensor": SYMBOL, "batch_size": 5}, "batch_size=5"),
        ({"tensor": SYMBOL, "batch_shape": (None, 3)}, r"batch_shape=\(None, 3\)"),
        ({"tensor": SYMBOL, "dtype": "float32"}, "dtype='float32'"),
    ],
)
def test_mistakes_of_inputs(kwargs, names):
    with pytest.raises(ValueError, match=names) as caught:
        Input(**kwargs)
    assert all(part in str(caught.value) for part in ("Expected: ", "Received: ", "Fix: "))


def test_a_misspelt_argument_of_an_input_layer():
    with pytest.raises(ValueError, match="batchsize=3"):
        layers.InputLayer((3,), batchsize=3)


@pytest.mark.parametrize(
    ("kwargs", "kind", "names"),
    [
        ({"ndim": 2.5}, ValueError, "ndim=2.5"),
        ({"min_ndim": -1}, ValueError, "min_ndim=-1"),
        ({"max_ndim": "3"}, ValueError, "max_ndim='3'"),
        ({"axes": [1, 2]}, TypeError, r"axes=\[1, 2\]"),
        ({"axes": {"last": 2}}, TypeError, "'last'"),
        ({"ndim": 2, "axes": {2: 5}}, ValueError, r"from -2 to 1.*\{2: 5\}"),
        ({"max_ndim": 3, "axes": {-4: 5}}, ValueError, r"\{-4: 5\}"),
        ({"dtype": "float31"}, ValueError, "float31"),
    ],
)
def test_mistakes_of_specs(kwargs, kind, names):
    with pytest.raises(kind, match=names) as caught:
        InputSpec(**kwargs)
    assert all(part in str(caught.value) for part in ("Expected: ", "Received: ", "Fix: "))


def test_specs_have_a_configuration():
    spec = InputSpec("float32", min_ndim=2, axes={-1: 8}, name="x", optional=True)
    again = InputSpec.from_config(spec.get_config())
    assert vars(again).keys() == vars(spec).keys()
    assert again.get_config() == spec.get_config()


class Checked(layers.Layer):
    def __init__(self, spec):
        super().__init__(name="checked")
        self.input_spec = spec

    def call(self, inputs):
        return ops.ones((1,))


X = np.ones((2, 3), "float32")


@pytest.mark.parametrize(
    ("spec", "inputs", "names"),
    [
        ([InputSpec(ndim=2), InputSpec(ndim=2)], [X], "another number of inputs"),
        ([InputSpec(ndim=2), InputSpec(ndim=2)], [X, None], "no tensor"),
        ([InputSpec(ndim=2, name="a"), InputSpec(ndim=2, name="b")], {"a": X}, r"lacks inputs.*\['b'\]"),
        ({"a": InputSpec(ndim=2), "b": InputSpec(ndim=3)}, {"a": X, "b": X}, "rank 3"),
        (InputSpec(axes={2: 4}), X, "an axis 2"),
        (InputSpec(shape=(None, 4)), X, r"shape \(None, 4\)"),
        (InputSpec(dtype="int32"), X, "dtype int32"),
        (InputSpec(max_ndim=1), X, "rank 1 or less"),
    ],
    ids=range(8),
)
def test_inputs_that_do_not_fit_the_spec(spec, inputs, names):
    with pytest.raises(ValueError, match=f"'checked'.*{names}"):
        Checked(spec)(inputs)


def test_inputs_that_fit_the_spec():
    Checked([InputSpec(ndim=2), InputSpec(ndim=2, optional=True)])([X, None])
    Checked([InputSpec(ndim=2, name="a"), InputSpec(ndim=3, name="b")])({"b": X[None], "a": X, "c": 1.0})
    Checked(InputSpec(shape=(None, 3, 1), allow_last_axis_squeeze=True))(X)
    Checked(InputSpec(shape=(None, 3), allow_last_axis_squeeze=True))(X[..., None])
    Checked(InputSpec(min_ndim=1, max_ndim=2, axes={-1: 3, 0: None}, dtype="float32"))(X)
