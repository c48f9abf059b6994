"""Patches of images and volumes, and the images that patches come from. Sizes may be unknown for extraction.

A patch is one entry of the channels axis: its pixels in reading order, the channels of each together.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from ... import _core, config
from ...checks import choice, explain, integers, is_integer
from ..convert import convert_to_tensor, is_float
from ..operation import operation
from .common import ceil_divide, cut, is_channels_first, known_channels, larger, pad_axis

__all__ = ["extract_patches", "extract_patches_3d", "reconstruct_patches"]

_ops = _core.ops


def _patch_size(owner: str, size: Any) -> tuple[int, ...]:
    """The size of a patch: two numbers for an int, else the two or three given."""
    if is_integer(size):
        return integers(owner, "size", size, 2)
    if not isinstance(size, (list, tuple)):
        raise TypeError(
            explain(
                f"{owner}: `size` is not a size.",
                "an int or a tuple of 2 or 3 ints",
                f"size={size!r} of type {type(size).__name__}",
                "pass e.g. size=(3, 3).",
            )
        )
    if len(size) not in (2, 3):
        raise ValueError(
            explain(f"{owner}: `size` is not a size.", "2 or 3 ints", f"size={size!r}", "pass e.g. size=(3, 3).")
        )
    return integers(owner, "size", size, len(size))


def _to_last(owner: str, x: Any, rank: int, data_format: Any) -> Any:
    """With a batch axis and channels last. ValueError for another rank."""
    if x.ndim not in (rank + 1, rank + 2):
        raise ValueError(
            explain(
                f"{owner}: the input has the wrong rank.",
                f"rank {rank + 1}, or {rank + 2} with a batch axis, for patches of {rank} axes",
                f"shape {x.shape}",
                "check `size`, and add or remove axes.",
            )
        )
    if is_channels_first(data_format):
        first = x.ndim - rank - 1
        x = _ops.transpose(x, axes=[*range(first), *range(first + 1, x.ndim), first])
    return x if x.ndim == rank + 2 else _ops.reshape(x, shape=[1, *x.dims])


def _from_last(y: Any, rank: int, batched: bool, data_format: Any) -> Any:
    if not batched:
        y = _ops.reshape(y, shape=list(y.dims[1:]))
    if is_channels_first(data_format):
        first = y.ndim - rank - 1
        y = _ops.transpose(y, axes=[*range(first), y.ndim - 1, *range(first, y.ndim - 1)])
    return y


def _interleaved(rank: int) -> list[int]:
    """The axes of [batch, places..., within..., channels] as batch, (place, within) of each axis, channels."""
    return [0, *(axis for i in range(1, rank + 1) for axis in (i, rank + i)), 2 * rank + 1]


def _extract(
    owner: str, images: Any, size: tuple[int, ...], strides: Any, dilation_rate: Any, padding: str, data_format: Any
) -> Any:
    rank = len(size)
    given = convert_to_tensor(images)
    x = _to_last(owner, given, rank, data_format)
    padding = choice(owner, "padding", padding, ("valid", "same"))
    steps = integers(owner, "strides", size if strides is None else strides, rank)
    rates = integers(owner, "dilation_rate", dilation_rate, rank)
    channels = known_channels(owner, x, rank + 1)
    counts: list[Any] = []
    for i, (k, s, d) in enumerate(zip(size, steps, rates)):
        axis, reach = i + 1, (k - 1) * d + 1
        n = x.dims[axis]
        if padding == "same":
            counts.append(ceil_divide(n, s))
            missing = larger((counts[i] - 1) * s + reach - n, 0)
            x = pad_axis(x, axis, missing // 2, missing - missing // 2)
        else:
            if isinstance(n, int) and n < reach:
                raise ValueError(
                    explain(
                        f"{owner}: the images are smaller than a patch.",
                        f"at least {reach} entries along axis {axis}",
                        f"shape {given.shape}, size={size}, dilation_rate={rates}",
                        "use smaller patches, or padding='same'.",
                    )
                )
            counts.append((n - reach) // s + 1)
    if steps == size and set(rates) == {1}:  # the patches tile the image
        for i, (k, count) in enumerate(zip(size, counts)):
            x = cut(x, i + 1, 0, count * k)
        tiles = [n for count, k in zip(counts, size) for n in (count, k)]
        x = _ops.reshape(x, shape=[x.dims[0], *tiles, channels])
        y = _ops.transpose(x, axes=np.argsort(_interleaved(rank)).tolist())
    else:
        parts = []
        for offset in itertools.product(*map(range, size)):
            part = x
            for i, (at, count, s, d) in enumerate(zip(offset, counts, steps, rates)):
                part = cut(part, i + 1, at * d, at * d + (count - 1) * s + 1, s)
            parts.append(part)
        y = _ops.concatenate(*parts, axis=rank + 1)
    y = _ops.reshape(y, shape=[x.dims[0], *counts, channels * math.prod(size)])
    return _from_last(y, rank, given.ndim == rank + 2, data_format)


@operation
def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: Any = None,
) -> Any:
    """The patches of `size` (two numbers, or three for volumes), `strides` apart (`size` for None)."""
    return _extract(
        "extract_patches", images, _patch_size("extract_patches", size), strides, dilation_rate, padding, data_format
    )


@operation
def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: Any = None,
) -> Any:
    """The patches of volumes, `strides` apart (`size` for None)."""
    owner = "extract_patches_3d"
    return _extract(owner, volumes, integers(owner, "size", size, 3), strides, dilation_rate, padding, data_format)


@operation
def reconstruct_patches(
    patches: Any, size: Any, output_size: Any, strides: Any = None, padding: str = "valid", data_format: Any = None
) -> Any:
    """The images of `output_size` whose `extract_patches` gives the patches; where patches overlap, their mean.

    What no patch covers is 0. ValueError for strides above `size`, which lose pixels.
    """
    owner = "reconstruct_patches"
    size = _patch_size(owner, size)
    rank = len(size)
    given = convert_to_tensor(patches)
    x = _to_last(owner, given, rank, data_format)
    padding = choice(owner, "padding", padding, ("valid", "same"))
    steps = integers(owner, "strides", size if strides is None else strides, rank)
    target = integers(owner, "output_size", output_size, rank)
    if any(s > k for s, k in zip(steps, size)):
        raise ValueError(
            explain(
                f"{owner}: there are gaps between the patches.",
                f"strides of at most {size}, the size of a patch",
                f"strides={steps}",
                "extract overlapping or adjoining patches.",
            )
        )
    if padding == "same":
        counts = [-(-n // s) for n, s in zip(target, steps)]
        low = [max((c - 1) * s + k - n, 0) // 2 for c, s, k, n in zip(counts, steps, size, target)]
    else:
        counts = [(n - k) // s + 1 for n, k, s in zip(target, size, steps)]
        low = [0] * rank
    pixels = math.prod(size)
    entries = known_channels(owner, x, rank + 1)
    if entries % pixels or any(a not in (b, None) for a, b in zip(x.shape[1:-1], counts)):
        raise ValueError(
            explain(
                f"{owner}: the patches do not fit `output_size`.",
                f"{tuple(counts)} patches of {pixels} pixels of some channels each",
                f"patches of shape {given.shape}, size={size}, output_size={target}",
                "pass the arguments that the patches were extracted with.",
            )
        )
    channels, batch = entries // pixels, x.dims[0]
    full = [max((c - 1) * s + k, n + before) for c, s, k, n, before in zip(counts, steps, size, target, low)]
    if steps == size:
        y = _ops.reshape(x, shape=[batch, *counts, *size, channels])
        y = _ops.transpose(y, axes=_interleaved(rank))
        y = _ops.reshape(y, shape=[batch, *(c * k for c, k in zip(counts, size)), channels])
        for i, (c, k, n) in enumerate(zip(counts, size, full)):
            y = pad_axis(y, i + 1, 0, n - c * k)
    else:
        y = _overlapping(x, size, steps, counts, full, channels)
    for i, (before, n) in enumerate(zip(low, target)):
        y = cut(y, i + 1, before, before + n)
    return _from_last(y, rank, given.ndim == rank + 2, data_format)


def _overlapping(
    x: Any, size: tuple[int, ...], steps: tuple[int, ...], counts: list[int], full: list[int], channels: int
) -> Any:
    """The mean of all patches that cover a pixel: the sum of what each place within a patch contributes."""
    batch, rank = x.dims[0], len(size)
    total = None
    covered = [np.zeros(n) for n in full]
    for i, (k, s, c) in enumerate(zip(size, steps, counts)):
        for start in range(0, c * s, s):
            covered[i][start : start + k] += 1
    for index, offset in enumerate(itertools.product(*map(range, size))):
        stops = [at + (c - 1) * s + 1 for at, c, s in zip(offset, counts, steps)]
        part = _ops.slice_grad(
            cut(x, rank + 1, index * channels, (index + 1) * channels),
            shape=[batch, *full, channels],
            starts=[0, *offset, 0],
            stops=[batch, *stops, channels],
            strides=[1, *steps, 1],
        )
        total = part if total is None else total + part
    times = np.ones([1] * (rank + 2))
    for i, covers in enumerate(covered):
        times = times * covers.reshape([-1 if axis == i + 1 else 1 for axis in range(rank + 2)])
    share = 1.0 / np.maximum(times, 1.0)
    dtype = x.dtype if is_float(x.dtype) else config.floatx()
    mean = convert_to_tensor(total, dtype) * _core.Tensor(share.astype(dtype))
    return convert_to_tensor(mean, x.dtype)
