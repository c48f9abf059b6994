"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

from ..checks import explain

_writers = count()  # threads may write the same file, too


@contextmanager
def replacing(path: str) -> Iterator[str]:
    """The name of a temporary file beside `path`, of the same ending, that takes its place when the block ends well.

    Until then the file that is there stays, also when the disk is full or the process is killed. OSError when it
    cannot be written.
    """
    folder, name = os.path.split(os.path.abspath(path))
    if os.path.isdir(path):
        raise IsADirectoryError(
            explain(
                "A file cannot be written.", "the path of a file", f"the folder {path!r}", "add the name of a file."
            )
        )
    temporary = os.path.join(folder, f".{os.getpid()}-{next(_writers)}.{name}")
    try:
        _make_folder(folder)
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
        _sync(folder)
    except OSError as error:
        kept = "the file of before is as it was" if os.path.exists(path) else "nothing was left behind"
        text = explain(
            f"The file {path!r} could not be written; {kept}.",
            "space and permission to write in its folder",
            _reason(error),
            "free some space or choose another folder.",
        )
        raise (OSError(text) if error.errno is None else OSError(error.errno, text)) from error
    finally:
        with suppress(OSError):
            os.remove(temporary)


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError as error:  # which would be misleading: a part of the path is no folder
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from error


@contextmanager
def growing(path: str, what: str) -> Iterator[None]:
    """For writing at the end of a file: errors of the system name it, and say what is in it."""
    try:
        yield
    except OSError as error:
        text = explain(
            f"{what} could not be written to {path!r}; what was there before is as it was.",
            "space and permission to write in its folder",
            _reason(error),
            "free some space or choose another folder.",
        )
        raise OSError(error.errno, text) from error


def _reason(error: OSError) -> str:
    """What the system said; the engine says it in the third of the four parts of its errors."""
    return error.strerror or str(error).rpartition("Received: ")[2].partition(". ")[0]


def _sync(path: str) -> None:
    """Has the disk write what it holds of a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_remains(path: str) -> None:
    """Removes the temporary files that killed processes have left of `path`."""
    folder, name = os.path.split(os.path.abspath(path))
    for other in os.listdir(folder) if os.path.isdir(folder) else ():
        writer, dot, rest = other[1:].partition(".")
        process = writer.partition("-")[0]
        if other[:1] == "." and dot and process.isdigit() and rest == name and int(process) != os.getpid():
            with suppress(OSError):
                os.remove(os.path.join(folder, other))
