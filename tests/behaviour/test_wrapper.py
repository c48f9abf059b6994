"""Layers around another layer."""

import numpy as np
import pytest

import lamina
from lamina import layers


class Twice(layers.Wrapper):
    """The wrapped layer after itself, and a weight of its own."""

    def __init__(self, layer, factor=1.0, **kwargs):
        super().__init__(layer, **kwargs)
        self.factor = factor

    def build(self, input_shape):
        super().build(input_shape)
        self.shift = self.add_weight((), "zeros", name="shift")

    def call(self, inputs):
        return self.layer(self.layer(inputs)) * self.factor + self.shift


X = np.ones((2, 3), "float32")


def test_it_builds_the_layer_and_has_its_weights_and_losses():
    inner = layers.Dense(3, kernel_initializer="identity", kernel_regularizer=lamina.regularizers.L2(1.0), name="inner")
    wrapper = Twice(inner, factor=2.0, name="outer")
    assert not inner.built
    np.testing.assert_array_equal(wrapper(X).numpy(), 2 * X)
    assert [w.path for w in wrapper.weights] == ["outer/shift", "outer/inner/kernel", "outer/inner/bias"]
    assert [float(loss) for loss in wrapper.losses] == [3.0]
    wrapper.trainable = False
    assert not inner.trainable
    assert wrapper.trainable_weights == []


def test_a_built_layer_stays_as_it_is():
    inner = layers.Dense(3)
    inner.build((None, 3))
    kernel = inner.kernel
    wrapper = Twice(inner)
    wrapper.build((None, 3))
    assert wrapper.layer.kernel is kernel


def test_configuration_and_file(tmp_path):
    wrapper = Twice(layers.Dense(3, activation="tanh", name="inner"), factor=0.5, name="outer")
    config = wrapper.get_config()
    assert config["layer"]["class_name"] == "Dense"
    assert config["layer"]["config"]["activation"] == "tanh"
    with lamina.saving.custom_object_scope({"Twice": Twice}):
        again = layers.deserialize(layers.serialize(wrapper))
        assert again.get_config() == config
        model = lamina.Sequential([lamina.Input((3,)), wrapper])
        model.save(tmp_path / "model.lamina")
        loaded = lamina.models.load_model(tmp_path / "model.lamina")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    assert type(loaded.layers[-1].layer) is layers.Dense


def test_training_and_masks_reach_the_layer():
    class Pass(layers.Wrapper):
        def call(self, inputs):
            return self.layer(inputs)

    dropped = Pass(layers.Dropout(0.5, seed=1))(np.ones((4, 50), "float32"), training=True).numpy()
    assert sorted(set(dropped.ravel().tolist())) == [0.0, 2.0]
    masked = layers.Masking()(np.array([[[0.0], [3.0]]], "float32"))
    with pytest.warns(UserWarning, match="ends here"):
        mean = Pass(layers.GlobalAveragePooling1D())(masked)
    np.testing.assert_array_equal(mean.numpy(), [[3.0]])
