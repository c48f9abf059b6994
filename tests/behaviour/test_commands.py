"""The command line: inspect, convert, predict, bench; its help, and its errors."""

import os
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest

import lamina
from lamina import layers
from lamina.__main__ import main
from lamina.commands import COMMANDS
from lamina.saving import load_model


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A compiled model in a `.keras` file of the folder where the commands run."""
    monkeypatch.chdir(tmp_path)
    model = lamina.Sequential([lamina.Input((4,), name="x"), layers.Dense(3, activation="softmax")], name="small")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.save("small.keras")
    return model


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A model with two inputs and two outputs, by name, in a `.keras` file."""
    monkeypatch.chdir(tmp_path)
    a, b = lamina.Input((2,), name="a"), lamina.Input((2,), name="b")
    outputs = {"gap": layers.Subtract(name="gap")([b, a]), "kind": layers.Dense(3, name="kind")(a)}
    model = lamina.Model({"b": b, "a": a}, outputs)
    model.compile("sgd", {"kind": "sparse_categorical_crossentropy", "gap": "mse"})
    model.save("pair.keras")
    return model


@pytest.fixture
def run(capsys):
    """Runs a command: its exit code and what it prints."""

    def call(*arguments):
        code = main(list(arguments))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return call


X = np.arange(8, dtype="float32").reshape(2, 4) / 8


def test_help_has_examples(capsys):
    for command in COMMANDS:
        with pytest.raises(SystemExit) as leaving:
            main([command, "--help"])
        assert leaving.value.code == 0
        text = capsys.readouterr().out
        assert "examples:" in text
        assert f"  lamina {command}" in text
    assert main([]) == 0
    text = capsys.readouterr().out
    assert all(re.search(rf"^    {command} ", text, re.M) for command in COMMANDS)


def test_inspect_models(small, run):
    small.fit(X, np.array([0, 1]), verbose=0)
    for name in ("small.lamina", "small.keras", "small.h5"):
        small.save(name)
        code, out, _ = run("inspect", name)
        assert code == 0
        for part in (
            f"{name}: ",
            "dense (Dense)",
            "(None, 3)",
            "Total params: 15",
            "Memory of a prediction",
            "Input x: (None, 4) float32",
            "Compiled: optimizer Adam, loss sparse_categorical_crossentropy, metrics accuracy",
        ):
            assert part in out
        assert ("Golden check: passed for 1 output" in out) == name.endswith(".lamina")
        assert ("Programs: predict, train_step" in out) == name.endswith(".lamina")
    small.save("folder", zipped=False)
    assert "folder: a folder" in run("inspect", "folder")[1]


def test_inspect_weights(small, run):
    for name, array in (("small.safetensors", "dense/kernel"), ("small.weights.h5", "layers/dense/0")):
        small.save_weights(name)
        code, out, _ = run("inspect", name)
        assert code == 0
        assert re.search(rf"{array} +│ \(4, 3\) +│ float32 +│ +12 ", out)
    assert "numbers (" in out


def test_inspect_a_program_without_layers(small, run):
    small.save("small.lamina")
    program, _ = lamina._core.load("small.lamina")
    program.save("bare.lamina", {})
    code, out, _ = run("inspect", "bare.lamina")
    assert code == 0
    assert "dense/kernel" in out
    assert "Programs: predict\n" in out
    assert "the file has no values for it" in out


