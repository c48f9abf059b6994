"""The layer that mirrors images."""

from __future__ import annotations

from typing import Any

from .... import ops
from ....checks import choice
from .base import RandomImageLayer
from .boxes import BoxMovingLayer

HORIZONTAL, VERTICAL, BOTH = "horizontal", "vertical", "horizontal_and_vertical"


class RandomFlip(BoxMovingLayer, RandomImageLayer):
    """Mirrors a random half of the images: 'horizontal' (left and right change places), 'vertical' (top and bottom), or
    'horizontal_and_vertical' (both). Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomFlip("horizontal", seed=3)
    >>> layer(np.arange(6.0).reshape(3, 1, 2, 1), training=True).numpy()[:, 0, :, 0].tolist()
    [[0.0, 1.0], [3.0, 2.0], [4.0, 5.0]]
    """

    _box_unit = "rel_xyxy"
    _masks_like_images = True

    def __init__(self, mode: str = BOTH, seed: Any = None, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.mode = choice("RandomFlip", "mode", mode, (HORIZONTAL, VERTICAL, BOTH))

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training:
            return None
        dims = self._dims(data)
        return {"flips": self._uniform((dims[0], 1, 1, 1), 0.0, 1.0, seed) <= 0.5, "input_shape": dims}

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        if not training or transformation is None:
            return images
        height, width, _ = self._axes
        axes = {HORIZONTAL: (width,), VERTICAL: (height,), BOTH: (height, width)}[self.mode]
        flips = transformation["flips"]
        if images.ndim == 3:
            flips = ops.reshape(flips, (1, 1, 1))
        return ops.where(flips, ops.flip(images, axis=axes), images)

    def _move(self, boxes: Any, transformation: Any, height: Any, width: Any) -> Any:
        flips = ops.squeeze(transformation["flips"], axis=-1)
        left, top, right, bottom = ops.split(boxes, 4, axis=-1)
        if self.mode != VERTICAL:
            left, right = 1.0 - right, 1.0 - left
        if self.mode != HORIZONTAL:
            top, bottom = 1.0 - bottom, 1.0 - top
        return ops.where(flips, ops.concatenate([left, top, right, bottom], axis=-1), boxes)
