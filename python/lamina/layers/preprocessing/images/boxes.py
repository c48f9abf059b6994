"""Bounding boxes that move with their images, and how many of them an image may have."""

from __future__ import annotations

from typing import Any

from .... import ops
from ....checks import explain, integer
from ....ops.image.common import cut, larger, pad_axis
from ....utils.bounding_boxes import clip_to_image_size, convert_format
from .base import ImageLayer


def as_number(size: Any) -> Any:
    """A size that numbers are divided by: an int, or a float32 scalar for what is known at run time only."""
    return size if isinstance(size, int) else ops.convert_to_tensor(size, "float32")


class BoxMovingLayer(ImageLayer):
    """A layer that moves what the images show. Subclasses say by `_move` where boxes go, in `_box_unit`."""

    _box_unit = "xyxy"

    def _sizes_for_boxes(self, transformation: Any) -> tuple[Any, Any]:
        """Height and width of the images before."""
        shape = transformation["input_shape"]
        return shape[self._axes[0]], shape[self._axes[1]]

    def _move(self, boxes: Any, transformation: Any, height: Any, width: Any) -> Any:
        raise NotImplementedError

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        height, width = map(as_number, self._sizes_for_boxes(transformation))
        boxes = self._convert(bounding_boxes["boxes"], self.bounding_box_format, self._box_unit, height, width)
        boxes = self._move(boxes, transformation, height, width)
        return self._inside({**bounding_boxes, "boxes": boxes}, self._box_unit, height, width)

    def _convert(self, boxes: Any, source: Any, target: Any, height: Any, width: Any) -> Any:
        return convert_format(boxes, source, target, height, width)

    def _inside(self, bounding_boxes: dict[str, Any], form: str, height: Any, width: Any) -> dict[str, Any]:
        """Boxes cut at the borders of the image, in the format of the layer; what is outside gets the label -1."""
        result = clip_to_image_size(bounding_boxes, height, width, form)
        boxes = self._convert(result["boxes"], form, self.bounding_box_format, height, width)
        return {**result, "boxes": boxes}


class MaxNumBoundingBoxes(ImageLayer):
    """Exactly `max_number` boxes for each image: the first of them, or all of them and then `fill_value`.

    Called on a dict with 'images' and 'bounding_boxes'; images, labels and masks stay as they are.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.MaxNumBoundingBoxes(2, bounding_box_format="xyxy")
    >>> boxes = {"boxes": np.ones((1, 1, 4), "float32"), "labels": np.array([[3]])}
    >>> layer({"images": np.ones((1, 8, 8, 3)), "bounding_boxes": boxes})["bounding_boxes"]["labels"].numpy().tolist()
    [[3, -1]]
    """

    def __init__(self, max_number: int, fill_value: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_number = integer("MaxNumBoundingBoxes", "max_number", max_number)
        self.fill_value = integer("MaxNumBoundingBoxes", "fill_value", fill_value, minimum=-(2**31))

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        return images

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        boxes, labels = (ops.convert_to_tensor(bounding_boxes[key]) for key in ("boxes", "labels"))
        if boxes.ndim != 3 or labels.ndim != 2:
            raise ValueError(
                explain(
                    "MaxNumBoundingBoxes: the boxes do not belong to the images.",
                    "boxes of shape (batch, boxes, 4) and labels of shape (batch, boxes)",
                    f"shapes {boxes.shape} and {labels.shape}",
                    "give each image a list of boxes.",
                )
            )
        return {**bounding_boxes, "boxes": self._fit(boxes), "labels": self._fit(labels)}

    def _fit(self, x: Any) -> Any:
        size = x.dims[1]
        missing = larger(self.max_number - size, 0)
        x = cut(pad_axis(x, 1, 0, missing, self.fill_value), 1, 0, self.max_number)
        return ops.reshape(x, (x.dims[0], self.max_number, *x.dims[2:]))
