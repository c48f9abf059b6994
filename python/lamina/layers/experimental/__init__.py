"""Where Keras 2 kept layers that were new: the preprocessing layers, which are in `lamina.layers` now."""

from ..einsum_dense import EinsumDense
from . import preprocessing

__all__ = ["EinsumDense", "preprocessing"]
