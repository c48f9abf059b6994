"""ZIP files of models, read with care: nothing outside is named, and nothing unpacks to far more than is stored."""

from __future__ import annotations

import os
import zipfile
from typing import Any

from ..checks import explain

_SMALL = 1 << 20  # bytes; members below this are not compared with what is stored
_MOST_EXPANSION = 200
_LINK = 0o120000


def refused(path: Any, what: str, received: Any) -> ValueError:
    """The error for a file that no model was saved to."""
    return ValueError(
        explain(
            f"The file {str(path)!r} is not loaded: {what}.",
            "a whole '.keras' file as Keras or Lamina write it",
            received,
            "save the model again, and load only files that you trust.",
        )
    )


class ModelArchive:
    """The members of a `.keras` file. ValueError for files that are no ZIP files or were made to do harm."""

    def __init__(self, source: Any, name: Any) -> None:
        self.name = name
        try:
            self._zip = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
            raise refused(name, "it is no whole ZIP file", error) from error
        try:
            self._check()
        except ValueError:
            self._zip.close()
            raise

    def __enter__(self) -> ModelArchive:
        return self

    def __exit__(self, *error: object) -> None:
        self._zip.close()

    def _check(self) -> None:
        seen: set[str] = set()
        members = self._zip.infolist()
        for member in members:
            name = member.orig_filename
            parts = name.rstrip("/").split("/")
            if any(part in ("", ".", "..") for part in parts) or any(c in name for c in "\\:\0"):
                raise refused(self.name, "a member has a path that leads elsewhere", repr(name[:80]))
            if name.casefold() in seen:
                raise refused(self.name, "it has two members of one name", repr(name[:80]))
            seen.add(name.casefold())
            if (member.external_attr >> 16) & 0o170000 == _LINK:
                raise refused(self.name, "a member is a link", repr(name[:80]))
            if member.flag_bits & 1:
                raise refused(self.name, "a member is encrypted", repr(name[:80]))
            self._check_size(name, member.file_size, member.compress_size)
        unpacked, packed = (sum(getattr(m, size) for m in members) for size in ("file_size", "compress_size"))
        self._check_size("all members", unpacked, packed)

    def _check_size(self, name: str, unpacked: int, packed: int) -> None:
        if unpacked > _SMALL and unpacked > _MOST_EXPANSION * packed:
            text = f"{name[:80]!r}: {packed} bytes that become {unpacked}"
            raise refused(self.name, "it unpacks to far more than is stored", text)

    def __contains__(self, name: str) -> bool:
        return name in self._zip.namelist()

    def read(self, name: str, most: int | None = None) -> bytes:
        """The contents of a member. ValueError when it is damaged or larger than `most` bytes."""
        member = self._zip.getinfo(name)
        if most is not None and member.file_size > most:
            raise refused(self.name, f"{name!r} is too large", f"{member.file_size} bytes, more than {most}")
        try:
            return self._zip.read(member)
        except Exception as error:  # zipfile.BadZipFile, OSError, zlib.error and its kin of other compressions
            raise refused(self.name, f"{name!r} is damaged", error) from error

    def extract(self, folder: str, target: str) -> bool:
        """Writes the members below `folder` into the folder `target`. False when there are none."""
        found = False
        for member in self._zip.infolist():
            if member.filename.startswith(f"{folder}/") and not member.is_dir():
                found = True
                path = os.path.join(target, *member.filename.split("/")[1:])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "xb") as file:
                    file.write(self.read(member.filename))
        return found
