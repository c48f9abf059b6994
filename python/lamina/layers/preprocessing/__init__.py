"""Layers that turn raw input (numbers, categories, images, text, audio) into what a model computes with.

All are public in `lamina.layers`; this package is only loaded when one is asked for.
"""

from .rescaling import Rescaling

__all__ = ["Rescaling"]
