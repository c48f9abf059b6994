"""TimeDistributed: one layer on each step of a sequence."""

from __future__ import annotations

from typing import Any

from ... import ops, tree
from ...checks import explain, shapes_differ
from ..calls import call_signature
from ..wrapper import Wrapper
from .custom import take_losses
from .samples import treats_samples_alone


class TimeDistributed(Wrapper):
    """The layer on each step of a sequence, with the same weights: input (batch, steps, ...), output likewise.

    A mask (batch, steps, ...) is passed on, and its steps to layers that take a mask. ValueError for inputs of rank
    below 3 and for masks that do not fit.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.TimeDistributed(lamina.layers.Conv2D(4, 3))
    >>> layer(np.ones((2, 5, 8, 8, 3), "float32")).shape
    (2, 5, 6, 6, 4)
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any = None) -> None:
        if not isinstance(input_shape, (list, tuple)) or len(input_shape) < 3:
            raise ValueError(
                explain(
                    f"TimeDistributed {self.name!r} runs over time.",
                    "an input of rank 3 or more: (batch, steps, ...)",
                    f"shape {input_shape}",
                    "add the axis that is missing.",
                )
            )
        super().build((input_shape[0], *input_shape[2:]))

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None and shapes_differ(mask.shape[:2], inputs.shape[:2]):
            raise ValueError(
                explain(
                    f"TimeDistributed {self.name!r}: the mask does not fit the input.",
                    f"a shape that begins with {inputs.shape[:2]}",
                    f"shape {mask.shape}",
                    "pass a mask (batch, steps).",
                )
            )
        signature = call_signature(self.layer.call)
        options = {"training": training} if signature.has_training else {}
        if (mask is None or not signature.has_mask) and treats_samples_alone(self.layer, training):
            batch, steps, *sizes = inputs.dims
            outputs = self.layer.call(ops.reshape(inputs, (batch * steps, *sizes)), **options)
            return tree.map_structure(lambda t: ops.reshape(t, (batch, steps, *t.dims[1:])), outputs)

        def step(_: Any, row: Any) -> Any:
            x, valid = row
            if valid is not None and signature.has_mask:
                output = self.layer.call(x, mask=valid, **options)
            else:
                output = self.layer.call(x, **options)
            return (), (output, take_losses(self.layer))

        rows = tree.map_structure(lambda t: None if t is None else ops.swapaxes(t, 0, 1), (inputs, mask))
        outputs, losses = ops.scan(step, (), rows)[1]
        for loss in losses:
            self.add_loss(ops.sum(loss))
        return tree.map_structure(lambda t: ops.swapaxes(t, 0, 1), outputs)
