"""Layers that erase parts of images, or mix images with each other."""

from __future__ import annotations

from typing import Any

from .... import ops, random
from ....checks import explain, number
from .base import RandomImageLayer, each, interval, value_range_of


class _RectangleLayer(RandomImageLayer):
    """A layer that does something to a random rectangle of each image."""

    def _bounds(self, batch: Any, size: Any, ratio: Any, seed: Any) -> tuple[Any, Any]:
        """Start and end (batch,) of a part of an axis; the part has the share `ratio` (batch,) of its size."""
        size = ops.cast(ops.convert_to_tensor(size), "float32")
        length = ratio * size
        start = self._uniform((batch,), 0.0, 1.0, seed) * (size - length)
        return start, start + length

    def _inside(self, dims: Any, bounds: dict[int, tuple[Any, Any]]) -> Any:
        """True for the pixels between the bounds of the axes; the axis of channels has size 1."""
        masks = []
        for axis, (start, end) in bounds.items():
            place = ops.reshape(ops.arange(dims[axis], dtype="float32"), [-1 if i == axis % 4 else 1 for i in range(4)])
            start, end = ops.reshape(start, (-1, 1, 1, 1)), ops.reshape(end, (-1, 1, 1, 1))
            masks.append(ops.logical_and(place >= start, place < end))
        return ops.logical_and(*masks)


