"""Losses and metrics of all kinds are part of the file: C++ counts them on to the same bits."""

import subprocess

import numpy as np
import pytest
from cases.arrays import make_all
from cases.losses import LOSSES
from cases.metrics import METRICS

import lamina
from lamina import _core


def model_of(y_pred, losses, metrics):
    """A compiled model that gives `y_pred` for `y_pred` at first. Where there is no loss its weight has a penalty."""
    inputs = lamina.Input(y_pred.shape[1:])
    arguments = {"use_bias": False, "kernel_initializer": "identity", "kernel_regularizer": "l2"}
    model = lamina.Model(inputs, lamina.layers.Dense(y_pred.shape[-1], **arguments)(inputs))
    model.compile(lamina.optimizers.SGD(1e-4), losses or None, metrics=metrics)
    return model


# For each pair of labels and predictions: the losses and the metrics that take them.
GROUPS = {}
for place, rows in enumerate((LOSSES, METRICS)):
    for row in rows:
        if len(row.inputs) == 2 and row.inputs[1].dtype == "float" and len(row.inputs[1].shape) > 1:
            GROUPS.setdefault(row.inputs, ([], []))[place].append(row)


def tensors_of(path):
    return {name: tensor.numpy() for name, tensor in _core.read_tensors(str(path)).items()}


@pytest.fixture(scope="module")
def folder(runner, tmp_path_factory):
    """For each of the groups a saved model with all its losses and metrics, gone on in Python and in C++."""
    folder = tmp_path_factory.mktemp("metrics")
    for i, (inputs, (losses, metrics)) in enumerate(GROUPS.items()):
        y, x = make_all(inputs)
        made = [getattr(lamina.losses, row.name)(**row.kwargs) for row in losses]
        model = model_of(x, made, [getattr(lamina.metrics, row.name)(**row.kwargs) for row in metrics])
        model.fit(x, y, batch_size=2, verbose=0)
        model.save(str(folder / f"{i}.lamina"))
        _core.write_tensors(str(folder / f"{i}.safetensors"), {"x0": _core.Tensor(x), "y": _core.Tensor(y)})
        model.fit(x, y, batch_size=2, verbose=0)
        model.save(str(folder / f"{i}-python.lamina"))
    done = subprocess.run([runner, folder, *map(str, range(len(GROUPS)))], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("i", range(len(GROUPS)))
def test_states_have_the_same_bits(i, folder):
    ours, theirs = tensors_of(folder / f"{i}-python.lamina"), tensors_of(folder / f"{i}.trained")
    assert ours.keys() == theirs.keys()
    assert sum(name.startswith("metrics/") for name in ours) >= len(list(GROUPS.values())[i][1])
    assert all(np.isfinite(value).all() for name, value in ours.items() if name.startswith("metrics/"))
    for name, value in ours.items():
        np.testing.assert_array_equal(theirs[name], value, err_msg=name)
