"""summary(), the command line and the demo."""

import subprocess
import sys

import numpy as np
import pytest

import lamina
from lamina import __main__ as command
from lamina import layers


def test_summary(capsys):
    lamina.utils.clear_session()
    model = lamina.Sequential(
        [lamina.Input((8, 8, 1)), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.Flatten()]
    )
    model.compile("adam", "mse")
    model.summary(show_trainable=True)
    text = capsys.readouterr().out
    for part in (
        "conv2d (Conv2D)",
        "(None, 6, 6, 4)",
        "(None, 144)",
        "Total params: 56",
        "Trainable params: 48",
        "192.00 B",
    ):
        assert part in text
    assert "Memory of a prediction" in text
    lines = []
    model.summary(print_fn=lines.append, line_length=60)
    assert any("batch_normalization" in line for line in lines)
    assert max(map(len, lines)) <= 60


def test_summary_of_graphs(capsys):
    a = lamina.Input((4,), name="a")
    inner = lamina.Sequential([lamina.Input((4,)), layers.Dense(2, name="deep")], name="inner")
    model = lamina.Model(a, layers.Add(name="sum")([inner(a), layers.Dense(2, name="side")(a)]))
    model.summary(expand_nested=True)
    text = capsys.readouterr().out
    assert "Connected to" in text
    assert "inner, side" in text
    assert "deep (Dense)" in text
    model.summary(layer_range=["inner", "sum"])
    assert "a (InputLayer)" not in capsys.readouterr().out
    with pytest.raises(ValueError, match="names no range"):
        model.summary(layer_range=["sum", "none"])
    with pytest.raises(ValueError, match="not built"):
        lamina.Sequential([layers.Dense(1)]).summary()


def test_command(capsys):
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == lamina.__version__
    assert command.main(["--config"]) == 0
    assert "instruction set" in capsys.readouterr().out
    assert command.main([]) == 0
    assert "demo" in capsys.readouterr().out
    code = command.main(["--cmake-dir"])
    out, err = capsys.readouterr()
    assert (code == 0 and "cmake" in out) or (code == 1 and "not part of this installation" in err)


def test_demo(tmp_path, capsys, monkeypatch):
    from lamina import demo

    monkeypatch.setattr(demo, "draw", lambda *a: None)
    monkeypatch.setattr(demo, "GOOD", 0.5)
    assert demo.run(tmp_path, 3, 1) == 0
    text = capsys.readouterr().out
    for part in ("test accuracy", "images per second", "microseconds", "lamina_predict", "needs matplotlib"):
        assert part in text
    model = lamina.saving.load_model(tmp_path / "digits.lamina")
    tensors = lamina._core.read_tensors(str(tmp_path / "digits_test.safetensors"))
    np.testing.assert_array_equal(model.predict(tensors["images"], verbose=0), tensors["predictions"])


def test_picture(tmp_path):
    pytest.importorskip("matplotlib")
    from lamina import demo

    history = {"loss": [1.0, 0.5], "val_loss": [1.0, 0.6], "accuracy": [0.5, 0.7], "val_accuracy": [0.5, 0.6]}
    images, labels = np.zeros((40, 8, 8, 1)), np.arange(40) % 10
    picture = demo.draw(tmp_path / "p.png", history, images, labels, np.eye(10)[(labels + 1) % 10])
    assert picture is not None
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_import_is_light():
    code = (
        "import sys, lamina\n"
        "heavy = [m for m in ('rich', 'h5py', 'matplotlib', 'keras', 'json', 'asyncio') if m in sys.modules]\n"
        "assert not heavy, heavy\n"
        "own = [m for m in sys.modules if m.startswith('lamina')]\n"
        "assert len(own) < 200, len(own)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
