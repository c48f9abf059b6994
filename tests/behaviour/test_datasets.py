"""The data sets of Keras, read from small files of the same kind; nothing is downloaded."""

import builtins
import gzip
import importlib
import io
import json
import os
import pickle
import tarfile
import zipfile

import keras
import numpy as np
import pytest

import lamina
from lamina import datasets

rng = np.random.default_rng(5)


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def both(monkeypatch, name, path, *arguments, **keywords):
    """What Lamina and Keras read from one file."""
    module = importlib.import_module(f"keras.src.datasets.{name}")
    monkeypatch.setattr(module, "get_file", lambda *a, **k: str(path))
    got = getattr(datasets, name).load_data(*arguments, path=str(path), **keywords)
    wanted = module.load_data(*arguments, **keywords)
    assert type(got) is type(wanted) is tuple
    for mine, reference in zip(got, wanted):
        for a, b in zip(mine, reference):
            assert (a.dtype, len(a)) == (b.dtype, len(b))  # lists of one length become a matrix in Keras
            assert a.tolist() == b.tolist()
    return got


@pytest.mark.parametrize(
    ("name", "arguments", "keywords"),
    [
        ("boston_housing", (), {}),
        ("boston_housing", (), {"test_split": 0.5, "seed": 3}),
        ("california_housing", (), {}),
        ("california_housing", ("small",), {"test_split": 0.0}),
    ],
)
def test_houses(name, arguments, keywords, tmp_path, monkeypatch):
    path = npz(tmp_path / "x.npz", x=rng.standard_normal((700, 2)), y=np.arange(700.0))
    both(monkeypatch, name, path, *arguments, **keywords)


def test_mnist(tmp_path, monkeypatch):
    images, labels = np.arange(2 * 784, dtype="uint8").reshape(2, 28, 28), np.array([3, 4], "uint8")
    path = npz(tmp_path / "m.npz", x_train=images, y_train=labels, x_test=images[:1], y_test=labels[:1])
    both(monkeypatch, "mnist", path)


def reviews(count):
    texts = np.empty(count, dtype=object)
    texts[:] = [rng.integers(1, 30, size=rng.integers(3, 9)).tolist() for _ in range(count)]
    return texts, rng.integers(0, 2, count)


WORDS = [
    {},
    {"num_words": 10, "skip_top": 3},
    {"num_words": 10, "oov_char": None},
    {"maxlen": 6},
    {"start_char": None},
    {"start_char": None, "index_from": 0, "seed": 1},
]


@pytest.mark.parametrize("keywords", WORDS)
def test_texts(keywords, tmp_path, monkeypatch):
    (x, y), (v, w) = reviews(14), reviews(6)
    both(monkeypatch, "imdb", npz(tmp_path / "i.npz", x_train=x, y_train=y, x_test=v, y_test=w), **keywords)
    both(monkeypatch, "reuters", npz(tmp_path / "r.npz", x=x, y=y), **keywords)


def test_words_and_topics(tmp_path):
    path = tmp_path / "words.json"
    path.write_text(json.dumps({"the": 1, "ä": 2}), encoding="utf-8")
    for module in (datasets.imdb, datasets.reuters):
        assert module.get_word_index(path) == {"the": 1, "ä": 2}
    assert datasets.reuters.get_label_names() == keras.datasets.reuters.get_label_names()
    with pytest.warns(UserWarning, match="num_words"), pytest.raises(ValueError, match="no such data file"):
        datasets.imdb.load_data("/nowhere/x.npz", nb_words=3)
    with pytest.raises(TypeError, match="unknown arguments"):
        datasets.imdb.load_data(wrong=3)


def cifar(folder, names, keys):
    folder.mkdir()
    for i, name in enumerate(names):
        content = {b"data": np.full((2, 3072), i, "uint8"), **{key: [i, i + 1] for key in keys}}
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))
    return folder


