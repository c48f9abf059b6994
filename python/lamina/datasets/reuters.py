"""11,228 newswires of Reuters in 46 topics, as word numbers."""

from __future__ import annotations

from typing import Any

from .source import MIRROR, Split, fetch, load_npz, read_word_index, shuffled, split
from .words import as_objects, frequent, marked, shorter

_HASH = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
_WORDS = "4d44cc38712099c9e383dc6e5f11a921"

_TOPICS = """cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton
    carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi
    iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"""


def load_data(
    path: Any = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: arrays of lists of word numbers, and topics from 0 to 45.

    A word's number is its rank by frequency plus `index_from`; texts begin with `start_char`. Numbers below `skip_top`
    and from `num_words` on become `oov_char` (None: are left out). Only texts shorter than `maxlen` are kept. `path`: a
    name in the cache, or a path of your own file, whose pickled lists are read without executing anything.
    """
    split([], [], test_split)
    data = load_npz(fetch(path, f"{MIRROR}reuters.npz", _HASH))
    x, y = shuffled([data["x"], data["y"]], seed)
    texts, y = shorter(marked(x, start_char, index_from), y, maxlen)
    return split(as_objects(frequent(texts, num_words, skip_top, oov_char)), y, test_split)


def get_word_index(path: Any = "reuters_word_index.json") -> dict[str, int]:
    """Words and their ranks by frequency. `path`: a name in the cache, or a path of your own file."""
    return read_word_index(path, "reuters_word_index.json", _WORDS)


def get_label_names() -> tuple[str, ...]:
    """The names of the 46 topics, in the order of their numbers.

    >>> get_label_names()[3]
    'earn'
    """
    return tuple(_TOPICS.split())
