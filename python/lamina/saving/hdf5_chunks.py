"""Chunks in HDF5 files, read with care: the HDF5 library crashes when one holds less than its array says.

What is stored of a chunk goes through filters, which compress it or add a sum, and must come out as long as the chunk.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

from .hdf5 import refuse

_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3
_CHECKSUM_BYTES = 4


def check_chunks(dataset: Any) -> None:
    """ValueError unless every stored chunk of the array is as long as it should be."""
    if dataset.chunks is None:
        return
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
    if not {*filters} <= {_DEFLATE, _SHUFFLE, _CHECKSUM}:
        raise refuse("an array that is packed in an unusual way", f"{dataset.name!r} with the filters {filters}")
    size = math.prod(dataset.chunks) * dataset.id.get_type().get_size()
    for chunk in _chunks(dataset):
        found = _unpacked_size(dataset, chunk, filters, size) if chunk.filter_mask == 0 else -1
        if found != size:
            raise refuse(
                "a damaged chunk of an array", f"{dataset.name!r} at {chunk.chunk_offset}, not its {size} bytes"
            )


def _chunks(dataset: Any) -> list[Any]:
    found: list[Any] = []
    if hasattr(dataset.id, "chunk_iter"):  # else slow, as old versions of HDF5 have it
        dataset.id.chunk_iter(found.append)
    else:
        found.extend(map(dataset.id.get_chunk_info, range(dataset.id.get_num_chunks())))
    return found


def _unpacked_size(dataset: Any, chunk: Any, filters: list[int], size: int) -> int:
    """How long a chunk is after all filters; -1 for what cannot be unpacked, and for much more than `size`."""
    if _DEFLATE not in filters:
        return int(chunk.size) - _CHECKSUM_BYTES * filters.count(_CHECKSUM)
    if not 0 < chunk.size <= dataset.file.id.get_filesize():
        return -1
    data = dataset.id.read_direct_chunk(chunk.chunk_offset)[1]
    for kind in reversed(filters):
        if kind == _CHECKSUM:
            data = data[:-_CHECKSUM_BYTES]
        elif kind == _DEFLATE:
            try:
                data = zlib.decompressobj().decompress(data, size + _CHECKSUM_BYTES * len(filters) + 1)
            except zlib.error:
                return -1
    return len(data)
