"""Layers that draw a part or a size: RandomCrop, and the older RandomHeight and RandomWidth."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import ops, random
from ....checks import choice, explain, integer, number
from ....ops.convert import held, measured
from .base import RandomImageLayer
from .boxes import BoxMovingLayer, as_number
from .sizes import INTERPOLATIONS, Part, SizedLayer, centered_part, crop_and_resize, cropped_boxes


class RandomCrop(SizedLayer, RandomImageLayer):
    """A random part (height, width) of images in training, the same part of all images of a batch.

    Otherwise, and of images that are smaller, it is the largest part in the middle with these proportions, resized to
    that size. Height and width of the images have to be known.

    >>> import numpy as np, lamina
    >>> lamina.layers.RandomCrop(2, 3)(np.ones((4, 8, 8, 3), "float32"), training=True).shape
    (4, 2, 3, 3)
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: Any = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, name=name, **kwargs)
        self.height = integer("RandomCrop", "height", height)
        self.width = integer("RandomCrop", "width", width)

    def _is_large_enough(self, height: int, width: int) -> bool:
        return height >= self.height and width >= self.width

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        """Top and left of the part, then height and width of the images."""
        dims = self._dims(data)
        height, width = (dims[axis] for axis in self._axes[:2])
        if not isinstance(height, int) or not isinstance(width, int):
            raise ValueError(
                explain(
                    "RandomCrop: the size of the images is not known.",
                    "images of known height and width",
                    f"shape {tuple(n if isinstance(n, int) else None for n in dims)}",
                    "give the sizes in Input(shape=...), or use Resizing before.",
                )
            )
        if training and self._is_large_enough(height, width):
            rooms = (height - self.height, width - self.width)
            return (*(random.randint((), 0, room + 1, seed=self._stream(seed)) for room in rooms), height, width)
        (top, _), (left, _) = centered_part(height, width, self.height, self.width, whole=True)
        return top, left, height, width

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        return self._crop(self._to_float(images), transformation, training, "bilinear")

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        return self._crop(self._to_float(segmentation_masks), transformation, training, "nearest")

    def _crop(self, images: Any, transformation: Any, training: Any, interpolation: str) -> Any:
        height, width = (images.dims[axis] for axis in self._axes[:2])
        (top, rows), (left, columns) = parts = self._parts(transformation, height, width, training)
        if isinstance(top, int) and isinstance(left, int):
            return crop_and_resize(images, parts, self, interpolation)
        starts, sizes = [0] * images.ndim, list(images.dims)
        for axis, start, size in zip(self._axes, (top, left), (rows, columns)):
            starts[axis], sizes[axis] = start, size
        return ops.slice(images, starts, sizes)

    def _parts(self, transformation: Any, height: int, width: int, training: Any) -> Part:
        top, left = transformation[:2]
        if training and self._is_large_enough(height, width):
            return (top, self.height), (left, self.width)
        (_, rows), (_, columns) = centered_part(height, width, self.height, self.width, whole=True)
        return (top, rows), (left, columns)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        height, width = transformation[2:] or (self.height, self.width)
        boxes = self._convert(bounding_boxes["boxes"], self.bounding_box_format, "xyxy", height, width)
        parts = self._parts(transformation, height, width, training)
        return self._boxes_in(bounding_boxes, cropped_boxes(boxes, parts, self))


class _RandomSize(BoxMovingLayer, RandomImageLayer):
    """Resizes images along one axis, all of a batch alike, to a random share of their size."""

    _along: int  # 0: the height, 1: the width

    def __init__(self, factor: Any, interpolation: str = "bilinear", seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        owner = type(self).__name__
        ends = factor if isinstance(factor, (list, tuple)) and len(factor) == 2 else (-1, 1)
        if ends is factor:
            self.factor: Any = tuple(number(owner, "factor", end, -1.0) for end in factor)
        else:
            self.factor = number(owner, "factor", factor, -1.0, 1.0)
        self._limits = self.factor if ends is factor else (-self.factor, self.factor)
        if self._limits[0] > self._limits[1]:
            raise ValueError(
                explain(
                    f"{owner}: `factor` is no interval.",
                    "a lower bound that is not above the upper one",
                    f"factor={factor!r}",
                    "swap them, or pass one positive number.",
                )
            )
        self.interpolation = choice(owner, "interpolation", interpolation, INTERPOLATIONS)

    def call(self, data: Any, training: bool | None = None) -> Any:
        return super().call(data, training=training)

    def get_random_transformation(self, data: Any, training: bool | None = None, seed: Any = None) -> Any:
        dims = self._dims(data)
        images = data["images"] if isinstance(data, dict) else data
        unused = training is None and getattr(images, "is_symbolic", False)  # a model is made: nothing is trained yet
        if training is False or unused or self._limits == (0.0, 0.0):
            return None
        low, high = self._limits
        factor = self._uniform((), 1.0 + low, 1.0 + high, seed) if low < high else np.float64(1.0 + low)
        sizes = [dims[axis] for axis in self._axes[:2]]
        share = ops.floor(
            ops.convert_to_tensor(sizes[self._along], "float64") * ops.convert_to_tensor(factor, "float64")
        )
        sizes[self._along], *how = measured(ops.maximum(share, 1.0))
        return {"input_shape": dims, "size": tuple(sizes), "how": how}

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = list(input_shape)
        if self._limits != (0.0, 0.0):
            shape[self._axes[self._along]] = None
        return tuple(shape)

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        return self._resize(self._to_float(images), transformation, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        return self._resize(ops.convert_to_tensor(segmentation_masks), transformation, "nearest")

    def _resize(self, images: Any, transformation: Any, interpolation: str) -> Any:
        if transformation is None:
            return images
        resized = ops.image.resize(images, transformation["size"], interpolation, data_format=self.data_format)
        return held(resized, transformation["how"])

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        if transformation is None:
            return bounding_boxes
        before = map(as_number, self._sizes_for_boxes(transformation))
        boxes = self._convert(bounding_boxes["boxes"], self.bounding_box_format, "rel_xyxy", *before)
        after = map(as_number, transformation["size"])
        boxes = self._convert(boxes, "rel_xyxy", self.bounding_box_format, *after)
        return {**bounding_boxes, "boxes": held(boxes, transformation["how"])}


class RandomHeight(_RandomSize):
    """Makes images higher or lower in training, by a random share of their height.

    `factor` is f (from -f to f) or an interval: (-0.2, 0.3) gives 80% to 130% of the height. What comes after it has to
    take images of any height, such as GlobalAveragePooling2D does.

    >>> import numpy as np, lamina
    >>> lamina.layers.RandomHeight((0.5, 0.5))(np.ones((2, 8, 8, 3), "float32"), training=True).shape
    (2, 12, 8, 3)
    """

    _along = 0


class RandomWidth(_RandomSize):
    """Makes images wider or narrower in training, by a random share of their width; else as RandomHeight.

    >>> import numpy as np, lamina
    >>> lamina.layers.RandomWidth((-0.5, -0.5))(np.ones((2, 8, 8, 3), "float32"), training=True).shape
    (2, 8, 4, 3)
    """

    _along = 1