class RandomErasing(_RectangleLayer):
    """Erases a random rectangle of images.

    `factor` is the probability of it, drawn itself between 0 and f, or from an interval; `scale` is the interval of the
    squared shares that the rectangle has of height and of width. It is filled with `fill_value` (a number, or one for
    each of three channels), or with normal noise of the size of `value_range`. Active in training only. Zhong et al.,
    Random Erasing Data Augmentation, 2017.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomErasing((1.0, 1.0), scale=(1.0, 1.0), fill_value=7)
    >>> layer(np.ones((1, 2, 2, 1), "float32"), training=True).numpy().ravel().tolist()
    [7.0, 7.0, 7.0, 7.0]
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = interval("RandomErasing", "factor", factor, 0.0)
        self.scale = interval("RandomErasing", "scale", scale, 0.0)
        self.value_range = value_range_of("RandomErasing", value_range)
        self.fill_value = fill_value
        numbers = fill_value if isinstance(fill_value, (list, tuple)) else [0 if fill_value is None else fill_value] * 3
        if len(numbers) != 3:
            raise ValueError(
                explain(
                    "RandomErasing: `fill_value` is no color.",
                    "a number, three numbers, or None",
                    f"fill_value={fill_value!r}",
                    "pass one number for each channel of red, green and blue.",
                )
            )
        for value in numbers:
            number("RandomErasing", "fill_value", value)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training:
            return None
        dims = self._dims(data)
        height, width, _ = self._axes
        shares = ops.sqrt(self._uniform((dims[0], 2), *self.scale, seed=seed))
        bounds = {axis: self._bounds(dims[0], dims[axis], shares[:, i], seed) for i, axis in enumerate((width, height))}
        return {
            "batch_masks": self._inside(dims, bounds),
            "apply_erasing": self._chosen(dims[0], self.factor, seed),
            "fill_value": ops.clip(self._filling(dims, seed), *self.value_range),
        }

    def _filling(self, dims: Any, seed: Any) -> Any:
        if self.fill_value is None:
            noise = random.normal(dims, dtype=self.compute_dtype, seed=self._stream(seed))
            return noise * float(self.value_range[1])
        shape = [-1 if i == self._axes[2] % 4 else 1 for i in range(4)]
        return ops.reshape(ops.convert_to_tensor(self.fill_value, self.compute_dtype), shape)

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        if not training or transformation is None:
            return images
        erased = ops.logical_and(transformation["batch_masks"], each(images, transformation["apply_erasing"]))
        return ops.where(erased, ops.cast(transformation["fill_value"], images.dtype), images)


def mixed_labels(owner: str, labels: Any, weight: Any, order: Any) -> Any:
    """`weight` (batch,) of the labels, and the rest of those in another `order`. ValueError for class numbers."""
    labels = ops.convert_to_tensor(labels)
    if labels.ndim < 2:
        raise ValueError(
            explain(
                f"{owner}: class numbers cannot be mixed.",
                "labels of rank 2: one number for each class, e.g. one-hot",
                f"shape {labels.shape}",
                "use lamina.ops.one_hot(labels, num_classes) before.",
            )
        )
    weight = each(labels, weight)
    return weight * labels + (1.0 - weight) * ops.take(labels, order, axis=0)


class _MixingLayer(RandomImageLayer):
    """A layer that mixes images and labels of a batch with others of it."""

    _masks_like_images = True

    def transform_labels(self, labels: Any, transformation: Any = None, training: bool | None = True) -> Any:
        if not training or transformation is None:
            return labels
        return mixed_labels(
            type(self).__name__, labels, transformation["mix_weight"], transformation["permutation_order"]
        )


class CutMix(_MixingLayer, _RectangleLayer):
    """Puts a random rectangle of another image of the batch into each image; labels are mixed by the areas.

    `factor` f, or an interval, is what the parameter of the beta distribution of the areas is drawn from. Labels have
    one number for each class. Active in training only. Yun et al., CutMix, 2019.

    >>> import numpy as np, lamina
    >>> data = {"images": np.ones((2, 8, 8, 3), "float32"), "labels": np.eye(2, dtype="float32")}
    >>> lamina.layers.CutMix()(data, training=True)["labels"].shape
    (2, 2)
    """

    def __init__(self, factor: Any = 1.0, seed: Any = None, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = interval("CutMix", "factor", factor, 0.0)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training:
            return None
        dims = self._dims(data)
        height, width, _ = self._axes
        alpha = self._uniform((), *self.factor, seed=seed) + 1e-6
        weight = random.beta((dims[0],), alpha, alpha, seed=self._stream(seed))
        ratio = ops.sqrt(1.0 - weight)
        bounds = {axis: self._bounds(dims[0], dims[axis], ratio, seed) for axis in (width, height)}
        (left, right), (top, bottom) = bounds.values()
        area = ops.cast(ops.convert_to_tensor(dims[height]), "float32") * ops.convert_to_tensor(dims[width], "float32")
        return {
            "batch_masks": self._inside(dims, bounds),
            "mix_weight": ops.reshape(1.0 - (right - left) * (bottom - top) / area, (-1, 1, 1, 1)),
            "permutation_order": self._order(dims[0], seed),
        }

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        if not training or transformation is None:
            return images
        others = ops.take(images, transformation["permutation_order"], axis=0)
        return ops.where(transformation["batch_masks"], others, images)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        raise NotImplementedError(
            explain(
                "CutMix: bounding boxes cannot be cut.",
                "images, labels and segmentation masks",
                "bounding boxes",
                "use MixUp, which keeps the boxes of both images.",
            )
        )


class MixUp(_MixingLayer):
    """Mixes each image with another one of the batch, and their labels likewise.

    The share of the image is drawn from the beta distribution of `alpha` and `alpha`. Labels have one number for each
    class; of bounding boxes those of both images are kept. Active in training only. Zhang et al., mixup, 2017.

    >>> import numpy as np, lamina
    >>> data = {"images": np.ones((2, 8, 8, 3), "float32"), "labels": np.eye(2, dtype="float32")}
    >>> lamina.layers.MixUp()(data, training=True)["labels"].numpy().sum(axis=1).tolist()
    [1.0, 1.0]
    """

    def __init__(self, alpha: float = 0.2, data_format: str | None = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.alpha = number("MixUp", "alpha", alpha, 0.0)
        if self.alpha == 0.0:
            raise ValueError(
                explain("MixUp: `alpha` is 0.", "a positive number", f"alpha={alpha!r}", "leave the layer out.")
            )

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training:
            return None
        batch = self._dims(data)[0]
        order = self._order(batch, seed)
        weight = random.beta((batch,), self.alpha, self.alpha, seed=self._stream(seed))
        return {"mix_weight": weight, "permutation_order": order}

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        if not training or transformation is None:
            return images
        weight = ops.cast(each(images, transformation["mix_weight"]), images.dtype)
        return weight * images + (1.0 - weight) * ops.take(images, transformation["permutation_order"], axis=0)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        order = transformation["permutation_order"]
        both = {key: ops.convert_to_tensor(bounding_boxes[key]) for key in ("boxes", "labels")}
        return {
            **bounding_boxes,
            **{key: ops.concatenate([x, ops.take(x, order, axis=0)], axis=1) for key, x in both.items()},
        }
