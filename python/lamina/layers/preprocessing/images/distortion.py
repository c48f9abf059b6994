"""Layers that bend images: by a change of perspective, or like rubber."""

from __future__ import annotations

import math
from typing import Any

from .... import ops
from ....checks import explain, number
from ....ops.image.common import larger, smaller
from ....ops.image.geometry import displaced, projection
from ....random import draw_seed
from .base import each, interval, value_range_of
from .warping import WarpingLayer


class RandomPerspective(WarpingLayer):
    """Looks at images from another side: their corners move by a random share of the distance from the first one.

    `factor` is the probability of it, drawn itself between 0 and f, or from an interval; `scale` in [0, 1] is how far
    corners may move. Places outside of the image get `fill_value`. Active in training only.

    >>> import numpy as np, lamina
    >>> lamina.layers.RandomPerspective(scale=0.3)(np.ones((2, 8, 8, 3), "float32"), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = interval("RandomPerspective", "factor", factor, 0.0)
        self.scale = number("RandomPerspective", "scale", scale, 0.0, 1.0)
        self._set_sampling(interpolation, fill_value)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training:
            return None
        dims = self._dims(data)
        chosen = self._chosen(dims[0], self.factor, seed)
        shares = self._uniform((dims[0], 4, 2), -0.5 * self.scale, 0.5 * self.scale, seed)
        bottom, right = (ops.cast(ops.convert_to_tensor(dims[axis] - 1), "float32") for axis in self._axes[:2])
        none = ops.zeros_like(right)
        corners = ops.reshape(ops.stack([none, none, right, none, none, bottom, right, bottom]), (1, 4, 2))
        start = ops.broadcast_to(corners, (dims[0], 4, 2))
        return {
            "apply_perspective": chosen,
            "start_points": start,
            "end_points": start + start * shares,
            "input_shape": dims,
        }

    def _warp(self, images: Any, transformation: Any, interpolation: str) -> Any:
        moved = ops.image.perspective_transform(
            images,
            transformation["start_points"],
            transformation["end_points"],
            interpolation,
            self.fill_value,
            data_format=self.data_format,
        )
        return ops.where(each(images, transformation["apply_perspective"]), moved, images)

    def _move(self, boxes: Any, transformation: Any, height: Any, width: Any) -> Any:
        start, end = (ops.convert_to_tensor(transformation[key]) for key in ("start_points", "end_points"))
        a, b, c, d, e, f, g, h = projection(start, end)
        left, top, right, bottom = ops.split(boxes, 4, axis=-1)
        xs, ys = [], []
        for x, y in ((left, top), (right, bottom), (left, bottom), (right, top)):
            depth = g * x + h * y + 1.0
            xs.append((a * x + b * y + c) / depth)
            ys.append((d * x + e * y + f) / depth)
        across, down = ops.concatenate(xs, axis=-1), ops.concatenate(ys, axis=-1)
        ends = [f(values, axis=-1) for f in (ops.min, ops.max) for values in (across, down)]
        return ops.where(each(boxes, transformation["apply_perspective"]), ops.stack(ends, axis=-1), boxes)


class RandomElasticTransform(WarpingLayer):
    """Moves each pixel a little, neighbours alike, as if images were made of rubber.

    `factor` is the probability of it, drawn itself between 0 and f, or from an interval; `scale` likewise is how far
    pixels move. `fill_mode` may also be 'mirror' (dcb|abcd|cba); else it, `fill_value` and `interpolation` are those of
    RandomRotation. What leaves `value_range` is cut. Active in training only. Bounding boxes cannot be moved by it.
    Simard, Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis, 2003.

    >>> import numpy as np, lamina
    >>> lamina.layers.RandomElasticTransform()(np.ones((2, 8, 8, 3), "float32"), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = interval("RandomElasticTransform", "factor", factor, 0.0)
        self.scale = interval("RandomElasticTransform", "scale", scale, 0.0)
        self.value_range = value_range_of("RandomElasticTransform", value_range)
        self._set_sampling(interpolation, fill_value, fill_mode, more=("mirror",))

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training or self.scale[1] == 0 or self.factor[1] == 0:
            return None
        return {
            "apply_transform": self._chosen(self._dims(data)[0], self.factor, seed),
            "distortion_factor": self._uniform((), *self.scale, seed=seed),
            "seed": draw_seed(self._stream(seed)),  # one state: masks move as images do
        }

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        moved = super().transform_images(images, transformation, training)
        return ops.clip(moved, *self.value_range) if training and transformation is not None else moved

    def _warp(self, images: Any, transformation: Any, interpolation: str) -> Any:
        height, width = (images.dims[axis] for axis in self._axes[:2])
        least, most = smaller(height, width), larger(height, width)
        strength = ops.cast(transformation["distortion_factor"], "float32")
        sigma = ops.cast(ops.convert_to_tensor(least), "float32") * (0.05 * strength)
        moved = displaced(
            images,
            ops.cast(ops.convert_to_tensor(most), "float32") * (0.1 * strength),
            ops.maximum(sigma, 1e-3),
            least * math.ceil(300 * self.scale[1]) // 2000 + 1,  # at least three times sigma
            0 if interpolation == "nearest" else 1,
            self.fill_mode,
            self.fill_value,
            transformation["seed"],
            self.data_format,
        )
        return ops.where(each(images, transformation["apply_transform"]), moved, images)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        raise NotImplementedError(
            explain(
                "RandomElasticTransform: bounding boxes cannot be moved.",
                "images, labels and segmentation masks",
                "bounding boxes",
                "use another layer, such as RandomRotation, RandomShear or RandomPerspective.",
            )
        )
