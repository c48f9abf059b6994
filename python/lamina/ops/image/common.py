"""What the functions of images share: their axes, their dtypes, and sizes that may be unknown."""

from __future__ import annotations

from typing import Any

from ... import _core, config
from ...checks import explain
from ..convert import convert_to_tensor, is_float

_ops = _core.ops
Dim = _core.Dim

# The range of whole numbers that floats are rounded into; the upper end of int32 as a float32.
_RANGES = {"uint8": (0.0, 255.0), "int32": (-(2.0**31), 2.0**31 - 128)}


def to_images(owner: str, images: Any, name: str = "images") -> Any:
    """`images` as a tensor. ValueError unless it is one image or a batch of them."""
    x = convert_to_tensor(images)
    if x.ndim not in (3, 4):
        raise ValueError(
            explain(
                f"{owner}: `{name}` has the wrong rank.",
                "rank 3 (one image) or rank 4 (a batch of images)",
                f"shape {x.shape}",
                "add or remove axes with expand_dims, squeeze or reshape.",
            )
        )
    return x


def is_channels_first(data_format: Any) -> bool:
    """Whether the channels come before height and width, by the global setting for None."""
    return config.standardize_data_format(data_format) == "channels_first"


def axes_of(x: Any, data_format: Any) -> tuple[int, int, int]:
    """The axes of height, width and channels, counted from the front."""
    first = x.ndim - 3
    return (first + 1, first + 2, first) if is_channels_first(data_format) else (first, first + 1, first + 2)


def known_channels(owner: str, x: Any, axis: int) -> int:
    """The number of channels. ValueError when it is unknown."""
    channels = x.shape[axis]
    if channels is None:
        raise ValueError(
            explain(
                f"{owner}: the number of channels is unknown.",
                f"a known size of axis {axis}",
                f"shape {x.shape}",
                "give the Input its number of channels, and check data_format.",
            )
        )
    return channels


def to_batch(x: Any, data_format: Any) -> Any:
    """The images with a batch axis and channels last."""
    if is_channels_first(data_format):
        x = _ops.transpose(x, axes=[*range(x.ndim - 3), x.ndim - 2, x.ndim - 1, x.ndim - 3])
    return _ops.reshape(x, shape=[1, *x.dims]) if x.ndim == 3 else x


def from_batch(y: Any, rank: int, data_format: Any) -> Any:
    """Images with a batch axis and channels last in the layout that they had before `to_batch`."""
    if rank == 3:
        y = _ops.reshape(y, shape=list(y.dims[1:]))
    if is_channels_first(data_format):
        y = _ops.transpose(y, axes=[*range(rank - 3), rank - 1, rank - 3, rank - 2])
    return y


def to_dtype(y: Any, dtype: str) -> Any:
    """Floats in the dtype that the images had: whole numbers are rounded, halves to even, and kept in their range."""
    if y.dtype == dtype:
        return y
    if not is_float(dtype) and dtype != "bool":
        y = _ops.round(y)
        if dtype in _RANGES:
            low, high = _RANGES[dtype]
            y = _ops.clip(y, low=low, high=high)
    return _ops.cast(y, dtype=dtype)


def cut(x: Any, axis: int, start: Any, stop: Any, stride: int = 1) -> Any:
    """x[start:stop:stride] along one axis; the bounds may be unknown sizes."""
    starts: list[Any] = [0] * x.ndim
    stops = list(x.dims)
    strides = [1] * x.ndim
    starts[axis], stops[axis], strides[axis] = start, stop, stride
    return _ops.slice(x, starts=starts, stops=stops, strides=strides)


def pad_axis(x: Any, axis: int, before: Any, after: Any, value: float = 0.0) -> Any:
    """x with `value` before and after it along one axis; the widths may be unknown sizes."""
    if isinstance(before, int) and isinstance(after, int):
        if before == after == 0:
            return x
        low, high = [0] * x.ndim, [0] * x.ndim
        low[axis], high[axis] = before, after
        return _ops.pad(x, low=low, high=high, value=value)
    dims = list(x.dims)
    borders = [
        _ops.fill(shape=[*dims[:axis], width, *dims[axis + 1 :]], value=value, dtype=x.dtype)
        for width in (before, after)
    ]
    return _ops.concatenate(borders[0], x, borders[1], axis=axis)


def smaller(a: Any, b: Any) -> Any:
    """The smaller of two sizes."""
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else Dim.minimum(_dim(a), b)


def larger(a: Any, b: Any) -> Any:
    """The larger of two sizes."""
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else Dim.maximum(_dim(a), b)


def ceil_divide(a: Any, b: int) -> Any:
    """a / b rounded up."""
    return -(-a // b) if isinstance(a, int) else Dim.ceil_divide(a, b)


def _dim(size: Any) -> Any:
    return Dim(size) if isinstance(size, int) else size


def place(size: Any, dtype: str) -> Any:
    """0, 1, ... below `size`, as coordinates."""
    return _ops.arange(size=size, start=0, step=1, dtype=dtype)


def gaussian(size: int, sigma: Any, dtype: str) -> Any:
    """`size` weights of a Gaussian around their middle, of sum 1."""
    distance = place(size, dtype) - (size - 1) / 2
    weights = _ops.exp(-0.5 * _ops.square(distance / sigma))
    return weights / _ops.sum(weights, axes=[0], keepdims=True)