def _damage(path):
    with open(path, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.truncate(size * 2 // 3)


def test_inspect_names_what_is_damaged(small, run):
    for save in (small.save, small.save_weights):
        names = ("d.lamina", "d.keras", "d.h5") if save == small.save else ("d.weights.h5", "d.safetensors")
        for name in names:
            save(name)
            _damage(name)
            code, out, err = run("inspect", name)
            assert (code, out) == (1, "")
            assert name in err
            assert "Expected: " in err
    small.save("flipped.lamina")
    with open("flipped.lamina", "r+b") as file:
        file.seek(-2, os.SEEK_END)
        file.write(b"\xff")
    code, _, err = run("inspect", "flipped.lamina")
    assert code == 1
    assert "checksum" in err.lower()


def test_convert_there_and_back(small, run):
    small.train_on_batch(X, np.array([0, 1]))
    small.save("small.keras")
    expected = small.predict(X, verbose=0)
    for source, target in (("small.keras", "a.h5"), ("a.h5", "b.lamina"), ("b.lamina", "c.keras")):
        code, out, _ = run("convert", source, target)
        assert (code, out) == (0, f"wrote {target} (predictions and training)\n")
        model = load_model(target)
        np.testing.assert_array_equal(model.predict(X, verbose=0), expected)
        assert int(model.optimizer.iterations.numpy()) == 1
    program, _ = lamina._core.load("b.lamina")  # it trains without Python too
    assert program.entry("train_step").inputs == [("x", (None, 4), "float32"), ("y", (None,), "int64")]
    program.run("train_step", [lamina._core.Tensor(X), lamina._core.Tensor(np.array([2, 0]))])
    small.train_on_batch(X, np.array([2, 0]))
    trained = {variable.name: variable.value.numpy() for variable in program.variables}
    np.testing.assert_array_equal(trained["dense/kernel"], small.layers[0].get_weights()[0])


def test_convert_weights(small, run):
    for name in ("w.safetensors", "w.weights.h5"):
        small.save("small.keras")
        assert run("convert", "small.keras", name)[1] == f"wrote {name} (weights)\n"
        small.layers[0].set_weights([np.full((4, 3), 7.0), np.zeros(3)])
        small.save("seven.keras")
        assert run("convert", "seven.keras", "new.keras", "--weights", name)[0] == 0
        before, after = load_model("small.keras").get_weights(), load_model("new.keras").get_weights()
        np.testing.assert_array_equal(before[0], after[0])


def test_weights_in_several_files(small, run):
    assert (
        run("convert", "small.keras", "w.weights.json", "--shard-size", "1e-7")[1] == "wrote w.weights.json (weights)\n"
    )
    assert len([name for name in os.listdir() if name.startswith("w_0")]) > 1
    code, out, _ = run("inspect", "w.weights.json")
    assert code == 0
    assert re.search(r"layers/dense/0 +│ \(4, 3\) +│ float32 +│ +12 ", out)
    assert "w.weights.json: " in out
    seven = [np.full((4, 3), 7.0), np.zeros(3)]
    small.layers[0].set_weights(seven)
    small.save("seven.keras")
    assert run("convert", "seven.keras", "new.h5", "--weights", "w.weights.json")[0] == 0
    np.testing.assert_array_equal(load_model("new.h5").get_weights()[0], load_model("small.keras").get_weights()[0])


def test_convert_keeps_programs(small, run):
    """A training step with sample weights cannot be told from the layers, and stays all the same."""
    small.fit(X, np.array([0, 1]), sample_weight=np.array([1.0, 2.0]), verbose=0)
    small.save("a.lamina")
    assert run("convert", "a.lamina", "b.lamina")[1] == "wrote b.lamina (predictions and training)\n"
    assert run("convert", "b.lamina", "w.weights.h5")[0] == 0
    small.layers[0].set_weights([np.full((4, 3), 7.0), np.zeros(3)])
    small.save("seven.lamina")
    assert run("convert", "seven.lamina", "c.lamina", "--weights", "w.weights.h5")[0] == 0
    (kept, _), (given, _) = lamina._core.load("b.lamina"), lamina._core.load("c.lamina")
    for program in (kept, given):
        assert [name for name, *_ in program.entry("train_step").inputs] == ["x", "y", "sample_weight"]
    values = [{v.name: v.value.numpy() for v in program.variables} for program in (kept, given)]
    for name, value in values[0].items():
        if not name.startswith("metrics/"):
            np.testing.assert_array_equal(values[1][name], value, name)


def test_convert_to_onnx(small, run):
    onnx = pytest.importorskip("onnx")
    code, out, _ = run("convert", "small.keras", "small.onnx")
    assert (code, out) == (0, "wrote small.onnx (predictions)\n")
    onnx.checker.check_model(onnx.load("small.onnx"))


def test_convert_keeps_states(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = lamina.Sequential([lamina.Input((2, 1), batch_size=1), layers.SimpleRNN(1, stateful=True)])
    model.compile("sgd", "mse")
    model.save("s.lamina")
    assert run("convert", "s.lamina", "t.lamina")[0] == 0
    one = np.ones((1, 2, 1), "float32")
    np.testing.assert_array_equal(load_model("t.lamina").predict_on_batch(one), model.predict_on_batch(one))


def test_predict(small, run):
    np.save("x.npy", X)
    expected = small.predict(X, verbose=0)
    code, out, _ = run("predict", "small.keras", "x.npy")
    assert (code, out) == (0, f"dense: (2, 3) float32\n{expected}\n")
    assert run("predict", "small.keras", "x=x.npy", "-o", "y.npy", "--batch", "1")[1] == "wrote y.npy (dense (2, 3))\n"
    np.testing.assert_allclose(np.load("y.npy"), expected, rtol=1e-6)


def test_predict_from_texts(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for shape in ((), (1,)):
        words = layers.TextVectorization(output_sequence_length=3)
        words.adapt(["ein Haus am See"])
        text = lamina.Input(shape, dtype="string")
        model = lamina.Model(text, words(text))
        model.save("words.lamina")
        (tmp_path / "t.txt").write_text("Haus am See\nnirgends\n", encoding="utf-8")
        assert run("predict", "words.lamina", "t.txt", "-o", "y.npy")[0] == 0
        expected = model.predict(np.array([["Haus am See"], ["nirgends"]]).reshape(2, *shape), verbose=0)
        np.testing.assert_array_equal(np.load("y.npy"), expected)


def test_predict_with_several_inputs_and_outputs(pair, run):
    np.save("a.npy", np.zeros((2, 2)))
    np.save("b.npy", np.ones((2, 2)))
    in_order = [f"{name}.npy" for name in pair.input_names]
    for inputs in (in_order, ["b=b.npy", "a=a.npy"]):
        assert run("predict", "pair.keras", *inputs, "-o", "y.npz")[0] == 0
        with np.load("y.npz") as found:
            np.testing.assert_array_equal(found["gap"], np.ones((2, 2)))
            assert found["kind"].shape == (2, 3)
    for inputs in (["a.npy"], ["a=a.npy", "b.npy"], ["a=a.npy", "c=b.npy"], ["a=a.npy", "a=b.npy"]):
        code, _, err = run("predict", "pair.keras", *inputs)
        assert code == 1
        assert "in this order or all by name" in err
    code, _, err = run("predict", "pair.keras", *in_order, "-o", "y.npy")
    assert code == 1
    assert "y.npz" in err


def test_bench(small, pair, run):
    small.fit(X, np.array([0, 1]), verbose=0)
    small.save("small.lamina")
    threads = lamina.config.num_threads()
    for name in ("small.lamina", "pair.keras"):
        code, out, _ = run("bench", name, "--batch", "2", "--threads", "1", "--seconds", "0")
        assert code == 0
        assert f"{name}, 2 samples at a time\nlamina {lamina.__version__}, " in out
        assert "1 thread, " in out
        for row in ("prediction", "training step"):
            assert re.search(rf"^{row} +[\d.]+ (us|ms|s) +[\d,]+ +5$", out, re.M)
    assert lamina.config.num_threads() == threads
    np.testing.assert_array_equal(load_model("small.lamina").get_weights()[0], small.get_weights()[0])
    lamina.Sequential([lamina.Input((None, 2)), layers.LSTM(1)]).save("plain.keras")
    assert "not measured: the model is not compiled" in run("bench", "plain.keras", "--seconds", "0")[1]


class Own(layers.Layer):
    """A class that only this file knows."""

    def call(self, x):
        return x


def test_own_classes_are_not_known(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lamina.Sequential([lamina.Input((2,)), Own()]).save("own.keras")
    for arguments in (["inspect", "own.keras"], ["convert", "own.keras", "b.keras"], ["bench", "own.keras"]):
        code, _, err = run(*arguments)
        assert code == 1
        assert "'Own'" in err
        assert "Fix: a command knows no classes and functions of your own; in Python, use lamina.saving.load_m" in err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["inspect", "none.keras"], "'none.keras'"),
        (["inspect", "none.safetensors"], "'none.safetensors'"),
        (["convert", "none.keras", "b.keras"], "'none.keras'"),
        (["convert", "small.keras", "small.keras"], "cannot be converted to itself"),
        (["convert", "small.keras", "b.keras", "--weights", "none.safetensors"], "'none.safetensors'"),
        (["predict", "small.keras", "none.npy"], "'none.npy'"),
        (["predict", "small.keras", "empty.npy"], "'empty.npy' cannot be read"),
        (["predict", "small.keras", "objects.npy"], "'objects.npy' cannot be read"),
        (["predict", "small.keras", "latin.txt"], "'latin.txt' cannot be read"),
        (["predict", "small.keras", "wide.npy"], "Received: shape (None, 5)"),
        (["predict", "small.keras", "x.npy", "-o", "small.keras/y.npy"], "small.keras"),
    ],
)
def test_what_goes_wrong(small, run, tmp_path, arguments, text):
    (tmp_path / "empty.npy").write_bytes(b"")
    (tmp_path / "latin.txt").write_bytes(b"\xe9\n")
    np.save("objects.npy", np.array([{}]), allow_pickle=True)
    np.save("wide.npy", np.zeros((2, 5)))
    np.save("x.npy", X)
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert text in err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["paint"], "invalid choice"),
        (["inspect"], "FILE"),
        (["inspect", "m.onnx"], "should end with .lamina, .keras"),
        (["convert", "m.keras"], "TO"),
        (["convert", "m.onnx", "m.keras"], "should end with"),
        (["convert", "m.safetensors", "m.keras"], "holds weights only"),
        (["convert", "m.keras", "m.pb"], "should end with"),
        (["predict", "m.keras"], "INPUT"),
        (["predict", "m.keras", "x.csv"], "should end with .npy, .txt"),
        (["predict", "m.keras", "x.npy", "-o", "y.csv"], "should end with .npy, .npz"),
        (["bench", "m.keras", "--batch", "0"], "whole number above zero"),
        (["bench", "m.keras", "--threads", "two"], "whole number above zero"),
    ],
)
def test_wrong_usage(capsys, arguments, text):
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("usage: lamina")
    assert text in err


def test_warnings_are_one_line(run, monkeypatch):
    from lamina.commands import demo

    monkeypatch.setattr(demo, "run", lambda options: warnings.warn("mind the gap") or 0)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert run("demo") == (0, "", "warning: mind the gap\n")


def test_as_a_program(small):
    """Nothing but plain text comes out of it."""
    command = [sys.executable, "-m", "lamina"]
    found = subprocess.run([*command, "inspect", "small.keras"], capture_output=True, text=True)
    assert found.returncode == 0
    assert "\x1b" not in found.stdout
    assert found.stderr == ""
    found = subprocess.run([*command, "inspect", "none.keras"], capture_output=True, text=True)
    assert found.returncode == 1
    assert "Traceback" not in found.stderr
    assert "'none.keras'" in found.stderr


def test_nobody_reads(small):
    """As with `| head`: no word of it."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        command = [sys.executable, "-m", "lamina", "inspect", "small.keras"]
        found = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE)
    assert (found.returncode, found.stderr) == (1, b"")
