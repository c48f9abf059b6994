"""Arrays that are never in memory as a whole: their rows are read batch by batch."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

from .. import tree
from ..models import arrays
from ..models.arrays import Data


def is_read_in_parts(leaf: Any) -> bool:
    """Whether an array has to be read in parts.

    So are sparse matrices, arrays of HDF5 or Zarr files, and memory-mapped arrays which the engine cannot use as they
    are.
    """
    if isinstance(leaf, np.ndarray):
        return _is_mapped(leaf) and not arrays.is_usable(leaf)
    return hasattr(leaf, "shape") and (hasattr(leaf, "tocsr") or (hasattr(leaf, "chunks") and hasattr(leaf, "dtype")))


def _is_mapped(array: Any) -> bool:
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return isinstance(array, mmap.mmap)


class _Column:
    """An array read in parts."""

    def __init__(self, name: str, array: Any) -> None:
        self.name = name
        self.array = array.tocsr() if hasattr(array, "tocsr") else array
        self.shape = tuple(array.shape)

    def read(self, rows: Any) -> Any:
        """Rows of a slice, or of an array of numbers, as a tensor."""
        array = self.array
        if hasattr(array, "toarray"):
            part = array[rows].toarray()
        elif isinstance(rows, slice) or isinstance(array, np.ndarray):
            part = array[rows]
        else:  # files want numbers that rise
            places = np.argsort(rows, kind="stable")
            part = np.empty_like(found := np.asarray(array[rows[places]]))
            part[places] = found
        return arrays.to_tensors(self.name, np.ascontiguousarray(part))


class Rows:
    """Inputs, labels and weights of which some are read in parts; from sample `start` to `stop`."""

    def __init__(self, parts: Data, start: int = 0, stop: int | None = None, class_weight: Any = None) -> None:
        self._parts = parts
        self._start = start
        self._stop = parts.size if stop is None else stop
        self._class_weight = class_weight

    @property
    def size(self) -> int:
        return self._stop - self._start

    def rows(self, start: int, stop: int) -> Data:
        """The samples from `start` to `stop`."""
        return self.pick(slice(start, stop))

    def part(self, start: int, stop: int) -> Rows:
        """These samples, not read yet."""
        return Rows(self._parts, self._start + start, self._start + stop, self._class_weight)

    def pick(self, rows: Any) -> Data:
        """The samples of a slice, or of an array of numbers."""
        shift = self._start
        rows = slice(shift + rows.start, shift + rows.stop) if isinstance(rows, slice) else rows.astype("int64") + shift
        x, y, sample_weight = (tree.map_structure(lambda c: c.read(rows), p, none_is_leaf=False) for p in self._parts)
        return arrays.weighted(x, y, sample_weight, self._class_weight)


def collect(x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None) -> Data | Rows:
    """Arrays as Data, or as Rows if one of them has to be read in parts. ValueError for different lengths."""
    given = Data(*map(arrays.one_array, (x, y, sample_weight)))
    if not any(is_read_in_parts(leaf) for leaf in tree.flatten(list(given))):
        return arrays.prepare(x, y, sample_weight, class_weight)

    def columns(name: str, part: Any) -> Any:
        def column(array: Any) -> _Column:
            return _Column(name, array if is_read_in_parts(array) else arrays.to_array(array))

        return tree.map_structure(column, part, none_is_leaf=False)

    parts = Data(*map(columns, Data._fields, given))
    arrays.check(parts)
    return Rows(parts, class_weight=class_weight)
