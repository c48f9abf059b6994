"""What every layer of texts and categories has to do."""

import json

import numpy as np
import pytest
from cases.arrays import make_all
from cases.layers import TEXTS, Case

import lamina
from lamina import layers, ops

EACH = pytest.mark.parametrize("case", TEXTS, ids=lambda case: case.id)


def nest(values):
    return values[0] if len(values) == 1 else list(values)


def model_of(layer, arrays):
    inputs = [layers.Input(a.shape[1:], dtype="string" if a.dtype == object else str(a.dtype)) for a in arrays]
    return lamina.Model(nest(inputs), layer(nest(inputs)))


@EACH
def test_config_round_trip(case: Case):
    layer = case.make(layers)
    config = layer.get_config()
    record = json.loads(json.dumps(layers.serialize(layer)))
    for again in (type(layer).from_config(config), layers.deserialize(record)):
        assert type(again) is type(layer)
        assert again.get_config() == config


@EACH
def test_symbols_and_programs_agree_with_data(case: Case, tmp_path):
    arrays = make_all(case.inputs, seed=case.seed)
    layer = case.make(layers)
    eager = layer(nest(arrays))
    model = model_of(layer, arrays)
    symbol = model.outputs[0]
    assert symbol.dtype == eager.dtype
    assert symbol.ndim == eager.ndim
    assert all(a in (None, b) for a, b in zip(symbol.shape, eager.shape))
    model.save(tmp_path / "model.lamina")
    for each in (model, lamina.saving.load_model(tmp_path / "model.lamina")):
        np.testing.assert_array_equal(each.predict_on_batch(nest(arrays)), eager.numpy())


@EACH
def test_no_samples_at_all(case: Case):
    arrays = [a[:0] for a in make_all(case.inputs, seed=case.seed)]
    if case.layer == "TextVectorization" or all(a.dtype != object for a in arrays):
        assert case.make(layers)(nest([ops.convert_to_tensor(a) for a in arrays])).shape[0] == 0
