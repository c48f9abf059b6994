"""Layers that give images another size: Resizing and CenterCrop."""

from __future__ import annotations

from typing import Any

from .... import ops
from ....checks import choice, explain, integer
from ....ops.image.common import cut, larger, smaller
from .boxes import BoxMovingLayer, as_number

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


class SizedLayer(BoxMovingLayer):
    """A layer whose images come out with a given `height` and `width`."""

    height: int
    width: int

    def _boxes_in(self, bounding_boxes: dict[str, Any], boxes: Any) -> dict[str, Any]:
        """Boxes 'xyxy' of the new images, cut at their borders, in the format of the layer."""
        return self._inside({**bounding_boxes, "boxes": boxes}, "xyxy", self.height, self.width)


class Resizing(SizedLayer):
    """Images in another size: (batch, height, width, channels), or one of them; whole numbers stay whole.

    `interpolation` is 'bilinear', 'nearest', 'bicubic', 'lanczos3' or 'lanczos5'; with `antialias` what is shrunk is
    smoothed first. The proportions change, unless with `crop_to_aspect_ratio` borders are cut off first, or with
    `pad_to_aspect_ratio` borders of `fill_value` are put around. Masks are resized by 'nearest'.

    >>> import numpy as np, lamina
    >>> image = np.array([[0, 2], [4, 6]], "float32")[..., None]
    >>> lamina.layers.Resizing(1, 4)(image).numpy().ravel().tolist()
    [2.0, 2.5, 3.5, 4.0]
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height = integer("Resizing", "height", height)
        self.width = integer("Resizing", "width", width)
        self.interpolation = choice("Resizing", "interpolation", interpolation, INTERPOLATIONS)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError(
                explain(
                    "Resizing: the images cannot be both cropped and padded.",
                    "crop_to_aspect_ratio or pad_to_aspect_ratio, or none of them",
                    "both True",
                    "drop one of them.",
                )
            )
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = choice("Resizing", "fill_mode", fill_mode, ("constant",))
        self.fill_value = fill_value
        self.antialias = bool(antialias)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        dims = self._dims(data)
        return dims[self._axes[0]], dims[self._axes[1]]

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        return self._resize(images, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        return self._resize(segmentation_masks, "nearest")

    def _resize(self, images: Any, interpolation: str) -> Any:
        return ops.image.resize(
            images,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        boxes = ops.convert_to_tensor(bounding_boxes["boxes"])
        # Boxes that only fill up a row stay apart from the others.
        empty = ops.logical_or(ops.all(boxes == -1, axis=-1), ops.all(boxes == 0, axis=-1))
        height, width = transformation
        boxes = self._convert(boxes, self.bounding_box_format, "xyxy", as_number(height), as_number(width))
        boxes = ops.concatenate(
            [
                part * scale + shift
                for part, (scale, shift) in zip(ops.split(boxes, 4, -1), self._maps(height, width) * 2)
            ],
            axis=-1,
        )
        boxes = ops.where(ops.expand_dims(empty, -1), 0.0, boxes)
        return self._boxes_in(bounding_boxes, boxes)

    def _maps(self, height: Any, width: Any) -> list[tuple[Any, Any]]:
        """Along the width and along the height: the factor, and what is added then."""
        pairs = ((width, self.width), (height, self.height))
        sizes = [(ops.cast(ops.convert_to_tensor(size), "float64"), target) for size, target in pairs]
        scales = [target / size for size, target in sizes]
        if self.pad_to_aspect_ratio or self.crop_to_aspect_ratio:
            scales = [(ops.minimum if self.pad_to_aspect_ratio else ops.maximum)(*scales)] * 2
        found = []
        for scale, (size, target) in zip(scales, sizes):
            # Half of what is put around or cut off; 1.9999999 is 2.
            border = ops.floor(ops.absolute(target - size * scale) / 2 + 1e-6)
            shift = -border if self.crop_to_aspect_ratio else border
            found.append((ops.cast(scale, "float32"), ops.cast(shift, "float32")))
        return found


class CenterCrop(SizedLayer):
    """The middle part (height, width) of images; of images that are smaller, the largest part of these proportions,
    resized by bilinear interpolation.

    >>> import numpy as np, lamina
    >>> image = np.arange(16.0, dtype="float32").reshape(4, 4, 1)
    >>> lamina.layers.CenterCrop(2, 2)(image).numpy().ravel().tolist()
    [5.0, 6.0, 9.0, 10.0]
    """

    _masks_like_images = True

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height = integer("CenterCrop", "height", height)
        self.width = integer("CenterCrop", "width", width)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        return {"input_shape": self._dims(data)}

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        height, width, _ = self._axes
        parts = centered_part(images.dims[height], images.dims[width], self.height, self.width)
        return crop_and_resize(images, parts, self)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        height, width = self._sizes_for_boxes(transformation)
        parts = centered_part(height, width, self.height, self.width)
        boxes = self._convert(
            bounding_boxes["boxes"], self.bounding_box_format, "xyxy", as_number(height), as_number(width)
        )
        return self._boxes_in(bounding_boxes, cropped_boxes(boxes, parts, self))


Part = tuple[tuple[Any, Any], tuple[Any, Any]]


def centered_part(height: Any, width: Any, target_height: int, target_width: int, whole: bool = False) -> Part:
    """(top, height) and (left, width) of the part in the middle of an image; the sizes may be unknown.

    It has the size of the target where the image is large enough, unless `whole`; else it is the largest part with the
    proportions of the target.
    """
    fits: Any = 0
    if not whole:  # 1 where both sizes are large enough
        fits = smaller(smaller(height // target_height, width // target_width), 1)
    found = []
    for size, target, other, other_target in (
        (height, target_height, width, target_width),
        (width, target_width, height, target_height),
    ):
        largest = larger(smaller(size, other * target // other_target), 1)
        part = fits * target + (fits * -1 + 1) * largest
        found.append(((size - part) // 2, part))
    return found[0], found[1]


def crop_and_resize(images: Any, parts: Part, layer: SizedLayer, interpolation: str = "bilinear") -> Any:
    """A part of the images, which gets the layer's size if it has another one."""
    for axis, (start, size) in zip(layer._axes, parts):
        images = cut(images, images.ndim + axis, start, start + size)
    return ops.image.resize(images, (layer.height, layer.width), interpolation, data_format=layer.data_format)


def cropped_boxes(boxes: Any, parts: Part, layer: SizedLayer) -> Any:
    """Where boxes 'xyxy' are after `crop_and_resize`."""
    (top, height), (left, width) = ((as_number(start), as_number(size)) for start, size in parts)
    maps = [(left, width, layer.width), (top, height, layer.height)] * 2
    return ops.concatenate(
        [
            ops.clip(part - start, 0, size) * (target / size)
            for part, (start, size, target) in zip(ops.split(boxes, 4, -1), maps)
        ],
        axis=-1,
    )
