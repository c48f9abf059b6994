"""Layers of images: sizes, where things are, colors, and mixtures of images."""

from .boxes import MaxNumBoundingBoxes
from .color import RandomBrightness
from .flipping import RandomFlip
from .sizes import CenterCrop, Resizing
from .warping import RandomRotation, RandomShear, RandomTranslation, RandomZoom

__all__ = [
    "CenterCrop",
    "MaxNumBoundingBoxes",
    "RandomBrightness",
    "RandomFlip",
    "RandomRotation",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "Resizing",
]
