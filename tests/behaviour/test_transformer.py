"""A small transformer learns, is saved, loaded, and goes on."""

import numpy as np
import pytest
from cases.transformer import LENGTH, TOKENS, classes, sentences, transformer

import lamina


@pytest.mark.parametrize("attention", ["MultiHeadAttention", "GroupQueryAttention"])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_learns_and_survives_a_file(attention, dropout, tmp_path):
    x, y = sentences()
    model = transformer(lamina, attention, dropout=dropout, seed=1)
    model.compile(lamina.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=16, epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.4 * history["loss"][0]
    assert model.evaluate(x, y, verbose=0)[1] > 0.7

    model.save(tmp_path / "model.lamina")
    loaded = lamina.models.load_model(tmp_path / "model.lamina", custom_objects=classes(lamina))
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    again = [m.fit(x, y, batch_size=16, epochs=1, shuffle=False, verbose=0).history for m in (model, loaded)]
    assert again[0] == again[1]


def test_nothing_comes_from_behind_or_from_padding():
    x, _ = sentences()
    model = transformer(lamina)
    expected = model.predict(x, verbose=0)
    later = x.copy()
    later[:, 5:] = np.where(later[:, 5:] > 0, later[:, 5:] % (TOKENS - 1) + 1, 0)
    found = model.predict(later, verbose=0)
    np.testing.assert_allclose(found[:, :5], expected[:, :5], rtol=1e-5, atol=1e-6)
    assert np.abs(found[:, 5:] - expected[:, 5:]).max() > 1e-3
    # Without causality only padding is left out: a shorter batch gives the same.
    layer = lamina.layers.MultiHeadAttention(2, 4)
    states = np.random.default_rng(1).normal(size=(1, LENGTH, 6)).astype("float32")
    mask = np.arange(LENGTH)[None] < 5
    padded = layer(states, states, value_mask=mask).numpy()
    np.testing.assert_allclose(padded[:, :5], layer(states[:, :5], states[:, :5]).numpy(), rtol=1e-5, atol=1e-6)


def test_any_length_and_one_sample():
    model = transformer(lamina)
    x, _ = sentences()
    whole = model.predict(x, verbose=0)
    for length in (1, 3, LENGTH):
        found = model.predict(x[:1, :length], verbose=0)
        np.testing.assert_allclose(found, whole[:1, :length], rtol=1e-5, atol=1e-6)
