"""Which layers treat every sample alone, so that all steps of a sequence can be samples of one call."""

from __future__ import annotations

import functools
from typing import Any

from ..layer import Layer


@functools.cache
def _alone() -> set[type]:
    from ... import layers as public  # complete only when the first layer is called

    families = (public.activation, public.convolutional, public.pooling, public.reshaping)
    found = {value for family in families for value in vars(family).values() if isinstance(value, type)}
    others = (public.Activation, public.Dense, public.Embedding, public.Identity, public.InputLayer)
    return {*found, *others, public.LayerNormalization}


def treats_samples_alone(layer: Any, training: bool | None) -> bool:
    """Whether a call on the samples of many batches gives what calls on the batches give.

    A model does if its layers do. Losses of activities do not: they are means over the batch.
    """
    from ... import layers as public
    from ...models import Functional, Sequential

    if any(part.activity_regularizer is not None for part in layer._flatten_layers()):
        return False
    if type(layer) in (Functional, Sequential):
        parts = layer.operations if isinstance(layer, Functional) else layer.layers
        return all(isinstance(part, Layer) and treats_samples_alone(part, training) for part in parts)
    return type(layer) in _alone() or (type(layer) is public.BatchNormalization and not training)
