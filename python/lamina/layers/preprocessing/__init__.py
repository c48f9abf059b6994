"""Layers that turn raw input (numbers, categories, images, text, audio) into what a model computes with.

All are public in `lamina.layers`; this package is only loaded when one is asked for.
"""

from . import images
from .category_encoding import CategoryEncoding
from .discretization import Discretization
from .images import *
from .normalization import Normalization
from .pipeline import Pipeline
from .rescaling import Rescaling
from .spectrogram import MelSpectrogram, STFTSpectrogram

__all__ = [
    *images.__all__,
    "CategoryEncoding",
    "Discretization",
    "MelSpectrogram",
    "Normalization",
    "Pipeline",
    "Rescaling",
    "STFTSpectrogram",
]
