"""What Python saved predicts and goes on training in C++ with the same bits."""

import os
import subprocess
import warnings

import numpy as np
import pytest
from cases.layers import LAYERS

import lamina
from lamina import _core

FIRST = {case.layer: case for case in reversed(LAYERS)}  # the first row of each layer


def model_of(case):
    """The layer with a dense layer behind it, compiled, and data for it."""
    rng = np.random.default_rng(case.seed)
    x = [np.concatenate([a.make(rng) for _ in range(3)]) for a in case.inputs]
    inputs = [lamina.Input(a.shape[1:], dtype=str(a.dtype)) for a in x]
    y = case.make(lamina.layers)(*case.arguments(inputs))
    model = lamina.Model(inputs, lamina.layers.Dense(1)(lamina.layers.Flatten()(y)))
    model.compile("adam", "mse", metrics=["mae"])
    return model, x, rng.standard_normal((len(x[0]), 1)).astype("float32")


def tensors_of(path):
    return {name: tensor.numpy() for name, tensor in _core.read_tensors(str(path)).items()}


@pytest.fixture(scope="module")
def folder(runner, tmp_path_factory):
    """A saved model per layer, gone on training in Python with two threads, and in C++ with one."""
    folder = tmp_path_factory.mktemp("native")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*mask")  # Flatten drops the mask of Masking and says so
        for name, case in FIRST.items():
            model, x, y = model_of(case)
            model.fit(x, y, batch_size=2, verbose=0)
            model.save(str(folder / f"{name}.lamina"))
            arrays = {f"x{i}": a for i, a in enumerate(x)} | {"y": y}
            _core.write_tensors(str(folder / f"{name}.safetensors"), {k: _core.Tensor(a) for k, a in arrays.items()})
            np.save(folder / f"{name}.npy", model.predict(x, batch_size=2, verbose=0))
            model.fit(x, y, batch_size=2, verbose=0)
            model.save(str(folder / f"{name}-python.lamina"))
    env = {**os.environ, "LAMINA_NUM_THREADS": "1"}
    done = subprocess.run([runner, folder, *FIRST], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("layer", FIRST)
def test_predicts_the_same_bits(layer, folder):
    predicted = tensors_of(folder / f"{layer}.predicted")["output0"]
    np.testing.assert_array_equal(predicted, np.load(folder / f"{layer}.npy"))


@pytest.mark.parametrize("layer", FIRST)
def test_trains_to_the_same_bits(layer, folder):
    ours, theirs = tensors_of(folder / f"{layer}-python.lamina"), tensors_of(folder / f"{layer}.trained")
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(theirs[name], value, err_msg=name)


def test_python_opens_what_cpp_saved(folder, tmp_path):
    path = tmp_path / "again.lamina"
    path.write_bytes((folder / "Dense.trained").read_bytes())
    model = lamina.models.load_model(str(path))
    expected = lamina.models.load_model(str(folder / "Dense-python.lamina"))
    x = tensors_of(folder / "Dense.safetensors")["x0"]
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected.predict(x, verbose=0))


def test_errors_of_the_program(runner, folder, tmp_path):
    (tmp_path / "cut.lamina").write_bytes((folder / "Dense.lamina").read_bytes()[:1000])
    done = subprocess.run([runner, tmp_path, "missing", "cut"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "missing: Cannot read" in done.stdout
    assert "cut: The file" in done.stdout
    assert "is not a whole .lamina file" in done.stdout
