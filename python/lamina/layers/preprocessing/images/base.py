"""What all layers of images share: what they are called on, and numbers drawn from a seed of their own."""

from __future__ import annotations

from typing import Any

from .... import _core, ops, random, tree
from ....checks import choice, explain, number
from ....config import standardize_data_format
from ....ops.image.common import pad_axis
from ....random import SeedGenerator
from ....utils.bounding_boxes import FORMATS
from ...layer import Layer

_PLAIN = ("labels", "segmentation_masks")


class ImageLayer(Layer):
    """Transforms one image (height, width, channels) or a batch of them, and what belongs to them.

    It is called on images, or on a dict with 'images' and maybe 'labels', 'segmentation_masks' (images of class
    numbers) and 'bounding_boxes' (a dict of 'boxes' and 'labels', in the format `bounding_box_format`); the result has
    the same form, what else is in the dict stays. `data_format` says where the channels are.

    Subclasses write `get_random_transformation(data)`, which draws what is to be done to each image, and the
    `transform_...` methods, which do it to a batch. What they do not write stays as it is.
    """

    _masks_like_images = False  # whether the same is done to segmentation masks
    _takes_any_argument = True  # names of files, for example, may go along in a dict

    def __init__(
        self, *, bounding_box_format: str | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if bounding_box_format is not None:
            bounding_box_format = choice(type(self).__name__, "bounding_box_format", bounding_box_format, FORMATS)
        self.bounding_box_format = bounding_box_format
        self.data_format = standardize_data_format(data_format)

    def call(self, data: Any, training: bool | None = True) -> Any:
        named = data if isinstance(data, dict) else {"images": data}
        images = self._checked_images(named)
        parts = {"images": images, **{key: ops.convert_to_tensor(named[key]) for key in _PLAIN if key in named}}
        if "bounding_boxes" in named:
            parts["bounding_boxes"] = self._checked_boxes(named["bounding_boxes"])
        if images.ndim == 3:
            parts = tree.map_structure(lambda x: ops.expand_dims(x, 0), parts)
        transformation = self.get_random_transformation(parts, training=training)
        for key, part in parts.items():
            parts[key] = getattr(self, f"transform_{key}")(part, transformation, training=training)
        if images.ndim == 3:
            parts = tree.map_structure(lambda x: ops.squeeze(x, 0), parts)
        if parts["images"] is images and getattr(images, "_keras_mask", None) is not None:
            parts["images"] = _core.ops.identity(images)  # without the mask
        return {**named, **parts} if isinstance(data, dict) else parts["images"]

    # To be written by subclasses, as far as they change anything.

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        """What is to be done to each image of `data` (images, or a dict of them), for the `transform_...` methods."""
        return None

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        raise NotImplementedError

    def transform_labels(self, labels: Any, transformation: Any = None, training: bool | None = True) -> Any:
        return labels

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        return bounding_boxes

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        if self._masks_like_images:
            return self.transform_images(segmentation_masks, transformation, training)
        return segmentation_masks

    # For subclasses.

    @property
    def _axes(self) -> tuple[int, int, int]:
        """The axes of height, width and channels, counted from the back."""
        return (-3, -2, -1) if self.data_format == "channels_last" else (-2, -1, -3)

    def _dims(self, data: Any) -> tuple[Any, ...]:
        """The sizes of the images, the batch first: ints, and expressions for what is known at run time only."""
        dims = tuple(ops.convert_to_tensor(data["images"] if isinstance(data, dict) else data).dims)
        return (1, *dims) if len(dims) == 3 else dims

    def _to_float(self, images: Any) -> Any:
        """The images as a tensor of the layer's dtype."""
        return ops.cast(ops.convert_to_tensor(images), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "data_format": self.data_format}
        if self.bounding_box_format is None:
            config.pop("bounding_box_format", None)
        return config

    # Checks.

    def _checked_images(self, named: dict[str, Any]) -> Any:
        images = named.get("images")
        if images is None:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: there are no images.",
                    "images, or a dict with the key 'images'",
                    f"a dict with the keys {sorted(map(str, named))}",
                    "name the images 'images'.",
                )
            )
        given = images
        images = self._stacked(images) if isinstance(images, (list, tuple)) else ops.convert_to_tensor(images)
        if images.dtype == "string":
            raise TypeError(
                explain(
                    f"{type(self).__name__}: texts are no images.",
                    "numbers of rank 3 (one image) or rank 4 (a batch of images)",
                    f"{given!r:.80}",
                    "load files before: lamina.utils.img_to_array(lamina.utils.load_img(path)).",
                )
            )
        if images.ndim not in (3, 4):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: these are no images.",
                    "rank 3 (one image) or rank 4 (a batch of images)",
                    f"shape {images.shape}",
                    "add or remove axes, e.g. x[..., None] for images without channels.",
                )
            )
        return images

    def _stacked(self, images: Any) -> Any:
        """A list of images as a batch."""
        shapes = {tuple(image.shape) for image in images if isinstance(image, _core.Tensor)}
        if len(shapes) != 1:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: the images cannot be put into one batch.",
                    "images of one shape",
                    f"{len(images)} images of shapes {sorted(shapes)}",
                    "call the layer on one image after the other, e.g. in lamina.data.Dataset.map, and bring them to "
                    "one size by Resizing before they are batched.",
                )
            )
        return ops.stack(list(images))

    def _checked_boxes(self, boxes: Any) -> Any:
        if self.bounding_box_format is None:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: the format of the bounding boxes is not known.",
                    f"`bounding_box_format`, one of {', '.join(map(repr, FORMATS))}",
                    "'bounding_boxes' in the input, and bounding_box_format=None",
                    f"make the layer with e.g. {type(self).__name__}(..., bounding_box_format='xyxy').",
                )
            )
        if not isinstance(boxes, dict) or not {"boxes", "labels"}.issubset(boxes):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: these are no bounding boxes.",
                    "a dict with 'boxes' (..., 4) and 'labels'",
                    f"a dict with the keys {sorted(boxes)}" if isinstance(boxes, dict) else type(boxes).__name__,
                    "pass {'boxes': ..., 'labels': ...}.",
                )
            )
        return {**boxes, "boxes": ops.cast(_dense(boxes["boxes"], 0), "float32"), "labels": _dense(boxes["labels"], -1)}


