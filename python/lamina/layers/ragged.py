"""Rows of different lengths: one array filled up with zeros, and a mask of what are rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import tree
from ..checks import explain


class Padded(NamedTuple):
    """Rows of different lengths, filled up to the longest; `mask` (rows, steps) is False where something was added."""

    values: Any
    mask: Any


def object_rows(rows: Any) -> np.ndarray:
    """A sequence of rows as one array of objects: a leaf of a nest."""
    array = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        array[i] = row
    return array


def is_ragged(array: Any) -> bool:
    """Whether an array of objects holds rows, or something does that knows its rows' lengths, as TensorFlow's."""
    if isinstance(array, np.ndarray):
        rows = array if array.dtype == object and array.ndim == 1 else ()
        return len(rows) > 0 and all(
            isinstance(row, (list, tuple, np.ndarray)) or hasattr(row, "numpy") for row in rows
        )
    return hasattr(array, "row_lengths") and hasattr(array, "to_list")


def pad_rows(what: str, rows: Any) -> Padded:
    """Ragged rows as arrays of numbers. ValueError for rows that differ in more than their lengths."""
    arrays = [_row(row) for row in (rows.to_list() if hasattr(rows, "to_list") else rows)]
    filled = [row for row in arrays if row.size] or [np.zeros((1,), "float32")]
    rest = filled[0].shape[1:]
    if any(row.ndim == 0 or row.dtype.kind not in "fiub" or row.shape[1:] != rest for row in filled):
        raise ValueError(
            explain(
                f"`{what}` holds rows that do not go together.",
                "rows of numbers that differ in their lengths only",
                f"rows of shapes {sorted({row.shape for row in arrays})[:4]} and dtypes "
                f"{sorted({str(row.dtype) for row in arrays})}",
                "bring the entries of all rows to one shape.",
            )
        )
    lengths = np.array([len(row) if row.size else 0 for row in arrays])
    steps = max(1, int(lengths.max()))
    values = np.zeros((len(arrays), steps, *rest), np.result_type(*filled))
    for target, row, length in zip(values, arrays, lengths):
        if length:
            target[:length] = row
    return Padded(values, np.arange(steps) < lengths[:, None])


def _row(row: Any) -> np.ndarray:
    try:
        return np.asarray(row)
    except ValueError:  # its entries are of several lengths themselves
        return object_rows(row)


def joined(nest: Any, convert: Any) -> Any:
    """The nest with a masked tensor, made by `convert`, for each Padded."""

    def join(part: Any) -> Any:
        if not isinstance(part, Padded):
            return None
        tensor = convert(part.values)
        tensor._keras_mask, tensor._was_ragged = convert(part.mask), True
        return tensor

    return tree.traverse(join, nest)


def holds_padded(nest: Any) -> bool:
    """Whether there is a Padded in it."""
    if isinstance(nest, dict):
        return any(map(holds_padded, nest.values()))
    return isinstance(nest, Padded) or (isinstance(nest, (list, tuple)) and any(map(holds_padded, nest)))
