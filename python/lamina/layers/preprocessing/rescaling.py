"""The layer that scales and shifts."""

from __future__ import annotations

from typing import Any

from ... import ops
from ..layer import Layer


class Rescaling(Layer):
    """`inputs * scale + offset`, of any shape; `scale` and `offset` are numbers, or lists with one for each channel.

    >>> import numpy as np, lamina
    >>> lamina.layers.Rescaling(1 / 127.5, offset=-1)(np.array([0.0, 127.5, 255.0], "float32")).numpy().tolist()
    [-1.0, 0.0, 1.0]
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        inputs = ops.cast(inputs, self.compute_dtype)
        return inputs * ops.cast(self.scale, self.compute_dtype) + ops.cast(self.offset, self.compute_dtype)
