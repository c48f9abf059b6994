"""The programs of python/examples run, and do what they say."""

import re
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "python" / "examples"

# Arguments, and what the last lines say.
RUNS = {
    "classify_text.py": (
        ["--epochs", "2", "Pi, a float", "Delete a directory."],
        r"[789]\d\.\d% of \d+ paragraphs.*saved docstrings.lamina.*mathematics \S+: Pi.*files \S+: Delete",
    ),
    "digits_callbacks.py": (["--epochs", "4", "--log", "log.csv"], r"after 4 epochs: 9\d\.\d% of the test digits"),
    "digits_pipeline.py": (["--epochs", "2"], r"1\. 9\d\.\d%.*the best one reads 9\d\.\d%"),
    "rents_table.py": (["--epochs", "5"], r"error \d\d euros.*rents.lamina takes raw rows: Hafen.*-> 1\d\d\d euros"),
    "forecast_series.py": (["--epochs", "1"], r"one step ahead: error 0\.\d+.*within 0\.1 for \d+ time units"),
}


def test_all_examples_are_run():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_example(name, tmp_path, monkeypatch, capsys):
    arguments, said = RUNS[name]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    assert re.search(f"(?s){said}", capsys.readouterr().out)
    if "log.csv" in arguments:
        assert len((tmp_path / "log.csv").read_text().splitlines()) == 5
