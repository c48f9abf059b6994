"""Layers of images: sizes, where things are, colors, and mixtures of images."""

from .boxes import MaxNumBoundingBoxes
from .color import RandomBrightness
from .cropping import RandomCrop, RandomHeight, RandomWidth
from .distortion import RandomElasticTransform, RandomPerspective
from .flipping import RandomFlip
from .mixing import CutMix, MixUp, RandomErasing
from .sizes import CenterCrop, Resizing
from .warping import RandomRotation, RandomShear, RandomTranslation, RandomZoom

__all__ = [
    "CenterCrop",
    "CutMix",
    "MaxNumBoundingBoxes",
    "MixUp",
    "RandomBrightness",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomHeight",
    "RandomPerspective",
    "RandomRotation",
    "RandomShear",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "Resizing",
]
