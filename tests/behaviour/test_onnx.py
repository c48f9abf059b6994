"""Whole nets exported to ONNX, open sizes, files, and what is refused."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import onnx
from onnx_runs import assert_alike, run, session

import lamina
from lamina import Input, Model, Sequential, layers, ops


def residual():
    def unit(x, filters, strides, activation="relu"):
        x = layers.Conv2D(filters, 3, strides, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        return layers.Activation(activation)(x)

    inputs = x = Input((9, 8, 3))
    for filters, strides in ((4, 1), (6, 2)):
        y = unit(unit(x, filters, strides), filters, 1, "linear")
        x = layers.BatchNormalization()(layers.Conv2D(filters, 1, strides, use_bias=False)(x))
        x = layers.Activation("relu")(layers.Add()([x, y]))
    return Model(inputs, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def mobile():
    inputs = x = Input((10, 10, 3))
    for filters, strides in ((4, 2), (5, 1)):
        x = layers.DepthwiseConv2D(3, strides, padding="same", use_bias=False)(x)
        x = layers.ReLU(max_value=6.0)(layers.BatchNormalization()(x))
        x = layers.Conv2D(filters, 1, use_bias=False)(x)
        x = layers.ReLU(max_value=6.0)(layers.BatchNormalization()(x))
    return Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


def gru():
    return Sequential([Input((6, 3)), layers.GRU(4, return_sequences=True), layers.GRU(2), layers.Dense(1)])


def bidirectional():
    both = [layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.Bidirectional(layers.LSTM(2))]
    return Sequential([Input((None,), dtype="int32"), layers.Embedding(9, 4), *both, layers.Dense(1)])


def masked():
    hidden = [layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.GRU(2), layers.Dense(1)]
    return Sequential([Input((None,), dtype="int32"), layers.Embedding(9, 4, mask_zero=True), *hidden])


def transformer():
    inputs = Input((None,), dtype="int32")
    x = layers.Embedding(9, 8)(inputs)
    attended = layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    x = layers.LayerNormalization()(layers.Add()([x, attended]))
    x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(8)(layers.Dense(16, activation="gelu")(x))]))
    return Model(inputs, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


def with_open_sizes():
    """Images of any size: padding, strides, transposed convolution and concatenation."""
    inputs = Input((None, None, 2))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    down = layers.Conv2D(4, 3, strides=2, padding="same")(layers.MaxPooling2D(2, padding="same")(x))
    up = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(layers.Conv2DTranspose(3, 2, strides=2)(down))
    return Model(inputs, [layers.Concatenate()([layers.GlobalMaxPooling2D()(t) for t in (x, up)]), up])


NETS = {
    residual: (9, 8, 3),
    mobile: (10, 10, 3),
    gru: (6, 3),
    bidirectional: (None,),
    masked: (None,),
    transformer: (None,),
    with_open_sizes: (None, None, 2),
}


@pytest.mark.parametrize("build", NETS, ids=lambda build: build.__name__)
def test_nets_of_any_batch(build, rng, tmp_path):
    model = build()
    for variable in model.non_trainable_variables:  # moving statistics
        if variable.dtype == "float32":
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    model.export(tmp_path / "m.onnx", verbose=False)
    there = session(tmp_path / "m.onnx")
    whole = model.input.dtype == "int32"
    for batch, size in ((1, 5), (4, 8)):
        shape = (batch, *(size if n is None else n for n in NETS[build]))
        x = rng.integers(0, 9, shape).astype("int32") if whole else rng.normal(size=shape).astype("float32")
        assert_alike(run(there, [x]), model.predict(x, verbose=0))


def test_names_and_open_sizes(tmp_path):
    inputs = {"a": Input((None, 2), name="first"), "b": Input((3,), name="second")}
    summed = layers.Dense(3, name="summed")(layers.GlobalMaxPooling1D()(inputs["a"]))
    model = Model(inputs, {"out": summed + inputs["b"], "same": inputs["b"]})
    path = tmp_path / "new" / "m.onnx"
    model.export(path, "onnx", False)
    graph = onnx.load(path).graph

    def shape(value):
        return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]

    assert [(i.name, len(shape(i)), shape(i)[0]) for i in graph.input] == [
        ("first", 3, "batch"),
        ("second", 2, "batch"),
    ]
    assert isinstance(shape(graph.input[0])[1], str)
    assert [o.name for o in graph.output] == model.output_names
    assert {"summed/kernel", "summed/bias"} <= {tensor.name for tensor in graph.initializer}
    kernel = next(tensor for tensor in graph.initializer if tensor.name == "summed/kernel")
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(kernel), model.get_layer("summed").kernel.numpy())
    a, b = np.ones((2, 4, 2), "float32"), np.ones((2, 3), "float32")
    assert_alike(run(session(path), [a, b]), model.predict({"a": a, "b": b}, verbose=0))


def test_images_are_transposed_at_the_borders_only():
    nodes = lamina.export.onnx_model(residual()).graph.node
    weights = sum(node.op_type == "Conv" for node in nodes)  # each kernel is, once
    assert sum(node.op_type == "Transpose" for node in nodes) == weights + 1


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_states_in_and_out(kind, masked, rng):
    inputs = Input((None, 4))
    x = layers.Masking()(inputs) if masked else inputs
    sequence, *states = getattr(layers, kind)(3, return_state=True, return_sequences=True)(x)
    back = getattr(layers, kind)(3, go_backwards=True)(inputs, initial_state=states)
    model = Model(inputs, [sequence, *states, back, inputs])  # names of outputs come several times
    x = rng.normal(size=(2, 5, 4)).astype("float32")
    x[0, 3:] = 0
    made = lamina.export.onnx_model(model)
    assert any(node.op_type == "Scan" for node in made.graph.node) == masked
    assert_alike(run(session(made), [x]), model.predict(x, verbose=0))


def test_quantized_weights(rng):
    model = Sequential([Input((5,), dtype="int32"), layers.Embedding(9, 4), layers.Flatten(), layers.Dense(3)])
    model.quantize("int8")
    x = rng.integers(0, 9, (3, 5)).astype("int32")
    assert_alike(run(session(lamina.export.onnx_model(model)), [x]), model.predict(x, verbose=0))


class Own(Model):
    """Control flow of all kinds, and a random number that no training makes."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(3)

    def call(self, x):
        x = self.dense(x)
        state, rows = ops.scan(lambda s, row: (s + row, s * row), ops.zeros((3,)), x, reverse=True)
        total = ops.while_loop(lambda i, t: ops.sum(ops.abs(t)) < 50.0, lambda i, t: (i + 1, t * 2.0 + 1.0), (0, state))
        chosen = ops.switch(ops.cast(total[0], "int32") % 3, [ops.sin, ops.cos, ops.tanh], rows)
        counted = ops.fori_loop(0, 3, lambda i, v: v + ops.cast(i, "float32"), chosen)
        return {"rows": counted, "total": total[1], "steps": total[0]}


