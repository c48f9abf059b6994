"""Layers that change the colors of images; where things are stays as it is."""

from __future__ import annotations

from typing import Any

from .... import ops
from .base import RandomImageLayer, interval, value_range_of


class RandomBrightness(RandomImageLayer):
    """Adds a random share of the value range, one for each image, then cuts what leaves the range.

    `factor` is a number f in [-1, 1] (shares from -f to f) or an interval of them; `value_range` says between what the
    channels are. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomBrightness((0.5, 0.5), value_range=(0, 1))
    >>> layer(np.array([[[[0.25, 0.75]]]], "float32"), training=True).numpy().tolist()
    [[[[0.75, 1.0]]]]
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.factor = interval("RandomBrightness", "factor", factor)
        self.value_range = value_range_of("RandomBrightness", value_range)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        shape = (self._dims(data)[0], 1, 1, 1)
        if not training:
            return {"rgb_delta": ops.zeros(shape)}
        low, high = self.value_range
        return {"rgb_delta": self._uniform(shape, *self.factor, seed=seed) * float(high - low)}

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        if not training:
            return images
        return ops.clip(images + ops.cast(transformation["rgb_delta"], images.dtype), *self.value_range)
