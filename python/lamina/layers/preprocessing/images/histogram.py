"""Layers that spread the values of images over the whole range."""

from __future__ import annotations

from typing import Any

from .... import _core, ops
from ....checks import explain, integer, integers, number
from .base import ImageLayer, change_range, value_range_of

_ops = _core.ops
_BYTES = (0, 255)


class AutoContrast(ImageLayer):
    """Stretches each channel of each image so that its values cover `value_range`; constant channels stay.

    >>> import numpy as np, lamina
    >>> lamina.layers.AutoContrast()(np.array([[[[50.0], [75.0], [100.0]]]], "float32")).numpy().ravel().tolist()
    [0.0, 127.5, 255.0]
    """

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = value_range_of("AutoContrast", value_range)

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        low, high = (reduce(images, axis=self._axes[:2], keepdims=True) for reduce in (ops.min, ops.max))
        varied = high > low
        share = (images - low) / ops.where(varied, high - low, 1.0)
        bottom, top = self.value_range
        return ops.where(varied, ops.clip(share * float(top - bottom) + float(bottom), bottom, top), images)


class Equalization(ImageLayer):
    """Gives each channel values of which all are about equally frequent, by its histogram of `bins`.

    As in Keras the images of a batch have one histogram for each channel; call it on single images, e.g. in
    `Dataset.map`, for one for each. `value_range` says between what the channels are. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.Equalization()
    >>> layer(np.array([[[[1.0], [2.0], [2.0], [3.0]]]], "float32"), training=True).numpy().ravel().tolist()
    [0.0, 170.0, 170.0, 255.0]
    """

    def __init__(
        self, value_range: Any = (0, 255), bins: int = 256, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = value_range_of("Equalization", value_range)
        self.bins = integer("Equalization", "bins", bins, 2)

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        if not training:
            return images
        last = self.bins - 1
        levels = ops.cast(change_range(images, self.value_range, _BYTES), "float32")
        rows = ops.moveaxis(levels, self._axes[2], 0)
        shape = rows.dims
        rows = ops.reshape(rows, (shape[0], -1))  # (channels, pixels)
        counts = _counts(ops.clip(ops.cast(rows * float(last) / 255.0, "int32"), 0, last), self.bins)
        total = ops.cumsum(ops.cast(counts, "int64"), axis=-1)
        first = ops.min(ops.where(total > 0, total, total[:, -1:]), axis=-1, keepdims=True)
        span = ops.maximum(total[:, -1:] - first, 1)
        table = ops.cast((total - first) * 255, "float32") / ops.cast(span, "float32")
        table = ops.clip(ops.round(table), 0.0, 255.0)
        places = ops.cast(ops.clip(rows / 255.0 * float(last), 0, last), "int32")
        spread = ops.take_along_axis(table, places, axis=-1)
        several = ops.sum(ops.cast(counts > 0, "int32"), axis=-1, keepdims=True) > 1
        spread = ops.moveaxis(ops.reshape(ops.where(several, spread, rows), shape), 0, self._axes[2])
        return ops.cast(change_range(spread, _BYTES, self.value_range), self.compute_dtype)


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Equalizes each channel by the histograms of tiles, between whose centers it interpolates.

    `tile_grid_size` is how many tiles there are along height and width; `clip_limit` how many times the mean a bin may
    hold, before the rest is given to all bins: it keeps noise from becoming contrast (0 does not). `value_range` says
    between what the channels are. The dtype stays. (Zuiderveld, Graphics Gems IV, 1994.)

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2))
    >>> layer(np.ones((1, 8, 8, 3), "uint8")).dtype
    'uint8'
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        owner = "ContrastLimitedAdaptiveHistogramEqualization"
        self.value_range = value_range_of(owner, value_range)
        self.clip_limit = number(owner, "clip_limit", clip_limit)
        self.tile_grid_size = integers(owner, "tile_grid_size", tile_grid_size, 2)

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = ops.convert_to_tensor(images)
        dtype, first = images.dtype, self.data_format == "channels_first"
        if first:
            images = ops.transpose(images, (0, 2, 3, 1))
        levels = change_range(ops.cast(images, "float32"), self.value_range, _BYTES)
        levels = change_range(self._equalized(levels), _BYTES, self.value_range)
        return ops.cast(ops.transpose(levels, (0, 3, 1, 2)) if first else levels, dtype)

    def _equalized(self, images: Any) -> Any:
        batch, height, width, channels = images.dims
        if any(n == 0 for n in (height, width, channels)):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: the images are empty.",
                    "images with pixels",
                    f"shape {images.shape}",
                    "check how they were cut.",
                )
            )
        rows, columns = self.tile_grid_size
        tall, wide = (height + rows - 1) // rows, (width + columns - 1) // columns  # of a tile
        pixels = ops.clip(ops.cast(images, "int32"), 0, 255)
        whole = _mirrored(_mirrored(pixels, 1, height, tall * rows), 2, width, wide * columns)
        tiles = ops.reshape(whole, (batch, rows, tall, columns, wide, channels))
        tiles = ops.reshape(ops.transpose(tiles, (0, 1, 3, 5, 2, 4)), (batch, rows, columns, channels, tall * wide))
        curves = self._curves(ops.cast(_counts(tiles, 256), "float32"), ops.cast(tall * wide, "float32"))
        # Each pixel lies between the centers of four tiles; those at the border have no other neighbours.
        above, below, down = _neighbours(height, tall, rows)
        left, right, across = _neighbours(width, wide, columns)
        curves = ops.reshape(curves, (-1,))
        samples = ops.reshape(ops.arange(batch, dtype="int32"), (-1, 1, 1, 1)) * (rows * columns)
        channel = ops.arange(channels, dtype="int32")

        def levels(row: Any, column: Any) -> Any:
            tile = samples + ops.reshape(row, (-1, 1, 1)) * columns + ops.reshape(column, (-1, 1))
            return ops.take(curves, (tile * channels + channel) * 256 + pixels)

        down, across = ops.reshape(down, (-1, 1, 1)), ops.reshape(across, (-1, 1))
        upper = levels(above, left) * (1.0 - across) + levels(above, right) * across
        lower = levels(below, left) * (1.0 - across) + levels(below, right) * across
        return upper * (1.0 - down) + lower * down

    def _curves(self, counts: Any, size: Any) -> Any:
        """The new value of each old one, from how often (last axis) each occurs in a tile of `size` pixels."""
        if self.clip_limit > 0:
            clipped = ops.minimum(counts, self.clip_limit * size / 256.0)
            counts = clipped + ops.sum(counts - clipped, axis=-1, keepdims=True) / 256.0
        total = ops.cumsum(counts, axis=-1)
        first = ops.min(total, axis=-1, keepdims=True)
        span = size - first
        return ops.clip((total - first) * 255.0 / ops.where(span == 0.0, 1.0, span), 0.0, 255.0)


def _counts(places: Any, bins: int) -> Any:
    """How often each of `bins` numbers occurs along the last axis, as int32."""
    return _ops.add_along_axis(ops.ones_like(places, "int32"), places, axis=places.ndim - 1, size=bins)


def _mirrored(x: Any, axis: int, size: Any, wanted: Any) -> Any:
    """x with `wanted` entries along an axis of `size`, the last ones once more in reverse order."""
    if size is wanted or (isinstance(size, int) and size == wanted):
        return x
    place = ops.arange(wanted, dtype="int32")
    period = ops.cast(size, "int32") * 2
    place = place % period
    return ops.take(x, ops.minimum(place, period - 1 - place), axis=axis)


def _neighbours(size: Any, tile: Any, count: int) -> tuple[Any, Any, Any]:
    """For each pixel along an axis: the tiles whose centers are before and after it, and how far it is between."""
    tile = ops.cast(tile, "float32")
    place = (ops.arange(size, dtype="float32") - tile / 2.0) / tile
    before = ops.floor(place)
    number_ = ops.cast(before, "int32")
    return ops.clip(number_, 0, count - 1), ops.clip(number_ + 1, 0, count - 1), place - before
