"""What `adapt` learns from: arrays, lists, datasets and generators, all as batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ... import tree
from ...checks import explain, integer
from ...data.rows import is_read_in_parts
from ...models.arrays import to_array

_ROWS = 8192  # that are read at a time from arrays which are not in memory
_GROUP = 128  # elements of a dataset without batches that are looked at together


def batches(owner: str, data: Any, steps: int | None = None) -> Iterator[np.ndarray]:
    """The inputs in `data` as arrays: an array or a nested list of values is one batch.

    Datasets, generators and lists of arrays have several, of which at most `steps` are read; of tuples the first entry
    counts. The elements of a `lamina.data.Dataset` that was not batched are put together. TypeError for what holds no
    batches, ValueError for data that are empty or never end.
    """
    if steps is not None:
        steps = integer(f"{owner}.adapt", "steps", steps)
    empty = True
    for batch in _batches(owner, data, steps):
        empty = False
        yield _inputs(owner, batch)
    if empty:
        raise ValueError(
            explain(
                f"{owner}: there is nothing to adapt to.",
                "one batch or more",
                f"a {type(data).__name__} without batches",
                "check the data; a generator can be read only once.",
            )
        )


def _batches(owner: str, data: Any, steps: int | None) -> Iterable[Any]:
    if data is None or isinstance(data, (str, bytes, dict, int, float)):
        raise TypeError(_no_batches(owner, data))
    if is_read_in_parts(data):
        rows = data.tocsr() if hasattr(data, "tocsr") else data
        return (rows[start : start + _ROWS] for start in range(0, rows.shape[0], _ROWS))
    if _is_one_array(data):
        return [list(data) if isinstance(data, tuple) else data]
    if steps is None and _is_endless(data):
        raise ValueError(
            explain(
                f"{owner}: the data never end.",
                "`steps`, the number of batches to look at",
                f"an endless {type(data).__name__} and steps=None",
                "pass e.g. adapt(data, steps=100), or data.take(100).",
            )
        )
    try:
        iterator = iter(data)
    except TypeError:
        raise TypeError(_no_batches(owner, data)) from None
    return itertools.islice(_grouped(data, iterator), steps)


def _is_one_array(data: Any) -> bool:
    if isinstance(data, (list, tuple)):
        return bool(data) and not any(hasattr(leaf, "shape") for leaf in tree.flatten(data))
    return hasattr(data, "shape") or hasattr(data, "__array__")


def _is_endless(data: Any) -> bool:
    if hasattr(data, "cardinality"):
        return bool(data.cardinality() == -1)
    return hasattr(data, "num_batches") and data.num_batches is None


def _grouped(data: Any, elements: Iterator[Any]) -> Iterator[Any]:
    """The batches as they are; elements of a dataset that has none, put together."""
    from ...data import Dataset

    if not isinstance(data, Dataset) or data._batch_size is not None:
        yield from elements
        return
    first = next(elements, None)
    if first is None:
        return
    elements = itertools.chain([first], elements)
    if np.ndim(_leaf(first)) > 1:  # batches that the dataset was made of
        yield from elements
        return
    while group := [to_array(_leaf(element)) for element in itertools.islice(elements, _GROUP)]:
        if len({row.shape for row in group}) == 1:
            yield np.stack(group)
        else:  # rows of several lengths
            yield from group


def _leaf(batch: Any) -> Any:
    return batch[0] if isinstance(batch, tuple) and batch else batch


def _inputs(owner: str, batch: Any) -> np.ndarray:
    values = _leaf(batch)
    try:
        if isinstance(values, list) and isinstance(_first(values), (str, bytes)):
            array = np.array(values, dtype=object)  # as they are: NumPy's own texts lose zeros at the end
            if isinstance(array.flat[0], list):
                raise ValueError("rows of several lengths")
            return array
        return to_array(values)
    except ValueError:
        raise ValueError(
            explain(
                f"{owner}: a batch is no array.",
                "rows of one length",
                f"a {type(batch).__name__} of rows of several lengths",
                "pad the rows, or pass them one by one.",
            )
        ) from None


def _first(values: Any) -> Any:
    while isinstance(values, (list, tuple)) and values:
        values = values[0]
    return values


def require_numbers(owner: str, batch: np.ndarray) -> None:
    """TypeError for texts and other objects."""
    if batch.dtype.kind not in "fiub":
        raise TypeError(
            explain(
                f"{owner}: the data are no numbers.",
                "arrays of floats, ints or bools",
                f"dtype {batch.dtype}, shape {batch.shape}",
                "use a StringLookup for texts and categories.",
            )
        )


def numbers(owner: str, batch: np.ndarray) -> np.ndarray:
    """The batch as floats in double precision. TypeError for texts, ValueError for NaN."""
    require_numbers(owner, batch)
    values = batch.astype("float64")
    if np.isnan(values).any():
        raise ValueError(
            explain(
                f"{owner}: the data hold values that are missing.",
                "numbers without NaN",
                f"{int(np.isnan(values).sum())} NaN in a batch of shape {batch.shape}",
                "leave out these rows, or fill them: lamina.ops.nan_to_num.",
            )
        )
    return values


def _no_batches(owner: str, data: Any) -> str:
    return explain(
        f"{owner}: these data cannot be adapted to.",
        "an array, a list, a dataset or a generator of batches",
        f"{data!r} of type {type(data).__name__}" if np.isscalar(data) or data is None else type(data).__name__,
        "pass e.g. layer.adapt(x_train).",
    )
