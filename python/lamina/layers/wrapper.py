"""The base of layers around another layer."""

from __future__ import annotations

from typing import Any

from ..checks import explain
from .layer import Layer


class Wrapper(Layer):
    """A layer around another one, kept as `layer`: its weights, losses and configuration belong to the wrapper.

    Subclasses write `call`. ValueError when `layer` is not a layer.

    >>> import numpy as np, lamina
    >>> class Twice(lamina.layers.Wrapper):
    ...     def call(self, inputs):
    ...         return self.layer(self.layer(inputs))
    >>> Twice(lamina.layers.Dense(3))(np.ones((2, 3), "float32")).shape
    (2, 3)
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: `layer` is not a layer.",
                    "an object of `lamina.layers.Layer`",
                    f"layer={layer!r}",
                    "pass a layer that is made already, such as `Dense(3)`.",
                )
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)
