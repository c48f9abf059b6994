"""One process reads models while another saves them: it sees the old one or the new one, whole."""

import os
import subprocess
import sys

import numpy as np

import lamina
from lamina import layers

KINDS = ["m.lamina", "m.keras", "m.h5", "m.weights.h5", "m.safetensors"]
SAVES = 8

WRITER = """
import sys
import numpy as np
import lamina
from lamina import layers

saves, kinds = int(sys.argv[1]), sys.argv[2:]
model = lamina.Sequential([lamina.Input((32,)), layers.Dense(32), layers.Dense(32)])
for i in range(saves):
    model.set_weights([np.full(w.shape, i, "float32") for w in model.weights])
    for kind in kinds:
        (model.save if kind in ("m.lamina", "m.keras", "m.h5") else model.save_weights)(kind)
    if i == 0:
        print("begun", flush=True)
"""


def test_old_or_new(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = lamina.Sequential([lamina.Input((32,)), layers.Dense(32), layers.Dense(32)])

    def read(kind):
        """The number that all weights are."""
        loaded = model
        if kind in ("m.weights.h5", "m.safetensors"):
            model.load_weights(kind)
        else:
            loaded = lamina.saving.load_model(kind)
        (found,) = {float(value) for weight in loaded.get_weights() for value in np.unique(weight)}
        return found

    command = [sys.executable, "-W", "ignore", "-c", WRITER, str(SAVES), *KINDS]
    seen = {kind: [] for kind in KINDS}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "begun\n"
        while process.poll() is None:
            for kind in KINDS:
                seen[kind].append(read(kind))
    assert process.returncode == 0
    for kind in KINDS:
        assert seen[kind] == sorted(seen[kind]), kind
        assert read(kind) == SAVES - 1
    assert sorted(os.listdir()) == sorted(KINDS)
    assert sum(map(len, seen.values())) > len(KINDS)
