"""Datasets of image files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import config, ops
from ..checks import choice, explain, is_integer
from .directories import Request, read_directory
from .images import CHANNELS, centered_crop, img_to_array, load_img

_ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_BY_OPS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """A dataset of (images, labels) from the BMP, GIF, JPEG and PNG files below `directory`, one folder per class.

    Images are float32 from 0 to 255, of `image_size` (height, width) and 1, 3 or 4 channels (`color_mode`: 'grayscale',
    'rgb', 'rgba'). Those of other proportions are distorted, or cut (`crop_to_aspect_ratio`), or filled with zeros
    (`pad_to_aspect_ratio`). Labels: `label_mode` 'int', 'categorical' (one-hot), 'binary', or None for images alone;
    or a list in `labels`. `validation_split` with `subset` 'training', 'validation' or 'both' takes a part of the
    files. The dataset has `class_names` and `file_paths`; files are read by threads, batch by batch, in an order that
    follows from `seed` and the number of the pass. Needs Pillow. `format` is kept for Keras' sake.
    """
    owner = "image_dataset_from_directory"
    choice(owner, "color_mode", color_mode, tuple(CHANNELS))
    interpolation = choice(owner, "interpolation", interpolation, (*_BY_OPS, *_WEIGHTS))
    data_format = config.standardize_data_format(data_format)
    size = (image_size, image_size) if is_integer(image_size) else image_size
    if not isinstance(size, (list, tuple)) or len(size) != 2 or not all(is_integer(n) and n > 0 for n in size):
        raise ValueError(
            explain(f"{owner}: `image_size` is no size.", "(height, width)", f"{image_size!r}", "pass e.g. (64, 64).")
        )
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            explain(
                f"{owner}: an image is either cut or filled.",
                "crop_to_aspect_ratio or pad_to_aspect_ratio",
                "both",
                "choose one.",
            )
        )

    def load(path: str) -> np.ndarray:
        image = img_to_array(load_img(path, color_mode), "channels_last", "float32")
        if pad_to_aspect_ratio:
            image = _with_borders(image, size, interpolation)
        else:
            if crop_to_aspect_ratio:
                top, left, height, width = centered_crop(image.shape[0], image.shape[1], size)
                image = image[top : top + height, left : left + width]
            image = _resize(image, size, interpolation)
        return image.transpose(2, 0, 1) if data_format == "channels_first" else image

    request = Request(
        *(owner, directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset),
        *(follow_links, format, verbose),
    )
    return read_directory(request, _ENDINGS, load)


def _resize(image: np.ndarray, size: Any, method: str) -> np.ndarray:
    if method in _BY_OPS:
        return ops.image.resize(image, tuple(size), interpolation=method, data_format="channels_last").numpy()
    rows, columns = (_WEIGHTS[method](n, count) for n, count in zip(image.shape, size))
    return np.einsum("ah,bw,hwc->abc", rows, columns, image, optimize=True).astype("float32")


def _with_borders(image: np.ndarray, size: Any, method: str) -> np.ndarray:
    """The whole image in the middle, zeros around it."""
    ratio = max(image.shape[0] / size[0], image.shape[1] / size[1])
    exact = [n / ratio for n in image.shape[:2]]
    kept = [max(int(n + 1e-6), 1) for n in exact]
    top, left = (int(max(whole - n, 0) / 2) for whole, n in zip(size, exact))
    framed = np.zeros((*size, image.shape[2]), dtype="float32")
    framed[top : top + kept[0], left : left + kept[1]] = _resize(image, kept, method)
    return framed


def _by_area(size: int, count: int) -> np.ndarray:
    """Weights of the mean over the part of the image that becomes one pixel."""
    edges = np.arange(count + 1) * (size / count)
    pixels = np.arange(size)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.clip(covered, 0, None) * (count / size)


def _by_kernel(radius: float, kernel: Callable[[Any], Any]) -> Callable[[int, int], np.ndarray]:
    """Weights by the distance from the place in the image that becomes the pixel's middle."""

    def weights(size: int, count: int) -> np.ndarray:
        middles = (np.arange(count) + 0.5) * (size / count)
        distances = np.abs(np.arange(size) + 0.5 - middles[:, None])
        found = np.where(distances <= radius, kernel(distances), 0.0)
        return found / found.sum(1, keepdims=True)

    return weights


def _mitchell(x: Any) -> Any:
    """Mitchell and Netravali (1988) with B = C = 1/3."""
    inner = (7 * x**3 - 12 * x**2 + 16 / 3) / 6
    outer = (-7 / 3 * x**3 + 12 * x**2 - 20 * x + 32 / 3) / 6
    return np.where(x < 1, inner, np.where(x < 2, outer, 0.0))


_WEIGHTS: dict[str, Callable[[int, int], np.ndarray]] = {
    "area": _by_area,
    "gaussian": _by_kernel(1.5, lambda x: np.exp(-2 * x**2)),
    "mitchellcubic": _by_kernel(2.0, _mitchell),
}