def test_cifar(tmp_path):
    ten = cifar(tmp_path / "ten", [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"], [b"labels"])
    (x, y), (v, w) = datasets.cifar10.load_data(path=ten)
    assert (x.shape, y.shape, v.shape, w.shape) == ((10, 32, 32, 3), (10, 1), (2, 32, 32, 3), (2, 1))
    assert x.dtype == y.dtype == "uint8"
    assert x[:, 0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert w.ravel().tolist() == [5, 6]

    folder = cifar(tmp_path / "cifar-100-python", ["train", "test"], [b"fine_labels", b"coarse_labels"])
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as archive:
        archive.add(folder, arcname=folder.name)
    for path in (folder, tmp_path, tmp_path / "c.tar.gz"):
        (x, y), _ = datasets.cifar100.load_data("coarse", path=path)
        assert (x.shape, y.tolist()) == ((2, 32, 32, 3), [[0], [1]])
    lamina.config.set_image_data_format("channels_first")
    assert datasets.cifar100.load_data(path=folder)[0][0].shape == (2, 3, 32, 32)
    with pytest.raises(ValueError, match="label_mode"):
        datasets.cifar100.load_data("middle")


def idx(path, array):
    sizes = np.array(array.shape, ">i4").tobytes()
    path.write_bytes(gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()))


def test_fashion_mnist(tmp_path):
    images = np.arange(3 * 784, dtype="uint8").reshape(3, 28, 28)
    for part in ("train", "t10k"):
        idx(tmp_path / f"{part}-images-idx3-ubyte.gz", images)
        idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", np.array([1, 2, 3], "uint8"))
    (x, y), (v, _) = datasets.fashion_mnist.load_data(path=tmp_path)
    np.testing.assert_array_equal(x, images)
    np.testing.assert_array_equal(v, images)
    assert y.tolist() == [1, 2, 3]
    file = tmp_path / "train-images-idx3-ubyte.gz"
    for content in (b"no gzip", gzip.compress(b"\0\0\x08\x03"), gzip.compress(b"\0\0\x08\x01\0\0\0\x05xx"), b""):
        file.write_bytes(content)
        with pytest.raises(ValueError, match="cannot be read"):
            datasets.fashion_mnist.load_data(path=tmp_path)


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/lamina_was_here",)


class Subtle:
    def __reduce__(self):
        return builtins.getattr, (builtins.dict, "fromkeys")


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(Evil()),
        pickle.dumps({b"data": Evil()}, protocol=0),
        pickle.dumps([Subtle()]),
        pickle.dumps(np.ma.masked_array([1])),
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cnumpy\nload\n.",
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\n(I0\ntS'b'\ntR.",
        b"\x80\x04",
        b"",
    ],
)
def test_pickles_with_code_are_refused(content, tmp_path):
    with pytest.raises(ValueError, match=r"asks for code|cannot be read"):
        datasets.source.load_pickle(io.BytesIO(content))
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / "train").write_bytes(content)
    with pytest.raises(ValueError, match=r"asks for code|cannot be read"):
        datasets.cifar100.load_data(path=folder)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue() + content)
        archive.writestr("y.npy", header.getvalue() + content)
    with pytest.raises(ValueError, match=r"asks for code|cannot be read"):
        datasets.reuters.load_data(tmp_path / "x.npz")
    assert not os.path.exists("/tmp/lamina_was_here")


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_pickles_of_arrays_are_read(protocol):
    content = {"a": np.arange(6).reshape(2, 3), "b": [1, "x", None], "c": np.array([[1], [2, 3]], dtype=object)}
    got = datasets.source.load_pickle(io.BytesIO(pickle.dumps(content, protocol=protocol)))
    assert got["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert got["c"].tolist() == [[1], [2, 3]]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda path: datasets.boston_housing.load_data(test_split=1.0), "not a share"),
        (lambda path: datasets.california_housing.load_data("medium"), "version"),
        (lambda path: datasets.mnist.load_data(path / "none.npz"), "no such data file"),
        (lambda path: datasets.mnist.load_data(path / "text.npz"), "cannot be read"),
        (lambda path: datasets.reuters.load_data(path / "r.npz", maxlen=1), "short enough"),
        (lambda path: datasets.cifar10.load_data(path=path), "no such data file"),
        (lambda path: datasets.cifar10.load_data(path=path / "none"), "no such data file"),
    ],
)
def test_bad_files(call, text, tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    x, y = reviews(3)
    npz(tmp_path / "r.npz", x=x, y=y)
    with pytest.raises(ValueError, match=f"(?s){text}.*Expected"):
        call(tmp_path)


def test_data_sets_are_downloaded_with_their_checksums(monkeypatch, tmp_path):
    wanted = {}

    def fake(name, origin, file_hash=None, **keywords):
        wanted[name] = (origin, file_hash)
        raise OSError("no net")

    for module in ("source", "cifar", "fashion_mnist"):
        monkeypatch.setattr(importlib.import_module(f"lamina.datasets.{module}"), "get_file", fake)
    for name in datasets.__all__:
        if name != "digits":
            with pytest.raises(OSError, match="no net"):
                getattr(datasets, name).load_data()
    assert len(wanted) == 8
    assert all(file_hash for name, (_, file_hash) in wanted.items() if "ubyte" not in name)
    assert all(origin.startswith("https://") for origin, _ in wanted.values())
