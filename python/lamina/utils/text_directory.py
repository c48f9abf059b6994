"""Datasets of text files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..checks import integer
from .directories import Request, read_directory


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """A dataset of (texts, labels) from the `.txt` files (UTF-8) below `directory`, one folder per class.

    Batches of texts are NumPy arrays of strings, cut after `max_length` characters. Everything else is as in
    `image_dataset_from_directory`.
    """
    owner = "text_dataset_from_directory"
    if max_length is not None:
        integer(owner, "max_length", max_length)

    def load(path: str) -> str:
        return Path(path).read_text(encoding="utf-8", errors="replace")[:max_length]

    request = Request(
        *(owner, directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset),
        *(follow_links, format, verbose),
    )
    return read_directory(request, (".txt",), load)
