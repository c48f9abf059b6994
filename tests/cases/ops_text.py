"""Rows of the ops of texts, and what Python says."""

import re
from typing import Any

import numpy as np

from cases.arrays import Array, integers, real, texts
from cases.op import Op
from lamina import _core

A = dict
TOKENS = ["the", "fox", "b", "über", "two words", "日"]
_LETTERS = dict(zip(map(ord, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "abcdefghijklmnopqrstuvwxyz"))
_PUNCTUATION = str.maketrans("", "", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def _vocabulary() -> tuple[Array, ...]:
    words = np.array(TOKENS, dtype=object)
    parts = [part.numpy() for part in _core.make_vocabulary(_core.Tensor(words))]
    return tuple(Array(p.shape, lambda rng, s, p=p: p, str(p.dtype)) for p in parts)


VOCABULARY = _vocabulary()


def standardized(text: str, lower: bool = False, strip_punctuation: bool = False) -> str:
    text = text.translate(_LETTERS) if lower else text
    return text.translate(_PUNCTUATION) if strip_punctuation else text


def n_grams(row: Any, lower=False, strip_punctuation=False, split="whitespace", max_ngram=1, ngrams=()) -> list[str]:
    tokens: list[str] = []
    row = np.atleast_1d(row)
    for text in row.tolist():
        text = standardized(text, lower, strip_punctuation)
        if split == "whitespace":
            tokens += [t for t in text.replace("\t", " ").split(" ") if t]
        elif split == "character":
            tokens += list(text)
        elif text or len(row) == 1:
            tokens.append(text)
    widths = range(1, min(max_ngram, len(tokens)) + 1) if max_ngram else ngrams
    return [" ".join(tokens[i : i + n]) for n in widths for i in range(len(tokens) - n + 1)]


def _split(x, length, **rules):
    rows = np.full((len(x), length), "", dtype=object)
    for i, row in enumerate(x):
        found = n_grams(row, **rules)[:length]
        rows[i, : len(found)] = found
    return rows


def _number(token: str, first: int, unknown: int) -> int:
    return 0 if not token else TOKENS.index(token) + first if token in TOKENS else unknown


def _numbers(x, *_, length, first=2, unknown=1, **rules):
    rows = np.zeros((len(x), length), "int64")
    for i, row in enumerate(x):
        found = [_number(token, first, unknown) for token in n_grams(row, **rules)][:length]
        rows[i, : len(found)] = found
    return rows


def _counts(x, _bytes, _offsets, _slots, weights=1.0, *, size, first=1, unknown=0, once=False, **rules):
    rows = np.zeros((len(x), size), getattr(weights, "dtype", "float32"))
    for i, row in enumerate(x):
        for token in n_grams(row, **rules):
            number = _number(token, first, unknown)
            if token and number < size:
                rows[i, number] = 1 if once else rows[i, number] + 1
    return rows * weights


def _replaced(text: str, pattern: str, rewrite: str) -> str:
    """As RE2: a match of nothing right behind another one is none."""
    ends = [-1]

    def put(match: re.Match[str]) -> str:
        if match.end() == match.start() == ends[-1]:
            return ""
        ends.append(match.end())
        return match.expand(rewrite.replace("\\0", "\\g<0>"))

    return re.sub(pattern, put, text, flags=re.ASCII)


def _each(function):
    return lambda x, *_, **attributes: np.vectorize(lambda t: function(t, **attributes), otypes=[object])(x)


_RULES: tuple[dict[str, Any], ...] = (
    A(),
    A(lower=True, strip_punctuation=True),
    A(split="character", lower=True),
    A(split="none", strip_punctuation=True),
    A(max_ngram=3),
    A(max_ngram=1 << 60),
    A(max_ngram=0, ngrams=[2, 5]),
)
_HASHED = Array((3,), lambda rng, s: np.array(["A", "longer than sixteen bytes", "日" * 40], object), "object")
_X, _ROWS, _MANY = texts(9), texts(6, 3), texts(900)

OPS: tuple[Op, ...] = (
    *(
        Op("text_standardize", (texts(4, 5),), A(lower=a, strip_punctuation=b), _each(standardized), label=f"{a}-{b}")
        for a in (False, True)
        for b in (False, True)
    ),
    *(
        row
        for x, kind in ((_X, "texts"), (_ROWS, "rows"))
        for i, rules in enumerate(_RULES)
        for row in (
            Op(
                "text_count",
                (x,),
                rules,
                lambda x, **r: np.array([len(n_grams(row, **r)) for row in x]),
                large=(_MANY,),
                label=f"{kind}-{i}",
            ),
            Op("text_split", (x,), A(rules, length=7), _split, large=(_MANY,), label=f"{kind}-{i}"),
            Op(
                "text_numbers",
                (x, *VOCABULARY),
                A(rules, length=6, first=3),
                _numbers,
                large=(_MANY, *VOCABULARY),
                label=f"{kind}-{i}",
            ),
            Op(
                "text_counts",
                (x, *VOCABULARY),
                A(rules, size=6),
                _counts,
                large=(_MANY, *VOCABULARY),
                label=f"{kind}-{i}",
            ),
        )
    ),
    Op("text_counts", (_X, *VOCABULARY), A(_RULES[1], size=6, once=True), _counts, label="once"),
    *(
        Op(
            "text_counts",
            (_X, *VOCABULARY, real(6)),
            A(_RULES[1], size=6, once=once),
            _counts,
            large=(_MANY, *VOCABULARY, real(6)),
            label=f"weighted-{once}",
        )
        for once in (False, True)
    ),
    Op(
        "text_lookup",
        (Array((3, 4), lambda rng, s: rng.choice(np.array([*TOKENS, "", "no"], object), s), "object"), *VOCABULARY),
        {},
        lambda x, *_: np.vectorize(lambda t: TOKENS.index(t) if t in TOKENS else -1)(x),
        large=(texts(60, 60), *VOCABULARY),
    ),
    Op(
        "text_gather",
        (Array((9,), lambda rng, s: np.arange(-2, 7), "int64"), *VOCABULARY[:2]),
        A(unknown="?"),
        lambda x, *_, unknown: np.array([TOKENS[i] if 0 <= i < len(TOKENS) else unknown for i in x], dtype=object),
    ),
    # What tf.strings.to_hash_bucket_fast and to_hash_bucket_strong give; numbers through tf.strings.as_string.
    Op("text_hash", (_HASHED,), A(num_bins=1000), lambda x, **_: np.array([564, 556, 67]), large=(texts(90, 90),)),
    Op(
        "text_hash",
        (_HASHED,),
        A(num_bins=1000, salted=True, key0=1337, key1=7),
        lambda x, **_: np.array([847, 47, 597]),
        label="salted",
    ),
    Op(
        "text_hash",
        (Array((2,), lambda rng, s: np.array([5, -123456789012]), "int64"),),
        A(num_bins=1000),
        lambda x, **_: np.array([971, 24]),
        label="integers",
    ),
    *(
        Op("text_replace", (texts(5, 3),), A(pattern=p, rewrite=r), _each(_replaced), label=str(i))
        for i, (p, r) in enumerate((("o+", "<\\0>"), ("(\\w)(\\w)", "\\2\\1"), ("", "-"), ("^t|x{3,}?|日|\\b", "_")))
    ),
    Op("text_cross", (integers(9, 5), texts(5)), A(num_bins=10)),
    Op("measure", (Array((), lambda rng, s: np.array(7), "int64"),), A(symbol="n"), lambda x, symbol: x),
)
