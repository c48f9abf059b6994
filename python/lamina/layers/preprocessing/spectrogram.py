"""Layers that turn sound into pictures of its frequencies over time."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ... import config, initializers, ops
from ...checks import choice, explain, integer, number
from ...ops.convert import is_float
from ..input_spec import InputSpec
from ..layer import Layer
from ..support import check_windows, in_float32

_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


class STFTSpectrogram(Layer):
    """The short-time Fourier transform of each channel of (batch, time, channels), as a convolution.

    Frames of `frame_length` samples, `frame_step` apart (half a frame by default), are multiplied by `window` ('hann',
    'hamming', another name, an array or None; `periodic` or not), scaled ('density', 'spectrum' or None) and
    transformed at `fft_length` points, by default the next power of two: that makes fft_length // 2 + 1 frequencies.
    `mode` says what of it is given: 'log' of the magnitude, 'magnitude', 'psd' (power spectral density), 'real',
    'imag', 'angle', or 'stft' (real and imaginary parts one after the other). The kernels are weights, which training
    changes unless `trainable=False`.

    Output: (batch, frames, channels * frequencies), with `expand_dims` (batch, frames, frequencies, channels); for
    'channels_first' (batch, channels * frequencies, frames) and (batch, channels, frames, frequencies).

    >>> import lamina
    >>> layer = lamina.layers.STFTSpectrogram("log", frame_length=256, frame_step=128, fft_length=512, trainable=False)
    >>> layer(lamina.ops.ones((3, 16000, 1))).shape
    (3, 124, 257)
    """

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.mode = choice(owner, "mode", mode, _MODES)
        self.frame_length = integer(owner, "frame_length", frame_length, 2)
        self.frame_step = None if frame_step is None else integer(owner, "frame_step", frame_step)
        self._step = self.frame_step or self.frame_length // 2
        if self._step > self.frame_length:
            raise ValueError(
                explain(
                    f"{owner}: samples between the frames would be lost.",
                    "a `frame_step` of at most `frame_length`",
                    f"frame_step={frame_step}, frame_length={frame_length}",
                    "choose a smaller step.",
                )
            )
        self.fft_length = None if fft_length is None else integer(owner, "fft_length", fft_length, self.frame_length)
        if fft_length is not None and fft_length & (fft_length - 1):
            warnings.warn(f"{owner}: fft_length={fft_length} is no power of two.", stacklevel=2)
        self._bins = (self.fft_length or 2 ** math.ceil(math.log2(self.frame_length))) // 2 + 1
        self.window = window if window is None or isinstance(window, str) else np.asarray(window, "float64").tolist()
        self.periodic = bool(periodic)
        self.scaling = choice(owner, "scaling", scaling, ("density", "spectrum", None))
        self.padding = choice(owner, "padding", padding, ("valid", "same"))
        self.expand_dims = bool(expand_dims)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=3)
        for side in ("real", "imag"):
            self._initializer(side)  # which checks the window

    def _initializer(self, side: str) -> Any:
        return initializers.STFT(side, self.window, self.scaling, self.periodic)

    def build(self, input_shape: Any) -> None:
        check_windows(self, input_shape, (self.frame_length,), self.padding, self.data_format)
        shape = (self.frame_length, 1, self._bins)
        if self.mode != "imag":
            self.real_kernel = self.add_weight(shape, self._initializer("real"), name="real_kernel")
        if self.mode != "real":
            self.imag_kernel = self.add_weight(shape, self._initializer("imag"), name="imag_kernel")

    def call(self, inputs: Any) -> Any:
        if not is_float(inputs.dtype):
            raise TypeError(
                explain(
                    f"{type(self).__name__}: the sound is no float.",
                    "a tensor of floats",
                    f"{inputs.dtype} {inputs.shape}",
                    "cast it, and divide 16-bit samples by 32768.",
                )
            )
        return self._spectrogram(inputs)

    @in_float32
    def _spectrogram(self, inputs: Any) -> Any:
        parts = self._transformed(inputs)
        if self.mode in ("real", "imag"):
            return self._arranged(parts[0])
        if self.mode == "stft":
            return self._arranged(ops.concatenate(parts, axis=-1))
        real, imag = parts
        if self.mode == "angle":
            return self._arranged(ops.arctan2(imag, real))
        power = ops.square(real) + ops.square(imag)
        if self.mode == "psd":  # the negative frequencies, which are not here, have the same power
            sides = np.full(self._bins, 2.0)
            sides[[0, -1]] = 1.0
            return self._arranged(power * ops.cast(sides, power.dtype))
        magnitude = self._arranged(ops.sqrt(ops.maximum(power, config.epsilon())))
        return magnitude if self.mode == "magnitude" else ops.log(ops.maximum(magnitude, config.epsilon()))

    def _transformed(self, inputs: Any) -> list[Any]:
        """The parts that the mode needs: (batch, channels, frames, frequencies) each, from one convolution."""
        if self.data_format == "channels_last":
            inputs = ops.transpose(inputs, (0, 2, 1))
        batch, channels, time = inputs.dims
        kernels = [self.real_kernel] if self.mode != "imag" else []
        kernels += [self.imag_kernel] if self.mode != "real" else []
        parts = ops.conv(
            ops.reshape(inputs, (batch * channels, time, 1)),
            ops.cast(kernels[0] if len(kernels) == 1 else ops.concatenate(kernels, axis=-1), inputs.dtype),
            strides=self._step,
            padding=self.padding,
            data_format="channels_last",
        )
        parts = ops.reshape(parts, (batch, channels, *parts.dims[1:]))
        return ops.split(parts, len(kernels), axis=-1)

    def _arranged(self, outputs: Any) -> Any:
        """(batch, channels, frames, frequencies) as `data_format` and `expand_dims` want it."""
        first = self.data_format == "channels_first"
        batch, channels, frames, bins = outputs.dims
        if self.expand_dims:
            return outputs if first else ops.transpose(outputs, (0, 2, 3, 1))
        if first:
            return ops.reshape(ops.transpose(outputs, (0, 1, 3, 2)), (batch, channels * bins, frames))
        return ops.reshape(ops.transpose(outputs, (0, 2, 1, 3)), (batch, frames, channels * bins))


class MelSpectrogram(Layer):
    """The energy of sound (..., samples) in frequency bands as wide as the ear hears them: (..., bands, time).

    Frames of `sequence_length` samples (`fft_length` by default), `sequence_stride` apart and centered, are multiplied
    by `window` ('hann', 'hamming', an array or None) and transformed at `fft_length` points. The magnitudes to the
    power of `mag_exp` are added up in `num_mel_bins` triangles between `min_freq` and `max_freq` Hertz (half the
    `sampling_rate` by default), and with `power_to_db` given in decibel above `ref_power`, at least `min_power` and at
    most `top_db` below the largest value.

    >>> import lamina
    >>> layer = lamina.layers.MelSpectrogram(num_mel_bins=64, sampling_rate=8000, sequence_stride=256)
    >>> layer(lamina.ops.ones((2, 16000))).shape
    (2, 64, 63)
    """

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Any = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.fft_length = integer(owner, "fft_length", fft_length)
        self.sequence_stride = integer(owner, "sequence_stride", sequence_stride)
        self.sequence_length = integer(owner, "sequence_length", sequence_length or fft_length)
        if self.sequence_length > self.fft_length:
            raise ValueError(
                explain(
                    f"{owner}: the sequences are longer than the transform.",
                    "a `sequence_length` of at most `fft_length`",
                    f"sequence_length={sequence_length}, fft_length={fft_length}",
                    "choose a larger `fft_length`.",
                )
            )
        if isinstance(window, str):
            choice(owner, "window", window, ("hann", "hamming"))
        self.window = window if window is None or isinstance(window, str) else np.asarray(window, "float64").tolist()
        self.sampling_rate = sampling_rate
        number(owner, "sampling_rate", sampling_rate, low=1.0)
        self.num_mel_bins = integer(owner, "num_mel_bins", num_mel_bins)
        self.min_freq = number(owner, "min_freq", min_freq, low=0.0)
        self.max_freq = max_freq or int(sampling_rate / 2)
        number(owner, "max_freq", self.max_freq, low=0.0)
        if not self.min_freq < self.max_freq:
            raise ValueError(
                explain(
                    f"{owner}: there are no frequencies to look at.",
                    "`min_freq` below `max_freq`",
                    f"min_freq={min_freq}, max_freq={self.max_freq}",
                    "widen the range.",
                )
            )
        self.power_to_db = bool(power_to_db)
        self.top_db = number(owner, "top_db", top_db, low=0.0)
        self.mag_exp = number(owner, "mag_exp", mag_exp, low=0.0)
        self.min_power = number(owner, "min_power", min_power, low=0.0)
        self.ref_power = number(owner, "ref_power", ref_power)

    def call(self, inputs: Any) -> Any:
        if inputs.ndim not in (1, 2):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: the input is no sound.",
                    "shape (samples,) or (batch, samples)",
                    f"shape {inputs.shape}",
                    "take the channels one by one, or their mean.",
                )
            )
        return self._spectrogram(inputs)

    @in_float32
    def _spectrogram(self, inputs: Any) -> Any:
        real, imag = ops.stft(
            inputs, self.sequence_length, self.sequence_stride, self.fft_length, window=self.window, center=True
        )
        energy = ops.square(real) + ops.square(imag)
        if self.mag_exp != 2.0:
            energy = ops.power(energy, self.mag_exp / 2.0)
        matrix = self.linear_to_mel_weight_matrix(
            self.num_mel_bins, self.fft_length // 2 + 1, self.sampling_rate, self.min_freq, self.max_freq, energy.dtype
        )
        mel = ops.matmul(energy, matrix)
        if self.power_to_db:
            mel = self._decibel(mel)
        return ops.swapaxes(mel, -1, -2)

    def _decibel(self, power: Any) -> Any:
        reference = 10.0 * math.log10(max(abs(self.ref_power), self.min_power))
        values = 10.0 * ops.log10(ops.maximum(power, self.min_power)) - reference
        return ops.maximum(values, ops.max(values, initial=-math.inf) - self.top_db)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: float = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: str = "float32",
    ) -> Any:
        """[num_spectrogram_bins, num_mel_bins]: the share that each frequency has in each band.

        The bands are triangles of height 1, equally wide on the mel scale 1127 log(1 + hertz / 700), which overlap by
        half; the constant part of the sound, bin 0, belongs to none. (Young et al., The HTK Book.)
        """

        def mel(hertz: Any) -> Any:
            return 1127.0 * np.log1p(np.asarray(hertz, "float64") / 700.0)

        places = mel(np.linspace(0.0, sampling_rate / 2.0, num_spectrogram_bins))[:, None]
        edges = np.linspace(mel(lower_edge_hertz), mel(upper_edge_hertz), num_mel_bins + 2)
        lower, center, upper = edges[:-2], edges[1:-1], edges[2:]
        shares = np.minimum((places - lower) / (center - lower), (upper - places) / (upper - center))
        shares[0] = 0.0
        return ops.convert_to_tensor(np.maximum(shares, 0.0), dtype)