class RandomImageLayer(ImageLayer):
    """A layer that draws numbers from a stream of its own: a `seed` makes them the same each time.

    It is active in training only, and also when it is called directly.
    """

    def __init__(self, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def _stream(self, seed: Any = None) -> Any:
        """What numbers are drawn from: the layer's stream unless another `seed` is given."""
        return self.generator if seed is None else seed

    def _uniform(self, shape: Any, low: float, high: float, seed: Any = None, dtype: Any = "float32") -> Any:
        """Numbers from [low, high)."""
        return random.uniform(tuple(shape), low, high, dtype=dtype, seed=self._stream(seed))

    def _chosen(self, batch: Any, probability: tuple[float, float], seed: Any = None) -> Any:
        """True (batch,) for the images that something is done to; the probability of it is drawn for each as well."""
        bound = self._uniform((batch,), *probability, seed=seed)
        return self._uniform((batch,), 0.0, 1.0, seed=seed) < bound

    def _order(self, batch: Any, seed: Any = None) -> Any:
        """The numbers of the images in a random order."""
        return _core.ops.random_permutation(random.draw_seed(self._stream(seed)), size=batch)


def each(images: Any, values: Any) -> Any:
    """One value for each image, (batch,), in a shape that goes with `images`: a batch, or one image."""
    return ops.reshape(values, (-1, *[1] * (images.ndim - 1)))


def _dense(rows: Any, value: int) -> Any:
    """A tensor of rows that may be of different lengths: short ones are filled up with `value`."""
    if not isinstance(rows, (list, tuple)):
        return ops.convert_to_tensor(rows)
    parts = [ops.convert_to_tensor(row) for row in rows]
    lengths = {part.shape[0] for part in parts if part.ndim}
    if len(lengths) > 1:
        parts = [pad_axis(part, 0, 0, max(lengths) - part.shape[0], value) for part in parts]
    return ops.stack(parts)


def interval(owner: str, name: str, value: Any, low: float = -1.0, high: float = 1.0) -> tuple[float, float]:
    """A factor as (lower, upper): a pair is sorted; a number f is (-f, f), of which no end is below `low`.

    ValueError for numbers outside [low, high].
    """
    if isinstance(value, (list, tuple)):
        if len(value) != 2:
            raise ValueError(
                explain(
                    f"{owner}: `{name}` is no interval.",
                    f"a number, or two numbers, from {low:g} to {high:g}",
                    f"{name}={value!r}",
                    "pass e.g. (lower, upper).",
                )
            )
        first, second = sorted(number(owner, name, end, low, high) for end in value)
        return first, second
    size = abs(number(owner, name, value, low, high))
    return max(-size, low), size


def value_range_of(owner: str, value_range: Any) -> tuple[Any, Any]:
    """The lowest and the highest value of a channel, in this order. ValueError unless these are two numbers."""
    given = tuple(value_range) if isinstance(value_range, (list, tuple)) else ()
    if len(given) != 2 or given[0] == given[1]:
        raise ValueError(
            explain(
                f"{owner}: `value_range` is no range.",
                "two different numbers, the lowest and the highest value of a channel",
                f"value_range={value_range!r}",
                "pass e.g. (0, 255) or (0, 1).",
            )
        )
    for end in value_range:
        number(owner, "value_range", end)
    low, high = sorted(value_range)
    return low, high


def change_range(images: Any, source: Any, target: Any) -> Any:
    """Values of the range `source` in the range `target`."""
    if tuple(source) == tuple(target):
        return images
    scale = (target[1] - target[0]) / (source[1] - source[0])
    return (images - source[0]) * scale + target[0]
