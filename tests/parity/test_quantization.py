"""Weights of 8 bits against Keras: values, gradients of the inputs, weights, configurations, files."""

import json

import numpy as np
import pytest

import lamina
from lamina import layers, ops

ROUNDED = [
    ("Dense", {"units": 4, "activation": "tanh"}, (3, 5)),
    ("Dense", {"units": 4, "use_bias": False}, (3, 2, 5)),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "de"}, (2, 3, 5)),
    ("EinsumDense", {"equation": "abc,bcd->abd", "output_shape": (3, 4), "bias_axes": "b"}, (2, 3, 5)),
    ("Embedding", {"input_dim": 7, "output_dim": 4}, None),
]
CASES = [*((*row, {}) for row in ROUNDED), *((*row, {"activation_quantizer": None}) for row in ROUNDED[::2])]
EACH = pytest.mark.parametrize(("name", "options", "shape", "config"), CASES)


def close(ours, theirs, what):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=2e-5, atol=5e-6, err_msg=what)


def data(shape, rng):
    return rng.integers(0, 7, (3, 5)) if shape is None else rng.normal(size=shape).astype("float32")


def pair(keras, name, options, x, config):
    """The layer of both libraries with the same weights, quantized."""
    made = []
    for library in (lamina, keras):
        layer = getattr(library.layers, name)(**options, name="subject")
        layer(x)
        if made:
            layer.set_weights(made[0].get_weights())
        made.append(layer)
    for library, layer in zip((lamina, keras), made):
        layer.quantize(config=library.quantizers.Int8QuantizationConfig(**config)) if config else layer.quantize("int8")
    return made


@EACH
def test_values_and_weights(name, options, shape, config, keras, rng):
    import jax

    x = data(shape, rng)
    ours, theirs = pair(keras, name, options, x, config)
    expected = np.asarray(theirs(x))
    close(ours(x).numpy(), expected, "output")
    symbol = lamina.Input(x.shape[1:], dtype=str(x.dtype))
    close(lamina.Model(symbol, ours(symbol)).predict(x, verbose=0), expected, "traced")
    assert [(w.name, w.trainable) for w in ours.weights] == [(w.name, w.trainable) for w in theirs.weights]
    for mine, wanted in zip(ours.weights, theirs.weights):
        if mine.dtype == "uint8":
            np.testing.assert_array_equal(mine.numpy().astype(int) - 128, np.asarray(wanted).astype(int))
        else:
            close(mine.numpy().ravel(), np.asarray(wanted).ravel(), mine.name)
    if shape is not None:
        tensor = ops.convert_to_tensor(x)
        with lamina.GradientTape() as tape:
            tape.watch([tensor])
            total = ops.sum(ops.square(ours(tensor)))
        close(tape.gradient(total, tensor).numpy(), jax.grad(lambda x: (theirs(x) ** 2).sum())(x), "gradient")


@EACH
def test_configurations_go_both_ways(name, options, shape, config, keras, rng):
    x = data(shape, rng)
    ours, theirs = pair(keras, name, options, x, config)
    record, their_record = (
        json.loads(json.dumps(library.layers.serialize(layer))) for library, layer in ((lamina, ours), (keras, theirs))
    )
    built = keras.layers.deserialize(record)
    assert [tuple(w.shape) for w in built.weights] == [tuple(w.shape) for w in theirs.weights]
    assert built.quantization_mode == theirs.quantization_mode == ours.quantization_mode == "int8"
    for again in (layers.deserialize(record), layers.deserialize(their_record)):
        assert again.quantization_mode == "int8"
        assert [w.name for w in again.weights] == [w.name for w in ours.weights]
        again.set_weights(ours.get_weights())
        np.testing.assert_array_equal(again(x).numpy(), ours(x).numpy())
