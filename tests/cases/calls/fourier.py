"""Fourier transforms. A complex tensor is a pair of real ones."""

import numpy as np

from cases.arrays import positive, real
from cases.call import Call


def _pair(name, **arguments):
    """The call on (real, imag) from two tensors."""
    return lambda ops, re, im: getattr(ops, name)((re, im), **arguments)


def _complex(name, *shape, label="", batched=(0, 1), **arguments):
    return Call(name, (real(*shape), real(*shape)), run=_pair(name, **arguments), label=label, batched=batched)


STFT = {"sequence_length": 8, "sequence_stride": 3, "fft_length": 8}
LONGER = {"sequence_length": 6, "sequence_stride": 4, "fft_length": 9}
WINDOW = np.linspace(0.5, 1.5, 8).astype("float32")


CALLS: tuple[Call, ...] = (
    *(_complex("fft", 3, n, label=str(n)) for n in (1, 2, 5, 12, 16, 30)),
    _complex("fft", 2, 3, 37, label="prime"),
    _complex("fft", 20, 48, label="many"),
    _complex("fft2", 2, 4, 6),
    _complex("fft2", 3, 5, label="alone", batched=()),
    _complex("ifft2", 2, 4, 6),
    _complex("ifft2", 7, 3, label="alone", batched=()),
    Call("rfft", (real(3, 8),), batched=(0,)),
    Call("rfft", (real(9),), label="odd", batched=(0,)),
    Call("rfft", (real(3, 8),), {"fft_length": 5}, label="cut", batched=(0,)),
    Call("rfft", (real(3, 5),), {"fft_length": 8}, label="padded", batched=(0,)),
    Call("rfft", (real(5),), {"fft_length": 8}, label="padded-unknown", batched=(0,)),
    _complex("irfft", 3, 5),
    _complex("irfft", 5, label="unknown"),
    _complex("irfft", 3, 5, fft_length=9, label="odd"),
    _complex("irfft", 3, 5, fft_length=6, label="cut"),
    _complex("irfft", 3, 5, fft_length=12, label="padded"),
    Call("stft", (real(2, 20),), STFT, batched=(0,)),
    Call("stft", (real(20),), STFT, label="unknown", batched=(0,)),
    Call("stft", (real(2, 20),), {**STFT, "window": "hamming"}, label="hamming", batched=(0,)),
    Call("stft", (real(2, 3, 20),), {**LONGER, "window": None}, label="no-window", batched=(0,)),
    Call("stft", (real(2, 20),), {**STFT, "window": WINDOW, "center": False}, label="array", batched=(0,)),
    Call("stft", (real(23),), {**LONGER, "center": False}, label="longer", batched=(0,)),
    Call(
        "stft",
        (real(20), positive(8)),
        run=lambda ops, x, window: ops.stft(x, window=window, **STFT),
        label="window-tensor",
        batched=(0,),
    ),
    _complex("istft", 2, 7, 5, **STFT),
    _complex("istft", 7, 5, label="unknown", **STFT),
    _complex("istft", 2, 7, 5, label="hamming", window="hamming", length=11, **STFT),
    _complex("istft", 2, 7, 5, label="no-window", window=None, **LONGER),
    _complex("istft", 2, 7, 5, label="array", window=WINDOW, center=False, **STFT),
    _complex("istft", 7, 5, label="longer", center=False, length=20, **LONGER),
)
