"""The five seconds before each commit: does a model train, predict, save and load, and do gradients and shapes hold?"""

import numpy as np
import pytest

import lamina
from lamina import layers


@pytest.fixture
def images(rng):
    y = rng.integers(0, 2, 64)
    return (rng.normal(size=(64, 8, 8, 1)) + y[:, None, None, None]).astype("float32"), y


def classifier():
    return lamina.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(2, activation="softmax"),
        ]
    )


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_a_convnet_learns(images, optimizer):
    model = classifier()
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(*images, epochs=15, batch_size=16, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert history["accuracy"][-1] > 0.6


def test_a_saved_model_goes_on_with_the_same_bits(images, tmp_path):
    model = classifier()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(*images, epochs=1, batch_size=16, verbose=0)
    model.save(tmp_path / "m.lamina")
    loaded = lamina.models.load_model(tmp_path / "m.lamina")
    np.testing.assert_array_equal(model.predict(images[0], verbose=0), loaded.predict(images[0], verbose=0))
    losses = [m.fit(*images, epochs=1, batch_size=16, verbose=0).history["loss"] for m in (model, loaded)]
    assert losses[0] == losses[1]


def test_one_gradient():
    x = lamina.Variable(np.array([1.0, 2.0], "float32"))
    with lamina.GradientTape() as tape:
        y = lamina.ops.sum(x * x * x)
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), [3.0, 12.0])


def test_one_error():
    with pytest.raises(ValueError, match="units=-1"):
        layers.Dense(-1)
