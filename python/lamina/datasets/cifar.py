"""The files of CIFAR-10 and CIFAR-100 (Krizhevsky 2009)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import config
from ..checks import explain
from ..utils.files import extract_archive, get_file
from .source import Split, load_pickle, own_file


def load(
    path: Any, folder: str, archive: str, file_hash: str, parts: tuple[Sequence[str], Sequence[str]], key: str
) -> tuple[Split, Split]:
    """The files named in `parts` (to train with, to test with), from the net or from `path`."""
    if path is None:
        place = get_file(
            f"{folder}-target", f"https://www.cs.toronto.edu/~kriz/{archive}", file_hash=file_hash, extract=True
        )
        return _read(place, folder, parts, key)
    if os.path.isdir(own_file(path)):
        return _read(os.fspath(path), folder, parts, key)
    with tempfile.TemporaryDirectory() as place:
        extract_archive(path, place)
        return _read(place, folder, parts, key)


def _read(place: str, folder: str, parts: tuple[Sequence[str], Sequence[str]], key: str) -> tuple[Split, Split]:
    inner = os.path.join(place, folder)
    place = inner if os.path.isdir(inner) else place
    train, test = (_join([load_batch(os.path.join(place, name), key) for name in names]) for names in parts)
    return train, test


def _join(batches: list[Split]) -> Split:
    x = np.concatenate([images for images, _ in batches])
    y = np.concatenate([labels for _, labels in batches])
    x = x.transpose(0, 2, 3, 1) if config.image_data_format() == "channels_last" else x
    return np.ascontiguousarray(x), y[:, None]


def load_batch(path: Any, key: str) -> Split:
    """Images (n, 3, 32, 32) and labels (n,) of a file."""
    with open(own_file(path), "rb") as file:
        found = load_pickle(file, encoding="bytes")
    try:
        images, labels = found[b"data"], found[key.encode()]
        return np.asarray(images, "uint8").reshape(-1, 3, 32, 32), np.asarray(labels, "uint8")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            explain("A data file cannot be read.", f"a batch with data and {key}", f"{path}: {error}", "get it again.")
        ) from error
