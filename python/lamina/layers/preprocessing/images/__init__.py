"""Layers of images: sizes, where things are, colors, and mixtures of images."""

from .boxes import MaxNumBoundingBoxes
from .color import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
    RandomGrayscale,
    RandomInvert,
    RandomPosterization,
    Solarization,
)
from .cropping import RandomCrop, RandomHeight, RandomWidth
from .distortion import RandomElasticTransform, RandomPerspective
from .flipping import RandomFlip
from .histogram import AutoContrast, ContrastLimitedAdaptiveHistogramEqualization, Equalization
from .hue import RandomColorJitter, RandomHue, RandomSaturation
from .mixing import CutMix, MixUp, RandomErasing
from .policies import AugMix, RandAugment
from .sharpness import RandomGaussianBlur, RandomSharpness
from .sizes import CenterCrop, Resizing
from .warping import RandomRotation, RandomShear, RandomTranslation, RandomZoom

__all__ = [
    "AugMix",
    "AutoContrast",
    "CenterCrop",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "CutMix",
    "Equalization",
    "MaxNumBoundingBoxes",
    "MixUp",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHeight",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "Resizing",
    "Solarization",
]
