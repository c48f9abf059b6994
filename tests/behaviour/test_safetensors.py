"""Weights in safetensors files: written, read, read by others, refused."""

import json
import struct

import numpy as np
import pytest

import lamina
from lamina import Input, Sequential, _core, layers


def net(units=3, dtype=None):
    model = Sequential(
        [Input((4,)), layers.Dense(units, dtype=dtype), layers.BatchNormalization(dtype=dtype), layers.Dense(2)]
    )
    model.compile("adam", "mse")
    return model


def trained(rng):
    model = net()
    model.fit(rng.normal(size=(8, 4)), rng.normal(size=(8, 2)), batch_size=4, epochs=2, verbose=0)
    return model


def header_of(path):
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def test_training_goes_on(rng, tmp_path):
    x, y = rng.normal(size=(8, 4)), rng.normal(size=(8, 2))
    model, other = trained(rng), net()
    model.save_weights(tmp_path / "w.safetensors")
    other.optimizer.build(other.trainable_variables)
    other.load_weights(tmp_path / "w.safetensors")
    for mine in (model, other):
        mine.train_on_batch(x, y)
    for mine, wanted in zip(
        [*other.variables, *other.optimizer.variables], [*model.variables, *model.optimizer.variables]
    ):
        np.testing.assert_array_equal(mine.numpy(), wanted.numpy())


def test_the_layout_is_plain(rng, tmp_path):
    model = trained(rng)
    model.save_weights(str(tmp_path / "w.safetensors"))
    header, data = header_of(tmp_path / "w.safetensors")
    names = {
        "dense_1/kernel",
        "dense/kernel",
        "dense/bias",
        "batch_normalization/gamma",
        "batch_normalization/moving_mean",
    }
    assert names < set(header)
    record = header["dense/kernel"]
    begin, end = record["data_offsets"]
    assert (record["dtype"], record["shape"]) == ("F32", [4, 3])
    kernel = np.frombuffer(data[begin:end], "<f4").reshape(4, 3)
    np.testing.assert_array_equal(kernel, model.layers[0].kernel.numpy())


def test_other_dtypes_are_cast(tmp_path):
    model, other = net(), net(dtype="float64")
    model.save_weights(tmp_path / "w.safetensors")
    other.load_weights(tmp_path / "w.safetensors")
    assert other.layers[0].kernel.dtype == "float64"
    np.testing.assert_array_equal(other.layers[0].kernel.numpy(), model.layers[0].kernel.numpy())


def test_half_precision(tmp_path):
    model, other = (Sequential([Input((4,)), layers.Dense(2, dtype=d)]) for d in ("float16", "float32"))
    model.save_weights(tmp_path / "w.safetensors")
    assert header_of(tmp_path / "w.safetensors")[0]["dense/kernel"]["dtype"] == "F16"
    other.load_weights(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(other.layers[0].kernel.numpy(), model.layers[0].kernel.numpy())


def test_what_does_not_fit_changes_nothing(rng, tmp_path):
    path = tmp_path / "w.safetensors"
    net().save_weights(path)
    other = net(units=5)
    before = other.get_weights()
    with pytest.raises(ValueError, match=r"'dense/kernel' of shape \(4, 5\), but the file one of shape \(4, 3\)"):
        other.load_weights(path)
    for mine, wanted in zip(other.get_weights(), before):
        np.testing.assert_array_equal(mine, wanted)
    with pytest.warns(UserWarning, match="do not fit"):
        other.load_weights(path, skip_mismatch=True)
    stored = _core.read_tensors(str(path))
    np.testing.assert_array_equal(other.layers[0].kernel.numpy(), before[0])
    np.testing.assert_array_equal(other.layers[2].bias.numpy(), stored["dense_1/bias"].numpy())


def test_more_and_fewer_weights(tmp_path):
    path = tmp_path / "w.safetensors"
    net().save_weights(path)
    small = Sequential([Input((4,)), layers.Dense(3)])
    with pytest.raises(ValueError, match="no weight 'batch_normalization/"):
        small.load_weights(path)
    small.save_weights(path)
    with pytest.raises(ValueError, match="the file has none"):
        net().load_weights(path)


def damaged(path):
    net().save_weights(path)
    path.write_bytes(path.read_bytes()[:-5])
    net().load_weights(path)


MISTAKES = {
    "missing": (lambda path: net().load_weights(path), FileNotFoundError, "not there"),
    "damaged": (damaged, ValueError, "w.safetensors"),
    "in parts": (lambda path: net().save_weights(path, max_shard_size=1), ValueError, r"\.weights\.json"),
    "by name": (lambda path: net().load_weights(path, by_name=True), ValueError, "by_name"),
    "objects": (lambda path: net().load_weights(path, objects_to_skip=[1]), ValueError, "objects_to_skip"),
    "not built": (lambda path: Sequential([layers.Dense(2)]).save_weights(path), ValueError, "weights"),
    "no folder": (lambda path: net().save_weights(path / "w.safetensors"), OSError, "could not be written"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name, tmp_path):
    act, error, message = MISTAKES[name]
    if name == "no folder":
        (tmp_path / "w.safetensors").write_text("a file")
    with pytest.raises(error, match=message):
        act(tmp_path / "w.safetensors")


def test_an_existing_file(tmp_path):
    net().save_weights(tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="overwrite"):
        net().save_weights(tmp_path / "w.safetensors", overwrite=False)
    lamina.saving.save_weights(net(), tmp_path / "w.safetensors")
