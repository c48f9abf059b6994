"""50,000 film reviews of the Internet Movie Database, good or bad (Maas et al. 2011), as word numbers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .source import MIRROR, Split, fetch, load_npz, read_word_index, shuffled
from .words import as_objects, frequent, marked, shorter

_HASH = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
_WORDS = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: Any = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: arrays of lists of word numbers, and 1 (good) or 0; 25,000 each.

    A word's number is its rank by frequency plus `index_from`; reviews begin with `start_char`. Numbers below
    `skip_top` and from `num_words` on become `oov_char` (None: are left out). Only reviews shorter than `maxlen` are
    kept. `path`: a name in the cache, or a path of your own file. The file's pickled lists are read without executing
    anything.
    """
    if "nb_words" in kwargs:
        warnings.warn("The argument `nb_words` is called `num_words` now.", stacklevel=2)
        num_words = kwargs.pop("nb_words")
    if kwargs:
        raise TypeError(f"imdb.load_data: unknown arguments {sorted(kwargs)}. Fix: check the spelling.")
    data = load_npz(fetch(path, f"{MIRROR}imdb.npz", _HASH))
    rng = np.random.RandomState(seed)
    found = []
    for part in ("train", "test"):
        x, y = shuffled([data[f"x_{part}"], data[f"y_{part}"]], rng)
        found.append(shorter(marked(x, start_char, index_from), y, maxlen))
    at = len(found[0][0])
    texts = frequent(found[0][0] + found[1][0], num_words, skip_top, oov_char)
    return (as_objects(texts[:at]), found[0][1]), (as_objects(texts[at:]), found[1][1])


def get_word_index(path: Any = "imdb_word_index.json") -> dict[str, int]:
    """Words and their ranks by frequency. `path`: a name in the cache, or a path of your own file."""
    return read_word_index(path, "imdb_word_index.json", _WORDS)
