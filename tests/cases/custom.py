"""Data, models and a comparison that the tests of custom code share."""

from functools import partial

import numpy as np

import lamina
from lamina import layers, ops


def real(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


X = real(48, 6)


Y = np.tanh(X @ real(6, 2, seed=1)) + 0.1 * real(48, 2, seed=2)  # something to learn


CLASSES = np.random.default_rng(2).integers(0, 3, 48)


def train(make, x=X, y=Y, run_eagerly=False, epochs=3, compile_arguments=None, **fit):
    """A model made and trained from one seed: (model, history)."""
    lamina.utils.clear_session()
    lamina.utils.set_random_seed(7)
    model = make()
    if not model.compiled:
        arguments = {"optimizer": lamina.optimizers.Adam(0.01), "loss": "mse", **(compile_arguments or {})}
        model.compile(**arguments, run_eagerly=run_eagerly)
    else:
        model.run_eagerly = run_eagerly
    history = model.fit(x, y, epochs=epochs, batch_size=10, verbose=0, **fit).history
    return model, history


def same_both_ways(make, x=X, y=Y, learns="loss", **arguments):
    """Trains traced and eagerly: losses and weights have the same bits. Gives the traced model.

    So have predictions, but for those behind a normalization, which a program folds into the weights before it.
    """
    (traced, history), (eager, expected) = (train(make, x, y, e, **arguments) for e in (False, True))
    assert sorted(history) == sorted(expected)
    for name in history:
        np.testing.assert_array_equal(history[name], expected[name], err_msg=name)
    for a, b in zip(traced.variables, eager.variables):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)
    found, wanted = (m.predict(x, batch_size=16, verbose=0) for m in (traced, eager))
    folds = any(isinstance(layer, lamina.layers.BatchNormalization) for layer in traced._flatten_layers())
    tolerance = 1e-6 if folds else 0.0
    agree = partial(np.testing.assert_allclose, rtol=tolerance, atol=tolerance)
    lamina.tree.map_structure(agree, found, wanted)
    found, wanted = (m.evaluate(x, y, batch_size=16, verbose=0, return_dict=True) for m in (traced, eager))
    lamina.tree.map_structure(agree, found, wanted)
    if learns:
        assert history[learns][-1] < history[learns][0]
    return traced


@lamina.saving.register_keras_serializable("custom")
class Linear(layers.Layer):
    """The first layer of every tutorial."""

    def __init__(self, units=32, penalty=0.0, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.penalty = penalty

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, inputs, training=False):
        if training:
            self.calls.assign_add(1.0)
        if self.penalty:
            self.add_loss(self.penalty * ops.mean(ops.square(inputs)))
        return ops.matmul(inputs, self.w) + self.b

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "penalty": self.penalty}


class Net(lamina.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.body = lamina.Sequential([layers.Dense(8, activation="tanh"), layers.Dropout(0.2, seed=1)])
        self.head = layers.Dense(2)

    def call(self, x, training=None):
        return self.head(self.body(x, training=training))
