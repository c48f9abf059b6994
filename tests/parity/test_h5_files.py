"""The HDF5 files of Keras 2, as Keras 3 writes and reads them."""

import warnings

import numpy as np
import pytest
from cases.layers import FUNCTIONS

import lamina


def close(ours, theirs):
    for mine, wanted in zip(lamina.tree.flatten(ours), lamina.tree.flatten(theirs), strict=True):
        np.testing.assert_allclose(np.asarray(mine), np.asarray(wanted), rtol=2e-5, atol=2e-6)


def stack(library):
    k = library.layers
    return library.Sequential(
        [
            library.Input((5, 4)),
            k.Bidirectional(k.LSTM(3, return_sequences=True)),
            k.Conv1D(4, 2, activation="relu"),
            k.BatchNormalization(),
            k.GRU(3),
            k.Activation(k.LeakyReLU(0.2)),
            k.Lambda(FUNCTIONS["halved"]),
            k.Dense(3, kernel_regularizer="l2"),
        ]
    )


def graph(library):
    k = library.layers
    x = library.Input((4,))
    z = library.Input((4,), name="z")
    inner = library.Model(z, k.Dense(4)(z), name="inner")
    deep = library.Sequential([library.Input((4,)), k.Dense(3), k.PReLU()], name="deep")
    h = k.Add()([inner(x), inner(inner(x))])
    return library.Model(x, [deep(h), k.Dense(2, trainable=False)(h)])


def attention(library):
    k = library.layers
    x = library.Input((3, 4))
    h = k.GroupQueryAttention(2, 4, 2)(x, k.LayerNormalization()(x))
    return library.Model(x, k.EinsumDense("abc,cd->ad", output_shape=2, bias_axes="d")(h))


@pytest.mark.parametrize("make", [stack, graph, attention])
@pytest.mark.filterwarnings("ignore:.*legacy")
def test_models_go_both_ways(make, keras, tmp_path, rng):
    theirs = make(keras)
    theirs.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mae")
    theirs.optimizer.build(theirs.trainable_variables)
    for variable in [*theirs.weights, *theirs.optimizer.variables]:
        if "float" in str(variable.dtype):
            variable.assign(rng.uniform(0.1, 0.6, variable.shape))
    x = rng.normal(size=(2, *theirs.input_shape[1:])).astype("float32")
    expected = theirs(x)
    theirs.save(tmp_path / "theirs.h5")
    ours = lamina.saving.load_model(tmp_path / "theirs.h5", custom_objects=FUNCTIONS)
    close(ours(x), expected)
    close(ours.optimizer.variables, theirs.optimizer.variables)
    assert ours.get_compile_config()["loss"] == "mae"

    ours.save(tmp_path / "ours.h5")
    again = keras.saving.load_model(tmp_path / "ours.h5", custom_objects=FUNCTIONS, compile=False)
    close(again(x), expected)
    close(lamina.saving.load_model(tmp_path / "ours.h5", custom_objects=FUNCTIONS).optimizer.variables,
          theirs.optimizer.variables)  # fmt: skip
    for options in ({}, {"by_name": True}):
        other = make(keras)
        for mine, wanted in zip(other.layers, ours.layers, strict=True):
            mine.name = wanted.name
        other.load_weights(tmp_path / "ours.h5", **options)
        close(other.weights, theirs.weights)
        mine = make(lamina)
        for layer, wanted in zip(mine.layers, theirs.layers, strict=True):
            layer.name = wanted.name
        mine.load_weights(tmp_path / "theirs.h5", **options)
        close(mine(x), expected)


def test_compiled_models_load_in_keras(keras, tmp_path):
    model = lamina.Sequential([lamina.Input((3,)), lamina.layers.Dense(2)])
    metrics = ["accuracy", lamina.metrics.MeanSquaredError(name="m")]
    model.compile(lamina.optimizers.Adam(0.25), "mse", metrics=metrics, loss_weights=[0.5])
    model.save(tmp_path / "m.h5")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = keras.saving.load_model(tmp_path / "m.h5")
    assert float(theirs.optimizer.learning_rate) == 0.25
    x = np.ones((4, 3), "float32")
    model.save(tmp_path / "without.h5", include_optimizer=False)
    assert not keras.saving.load_model(tmp_path / "without.h5").compiled
    close(theirs(x), model(x))
