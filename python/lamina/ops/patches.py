"""Images as blocks of entries, and back."""

from __future__ import annotations

from typing import Any

from .. import _core, config
from ..checks import explain, integer, integers
from .convert import convert_to_tensor
from .operation import operation

__all__ = ["depth_to_space", "fold", "space_to_depth", "unfold"]

_ops = _core.ops


def _check_rank(owner: str, x: Any, rank: int, axes: str) -> None:
    if x.ndim != rank:
        raise ValueError(
            explain(f"{owner}: the rank is wrong.", f"shape {axes}", f"shape {x.shape}", "reshape the input.")
        )


def _check_divides(owner: str, what: str, size: int | None, divisor: int) -> None:
    if size is not None and size % divisor:
        raise ValueError(
            explain(
                f"{owner}: {what} does not divide.", f"a multiple of {divisor}", f"{size}", "crop or pad the input."
            )
        )


class _Blocks:
    """The places of the blocks along one padded axis."""

    def __init__(self, owner: str, size: Any, kernel: int, dilation: int, padding: int, stride: int) -> None:
        self.kernel, self.dilation, self.stride = kernel, dilation, stride
        self.padded = size + 2 * padding
        reach = (kernel - 1) * dilation + 1
        if isinstance(self.padded, int) and self.padded < reach:
            raise ValueError(
                explain(
                    f"{owner}: a block does not fit into the image.",
                    f"at least {reach} entries along the axis, padding included",
                    f"{self.padded}",
                    "use a smaller kernel or dilation, or more padding.",
                )
            )
        self.count = (self.padded - reach) // stride + 1

    def indices(self) -> Any:
        """Where entry k of block b lies, k first: k * dilation + b * stride."""
        taps = _ops.arange(size=self.kernel, start=0.0, step=float(self.dilation), dtype="int64")
        blocks = _ops.arange(size=self.count, start=0.0, step=float(self.stride), dtype="int64")
        return _ops.reshape(_ops.add(_ops.reshape(taps, shape=[-1, 1]), blocks), shape=[-1])


def _blocks(
    owner: str, sizes: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[tuple[_Blocks, _Blocks], tuple[int, ...]]:
    """The blocks along height and width, and the padding."""
    kernel = integers(owner, "kernel_size", kernel_size, 2)
    holes = integers(owner, "dilation", dilation, 2)
    border = integers(owner, "padding", padding, 2, minimum=0)
    steps = integers(owner, "stride", stride, 2)
    height, width = (_Blocks(owner, *axis) for axis in zip(sizes, kernel, holes, border, steps))
    return (height, width), border


@operation
def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """The blocks of images (batch, channels, height, width) as columns: (batch, channels * entries, blocks)."""
    x = convert_to_tensor(x)
    _check_rank("unfold", x, 4, "(batch, channels, height, width)")
    (h, w), border = _blocks("unfold", x.dims[2:], kernel_size, dilation, padding, stride)
    if any(border):
        x = _ops.pad(x, low=[0, 0, *border], high=[0, 0, *border], value=0.0)
    x = _ops.take(_ops.take(x, h.indices(), axis=2), w.indices(), axis=3)
    batch, channels = x.dims[:2]
    x = _ops.reshape(x, shape=[batch, channels, h.kernel, h.count, w.kernel, w.count])
    x = _ops.transpose(x, axes=[0, 1, 2, 4, 3, 5])
    return _ops.reshape(x, shape=[batch, channels * (h.kernel * w.kernel), h.count * w.count])


@operation
def fold(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Images of which `unfold` would make the columns x, overlapping blocks added up."""
    x = convert_to_tensor(x)
    _check_rank("fold", x, 3, "(batch, channels * entries, blocks)")
    sizes = integers("fold", "output_size", output_size, 2)
    (h, w), border = _blocks("fold", sizes, kernel_size, dilation, padding, stride)
    _check_divides("fold", "the number of rows", x.shape[1], h.kernel * w.kernel)
    if x.shape[2] not in (None, h.count * w.count):
        raise ValueError(
            explain(
                "fold: the number of blocks is wrong.",
                f"{h.count} x {w.count} blocks for output_size={sizes}",
                f"shape {x.shape}",
                "use the sizes that `unfold` was called with.",
            )
        )
    batch, channels = x.dims[0], x.dims[1] // (h.kernel * w.kernel)
    x = _ops.reshape(x, shape=[batch, channels, h.kernel, w.kernel, h.count, w.count])
    x = _ops.transpose(x, axes=[0, 1, 2, 4, 3, 5])
    rows = h.kernel * h.count
    x = _ops.reshape(x, shape=[batch, channels, rows, w.kernel * w.count])
    x = _ops.scatter_add(x, w.indices(), axis=3, shape=[batch, channels, rows, w.padded])
    x = _ops.scatter_add(x, h.indices(), axis=2, shape=[batch, channels, h.padded, w.padded])
    if any(border):
        stops = [batch, channels, *(b + size for b, size in zip(border, sizes))]
        x = _ops.slice(x, starts=[0, 0, *border], stops=stops, strides=[1] * 4)
    return x


def _block_size(owner: str, x: Any, block_size: Any, data_format: Any) -> tuple[int, bool]:
    size = integer(owner, "block_size", block_size, 2)
    first = config.standardize_data_format(data_format) == "channels_first"
    _check_rank(owner, x, 4, "(batch, channels, height, width)" if first else "(batch, height, width, channels)")
    return size, first


@operation
def depth_to_space(x: Any, block_size: int, data_format: Any = "channels_last") -> Any:
    """Channels moved into blocks of block_size x block_size pixels (pixel shuffle)."""
    x = convert_to_tensor(x)
    size, first = _block_size("depth_to_space", x, block_size, data_format)
    _check_divides("depth_to_space", "the number of channels", x.shape[1 if first else 3], size * size)
    if first:
        batch, depth, height, width = x.dims
        channels = depth // (size * size)
        split, order = [batch, channels, size, size, height, width], [0, 1, 4, 2, 5, 3]
        shape = [batch, channels, height * size, width * size]
    else:
        batch, height, width, depth = x.dims
        channels = depth // (size * size)
        split, order = [batch, height, width, size, size, channels], [0, 1, 3, 2, 4, 5]
        shape = [batch, height * size, width * size, channels]
    return _ops.reshape(_ops.transpose(_ops.reshape(x, shape=split), axes=order), shape=shape)


@operation
def space_to_depth(x: Any, block_size: int, data_format: Any = "channels_last") -> Any:
    """Blocks of block_size x block_size pixels moved into channels: the inverse of `depth_to_space`."""
    x = convert_to_tensor(x)
    size, first = _block_size("space_to_depth", x, block_size, data_format)
    for what, axis in (("the height", 2 if first else 1), ("the width", 3 if first else 2)):
        _check_divides("space_to_depth", what, x.shape[axis], size)
    if first:
        batch, channels, height, width = x.dims
        split = [batch, channels, height // size, size, width // size, size]
        order = [0, 1, 3, 5, 2, 4]
        shape = [batch, channels * (size * size), height // size, width // size]
    else:
        batch, height, width, channels = x.dims
        split = [batch, height // size, size, width // size, size, channels]
        order = [0, 1, 3, 2, 4, 5]
        shape = [batch, height // size, width // size, channels * (size * size)]
    return _ops.reshape(_ops.transpose(_ops.reshape(x, shape=split), axes=order), shape=shape)
