"""The .lamina file: round trips, what goes on after loading, own classes, failures that leave the old file."""

import json
import os
import struct

import numpy as np
import pytest
from cases.disk import full_disk

import lamina
from lamina import layers, ops

load_model = lamina.saving.load_model
register = lamina.saving.register_keras_serializable


@pytest.fixture
def data(rng):
    x = rng.standard_normal((60, 4)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64") + (x[:, 1] > 0)


def make(optimizer="adam"):
    model = lamina.Sequential(
        [
            lamina.Input((4,)),
            layers.Dense(8, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def same(a, b):
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_training_goes_on_with_the_same_bits(data, tmp_path, optimizer):
    model = make(optimizer)
    model.fit(*data, epochs=2, verbose=0)
    model.save(tmp_path / "m.lamina")
    loaded = load_model(tmp_path / "m.lamina")
    same(loaded.get_weights(), model.get_weights())
    same([v.numpy() for v in loaded.optimizer.variables], [v.numpy() for v in model.optimizer.variables])
    assert model.evaluate(*data, verbose=0) == loaded.evaluate(*data, verbose=0)
    a, b = (m.fit(*data, epochs=2, verbose=0).history for m in (model, loaded))
    assert a == b
    same(loaded.get_weights(), model.get_weights())
    loaded.save(tmp_path / "again.lamina")
    same([load_model(tmp_path / "again.lamina").predict(data[0], verbose=0)], [model.predict(data[0], verbose=0)])


def test_saving_changes_nothing(data, tmp_path):
    a, b = make(), make()
    b.set_weights(a.get_weights())
    for m, n in zip((*a._sampler, *a.variables), (*b._sampler, *b.variables), strict=True):
        n.assign(m.value)
    a.fit(*data, verbose=0)
    a.save(tmp_path / "m.lamina")
    b.fit(*data, verbose=0)
    assert a.fit(*data, verbose=0).history == b.fit(*data, verbose=0).history


def test_without_compile_or_training(data, tmp_path):
    model = make()
    model.save(tmp_path / "m.lamina")
    loaded = load_model(tmp_path / "m.lamina", compile=False)
    assert not loaded.compiled
    same([loaded.predict(data[0], verbose=0)], [model.predict(data[0], verbose=0)])
    x = lamina.Input((4,))
    bare = lamina.Model(x, layers.Dense(2)(x))
    bare.save(tmp_path / "bare.lamina")
    loaded = load_model(tmp_path / "bare.lamina")
    assert not loaded.compiled
    same(loaded.get_weights(), bare.get_weights())


def test_graphs_nests_and_ops(data, tmp_path):
    a, b = lamina.Input((4,), name="a"), lamina.Input((None, 4), name="b")
    shared = layers.Dense(3, name="shared")
    inner = lamina.Sequential([lamina.Input((3,)), layers.Dense(2)], name="inner")
    h = inner(shared(a) * 2.0) + inner(ops.mean(shared(b), axis=1))
    model = lamina.Model({"a": a, "b": b}, [layers.Dense(1, name="out")(h), h[:, ::-1]])
    model.compile("sgd", ["mse", "mae"], loss_weights=[1.0, 0.5])
    x = {"a": data[0], "b": np.stack([data[0]] * 5, 1)}
    y = [data[0][:, :1], data[0][:, :2]]
    model.fit(x, y, epochs=2, verbose=0)
    model.save(tmp_path / "m.lamina")
    loaded = load_model(tmp_path / "m.lamina")
    same(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert loaded.fit(x, y, verbose=0).history == model.fit(x, y, verbose=0).history


@register(package="tests")
class Twice(layers.Layer):
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return inputs * self.factor


class Unregistered(layers.Layer):
    def call(self, inputs):
        return inputs + 1


class Net(lamina.Model):
    def __init__(self, units=3):
        super().__init__()
        self.units = units
        self.blocks = [layers.Dense(units, activation="relu"), Twice()]
        self.head = layers.Dense(1)

    def call(self, inputs):
        for block in self.blocks:
            inputs = block(inputs)
        return self.head(inputs)


def halve(x):
    return x / 2


def test_own_classes_and_functions(data, tmp_path):
    path = tmp_path / "m.lamina"
    x = lamina.Input((4,))
    model = lamina.Model(x, layers.Lambda(halve)(Unregistered()(Twice(3.0)(x))))
    model.save(path)
    with pytest.raises(ValueError, match=r"(?s)Unregistered.*custom_objects"):
        load_model(path)
    with pytest.raises(ValueError, match="function 'halve' is not known"):
        load_model(path, custom_objects={"Unregistered": Unregistered})
    loaded = load_model(path, custom_objects={"Unregistered": Unregistered, "halve": halve})
    same([loaded.predict(data[0], verbose=0)], [model.predict(data[0], verbose=0)])


def test_subclassed_models(data, tmp_path):
    model = Net(5)
    model.compile("adam", "mse")
    model.fit(data[0], data[0][:, :1], verbose=0)
    model.save(tmp_path / "m.lamina")
    loaded = load_model(tmp_path / "m.lamina", custom_objects={"Net": Net})
    assert loaded.units == 5
    same(loaded.get_weights(), model.get_weights())
    assert (
        loaded.fit(data[0], data[0][:, :1], verbose=0).history == model.fit(data[0], data[0][:, :1], verbose=0).history
    )


def test_a_lambda_is_saved_with_a_warning(tmp_path):
    x = lamina.Input((4,))
    model = lamina.Model(x, layers.Lambda(lambda t: t + 1)(x))
    with pytest.warns(UserWarning, match="lambda has no name"):
        model.save(tmp_path / "m.lamina")
    with pytest.raises(ValueError, match="custom_objects"):
        load_model(tmp_path / "m.lamina")


def test_endings_and_missing_files(tmp_path):
    model = make()
    for name in ("m", "m.lamina.txt", "m.tf"):
        with pytest.raises(ValueError, match=r"ends with '.lamina'"):
            model.save(tmp_path / name)
        with pytest.raises(ValueError, match=r"ends with '.lamina'"):
            load_model(tmp_path / name)
    for name in ("missing.lamina", "missing.keras", "missing.h5"):
        with pytest.raises(ValueError, match="not there"):
            load_model(tmp_path / name)
    model.save(tmp_path / "m.lamina")
    with pytest.raises(ValueError, match="overwrite=True"):
        model.save(tmp_path / "m.lamina", overwrite=False)
    with pytest.raises(ValueError, match="unknown arguments"):
        model.save(tmp_path / "m.lamina", signatures=None)
    with pytest.raises(ValueError, match="has no weights yet"):
        lamina.Sequential([layers.Dense(2)]).save(tmp_path / "n.lamina")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.lamina"]


def test_a_failed_save_leaves_the_old_file(data, tmp_path, monkeypatch):
    path = tmp_path / "m.lamina"
    model = make()
    model.fit(*data, verbose=0)
    model.save(path)
    old = path.read_bytes()

    class Unsavable(layers.Layer):
        def __init__(self):
            super().__init__()

        def get_config(self):
            return {"handle": object()}

        def call(self, inputs):
            return inputs

    broken = lamina.Sequential([lamina.Input((4,)), Unsavable()])
    with pytest.raises(TypeError, match="cannot be saved"):
        broken.save(path)
    assert path.read_bytes() == old
    if os.geteuid() == 0:
        target = path / "m.lamina"
    else:
        os.chmod(tmp_path, 0o500)
        target = path
    try:
        with pytest.raises((OSError, ValueError, RuntimeError)):
            model.save(target)
    finally:
        os.chmod(tmp_path, 0o700)
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["m.lamina"]
    same([load_model(path).predict(data[0], verbose=0)], [model.predict(data[0], verbose=0)])


def test_no_space_left(data, tmp_path):
    """A write that ends in the middle: the size of files is limited for the time of the save."""
    path = tmp_path / "m.lamina"
    model = make()
    model.save(path)
    old = path.read_bytes()
    with full_disk(1000), pytest.raises((OSError, ValueError, RuntimeError)):
        model.save(path)
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["m.lamina"]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_truncated_files(tmp_path, share):
    path = tmp_path / "m.lamina"
    make().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ValueError, match="Expected"):
        load_model(path)


def test_altered_weights_are_noticed(tmp_path):
    path = tmp_path / "m.lamina"
    make().save(path)
    content = bytearray(path.read_bytes())
    header = 8 + struct.unpack("<Q", content[:8])[0]
    for place in (header + 2, len(content) - 3):
        changed = bytearray(content)
        changed[place] ^= 0x40
        path.write_bytes(changed)
        with pytest.raises(ValueError, match="Expected"):
            load_model(path)


def test_the_file_is_plain_safetensors(data, tmp_path):
    lamina.utils.clear_session()
    path = tmp_path / "m.lamina"
    model = make()
    model.fit(*data, verbose=0)
    model.save(path)
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + size])
    start, stop = header["dense/kernel"]["data_offsets"]
    kernel = np.frombuffer(content[8 + size + start : 8 + size + stop], "float32").reshape(
        header["dense/kernel"]["shape"]
    )
    np.testing.assert_array_equal(kernel, model.layers[0].kernel)
    assert {"optimizer/iterations", "optimizer/learning_rate", "sampler/seed", "sampler/epoch"} <= set(header)


def test_unknown_classes_name_the_nearest():
    with pytest.raises(ValueError, match="such as Dense"):
        lamina.saving.deserialize_keras_object(
            {"module": "keras.layers", "class_name": "Dens", "config": {}, "registered_name": None}
        )
    for evil in (
        {"module": "os", "class_name": "system", "config": "ls"},
        {"module": "builtins", "class_name": "eval", "config": {}},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
        {"class_name": "__lambda__", "config": {"code": "x"}},
        {"module": "keras.layers", "class_name": "Dense", "config": "x"},
        {"module": "keras.layers.layer", "class_name": "inspect", "config": {}},
    ):
        with pytest.raises(ValueError, match="Expected"):
            lamina.saving.deserialize_keras_object(evil)


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "a",
        [1, (2, 3)],
        {"a": [1.5]},
        np.arange(3),
        slice(1, None, 2),
        ...,
        b"bytes",
        np.float32(1.5),
    ],
    ids=repr,
)
def test_values_come_back(value):
    record = json.loads(json.dumps(lamina.saving.serialize_keras_object(value)))
    back = lamina.saving.deserialize_keras_object(record)
    expected = [1, [2, 3]] if isinstance(value, list) else value
    np.testing.assert_equal(back, expected)


