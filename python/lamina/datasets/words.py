"""Texts as lists of word numbers, as IMDB and Reuters have them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import explain


def marked(texts: Any, start_char: int | None, index_from: int) -> list[list[int]]:
    """Word numbers moved up by `index_from`, after a `start_char`; neither if there is no `start_char` nor a shift."""
    begin = [] if start_char is None else [start_char]
    return [begin + [word + index_from for word in text] for text in texts]


def shorter(texts: list[list[int]], labels: Any, maxlen: int | None) -> tuple[list[list[int]], Any]:
    """The texts of fewer than `maxlen` words. ValueError when none is left."""
    if not maxlen:
        return texts, labels
    kept = [i for i, text in enumerate(texts) if len(text) < maxlen]
    if not kept:
        raise ValueError(
            explain("No text is short enough.", "a larger maxlen", f"maxlen={maxlen}", "increase maxlen, or omit it.")
        )
    return [texts[i] for i in kept], labels[kept]


def frequent(texts: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None) -> list[list[int]]:
    """Words from `skip_top` to below `num_words`; others become `oov_char`, or vanish if that is None."""
    limit = num_words or max((max(text) for text in texts if text), default=0)
    if oov_char is None:
        return [[word for word in text if skip_top <= word < limit] for text in texts]
    return [[word if skip_top <= word < limit else oov_char for word in text] for text in texts]


def as_objects(texts: list[list[int]]) -> np.ndarray:
    """An array of lists."""
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array
