"""Models with weights of 8 bits: files, training of the rest, copies, errors."""

import copy

import numpy as np
import pytest

import lamina
from lamina import layers
from lamina.quantizers import AbsMaxQuantizer, Int8QuantizationConfig

X = np.random.default_rng(3).integers(0, 9, (6, 4))


def network():
    inputs = lamina.Input((4,), dtype="int32")
    x = layers.Embedding(9, 8, lamina.initializers.RandomNormal(stddev=1.0), name="table")(inputs)
    x = layers.MultiHeadAttention(2, 4, name="attention")(x, x)
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return lamina.Model(inputs, layers.Dense(3, activation="softmax", name="head")(x))


def built(layer=None):
    layer = layer or layers.Dense(2)
    layer.build((None, 3))
    return layer


def test_a_model_goes_on_in_8_bits(tmp_path):
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy")
    labels = np.arange(6) % 3
    model.fit(X, labels, verbose=0)
    before = model.predict(X, verbose=0)
    model.quantize("int8")
    after = model.predict(X, verbose=0)
    assert 0 < np.abs(after - before).max() < 0.05
    np.testing.assert_allclose(model(X).numpy(), after, rtol=1e-5)
    assert sum(w.dtype == "uint8" for w in model.weights) == 6
    model.compile(lamina.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    codes = [w.numpy() for w in model.weights if w.dtype == "uint8"]
    losses = model.fit(X, labels, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]  # biases and normalization
    for mine, wanted in zip((w for w in model.weights if w.dtype == "uint8"), codes, strict=True):
        np.testing.assert_array_equal(mine.numpy(), wanted)
    model.save(tmp_path / "model.lamina")
    loaded = lamina.models.load_model(tmp_path / "model.lamina")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    again = [m.fit(X, labels, verbose=0).history for m in (model, loaded)]
    assert again[0] == again[1]


def test_copies_and_dots():
    x = np.random.default_rng(3).normal(size=(2, 4, 3)).astype("float32")
    layer = layers.EinsumDense("abc,cd->abd", (None, 2), bias_axes="d")
    dots = layers.EinsumDense("...c,cd->...d", 2, bias_axes="d")
    layer(x)
    dots(x)
    dots.set_weights(layer.get_weights())
    layer.quantize("int8")
    dots.quantize("int8")
    clone = copy.deepcopy(layer)
    assert clone.kernel._parts[0] is clone.weights[1] is not layer.weights[1]
    for other in (clone, dots):
        np.testing.assert_array_equal(other(x).numpy(), layer(x).numpy())


@pytest.mark.parametrize("filters", ["head|table", ["^head$", "table"], lambda layer: layer.name in ("head", "table")])
def test_some_layers_only(filters):
    model = network()
    model.quantize("int8", filters=filters)
    assert {layer.name for layer in model.layers if layer.quantization_mode} == {"head", "table"}
    assert sum(w.dtype == "uint8" for w in model.weights) == 2


def test_quantized_from_the_start():
    x = np.random.default_rng(3).normal(size=(2, 3)).astype("float32")
    config = Int8QuantizationConfig(AbsMaxQuantizer(value_range=(-7, 7)), None)
    layer = layers.Dense(2, dtype="int8_from_float32", quantization_config=config)
    layer(x)
    assert np.abs(layer.get_weights()[1].astype(int) - 128).max() == 7
    later = layers.Dense(2, quantization_config=config)
    later(x)
    later.set_weights([np.asarray(layer.kernel), np.zeros(2)])
    later.quantize("int8")
    np.testing.assert_allclose(later(x).numpy(), layer(x).numpy(), rtol=1e-6)
    assert layers.deserialize(layers.serialize(later)).quantization_config.get_config() == config.get_config()


class OwnDense(layers.Dense):
    pass


@pytest.mark.parametrize(
    ("mistake", "kind", "names"),
    [
        (lambda: layers.Dense(2).quantize("int8"), ValueError, "no weights yet"),
        (lambda: [d := built(), d.quantize("int8"), d.quantize("int8")], ValueError, "quantized already"),
        (lambda: built().quantize("int4"), ValueError, "not available.*mode='int4'"),
        (lambda: built().quantize(), ValueError, "mode=None, config=None"),
        (lambda: built().quantize("float8", config=Int8QuantizationConfig()), ValueError, "mode='float8'"),
        (lambda: layers.Dense(2, quantization_config="int8"), ValueError, "config='int8'"),
        (lambda: built(layers.Dense(2, lora_rank=1)).quantize("int8"), ValueError, "adapted.*LoRA"),
        (lambda: [d := built(), d.quantize("int8"), d.enable_lora(1)], ValueError, "quantized weight"),
        (lambda: built(layers.Dense(2, dtype="float16")).quantize("int8"), ValueError, "mixed_bfloat16"),
        (lambda: built(OwnDense(2)).quantize("int8"), NotImplementedError, "OwnDense"),
        (lambda: layers.Flatten().quantize("int8"), NotImplementedError, "cannot be quantized"),
        (lambda: [d := built(), d.quantize("int8"), d.kernel.assign(np.ones((3, 2)))], ValueError, "before `quantize`"),
        (lambda: network().quantize("int2"), ValueError, "mode='int2'"),
        (lambda: network().quantize("int8", filters=3), ValueError, "filters=3"),
        (lambda: network().quantize("int8", filter="x"), ValueError, "filter='x'"),
        (lambda: AbsMaxQuantizer(value_range=(-200, 200)), ValueError, "value_range"),
        (lambda: Int8QuantizationConfig("int8"), ValueError, "weight_quantizer='int8'"),
        (lambda: lamina.quantizers.QuantizationConfig().mode, NotImplementedError, "Int8QuantizationConfig"),
        (lambda: lamina.dtype_policies.QuantizedDTypePolicy("int4"), ValueError, "mode='int4'"),
    ],
    ids=range(19),
)
def test_mistakes(mistake, kind, names):
    with pytest.raises(kind, match=names) as error:
        mistake()
    assert "Expected: " in str(error.value)
    assert "Fix: " in str(error.value)


@pytest.mark.parametrize(
    "records", [[[99, "int8", None]], [[0, "int8", None]], [["0", "int8", None]], [[1]], "all", {}]
)
def test_files_that_name_other_layers(records):
    from lamina.saving.model_file import _quantize_again

    with pytest.raises(ValueError, match="names a layer to be quantized"):
        _quantize_again(network(), records)
