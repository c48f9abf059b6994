"""Layers that turn raw input (numbers, categories, images, text, audio) into what a model computes with.

All are public in `lamina.layers`; this package is only loaded when one is asked for.
"""

from . import images
from .category_encoding import CategoryEncoding
from .discretization import Discretization
from .hashing import HashedCrossing, Hashing
from .images import *
from .integer_lookup import IntegerLookup
from .normalization import Normalization
from .pipeline import Pipeline
from .rescaling import Rescaling
from .spectrogram import MelSpectrogram, STFTSpectrogram
from .string_lookup import StringLookup
from .text_vectorization import TextVectorization

__all__ = [
    *images.__all__,
    "CategoryEncoding",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "MelSpectrogram",
    "Normalization",
    "Pipeline",
    "Rescaling",
    "STFTSpectrogram",
    "StringLookup",
    "TextVectorization",
]
