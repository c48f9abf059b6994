"""Attributes in HDF5 files, read with care: the HDF5 library crashes, or never ends, on some damaged texts.

Texts of variable length lie in heaps beside the attributes. The library walks through such a heap by the sizes that
stand in it, so these are verified first: all heaps of a file, when the first such text is asked for.
"""

from __future__ import annotations

import math
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .hdf5 import refuse

_HEAP = b"GCOL\x01"  # how a heap begins, with its version; 3 unused bytes and the size in 8 bytes follow
_HEAP_HEADER = _ITEM_HEADER = 16  # bytes; an item: number and count in 2 bytes each, 4 unused ones, the size in 8
_LARGEST = 1 << 28  # bytes of an attribute


class _Source:
    """A path or a file object that is open for reading."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._is_checked = False

    def check(self) -> None:
        """ValueError when a heap in it is damaged."""
        if self._is_checked:
            return
        if hasattr(self._source, "getbuffer"):
            _check_heaps(self._source.getbuffer())
        else:
            with open(self._source, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as contents:
                _check_heaps(contents)
        self._is_checked = True


_open: ContextVar[tuple[_Source, ...]] = ContextVar("sources", default=())


@contextmanager
def reading(source: Any) -> Iterator[None]:
    """Inside, `attribute` knows the path, or the io.BytesIO, that HDF5 reads from."""
    token = _open.set((*_open.get(), _Source(source)))
    try:
        yield
    finally:
        _open.reset(token)


def attribute(thing: Any, name: str | bytes) -> Any:
    """The attribute `name` of a group or array: text, a number, or an array of these; None if it has none.

    ValueError for other kinds, and for texts in damaged files.
    """
    from h5py import h5a, h5t

    if name not in thing.attrs:
        return None
    found = h5a.open(thing.id, name if isinstance(name, bytes) else name.encode())
    kind = found.get_type()
    if not isinstance(kind, (h5t.TypeStringID, h5t.TypeIntegerID, h5t.TypeFloatID)):
        raise refuse(f"an attribute {name[:80]!r} that is neither text nor numbers", type(kind).__name__)
    size = math.prod(found.shape or ()) * kind.get_size()
    if size > _LARGEST:
        raise refuse(f"an attribute {name[:80]!r} that is too large", f"{size} bytes")
    if isinstance(kind, h5t.TypeStringID) and kind.is_variable_str():
        for source in _open.get():
            source.check()
    return thing.attrs[name]


def attributes(thing: Any) -> dict[str, Any]:
    """All attributes of a group or array by name."""
    return {_decoded(name): attribute(thing, name) for name in thing.attrs}


def _decoded(name: str | bytes) -> str:
    """The name, which h5py gives as bytes where it is no UTF-8."""
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")


def _check_heaps(contents: Any) -> None:
    for match in re.finditer(re.escape(_HEAP), contents):
        start = match.start()
        end = start + int.from_bytes(contents[start + 8 : start + 16], "little")
        place = start + _HEAP_HEADER
        while place + _ITEM_HEADER <= end <= len(contents):
            number = int.from_bytes(contents[place : place + 2], "little")
            size = int.from_bytes(contents[place + 8 : place + 16], "little")
            # What is free has number 0, and its size includes the header; others are filled up to 8 bytes.
            step = size if number == 0 else _ITEM_HEADER + -(-size // 8) * 8
            if step < _ITEM_HEADER:
                break
            place += step
        if not end - _ITEM_HEADER < place <= end <= len(contents):
            raise refuse("texts in a damaged place", f"a heap at byte {start} that cannot be walked through")
