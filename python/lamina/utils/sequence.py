"""Sequences of different lengths as one array."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

import numpy as np

from ..checks import choice, explain


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """A (number of sequences, `maxlen`, ...) array: shorter sequences are filled with `value`, longer ones cut.

    `maxlen` is the longest length unless given. `padding` and `truncating` ('pre' or 'post') say at which end.
    ValueError for things that are no sequences and for elements of different shapes.

    >>> pad_sequences([[1], [2, 3, 4]], maxlen=2).tolist()
    [[0, 1], [3, 4]]
    """
    choice("pad_sequences", "padding", padding, ("pre", "post"))
    choice("pad_sequences", "truncating", truncating, ("pre", "post"))
    wrong: list[Any] = (
        [s for s in sequences if not isinstance(s, Sized)] if hasattr(sequences, "__len__") else [sequences]
    )
    if wrong:
        raise ValueError(
            explain(
                "pad_sequences: there is no sequence.", "a list of sequences", repr(wrong[0]), "pass [[1, 2], [3]]."
            )
        )
    if isinstance(value, str) and not (dtype is object or np.dtype(dtype).kind in "OSU"):
        raise ValueError(
            explain(
                "pad_sequences: texts cannot be filled in.",
                "dtype=object for texts",
                f"dtype={dtype!r}, value={value!r}",
                "pass dtype=object.",
            )
        )
    length = max(map(len, sequences), default=0) if maxlen is None else int(maxlen)
    shape = next((np.shape(s)[1:] for s in sequences if len(s)), ())
    result = np.full((len(sequences), length, *shape), value, dtype=dtype)
    for i, sequence in enumerate(sequences):
        kept = sequence[-length:] if truncating == "pre" else sequence[:length]
        part = np.asarray(kept if length else [], dtype=dtype)
        if not len(part):
            continue
        if part.shape[1:] != shape:
            raise ValueError(
                explain(
                    "pad_sequences: the elements have different shapes.",
                    f"elements of shape {shape}, as in the first sequence",
                    f"shape {part.shape[1:]} in sequence {i}",
                    "give all elements one shape.",
                )
            )
        result[i, slice(-len(part), None) if padding == "pre" else slice(len(part))] = part
    return result
