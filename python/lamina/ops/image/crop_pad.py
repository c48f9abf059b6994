"""Borders cut off and put on. Height and width may be unknown, then errors of the sizes come when data does."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...checks import explain, is_integer
from ..operation import operation
from .common import axes_of, cut, pad_axis, to_images

__all__ = ["crop_images", "pad_images"]

_ops = _core.ops


def _two_of_three(owner: str, given: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The two borders and the target. ValueError unless exactly one is None, and the others are 0 or more."""
    if list(given.values()).count(None) != 1:
        names = list(given)
        raise ValueError(
            explain(
                f"{owner}: the sizes do not say what to do.",
                f"exactly two of {names[0]}, {names[1]} and {names[2]}",
                ", ".join(f"{name}={value}" for name, value in given.items()),
                "leave exactly one of them None.",
            )
        )
    for name, value in given.items():
        if value is not None and (not is_integer(value) or value < 0):
            raise ValueError(
                explain(
                    f"{owner}: `{name}` is out of range.",
                    "an integer of at least 0",
                    f"{name}={value!r}",
                    f"pass 0 or more as `{name}`.",
                )
            )
    before, after, target = (value if value is None else int(value) for value in given.values())
    return before, after, target


def _check_fit(owner: str, fits: bool, x: Any, given: dict[str, Any]) -> None:
    if not fits:
        raise ValueError(
            explain(
                f"{owner}: the sizes do not fit the images.",
                "borders that are 0 or more, and lie inside the images if these are cropped",
                f"{', '.join(f'{name}={value}' for name, value in given.items())} for shape {x.shape}",
                "change the sizes.",
            )
        )


@operation
def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: Any = None,
) -> Any:
    """The images without some rows and columns; two of each three sizes are given, such as top and height."""
    x = to_images("crop_images", images)
    height, width, _ = axes_of(x, data_format)
    for axis, given in (
        (height, {"top_cropping": top_cropping, "bottom_cropping": bottom_cropping, "target_height": target_height}),
        (width, {"left_cropping": left_cropping, "right_cropping": right_cropping, "target_width": target_width}),
    ):
        before, after, target = _two_of_three("crop_images", given)
        size = x.dims[axis]
        if before is None:
            before = size - target - after
        stop = size - after if target is None else before + target
        known = isinstance(size, int)
        _check_fit("crop_images", not known or 0 <= before <= stop <= size, x, given)
        x = cut(x, axis, before, stop)
        if target is not None and not known:
            x = _ops.reshape(x, shape=[*x.dims[:axis], target, *x.dims[axis + 1 :]])
    return x


@operation
def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: Any = None,
) -> Any:
    """The images with rows and columns of zeros around; two of each three sizes are given, such as top and height."""
    x = to_images("pad_images", images)
    height, width, _ = axes_of(x, data_format)
    for axis, given in (
        (height, {"top_padding": top_padding, "bottom_padding": bottom_padding, "target_height": target_height}),
        (width, {"left_padding": left_padding, "right_padding": right_padding, "target_width": target_width}),
    ):
        before, after, target = _two_of_three("pad_images", given)
        size = x.dims[axis]
        if before is None:
            before = target - after - size
        elif after is None:
            after = target - before - size
        known = isinstance(size, int)
        _check_fit("pad_images", not known or (before >= 0 and after >= 0), x, given)
        x = pad_axis(x, axis, before, after)
        if target is not None and not known:
            x = _ops.reshape(x, shape=[*x.dims[:axis], target, *x.dims[axis + 1 :]])
    return x
