"""Which layers treat every sample alone, so that all steps of a sequence can be samples of one call."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from ..layer import Layer


def _classes(families: Iterable[ModuleType]) -> set[type]:
    return {value for family in families for value in vars(family).values() if isinstance(value, type)}


@functools.cache
def _alone() -> tuple[set[type], set[type]]:
    """The classes that treat samples alone always, and those that do so while they are not trained."""
    from ... import layers as public  # complete only when the first layer is called

    families = (
        *(public.activation, public.convolutional, public.convolution_depthwise, public.convolution_transposed),
        *(public.locally_connected, public.pooling, public.adaptive_pooling, public.up_sampling, public.reshaping),
        public.normalization,
    )
    others = {public.Activation, public.Dense, public.Embedding, public.Identity, public.InputLayer}
    return _classes(families) | others, _classes([public.regularization]) | {public.BatchNormalization}


def _leaves_the_batch(layer: Any) -> bool:
    """Whether neither its axes nor its activation may reach over the samples."""
    axis = getattr(layer, "axis", -1)
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    # An axis counted from the end may be the batch, unless it is the last one.
    activation = getattr(layer, "activation", None)
    if isinstance(activation, Layer):
        return treats_samples_alone(activation, None)
    known = activation is None or getattr(activation, "__module__", "").startswith("lamina.")
    return known and all(n > 0 or n == -1 for n in axes)


def treats_samples_alone(layer: Any, training: bool | None) -> bool:
    """Whether a call on the samples of many batches gives what calls on the batches give.

    A model does if its layers do. Losses of activities do not: they are means over the batch.
    """
    from ...models import Functional, Sequential

    if any(part.activity_regularizer is not None for part in layer._flatten_layers()):
        return False
    if type(layer) in (Functional, Sequential):
        parts = layer.operations if isinstance(layer, Functional) else layer.layers
        return all(isinstance(part, Layer) and treats_samples_alone(part, training) for part in parts)
    always, untrained = _alone()
    return (type(layer) in always or (type(layer) in untrained and not training)) and _leaves_the_batch(layer)
