"""HDF5 files written with care: the HDF5 library crashes when a disk is full, so it is not told.

h5py is imported when the first file is opened.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Disk(io.RawIOBase):
    """A new file as the HDF5 library sees it: writing always succeeds. `error` is what happened."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "w+b", buffering=0)  # noqa: SIM115 - closed by `close`
        self._size = 0
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        left = memoryview(data)
        self._size = max(self._size, self._file.tell() + len(left))
        try:
            while self.error is None and left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self.error = error
        return len(data)

    def readinto(self, buffer: Any) -> int:
        """What was lost is zeros."""
        count = self._file.readinto(buffer)
        memoryview(buffer)[count:] = bytes(len(buffer) - count)
        return len(buffer)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset + (self._size if whence == os.SEEK_END else 0))

    def tell(self) -> int:
        return self._file.tell()

    def truncate(self, size: int | None = None) -> int:
        self._size = size = self.tell() if size is None else size
        try:
            if self.error is None:
                self._file.truncate(size)
        except OSError as error:
            self.error = error
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def written(target: Any) -> Iterator[Any]:
    """A new HDF5 file at a path, or in a file object. OSError when it cannot be written, as of a full disk."""
    import h5py

    if not isinstance(target, (str, os.PathLike)):
        with h5py.File(target, "w") as file:
            yield file
        return
    disk = _Disk(os.fspath(target))
    try:
        with h5py.File(disk, "w") as file:
            yield file
    except (OSError, RuntimeError) as error:
        if disk.error is None:
            raise
        raise disk.error from error
    finally:
        disk.close()
    if disk.error is not None:
        raise disk.error
