"""Layers of images: sizes, where things are, colors, and mixtures of images."""

from .color import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
    RandomGrayscale,
    RandomInvert,
    RandomPosterization,
    Solarization,
)
from .histogram import AutoContrast, ContrastLimitedAdaptiveHistogramEqualization, Equalization
from .hue import RandomColorJitter, RandomHue, RandomSaturation
from .sharpness import RandomGaussianBlur, RandomSharpness

__all__ = [
    "AutoContrast",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Equalization",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPosterization",
    "RandomSaturation",
    "RandomSharpness",
    "Solarization",
]
