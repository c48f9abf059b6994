"""What layers do to colors in training, against Keras: both are given what ours has drawn."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops

CLAHE = "ContrastLimitedAdaptiveHistogramEqualization"

LAYERS = [
    ("RandomBrightness", {"factor": 0.4}),
    ("RandomBrightness", {"factor": (-0.9, -0.2), "value_range": (0, 1)}),
    ("RandomContrast", {"factor": 0.9}),
    ("RandomContrast", {"factor": (0.5, 0.7), "value_range": (0, 200), "data_format": "channels_first"}),
    ("RandomColorDegeneration", {"factor": 0.8}),
    ("RandomColorDegeneration", {"factor": (0.2, 0.9), "value_range": (0, 1), "data_format": "channels_first"}),
    ("RandomGrayscale", {"factor": 0.5}),
    ("RandomGrayscale", {"factor": 1.0, "data_format": "channels_first"}),
    ("RandomInvert", {"factor": (0.4, 0.6)}),
    ("RandomInvert", {"factor": 1.0, "value_range": (0, 1)}),
    ("RandomPosterization", {"factor": 4}),
    ("RandomPosterization", {"factor": (2, 6), "value_range": (0, 1)}),
    ("RandomPosterization", {"factor": [8, 8], "value_range": (-1, 1)}),
    ("Solarization", {"threshold_factor": 0.9}),
    ("Solarization", {"addition_factor": (0.1, 0.5), "threshold_factor": (0.3, 0.8), "value_range": (0, 1)}),
    ("RandomHue", {"factor": 0.9}),
    ("RandomHue", {"factor": (0.5, 1.0), "value_range": (0, 1), "data_format": "channels_first"}),
    ("RandomSaturation", {"factor": (0.1, 0.6)}),
    ("RandomSaturation", {"factor": 0.8, "value_range": (0, 1)}),
    ("RandomSaturation", {"factor": (1.0, 1.0), "value_range": (0, 1), "data_format": "channels_first"}),
    ("RandomSharpness", {"factor": 0.4}),
    ("RandomSharpness", {"factor": (0.6, 0.9), "value_range": (0, 1)}),
    ("RandomSharpness", {"factor": (0.1, 0.9), "data_format": "channels_first"}),
    ("RandomGaussianBlur", {"sigma": (0.5, 1.0)}),
    ("RandomGaussianBlur", {"factor": 0.5, "kernel_size": (3, 5), "sigma": 0.7, "data_format": "channels_first"}),
    ("AutoContrast", {}),
    ("AutoContrast", {"value_range": (-20, 300)}),
    ("Equalization", {}),
    ("Equalization", {"bins": 16, "value_range": (0, 1)}),
    ("Equalization", {"bins": 16, "data_format": "channels_first"}),
    (CLAHE, {"tile_grid_size": (2, 3)}),
    (CLAHE, {"clip_limit": 0.0, "tile_grid_size": (2, 3), "value_range": (0, 1)}),
    (CLAHE, {"tile_grid_size": [2, 3], "data_format": "channels_first"}),
]


def photos(options, rng, batch=4):
    """Images of the layer's value range, of which one has a channel without contrast."""
    low, high = options.get("value_range", (0, 255))
    x = rng.uniform(low, high, (batch, 6, 5, 3))
    x = (np.floor(x) if high > 1 else x).astype("float32")
    x[0, :, :, 1] = x[0, 0, 0, 1]
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if options.get("data_format") == "channels_first" else x


def arrays(nest):
    return lamina.tree.map_structure(lambda t: t.numpy() if hasattr(t, "numpy") else t, nest)


def shapes(nest):
    return lamina.tree.map_structure(lambda t: tuple(t.shape), nest, none_is_leaf=False)


@pytest.mark.parametrize(("name", "options"), LAYERS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(LAYERS)])
def test_what_is_drawn_is_done(name, options, keras, rng):
    x = photos(options, rng)
    ours, theirs = (getattr(library.layers, name)(**options) for library in (lamina, keras))
    drawn = ours.get_random_transformation(ops.convert_to_tensor(x), training=True)
    assert shapes(drawn) == shapes(theirs.get_random_transformation(x, training=True))
    found = ours.transform_images(ops.convert_to_tensor(x), drawn, training=True).numpy()
    wanted = np.asarray(theirs.transform_images(x, None if drawn is None else arrays(drawn), training=True))
    high = options.get("value_range", (0, 255))[1]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=2e-5 * high)
    for key, value in theirs.get_config().items():
        if key in options:
            assert np.all(np.asarray(ours.get_config()[key]) == np.asarray(value)), key


def test_jitter_is_its_parts(keras, rng):
    options = {"brightness_factor": 0.3, "contrast_factor": 0.5, "saturation_factor": (0.3, 0.7), "hue_factor": 0.4}
    x = photos({"value_range": (0, 1)}, rng)
    ours = layers.RandomColorJitter((0, 1), **options, seed=3)
    drawn = ours.get_random_transformation(ops.convert_to_tensor(x))
    theirs = keras.layers.RandomColorJitter((0, 1), **options)
    wanted = x
    for name, transformation in arrays(drawn).items():
        wanted = getattr(theirs, name).transform_images(wanted, transformation)
    np.testing.assert_allclose(ours.transform_images(x, drawn).numpy(), wanted, rtol=1e-4, atol=1e-5)


def test_whole_numbers_of_limited_equalization(keras, rng):
    x = rng.integers(0, 256, (4, 6, 5, 3)).astype("uint8")
    found, wanted = (getattr(library.layers, CLAHE)(tile_grid_size=(2, 3))(x) for library in (lamina, keras))
    assert found.dtype == str(wanted.dtype) == "uint8"
    np.testing.assert_allclose(found.numpy(), wanted, atol=1.0)  # of numbers that are almost whole, either may be meant


@pytest.mark.parametrize("index", [0, 1, 2, 8])  # the moves and one of the colors, which are compared above
def test_random_augment(index, keras, rng):
    x = photos({}, rng)
    masks = rng.integers(0, 4, (4, 6, 5, 1)).astype("float32")
    ours, theirs = (library.layers.RandAugment(factor=0.3, num_ops=1) for library in (lamina, keras))
    drawn = ours.get_random_transformation(ops.convert_to_tensor(x))
    given = arrays(drawn)
    assert list(given["transforms"]) == theirs._AUGMENT_LAYERS
    name = theirs._AUGMENT_LAYERS[index]
    given["transforms"] = {n: given["transforms"][n] for n in [name]}  # Keras would compute all of them
    wanted = theirs.transform_images(x, {**given, "layer_idxes": [0]})
    found = ours.transform_images(x, {**drawn, "layer_idxes": [index]})
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-4, atol=1e-2)
    wanted = theirs.transform_segmentation_masks(masks, {**given, "layer_idxes": [0]})
    found = ours.transform_segmentation_masks(masks, {**drawn, "layer_idxes": [index]})
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-5)


def test_augment_and_mix(keras, rng):
    x = photos({}, rng)
    ours, theirs = (library.layers.AugMix(chain_depth=2, seed=4) for library in (lamina, keras))
    drawn = ours.get_random_transformation(ops.convert_to_tensor(x))
    names = {step["layer_name"] for chain in drawn["chain_transforms"] for step in chain}
    assert names < set(theirs._augment_layers)
    wanted = theirs.transform_images(x, arrays(drawn))
    np.testing.assert_allclose(ours.transform_images(x, drawn).numpy(), wanted, rtol=1e-4, atol=1e-2)
    assert layers.AugMix(all_ops=False)._names == tuple(keras.layers.AugMix(all_ops=False)._augment_layers)
