"""Convolutions. The engine works on channels last; channels first costs a transpose at both ends."""

from __future__ import annotations

from typing import Any

from .. import _core, config
from ..checks import choice, explain, integers
from .convert import to_common, to_float
from .operation import operation

__all__ = ["conv"]

_ops = _core.ops


def _to_last(x: Any) -> Any:
    return _ops.transpose(x, axes=[0, *range(2, x.ndim), 1])


def _to_first(x: Any) -> Any:
    return _ops.transpose(x, axes=[0, x.ndim - 1, *range(1, x.ndim - 1)])


def _spatial_rank(owner: str, x: Any) -> int:
    if not 3 <= x.ndim <= 5:
        raise ValueError(
            explain(
                f"{owner}: the input has no spatial axes.",
                "shape (batch, 1 to 3 spatial axes, channels)",
                f"shape {x.shape}",
                "add the missing axes with expand_dims.",
            )
        )
    return x.ndim - 2


@operation
def conv(
    inputs: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Any:
    """Convolution of 1 to 3 spatial axes; kernel of shape (spatial..., channels per group, filters)."""
    x, kernel = map(to_float, to_common(inputs, kernel))
    rank = _spatial_rank("conv", x)
    first = config.standardize_data_format(data_format) == "channels_first"
    x = _to_last(x) if first else x
    if kernel.ndim != rank + 2:
        raise ValueError(
            explain(
                "conv: the kernel does not fit the input.",
                f"a kernel of rank {rank + 2} for an input of shape {x.shape}",
                f"kernel of shape {kernel.shape}",
                "give the kernel shape (spatial..., channels, filters).",
            )
        )
    channels, taken = x.shape[-1], kernel.shape[-2]
    if channels is None or channels % taken or kernel.shape[-1] % (channels // taken):
        raise ValueError(
            explain(
                "conv: the channels do not fit the kernel.",
                f"a multiple of {taken} channels that divides into the {kernel.shape[-1]} filters",
                f"input {x.shape}, kernel {kernel.shape}",
                "build the kernel for the input's channels.",
            )
        )
    y = _ops.conv(
        x,
        kernel,
        strides=list(integers("conv", "strides", strides, rank)),
        padding=choice("conv", "padding", padding, ("valid", "same", "causal")),
        dilation=list(integers("conv", "dilation_rate", dilation_rate, rank)),
        groups=channels // taken,
    )
    return _to_first(y) if first else y
