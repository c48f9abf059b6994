"""The same small transformer in Keras, with the same weights: it predicts the same and learns the same."""

import numpy as np
import pytest
from cases.transformer import sentences, transformer

import lamina

OPTIONS = [
    ("MultiHeadAttention", {}),
    ("MultiHeadAttention", {"use_gate": True, "sliding_window": 3}),
    ("GroupQueryAttention", {}),
]


@pytest.mark.parametrize(("attention", "options"), OPTIONS)
def test_same_model_same_numbers(attention, options, keras):
    x, y = sentences()
    models = [transformer(library, attention, **options) for library in (keras, lamina)]
    weights = models[0].get_weights()
    assert [w.shape for w in weights] == [v.shape for v in models[1].weights]
    assert [v.name for v in models[0].weights] == [v.name for v in models[1].weights]
    models[1].set_weights(weights)
    expected, found = (model.predict(x, verbose=0) for model in models)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)

    losses = []
    for library, model in zip((keras, lamina), models):
        model.compile(library.optimizers.SGD(0.3), "sparse_categorical_crossentropy")
        losses.append(model.fit(x, y, batch_size=32, epochs=3, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    for one, other in zip(models[1].weights, models[0].weights):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-3, atol=1e-4, err_msg=one.path)
