"""Layers of images: sizes, where things are, colors, and mixtures of images."""

from .color import RandomBrightness

__all__ = ["RandomBrightness"]
