"""All preprocessing layers, under the path that they had in Keras 2.

>>> import lamina
>>> lamina.layers.experimental.preprocessing.Rescaling is lamina.layers.Rescaling
True
"""

from ..layer import Layer as PreprocessingLayer
from ..preprocessing import *  # noqa: F403 - whatever there is
from ..preprocessing import __all__ as _names

__all__ = [*_names, "PreprocessingLayer"]
