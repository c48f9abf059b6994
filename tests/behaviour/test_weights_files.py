"""Weights in files: what is skipped, what is refused, and what a failure leaves as it was."""

import json
import os

import h5py
import numpy as np
import pytest

import lamina
from lamina import layers


def make(units=2, last=True):
    stack = [lamina.Input((3,)), layers.Dense(4, name="a"), layers.Dense(units, name="b")]
    return lamina.Sequential([*stack, layers.Dense(1, name="c")] if last else stack)


def same(model, other, *names):
    for name in names:
        for value, wanted in zip(*(m.get_layer(name).get_weights() for m in (model, other)), strict=True):
            np.testing.assert_array_equal(value, wanted)


@pytest.mark.parametrize("ending", [".weights.h5", ".weights.json", ".keras", ".h5"])
def test_all_kinds(ending, tmp_path):
    path = tmp_path / f"m{ending}"
    model, other = make(), make()
    if "weights" in ending:
        model.save_weights(path, max_shard_size=1e-7 if ending == ".weights.json" else None)
    else:
        model.save(path)
    other.load_weights(path)
    same(other, model, "a", "b", "c")
    fresh = make()
    lamina.saving.load_weights(fresh, str(path))
    same(fresh, model, "a", "b", "c")


def test_what_is_skipped(tmp_path):
    path = tmp_path / "m.weights.h5"
    model, other = make(), make(units=5)
    model.save_weights(path)
    before = other.get_weights()
    with pytest.raises(ValueError, match=r"2 parts of model.*Dense name=b.*shapes \[\(4, 5\), \(5,\)\].*skip_mismatch"):
        other.load_weights(path)
    for value, wanted in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, wanted)  # no layer has changed
    with pytest.warns(UserWarning, match="2 parts of model"):
        other.load_weights(path, skip_mismatch=True)
    same(other, model, "a")
    third = make()
    kept = third.get_layer("a").get_weights()
    third.load_weights(path, objects_to_skip=[third.get_layer("a")])
    same(third, model, "b", "c")
    np.testing.assert_array_equal(third.get_layer("a").get_weights()[0], kept[0])
    make(last=False).load_weights(path)  # what the file has beyond the model does not matter


MISTAKES = [
    (lambda m, p: m.save_weights(p / "m.h5"), r"ends with '\.weights\.h5'"),
    (lambda m, p: m.save_weights(p / "m.weights.json"), r"ends with '\.weights\.h5'"),
    (lambda m, p: m.save_weights(p / "m.keras", max_shard_size=1), r"'\.weights\.h5' or '\.weights\.json'"),
    (lambda m, p: m.save_weights(p / "m.weights.json", max_shard_size=1e-9), "does not fit into one file"),
    (lambda m, p: m.save_weights(p / "there.weights.h5", overwrite=False), "is there already"),
    (lambda m, p: lamina.Sequential([layers.Dense(2)]).save_weights(p / "m.weights.h5"), "has no weights yet"),
    (lambda m, p: lamina.Sequential([layers.Dense(2)]).load_weights(p / "there.weights.h5"), "has no weights yet"),
    (lambda m, p: m.load_weights(p / "m.txt"), "a file of this kind"),
    (lambda m, p: m.load_weights(p / "there.weights.h5", by_name=True), "by_name"),
    (lambda m, p: m.load_weights(p / "there.weights.h5", name=True), "cannot be used.*name"),
    (lambda m, p: m.load_weights(p / "m.keras", objects_to_skip=[]), "objects_to_skip"),
    (lambda m, p: m.load_weights(p / "m.h5", objects_to_skip=[]), "objects_to_skip"),
    (lambda m, p: m.save(p / "m.keras", zipped=False), "is saved to a folder"),
    (lambda m, p: m.save(p / "there.weights.h5", include=True), "unknown arguments"),
]


@pytest.mark.parametrize("row", range(len(MISTAKES)))
def test_mistakes(row, tmp_path):
    call, text = MISTAKES[row]
    model = make()
    model.save_weights(tmp_path / "there.weights.h5")
    with pytest.raises(ValueError, match=text):
        call(model, tmp_path)
    assert os.listdir(tmp_path) == ["there.weights.h5"]


@pytest.mark.parametrize("name", ["m.weights.h5", "m.weights.json", "m.keras", "m.h5"])
def test_missing_files(name, tmp_path):
    with pytest.raises(FileNotFoundError, match="not there"):
        make().load_weights(tmp_path / name)


