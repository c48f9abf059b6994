"""Callbacks, the history, early stopping, the bar, and Ctrl-C."""

import os
import signal
import threading

import numpy as np
import pytest

import lamina
from lamina import layers

callbacks = lamina.callbacks


def make(optimizer="sgd"):
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(1)])
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


@pytest.fixture
def data(rng):
    x = rng.standard_normal((50, 4)).astype("float32")
    return x, x.sum(1, keepdims=True)


class Recorder(callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.events = []

    def on_epoch_begin(self, epoch, logs=None):
        self.events.append(("epoch_begin", epoch))

    def on_epoch_end(self, epoch, logs=None):
        self.events.append(("epoch_end", epoch, sorted(logs)))

    def on_train_begin(self, logs=None):
        self.events.append("train_begin")

    def on_train_end(self, logs=None):
        self.events.append(("train_end", sorted(logs)))

    def on_train_batch_begin(self, batch, logs=None):
        self.events.append(("batch_begin", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.events.append(("batch_end", batch, sorted(logs)))

    def on_test_begin(self, logs=None):
        self.events.append("test_begin")

    def on_test_end(self, logs=None):
        self.events.append(("test_end", sorted(logs)))

    def on_predict_batch_end(self, batch, logs=None):
        self.events.append(("predict", batch, logs["outputs"].shape))


def test_every_hook_in_order(data):
    recorder = Recorder()
    model = make()
    model.fit(*data, batch_size=25, epochs=2, verbose=0, callbacks=[recorder], validation_split=0.5)
    logs = ["loss", "mae"]
    epoch = [("batch_begin", 0), ("batch_end", 0, logs), "test_begin", ("test_end", logs)]
    both = ["loss", "mae", "val_loss", "val_mae"]
    assert recorder.events == [
        "train_begin",
        ("epoch_begin", 0),
        *epoch,
        ("epoch_end", 0, both),
        ("epoch_begin", 1),
        *epoch,
        ("epoch_end", 1, both),
        ("train_end", both),
    ]
    assert recorder.params == {"epochs": 2, "steps": 1, "verbose": 0}
    assert recorder.model is model
    recorder.events.clear()
    model.predict(data[0], batch_size=30, verbose=0, callbacks=[recorder])
    assert recorder.events == [("predict", 0, (30, 1)), ("predict", 1, (20, 1))]


def test_batch_logs_are_running_means(data):
    seen = []
    model = make()
    model.optimizer.learning_rate = 0.0
    hook = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    model.fit(*data, batch_size=10, shuffle=False, verbose=0, callbacks=hook)
    assert len(seen) == 5
    for i, loss in enumerate(seen):
        n = 10 * (i + 1)
        assert loss == pytest.approx(model.evaluate(data[0][:n], data[1][:n], verbose=0)[0], rel=1e-5)


def test_watching_each_batch_changes_no_bit(data):
    a, b = make(), make()
    b.set_weights(a.get_weights())
    for x, y in zip(a._sampler, b._sampler, strict=True):
        y.assign(x.value)
    a.fit(*data, epochs=2, verbose=0)
    b.fit(*data, epochs=2, verbose=0, callbacks=[Recorder()])
    for x, y in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(x, y)


def test_a_callback_may_stop_training(data):
    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    model = make()
    history = model.fit(*data, batch_size=10, epochs=5, verbose=0, callbacks=[Stop()])
    assert history.epoch == [0]
    assert model.history is history


def test_changes_by_callbacks_count(data):
    class Decay(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.01 if epoch == 0 else 0.0

    model = make()
    losses = model.fit(*data, epochs=3, verbose=0, callbacks=[Decay()]).history["loss"]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[2], rel=1e-6)


def test_early_stopping(data):
    model = make()
    model.optimizer.learning_rate = 0.0
    stopper = callbacks.EarlyStopping("loss", patience=2)
    history = model.fit(*data, epochs=9, verbose=0, shuffle=False, callbacks=[stopper])
    assert history.epoch == [0, 1, 2]
    assert stopper.stopped_epoch == 2
    worse = make()
    worse.optimizer.learning_rate = 5.0  # diverges
    stopper = callbacks.EarlyStopping("loss", patience=2, restore_best_weights=True)
    history = worse.fit(*data, epochs=9, verbose=0, callbacks=[stopper])
    assert stopper.best_epoch == int(np.nanargmin(history.history["loss"]))
    assert np.isfinite(worse.get_weights()[0]).all()
    with pytest.warns(UserWarning, match="not logged"):
        make().fit(*data, verbose=0, callbacks=[callbacks.EarlyStopping("val_los")])
    with pytest.raises(ValueError, match="mode"):
        callbacks.EarlyStopping(mode="up")


def test_larger_is_better_for_accuracies():
    stopper = callbacks.EarlyStopping("val_accuracy")
    assert stopper._improves(0.9, 0.8)
    assert not stopper._improves(0.7, 0.8)
    assert callbacks.EarlyStopping("val_loss")._improves(0.7, 0.8)


def test_terminate_on_nan(data, capsys):
    x, y = data
    model = make()
    model.fit(x * np.nan, y, epochs=3, verbose=0, callbacks=[callbacks.TerminateOnNaN()])
    assert "Batch 0" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="loss is nan"):
        make().fit(x * np.nan, y, verbose=0, callbacks=[callbacks.TerminateOnNaN(raise_error=True)])


def test_unknown_hooks():
    with pytest.raises(ValueError, match="no such hook"):
        callbacks.LambdaCallback(on_epoch_finish=print)


def test_initial_epoch(data):
    history = make().fit(*data, initial_epoch=3, epochs=5, verbose=0)
    assert history.epoch == [3, 4]


@pytest.fixture
def control_c():
    """Sends SIGINT after half a second, also where the tests run in the background and it is ignored."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    yield timer.start
    timer.cancel()
    timer.join()
    signal.signal(signal.SIGINT, handler)


def test_control_c_in_fit(rng, control_c):
    x = rng.standard_normal((4096, 64)).astype("float32")
    y = x[:, :1]
    model = lamina.Sequential([lamina.Input((64,)), layers.Dense(256, activation="relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    before = model.get_weights()
    control_c()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=5_000, verbose=0)
    assert not np.array_equal(model.get_weights()[0], before[0])
    assert np.isfinite(model.evaluate(x, y, verbose=0))
    model.fit(x, y, verbose=0)


def test_control_c_in_predict(rng, control_c):
    x = rng.standard_normal((200_000, 64)).astype("float32")
    model = lamina.Sequential([lamina.Input((64,)), *(layers.Dense(512, activation="tanh") for _ in range(8))])
    model.predict(x[:100], verbose=0)
    control_c()

    def long():
        for _ in range(100):
            model.predict(x, verbose=0)

    with pytest.raises(KeyboardInterrupt):
        long()


def test_bar_in_a_terminal(monkeypatch, capsys):
    import sys

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    bar = lamina.utils.Progbar(4, interval=0)
    for i in range(1, 5):
        bar.update(i, [("loss", 1.0 / i)])
    text = capsys.readouterr().out
    assert text.count("\r") == 4
    assert text.endswith("\n")
    assert "4/4 ━" in text
    assert "loss: 0.2500" in text
    bar = lamina.utils.Progbar(None, interval=0)
    bar.add(1)
    bar.leave()
    assert "1/Unknown" in capsys.readouterr().out


def shown(text):
    """The numbers that vary taken out."""
    import re

    return re.sub(r"\d+(us|ms|s)\b", "T", text)


def test_bar_elsewhere(capsys):
    """Plain lines where nothing can be written over, nothing for verbose=0."""
    for verbose in (0, 1, 2):
        bar = lamina.utils.Progbar(2, verbose=verbose, interval=0, width=4)
        bar.update(1, [("loss", 2.0)])
        bar.update(2, [("loss", 1.0)])
    one, two = shown(capsys.readouterr().out).splitlines()
    assert one == "2/2 ━━━━ T T/step - loss: 1.0000"
    assert two == "2/2 - T - T/step - loss: 1.0000"


@pytest.mark.parametrize("verbose", [1, 2])
def test_bar_counts_what_there_was(data, capsys, verbose):
    """Also where the number of batches is not known, or the data end early."""
    x, y = data[0][:45], data[1][:45]
    batches = [(x[i : i + 5], y[i : i + 5]) for i in range(0, 45, 5)]
    model = make()
    model.fit(iter(batches), verbose=verbose)
    with pytest.warns(UserWarning, match="ended after 1 of 4 batches") as seen:
        model.fit(iter(batches), steps_per_epoch=4, epochs=4, verbose=verbose)
    assert seen[0].filename == __file__
    model.evaluate(iter(batches), verbose=verbose)
    model.predict(iter(batches), verbose=verbose)
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("Epoch")]
    assert [line.split()[0] for line in lines] == ["9/9", "4/4", "4/4", "1/4", "9/9", "9/9"]


def test_bar_in_a_notebook(monkeypatch, capsys):
    import sys
    import types

    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    bar = lamina.utils.Progbar(3, interval=0)
    bar.update(1)
    assert capsys.readouterr().out.startswith("\r1/3 ━")


def test_bar_shows_means_unless_told_otherwise():
    bar = lamina.utils.Progbar(9, stateful_metrics=["lr"])
    bar.update(1, [("loss", 4.0), ("lr", 4.0)])
    bar.update(3, [("loss", 1.0), ("lr", 1.0)])
    assert bar._values == {"loss": 2.0, "lr": 1.0}
    bar = lamina.utils.Progbar(9, stateless_metrics=["loss"])
    bar.add(1, [("loss", 4.0), ("lr", 4.0)])
    bar.add(1, [("loss", 2.0), ("lr", 2.0)])
    assert bar._values == {"loss": 3.0, "lr": 2.0}


def test_the_time_left_leaves_the_first_step_out(monkeypatch):
    from lamina.utils import progbar

    now = iter([0.0, 100.0, 101.0, 102.0])
    monkeypatch.setattr(progbar.time, "perf_counter", lambda: next(now))
    bar = progbar.Progbar(12)
    for i in (1, 2, 3):
        bar.update(i)
    assert "9s 1s/step" in bar._line(102.0, False)


def test_lines_of_fit(data, capsys):
    make().fit(*data, batch_size=25, epochs=2, verbose=2)
    lines = shown(capsys.readouterr().out).splitlines()
    assert [line.split(" - loss")[0] for line in lines] == [
        "Epoch 1/2",
        "2/2 - T - T/step",
        "Epoch 2/2",
        "2/2 - T - T/step",
    ]
    make().fit(*data, verbose=0)
    assert capsys.readouterr().out == ""
    make().evaluate(*data, verbose=1)
    assert "2/2 ━━━" in capsys.readouterr().out


@pytest.mark.parametrize("as_json", [False, True])
def test_remote_monitor(data, as_json):
    import http.server
    import json
    import urllib.parse

    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            seen.append((self.path, self.headers["Content-Type"], self.headers["X-Key"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        root = f"http://127.0.0.1:{server.server_port}"
        monitor = callbacks.RemoteMonitor(root, field="logs", headers={"X-Key": "k"}, send_as_json=as_json)
        history = make().fit(*data, epochs=2, verbose=0, callbacks=[monitor]).history
        server.shutdown()
        thread.join()
    assert len(seen) == 2
    path, kind, key, body = seen[1]
    assert (path, key) == ("/publish/epoch/end/", "k")
    assert kind == ("application/json" if as_json else "application/x-www-form-urlencoded")
    sent = json.loads(body if as_json else urllib.parse.parse_qs(body)["logs"][0])
    assert sent == {"epoch": 1, "loss": history["loss"][1], "mae": history["mae"][1]}
    with pytest.warns(UserWarning, match=r"could not send the logs to http://127\.0\.0\.1"):
        make().fit(*data, verbose=0, callbacks=[monitor])


def test_a_list_of_callbacks_in_an_own_loop():
    recorder = Recorder()
    hooks = callbacks.CallbackList([[recorder], callbacks.History()], add_history=True, model=make(), steps=1)
    assert len(hooks.callbacks) == 2
    assert recorder.params == {"steps": 1}
    hooks.on_train_begin()
    hooks.on_epoch_begin(0, logs=None)
    hooks.on_train_batch_end(0, logs={"loss": 1.0})
    hooks.on_train_batch_end(batch=1, logs={"loss": 0.5})
    hooks.on_epoch_end(0, {"loss": 0.5})
    assert recorder.events == [
        "train_begin",
        ("epoch_begin", 0),
        ("batch_end", 0, ["loss"]),
        ("batch_end", 1, ["loss"]),
        ("epoch_end", 0, ["loss"]),
    ]
    assert hooks.history.history == {"loss": [0.5]}


def test_averages_are_evaluated_and_changed_back(data):
    model = make(lamina.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5))
    swap = callbacks.SwapEMAWeights()
    kept = []
    watch = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()[0]))
    losses = model.fit(*data, validation_data=data, epochs=2, verbose=0, callbacks=[swap, watch]).history
    average = model.get_weights()[0]
    assert not np.array_equal(kept[-1], average)  # the end of `fit` puts the averages in place
    assert losses["val_loss"][-1] == pytest.approx(model.evaluate(*data, verbose=0)[0])
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    predicted = model.predict(data[0], verbose=0, callbacks=[swap])
    np.testing.assert_allclose(
        predicted, data[0] @ average + model.optimizer.slot("average", model.weights[1]).numpy(), 1e-4, 1e-4
    )
    assert (model.get_weights()[0] == 0).all()


def test_every_callback_has_an_example():
    for name in callbacks.__all__:
        if name not in ("MonitorCallback", "make_list"):
            assert ">>>" in getattr(callbacks, name).__doc__, name


@pytest.mark.parametrize("source", ["arrays", "batches"])
def test_few_batches_are_few_crossings(data, source, monkeypatch, tmp_path):
    """Callbacks that act every few batches do not have the engine stop at each."""
    from lamina.models import loops

    monkeypatch.setattr(loops, "_CROSSING", 1e9)
    heard = []

    class Sometimes(callbacks.Callback):
        def _batches_left(self, entry):
            return 4 - (heard[-1][1] if heard else 0) % 4 if entry == "train_step" else None

        def on_epoch_begin(self, epoch, logs=None):
            self.before = 9 * epoch

        def on_train_batch_end(self, batch, logs=None):
            heard.append((batch, self.before + batch + 1))

    x, y = data[0][:45], data[1][:45]
    given = (x, y) if source == "arrays" else ([(x[i : i + 5], y[i : i + 5]) for i in range(0, 45, 5)],)
    given = given if source == "arrays" else (Batches(given[0]),)
    make().fit(*given, batch_size=5 if source == "arrays" else None, epochs=2, verbose=0, callbacks=[Sometimes()])
    assert [batch for batch, _ in heard] == [3, 7, 8, 2, 6, 8]


class Batches:
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)
