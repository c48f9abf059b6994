"""FeatureSpace against what Keras gave: see tests/golden/make_feature_space.py."""

import json
from pathlib import Path

import numpy as np
import pytest

import lamina
from lamina.utils import FeatureSpace

GOLDEN = Path(__file__).parents[1] / "golden"
STORED = json.loads((GOLDEN / "feature_space.json").read_text(encoding="utf-8"))
TABLE, NEW = STORED["table"], STORED["new"]


def kind(value):
    return value if isinstance(value, str) else getattr(FeatureSpace, value[0])(**value[1])


def made(case):
    features = {name: kind(value) for name, value in case["features"].items()}
    crosses = [FeatureSpace.cross(**c[1]) if c[0] == "cross" else tuple(c) for c in case.get("crosses", [])]
    return FeatureSpace(**{**case, "features": features, "crosses": crosses or None})


def chosen(table, case):
    return {name: values for name, values in table.items() if name in case["features"]}


def check(found, wanted):
    """Values, dtypes and keys."""
    if "values" not in wanted:
        assert list(found) == list(wanted)
        for name, part in wanted.items():
            check(found[name], part)
        return
    assert found.dtype == wanted["dtype"]
    np.testing.assert_allclose(found.numpy(), wanted["values"], rtol=1e-6, atol=1e-7)
    assert found.shape == np.shape(wanted["values"])


def learned(layer):
    if hasattr(layer, "get_vocabulary"):
        return [str(token) for token in layer.get_vocabulary()]
    if isinstance(layer, lamina.layers.Discretization):
        return layer.bin_boundaries
    if isinstance(layer, lamina.layers.Normalization):
        return [v.numpy().ravel().tolist() for v in (layer.mean, layer.variance)]
    return None


def without_sizes(config):
    """A configuration without what only files need."""
    if isinstance(config, dict):
        left_out = ("vocabulary_size", "build_config", "shared_object_id", "oov_method", "dtype")
        return {key: without_sizes(value) for key, value in config.items() if key not in left_out}
    return [without_sizes(value) for value in config] if isinstance(config, (list, tuple)) else config


@pytest.mark.parametrize("stored", STORED["cases"], ids=lambda stored: "-".join(stored["case"]["features"]))
def test_same_as_keras(stored):
    case, wanted = stored["case"], stored["result"]
    lamina.utils.clear_session()
    table, new = chosen(TABLE, case), chosen(NEW, case)
    if wanted is None:
        with pytest.raises(ValueError, match=r"Expected: .*Fix: "):
            made(case).adapt(table)
        return
    space = made(case)
    space.adapt(lamina.data.Dataset.from_tensor_slices(table))
    check(space(new), wanted["rows"])
    check(space({name: values[0] for name, values in new.items()}), wanted["row"])
    assert [layer.name for layer in (*space.preprocessors.values(), *space.crossers.values())] == wanted["names"]
    for name, layer in space.preprocessors.items():
        if isinstance(wanted["learned"][name], list) and not isinstance(wanted["learned"][name][0], str):
            np.testing.assert_allclose(learned(layer), wanted["learned"][name], rtol=1e-6)
        else:
            assert learned(layer) == wanted["learned"][name]
    mine = json.loads(json.dumps(space.get_config()))
    assert mine.pop("name") == "feature_space"
    assert without_sizes(mine) == without_sizes(wanted["config"])


def test_a_file_of_keras():
    case, wanted = STORED["cases"][0]["case"], STORED["cases"][0]["result"]
    space = lamina.saving.load_model(GOLDEN / "feature_space.keras")
    assert isinstance(space, FeatureSpace)
    check(space(chosen(NEW, case)), wanted["rows"])
