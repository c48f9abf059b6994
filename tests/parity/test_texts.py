"""Layers of texts against what Keras gave: see tests/golden/make_texts.py."""

import json
from pathlib import Path

import numpy as np
import pytest

import lamina

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((FOLDER / "texts.json").read_text())
DATA = GOLDEN["data"]
CASES = [
    {key: DATA[value] if key in ("adapt", "inputs", "vocabulary", "tokens") else value for key, value in case.items()}
    for case in GOLDEN["cases"]
]


def named(case):
    words = [f"{k}={v}" for k, v in case["arguments"].items() if k not in ("vocabulary", "idf_weights")]
    return f"{case['layer']}-{'-'.join(words)}".replace(" ", "")


@pytest.mark.parametrize("case", CASES, ids=named)
def test_same_as_keras(case, tmp_path):
    arguments = dict(case["arguments"])
    if "file" in case:
        path = tmp_path / "words.txt"
        path.write_bytes(case["file"].encode())
        arguments["vocabulary"] = str(path)
    if "error" in case:
        with pytest.raises((ValueError, TypeError)) as caught:
            run(case, arguments)
        assert all(part in str(caught.value) for part in ("Expected: ", "Received: ", "Fix: "))
        return
    layer, output = run(case, arguments)
    if output is not None:
        assert output.shape == np.shape(case["output"])
        if output.dtype.kind == "f":
            np.testing.assert_allclose(output, case["output"], rtol=1e-6)
        else:
            assert output.tolist() == case["output"]
    if case.get("vocabulary"):
        assert layer.get_vocabulary() == case["vocabulary"]
        assert layer.get_vocabulary(include_special_tokens=False) == case["tokens"]
        assert layer.vocabulary_size() == len(case["vocabulary"])
    config = json.loads(json.dumps(layer.get_config()))
    assert {key: config[key] for key in case["config"]} == case["config"]
    assert config.keys() - case["config"].keys() <= {"dtype", "trainable"}


def run(case, arguments):
    layer = getattr(lamina.layers, case["layer"])(name="it", **arguments)
    if "adapt" in case:
        layer.adapt(case["adapt"])
    if "inputs" not in case:
        return layer, None
    return layer, layer(case["inputs"]).numpy()


def test_file_of_keras():
    model = lamina.saving.load_model(FOLDER / "texts.keras")
    for found, expected in zip(model.predict(np.array([["the cat sat"], ["über"]], object)), GOLDEN["model"]):
        np.testing.assert_allclose(found, expected, rtol=1e-6)


TEXTS, *REPLACED = GOLDEN["replaced"]


@pytest.mark.parametrize(("pattern", "rewrite", "everywhere", "expected"), REPLACED)
def test_regular_expressions_are_those_of_re2(pattern, rewrite, everywhere, expected):
    assert lamina.ops.strings.regex_replace(TEXTS, pattern, rewrite, everywhere).numpy().tolist() == expected
