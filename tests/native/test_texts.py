"""Raw texts go into what Python saved, and come out in C++ as the same bits."""

import os
import re
import subprocess

import numpy as np
import pytest
from cases.arrays import make_all
from cases.layers import TEXTS

import lamina
from lamina import _core, layers

NAMES = [case.layer for case in TEXTS]
ROWS = {f"{name}-{NAMES[:i].count(name)}": case for i, (name, case) in enumerate(zip(NAMES, TEXTS))}
SENTENCES = ["The cat sat", "on the mät, 日本!", "", "a dog", "no\u00a0cat \t", "Dogs; dogs."]


def write(path, arrays):
    """A file of tensors; texts as their bytes and sizes: see texts.h."""
    tensors = {}
    for name, array in arrays.items():
        if array.dtype == object:
            texts = [text.encode("utf-8", "surrogateescape") for text in array.ravel().tolist()]
            tensors[f"{name}.bytes"] = np.frombuffer(b"".join(texts), "uint8")
            tensors[f"{name}.sizes"] = np.array([len(text) for text in texts], "int64").reshape(array.shape)
        else:
            tensors[name] = array
    _core.write_tensors(str(path), {name: _core.Tensor(array) for name, array in tensors.items()})


def read(path):
    """The first tensor of such a file."""
    tensors = {name: tensor.numpy() for name, tensor in _core.read_tensors(str(path)).items()}
    if "output0" in tensors:
        return tensors["output0"]
    data, sizes = tensors["output0.bytes"].tobytes(), tensors["output0.sizes"]
    ends = np.cumsum(sizes.ravel())
    texts = [data[end - size : end].decode() for end, size in zip(ends, sizes.ravel())]
    return np.array(texts, dtype=object).reshape(sizes.shape)


def one(values):
    return values[0] if len(values) == 1 else values


def run(runner, folder, *names):
    done = subprocess.run(
        [runner, folder, *names],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LAMINA_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(runner, tmp_path_factory):
    """A saved model of one layer per row, with what it gives in Python, and in C++."""
    folder = tmp_path_factory.mktemp("texts")
    for name, case in ROWS.items():
        x = make_all(case.inputs, seed=case.seed)
        inputs = [lamina.Input(a.shape[1:], dtype="string" if a.dtype == object else str(a.dtype)) for a in x]
        model = lamina.Model(inputs, case.make(layers)(one(inputs)))
        if None in model.output_shape[1:]:
            x = [a[:2] for a in x]  # one batch, whose longest text tells the size
        model.save(folder / f"{name}.lamina")
        write(folder / f"{name}.safetensors", {f"x{i}": a for i, a in enumerate(x)})
        np.save(folder / f"{name}.npy", model.predict(x, batch_size=2, verbose=0), allow_pickle=True)
    run(runner, folder, *ROWS)
    return folder


@pytest.mark.parametrize("row", ROWS)
def test_predicts_the_same(row, folder):
    expected, found = np.load(folder / f"{row}.npy", allow_pickle=True), read(folder / f"{row}.predicted")
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)


@pytest.fixture
def reader():
    """A model that reads raw texts, trained for a moment."""
    lamina.utils.set_random_seed(3)
    words = layers.TextVectorization(output_sequence_length=5)
    words.adapt(SENTENCES)
    inputs = lamina.Input((), dtype="string")
    x = layers.Embedding(words.vocabulary_size(), 4, mask_zero=True)(words(inputs))
    x = layers.Bidirectional(layers.LSTM(3))(x)
    model = lamina.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(np.array(SENTENCES, object), np.arange(6) % 3, batch_size=2, epochs=2, verbose=0)
    return model


def test_trains_on_from_texts(reader, runner, tmp_path):
    x, y = np.array(SENTENCES, object), np.arange(6) % 3
    reader.save(tmp_path / "m.lamina")
    write(tmp_path / "m.safetensors", {"x0": x, "y": y})
    before = reader.predict(x, batch_size=2, verbose=0)
    run(runner, tmp_path, "m")
    np.testing.assert_array_equal(read(tmp_path / "m.predicted"), before)
    reader.fit(x, y, batch_size=2, verbose=0)
    (tmp_path / "trained.lamina").write_bytes((tmp_path / "m.trained").read_bytes())
    again = lamina.models.load_model(tmp_path / "trained.lamina")
    for ours, theirs in zip(reader.get_weights(), again.get_weights()):
        np.testing.assert_array_equal(theirs, ours)


def test_the_example(reader, native_programs, tmp_path):
    path = tmp_path / "reader.lamina"
    reader.save(path)
    program = native_programs / "classify"
    texts = [text for text in SENTENCES if text] + ["newer words", "\udcff\udc80"]  # the last: no UTF-8
    done = subprocess.run([program, path, *texts], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = reader.predict(np.array(texts, object), verbose=0)
    lines = done.stdout.decode("utf-8", "surrogateescape").splitlines()
    for line, text, row in zip(lines, texts, expected, strict=True):
        label, probability, said = re.fullmatch(r"(\d+) (\S+): (.*)", line).groups()
        assert (int(label), np.float32(probability), said) == (row.argmax(), row.max(), text)
    for arguments, message in (
        ([path], "usage"),
        ([tmp_path / "none.lamina", "a"], "Cannot read"),
    ):
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert message in done.stderr
