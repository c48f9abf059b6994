"""Layers around another layer: the base of all, and the one that lets it compute again instead of keeping."""

from __future__ import annotations

from typing import Any

from ..checks import explain
from .building import all_tensors
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


class Remat(Wrapper):
    """The wrapped layer, which computes again for its gradient what it computes: only its inputs are kept till then.

    Less memory for more time in training; values and gradients are the same to the bit, what is drawn at random is
    drawn again alike, and states change once. It pays for a layer that keeps more than it takes, such as a block of
    layers. `RematScope` does the same without another layer in the model.

    >>> import numpy as np, lamina
    >>> block = lamina.Sequential([lamina.layers.Dense(64, "gelu"), lamina.layers.Dropout(0.1), lamina.layers.Dense(4)])
    >>> lamina.layers.Remat(block)(np.ones((2, 4), "float32")).shape
    (2, 4)
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True  # as far as the layer does

    def _build_for(self, arguments: dict[str, Any]) -> None:
        if sum(map(all_tensors, arguments.values())) > 1:
            self.built = True  # the layer knows what its inputs are called, and builds itself when it is called
        else:
            super()._build_for(arguments)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        from ..recomputing import recomputed

        return recomputed(lambda: self.layer(*args, **kwargs), self.layer)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return self.layer.compute_mask(inputs, previous_mask) if self.layer.supports_masking else None