def test_parts(tmp_path):
    model = make()
    with pytest.warns(UserWarning, match=r"'\.json' file"):
        model.save_weights(tmp_path / "m.weights.h5", max_shard_size=1e-7)
    names = sorted(os.listdir(tmp_path))
    assert names[:2] == ["m.weights.json", "m_00000.weights.h5"]
    record = json.loads((tmp_path / "m.weights.json").read_text())
    sizes = [v.numpy().nbytes for v in model.weights]
    assert record["metadata"]["total_size"] == sum(sizes)
    assert set(record["weight_map"]) == {"/layers/dense/vars", "/layers/dense_1/vars", "/layers/dense_2/vars"}
    for name in names[1:]:
        with h5py.File(tmp_path / name) as file:
            held = []
            file.visititems(lambda _, item, held=held: held.append(getattr(item, "nbytes", 0)))
            assert 0 < sum(held) <= 1e-7 * 1024**3
    (tmp_path / names[-1]).unlink()
    with pytest.raises((ValueError, FileNotFoundError), match="not there"):
        make().load_weights(tmp_path / "m.weights.json")


@pytest.mark.parametrize("name", ["m.weights.h5", "m.keras", "m.h5", "m.weights.json"])
def test_a_failure_leaves_the_old_file(name, tmp_path, monkeypatch):
    path = tmp_path / name
    model = make()
    options = {"max_shard_size": 1.0} if name.endswith("json") else {}
    save = model.save_weights if "weights" in name else model.save
    save(path, **options)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    calls = []

    def full(self, *args, **kwargs):
        calls.append(args)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        return original(self, *args, **kwargs)

    original = h5py.Group.create_dataset
    monkeypatch.setattr(h5py.Group, "create_dataset", full)
    with pytest.raises(OSError, match="No space left"):
        save(path, **options)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_half_precision(tmp_path):
    model, other = (
        lamina.Sequential([lamina.Input((3,)), layers.Dense(2, dtype="bfloat16", bias_initializer="ones")])
        for _ in range(2)
    )
    model.save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5") as file:
        assert file["layers/dense/vars/0"].attrs["dtype"] == "bfloat16"
    other.load_weights(tmp_path / "m.weights.h5")
    for value, wanted in zip(other.weights, model.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(value, "float32"), np.asarray(wanted, "float32"))


def test_files_of_other_versions(tmp_path):
    """Keras 2.13 had another name for layers, and before 3.15 it left out layers in lists of lists."""
    model = make()
    path = tmp_path / "m.weights.h5"
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
    other = make()
    other.load_weights(path)
    same(other, model, "a", "b", "c")

    class Nested(layers.Layer):
        def __init__(self):
            super().__init__()
            self.rows = [[layers.Dense(3)], [layers.Dense(3), {"x": layers.Dense(3)}]]

        def call(self, x):
            return self.rows[1][1]["x"](self.rows[1][0](self.rows[0][0](x)))

    def nested():
        return lamina.Sequential([lamina.Input((3,)), Nested()])

    model, other = nested(), nested()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        assert {"container", "container_1"} == set(file["layers/nested/rows"])
        assert "dense" in file["layers/nested/rows/container_1/container"]
    other.load_weights(path)
    for value, wanted in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(value, wanted)
    with h5py.File(path, "r+") as file:
        del file["layers/nested/rows/container_1"]
    with pytest.warns(UserWarning, match="lists of lists"):
        nested().load_weights(path)


@pytest.mark.parametrize("ending", [".lamina", ".keras", ".h5"])
def test_frozen_layers_stay_frozen(ending, tmp_path):
    x = lamina.Input((3,))
    model = lamina.Model(x, layers.Dense(1)(layers.Dense(2, trainable=False)(x)))
    model.save(tmp_path / f"m{ending}")
    loaded = lamina.saving.load_model(tmp_path / f"m{ending}")
    assert [layer.trainable for layer in loaded.layers] == [True, False, True]
    assert len(loaded.trainable_weights) == 2


def test_checkpoints_of_weights(tmp_path):
    model = make()
    model.compile("adam", "mse")
    path = tmp_path / "m-{epoch}.weights.h5"
    checkpoint = lamina.callbacks.ModelCheckpoint(path, save_weights_only=True)
    model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=2, verbose=0, callbacks=[checkpoint])
    assert sorted(os.listdir(tmp_path)) == ["m-1.weights.h5", "m-2.weights.h5"]
    other = make()
    other.compile("adam", "mse")
    other.optimizer.build(other.trainable_variables)
    other.load_weights(tmp_path / "m-2.weights.h5")
    same(other, model, "a", "b", "c")
    for value, wanted in zip(other.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(value.numpy(), wanted.numpy())


@pytest.mark.parametrize("name", ["Adam", "AdamW", "SGD", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Lion"])
def test_optimizers_that_keras_has_for_pytorch(name):
    record = lamina.saving.serialize_keras_object(getattr(lamina.optimizers, name)(0.25))
    record["module"] = f"keras.src.backend.torch.optimizers.torch_{name.lower()}"
    found = lamina.saving.deserialize_keras_object(record)
    assert type(found).__name__ == name
    assert float(found.learning_rate) == 0.25
