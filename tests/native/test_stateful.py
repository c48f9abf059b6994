"""States that are kept from batch to batch go on in C++ where Python has left them."""

import subprocess

import numpy as np
import pytest

import lamina
from lamina import _core, layers


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_one_step_per_batch(name, runner, rng, tmp_path):
    inputs = lamina.Input(batch_shape=(2, 1, 3))
    model = lamina.Model(inputs, layers.Dense(1)(getattr(layers, name)(4, stateful=True)(inputs)))
    model.compile("adam", "mse")
    x, y = rng.normal(size=(10, 1, 3)).astype("float32"), rng.normal(size=(10, 1)).astype("float32")
    model.fit(x[:4], y[:4], batch_size=2, shuffle=False, verbose=0)
    model.save(str(tmp_path / "m.lamina"))
    _core.write_tensors(str(tmp_path / "m.safetensors"), {"x0": _core.Tensor(x), "y": _core.Tensor(y)})
    done = subprocess.run([runner, tmp_path, "m"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    steps = [model.predict(x[i : i + 2], verbose=0) for i in range(0, 10, 2)]
    found = _core.read_tensors(str(tmp_path / "m.predicted"))["output0"].numpy()
    np.testing.assert_array_equal(found, np.concatenate(steps))
