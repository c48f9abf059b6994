"""Attributes in HDF5 files, read with care: the HDF5 library crashes, or never ends, on some damaged texts.

Texts of variable length lie in heaps beside the attributes. The library walks through such a heap by the sizes that
stand in it, and takes as much memory as an attribute says its text has. Both are verified before it reads a text.
"""

from __future__ import annotations

import math
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import accumulate
from typing import Any

from .hdf5 import refuse

_HEAP = b"GCOL\x01"  # how a heap begins, with its version; 3 unused bytes and the size in 8 bytes follow
_HEAP_HEADER = _ITEM_HEADER = 16  # bytes; an item: number and count in 2 bytes each, 4 unused ones, the size in 8
_VARIABLE = 9  # the class of types of variable length
_LARGEST = 1 << 28  # bytes of an attribute

Heaps = dict[int, dict[int, int]]


class _Source:
    """A path or a file object that is open for reading."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._heaps: Heaps | None = None
        self._has_texts: dict[bytes, bool] = {}

    def check(self, name: bytes) -> bool:
        """Whether it has texts in attributes of this name. ValueError when their places are damaged."""
        if name not in self._has_texts:
            self._has_texts[name] = self._search(name)
        return self._has_texts[name]

    def _search(self, name: bytes) -> bool:
        if hasattr(self._source, "getbuffer"):
            return self._check(self._source.getbuffer(), name)
        with open(self._source, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as contents:
            return self._check(contents, name)

    def _check(self, contents: Any, name: bytes) -> bool:
        if self._heaps is None:
            self._heaps = _heaps(contents)
        return _check_texts(contents, name, self._heaps)


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
    encoded = name if isinstance(name, bytes) else name.encode()
    found = h5a.open(thing.id, encoded)
    kind = found.get_type()
    if not isinstance(kind, (h5t.TypeStringID, h5t.TypeIntegerID, h5t.TypeFloatID)):
        raise refuse(f"an attribute {name[:80]!r} that is neither text nor numbers", type(kind).__name__)
    size = math.prod(found.shape or ()) * kind.get_size()
    if size > _LARGEST:
        raise refuse(f"an attribute {name[:80]!r} that is too large", f"{size} bytes")
    if isinstance(kind, h5t.TypeStringID) and kind.is_variable_str():
        checked = [source.check(encoded) for source in _open.get()]
        if not any(checked):
            raise refuse(f"a text {name[:80]!r} in an unknown place", "no attribute of this name that can be verified")
    try:
        return thing.attrs[name]
    except (TypeError, ValueError) as error:
        raise refuse(f"an attribute {name[:80]!r} of an unknown type", str(error)) from error


def attributes(thing: Any) -> dict[str, Any]:
    """All attributes of a group or array by name."""
    return {_decoded(name): attribute(thing, name) for name in thing.attrs}


def _decoded(name: str | bytes) -> str:
    """The name, which h5py gives as bytes where it is no UTF-8."""
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")


def _number(contents: Any, place: int, size: int) -> int:
    return int.from_bytes(contents[place : place + size], "little")


def _heaps(contents: Any) -> Heaps:
    """The sizes of the texts in all heaps, by the address of the heap and the number of the text."""
    found: Heaps = {}
    for match in re.finditer(re.escape(_HEAP), contents):
        start = match.start()
        end = start + _number(contents, start + 8, 8)
        place = start + _HEAP_HEADER
        sizes = found[start] = {}
        while place + _ITEM_HEADER <= end <= len(contents):
            number, size = _number(contents, place, 2), _number(contents, place + 8, 8)
            # What is free has number 0, and its size includes the header; others are filled up to 8 bytes.
            step = size if number == 0 else _ITEM_HEADER + -(-size // 8) * 8
            if step < _ITEM_HEADER:
                break
            sizes[number] = size
            place += step
        if not end - _ITEM_HEADER < place <= end <= len(contents):
            raise refuse("texts in a damaged place", f"a heap at byte {start} that cannot be walked through")
    return found


def _check_texts(contents: Any, name: bytes, heaps: Heaps) -> bool:
    """Whether there are attributes of this name that hold texts; all of these must be as long as their heaps say."""
    found = False
    for match in re.finditer(re.escape(name + b"\0"), contents):
        for version, header, fill in ((1, 8, 8), (2, 8, 1), (3, 9, 1)):
            # version, flags, the sizes of name, type and shape in 2 bytes each; then these and the data
            start = match.start() - header
            if start < 0 or contents[start] != version or _number(contents, start + 2, 2) != len(name) + 1:
                continue
            _, kind, shape, data = accumulate(
                (-(-_number(contents, start + at, 2) // fill) * fill for at in (2, 4, 6)), initial=match.start()
            )
            if data >= len(contents) or contents[kind] & 15 != _VARIABLE:
                continue
            sizes = shape + (8 if contents[shape] == 1 else 4)
            count = math.prod(_number(contents, sizes + 8 * i, 8) for i in range(contents[shape + 1]))
            for place in range(data, min(data + 16 * count, len(contents)), 16):
                length, heap, number = (_number(contents, place + at, n) for at, n in ((0, 4), (4, 8), (12, 4)))
                if length and heaps.get(heap, {}).get(number) != length:
                    raise refuse(f"a text {name[:80]!r} in a damaged place", f"{length} bytes that are not there")
            found = True
    return found
