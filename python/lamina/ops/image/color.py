"""Colors. Height and width may be unknown."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _core
from ...checks import explain
from ..convert import convert_to_tensor, is_float, to_float
from ..elementwise import clip, maximum, minimum, where
from ..operation import operation
from .common import axes_of, cut, known_channels, to_images

__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]

_ops = _core.ops


def _channels(owner: str, x: Any, axis: int) -> list[Any]:
    """The three channels, each of size 1 along their axis. ValueError for another number of them."""
    if known_channels(owner, x, axis) != 3:
        raise ValueError(
            explain(f"{owner}: these are not three channels.", "3 channels", f"shape {x.shape}", "check data_format.")
        )
    return [cut(x, axis, i, i + 1) for i in range(3)]


def _floating(owner: str, x: Any) -> Any:
    if not is_float(x.dtype):
        raise ValueError(
            explain(f"{owner}: the dtype is not floating.", "floats in [0, 1]", x.dtype, "divide by 255 first.")
        )
    return x


@operation
def rgb_to_grayscale(images: Any, data_format: Any = None) -> Any:
    """The brightness 0.2989 R + 0.587 G + 0.114 B as one channel; images of one channel stay as they are."""
    x = to_images("rgb_to_grayscale", images)
    axis = axes_of(x, data_format)[2]
    channels = known_channels("rgb_to_grayscale", x, axis)
    if channels not in (1, 3):
        raise ValueError(
            explain(
                "rgb_to_grayscale: wrong number of channels.",
                "3 channels (RGB), or 1 (already gray)",
                f"shape {x.shape}",
                "check data_format.",
            )
        )
    if channels == 1:
        return x
    floats = to_float(x)
    weights = np.array([0.2989, 0.587, 0.114], dtype=floats.dtype)
    shape = [3 if i == axis else 1 for i in range(x.ndim)]
    gray = _ops.sum(_ops.multiply(floats, _core.Tensor(weights.reshape(shape))), axes=[axis], keepdims=True)
    return convert_to_tensor(gray, x.dtype)


@operation
def rgb_to_hsv(images: Any, data_format: Any = None) -> Any:
    """Red, green and blue in [0, 1] as hue, saturation and value in [0, 1]. ValueError for integers."""
    x = _floating("rgb_to_hsv", to_images("rgb_to_hsv", images))
    axis = axes_of(x, data_format)[2]
    tiny = float(np.finfo(x.dtype).eps)
    x = where(_ops.absolute(x) < tiny, 0.0, x)
    red, green, blue = _channels("rgb_to_hsv", x, axis)
    value = maximum(maximum(red, green), blue)
    spread = value - minimum(minimum(red, green), blue)
    colored = spread > 0.0
    sixth = 1.0 / (6.0 * where(colored, spread, 1.0))
    saturation = where(value > 0.0, spread / where(value > 0.0, value, 1.0), 0.0)
    hue = where(value == green, sixth * (blue - red) + 2.0 / 6.0, sixth * (red - green) + 4.0 / 6.0)
    hue = where(value == red, sixth * (green - blue), hue)
    hue = where(colored, hue, 0.0) + _ops.cast(hue < 0.0, dtype=x.dtype)
    return _ops.concatenate(hue, saturation, value, axis=axis)


@operation
def hsv_to_rgb(images: Any, data_format: Any = None) -> Any:
    """Hue, saturation and value in [0, 1] as red, green and blue in [0, 1]. ValueError for integers."""
    x = _floating("hsv_to_rgb", to_images("hsv_to_rgb", images))
    axis = axes_of(x, data_format)[2]
    hue, saturation, value = _channels("hsv_to_rgb", x, axis)
    angle = 6.0 * (hue - _ops.floor(hue))
    shares = (
        clip(_ops.absolute(angle - 3.0) - 1.0, 0.0, 1.0),
        clip(2.0 - _ops.absolute(angle - 2.0), 0.0, 1.0),
        clip(2.0 - _ops.absolute(angle - 4.0), 0.0, 1.0),
    )
    return _ops.concatenate(*(value * (1.0 - saturation + saturation * share) for share in shares), axis=axis)
