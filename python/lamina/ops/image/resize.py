"""Resizing: each axis is a sum over windows of the input, by weights that follow from the sizes alone."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ... import _core
from ...checks import axis_in_range, choice, explain, is_integer
from ..convert import convert_to_tensor, to_float
from ..elementwise import maximum, minimum, where
from ..indexing import same_dim
from ..operation import operation
from .common import Dim, axes_of, ceil_divide, cut, larger, pad_axis, place, smaller, to_dtype, to_images

__all__ = ["resize", "scale_and_translate"]

_ops = _core.ops


class _Kernel(NamedTuple):
    """The weight of an entry by its distance x >= 0 from the place that is asked for; 0 from `radius` on."""

    radius: int
    weight: Callable[[Any], Any]


def _triangle(x: Any) -> Any:
    return maximum(1.0 - x, 0.0)


def _cubic(x: Any) -> Any:
    """Keys' cubic convolution with a = -0.5 (IEEE Transactions on Acoustics, Speech, and Signal Processing, 1981)."""
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return where(x >= 2.0, 0.0, where(x >= 1.0, far, near))


def _lanczos(radius: int) -> _Kernel:
    """sinc(x) sinc(x / radius)."""

    def weight(x: Any) -> Any:
        # Close to 0 the quotient loses its digits, and the function is 1.
        apart = x > 1e-3
        angle = math.pi * where(apart, x, 1.0)
        wave = radius * _ops.sin(angle) * _ops.sin(angle / radius) / _ops.square(angle)
        return where(x > float(radius), 0.0, where(apart, wave, 1.0))

    return _Kernel(radius, weight)


_LINEAR, _CUBIC = _Kernel(1, _triangle), _Kernel(2, _cubic)
_LANCZOS = {"lanczos3": _lanczos(3), "lanczos5": _lanczos(5)}
_RESIZE: dict[str, _Kernel | None] = {"bilinear": _LINEAR, "nearest": None, "bicubic": _CUBIC, **_LANCZOS}
_SCALE = {
    **dict.fromkeys(("linear", "bilinear", "trilinear"), _LINEAR),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), _CUBIC),
    **_LANCZOS,
}


def _number(size: Any) -> Any:
    """A size as a float64 number."""
    return float(size) if isinstance(size, int) else _ops.dim_value(dim=size, dtype="float64")


def _windows(
    size: Any, count: Any, kernel: _Kernel, taps: Any, step: Any, shift: Any, antialias: bool, dtype: str
) -> tuple[Any, Any]:
    """Where the windows of `count` entries start, and their weights [count, taps]."""
    middle = (place(count, "float64") + 0.5) * step - (shift + 0.5)
    spread: Any = 1.0
    if antialias:
        spread = max(step, 1.0) if isinstance(step, float) else maximum(step, 1.0)
    first = _ops.floor(_ops.stop_gradient(middle - kernel.radius * spread)) + 1.0
    first = maximum(minimum(first, _number(size - taps)), 0.0)
    column = [count, 1]
    middle = _ops.reshape(middle, shape=column)
    distance = _ops.absolute(middle - (_ops.reshape(first, shape=column) + place(taps, "float64")))
    weights = kernel.weight(distance / spread)
    total = _ops.sum(weights, axes=[1], keepdims=True)
    usable = _ops.absolute(total) > 1000 * float(np.finfo("float32").eps)
    usable = usable & (middle >= -0.5) & (middle <= _number(size) - 0.5)
    weights = where(usable, weights / where(usable, total, 1.0), 0.0)
    return _ops.cast(first, dtype="int64"), convert_to_tensor(weights, dtype)


_known_windows = functools.lru_cache(maxsize=64)(_windows)


def _resample(
    x: Any, axis: int, count: Any, kernel: _Kernel, taps: Any, step: Any, shift: Any = 0.0, antialias: bool = False
) -> Any:
    """x with `count` entries along an axis: the middle of entry j lies at (j + 0.5) * step - shift in the input.

    Windows are `taps` wide; a step above 1 widens the kernel if `antialias`. Entries that lie outside are 0.
    """
    size = x.dims[axis]
    taps = smaller(taps, size)
    known = all(isinstance(number, (int, float)) for number in (size, count, taps, step, shift))
    starts, weights = (_known_windows if known else _windows)(
        size, count, kernel, taps, step, shift, antialias, x.dtype
    )
    return _ops.resample(x, starts, weights, axis=axis)


def _resize_axis(x: Any, axis: int, count: Any, kernel: _Kernel | None, antialias: bool) -> Any:
    size = x.dims[axis]
    if same_dim(size, count):
        return x
    if kernel is None:
        # In float32, by a rounded factor, as Keras on JAX: this decides where two neighbours are equally near.
        shrink = convert_to_tensor(1.0 / _number(count), "float32")
        factor = convert_to_tensor(size, "float32") * shrink
        entries = (place(count, "float32") + 0.5) * factor
        entries = minimum(_ops.floor(entries), convert_to_tensor(size - 1, "float32"))
        return _ops.take(x, _ops.cast(entries, dtype="int64"), axis=axis)
    taps: Any = 2 * kernel.radius
    if antialias:
        taps = larger(taps, ceil_divide(size * taps, count))
    return _resample(x, axis, count, kernel, taps, _number(size) / _number(count), antialias=antialias)


