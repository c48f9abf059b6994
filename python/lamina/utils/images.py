"""Images: files, Pillow images and arrays."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from .. import _core, config
from ..checks import choice, explain, need

CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
_MODES = {"rgb": "RGB", "rgba": "RGBA"}
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow() -> Any:
    """Pillow's module Image. ImportError that names the extra if Pillow is missing."""
    return need("PIL.Image", "Images need", "Pillow", "image")


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """An image file (a path or a BytesIO) as a Pillow image.

    `color_mode`: 'grayscale', 'rgb' or 'rgba'; grey images of 16 or 32 bits stay as they are. `target_size` (height,
    width) resizes, with `keep_aspect_ratio` after cutting the borders that are too much.
    """
    image = pillow()
    choice("load_img", "color_mode", color_mode, tuple(CHANNELS))
    if not isinstance(path, (io.BytesIO, str, bytes, os.PathLike)):
        raise TypeError(
            explain("load_img: this is no path.", "a path or a BytesIO", type(path).__name__, "pass the file's name.")
        )
    with image.open(path if isinstance(path, io.BytesIO) else os.fspath(path)) as opened:
        opened.load()
        img = opened if opened.fp is None else opened.copy()
    if color_mode == "grayscale":
        img = img if img.mode in ("L", "I;16", "I") else img.convert("L")
    elif img.mode != _MODES[color_mode]:
        img = img.convert(_MODES[color_mode])
    if target_size is None or img.size == (target_size[1], target_size[0]):
        return img
    choice("load_img", "interpolation", interpolation, _INTERPOLATIONS)
    height, width = target_size
    box = None
    if keep_aspect_ratio:
        kept_height = min(img.height, img.width * height // width)
        kept_width = min(img.width, img.height * width // height)
        top, left = (img.height - kept_height) // 2, (img.width - kept_width) // 2
        box = (left, top, left + kept_width, top + kept_height)
    return img.resize((width, height), getattr(image.Resampling, interpolation.upper()), box=box)


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """A Pillow image (or a matrix) as an array of three axes, the channels last unless `data_format` says otherwise."""
    data_format = config.standardize_data_format(data_format)
    x = np.asarray(img, dtype=dtype or config.floatx())
    if x.ndim == 2:
        x = x[:, :, None]
    if x.ndim != 3:
        raise ValueError(
            explain("img_to_array: this is no image.", "two or three axes", f"shape {x.shape}", "pass one image.")
        )
    return x.transpose(2, 0, 1) if data_format == "channels_first" else x


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """An array of three axes (1, 3 or 4 channels) as a Pillow image; `scale` spreads its values over 0 to 255.

    Grey values above 255 give an image of 32 bits.
    """
    image = pillow()
    data_format = config.standardize_data_format(data_format)
    x = np.array(x, dtype=dtype or config.floatx())
    if x.ndim != 3:
        raise ValueError(
            explain(
                "array_to_img: this is no image.",
                "one image: height, width and channels",
                f"shape {x.shape}",
                "pass a single image, e.g. batch[0].",
            )
        )
    if data_format == "channels_first":
        x = x.transpose(1, 2, 0)
    if x.shape[2] not in CHANNELS.values():
        raise ValueError(
            explain(
                "array_to_img: the number of channels is not that of an image.",
                "1, 3 or 4 channels",
                f"{x.shape[2]} in shape {x.shape}",
                "check data_format.",
            )
        )
    if scale:
        x = x - x.min()
        x = (x / x.max() if x.max() != 0 else x) * 255
    x = x[:, :, 0] if x.shape[2] == 1 else x
    return image.fromarray(np.ascontiguousarray(x.astype("int32" if x.ndim == 2 and x.max() > 255 else "uint8")))


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Writes an array as an image file; its format follows from `file_format` or from the ending of `path`.

    Other arguments go to Pillow's `save`. JPEG files lose a fourth channel, with a warning.
    """
    if file_format is None and isinstance(path, (str, Path)):
        file_format = Path(path).suffix[1:]
    file_format = {"jpg": "jpeg"}.get((file_format or "").lower(), file_format)
    img = array_to_img(x, data_format=data_format, scale=scale)
    if img.mode == "RGBA" and (file_format or "").lower() == "jpeg":
        warnings.warn("JPEG files have no fourth channel: it is dropped.", stacklevel=2)
        img = img.convert("RGB")
    img.save(path, format=file_format or None, **kwargs)


def centered_crop(height: int, width: int, size: Any) -> tuple[int, int, int, int]:
    """Top, left, height and width of the largest centered part with the proportions of `size` (height, width)."""
    kept_height = max(min(height, int(float(width * size[0]) / size[1])), 1)
    kept_width = max(min(width, int(float(height * size[1]) / size[0])), 1)
    return (height - kept_height) // 2, (width - kept_width) // 2, kept_height, kept_width


def smart_resize(
    x: Any, size: Any, interpolation: str = "bilinear", data_format: str = "channels_last", **kwargs: Any
) -> Any:
    """Images resized to `size` (height, width) without distortion: borders that are too much are cut first.

    One image or a batch; a NumPy array gives one.
    """
    from .. import ops

    kwargs.pop("backend_module", None)
    if kwargs:
        raise TypeError(f"smart_resize: unknown arguments {sorted(kwargs)}. Fix: check the spelling.")
    if not isinstance(size, (list, tuple)) or len(size) != 2:
        raise ValueError(
            explain("smart_resize: `size` is no size.", "(height, width)", f"size={size!r}", "pass e.g. (64, 64).")
        )
    img = ops.convert_to_tensor(x)
    if img.ndim not in (3, 4):
        raise ValueError(
            explain("smart_resize: this is no image.", "three or four axes", f"shape {img.shape}", "pass images.")
        )
    axis = img.ndim - 3 if data_format == "channels_last" else img.ndim - 2
    top, left, height, width = centered_crop(img.shape[axis], img.shape[axis + 1], size)
    cut = (slice(None),) * axis + (slice(top, top + height), slice(left, left + width))
    img = ops.image.resize(img[cut], size=tuple(size), interpolation=interpolation, data_format=data_format)
    return img if isinstance(x, _core.Tensor) else np.array(img.numpy())
