"""Networks that C++ builds (`lamina/graph.h`) are those that Python builds, and their files are models in Python."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

import lamina
from lamina import _core, layers

OPTIMIZERS = {
    "sgd": lambda: lamina.optimizers.SGD(0.1, momentum=0.9),
    "adam": lambda: lamina.optimizers.Adam(0.01),
    "rmsprop": lambda: lamina.optimizers.RMSprop(0.001, centered=True),
}


def make_model(optimizer):
    hidden = layers.Dense(16, "relu", kernel_initializer=lamina.initializers.GlorotUniform(3), name="hidden")
    scores = layers.Dense(3, "softmax", kernel_initializer=lamina.initializers.GlorotUniform(4), name="scores")
    model = lamina.Sequential([lamina.Input((5,)), hidden, scores])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def weights_of(model):
    """The weights under the names that graphs.cpp gives them."""
    return {
        f"{layer.name}/{kind}": getattr(layer, kind).numpy() for layer in model.layers for kind in ("kernel", "bias")
    }


def run(*command):
    env = {**os.environ, "LAMINA_NUM_THREADS": "1"}
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_predicts_and_trains_to_the_bits_of_python(name, native_programs, tmp_path):
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((50, 5)).astype("float32"), rng.integers(0, 3, 50)
    model = make_model(OPTIMIZERS[name]())
    data = weights_of(model) | {"x": x, "y": y}
    _core.write_tensors(str(tmp_path / "data"), {k: _core.Tensor(a) for k, a in data.items()})
    run(native_programs / "graphs", name, tmp_path / "data", tmp_path / "m.lamina", tmp_path / "results")
    found = {key: t.numpy() for key, t in _core.read_tensors(str(tmp_path / "results")).items()}

    np.testing.assert_array_equal(found["before"], model.predict(x, verbose=0))
    history = model.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0).history
    np.testing.assert_array_equal(found["after"], model.predict(x, verbose=0))
    np.testing.assert_allclose(found["logs"], np.transpose([history["loss"], history["accuracy"]]), rtol=1e-6)

    loaded = lamina.saving.load_model(str(tmp_path / "m.lamina"))
    np.testing.assert_array_equal(loaded.predict(x), found["after"])
    more = loaded.fit(x, y, batch_size=16, shuffle=False)
    model.fit(x, y, batch_size=16, shuffle=False, verbose=0)
    weights = loaded.get_weights()
    for key, value in weights_of(model).items():
        np.testing.assert_array_equal(weights[key], value)
    assert more[0]["loss"] < found["logs"][1, 0]
    loaded.save(tmp_path / "again.lamina")
    again = lamina.saving.load_model(str(tmp_path / "again.lamina"))
    assert again.evaluate(x, y) == loaded.evaluate(x, y)
    np.testing.assert_array_equal(again.predict({"x": x}), model.predict(x, verbose=0))


def test_the_example_trains_and_saves(native_programs, tmp_path):
    text = run(native_programs / "build", tmp_path / "spirals.lamina", 20)
    losses = [float(loss) for loss in re.findall(r"epoch .*loss (\S+)", text)]
    assert len(losses) == 4
    assert losses[-1] < 0.5 * losses[0]
    assert float(re.search(r"test .*accuracy (\S+)", text)[1]) > 0.9
    model = lamina.saving.load_model(str(tmp_path / "spirals.lamina"))
    assert model.inputs == [("point", (None, 2), "float32")]
    point = np.float32([[0.1 * np.cos(0.0166), 0.1 * np.sin(0.0166)]])
    assert model.predict(point).shape == (1, 2)
    assert model.fit(point, [0])[0]["loss"] >= 0


def test_errors_of_its_models(native_programs, tmp_path):
    run(native_programs / "build", tmp_path / "spirals.lamina", 1)
    model = lamina.saving.load_model(str(tmp_path / "spirals.lamina"))
    with pytest.raises(ValueError, match=r"'predict' got another number of arrays. Expected: 1: point. Received: 2"):
        model.predict([np.zeros((1, 2)), np.zeros((1, 2))])
    with pytest.raises(ValueError, match=r"'train_step' got another number of arrays"):
        model.fit({"pont": np.zeros((1, 2))}, [0])
    with pytest.raises(ValueError, match="wrong shape"):
        model.predict(np.zeros((1, 3)))
    plain = _core.Program()
    plain.save(str(tmp_path / "empty.lamina"), {})
    with pytest.raises(ValueError, match="holds a program but no model"):
        lamina.saving.load_model(str(tmp_path / "empty.lamina"))


def test_commands_say_what_it_is(native_programs, tmp_path):
    path = tmp_path / "spirals.lamina"
    run(native_programs / "build", path, 1)
    assert "Golden check: passed for 1 output" in run(sys.executable, "-m", "lamina", "inspect", path)
    done = subprocess.run([sys.executable, "-m", "lamina", "bench", path], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "holds a network that was built in C++" in done.stderr