def _is_size(n: Any) -> bool:
    return isinstance(n, Dim) or (is_integer(n) and n > 0)


@operation
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: Any = None,
) -> Any:
    """The images in another size (height, width), in their dtype; both sizes may be unknown when a program is traced.

    The aspect ratio changes unless the images are cropped first, or padded with `fill_value`. ValueError for other
    interpolations than bilinear, nearest, bicubic, lanczos3 and lanczos5.
    """
    x = to_images("resize", images)
    kernel = _RESIZE[choice("resize", "interpolation", interpolation, tuple(_RESIZE))]
    choice("resize", "fill_mode", fill_mode, ("constant",))
    if not isinstance(size, (list, tuple)) or len(size) != 2 or not all(_is_size(n) for n in size):
        raise ValueError(
            explain(
                "resize: `size` is not a height and a width.",
                "two positive integers",
                f"size={size!r}",
                "pass e.g. size=(224, 224).",
            )
        )
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            explain(
                "resize: the images cannot be both cropped and padded.",
                "crop_to_aspect_ratio or pad_to_aspect_ratio, or none of them",
                "both True",
                "drop one of them.",
            )
        )
    height, width, _ = axes_of(x, data_format)
    target = dict(zip((height, width), (n if isinstance(n, Dim) else int(n) for n in size)))
    dtype, dims = x.dtype, x.dims
    for axis, other in ((height, width), (width, height)) if crop_to_aspect_ratio or pad_to_aspect_ratio else ():
        # What this axis would be to have the ratio of the target with the other axis.
        ratio = dims[other] * target[axis] // target[other]
        present = dims[axis]
        if crop_to_aspect_ratio:
            kept = larger(smaller(present, ratio), 1)
            start = (present - kept) // 2
            x = cut(x, axis, start, start + kept)
        else:
            border = (larger(present, ratio) - present) // 2
            x = pad_axis(to_float(x), axis, border, border, float(fill_value))
    if kernel is not None:
        x = to_float(x)
    # The rows of a width axis are narrow and slow, so it comes when there are fewest of them.
    known = isinstance(x.dims[width], int) and isinstance(target[width], int)
    grows = known and x.dims[width] < target[width]
    for axis in (width, height) if grows else (height, width):
        x = _resize_axis(x, axis, target[axis], kernel, antialias)
    return to_dtype(x, dtype)


def _factors(name: str, values: Any, count: int) -> list[Any]:
    """One factor per axis: floats, or float64 scalars where they are tensors."""
    if not isinstance(values, _core.Tensor) and not hasattr(values, "core"):
        numbers = np.asarray(values, dtype="float64").reshape(-1).tolist()
        if len(numbers) == count:
            return numbers
        shape: Any = np.shape(values)
    else:
        tensor = convert_to_tensor(values, "float64")
        if tensor.ndim == 1 and tensor.shape[0] in (count, None):
            return [_ops.reshape(cut(tensor, 0, i, i + 1), shape=[]) for i in range(count)]
        shape = tensor.shape
    raise ValueError(
        explain(
            f"scale_and_translate: `{name}` does not fit spatial_dims.",
            f"{count} numbers, one per axis in spatial_dims",
            f"{name} of shape {shape}",
            "pass one number per axis.",
        )
    )


@operation
def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Any:
    """The array scaled and moved along `spatial_dims`: the point p comes to p * scale + translation.

    Pixels have their middle at index + 0.5; what comes from outside is 0. `scale` and `translation` hold one number per
    axis; as tensors they may change and have gradients, which costs a sum over the whole axis per entry. Methods:
    linear, cubic (or bi-, tri-), lanczos3, lanczos5. ValueError for others, and for shapes that do not fit.
    """
    x = to_float(images)
    kernel = _SCALE[choice("scale_and_translate", "method", method, tuple(_SCALE))]
    spatial_dims = [spatial_dims] if is_integer(spatial_dims) else list(spatial_dims)
    axes = [axis_in_range("scale_and_translate", axis, x.ndim, "spatial_dims") for axis in spatial_dims]
    sizes = list(output_shape)
    if len(sizes) != x.ndim or any(
        isinstance(n, int) and isinstance(m, int) and n != m and i not in axes
        for i, (n, m) in enumerate(zip(sizes, x.dims))
    ):
        raise ValueError(
            explain(
                "scale_and_translate: `output_shape` does not fit the images.",
                f"{x.ndim} sizes that differ from {x.shape} only along {axes}",
                f"output_shape={tuple(sizes)}",
                "name the axes to change in spatial_dims.",
            )
        )
    factors = _factors("scale", scale, len(axes))
    shifts = _factors("translation", translation, len(axes))
    for axis, factor, shift in zip(axes, factors, shifts):
        if isinstance(factor, float) and not (factor != 0.0 and math.isfinite(factor)):
            raise ValueError(
                explain("scale_and_translate: a scale is 0.", "finite numbers other than 0", f"{scale}", "change it.")
            )
        step = 1.0 / factor
        taps = x.dims[axis]
        if isinstance(step, float):
            taps = math.ceil(2 * kernel.radius * (max(step, 1.0) if antialias else 1.0))
        x = _resample(x, axis, sizes[axis], kernel, taps, step, shift * step, antialias)
    return x
