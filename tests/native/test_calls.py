"""Every function of `lamina.ops`, traced, saved, loaded and run in C++, gives the same bits."""

import os
import subprocess

import numpy as np
import pytest
from cases.call import trace
from cases.calls import CALLS

from lamina import _core

NATIVE = [call for call in CALLS if call.traced and call.inputs]


@pytest.fixture(scope="module")
def results(native_programs, tmp_path_factory):
    """(what Python gave, what C++ gave) by the names of the outputs."""
    folder = tmp_path_factory.mktemp("calls")
    program, given, expected = _core.Program(), {}, {}
    for call in NATIVE:
        trace(call, program, call.id)
        tensors = [_core.Tensor(a) for a in call.arrays()]
        given |= {f"{call.id}/x{i}": t for i, t in enumerate(tensors)}
        expected |= {f"{call.id}/y{i}": t.numpy() for i, t in enumerate(program.run(call.id, tensors))}
    files = [str(folder / name) for name in ("calls.lamina", "inputs.safetensors", "outputs.safetensors")]
    program.save(files[0], {})
    _core.write_tensors(files[1], given)
    env = {**os.environ, "LAMINA_NUM_THREADS": "1"}
    done = subprocess.run([native_programs / "entries", *files], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return expected, {name: tensor.numpy() for name, tensor in _core.read_tensors(files[2]).items()}


@pytest.mark.parametrize("call", NATIVE, ids=lambda call: call.id)
def test_native_gives_the_same_bits(call, results):
    expected, found = results
    names = [name for name in expected if name.startswith(f"{call.id}/y")]
    assert names
    for name in names:
        np.testing.assert_array_equal(found[name], expected[name])
