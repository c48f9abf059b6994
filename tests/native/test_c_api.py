"""The C interface, from Python's ctypes."""

import subprocess
import sys
from pathlib import Path

import numpy as np

import lamina
from lamina import layers

EXAMPLE = Path(__file__).parents[2] / "cpp/examples/predict_ctypes.py"


def run(library, model):
    command = [sys.executable, EXAMPLE, library / "liblamina_shared.so", model]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_example_predicts(native_programs, tmp_path):
    inputs = [layers.Input((3,), name="a"), layers.Input((2,), name="b")]
    model = lamina.Model(inputs, layers.Dense(4, bias_initializer="normal")(layers.concatenate(inputs)))
    model.save(tmp_path / "m.lamina")
    done = run(native_programs, tmp_path / "m.lamina")
    text = done.stdout
    assert done.returncode == 0, done.stderr
    assert text.startswith("input a: (-1, 3)\ninput b: (-1, 2)\noutput (1, 4): [")
    expected = model.predict_on_batch([np.zeros((1, 3), "float32"), np.zeros((1, 2), "float32")])
    np.testing.assert_array_equal(np.float32(text[text.index("[") + 1 : text.rindex("]")].split(",")), expected[0])


def test_the_example_says_what_is_wrong(native_programs):
    done = run(native_programs, "/no/such/model")
    assert done.returncode == 1
    assert "Cannot read '/no/such/model'" in done.stderr
