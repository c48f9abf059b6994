"""A run that is killed goes on from its last backup and ends with the same bits as one that was not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lamina
from lamina import _core, callbacks, layers
from lamina.data import PyDataset
from lamina.saving import atomic

EPOCHS, BATCHES = 3, 4
MODES = [
    "arrays",
    "long_passes",
    "short_passes",
    "eager",
    "generator",
    "sequence",
    "numbered",
    "parts",
    "epoch",
    "torn",
]


def data():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((22, 5)).astype("float32")
    return x, x[:, :1] * x[:, 1:2]


def batches():
    """Endless ones."""
    x, y = data()
    rng = np.random.default_rng(8)
    while True:
        rows = rng.integers(0, len(x), 6)
        yield x[rows], y[rows]


class Sequence:
    """Batches by number, in another order in each epoch."""

    def __init__(self):
        self.epoch = 0

    def __len__(self):
        return BATCHES

    def __getitem__(self, i):
        x, y = data()
        rows = slice((i + self.epoch) % BATCHES * 5, ((i + self.epoch) % BATCHES + 1) * 5)
        return x[rows], y[rows]

    def on_epoch_end(self):
        self.epoch += 1


class Numbered(PyDataset):
    """Batches by number, which the model shuffles."""

    def __len__(self):
        return BATCHES

    def __getitem__(self, i):
        x, y = data()
        return x[5 * i : 5 * i + 5], y[5 * i : 5 * i + 5]


def in_parts(folder):
    """Inputs in a file that the engine cannot use as it is."""
    x, y = data()
    mapped = np.lib.format.open_memmap(folder / "x.npy", mode="w+", dtype="float64", shape=x.shape)
    mapped[:] = x
    return mapped, y


def train(folder, mode, *more):
    """A run with everything that has a state."""
    lamina.utils.set_random_seed(5)
    model = lamina.Sequential(
        [
            lamina.Input((5,)),
            layers.Dense(6, "tanh"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(1),
        ]
    )
    model.compile(lamina.optimizers.Adam(0.05, use_ema=True), "mse", metrics=["mae"], run_eagerly=mode == "eager")
    steps = {"generator": BATCHES, "long_passes": 3, "short_passes": 7, "numbered": 3}.get(mode)
    x, y = data()
    sources = {
        "generator": lambda: (batches(),),
        "sequence": lambda: (Sequence(),),
        "numbered": lambda: (Numbered(),),
        "parts": lambda: in_parts(folder),
    }
    given = sources.get(mode, lambda: (x, y))()
    plateau = callbacks.ReduceLROnPlateau("val_loss", 0.5, patience=1, min_delta=0.5)
    history = model.fit(
        *given,
        batch_size=None if mode in ("generator", "sequence", "numbered") else 6,
        epochs=EPOCHS,
        steps_per_epoch=steps,
        validation_data=(x[:7], y[:7]),
        verbose=0,
        callbacks=[
            callbacks.BackupAndRestore(folder / "backup", "epoch" if mode == "epoch" else 2),
            callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
            callbacks.EarlyStopping("val_loss", patience=9, restore_best_weights=True),
            plateau,
            *more,
        ],
    )
    model.save(str(folder / "end.lamina"))
    return history


class Kill(callbacks.Callback):
    """Kills the process after some batches."""

    def __init__(self, batches):
        super().__init__()
        self.left = batches

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def live(folder, mode, batches):
    """A process that trains until it is done or killed; whether it was done."""
    command = [sys.executable, __file__, folder, mode, str(batches)]
    env = {**os.environ, "LAMINA_NUM_THREADS": "1", "PYTHONPATH": str(Path(lamina.__file__).parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("mode", MODES)
def test_the_same_bits(mode, tmp_path):
    folders = [tmp_path / "whole", tmp_path / "killed"]
    for folder in folders:
        folder.mkdir()
    history = train(folders[0], mode)
    lives = 1
    while not live(folders[1], mode, 7):
        lives += 1
        assert lives < 10
    assert lives >= 2
    assert not [path for path in folders[1].rglob("*") if path.name.startswith(".")]
    whole, killed = (_core.read_tensors(str(folder / "end.lamina")) for folder in folders)
    assert whole.keys() == killed.keys()
    for name, tensor in whole.items():
        np.testing.assert_array_equal(killed[name].numpy(), tensor.numpy(), err_msg=name)
    last = dict(line.split("=") for line in (folders[1] / "logs.txt").read_text().split())
    assert {name: float(value) for name, value in last.items()} == {k: v[-1] for k, v in history.history.items()}
    assert not (folders[1] / "backup").exists()


def run(folder, mode, batches):
    if (
        mode == "torn"
    ):  # dies while a backup is written: each calls this for the file, and for its folder once it is there
        calls = iter(range(1, 100))
        atomic._sync = lambda path: os.kill(os.getpid(), signal.SIGKILL) if next(calls) == batches else None
    history = train(folder, mode, Kill(0 if mode == "torn" else batches))
    logs = {name: values[-1] for name, values in history.history.items()}
    (folder / "logs.txt").write_text("\n".join(f"{name}={value!r}" for name, value in logs.items()))


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
