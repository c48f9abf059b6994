"""Settings of the process: the names of keras.config, and that each does what it says."""

import inspect
import os
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

import lamina
from lamina import config

X = np.zeros((20, 3), "float32")
Y = np.zeros((20, 1), "float32")


@pytest.fixture(autouse=True)
def _settings_as_before():
    before = dict(config._settings)
    yield
    config._settings.update(before)
    config.set_dtype_policy(None)


def small_model():
    model = lamina.Sequential([lamina.Input((3,)), lamina.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_names_and_signatures_of_keras():
    keras = pytest.importorskip("keras")
    for name in (name for name in dir(keras.config) if not name.startswith("_")):
        wanted, mine = (list(inspect.signature(getattr(c, name)).parameters) for c in (keras.config, config))
        assert mine == wanted, name


def test_defaults_are_those_of_keras():
    keras = pytest.importorskip("keras")
    for name in (
        "epsilon",
        "floatx",
        "image_data_format",
        "is_flash_attention_enabled",
        "is_nnx_enabled",
        "is_interactive_logging_enabled",
        "is_traceback_filtering_enabled",
        "max_epochs",
        "max_steps_per_epoch",
    ):
        assert getattr(config, name)() == getattr(keras.config, name)(), name


def test_there_is_one_backend():
    assert config.backend() == "lamina"
    config.set_backend("lamina")
    with pytest.raises(ValueError, match=r"backend cannot be changed.*'jax'"):
        config.set_backend("jax")


@pytest.mark.parametrize("name", ["flash_attention", "interactive_logging", "traceback_filtering"])
def test_switches(name):
    enabled = getattr(config, f"is_{name}_enabled")
    before = enabled()
    getattr(config, f"disable_{name}")()
    assert enabled() is False
    getattr(config, f"enable_{name}")()
    assert enabled() == before


@pytest.mark.parametrize("name", ["max_epochs", "max_steps_per_epoch"])
def test_limits_are_positive_integers(name):
    setter = getattr(config, f"set_{name}")
    setter(3)
    assert getattr(config, name)() == 3
    setter(None)
    assert getattr(config, name)() is None
    for wrong in (0, -1, 2.5, "two"):
        with pytest.raises(ValueError, match=name if wrong != "two" else "two"):
            setter(wrong)


def test_fit_stops_at_the_limits():
    config.set_max_epochs(2)
    model = small_model()
    with pytest.warns(UserWarning, match="At most 2 of 5"):
        assert len(model.fit(X, Y, epochs=5, verbose=0).epoch) == 2
    assert model.optimizer.iterations.numpy() == 2  # 20 samples are one batch
    assert len(model.fit(X, Y, epochs=1, verbose=0).epoch) == 1


class Batches(lamina.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.counts = {"train": 0, "test": 0, "predict": 0}

    def on_train_batch_end(self, batch, logs=None):
        self.counts["train"] += 1

    def on_test_batch_end(self, batch, logs=None):
        self.counts["test"] += 1

    def on_predict_batch_end(self, batch, logs=None):
        self.counts["predict"] += 1


def batches():
    for start in range(0, 20, 4):
        yield X[start : start + 4], Y[start : start + 4]


@pytest.mark.parametrize("kind", ["arrays", "generator"])
@pytest.mark.parametrize(("asked", "warned"), [(None, True), (4, True), (2, False)])
def test_epochs_stop_at_the_limit_of_steps(kind, asked, warned):
    config.set_max_steps_per_epoch(3)
    counter, model = Batches(), small_model()
    options = {"batch_size": 4, "verbose": 0, "callbacks": [counter]}
    if kind == "generator":
        del options["batch_size"]

    def run():
        model.fit(*([X, Y] if kind == "arrays" else [batches()]), steps_per_epoch=asked, **options)
        model.evaluate(*([X, Y] if kind == "arrays" else [batches()]), steps=asked, **options)
        return model.predict(X if kind == "arrays" else batches(), steps=asked, **options)

    if warned:
        with pytest.warns(UserWarning, match="At most 3"):
            predicted = run()
    else:
        predicted = run()
    expected = min(asked or 3, 3)
    assert counter.counts == dict.fromkeys(counter.counts, expected)
    assert len(predicted) == 4 * expected


def test_limits_from_the_environment():
    code = "import lamina; print(lamina.config.max_epochs(), lamina.config.max_steps_per_epoch())"
    env = {"LAMINA_MAX_EPOCHS": "2", "LAMINA_MAX_STEPS_PER_EPOCH": "", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "None"]


class Broken(lamina.layers.Layer):
    def call(self, x):
        raise KeyError("mine") from ZeroDivisionError("the cause")


def own_lines(error):
    package = str(Path(lamina.__file__).parent)
    return [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(package)]


def test_errors_show_the_lines_of_the_user():
    lengths = []
    for switch in (config.enable_traceback_filtering, config.disable_traceback_filtering):
        switch()
        model = lamina.Sequential([Broken()])
        model.compile("sgd", "mse", run_eagerly=True)
        with pytest.raises(KeyError, match="mine") as caught:
            model.fit(X, Y, verbose=0)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        lines = traceback.extract_tb(caught.value.__traceback__)
        assert lines[0].name == "test_errors_show_the_lines_of_the_user"
        assert lines[-1].line.startswith("raise KeyError")
        lengths.append(len(own_lines(caught.value)))
    assert lengths[0] <= 1 < lengths[1]


def test_the_policy_of_layers_without_a_dtype():
    assert config.dtype_policy().name == "float32"
    config.set_dtype_policy("float64")
    assert lamina.layers.Dense(1).dtype_policy.name == "float64"
    assert lamina.layers.Dense(1, dtype="float32").dtype_policy.name == "float32"
    config.set_dtype_policy(lamina.DTypePolicy("float32"))
    assert config.dtype_policy().name == "float32"
    with pytest.raises(ValueError, match="dtype is not supported"):
        config.set_dtype_policy("mixed_float8")


def test_files_never_run_code():
    with pytest.warns(UserWarning, match="custom_objects"):
        config.enable_unsafe_deserialization()


@pytest.fixture
def lines():
    said = []
    config.set_log("kernels,programs", lambda topic, line: said.append(f"{topic}: {line}"))
    yield said
    config.set_log(None)


def test_the_log_names_kernels_and_programs(lines):
    assert config.log() == "kernels,programs"
    small_model().predict(X, verbose=0)
    assert any(line.startswith("kernels: gemm m=20 n=1 k=3 bytes=4: ") for line in lines), lines
    assert any(line.startswith("programs: predict of (20, 3): ") for line in lines), lines
    config.set_log("")
    assert config.log() == ""
    said = len(lines)
    small_model().predict(X, verbose=0)
    assert len(lines) == said


def test_errors_of_the_log_do_not_stop_the_engine(lines, monkeypatch):
    caught = []
    monkeypatch.setattr(sys, "unraisablehook", caught.append)
    config.set_log("programs", lambda topic: None)
    assert small_model().predict(X, verbose=0).shape == (20, 1)
    assert {c.exc_type for c in caught} == {TypeError}


def test_the_log_takes_topics_and_a_function():
    for wrong, names in ((("kernel",), "Expected: kernels"), (("kernels,all",), "'all'")):
        with pytest.raises(ValueError, match=names):
            config.set_log(*wrong)
    for wrong, names in (((3,), "topics=3"), (("kernels", "stderr"), "function='stderr'")):
        with pytest.raises(TypeError, match=names):
            config.set_log(*wrong)
    assert config.log() == ""


def test_the_log_of_a_whole_process():
    """From the variable, to stderr; a function that is in force when the process ends does no harm."""
    program = (
        "import numpy as np, lamina\n"
        "lamina.ops.matmul(np.ones((3, 4)), np.ones((4, 1)))\n"
        "lamina.config.set_log(lamina.config.log(), lambda topic, line: print(topic, line))\n"
        "lamina.ops.matmul(np.ones((3, 4)), np.ones((4, 1)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "LAMINA_LOG": "kernels"},
        capture_output=True,
        text=True,
        check=True,
    )
    line = "gemm m=3 n=1 k=4 bytes=8: one_column taken"
    assert done.stderr == f"lamina kernels: {line}\n"
    assert done.stdout == f"kernels {line}\n"
