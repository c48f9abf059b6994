"""Callbacks against Keras: which hooks are called with what, and what the callbacks do about a series of logs."""

import csv

import numpy as np
import pytest

import lamina

D = dict
FALLING = [5.0, 4.0, 4.0, 3.99, 4.5, 4.4, 4.3, 3.0, 3.5, 3.4, 3.3, 3.2, 3.1]
RISING = [0.1, 0.3, 0.3, 0.29, 0.31, 0.2, 0.2, 0.2, 0.5, 0.5, 0.4, 0.4]
GAPS = [1.0, float("nan"), 0.9, float("inf"), 0.95, 0.95]

# A callback, its arguments, and the values of what it watches, epoch by epoch.
SERIES = [
    ("EarlyStopping", D(monitor="loss"), FALLING),
    ("EarlyStopping", D(monitor="loss", patience=2), FALLING),
    ("EarlyStopping", D(monitor="loss", patience=3, min_delta=0.5), FALLING),
    ("EarlyStopping", D(monitor="loss", patience=4, start_from_epoch=4), FALLING),
    ("EarlyStopping", D(monitor="loss", patience=5, baseline=3.5, restore_best_weights=True), FALLING),
    ("EarlyStopping", D(monitor="loss", patience=2, restore_best_weights=True, verbose=1), FALLING),
    ("EarlyStopping", D(monitor="accuracy", mode="max", patience=2), RISING),
    ("EarlyStopping", D(monitor="accuracy", mode="max", min_delta=-0.1, patience=3), RISING),
    ("EarlyStopping", D(monitor="accuracy", mode="min", patience=4), RISING),
    ("EarlyStopping", D(monitor="val_loss", patience=2), GAPS[:1] + GAPS[2:]),
    ("ReduceLROnPlateau", D(monitor="loss", patience=1), FALLING),
    ("ReduceLROnPlateau", D(monitor="loss", patience=2, factor=0.5, cooldown=2, verbose=1), FALLING),
    ("ReduceLROnPlateau", D(monitor="loss", patience=1, factor=0.5, min_lr=0.03), FALLING),
    ("ReduceLROnPlateau", D(monitor="loss", patience=1, factor=0.9, min_delta=0.6), FALLING),
    ("ReduceLROnPlateau", D(monitor="accuracy", mode="max", patience=2, factor=0.2), RISING),
    ("LearningRateScheduler", D(schedule=lambda epoch, rate: rate * 0.9), RISING),
    ("LearningRateScheduler", D(schedule=lambda epoch: 0.1 / (epoch + 1), verbose=1), RISING),
]


