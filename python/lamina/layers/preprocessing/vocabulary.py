"""Tokens and their places, as tensors that programs hold: what the layers that look tokens up are made of."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import _core, ops
from ...checks import explain
from ...ops.convert import array_to_tensor

_ops = _core.ops


class TextVocabulary:
    """Texts by their place; `find` gives -1 for others."""

    dtype = "string"

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = list(tokens)
        texts = np.empty(len(self.tokens), dtype=object)
        texts[:] = self.tokens
        self.table = _core.make_vocabulary(_core.Tensor(texts))  # bytes, offsets, slots

    def __reduce__(self) -> Any:
        return type(self), (self.tokens,)

    def find(self, x: Any) -> Any:
        """The places (int64)."""
        return _ops.text_lookup(x, *self.table)

    def gather(self, places: Any, unknown: str) -> Any:
        """The tokens at these places."""
        return _ops.text_gather(places, *self.table[:2], unknown=unknown)


class IntegerVocabulary:
    """Integers by their place; `find` gives -1 for others."""

    dtype = "int64"

    def __init__(self, tokens: Sequence[int]) -> None:
        self.tokens = [int(token) for token in tokens]
        values = np.asarray(self.tokens, "int64")
        order = np.argsort(values, kind="stable")
        self._sorted, self._places = array_to_tensor(values[order]), array_to_tensor(order.astype("int64"))
        self._values = array_to_tensor(values)

    def __reduce__(self) -> Any:
        return type(self), (self.tokens,)

    def find(self, x: Any) -> Any:
        """The places (int64)."""
        if not self.tokens:
            return ops.full_like(x, -1, "int64")
        at = ops.clip(ops.searchsorted(self._sorted, x), 0, len(self.tokens) - 1)
        return ops.where(ops.equal(ops.take(self._sorted, at), x), ops.take(self._places, at), -1)

    def gather(self, places: Any, unknown: int) -> Any:
        """The tokens at these places."""
        if not self.tokens:
            return ops.full_like(places, unknown, "int64")
        size = len(self.tokens)
        inside = ops.logical_and(places >= 0, places < size)
        return ops.where(inside, ops.take(self._values, ops.clip(places, 0, size - 1)), np.int64(unknown))


class TextCounter:
    """How often tokens come in texts and, if `by_document`, in how many documents."""

    def __init__(self, by_document: bool) -> None:
        self.by_document = by_document
        self._counter = _core.TokenCounter()

    def add(self, documents: Any, **rules: Any) -> None:
        """Counts what the engine's rules make of rows, which are documents; without rules each text of them."""
        per_document = 1
        if not rules:  # one in a row, where empty texts are tokens too
            per_document = documents.shape[1] if self.by_document else 1
            documents, rules = ops.reshape(documents, (-1,)), {"split": "none"}
        if documents.shape[0]:
            self._counter.add(documents, per_document, **rules)

    def found(self, most: int) -> tuple[list[str], np.ndarray]:
        """The most frequent tokens, of equally frequent ones the largest by their bytes, and their documents."""
        tokens, _, documents = self._counter.found(most)
        return tokens.numpy().tolist(), documents.numpy()


class IntegerCounter:
    """How often integers come and, if `by_document`, in how many documents."""

    def __init__(self, by_document: bool) -> None:
        self.by_document = by_document
        self._counts: collections.Counter[int] = collections.Counter()
        self._documents: collections.Counter[int] = collections.Counter()

    def add(self, documents: Any) -> None:
        """Counts the integers of rows, which are documents."""
        array = np.asarray(documents)
        _count(self._counts, array)
        if self.by_document:
            _count(self._documents, _each_once(array))

    def found(self, most: int) -> tuple[list[int], np.ndarray]:
        """The most frequent integers, of equally frequent ones the largest, and their documents."""
        tokens = sorted(self._counts, key=lambda token: (self._counts[token], token), reverse=True)[:most]
        return tokens, np.array([self._documents[token] for token in tokens], "int64")


def _count(counter: collections.Counter[int], values: np.ndarray) -> None:
    found, counts = np.unique(values, return_counts=True)
    counter.update(dict(zip(found.tolist(), counts.tolist())))


def _each_once(rows: np.ndarray) -> np.ndarray:
    """The different numbers of each row, one row after the other."""
    ordered = np.sort(rows, axis=1)
    is_first = np.ones(ordered.shape, bool)
    is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    return ordered[is_first]


def read_tokens(owner: str, path: str, dtype: str) -> list[Any]:
    """The tokens of a file, one in each line. ValueError when it is missing, empty, not UTF-8 or not of such tokens."""

    def wrong(what: str, received: str, fix: str) -> ValueError:
        return ValueError(explain(f"{owner}: {what}.", "a text file with one token in each line", received, fix))

    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8")
    except OSError as error:
        raise wrong("the vocabulary file cannot be read", f"{path!r}: {error.strerror}", "check the path.") from None
    except UnicodeDecodeError as error:
        raise wrong(
            "the vocabulary file is no UTF-8", f"{path!r}: {error.reason} at byte {error.start}", "convert it."
        ) from None
    return parse_tokens(owner, text, dtype, path)


def parse_tokens(owner: str, text: str, dtype: str, source: str) -> list[Any]:
    """The tokens of the lines of a text; empty lines at its end count for nothing."""
    lines = text.split("\n")
    lines = [line[:-1] if line.endswith("\r") else line for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    if dtype == "string":
        return lines
    try:
        return [int(line) for line in lines]
    except ValueError as error:
        raise ValueError(
            explain(
                f"{owner}: the vocabulary file {source!r} holds other tokens.",
                "an integer in each line",
                str(error),
                "use a StringLookup for texts.",
            )
        ) from None
