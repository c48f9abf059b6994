"""Stories of the layers that change colors: seeds, training, dicts, data sets, models of any size, what they draw."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops

RANGE = {"value_range": (0, 1)}
RANDOM = {
    "RandomBrightness": {"factor": 0.3, **RANGE},
    "RandomContrast": {"factor": 0.3, **RANGE},
    "RandomColorDegeneration": {"factor": 0.5, **RANGE},
    "RandomGrayscale": {"factor": 0.5},
    "RandomInvert": {"factor": (0.5, 0.5), **RANGE},
    "RandomPosterization": {"factor": (1, 8), **RANGE},
    "Solarization": {"addition_factor": 0.3, "threshold_factor": 0.8, **RANGE},
    "RandomHue": {"factor": 0.5, **RANGE},
    "RandomSaturation": {"factor": (0.1, 0.6), **RANGE},
    "RandomSharpness": {"factor": (0.6, 0.9), **RANGE},
    "RandomGaussianBlur": {"factor": (0.5, 0.5), "sigma": (0.5, 1.0), **RANGE},
    "RandomColorJitter": {"brightness_factor": 0.2, "hue_factor": 0.2, **RANGE},
    "RandAugment": {"factor": (0.2, 0.5), **RANGE},
    "AugMix": {"factor": (0.2, 0.5), "num_chains": 2, "chain_depth": 2, **RANGE},
}
X = np.random.default_rng(1).uniform(size=(6, 9, 8, 3)).astype("float32")


@pytest.fixture(params=list(RANDOM))
def make(request):
    return lambda **more: getattr(layers, request.param)(**RANDOM[request.param], **more)


def drawn(layer, x=X, times=1):
    return np.stack([layer(x, training=True).numpy() for _ in range(times)])


def test_seeds_decide_and_inference_is_the_identity(make):
    layer = make(seed=3)
    found = drawn(layer, times=3)
    assert np.isfinite(found).all()
    assert any(not np.array_equal(found[0], other) for other in found[1:])
    np.testing.assert_array_equal(drawn(type(layer).from_config(layer.get_config()), times=3), found)
    assert not np.array_equal(drawn(make(seed=4), times=3), found)
    np.testing.assert_array_equal(layer(X, training=False).numpy(), X)
    assert found.min() >= -1e-6
    assert found.max() <= 1 + 1e-6


def test_a_model_of_any_size_draws_the_same(make):
    inputs = lamina.Input((None, None, 3))
    model = lamina.Model(inputs, make(seed=3)(inputs, training=True))
    layer = make(seed=3)
    if not isinstance(layer, (layers.AugMix,)):  # which knows its choices beforehand only when it is not traced
        np.testing.assert_allclose(model.predict(X, batch_size=6, verbose=0), drawn(layer)[0], rtol=1e-5, atol=1e-5)
    assert model.predict(X[:2, :5, :6], verbose=0).shape == (2, 5, 6, 3)


def test_what_belongs_to_images(make):
    layer = make(seed=3, bounding_box_format="xyxy")
    data = {
        "images": X,
        "labels": np.arange(6),
        "segmentation_masks": np.ones((6, 9, 8, 1), "float32"),
        "bounding_boxes": {"boxes": np.tile(np.float32([1, 1, 5, 5]), (6, 2, 1)), "labels": np.zeros((6, 2), "int32")},
    }
    found = layer(data, training=True)
    assert found.keys() == data.keys()
    np.testing.assert_array_equal(found["labels"].numpy(), data["labels"])
    assert found["bounding_boxes"]["boxes"].shape == (6, 2, 4)
    assert found["segmentation_masks"].shape == (6, 9, 8, 1)
    if not isinstance(layer, (layers.RandAugment, layers.AugMix)):
        np.testing.assert_array_equal(found["segmentation_masks"].numpy(), 1.0)
        np.testing.assert_array_equal(found["bounding_boxes"]["boxes"].numpy(), data["bounding_boxes"]["boxes"])


def test_single_images_of_a_dataset(make):
    data = lamina.data.Dataset.from_tensor_slices(X).map(make(seed=3)).batch(6)
    assert next(iter(data)).shape == X.shape


def test_each_image_has_its_own_numbers():
    x = np.repeat(X[:1], 40, axis=0)
    for name in RANDOM:
        if name not in ("RandAugment", "AugMix", "RandomGaussianBlur"):
            y = drawn(getattr(layers, name)(**RANDOM[name], seed=3), x)[0]
            # Coins have two sides, and there are seven numbers of bits; the others are all different.
            many = {"RandomGrayscale": 2, "RandomInvert": 2, "RandomPosterization": 5}.get(name, 35)
            assert len(np.unique(y.reshape(40, -1).round(6), axis=0)) >= many, name


@pytest.mark.parametrize("name", ["RandomGrayscale", "RandomInvert", "RandomGaussianBlur"])
def test_probabilities(name):
    x = np.repeat(X[:1], 400, axis=0)
    for factor in (0.0, 0.3, 1.0):
        given = factor if name == "RandomGrayscale" else (factor, factor)
        options = {} if name == "RandomGrayscale" else RANGE
        y = drawn(getattr(layers, name)(given, **options, seed=3), x)[0]
        changed = np.abs(y - x).max(axis=(1, 2, 3)) > 1e-5
        assert changed.mean() == pytest.approx(factor, abs=0.08)


def test_intervals():
    brightness = layers.RandomBrightness((0.1, 0.2), (0, 1), seed=1)
    delta = brightness.get_random_transformation(np.ones((500, 2, 2, 3), "float32"))["rgb_delta"].numpy()
    assert 0.1 <= delta.min() < 0.11 < 0.19 < delta.max() <= 0.2
    bits = layers.RandomPosterization((2, 5), seed=1).get_random_transformation(np.ones((500, 2, 2, 3), "float32"))
    assert set(bits["shift_factor"].numpy().tolist()) == {8 - 2, 8 - 3, 8 - 4}
    sun = layers.Solarization((0.2, 0.2), (0.5, 0.5)).get_random_transformation(np.ones((5, 2, 2, 3), "float32"))
    np.testing.assert_allclose(sun["additions"].numpy(), 51.0)
    np.testing.assert_allclose(sun["thresholds"].numpy(), 127.5)


def test_nothing_is_drawn_or_done_twice():
    """Factors at their neutral place give the image."""
    for layer in (
        layers.RandomBrightness(0.0, (0, 1)),
        layers.RandomContrast(0.0, (0, 1)),
        layers.RandomColorDegeneration(0.0, (0, 1)),
        layers.RandomSaturation((0.5, 0.5), (0, 1)),
        layers.RandomHue(0.0, (0, 1)),
        layers.RandomSharpness((0.5, 0.5), (0, 1)),
        layers.RandomColorJitter((0, 1)),
    ):
        np.testing.assert_allclose(drawn(layer)[0], X, atol=1e-5, err_msg=layer.name)


def test_equalizations_spread_values():
    dark = (X * 40 + 30).astype("uint8")
    for layer in (layers.AutoContrast(), layers.Equalization()):
        y = layer(dark, training=True).numpy()
        assert y.min() == 0.0
        assert y.max() == 255.0
    np.testing.assert_array_equal(layers.Equalization()(dark, training=False).numpy(), dark)
    flat = np.full((2, 4, 4, 3), 7.0, "float32")
    for layer in (layers.AutoContrast(), layers.Equalization()):
        np.testing.assert_array_equal(layer(flat, training=True).numpy(), flat)


@pytest.mark.parametrize("size", [(9, 8), (5, 3), (1, 1), (16, 24)])
def test_limited_equalization_of_any_size(size):
    inputs = lamina.Input((None, None, 1), dtype="uint8")
    layer = layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(4, 3))
    model = lamina.Model(inputs, layer(inputs))
    x = np.random.default_rng(2).integers(0, 256, (2, *size, 1)).astype("uint8")
    found = model.predict(x, verbose=0)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, layer(x).numpy())


def test_boxes_follow_the_images_of_a_policy():
    layer = layers.RandAugment((0, 1), num_ops=1, factor=(0.5, 0.5), bounding_box_format="xyxy", seed=1)
    boxes = {"boxes": np.float32([[[2, 2, 4, 4]]]), "labels": np.zeros((1, 1), "int32")}
    moved = []
    for _ in range(20):
        found = layer({"images": X[:1], "bounding_boxes": boxes}, training=True)
        images, after = found["images"].numpy(), found["bounding_boxes"]["boxes"].numpy()
        assert images.shape == X[:1].shape
        moved.append(not np.array_equal(after, boxes["boxes"]))
    assert any(moved)
    assert not all(moved)


def test_policies_train_and_survive_a_file(tmp_path):
    model = lamina.Sequential(
        [lamina.Input((9, 8, 3)), layers.RandAugment((0, 1), seed=3), layers.Flatten(), layers.Dense(2)]
    )
    model.compile("sgd", "mse")
    y = np.zeros((6, 2), "float32")
    model.fit(X, y, epochs=2, verbose=0)
    model.save(tmp_path / "model.lamina")
    loaded = lamina.models.load_model(tmp_path / "model.lamina")
    again = [m.fit(X, y, verbose=0, shuffle=False).history for m in (model, loaded)]
    assert again[0] == again[1]


def test_a_layer_of_ones_own():
    class Halved(layers.RandomBrightness):
        def transform_images(self, images, transformation=None, training=True):
            return ops.cast(images, self.compute_dtype) / 2

    np.testing.assert_array_equal(Halved(0.1)(X).numpy(), X / 2)
