"""Raw rows of tables go into what Python saved, and come out in C++ as the same bits."""

import numpy as np
import pytest
from native.test_texts import read, run, write

import lamina
from lamina import layers
from lamina.utils import FeatureSpace

TABLE = {
    "age": np.array([23.0, 31.5, 64.0, 47.0, 31.5, 18.0], "float32"),
    "city": np.array(["Bonn", "Köln", "Bonn", "", "日本", "Bonn"], dtype=object),
    "rooms": np.array([1, 3, 3, 2, 5, 1], "int32"),
    "size": np.array([40.0, 80.5, 77.0, 61.0, 120.0, 33.0], "float32"),
    "street": np.array(["a", "b", "c", "a", "a", "d"], dtype=object),
}
LABELS = np.array([[500.0], [900.0], [850.0], [700.0], [1300.0], [450.0]], "float32") / 1000


def fitted():
    kinds = {"age": "float_normalized", "city": "string_categorical", "rooms": "integer_categorical"}
    kinds |= {"size": FeatureSpace.float_discretized(num_bins=3), "street": "string_hashed"}
    space = FeatureSpace(kinds, crosses=[("city", "rooms")], crossing_dim=7, hashing_dim=5)
    space.adapt(TABLE)
    return space


def as_layer():
    space = fitted()
    inputs = {name: layers.Input((1,), dtype=x.dtype, name=name) for name, x in space.get_inputs().items()}
    return lamina.Model(inputs, layers.Dense(1)(space(inputs)))


def as_layers():
    space = fitted()
    return lamina.Model(space.get_inputs(), layers.Dense(1)(space.get_encoded_features()))


def write_rows(path, **more):
    write(path, {**{f"x{i}": TABLE[name] for i, name in enumerate(sorted(TABLE))}, **more})


def test_a_feature_space_alone(runner, tmp_path):
    space = fitted()
    expected = space.predict(TABLE, batch_size=2, verbose=0)
    space.save(tmp_path / "space.lamina")
    write(tmp_path / "space.safetensors", {f"x{i}": TABLE[name][:, None] for i, name in enumerate(sorted(TABLE))})
    run(runner, tmp_path, "space")
    np.testing.assert_array_equal(read(tmp_path / "space.predicted"), expected)


@pytest.mark.parametrize("make", [as_layer, as_layers])
def test_predicts_and_trains_on_from_rows(make, runner, tmp_path):
    lamina.utils.set_random_seed(3)
    model = make()
    model.compile("adam", "mse")
    model.fit(TABLE, LABELS, batch_size=2, epochs=2, verbose=0)
    model.save(tmp_path / "m.lamina")
    write_rows(tmp_path / "m.safetensors", y=LABELS)
    before = model.predict(TABLE, batch_size=2, verbose=0)
    run(runner, tmp_path, "m")
    np.testing.assert_array_equal(read(tmp_path / "m.predicted"), before)
    model.fit(TABLE, LABELS, batch_size=2, verbose=0)
    (tmp_path / "trained.lamina").write_bytes((tmp_path / "m.trained").read_bytes())
    again = lamina.models.load_model(tmp_path / "trained.lamina")
    for ours, theirs in zip(model.get_weights(), again.get_weights()):
        np.testing.assert_array_equal(theirs, ours)
