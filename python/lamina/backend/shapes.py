"""Shapes and their changes, products of batches, images made larger."""

from __future__ import annotations

import math
from typing import Any

from .. import config, ops
from ..checks import choice, differ, explain, integers

__all__ = [
    "arange",
    "batch_dot",
    "batch_flatten",
    "concatenate",
    "count_params",
    "gather",
    "int_shape",
    "is_sparse",
    "repeat",
    "resize_images",
    "resize_volumes",
    "spatial_2d_padding",
    "spatial_3d_padding",
    "temporal_padding",
    "tile",
    "to_dense",
]


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: str = "int32") -> Any:
    """start, start + step, ... below `stop`; from 0 when one bound is given."""
    if stop is None and start < 0:
        start = 0
    return ops.arange(start, stop, step, dtype=dtype)


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """For each sample the product of x and y, summed over axis `axes[0]` of x and `axes[1]` of y.

    `axes` is a pair, one number for both, or None for the last axis of x and the one before the last of y. The batch
    cannot be summed over. Two matrices give shape (batch, 1). ValueError for axes whose sizes differ.
    """
    x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    if x.ndim < 2 or y.ndim < 2:
        raise ValueError(
            explain(
                "batch_dot: an input has no axis besides the batch.",
                "tensors of rank 2 or more",
                f"shapes {x.shape} and {y.shape}",
                "add an axis with expand_dims.",
            )
        )
    if axes is None:
        axes = (x.ndim - 1, y.ndim - 1 if y.ndim == 2 else y.ndim - 2)
    a, b = (axes, axes) if isinstance(axes, int) else axes
    a, b = _sample_axis(a, x), _sample_axis(b, y)
    if differ(x.shape[a], y.shape[b]) or differ(x.shape[0], y.shape[0]):
        raise ValueError(
            explain(
                "batch_dot: the sizes do not agree.",
                f"the same batch size, and the same size of axis {a} of x and axis {b} of y",
                f"shapes {x.shape} and {y.shape}",
                "choose other `axes`, or transpose an input.",
            )
        )
    kept_x, kept_y = list(x.dims[1:]), list(y.dims[1:])
    shared, _ = kept_x.pop(a - 1), kept_y.pop(b - 1)
    left = ops.moveaxis(x, a, -1)
    right = ops.moveaxis(y, b, 1)
    left = ops.reshape(left, (x.dims[0], _product(kept_x), shared))
    right = ops.reshape(right, (y.dims[0], shared, _product(kept_y)))
    kept = [*kept_x, *kept_y] or [1]
    return ops.reshape(ops.matmul(left, right), (x.dims[0], *kept))


def _sample_axis(axis: Any, x: Any) -> int:
    place = axis + x.ndim if axis < 0 else axis
    if not 0 < place < x.ndim:
        raise ValueError(
            explain(
                "batch_dot: it cannot be summed over this axis.",
                f"an axis from 1 to {x.ndim - 1}, as axis 0 is the batch",
                f"axis {axis} of a tensor of shape {x.shape}",
                "choose another axis; inputs without a batch get one by expand_dims(x, 0).",
            )
        )
    return place


def _product(sizes: Any) -> Any:
    total: Any = 1
    for size in sizes:
        total = size * total
    return total


def batch_flatten(x: Any) -> Any:
    """x as a matrix: the first axis, and all others as one."""
    dims = ops.shape(x)
    return ops.reshape(x, (dims[0], _product(dims[1:])))


def concatenate(tensors: Any, axis: int = -1) -> Any:
    """The tensors one after the other along `axis`."""
    return ops.concatenate(tensors, axis)


def count_params(x: Any) -> int:
    """The number of entries of a variable or tensor."""
    return math.prod(x.shape)


def gather(reference: Any, indices: Any) -> Any:
    """The slices of `reference` along its first axis that `indices` name."""
    return ops.take(reference, indices, axis=0)


def int_shape(x: Any) -> tuple[int | None, ...]:
    """The shape as a tuple, None where a size is not known."""
    return tuple(x.shape if hasattr(x, "shape") else ops.convert_to_tensor(x).shape)


def is_sparse(tensor: Any) -> bool:
    """Whether it is an input made with `sparse=True`; tensors that hold numbers are dense."""
    return bool(getattr(tensor, "sparse", False))


def to_dense(tensor: Any) -> Any:
    """The tensor itself."""
    return tensor


def repeat(x: Any, n: int) -> Any:
    """(batch, features) -> (batch, n, features)."""
    if len(int_shape(x)) != 2:
        raise ValueError(
            explain("repeat: the tensor is no matrix.", "rank 2", f"shape {int_shape(x)}", "use repeat_elements.")
        )
    return ops.repeat(ops.expand_dims(x, 1), n, 1)


def tile(x: Any, n: Any) -> Any:
    """x after itself, n times along each axis."""
    return ops.tile(x, [n] if isinstance(n, int) else n)


def _spatial_axes(rank: int, data_format: Any) -> range:
    first = config.standardize_data_format(data_format) == "channels_first"
    return range(2, rank + 2) if first else range(1, rank + 1)


def resize_images(
    x: Any, height_factor: int, width_factor: int, data_format: Any, interpolation: str = "nearest"
) -> Any:
    """Images made larger by whole factors."""
    methods = ("bicubic", "bilinear", "lanczos3", "lanczos5", "nearest")
    method = choice("resize_images", "interpolation", interpolation, methods)
    axes = _spatial_axes(2, data_format)
    factors = integers("resize_images", "factors", (height_factor, width_factor), 2)
    if method == "nearest":
        return _repeat_all(x, factors, axes)
    dims = ops.shape(x)
    size = tuple(dims[axis] * factor for axis, factor in zip(axes, factors))
    return ops.image.resize(x, size, interpolation=method, data_format=config.standardize_data_format(data_format))


def resize_volumes(x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: Any) -> Any:
    """Volumes made larger by whole factors, each entry repeated."""
    factors = integers("resize_volumes", "factors", (depth_factor, height_factor, width_factor), 3)
    return _repeat_all(x, factors, _spatial_axes(3, data_format))


def _repeat_all(x: Any, factors: Any, axes: Any) -> Any:
    for factor, axis in zip(factors, axes):
        x = ops.repeat(x, factor, axis)
    return x


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    """Zeros before and after the steps of (batch, steps, features)."""
    return _padded("temporal_padding", x, [padding], range(1, 2))


def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: Any = None) -> Any:
    """Zeros around the images of a batch."""
    return _padded("spatial_2d_padding", x, padding, _spatial_axes(2, data_format))


def spatial_3d_padding(x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: Any = None) -> Any:
    """Zeros around the volumes of a batch."""
    return _padded("spatial_3d_padding", x, padding, _spatial_axes(3, data_format))


def _padded(owner: str, x: Any, padding: Any, axes: range) -> Any:
    if len(padding) != len(axes) or any(not isinstance(pair, (list, tuple)) or len(pair) != 2 for pair in padding):
        pairs = "a pair of ints" if len(axes) == 1 else f"{len(axes)} pairs of ints"
        raise ValueError(
            explain(f"{owner}: `padding` is not usable.", pairs, f"padding={padding!r}", f"pass {pairs} as `padding`.")
        )
    widths = [(0, 0)] * len(int_shape(x))
    for axis, pair in zip(axes, padding):
        widths[axis] = tuple(pair)
    return ops.pad(x, widths)
