"""Data sets that come with the package: nothing is downloaded."""

from lamina.datasets import digits

__all__ = ["digits"]
