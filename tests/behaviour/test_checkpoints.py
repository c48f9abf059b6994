"""Checkpoints: what is saved when, and what is left after a failure."""

import numpy as np
import pytest
from cases.disk import full_disk

import lamina
from lamina import _core, callbacks, layers


def make():
    lamina.utils.clear_session()
    lamina.utils.set_random_seed(2)
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(3, "tanh"), layers.Dense(1)])
    model.compile(lamina.optimizers.Adam(0.05), "mse", metrics=["mae"])
    return model


@pytest.fixture
def data(rng):
    x = rng.standard_normal((20, 4)).astype("float32")
    return x, x.sum(1, keepdims=True)


def fit(model, data, *hooks, epochs=3, **arguments):
    return model.fit(*data, batch_size=5, epochs=epochs, verbose=0, callbacks=list(hooks), **arguments)


class FullDisk(callbacks.Callback):
    """The disk is full from the second epoch on."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.limit = full_disk()
            self.limit.__enter__()

    def _close(self):
        self.limit.__exit__(None, None, None)


@pytest.mark.parametrize("kind", ["ModelCheckpoint", "BackupAndRestore", "OrbaxCheckpoint"])
def test_a_full_disk(kind, data, tmp_path):
    path, hook = {
        "ModelCheckpoint": (tmp_path / "m.lamina", lambda: callbacks.ModelCheckpoint(tmp_path / "m.lamina")),
        "BackupAndRestore": (tmp_path / "latest.safetensors", lambda: callbacks.BackupAndRestore(tmp_path)),
        "OrbaxCheckpoint": (tmp_path / "0" / "model.lamina", lambda: callbacks.OrbaxCheckpoint(tmp_path)),
    }[kind]
    model, hook = make(), hook()
    seen = []
    after = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(epoch and path.read_bytes()))
    with pytest.raises(OSError, match="could not be written") as caught:
        fit(model, data, after, FullDisk(), hook)
    text = str(caught.value)
    assert all(part in text for part in ("Expected: ", "Received: ", "Fix: ", "File too large")), text
    assert "as it was" in text or kind == "OrbaxCheckpoint"
    assert path.read_bytes() == seen[1]
    left = {p.name for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {path.name}
    if kind == "BackupAndRestore":
        history = fit(make(), data, callbacks.BackupAndRestore(tmp_path))
        assert history.epoch == [1, 2]
    else:
        again = lamina.models.load_model(str(path))
        assert int(again.optimizer.iterations) == 4
    assert np.isfinite(fit(model, data).history["loss"]).all()  # the model is still of use


@pytest.mark.parametrize(
    "ending", [".lamina", ".keras", ".h5", ".weights.h5", ".weights.json", ".safetensors", ".onnx"]
)
@pytest.mark.parametrize("space", [0, 100, 3_000, 9_000, 20_000])
def test_saving_to_a_full_disk(ending, space, tmp_path):
    """Whatever still fits. What was there stays, nothing else is left behind, and the process goes on."""
    path = tmp_path / f"m{ending}"
    model = lamina.Sequential([lamina.Input((30,)), layers.Dense(200), layers.Dense(20)])
    save = model.save_weights if "weights" in ending or "safe" in ending else model.save
    options = {"max_shard_size": 3e-5} if "json" in ending else {"verbose": False} if "onnx" in ending else {}
    save = model.export if "onnx" in ending else save
    path.write_bytes(b"before")
    with full_disk(space), pytest.raises(OSError, match=r"Expected: .*Received: File too large"):
        save(path, **options)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"before"


@pytest.mark.parametrize("kind", ["CSVLogger", "TensorBoard"])
def test_a_full_disk_under_logs(kind, data, tmp_path):
    path = tmp_path / "logs"
    with pytest.raises(OSError, match=f"{kind}: the logs could not be written to '{path}") as caught:
        fit(make(), data, FullDisk(), getattr(callbacks, kind)(path))
    assert all(part in str(caught.value) for part in ("Expected: ", "Received: File too large. ", "Fix: "))


def test_names_of_checkpoints(data, tmp_path, capsys):
    hook = callbacks.ModelCheckpoint(tmp_path / "sub" / "m-{epoch:02d}-{mae:.3f}.lamina", verbose=1)
    history = fit(make(), data, hook, epochs=2).history
    names = [f"m-{i + 1:02d}-{mae:.3f}.lamina" for i, mae in enumerate(history["mae"])]
    assert sorted(p.name for p in (tmp_path / "sub").iterdir()) == names
    text = capsys.readouterr().out
    assert f"Epoch 1: saving model to {tmp_path}" in text
    assert "Epoch 2: finished saving model" in text
    by_batch = callbacks.ModelCheckpoint(tmp_path / "b-{epoch}-{batch}.lamina", save_freq=3)
    fit(make(), data, by_batch, epochs=2)
    assert sorted(p.name for p in tmp_path.glob("b-*")) == ["b-1-3.lamina", "b-2-2.lamina"]
    with pytest.raises(KeyError, match=r"accuracy.*names that are logged"):
        fit(make(), data, callbacks.ModelCheckpoint(tmp_path / "{accuracy}.lamina"))


def test_the_best_only(data, tmp_path, capsys):
    model, path = make(), tmp_path / "best.lamina"
    rates = [0.05, 0.05, 5.0, 5.0]  # gets worse
    kept = callbacks.ModelCheckpoint(path, "loss", save_best_only=True, verbose=1)
    scheduler = callbacks.LearningRateScheduler(lambda epoch: rates[epoch])
    history = fit(model, data, scheduler, kept, epochs=4)
    best = int(np.argmin(history.history["loss"]))
    assert best < 3
    assert int(lamina.models.load_model(str(path)).optimizer.iterations) == 4 * (best + 1)
    text = capsys.readouterr().out
    assert "loss improved from None to" in text
    assert "loss did not improve from" in text
    (tmp_path / "other").mkdir()
    strict = callbacks.ModelCheckpoint(
        tmp_path / "no.lamina", "loss", save_best_only=True, initial_value_threshold=-1.0
    )
    fit(make(), data, strict)
    assert not (tmp_path / "no.lamina").exists()
    with pytest.warns(UserWarning, match="'val_loss', which is not logged"):
        fit(make(), data, callbacks.ModelCheckpoint(tmp_path / "any.lamina", save_best_only=True), epochs=1)
    assert (tmp_path / "any.lamina").exists()


def test_numbered_checkpoints(data, tmp_path, capsys):
    fit(make(), data, callbacks.OrbaxCheckpoint(tmp_path / "a", max_to_keep=2, verbose=1), epochs=4)
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["2", "3"]
    assert "Step 3: saved" in capsys.readouterr().out
    model = make()
    hook = callbacks.OrbaxCheckpoint(tmp_path / "b", save_freq=3, max_to_keep=None, save_weights_only=True)
    fit(model, data, hook, epochs=3)
    hook.wait_until_finished()
    assert sorted(int(p.name) for p in (tmp_path / "b").iterdir()) == [3, 6, 9, 12]
    stored = _core.read_tensors(str(tmp_path / "b" / "12" / "weights.safetensors"))
    np.testing.assert_array_equal(stored["dense/kernel"].numpy(), model.get_weights()[0])
    best = callbacks.OrbaxCheckpoint(tmp_path / "c", "loss", save_best_only=True, initial_value_threshold=-1.0)
    fit(make(), data, best)
    assert not (tmp_path / "c").exists()


class Stop(callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise RuntimeError("power cut")


def interrupted(data, folder, **arguments):
    with pytest.raises(RuntimeError, match="power cut"):
        fit(make(), data, callbacks.BackupAndRestore(folder, **arguments), Stop(2))


def test_going_on_in_the_same_process(data, tmp_path):
    interrupted(data, tmp_path)
    history = fit(make(), data, callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False))
    assert history.epoch == [2]
    assert [p.name for p in tmp_path.iterdir()] == ["latest.safetensors"]
    assert fit(make(), data, callbacks.BackupAndRestore(tmp_path)).epoch == []  # all is done
    assert not tmp_path.exists()


def test_a_damaged_backup(data, tmp_path):
    interrupted(data, tmp_path, double_checkpoint=True)
    latest = tmp_path / "latest.safetensors"
    assert (tmp_path / "latest.safetensors.bkp").exists()
    latest.write_bytes(latest.read_bytes()[:50])
    history = fit(make(), data, callbacks.BackupAndRestore(tmp_path, double_checkpoint=True))
    assert history.epoch == [1, 2]  # from the one before
    assert not tmp_path.exists()
    interrupted(data, tmp_path)
    latest.write_bytes(latest.read_bytes()[:50])
    with pytest.raises(ValueError, match=r"latest\.safetensors"):
        fit(make(), data, callbacks.BackupAndRestore(tmp_path))
    _core.write_tensors(str(latest), {"x": _core.Tensor(np.ones(2))})
    with pytest.raises(ValueError, match="holds no training state"):
        fit(make(), data, callbacks.BackupAndRestore(tmp_path))


def test_the_backup_of_another_model(data, tmp_path):
    interrupted(data, tmp_path)
    other = lamina.Sequential([lamina.Input((4,)), layers.Dense(7), layers.Dense(1)])
    other.compile("adam", "mse")
    with pytest.raises(ValueError, match=r"does not fit the model.*remove the backup"):
        fit(other, data, callbacks.BackupAndRestore(tmp_path))
    unbuilt = lamina.Sequential([layers.Dense(1)])
    unbuilt.compile("adam", "mse")
    batches = iter([(data[0][:5], data[1][:5])])
    with pytest.raises(ValueError, match="no weights yet"):
        unbuilt.fit(batches, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path)])


def test_what_killed_processes_leave_is_removed(data, tmp_path):
    (tmp_path / ".1234567.latest.safetensors").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("mine")
    interrupted(data, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["latest.safetensors", "notes.txt"]
    fit(make(), data, callbacks.BackupAndRestore(tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]  # nothing of others is deleted