def test_registration():
    assert lamina.saving.get_registered_name(Twice) == "tests>Twice"
    assert lamina.saving.get_registered_object("tests>Twice") is Twice
    with lamina.saving.custom_object_scope({"Other": Unregistered}):
        assert lamina.saving.get_registered_object("Other") is Unregistered
    assert lamina.saving.get_registered_object("Other") is None
    with pytest.raises(ValueError, match="cannot be registered"):

        @register()
        class NoConfig:
            pass


@register(package="tests")
class Around(layers.Layer):
    def __init__(self, inner, **kwargs):
        super().__init__(**kwargs)
        self.inner = inner
        self.last = layers.Dense(2)

    def call(self, inputs):
        return self.last(self.inner(inputs))


def test_layers_in_layers(data, tmp_path):
    x = lamina.Input((4,))
    layers.Dense(1)  # so that automatic names do not start at 0
    model = lamina.Model(x, Around(Around(layers.Dense(3)))(Around(layers.Dense(5))(x)))
    model.compile("adam", "mse")
    y = data[0][:, :2]
    model.fit(data[0], y, verbose=0)
    model.save(tmp_path / "m.lamina")
    loaded = load_model(tmp_path / "m.lamina")
    assert loaded.fit(data[0], y, verbose=0).history == model.fit(data[0], y, verbose=0).history
