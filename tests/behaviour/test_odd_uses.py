"""What people do with layers besides calling them once."""

import numpy as np
import pytest

import lamina
from lamina import layers

X = np.arange(6, dtype="float32").reshape(2, 3)


def test_a_layer_may_stand_twice_in_a_stack(tmp_path):
    dense = layers.Dense(3, activation="tanh")
    model = lamina.Sequential([lamina.Input((3,)), dense, layers.Dense(3), dense])
    model.compile("sgd", "mse")
    model.fit(X, X, verbose=0)
    assert (len(model.layers), len(model.weights)) == (3, 4)
    np.testing.assert_allclose(model(X).numpy(), dense(model.layers[1](dense(X))).numpy(), rtol=1e-6)
    again = lamina.Sequential.from_config(model.get_config())
    assert again.layers[0] is again.layers[2]
    model.save(tmp_path / "model.lamina")
    loaded = lamina.models.load_model(tmp_path / "model.lamina")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


def test_part_of_a_stack():
    model = lamina.Sequential([lamina.Input((3,)), layers.Dense(4), layers.Dense(2), layers.Dense(1)])
    features = lamina.Sequential(model.layers[:-1])
    np.testing.assert_allclose(model.layers[-1](features(X)).numpy(), model(X).numpy(), rtol=1e-6)
    inside = lamina.Model(model.inputs, [model.layers[0].output, model.output])
    hidden, output = inside.predict(X, verbose=0)
    assert (hidden.shape, output.shape) == ((2, 4), (2, 1))


class InCall(layers.Layer):
    def call(self, x):
        return x + self.add_weight(x.shape[1:], name="shift")


class InBuild(layers.Layer):
    def build(self, input_shape):
        super().build(input_shape)
        self.shift = self.add_weight(input_shape[1:], name="shift")

    def call(self, x):
        return x + self.shift


@pytest.mark.parametrize("layer", [InCall(), layers.Dense(2), InBuild()], ids=lambda layer: type(layer).__name__)
def test_a_layer_makes_its_weights_once(layer):
    if not isinstance(layer, InCall):
        layer.build((None, 3))
        expected = layer(X).numpy()
    with pytest.raises(ValueError, match=r"built already, so it takes no new weights.*Fix: make weights in `build`"):
        layer.build((None, 3)) if layer.built else layer(X)
    if not isinstance(layer, InCall):
        np.testing.assert_array_equal(layer(X).numpy(), expected)
        assert len(layer.weights) == (1 if isinstance(layer, InBuild) else 2)


class WithMore(lamina.Model):
    def __init__(self):
        x = lamina.Input((3,))
        super().__init__(x, layers.Dense(1)(x))
        self.more = self.add_weight((2,), name="more")


def test_a_model_of_a_graph_may_have_weights_besides():
    assert sorted(w.name for w in WithMore().weights) == ["bias", "kernel", "more"]


class Picky(InBuild):
    def build(self, input_shape):
        self.extra = self.add_weight((1,), name="extra")
        if input_shape[-1] != 3:
            raise ValueError("three features, please")
        super().build(input_shape)


def test_a_build_that_fails_leaves_no_weights():
    layer = Picky()
    with pytest.raises(ValueError, match="three"):
        layer(X[:, :2])
    layer(X)
    assert [w.name for w in layer.weights] == ["extra", "shift"]


@pytest.mark.parametrize(
    ("layer", "inputs", "missing"),
    [
        (layers.Dense(2), (), "inputs"),
        (layers.MultiHeadAttention(2, 3), (X,), "value"),
        (layers.LSTMCell(2), (X,), "states"),
    ],
    ids=["Dense", "MultiHeadAttention", "LSTMCell"],
)
def test_missing_arguments_of_calls(layer, inputs, missing):
    with pytest.raises(TypeError, match=rf"too few arguments.*{type(layer).__name__}.*no `{missing}`.*Fix: pass"):
        layer(*inputs)
    assert not layer.built


def test_the_dtypes_may_be_set_by_name():
    layer = layers.Dense(2)
    layer.dtype_policy = "mixed_bfloat16"
    assert (layer(X).dtype, layer.kernel.dtype) == ("bfloat16", "float32")
    with pytest.raises(ValueError, match="float31"):
        layer.dtype_policy = "float31"


def test_specs_show_what_they_ask():
    layer = layers.Dense(2)
    layer.build((None, 3))
    assert repr(layer.input_spec) == "InputSpec(min_ndim=2, axes={-1: 3})"
