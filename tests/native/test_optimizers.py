"""Every optimizer, and every option of them, goes on training in C++ with the same bits."""

import os
import subprocess

import numpy as np
import pytest
from cases.optimizers import OPTIMIZERS, SCHEDULES, make

import lamina
from lamina import _core, layers

NAMES = [row.name for row in OPTIMIZERS]
ROWS = {f"{name}-{NAMES[:i].count(name)}": row for i, (name, row) in enumerate(zip(NAMES, OPTIMIZERS))}


def tensors_of(path):
    return {name: tensor.numpy() for name, tensor in _core.read_tensors(str(path)).items()}


def optimizers():
    """One optimizer per row, and one with each schedule."""
    made = {name: make(lamina, row) for name, row in ROWS.items()}
    for i, row in enumerate(SCHEDULES):
        made[f"{row.name}-{i}"] = lamina.optimizers.SGD(getattr(lamina.optimizers.schedules, row.name)(**row.kwargs))
    return made


@pytest.fixture(scope="module")
def folder(runner, tmp_path_factory):
    """A saved model per optimizer, gone on training in Python with two threads, and in C++ with one."""
    folder = tmp_path_factory.mktemp("optimizers")
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((7, 3)).astype("float32"), rng.standard_normal((7, 1)).astype("float32")
    made = optimizers()
    for name, optimizer in made.items():
        model = lamina.Sequential([lamina.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1)])
        model.compile(optimizer, "mse")
        model.fit(x, y, batch_size=2, verbose=0)
        model.save(str(folder / f"{name}.lamina"))
        _core.write_tensors(str(folder / f"{name}.safetensors"), {"x0": _core.Tensor(x), "y": _core.Tensor(y)})
        model.fit(x, y, batch_size=2, verbose=0)
        model.save(str(folder / f"{name}-python.lamina"))
    env = {**os.environ, "LAMINA_NUM_THREADS": "1"}
    done = subprocess.run([runner, folder, *made], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("name", [*ROWS, *(f"{row.name}-{i}" for i, row in enumerate(SCHEDULES))])
def test_trains_to_the_same_bits(name, folder):
    ours, theirs = tensors_of(folder / f"{name}-python.lamina"), tensors_of(folder / f"{name}.trained")
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        np.testing.assert_array_equal(theirs[key], value, err_msg=key)
