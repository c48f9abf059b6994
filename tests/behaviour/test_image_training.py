"""Training with changed images: in the model, and in the data pipeline. Predictions know nothing of the changes."""

import numpy as np
import pytest

import lamina
from lamina import layers

RANGE = {"value_range": (0, 255)}
KINDS = {
    "flip, rotation, contrast": lambda: [
        layers.RandomFlip("horizontal", seed=1),
        layers.RandomRotation(0.1, seed=2),
        layers.RandomContrast(0.2, seed=3),
    ],
    "zoom, translation, shear": lambda: [
        layers.RandomZoom(0.2, seed=1),
        layers.RandomTranslation(0.1, 0.1, seed=2),
        layers.RandomShear(0.1, 0.1, seed=3),
    ],
    "crop": lambda: [layers.RandomCrop(8, 9, seed=1)],
    "brightness, colors": lambda: [
        layers.RandomBrightness(0.1, seed=1),
        layers.RandomColorJitter(brightness_factor=0.1, contrast_factor=0.1, hue_factor=0.05, seed=2, **RANGE),
    ],
    "erasing": lambda: [layers.RandomErasing(seed=1, **RANGE)],
    "perspective, elastic": lambda: [layers.RandomPerspective(seed=1), layers.RandomElasticTransform(seed=2, **RANGE)],
    "blur, sharpness": lambda: [layers.RandomGaussianBlur(seed=1), layers.RandomSharpness(0.3, seed=2, **RANGE)],
    "RandAugment": lambda: [layers.RandAugment(seed=1, **RANGE)],
    "AugMix": lambda: [layers.AugMix(num_chains=2, chain_depth=2, seed=1, **RANGE)],
    "CutMix": lambda: [layers.CutMix(seed=1)],
    "MixUp": lambda: [layers.MixUp(seed=1)],
}
rng = np.random.default_rng(3)
LABELS = (np.arange(48) % 2).astype("int32")
IMAGES = rng.uniform(0, 120, (48, 8, 8, 3))
IMAGES[..., 0] += 100 * LABELS[:, None, None]  # red ones
IMAGES[..., 2] += 100 * (1 - LABELS)[:, None, None]  # blue ones
IMAGES = IMAGES.astype("float32")
EACH = pytest.mark.parametrize("kind", KINDS)


def classifier(*first, size=8):
    lamina.utils.set_random_seed(4)
    head = [layers.Rescaling(1 / 255), layers.Conv2D(4, 3, activation="relu"), layers.GlobalAveragePooling2D()]
    model = lamina.Sequential([lamina.Input((size, size, 3)), *first, *head, layers.Dense(2, activation="softmax")])
    model.compile(lamina.optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def found(model):
    """The share of the images that it tells apart."""
    return np.mean(model.predict(IMAGES, verbose=0).argmax(-1) == LABELS)


@EACH
def test_in_the_model(kind, tmp_path):
    model = classifier(layers.Resizing(10, 10), *KINDS[kind]())
    history = model.fit(IMAGES, LABELS, epochs=12, batch_size=16, verbose=0).history["loss"]
    assert np.isfinite(history).all()
    assert history[-1] < history[0]
    assert found(model) > 0.9
    # Predictions are those of the same network without the random layers.
    plain = classifier(
        layers.Resizing(10, 10), *([layers.Resizing(8, 9, crop_to_aspect_ratio=True)] if kind == "crop" else [])
    )
    plain.set_weights(model.get_weights())
    predicted = model.predict(IMAGES, verbose=0)
    np.testing.assert_array_equal(predicted, plain.predict(IMAGES, verbose=0))
    # A file goes on with the same numbers, drawn ones too.
    model.save(tmp_path / "model.lamina")
    again = lamina.saving.load_model(tmp_path / "model.lamina")
    np.testing.assert_array_equal(again.predict(IMAGES, verbose=0), predicted)
    losses = [m.fit(IMAGES, LABELS, batch_size=16, shuffle=False, verbose=0).history["loss"] for m in (model, again)]
    assert losses[0] == losses[1]


@EACH
def test_in_the_data_pipeline(kind):
    def trained(parallel):
        pipeline = layers.Pipeline([layers.Resizing(10, 10), *KINDS[kind](), layers.Resizing(8, 8)])
        data = lamina.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(16)
        model = classifier()
        data = data.map(lambda x, y: (pipeline(x), y), num_parallel_calls=parallel)
        return model, model.fit(data, epochs=12, verbose=0).history["loss"]

    model, losses = trained(2)
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]
    assert found(model) > 0.9
    assert trained(3)[1] == losses  # for any number of threads


def test_a_step_with_changed_images_allocates_nothing():
    """The memory of a step belongs to its plan, also that of what was drawn but not chosen."""
    model = classifier(layers.Resizing(10, 10), *KINDS["RandAugment"]())
    counts = []
    for times in (2, 2, 20):
        x, y = np.tile(IMAGES, (times, 1, 1, 1)), np.tile(LABELS, times)
        before = lamina._core.allocation_count()
        model.fit(x, y, batch_size=16, shuffle=False, verbose=0)
        counts.append(lamina._core.allocation_count() - before)
    assert counts[2] - counts[1] < 20  # for 54 more steps: what a group of them needs, but none of their own
