"""Words as numbers in plain Python, as Keras 2 had it. In models, use `lamina.layers.TextVectorization`.

>>> tokenizer = Tokenizer(num_words=3)
>>> tokenizer.fit_on_texts(["Earth, wind", "and fire", "wind and rain, and wind"])
>>> tokenizer.texts_to_sequences(["Wind and water"])
[[1, 2]]
"""

from __future__ import annotations

import collections
import hashlib
import json
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..checks import choice, explain, integer

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "freq", "tfidf")


def text_to_word_sequence(input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text: in small letters, cut at `split` and at all characters of `filters`.

    >>> text_to_word_sequence("It's done, at last!")
    ["it's", 'done', 'at', 'last']
    """
    if not isinstance(input_text, str):
        raise TypeError(
            explain(
                "text_to_word_sequence: this is no text.",
                "a str",
                f"{input_text!r:.80} of type {type(input_text).__name__}",
                "convert it, e.g. with .decode() or str(...).",
            )
        )
    text = input_text.lower() if lower else input_text
    return [word for word in text.translate(dict.fromkeys(map(ord, filters), split)).split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], Iterable[str]] | None = None,
) -> list[int]:
    """`hashing_trick` with Python's `hash`, whose numbers differ from process to process."""
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], Iterable[str]] | None = None,
) -> list[int]:
    """The words of a text as numbers in [1, n): their hashes, so that different words may get one number.

    `hash_function` is 'md5', which is the same everywhere, a function of a word, or None for Python's `hash`, which
    differs from process to process. `analyzer` gives the words of the text instead of `text_to_word_sequence`.
    ValueError for n below 2.

    >>> hashing_trick("wind and wind", 100, "md5")
    [34, 69, 34]
    """
    n = integer("hashing_trick", "n", n, 2)
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    elif not callable(hash_function):
        choice("hashing_trick", "hash_function", hash_function, ("md5",))
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int.from_bytes(hashlib.md5(word.encode(), usedforsecurity=False).digest(), "big")


