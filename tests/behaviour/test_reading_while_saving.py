"""One process reads models while another saves them: it sees the old one or the new one, whole."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

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


def test_threads_save_to_one_place(tmp_path):
    def save(number):
        model = lamina.Sequential([lamina.Input((8,)), layers.Dense(8)])
        model.set_weights([np.full(w.shape, number, "float32") for w in model.weights])
        for _ in range(3):
            for kind in KINDS[:4]:
                (model.save_weights if "weights" in kind else model.save)(tmp_path / kind)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(save, range(4)))
    for kind in KINDS[:3]:
        weights = lamina.saving.load_model(tmp_path / kind).get_weights()
        assert len({float(value) for weight in weights for value in np.unique(weight)}) == 1
    assert sorted(os.listdir(tmp_path)) == sorted(KINDS[:4])
