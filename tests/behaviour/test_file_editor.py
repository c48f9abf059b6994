"""Weights in files looked at and changed."""

import h5py
import numpy as np
import pytest

import lamina
from lamina import layers

Editor = lamina.saving.KerasFileEditor


def make(*units):
    return lamina.Sequential([lamina.Input((3,)), *(layers.Dense(n, name=f"d{i}") for i, n in enumerate(units))])


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5"])
def test_a_file_for_another_model(name, tmp_path, capsys):
    """One layer goes, one comes, one has another place."""
    model, other = make(4, 5, 1), make(4, 1, 2)
    (model.save if name == "m.keras" else model.save_weights)(tmp_path / name)
    editor = Editor(tmp_path / name)
    assert (editor.config is None) == (name != "m.keras")
    editor.summary()
    text = capsys.readouterr().out
    assert "dense_1 ('d1')" in text
    assert "1: shape=(5,), dtype=float32" in text
    assert editor.compare(model) == {"status": "success", "error_count": 0, "match_count": 6}
    assert editor.compare(other) == {"status": "error", "error_count": 4, "match_count": 2}
    assert "layers/dense_1/0: shape (4, 5) in the file, shape (4, 1) in the model" in capsys.readouterr().out
    editor.delete_object("layers/dense_1")
    editor.rename_object("dense_2", "dense_1")
    kernel = np.full((4, 1), 0.5, "float32")
    editor.add_weights("dense_1", {"0": kernel})
    editor.add_object("layers/dense_2", {"0": np.ones((1, 2)), "1": np.zeros(2), "2": np.zeros(2)})
    editor.delete_weight("layers/dense_2", "2")
    assert editor.compare(other)["status"] == "success"
    editor.resave_weights(tmp_path / "new.weights.h5")
    other.load_weights(tmp_path / "new.weights.h5")
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])
    np.testing.assert_array_equal(other.get_weights()[2], kernel)
    np.testing.assert_array_equal(other.get_weights()[4], np.ones((1, 2)))


def test_weights_of_the_model_itself_and_of_the_optimizer(tmp_path):
    class Net(lamina.Model):
        def build(self, input_shape):
            self.scale = self.add_weight((), "ones")

        def call(self, x):
            return x * self.scale

    model = Net()
    model.compile("adam", "mse")
    model.fit(np.ones((2, 3)), np.ones((2, 3)), verbose=0)
    model.save_weights(tmp_path / "m.weights.h5")
    editor = Editor(tmp_path / "m.weights.h5")
    assert editor.weights_dict["0"].shape == ()
    assert len(editor.weights_dict["optimizer"]) == 4
    editor.add_weights("optimizer", {"0": np.int64(7)})
    editor.save(tmp_path / "n.weights.h5")
    model.load_weights(tmp_path / "n.weights.h5")
    assert int(model.optimizer.iterations) == 7


MISTAKES = [
    (lambda e: e.delete_object("nobody"), r"no such object.*layers/dense"),
    (lambda e: e.delete_object("layers/nobody"), "no such object"),
    (lambda e: e.delete_object("0"), "a whole path"),
    (lambda e: e.rename_object("dense", "a/b"), "without '/'"),
    (lambda e: e.add_object("nowhere/dense", {}), "no such path"),
    (lambda e: e.add_object("dense", [1]), "a dict of arrays"),
    (lambda e: e.add_weights("dense", 3), "a dict of arrays"),
    (lambda e: e.delete_weight("dense", "7"), r"one of \['0', '1'\]"),
    (lambda e: e.save("m.h5"), "cannot be saved"),
    (lambda e: Editor("m.h5"), "cannot be edited"),
]


@pytest.mark.parametrize("row", range(len(MISTAKES)))
def test_mistakes(row, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(4, 1).save_weights("m.weights.h5")
    call, text = MISTAKES[row]
    editor = Editor("m.weights.h5")
    with pytest.raises(ValueError, match=text):
        call(editor)


def harm_link(file):
    file["layers/link"] = h5py.ExternalLink("other.h5", "/")


def harm_size(file):
    file["layers"].create_dataset("big", shape=(1 << 40,), dtype="f4")


def harm_virtual(file):
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
    file["layers"].create_virtual_dataset("v", layout)


@pytest.mark.parametrize("harm", [harm_link, harm_size, harm_virtual])
def test_harmful_files(harm, tmp_path):
    path = tmp_path / "m.weights.h5"
    make(4, 1).save_weights(path)
    with h5py.File(path, "r+") as file:
        file["layers/dense/again"] = file["layers"]
    assert set(Editor(path).weights_dict["layers"]) == {"dense", "dense_1"}
    with h5py.File(path, "r+") as file:
        harm(file)
    with pytest.raises(ValueError, match="something that is not loaded"):
        Editor(path)
