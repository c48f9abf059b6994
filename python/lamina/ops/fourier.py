"""Fourier transforms along the last axes. A complex tensor is a pair of real ones: real and imaginary parts.

>>> import lamina
>>> real, imag = lamina.ops.rfft([1.0, 0.0, 0.0, 0.0])
>>> real.numpy().tolist()
[1.0, 1.0, 1.0]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..checks import explain, integer
from .convert import convert_to_tensor, convert_weak, is_float, to_float
from .indexing import get_item
from .operation import operation

__all__ = ["fft", "fft2", "ifft2", "irfft", "istft", "rfft", "stft"]

_ops = _core.ops


def _parts(x: Any, owner: str, rank: int = 1) -> tuple[Any, Any]:
    """The real and the imaginary part. ValueError unless both are floats of one shape."""
    pair = [convert_to_tensor(part) for part in x] if isinstance(x, (list, tuple)) and len(x) == 2 else []
    same = pair and all(is_float(part.dtype) for part in pair) and pair[0].dtype == pair[1].dtype
    if not same or pair[0].shape != pair[1].shape or pair[0].ndim < rank:
        received = ", ".join(f"{p.dtype} {p.shape}" for p in pair) if pair else repr(x)
        raise ValueError(
            explain(
                f"{owner}: the input is no complex tensor.",
                f"a tuple of two float tensors of one shape of rank {rank} or more: the real and imaginary parts",
                received,
                "pass (real, imag); zeros_like(real) is the imaginary part of real numbers.",
            )
        )
    return pair[0], pair[1]


def _scaled(x: Any, divisor: Any) -> Any:
    if isinstance(divisor, int):
        return _ops.multiply(x, convert_weak(1.0 / divisor, x.dtype))
    return _ops.divide(x, convert_to_tensor(divisor, x.dtype))


def _resized(x: Any, size: Any) -> Any:
    """x with `size` entries along the last axis: cut, or zeros added."""
    now = x.dims[-1]
    if isinstance(now, int) and isinstance(size, int):
        missing = size - now
    else:
        missing = 0 if type(now) is type(size) and now == size else size
    if missing == 0:
        return x
    if missing < 0:
        return get_item(x, (Ellipsis, slice(0, size)))
    border = [0] * (x.ndim - 1)
    x = _ops.pad(x, low=[*border, 0], high=[*border, missing], value=0.0)
    return x if isinstance(now, int) else get_item(x, (Ellipsis, slice(0, size)))


def _along_both(x: tuple[Any, Any], inverse: bool) -> tuple[Any, Any]:
    """The transform along the last axis, then along the one before."""
    order = list(range(x[0].ndim))
    order[-1], order[-2] = order[-2], order[-1]
    for _ in range(2):
        x = tuple(_ops.transpose(part, axes=order) for part in _ops.fft(*x, inverse=inverse))
    return x


@operation
def fft(x: Any) -> Any:
    """The discrete Fourier transform along the last axis of (real, imag), as (real, imag)."""
    return _ops.fft(*_parts(x, "fft"))


@operation
def fft2(x: Any) -> Any:
    """The discrete Fourier transform along the last two axes of (real, imag), as (real, imag)."""
    return _along_both(_parts(x, "fft2", 2), False)


@operation
def ifft2(x: Any) -> Any:
    """The inverse of `fft2`."""
    x = _parts(x, "ifft2", 2)
    count = x[0].dims[-1] * x[0].dims[-2]
    return tuple(_scaled(part, count) for part in _along_both(x, True))


def _row(x: Any, owner: str) -> Any:
    x = to_float(x)
    if x.ndim == 0:
        raise ValueError(explain(f"{owner}: a scalar has no axis.", "rank 1 or more", "shape ()", "pass a signal."))
    return x


@operation
def rfft(x: Any, fft_length: int | None = None) -> Any:
    """The first fft_length // 2 + 1 entries of the transform of real x, as (real, imag); the others mirror them.

    The last axis is cut to `fft_length`, or filled up with zeros.
    """
    x = _row(x, "rfft")
    return _ops.rfft(x if fft_length is None else _resized(x, integer("rfft", "fft_length", fft_length)))


@operation
def irfft(x: Any, fft_length: int | None = None) -> Any:
    """The inverse of `rfft`: real x of `fft_length` entries, by default 2 * (size - 1)."""
    parts = _parts(x, "irfft")
    if fft_length is None:
        length = (parts[0].dims[-1] - 1) * 2
        if isinstance(length, int) and length < 1:
            raise ValueError(
                explain(
                    "irfft: one entry does not say how long the signal is.",
                    "fft_length=1, or more entries",
                    f"shape {parts[0].shape}",
                    "pass `fft_length`.",
                )
            )
    else:
        length = integer("irfft", "fft_length", fft_length)
        parts = tuple(_resized(part, length // 2 + 1) for part in parts)
    return _scaled(_ops.irfft(*parts, length=length), length)


# ---- Short-time transforms


_WINDOWS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46)}


def _window(window: Any, sequence_length: int, fft_length: int, dtype: str, owner: str) -> Any:
    """The window in the middle of `fft_length` entries; ones for None."""
    if window is None:
        return _ops.fill(shape=[fft_length], value=1.0, dtype=dtype)
    if isinstance(window, str):
        if window not in _WINDOWS:
            raise ValueError(
                explain(
                    f"{owner}: the window is not known.",
                    f"{', '.join(map(repr, _WINDOWS))}, None or an array",
                    f"window={window!r}",
                    "choose one of them.",
                )
            )
        level, wave = _WINDOWS[window]
        angles = 2 * np.pi * np.arange(sequence_length) / sequence_length
        values = level - wave * np.cos(angles) if sequence_length > 1 else np.ones(1)
        window = convert_weak(values, dtype)
    else:
        window = convert_to_tensor(window, dtype)
    if window.shape != (sequence_length,):
        raise ValueError(
            explain(
                f"{owner}: the window has the wrong length.",
                f"shape ({sequence_length},), as sequence_length is {sequence_length}",
                f"shape {window.shape}",
                "pass as many numbers as a sequence has.",
            )
        )
    low = (fft_length - sequence_length) // 2
    return _ops.pad(window, low=[low], high=[fft_length - sequence_length - low], value=0.0)


def _check_lengths(owner: str, sequence_length: Any, sequence_stride: Any, fft_length: Any) -> tuple[int, int, int]:
    sequence_length = integer(owner, "sequence_length", sequence_length)
    sequence_stride = integer(owner, "sequence_stride", sequence_stride)
    return sequence_length, sequence_stride, integer(owner, "fft_length", fft_length, minimum=sequence_length)


def _whole(x: Any) -> Any:
    return convert_to_tensor(x, "int64")


def _frame_positions(frames: Any, length: int, stride: int) -> Any:
    """[frames, length]: where the entries of each frame are."""
    starts = _ops.arange(size=frames, start=0, step=stride, dtype="int64")
    return _ops.add(_ops.reshape(starts, shape=[frames, 1]), _ops.arange(size=length, start=0, step=1, dtype="int64"))


@operation
def stft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """The transforms of overlapping sequences of the last axis, times the window: (real, imag) [..., sequences, bins].

    `center` first mirrors the signal at both ends, so that sequence t is centered at entry t * sequence_stride.
    """
    x = convert_to_tensor(x)
    if not is_float(x.dtype):
        raise TypeError(explain("stft: the signal is not float.", "float32 or float64", x.dtype, "cast it."))
    x = _row(x, "stft")
    sequence_length, stride, fft_length = _check_lengths("stft", sequence_length, sequence_stride, fft_length)
    window = _window(window, sequence_length, fft_length, x.dtype, "stft")
    size = x.dims[-1]
    border = fft_length // 2 if center else 0
    if isinstance(size, int) and (size + 2 * border < fft_length or size == 0):
        raise ValueError(
            explain(
                "stft: the signal is too short.",
                f"at least {max(1, fft_length - 2 * border)} entries, as fft_length is {fft_length}",
                f"shape {x.shape}",
                "pad the signal, or use a smaller `fft_length`.",
            )
        )
    frames = (size + 2 * border - fft_length) // stride + 1
    positions = _frame_positions(frames, fft_length, stride)
    if center:  # counted from the first entry, walking forth and back
        period = _ops.maximum(_whole((size - 1) * 2), _whole(1))
        walked = _ops.mod(_ops.subtract(positions, _whole(border)), period)
        positions = _ops.minimum(walked, _ops.subtract(period, walked))
    return _ops.rfft(_ops.multiply(_ops.take(x, positions, axis=x.ndim - 1), window))


@operation
def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """The signal with the short-time transforms (real, imag) [..., sequences, bins], least squares where they differ.

    `length` cuts the signal, which says how many entries there are after the last center.
    """
    parts = _parts(x, "istft", 2)
    sequence_length, stride, fft_length = _check_lengths("istft", sequence_length, sequence_stride, fft_length)
    dtype = parts[0].dtype
    win = _window(window, sequence_length, fft_length, dtype, "istft")
    sequences = _ops.multiply(irfft(parts, fft_length), win)
    batch, frames = list(sequences.dims[:-2]), sequences.dims[-2]
    total = (frames - 1) * stride + fft_length
    positions = _frame_positions(frames, fft_length, stride)
    squares = _ops.broadcast_to(_ops.square(win), shape=[frames, fft_length])
    signal = _ops.scatter_add(sequences, positions, axis=len(batch), shape=[*batch, total])
    weight = _ops.scatter_add(squares, positions, axis=0, shape=[total])
    seen = _ops.greater(weight, convert_weak(1e-10, dtype))
    signal = _ops.divide(signal, _ops.where(seen, weight, convert_weak(1.0, dtype)))
    if window is None:  # without a window Keras adds the sequences, each of them as often as entries are seen
        signal = _ops.multiply(signal, convert_weak(fft_length / stride, dtype))
    start = fft_length // 2 if center else 0
    stop = start + integer("istft", "length", length) if length is not None else total - start
    return get_item(signal, (Ellipsis, slice(start, stop)))
