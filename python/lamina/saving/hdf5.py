"""HDF5 files read with care: no links are followed, nothing outside is read, no more memory taken than the file holds.

h5py is imported when the first file is opened.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..checks import explain
from .paths import need_file

_SMALL = 1 << 20  # bytes; what is declared below this is not compared with what is stored
_MOST_EXPANSION = 1100  # deflate, the usual compression, reaches 1032


@contextmanager
def opened(source: Any, what: str) -> Iterator[Any]:
    """The HDF5 file at a path, or in a file object, for reading; `what` names it in errors.

    FileNotFoundError when it is not there, ValueError when it is damaged, no HDF5 file, or not safe to read.
    """
    import h5py

    from .hdf5_attributes import reading

    if isinstance(source, (str, os.PathLike)):
        need_file(os.fspath(source), name=what)
    try:
        with reading(source), h5py.File(source, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError, MemoryError, OverflowError, UnicodeError) as error:
        if isinstance(error, (FileNotFoundError, PermissionError)):
            raise
        raise ValueError(
            explain(
                f"The file {what!r} cannot be read.",
                "a whole HDF5 file",
                f"{type(error).__name__}: {error}",
                "copy or save the file again.",
            )
        ) from error


def refuse(what: str, received: Any) -> ValueError:
    """The error for contents that no saved model has."""
    return ValueError(
        explain(
            f"The HDF5 file holds something that is not loaded: {what}.",
            "groups and arrays of numbers in the file itself",
            received,
            "save the weights again, and load only files that you trust.",
        )
    )


def child(parent: Any, name: str) -> Any:
    """What `parent` holds under a plain name, or None. ValueError for links."""
    import h5py

    link = parent.get(name, default=None, getlink=True)
    if link is None:
        return None
    if not isinstance(link, h5py.HardLink):
        raise refuse(f"a link, {name!r} in {parent.name!r}", type(link).__name__)
    return parent[name]


def is_group(thing: Any) -> bool:
    """Whether a thing in a file is a group."""
    import h5py

    return isinstance(thing, h5py.Group)


def is_array(thing: Any) -> bool:
    """Whether a thing in a file is an array."""
    import h5py

    return isinstance(thing, h5py.Dataset)


def _parts(path: str) -> list[str]:
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in path:
        raise refuse("a path that leads elsewhere", repr(path[:80]))
    return parts


def group_at(parent: Any, path: str) -> Any:
    """The group at `path` below `parent`, or None when there is none. ValueError for links and for arrays there."""
    for part in _parts(path):
        parent = child(parent, part)
        if parent is None:
            return None
        if not is_group(parent):
            raise refuse("an array where a group is expected", repr(parent.name))
    return parent


def array_at(parent: Any, path: str) -> np.ndarray:
    """The numbers of the dataset at `path`.

    ValueError when it is missing, a link, kept in another file, no numbers, or far larger than what is stored of it.
    """
    from .hdf5_chunks import check_chunks

    *above, name = _parts(path)
    group = group_at(parent, "/".join(above)) if above else parent
    dataset = None if group is None else child(group, name)
    if dataset is None:
        raise refuse("a reference to an array that is not there", repr(path[:80]))
    if not is_array(dataset):
        raise refuse("a group where an array is expected", repr(dataset.name))
    if dataset.external or dataset.is_virtual:
        raise refuse("an array whose numbers are elsewhere", repr(dataset.name))
    if held_bytes(dataset) < declared_bytes(dataset):
        raise refuse(
            "an array far larger than what is stored of it",
            f"{dataset.name!r} of shape {dataset.shape}, {dataset.id.get_storage_size()} bytes stored",
        )
    check_chunks(dataset)
    dtype = dtype_of(dataset)
    if dtype == "V2" and "dtype" in dataset.attrs:  # which says bfloat16
        return (np.asarray(dataset).view("u2").astype("u4") << 16).view("f4")  # the upper half of a float32
    if dtype.kind not in "biufc" or dataset.shape is None:
        raise refuse("an array that holds no numbers", f"{dataset.name!r} of dtype {dtype}")
    return np.asarray(dataset)


def dtype_of(dataset: Any) -> np.dtype[Any]:
    """The dtype of an array. ValueError for types that NumPy does not have."""
    try:
        return dataset.dtype
    except (TypeError, ValueError) as error:
        raise refuse("an array of an unknown type", f"{dataset.name!r}: {error}") from error


def declared_bytes(dataset: Any) -> int:
    """The size of the array in memory."""
    return math.prod(dataset.shape or ()) * int(dtype_of(dataset).itemsize)


def held_bytes(dataset: Any) -> int:
    """The size of the array in memory, or less if so much cannot come from what is stored of it."""
    declared = declared_bytes(dataset)
    if declared <= _SMALL:
        return declared
    return min(declared, _MOST_EXPANSION * int(dataset.id.get_storage_size()))


def held_in(file: Any) -> int:
    """The bytes that all arrays of the file take in memory. Links are not followed; loops end."""
    total = 0

    def count(_: str, item: Any) -> None:
        nonlocal total
        if is_array(item):
            total += held_bytes(item)

    file.visititems(count)
    return total


class Entry(Mapping[str, np.ndarray]):
    """The arrays of one group by name, read when asked for; empty for None."""

    def __init__(self, group: Any) -> None:
        self._group = {} if group is None else group

    def __getitem__(self, key: str) -> np.ndarray:
        if not isinstance(key, str) or key not in self._group:
            raise KeyError(key)
        return array_at(self._group, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._group)

    def __len__(self) -> int:
        return len(self._group)


def write_arrays(file: Any, path: str, arrays: Mapping[str, Any], name: Any = None) -> None:
    """Writes arrays by name into a new group; `name` becomes its attribute of that name."""
    if not arrays and not isinstance(name, str):
        return
    group = file.require_group(path)
    if isinstance(name, str):
        group.attrs["name"] = name
    for key, value in arrays.items():
        array = np.asarray(value)
        dataset = group.create_dataset(key, data=array)
        if array.dtype.name == "bfloat16":
            dataset.attrs["dtype"] = "bfloat16"
