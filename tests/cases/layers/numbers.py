"""Layers that scale, normalize, bin and count numbers, and spectrograms."""

from cases.arrays import integers, real
from cases.layers.case import IMAGE, Case, D, inner, rows

SOUND, STEREO = real(2, 20, 1), real(2, 20, 2)

ROWS: list[Case] = [
    *rows(
        "Rescaling",
        (D(scale=0.5), IMAGE),
        (D(scale=2.0, offset=-1.0), real(2, 4)),
        (D(scale=[1.0, 0.5, 2.0], offset=[0.0, 1.0, -1.0]), IMAGE),
        (D(scale=-1, offset=3), real(3, 5)),
        (D(scale=1 / 255), real(2, 2, 2, 2, 1)),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "Normalization",
        (D(), real(3, 5)),
        (D(mean=3.0, variance=2.0), real(3, 5)),
        (D(axis=None, mean=0.5, variance=4.0, invert=True), real(2, 3, 4)),
        (D(axis=(1, -1), mean=[0.5, -1.0, 2.0, 0.0], variance=[1.0, 4.0, 0.25, 2.0]), real(2, 3, 4)),
        masks=True,
    ),
    *rows(
        "CategoryEncoding",
        (D(num_tokens=4), integers(4, 3, 5)),
        (D(num_tokens=4, output_mode="count"), integers(6, 3, 5, low=-1)),
        (D(num_tokens=4, output_mode="one_hot"), integers(5, 3, 5, low=-2)),
        (D(num_tokens=4, output_mode="one_hot"), integers(4, 3, 1, dtype="int32")),
        masks=False,
        unknown=(1,),
    ),
    *rows(
        "Discretization",
        (D(bin_boundaries=[0.5, 2.0, 3.5], output_mode="one_hot"), integers(5, 3, 4)),
        (D(bin_boundaries=[2.0, 3.5], output_mode="multi_hot"), integers(5, 3, 4)),
        (D(bin_boundaries=[1.0, 2.0, 2.0, 3.0], output_mode="count"), integers(5, 3, 4)),
        (D(bin_boundaries=[1.0], output_mode="count"), integers(5, 2, 3, 4, dtype="int32")),
        masks=False,
        unknown=(1,),
    ),
    *rows(
        "STFTSpectrogram",
        (D(frame_length=8), SOUND),
        (D(mode="magnitude", frame_length=6, frame_step=4, padding="same", window="hamming"), STEREO),
        (D(mode="psd", frame_length=8, expand_dims=True, scaling="spectrum", periodic=True), STEREO),
        (D(mode="stft", frame_length=8, expand_dims=True, window=None, data_format="channels_first"), real(2, 2, 20)),
        (D(mode="imag", frame_length=4, window=[0.5, 1.0, 1.0, 0.5]), SOUND),
        masks=False,
        unknown=(1,),
    ),
    *rows(
        "MelSpectrogram",
        (D(fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=800), real(2, 40)),
        (
            D(fft_length=16, sequence_stride=6, sequence_length=8, num_mel_bins=3, window="hamming", top_db=20.0),
            real(2, 40),
        ),
        (
            D(fft_length=16, sequence_stride=8, num_mel_bins=4, power_to_db=False, mag_exp=1.0, max_freq=4e3),
            real(2, 40),
        ),
        (D(fft_length=16, sequence_stride=8, num_mel_bins=4, top_db=10.0, ref_power=2.0, window=None), real(2, 40)),
        masks=False,
        unknown=(1,),
    ),
    *rows(
        "Pipeline",
        (D(layers=[inner("Rescaling", scale=0.5), inner("ReLU", name="other")]), real(3, 5)),
        (
            D(layers=[inner("CategoryEncoding", num_tokens=4), inner("Rescaling", name="other", scale=2.0)]),
            integers(4, 3, 5),
        ),
        (D(layers=[inner("Dense", units=2), inner("LayerNormalization", name="other")]), real(3, 5)),
        (D(layers=[inner("Pipeline", layers=[inner("Rescaling", scale=3.0)])]), real(3, 2, 4)),
        masks=True,
    ),
]
