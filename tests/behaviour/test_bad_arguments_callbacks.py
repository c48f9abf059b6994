"""Wrong arguments of callbacks, and callbacks that fail."""

import numpy as np
import pytest

import lamina
from lamina import callbacks, layers

X = np.linspace(-1, 1, 20, dtype="float32").reshape(10, 2)


def fit(*hooks, optimizer="sgd", x=X, **arguments):
    model = lamina.Sequential([lamina.Input((2,)), layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model.fit(x, x[:, :1], batch_size=5, verbose=0, callbacks=list(hooks), **arguments)


# What is done, and what the text has to name.
MISTAKES = [
    (
        lambda: callbacks.ModelCheckpoint("model.ckpt"),
        r"models are not saved.*'\.lamina'.*'model\.ckpt'.*model\.lamina",
    ),
    (lambda: callbacks.ModelCheckpoint("m.lamina", save_weights_only=True), r"weights are not saved.*'\.weights\.h5'"),
    (lambda: callbacks.ModelCheckpoint("m.lamina", save_freq="batch"), "ModelCheckpoint: `save_freq`.*'batch'"),
    (lambda: callbacks.ModelCheckpoint("m.lamina", save_freq=0), "save_freq=0"),
    (lambda: callbacks.ModelCheckpoint("m.lamina", save_freq=2.5), "save_freq=2.5"),
    (lambda: callbacks.ModelCheckpoint("m.lamina", mode="minimum"), "`mode` is not known.*'minimum'"),
    (lambda: callbacks.ModelCheckpoint("m.lamina", initial_value_threshold="low"), "'low'"),
    (lambda: callbacks.BackupAndRestore(""), "no folder to write to.*backup_dir=''"),
    (lambda: callbacks.BackupAndRestore("b", save_freq="epochs"), "BackupAndRestore: `save_freq`.*'epochs'"),
    (lambda: callbacks.OrbaxCheckpoint("b", save_freq=-1), "OrbaxCheckpoint: `save_freq`"),
    (lambda: callbacks.OrbaxCheckpoint("b", max_to_keep=0), "max_to_keep=0"),
    (lambda: callbacks.EarlyStopping(mode="maxx"), "mode='maxx'"),
    (lambda: callbacks.EarlyStopping(patience=-1), "patience=-1"),
    (lambda: callbacks.EarlyStopping(min_delta="small"), "min_delta='small'"),
    (lambda: callbacks.EarlyStopping(start_from_epoch=0.5), "start_from_epoch=0.5"),
    (lambda: callbacks.ReduceLROnPlateau(factor=1.0), "a number below 1.*factor=1.0"),
    (lambda: callbacks.ReduceLROnPlateau(patience="long"), "patience='long'"),
    (lambda: callbacks.ReduceLROnPlateau(epsilon=0.1), "epsilon.*`min_delta`"),
    (lambda: callbacks.ReduceLROnPlateau(cooldown=-2), "cooldown=-2"),
    (lambda: callbacks.LearningRateScheduler(0.1), "`schedule` cannot be called.*0.1"),
    (
        lambda: fit(callbacks.LearningRateScheduler(lambda epoch: "fast")),
        "did not give a learning rate.*'fast' in epoch 0",
    ),
    (
        lambda: fit(
            callbacks.LearningRateScheduler(lambda epoch: 0.1),
            optimizer=lamina.optimizers.SGD(lamina.optimizers.schedules.CosineDecay(0.1, 5)),
        ),
        "the learning rate cannot be set",
    ),
    (lambda: fit(callbacks.SwapEMAWeights(swap_on_epoch=True)), "no averages of the weights.*use_ema=True"),
    (lambda: callbacks.TensorBoard(update_freq="step"), "TensorBoard: `update_freq`.*'step'"),
    (lambda: callbacks.TensorBoard(histogram_freq=-1), "histogram_freq=-1"),
    (lambda: callbacks.TensorBoard(profile_batch=(5, 2)), r"`profile_batch`.*profile_batch=\(5, 2\)"),
    (lambda: callbacks.TensorBoard(profile_batch=1.5), r"`profile_batch`.*profile_batch=1\.5"),
    (lambda: callbacks.TensorBoard(profile_batch="2-5"), r"`profile_batch`.*profile_batch='2-5'"),
    (lambda: callbacks.LambdaCallback(on_epoch_ende=print), "no such hook.*on_epoch_ende"),
    (lambda: callbacks.LambdaCallback(on_epoch_end=3), "on_epoch_end=3"),
    (lambda: callbacks.CallbackList([print]), "not a callback.*LambdaCallback"),
    (lambda: fit(callbacks.History), r"not a callback.*MyCallback\(\)"),
]


@pytest.mark.parametrize(("attempt", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(attempt, names, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((TypeError, ValueError), match=names) as caught:
        attempt()
    text = str(caught.value)
    assert all(part in text for part in ("Expected: ", "Received: ", "Fix: ")), text
    assert not list(tmp_path.iterdir())


def test_a_direction_that_nothing_tells():
    def gain(y_true, y_pred):
        return -y_pred

    model = lamina.Sequential([lamina.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[gain])
    with pytest.raises(ValueError, match=r"whether a large 'gain' is good or bad.*mode='min' or mode='max'"):
        model.fit(X, X[:, :1], verbose=0, callbacks=[callbacks.EarlyStopping("gain")])
    model.fit(X, X[:, :1], verbose=0, callbacks=[callbacks.EarlyStopping("gain", mode="max")])


@pytest.mark.parametrize("watching", [callbacks.EarlyStopping, callbacks.ReduceLROnPlateau])
def test_what_is_not_logged_is_named(watching):
    with pytest.warns(UserWarning, match=r"watches 'los', which is not logged. Logged: \[.*'loss'"):
        fit(watching("los"))


HOOKS = [f"on_{kind}_{end}" for kind in ("train", "epoch", "train_batch") for end in ("begin", "end")]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_callback_that_raises(hook, tmp_path):
    """Its error comes out as it is; files are closed, and the model goes on to be of use."""
    model = lamina.Sequential([lamina.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    table = callbacks.CSVLogger(tmp_path / "log.csv")
    bad = callbacks.LambdaCallback(**{hook: lambda *args: 1 / 0})
    with pytest.raises(ZeroDivisionError):
        model.fit(X, X[:, :1], verbose=0, callbacks=[table, bad])
    assert table.csv_file is None
    before = model.get_weights()[0]
    model.fit(X, X[:, :1], verbose=0)
    assert not np.array_equal(before, model.get_weights()[0])


def test_nan_ends_training_in_the_middle_of_an_epoch(capsys):
    x = X.copy()
    x[7:] = np.nan
    seen = []
    count = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    history = fit(callbacks.TerminateOnNaN(), count, x=np.repeat(x, 4, axis=0), shuffle=False, epochs=3)
    assert history.epoch == [0]
    assert seen == [0, 1, 2, 3, 4, 5]
    assert "Batch 5: the loss is nan, training stops" in capsys.readouterr().out
