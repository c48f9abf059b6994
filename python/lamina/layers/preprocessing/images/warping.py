"""Layers that turn, move, stretch and shear images: maps that keep lines straight and parallel."""

from __future__ import annotations

import math
from typing import Any

from .... import ops
from ....checks import choice
from ....utils import bounding_boxes as box_utils
from .base import RandomImageLayer, interval
from .boxes import BoxMovingLayer

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


class WarpingLayer(BoxMovingLayer, RandomImageLayer):
    """A layer that shows the pixels of each image at other places; subclasses write `_warp`. Masks go by 'nearest'."""

    interpolation: str

    def _set_sampling(self, interpolation: str, fill_value: float, fill_mode: str = "constant", more: Any = ()) -> None:
        owner = type(self).__name__
        self.interpolation = choice(owner, "interpolation", interpolation, INTERPOLATIONS)
        self.fill_mode = choice(owner, "fill_mode", fill_mode, (*FILL_MODES, *more))
        self.fill_value = fill_value

    def _warp(self, images: Any, transformation: Any, interpolation: str) -> Any:
        raise NotImplementedError

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        if not training or transformation is None:
            return images
        return self._warp(images, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        if not training or transformation is None:
            return segmentation_masks
        return self._warp(ops.convert_to_tensor(segmentation_masks), transformation, "nearest")

    def _affine(self, images: Any, transform: Any, interpolation: str) -> Any:
        return ops.image.affine_transform(
            images, transform, interpolation, self.fill_mode, self.fill_value, data_format=self.data_format
        )


def _as_given(factor: Any) -> Any:
    return tuple(factor) if isinstance(factor, (list, tuple)) else factor


def _rows(*entries: Any) -> Any:
    """[a0, a1, a2, b0, b1, b2, 0, 0] of each image; entries are numbers, or (batch,)."""
    size = next(entry for entry in entries if not isinstance(entry, float))
    zero = ops.zeros_like(size)
    return ops.stack([zero + e if isinstance(e, float) else e for e in (*entries, 0.0, 0.0)], axis=1)


class RandomRotation(WarpingLayer):
    """Turns each image around its middle by a random angle.

    `factor` is in full turns: f in [-1, 1] (from -f to f), or an interval; positive is counterclockwise. Places outside
    of the image are filled by `fill_mode`: 'reflect' (dcba|abcd|dcba), 'wrap' (abcd|abcd|abcd), 'nearest' (the edge) or
    'constant' (`fill_value`). `interpolation` is 'bilinear' or 'nearest'. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomRotation((0.25, 0.25), interpolation="nearest")
    >>> layer(np.array([[1, 2], [3, 4]], "float32")[..., None], training=True).numpy()[..., 0].tolist()
    [[2.0, 4.0], [1.0, 3.0]]
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = interval("RandomRotation", "factor", factor)
        self._set_sampling(interpolation, fill_value, fill_mode)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training:
            return None
        dims = self._dims(data)
        batch, height, width = dims[0], dims[self._axes[0]], dims[self._axes[1]]
        lower, upper = self.factor
        angle = self._uniform((batch,), lower * 360.0, upper * 360.0, seed)
        turn = angle * (math.pi / 180)
        cos, sin = ops.cos(turn), ops.sin(turn)
        x, y = (0.5 * (ops.cast(ops.convert_to_tensor(n), "float32") - 1.0) for n in (width, height))
        matrix = _rows(cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos)
        return {
            "angle": angle,
            "rotation_matrix": matrix,
            "image_height": height,
            "image_width": width,
            "batch_size": batch,
        }

    def _warp(self, images: Any, transformation: Any, interpolation: str) -> Any:
        return self._affine(images, transformation["rotation_matrix"], interpolation)

    def _sizes_for_boxes(self, transformation: Any) -> tuple[Any, Any]:
        return transformation["image_height"], transformation["image_width"]

    def _move(self, boxes: Any, transformation: Any, height: Any, width: Any) -> Any:
        angle = transformation["angle"]
        zero = ops.zeros_like(angle)
        return box_utils.affine_transform(boxes, angle, zero, zero, zero + 1.0, zero, zero, height, width)


class RandomTranslation(WarpingLayer):
    """Moves each image by a random share of its height and of its width.

    `height_factor` and `width_factor` are f in [-1, 1] (from -f to f), or intervals; positive is down, and to the
    right. `fill_mode`, `fill_value` and `interpolation` are those of RandomRotation. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomTranslation((0.5, 0.5), 0.0, fill_mode="constant")
    >>> layer(np.array([[1, 2], [3, 4]], "float32")[..., None], training=True).numpy()[..., 0].tolist()
    [[0.0, 0.0], [1.0, 2.0]]
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self._height = interval("RandomTranslation", "height_factor", height_factor)
        self._width = interval("RandomTranslation", "width_factor", width_factor)
        self.height_factor, self.width_factor = map(_as_given, (height_factor, width_factor))
        self._set_sampling(interpolation, fill_value, fill_mode)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training:
            return None
        dims = self._dims(data)
        down, across = (
            self._uniform((dims[0], 1), *limits, seed=seed) * ops.cast(ops.convert_to_tensor(dims[axis]), "float32")
            for limits, axis in ((self._height, self._axes[0]), (self._width, self._axes[1]))
        )
        return {"translations": ops.concatenate([across, down], axis=1), "input_shape": dims}

    def _warp(self, images: Any, transformation: Any, interpolation: str) -> Any:
        x, y = ops.unstack(transformation["translations"], axis=1)
        return self._affine(images, _rows(1.0, 0.0, -x, 0.0, 1.0, -y), interpolation)

    def _move(self, boxes: Any, transformation: Any, height: Any, width: Any) -> Any:
        shift = ops.concatenate([transformation["translations"]] * 2, axis=1)
        return boxes + (ops.expand_dims(shift, 1) if boxes.ndim == 3 else shift)


class RandomZoom(WarpingLayer):
    """Zooms each image around its middle by a random amount.

    `height_factor` and `width_factor` are f in (-1, 1] (from -f to f), or intervals: of -0.2 an image shows 20% less of
    itself, larger; of 0.2 more. Without `width_factor` the proportions stay. `fill_mode`, `fill_value` and
    `interpolation` are those of RandomRotation. Active in training only.

    >>> import numpy as np, lamina
    >>> image = np.arange(16.0, dtype="float32").reshape(4, 4, 1)
    >>> layer = lamina.layers.RandomZoom((-0.5, -0.5), interpolation="nearest")
    >>> layer(image, training=True).numpy()[..., 0].tolist()[0]
    [5.0, 5.0, 6.0, 6.0]
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        lowest = math.nextafter(-1.0, 0.0)
        self._height = interval("RandomZoom", "height_factor", height_factor, lowest)
        self._width = None if width_factor is None else interval("RandomZoom", "width_factor", width_factor, lowest)
        self.height_factor, self.width_factor = map(_as_given, (height_factor, width_factor))
        self._set_sampling(interpolation, fill_value, fill_mode)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training:
            return None
        dims = self._dims(data)
        zooms = [
            self._uniform((dims[0], 1), 1.0 + limits[0], 1.0 + limits[1], seed)
            for limits in (self._height, self._width)
            if limits is not None
        ]
        return {"height_zoom": zooms[0], "width_zoom": zooms[-1], "input_shape": dims}

    def _starts(self, transformation: Any, height: Any, width: Any) -> list[tuple[Any, Any]]:
        """The zoom (batch, 1) along width and height, and which place of the image is shown at 0."""
        pairs = ((transformation["width_zoom"], width), (transformation["height_zoom"], height))
        return [(zoom, (ops.cast(ops.convert_to_tensor(n), "float32") - 1.0) / 2.0 * (1.0 - zoom)) for zoom, n in pairs]

    def _warp(self, images: Any, transformation: Any, interpolation: str) -> Any:
        height, width = (images.dims[axis] for axis in self._axes[:2])
        (x, left), (y, top) = (
            [ops.squeeze(v, -1) for v in pair] for pair in self._starts(transformation, height, width)
        )
        return self._affine(images, _rows(x, 0.0, left, 0.0, y, top), interpolation)

    def _move(self, boxes: Any, transformation: Any, height: Any, width: Any) -> Any:
        found = []
        for (zoom, start), size in zip(self._starts(transformation, height, width), (width, height)):
            if boxes.ndim == 3:
                zoom, start = ops.expand_dims(zoom, -1), ops.expand_dims(start, -1)
            found.append((start, zoom * size, 1.0 / zoom))
        parts = zip(ops.split(boxes, 4, axis=-1), found * 2)
        return ops.concatenate([ops.clip(p - start, 0, shown) * factor for p, (start, shown, factor) in parts], axis=-1)


class RandomShear(WarpingLayer):
    """Leans each image to a side by a random amount, a random half of them to the other side.

    `x_factor` is f in [0, 1] (from -f to f) or an interval: by how many pixels each row moves against the one above;
    `y_factor` likewise for columns. `fill_mode`, `fill_value` and `interpolation` are those of RandomRotation. Active
    in training only.

    >>> import numpy as np, lamina
    >>> lamina.layers.RandomShear(0.2, 0.1)(np.ones((2, 8, 8, 3), "float32"), training=True).shape
    (2, 8, 8, 3)
    """

    _box_unit = "rel_xyxy"

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.x_factor = self._limits("x_factor", x_factor)
        self.y_factor = self._limits("y_factor", y_factor)
        self._set_sampling(interpolation, fill_value, fill_mode)

    def _limits(self, name: str, factor: Any) -> tuple[float, float]:
        if isinstance(factor, (list, tuple)) and len(factor) == 2 and factor[0] == -factor[1]:
            factor = factor[1]  # what a number becomes, as configurations of Keras have it
        lower, upper = interval("RandomShear", name, factor, 0.0)
        return (lower, upper) if isinstance(factor, (list, tuple)) else (-upper, upper)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("x_factor", "y_factor"):
            lower, upper = config[name]
            if lower == -upper:
                config[name] = upper
        return config

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training:
            return None
        dims = self._dims(data)
        sign = ops.where(self._uniform((dims[0], 1), 0.0, 1.0, seed) > 0.5, -1.0, 1.0)
        y, x = (self._uniform((dims[0], 1), *limits, seed=seed) for limits in (self.y_factor, self.x_factor))
        return {"shear_factor": ops.concatenate([x, y], axis=1) * sign, "input_shape": dims}

    def _warp(self, images: Any, transformation: Any, interpolation: str) -> Any:
        x, y = ops.unstack(transformation["shear_factor"], axis=1)
        return self._affine(images, _rows(1.0, x, 0.0, y, 1.0, 0.0), interpolation)

    def _move(self, boxes: Any, transformation: Any, height: Any, width: Any) -> Any:
        lean_x, lean_y = ops.split(transformation["shear_factor"], 2, axis=-1)
        if boxes.ndim == 3:
            lean_x, lean_y = ops.expand_dims(lean_x, -1), ops.expand_dims(lean_y, -1)
        left, top, right, bottom = ops.split(boxes, 4, axis=-1)
        up = lean_x < 0  # which corner is the outer one
        left, right = (
            left - lean_x * ops.where(up, top, bottom),
            right - lean_x * ops.where(up, bottom, top),
        )
        ahead = lean_y > 0
        top, bottom = (
            top - lean_y * ops.where(ahead, right, left),
            bottom - lean_y * ops.where(ahead, left, right),
        )
        return ops.concatenate([left, top, right, bottom], axis=-1)