def model_of(library, optimizer=None):
    inputs = library.Input((2,))
    model = library.Model(inputs, library.layers.Dense(1)(inputs))
    model.set_weights([np.full((2, 1), 0.5, "float32"), np.zeros(1, "float32")])
    model.compile(optimizer or library.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return model


def story(library, name, arguments, values):
    """What is seen after each epoch."""
    model = model_of(library)
    callback = getattr(library.callbacks, name)(**arguments)
    callback.set_model(model)
    callback.set_params({"epochs": len(values), "steps": 1, "verbose": 0})
    seen = []
    callback.on_train_begin({})
    for epoch, value in enumerate(values):
        model.stop_training = False
        callback.on_epoch_begin(epoch, {})
        model.set_weights([np.full((2, 1), float(epoch), "float32"), np.zeros(1, "float32")])
        logs = {arguments.get("monitor", "loss"): value}
        callback.on_epoch_end(epoch, logs)
        facts = [getattr(callback, fact, None) for fact in ("wait", "stopped_epoch", "best_epoch", "cooldown_counter")]
        best = getattr(callback, "best", None)
        rate = float(np.asarray(model.optimizer.learning_rate))
        seen.append((model.stop_training, best, *facts, round(rate, 7), sorted(logs)))
        if model.stop_training:
            break
    callback.on_train_end({})
    seen.append(np.asarray(model.get_weights()[0]).tolist())
    return seen


@pytest.mark.parametrize(("name", "arguments", "values"), SERIES, ids=range(len(SERIES)))
def test_series(name, arguments, values, keras, capsys):
    ours = story(lamina, name, arguments, values)
    said = capsys.readouterr().out
    assert ours == story(keras, name, arguments, values)
    if arguments.get("verbose"):
        theirs = capsys.readouterr().out
        assert len(said.strip().splitlines()) == len(theirs.strip().splitlines())


class Recorder:
    """A callback of either library that writes down all hooks."""

    def __new__(cls, library):
        events = []

        def hook(name):
            def record(self, *args, logs=None):
                *which, last = (*args, logs) if logs is not None else (args if args else (None,))
                events.append((name, *which, sorted(k for k in (last or {}) if k != "outputs")))

            return record

        names = [
            *(f"on_{kind}_{end}" for kind in ("train", "test", "predict", "epoch") for end in ("begin", "end")),
            *(f"on_{kind}_batch_{end}" for kind in ("train", "test", "predict") for end in ("begin", "end")),
        ]
        made = type("Recorder", (library.callbacks.Callback,), {name: hook(name) for name in names})()
        made.events = events
        return made


def test_hooks_in_order(keras):
    x, y = np.arange(20, dtype="float32").reshape(10, 2) / 20, np.arange(10, dtype="float32")[:, None] / 10
    found = []
    for library in (lamina, keras):
        model, recorder = model_of(library), Recorder(library)
        rate = library.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
        history = model.fit(
            *(x, y),
            batch_size=4,
            epochs=3,
            initial_epoch=1,
            validation_data=(x[:6], y[:6]),
            validation_batch_size=4,
            validation_freq=2,
            verbose=0,
            callbacks=[rate, recorder],
            shuffle=False,
        )
        model.evaluate(x, y, batch_size=8, verbose=0, callbacks=[recorder])
        model.predict(x, batch_size=8, verbose=0, callbacks=[recorder])
        found.append((recorder.events, recorder.params, history.epoch, history.history))
    (ours, our_params, our_epochs, mine), (theirs, their_params, their_epochs, wanted) = found
    assert ours == theirs
    assert our_params == their_params
    assert our_epochs == their_epochs
    assert list(mine) == list(wanted)
    for name, values in wanted.items():
        np.testing.assert_allclose(mine[name], values, rtol=1e-5, err_msg=name)


def test_csv(keras, tmp_path):
    logs = [{"loss": 0.5, "mae": 1.0}, {"loss": 0.25, "mae": 2.0, "val_loss": 3.0}, {"loss": 0.125, "mae": [1.0, 2.0]}]
    tables = []
    for library in (lamina, keras):
        path = tmp_path / f"{library.__name__}.csv"
        for append in (False, True):
            callback = library.callbacks.CSVLogger(str(path), separator=";", append=append)
            callback.on_train_begin({})
            for epoch, log in enumerate(logs):
                callback.on_epoch_end(epoch, dict(log))
            callback.on_train_end({})
        with open(path, newline="") as file:
            tables.append(list(csv.reader(file, delimiter=";")))
    assert tables[0] == tables[1]
    assert len(tables[0]) == 7


def test_swapped_averages(keras):
    seen = []
    for library in (lamina, keras):
        model = model_of(library, library.optimizers.SGD(0.1, use_ema=True))
        optimizer = model.optimizer
        optimizer.build(model.trainable_variables)
        for step in (1.0, 2.0):
            optimizer.apply([np.full((2, 1), step, "float32"), np.full(1, step, "float32")], model.trainable_variables)
        found = []
        for on_epoch in (False, True):
            callback = library.callbacks.SwapEMAWeights(swap_on_epoch=on_epoch)
            callback.set_model(model)
            callback.set_params({"epochs": 2})
            for hook, *args in (
                ("on_epoch_begin", 0),
                ("on_test_begin",),
                ("on_test_end",),
                ("on_epoch_end", 0),
                ("on_epoch_begin", 1),
                ("on_epoch_end", 1),
                ("on_predict_begin",),  # Keras forgets to change back at the end of `predict`
            ):
                getattr(callback, hook)(*args)
                found.append([np.asarray(v).tolist() for v in model.get_weights()])
        seen.append(found)
    ours, theirs = seen
    for i, (mine, wanted) in enumerate(zip(ours, theirs, strict=True)):
        for a, b in zip(mine, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, err_msg=str(i))