def test_control_flow(rng):
    model = Own()
    x = rng.normal(size=(4, 2)).astype("float32")
    expected = model(x)
    assert_alike(run(session(lamina.export.onnx_model(model)), [x]), expected)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision(policy, rng):
    model = Sequential([Input((5, 3)), layers.Conv1D(4, 2, dtype=policy), layers.Dense(2, "relu", dtype=policy)])
    model.add(layers.Activation("softmax", dtype="float32"))
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    (found,) = run(session(lamina.export.onnx_model(model)), [x])
    np.testing.assert_allclose(found, model.predict(x, verbose=0), atol=2e-3 if policy == "mixed_float16" else 2e-2)


def test_a_signature_of_own_shapes(rng):
    model = Sequential([Input((6, 3)), layers.Conv1D(2, 3), layers.GlobalAveragePooling1D()])
    made = lamina.export.onnx_model(model, [lamina.InputSpec(shape=(1, 6, 3), dtype="float32")])
    shapes = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in (*made.graph.input, *made.graph.output)]
    assert shapes == [[1, 6, 3], [1, 2]]
    x = rng.normal(size=(1, 6, 3)).astype("float32")
    assert_alike(run(session(made), [x]), model.predict(x, verbose=0))


def test_what_is_printed(tmp_path, capsys):
    path = str(tmp_path / "m.onnx")
    gru().export(path)
    assert path in capsys.readouterr().out
    gru().export(path, verbose=False)
    assert not capsys.readouterr().out


def dense():
    return Sequential([Input((3,)), layers.Dense(2)])


class Solves(layers.Layer):
    def call(self, x):
        return ops.linalg.cholesky(x)


REFUSED = {
    "other format": (dense, "m", {"format": "tf_saved_model"}, "other runtimes.*format='tf_saved_model'"),
    "unknown format": (dense, "m", {"format": "pt"}, "format='onnx'.*format='pt'"),
    "no format": (dense, "m.pb", {}, r"'\.onnx'.*m\.pb"),
    "unknown argument": (dense, "m.onnx", {"optimize": True}, "Received: optimize"),
    "other opset": (dense, "m.onnx", {"opset_version": 7}, "opset_version=20.*opset_version=7"),
    "not built": (lambda: Sequential([layers.Dense(2)]), "m.onnx", {}, "be exported"),
    "signature": (dense, "m.onnx", {"input_signature": [7]}, "input_signature.*7"),
    "texts": (
        lambda: Sequential([Input((), dtype="string"), layers.StringLookup(vocabulary=["a"])]),
        "m.onnx",
        {},
        "texts",
    ),
    "op": (
        lambda: Sequential([Input((2, 2)), Solves(name="inner")]),
        "m.onnx",
        {},
        "op 'cholesky' in layer Solves 'inner'",
    ),
    "op inside": (
        lambda: Sequential([Input((2, 2)), Sequential([Input((2, 2)), Solves(name="inner")])]),
        "m.onnx",
        {},
        "op 'cholesky' in layer Solves 'inner'",
    ),
    "part of an op": (
        lambda: Sequential([Input((None,)), layers.Lambda(lambda x: ops.rfft(x)[0], name="waves")]),
        "m.onnx",
        {},
        r"op 'rfft' \(a Fourier transform of open length\) in layer Lambda 'waves'",
    ),
    "random": (
        lambda: Sequential([Input((3,)), layers.Lambda(lambda x: x + lamina.random.normal((3,)), name="noise")]),
        "m.onnx",
        {},
        "random_normal|predictions that change",
    ),
    "stateful": (
        lambda: Sequential([Input(batch_shape=(2, 4, 3)), layers.GRU(2, stateful=True)]),
        "m.onnx",
        {},
        "predictions that change no variable",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_leaves_no_file(name, tmp_path):
    build, file, options, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        build().export(tmp_path / file, **options)
    assert not list(tmp_path.iterdir())


def test_an_old_file_stays_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "m.onnx"
    dense().export(path, verbose=False)
    before = path.read_bytes()

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match=r"as it was.*No space left"):
        dense().export(path, verbose=False)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="could not be written"):
        dense().export(tmp_path / "file" / "m.onnx", verbose=False)


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'lamina\[onnx\]'"):
        dense().export(tmp_path / "m.onnx")
