"""Datasets of WAV files."""

from __future__ import annotations

import itertools
import wave
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..checks import explain, integer
from ..data.dataset import Dataset, as_element
from .directories import Request, read_directory


def audio_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
    format: str = "tf",
) -> Any:
    """A dataset of (sounds, labels) from the `.wav` files below `directory`, one folder per class.

    Sounds are float32 from -1 to 1 of shape (samples, channels). They are cut or filled with zeros to
    `output_sequence_length` samples; without it each batch has the length of its longest sound, or, with `ragged`, is
    an array of objects: one array per sound. `sampling_rate` resamples sounds of other rates. Everything else is as
    in `image_dataset_from_directory`.
    """
    owner = "audio_dataset_from_directory"
    if ragged and output_sequence_length is not None:
        raise ValueError(
            explain(
                f"{owner}: sounds are either of one length or not.",
                "`ragged` or `output_sequence_length`",
                "both",
                "leave one of them out.",
            )
        )
    for name, value in (("sampling_rate", sampling_rate), ("output_sequence_length", output_sequence_length)):
        if value is not None:
            integer(owner, name, value)

    def load(path: str) -> np.ndarray:
        sound, rate = read_wav(path)
        if output_sequence_length is not None:
            sound = _padded(sound, output_sequence_length)
        return sound if sampling_rate in (None, rate) else resample(sound, rate, int(sampling_rate or rate))

    request = Request(
        *(owner, directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset),
        *(follow_links, format, verbose),
    )
    return read_directory(request, (".wav",), load, _ragged if ragged else _evened)


def read_wav(path: str) -> tuple[np.ndarray, int]:
    """The samples (float32, time first, then channels) and their rate. ValueError for other kinds than PCM."""
    try:
        with wave.open(path, "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            raw = np.frombuffer(file.readframes(file.getnframes()), dtype="uint8")
    except (wave.Error, EOFError) as error:
        raise ValueError(
            explain("A sound cannot be read.", "a WAV file of PCM samples", f"{path!r}: {error}", "convert the file.")
        ) from error
    raw = raw[: len(raw) // (width * channels) * width * channels].reshape(-1, width)
    if width == 1:  # the only width without a sign
        samples = raw[:, 0].astype("float32") - 128
    else:  # as the upper bytes of 32 bits, which is exact
        wide = np.zeros((len(raw), 4), dtype="uint8")
        wide[:, 4 - width :] = raw
        samples = (wide.view("<i4")[:, 0] >> (32 - 8 * width)).astype("float32")
    return (samples / np.float32(2 ** (8 * width - 1))).reshape(-1, channels), rate


def resample(sound: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """The sound at another rate, by its Fourier coefficients: what both rates can hold stays as it is."""
    count = max(round(len(sound) * wanted / rate), 1)
    spectrum = np.fft.rfft(sound, axis=0)
    kept = np.zeros((count // 2 + 1, sound.shape[1]), dtype=spectrum.dtype)
    common = min(len(kept), len(spectrum))
    kept[:common] = spectrum[:common]
    return (np.fft.irfft(kept, n=count, axis=0) * (count / len(sound))).astype("float32")


def _padded(sound: np.ndarray, length: int) -> np.ndarray:
    return np.pad(sound[:length], [(0, max(length - len(sound), 0)), (0, 0)])


def _evened(dataset: Dataset, batch_size: int) -> Dataset:
    """Batches in which all sounds have the length of the longest."""

    def even(group: list[Any]) -> Any:
        longest = max(map(len, group))
        return as_element(np.stack([_padded(sound, longest) for sound in group]))

    return _batches(dataset, batch_size, even)


def _ragged(dataset: Dataset, batch_size: int) -> Dataset:
    def keep(group: list[Any]) -> Any:
        sounds = np.empty(len(group), dtype=object)
        sounds[:] = group
        return sounds

    return _batches(dataset, batch_size, keep)


def _batches(dataset: Dataset, batch_size: int, join: Any) -> Dataset:
    size = integer("audio_dataset_from_directory", "batch_size", batch_size)

    def make() -> Iterator[Any]:
        elements = iter(dataset)
        while group := list(itertools.islice(elements, size)):
            if isinstance(group[0], tuple):
                sounds, labels = zip(*group)
                yield join(list(sounds)), as_element(np.stack(labels))
            else:
                yield join(group)

    return Dataset(make, -(-len(dataset) // size), size)
