"""Filters: blur, edges, and the similarity that is made of blurs. Height and width may be unknown."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _core
from ...checks import explain, integer, integers, number, shapes_differ
from ..convert import convert_to_tensor, to_float
from ..operation import operation
from .common import cut, from_batch, gaussian, is_channels_first, known_channels, to_batch, to_dtype, to_images

__all__ = ["gaussian_blur", "sobel_edges", "ssim"]

_ops = _core.ops


def blur(x: Any, rows: Any, columns: Any, padding: str) -> Any:
    """Each channel of x [batch, height, width, channels] filtered along its height, then along its width."""
    channels = known_channels("gaussian_blur", x, 3)
    for weights, shape in ((rows, [-1, 1, 1, 1]), (columns, [1, -1, 1, 1])):
        size = weights.dims[0]
        kernel = _ops.reshape(weights, shape=[size if n == -1 else n for n in shape])
        kernel = _ops.broadcast_to(kernel, shape=[*kernel.dims[:3], channels])
        x = _ops.conv(x, kernel, strides=[1, 1], padding=padding, dilation=[1, 1], groups=channels)
    return x


@operation
def gaussian_blur(images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: Any = None) -> Any:
    """The images smoothed by a Gaussian of `sigma` pixels, cut off at `kernel_size`; zeros around them.

    Both are (along the width, along the height), as Keras computes it. The number of channels has to be known.
    """
    x = to_images("gaussian_blur", images)
    size = integers("gaussian_blur", "kernel_size", kernel_size, 2)
    floats = to_float(x)
    if isinstance(sigma, (list, tuple)) and len(sigma) == 2:
        widths = [convert_to_tensor(s, floats.dtype) for s in sigma]
    else:
        both = convert_to_tensor(sigma, floats.dtype)
        if both.shape != (2,):
            raise ValueError(
                explain(
                    "gaussian_blur: `sigma` is not a pair.", "two numbers", f"shape {both.shape}", "pass e.g. (1, 1)."
                )
            )
        widths = [_ops.reshape(cut(both, 0, i, i + 1), shape=[]) for i in range(2)]
    columns, rows = (gaussian(n, width, floats.dtype) for n, width in zip(size, widths))
    y = blur(to_batch(floats, data_format), rows, columns, "same")
    return to_dtype(from_batch(y, x.ndim, data_format), x.dtype)


@operation
def sobel_edges(images: Any, data_format: Any = None) -> Any:
    """The slopes of a batch of images along height and width, as a last axis of size 2; zeros around the images."""
    x = convert_to_tensor(images)
    if x.ndim != 4:
        raise ValueError(
            explain(
                "sobel_edges: `images` has the wrong rank.",
                "rank 4 (a batch of images)",
                f"shape {x.shape}",
                "add a batch axis with expand_dims.",
            )
        )
    batch = to_batch(to_float(x), data_format)
    channels = known_channels("sobel_edges", batch, 3)
    slope = np.outer([1, 2, 1], [-1, 0, 1]).astype(batch.dtype)
    kernel = np.tile(np.stack([slope.T, slope], axis=-1)[:, :, None], (1, 1, 1, channels))
    y = _ops.conv(batch, _core.Tensor(kernel), strides=[1, 1], padding="same", dilation=[1, 1], groups=channels)
    y = _ops.reshape(y, shape=[*batch.dims, 2])
    if is_channels_first(data_format):
        y = _ops.transpose(y, axes=[0, 3, 1, 2, 4])
    return to_dtype(y, x.dtype)


@operation
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: Any = None,
) -> Any:
    """The structural similarity of each pair of images, 1 for equal ones; images at least `filter_size` large.

    Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, 2004.
    """
    first, second = to_images("ssim", image1, "image1"), to_images("ssim", image2, "image2")
    if shapes_differ(first.shape, second.shape):
        raise ValueError(
            explain(
                "ssim: the images differ in shape.",
                "two images, or batches of them, of one shape",
                f"shapes {first.shape} and {second.shape}",
                "resize one of them.",
            )
        )
    size = integer("ssim", "filter_size", filter_size)
    number("ssim", "filter_sigma", filter_sigma, low=0.0)
    c1, c2 = (float(k1) * float(max_val)) ** 2, (float(k2) * float(max_val)) ** 2
    a = to_batch(to_float(first), data_format)
    b = to_batch(to_float(second), data_format)
    b = convert_to_tensor(b, a.dtype)
    weights = gaussian(size, float(filter_sigma), a.dtype)
    maps = blur(_ops.concatenate(a, b, a * a, b * b, a * b, axis=0), weights, weights, "valid")
    count = a.dims[0]
    mean_a, mean_b, square_a, square_b, product = (cut(maps, 0, count * i, count * (i + 1)) for i in range(5))
    covariance = product - mean_a * mean_b
    variances = (square_a - mean_a * mean_a) + (square_b - mean_b * mean_b)
    likeness = (2.0 * mean_a * mean_b + c1) * (2.0 * covariance + c2)
    likeness = likeness / ((mean_a * mean_a + mean_b * mean_b + c1) * (variances + c2))
    result = _ops.mean(likeness, axes=[1, 2, 3])
    return convert_to_tensor(_ops.reshape(result, shape=[]) if first.ndim == 3 else result, first.dtype)