class Tokenizer:
    """Texts as lists of the numbers of their words, or as rows of a matrix.

    `fit_on_texts` gives the most frequent word number 1 (after `oov_token`, which stands for unknown words, if there is
    one); 0 is no word. Only numbers below `num_words` are given out. A text is a str, cut by `text_to_word_sequence`
    (`filters`, `lower`, `split`), by a function `analyzer`, into characters with `char_level`, or a list of words.

    `word_counts`, `word_docs`, `index_docs` (in how many texts), `word_index`, `index_word` and `document_count` hold
    what was found.
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], Iterable[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        if "nb_words" in kwargs:
            warnings.warn("Tokenizer: `nb_words` is called `num_words` now.", stacklevel=2)
            num_words = kwargs.pop("nb_words")
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Tokenizer: unknown arguments {sorted(kwargs)}. Fix: check the spelling.")
        self.num_words = None if num_words is None else integer("Tokenizer", "num_words", num_words, 0)
        self.filters, self.lower, self.split = filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts: dict[str, int] = collections.OrderedDict()
        self.word_docs: dict[str, int] = collections.defaultdict(int)
        self.index_docs: dict[int, int] = collections.defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: Any) -> Iterable[str]:
        if isinstance(text, list):
            return [word.lower() for word in text] if self.lower else text
        if self.char_level:
            return text.lower() if self.lower else text
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Counts the words of texts (an iterable), and numbers all words counted so far anew."""
        for text in _several(texts):
            words = list(self._words(text))
            self.document_count += 1
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] = self.word_docs.get(word, 0) + 1
        ranked = sorted(self.word_counts, key=lambda word: -self.word_counts[word])  # equal ones as they came
        if self.oov_token is not None:
            ranked.insert(0, self.oov_token)
        self.word_index = {word: number for number, word in enumerate(ranked, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Any) -> None:
        """Counts in how many of these lists of numbers each number is: for `sequences_to_matrix` without texts."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] = self.index_docs.get(number, 0) + 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """The numbers of the words of each text; those of unknown words are left out, or that of `oov_token`."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """`texts_to_sequences`, one text after the other."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        for text in _several(texts):
            numbers = [self.word_index.get(word) for word in self._words(text)]
            kept = [number if self._is_used(number) else unknown for number in numbers]
            yield [number for number in kept if number is not None]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """The words of these numbers, joined by spaces."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Iterable[int]]) -> Iterator[str]:
        """`sequences_to_texts`, one list of numbers after the other."""
        for sequence in sequences:
            used = [number if number in self.index_word and self._is_used(number) else None for number in sequence]
            words = [self.oov_token if number is None else self.index_word[number] for number in used]
            yield " ".join(word for word in words if word is not None)

    def _is_used(self, number: int | None) -> bool:
        return number is not None and (not self.num_words or number < self.num_words)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> np.ndarray:
        """`sequences_to_matrix` of texts."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> np.ndarray:
        """A row for each list of numbers, a column for each number below `num_words`.

        `mode` 'binary' has 1 for those in it, 'count' how often, 'freq' the part of all, 'tfidf'
        (1 + log count) log(1 + texts / (1 + texts with it)). ValueError before there is a number of words, or of texts.
        """
        choice("Tokenizer", "mode", mode, _MODES)
        columns = self.num_words or (len(self.word_index) + 1 if self.word_index else 0)
        if not columns or (mode == "tfidf" and not self.document_count):
            raise ValueError(
                explain(
                    "Tokenizer: nothing was counted yet.",
                    "texts that were fitted on" if columns else "`num_words`, or texts that were fitted on",
                    f"num_words={self.num_words}, document_count={self.document_count}, mode={mode!r}",
                    "call tokenizer.fit_on_texts(texts) first.",
                )
            )
        matrix = np.zeros((len(sequences), columns))
        for row, sequence in zip(matrix, sequences):
            for number, count in collections.Counter(n for n in sequence if n < columns).items():
                if mode == "binary":
                    row[number] = 1
                elif mode == "count":
                    row[number] = count
                elif mode == "freq":
                    row[number] = count / len(sequence)
                else:
                    rarity = np.log(1 + self.document_count / (1 + self.index_docs.get(number, 0)))
                    row[number] = (1 + np.log(count)) * rarity
        return matrix

    def get_config(self) -> dict[str, Any]:
        """All arguments but `analyzer`, and what was found, the dicts as JSON."""
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        config = {name: getattr(self, name) for name in plain}
        return {**config, **{name: json.dumps(getattr(self, name)) for name in _FOUND}}

    def to_json(self, **kwargs: Any) -> str:
        """The tokenizer as JSON, for `tokenizer_from_json`; `kwargs` go to `json.dumps`."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


_FOUND = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The tokenizer that `to_json` wrote. ValueError for other texts.

    >>> tokenizer = Tokenizer(lower=False)
    >>> tokenizer.fit_on_texts(["a b a"])
    >>> tokenizer_from_json(tokenizer.to_json()).word_index
    {'a': 1, 'b': 2}
    """
    try:
        config = dict(json.loads(json_string)["config"])
        found = {name: dict(json.loads(config.pop(name))) for name in _FOUND}
        for name in ("index_docs", "index_word"):
            found[name] = {int(number): value for number, value in found[name].items()}
        tokenizer = Tokenizer(**config)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            explain(
                "tokenizer_from_json: this is no tokenizer.",
                "what Tokenizer.to_json() gives",
                f"{json_string!r:.80} ({type(error).__name__}: {error})",
                "use an intact text.",
            )
        ) from None
    for name, values in found.items():
        setattr(tokenizer, name, values)
    return tokenizer


def _several(texts: Any) -> Iterable[Any]:
    if isinstance(texts, (str, bytes)):
        raise TypeError(
            explain(
                "Tokenizer: a single text stands where several do.",
                "a list of texts",
                f"{texts!r:.80}",
                "pass [text].",
            )
        )
    return texts
