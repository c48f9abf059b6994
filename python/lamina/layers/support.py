"""What several layers need: data formats, checks of input shapes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .. import ops
from ..checks import explain
from ..ops.convert import is_float
from ..variables import autocast


def to_float(layer: Any, x: Any) -> Any:
    """Whole numbers and bools in the layer's compute dtype; floats as they are."""
    return x if is_float(x.dtype) else ops.cast(x, layer.compute_dtype)


def keeps_whole_numbers(call: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a layer's `call`, whose kernel takes floats, give whole numbers for whole numbers."""

    @functools.wraps(call)
    def run(self: Any, inputs: Any) -> Any:
        if is_float(inputs.dtype):
            return call(self, inputs)
        return ops.cast(call(self, ops.cast(inputs, "float64")), inputs.dtype)

    return run


def in_float32(call: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a layer's `call` compute in float32 on 16-bit floats: their statistics would be too coarse.

    Whole numbers are floats to it.
    """

    @functools.wraps(call)
    def run(self: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        inputs = to_float(self, inputs)
        if inputs.dtype not in ("float16", "bfloat16"):
            return call(self, inputs, *args, **kwargs)
        with autocast("float32"):
            return ops.cast(call(self, ops.cast(inputs, "float32"), *args, **kwargs), inputs.dtype)

    return run


def refuse(layer: Any, **options: Any) -> None:
    """ValueError for arguments of Keras that are accepted at their default only."""
    for name, value in options.items():
        if value:
            raise ValueError(
                explain(
                    f"{type(layer).__name__}: `{name}` is not available.",
                    f"{name}=None",
                    f"{name}={value!r}",
                    f"leave `{name}` out.",
                )
            )


def size_of_axis(layer: Any, shape: Sequence[int | None], axis: int, meaning: str) -> int:
    """The size of an axis that weights depend on; ValueError where it is missing or unknown."""
    size = shape[axis] if -len(shape) <= axis < len(shape) else None
    if size is None:
        raise ValueError(
            explain(
                f"{type(layer).__name__}: the weights cannot be made.",
                f"an input whose axis {axis} ({meaning}) is known",
                f"an input of shape {tuple(shape)}",
                f"give the {meaning} in `Input(shape=...)`.",
            )
        )
    return int(size)


def channels_to_last(x: Any) -> Any:
    """(batch, channels, ...) -> (batch, ..., channels)."""
    return ops.transpose(x, (0, *range(2, x.ndim), 1))


def channels_to_first(x: Any) -> Any:
    """(batch, ..., channels) -> (batch, channels, ...)."""
    return ops.transpose(x, (0, x.ndim - 1, *range(1, x.ndim - 1)))


def refuse_dilated_strides(owner: str, strides: Sequence[int], dilation_rate: Sequence[int]) -> None:
    """ValueError for strides and dilation together, which Keras has in depthwise layers only."""
    if max(strides) > 1 and max(dilation_rate) > 1:
        raise ValueError(
            explain(
                f"{owner}: strides and dilation cannot be combined.",
                "`strides` of 1 or `dilation_rate` of 1",
                f"strides={strides}, dilation_rate={dilation_rate}",
                "use two layers, or one of the two.",
            )
        )


def check_windows(
    layer: Any, shape: Sequence[int | None], window: Sequence[int], padding: str, data_format: str
) -> None:
    """ValueError where 'valid' windows are larger than the input."""
    sizes = shape[1:-1] if data_format == "channels_last" else shape[2:]
    if padding == "valid" and any(n is not None and n < k for n, k in zip(sizes, window)):
        raise ValueError(
            explain(
                f"{type(layer).__name__}: the window is larger than the input, nothing would be left.",
                f"spatial sizes of at least {tuple(window)}",
                f"{tuple(sizes)}, from an input of shape {tuple(shape)} with data_format={data_format!r}",
                "use a smaller window, padding='same', fewer pooling steps before, or a larger input.",
            )
        )
