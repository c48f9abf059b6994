"""Wrong arguments and inputs of the layers that change colors."""

import numpy as np
import pytest
from cases.mistakes import Mistake, assert_refused

import lamina
from lamina import layers

D = dict
CLAHE = "ContrastLimitedAdaptiveHistogramEqualization"

MISTAKES: list[Mistake] = [
    ("RandomBrightness", D(factor=1.5), None, "factor=1.5"),
    ("RandomBrightness", D(factor=0.5, value_range=255), None, "value_range=255"),
    ("RandomBrightness", D(factor=0.5, seed="a"), None, "seed='a'"),
    ("RandomContrast", D(factor=-0.5), None, "factor=-0.5"),
    ("RandomContrast", D(factor=(0.1, 0.2, 0.3)), None, r"factor=\(0.1, 0.2, 0.3\)"),
    ("RandomColorDegeneration", D(factor=(0.0, 2.0)), None, "factor=2.0"),
    ("RandomColorDegeneration", D(factor=0.5, value_range=(0, 1, 2)), None, r"value_range=\(0, 1, 2\)"),
    ("RandomGrayscale", D(factor=1.5), None, "factor=1.5"),
    ("RandomGrayscale", D(factor=None), None, "factor=None"),
    ("RandomInvert", D(factor="often"), None, "factor='often'"),
    ("RandomPosterization", D(factor=0), None, "factor=0"),
    ("RandomPosterization", D(factor=9), None, "factor=9"),
    ("RandomPosterization", D(factor=2.5), None, "factor=2.5"),
    ("Solarization", D(addition_factor=2.0), None, "addition_factor=2.0"),
    ("Solarization", D(threshold_factor=-0.1), None, "threshold_factor=-0.1"),
    ("RandomHue", D(factor=-0.1), None, "factor=-0.1"),
    ("RandomHue", D(factor=0.1, value_range=(1, 1)), None, r"value_range=\(1, 1\)"),
    ("RandomHue", D(factor=0.1), (2, 4, 4, 1), "3 channels"),
    ("RandomSaturation", D(factor=1.1), None, "factor=1.1"),
    ("RandomSharpness", D(factor=1.1), None, "factor=1.1"),
    ("RandomSharpness", D(factor=0.5), (4, 4), r"shape \(4, 4\)"),
    ("RandomGaussianBlur", D(kernel_size=4), None, "kernel_size=4"),
    ("RandomGaussianBlur", D(kernel_size=(3, 3, 3)), None, r"kernel_size=\(3, 3, 3\)"),
    ("RandomGaussianBlur", D(sigma=2.0), None, "sigma=2.0"),
    ("RandomColorJitter", D(hue_factor=2.0), None, "RandomColorJitter: `hue_factor`.*hue_factor=2.0"),
    ("RandomColorJitter", D(contrast_factor=(0.1,)), None, r"RandomColorJitter: `contrast_factor`.*factor=\(0.1,\)"),
    ("RandomColorJitter", D(value_range="bytes"), None, "value_range='bytes'"),
    ("AutoContrast", D(value_range=(0, "1")), None, "value_range='1'"),
    ("AutoContrast", D(factor=0.1), None, "factor=0.1"),
    ("AutoContrast", D(bounding_box_format="corners"), None, "bounding_box_format='corners'"),
    ("Equalization", D(bins=1), None, "bins=1"),
    (CLAHE, D(tile_grid_size=(0, 2)), None, r"tile_grid_size=\(0, 2\)"),
    (CLAHE, D(clip_limit="none"), None, "clip_limit='none'"),
    (CLAHE, D(), (1, 0, 4, 3), r"\(1, 0, 4, 3\)"),
    ("RandAugment", D(num_ops=0), None, "num_ops=0"),
    ("RandAugment", D(factor=1.5), None, "factor=1.5"),
    ("RandAugment", D(interpolation="cubic"), None, "RandAugment: `interpolation`.*interpolation='cubic'"),
    ("AugMix", D(alpha=0.0), None, "alpha=0.0"),
    ("AugMix", D(num_chains=0), None, "num_chains=0"),
    ("AugMix", D(chain_depth=1.5), None, "chain_depth=1.5"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)


def test_channels_have_to_be_known():
    inputs = lamina.Input((4, 4, None))
    for layer in (layers.RandomSharpness(0.5), layers.RandomGrayscale(), layers.RandomHue(0.1)):
        with pytest.raises(ValueError, match="channels") as caught:
            layer(inputs, training=True)
        assert "Fix: " in str(caught.value)


def test_boxes_have_a_format():
    boxes = {"boxes": np.ones((1, 1, 4)), "labels": np.ones((1, 1))}
    with pytest.raises(ValueError, match="bounding_box_format="):
        layers.RandomInvert()({"images": np.ones((1, 4, 4, 3)), "bounding_boxes": boxes})
