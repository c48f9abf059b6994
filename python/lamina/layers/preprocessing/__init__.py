"""Layers that turn raw input (numbers, categories, images, text, audio) into what a model computes with.

All are public in `lamina.layers`; this package is only loaded when one is asked for.
"""

from . import images
from .images import *
from .rescaling import Rescaling

__all__ = [*images.__all__, "Rescaling"]
