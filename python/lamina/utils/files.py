"""Files from the net: downloaded once, verified, and unpacked without leaving their folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

from ..checks import choice, explain


def get_file(
    fname: Any = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: Any = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: Any = None,
    force_download: bool = False,
) -> str:
    """The path of the file at the URL `origin`, which is downloaded unless it is in the cache already.

    The cache is `cache_dir` (the environment's LAMINA_HOME or KERAS_HOME, else `~/.keras`: files that Keras has
    downloaded are used) and in it `cache_subdir`. `fname` is the name there. `file_hash` (SHA-256 or MD5 in hex) is
    compared with the file's; a cached file of another hash is downloaded again. `extract` unpacks a tar or zip archive
    into a folder, whose path is returned; members that would land outside of it, links that point outside, and device
    files are left out with a warning. A download that fails leaves nothing behind.

    ValueError without `origin`, for names with folders, and for a file that has not the hash it should have.
    """
    from urllib.parse import urlsplit

    if origin is None:
        raise ValueError(
            explain("get_file: nothing to download.", "a URL as `origin`", "None", "pass origin='https:...'")
        )
    choice("get_file", "hash_algorithm", hash_algorithm, ("auto", "sha256", "md5"))
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    name = os.fspath(fname) if fname else os.path.basename(urlsplit(origin).path)
    if not name or name in (".", "..") or any(c in name for c in ("/", "\\", "\0")):
        raise ValueError(
            explain(
                "get_file: the name of the file is not usable.",
                "a name without folders",
                f"fname={fname!r}, origin={origin!r}",
                "pass a plain fname; folders go into cache_subdir or cache_dir.",
            )
        )
    folder = _writable(Path(cache_dir or cache_folder()).expanduser()) / cache_subdir
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    unpacked = target
    if extract or untar:
        if fname and "." in name:
            unpacked = folder / f"{name[: name.index('.')]}_extracted"
        else:
            target = folder / f"{name}_archive"
    if force_download or not _is_valid(target, file_hash, hash_algorithm):
        _download(origin, target, file_hash, hash_algorithm)
    if not (extract or untar):
        return str(target)
    if not extract_archive(target, unpacked, "tar" if untar else archive_format):
        warnings.warn(f"{target} is no archive of a known kind: it was not unpacked.", stacklevel=2)
    return str(unpacked)


def cache_folder() -> str:
    """Where downloads are kept."""
    return os.environ.get("LAMINA_HOME") or os.environ.get("KERAS_HOME") or os.path.join("~", ".keras")


def _writable(folder: Path) -> Path:
    """The folder, or one for temporary files where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.gettempdir()) / ".keras"


def hash_of(path: Any, algorithm: str = "sha256") -> str:
    """The SHA-256 or MD5 hash of a file, in hex."""
    hasher = hashlib.new(algorithm, usedforsecurity=algorithm != "md5")
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()


def _is_valid(path: Path, wanted: str | None, algorithm: str) -> bool:
    if not path.is_file():
        return False
    if wanted is None:
        return True
    if algorithm == "auto":
        algorithm = "sha256" if len(wanted) == 64 else "md5"
    return hash_of(path, algorithm) == wanted.lower()


def _download(origin: str, target: Path, wanted: str | None, algorithm: str) -> None:
    """Downloads to a temporary name, verifies, then renames."""
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    from .progbar import Progbar

    print(f"Downloading data from {origin}")
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, urlopen(origin) as source:
            total = int(source.headers.get("Content-Length") or 0) or None
            bar = Progbar(total, unit_name="byte")
            done = 0
            while block := source.read(1 << 16):
                file.write(block)
                done += len(block)
                bar.update(done, finalize=False)
            bar.update(done, finalize=True)
        if total is not None and done != total:
            raise ValueError(f"The download of {origin} ended after {done} of {total} bytes. Try again.")
        if not _is_valid(part, wanted, algorithm):
            raise ValueError(
                explain(
                    f"The file from {origin} is not the expected one.",
                    f"hash {wanted}",
                    hash_of(part, "sha256" if len(wanted or "") == 64 else "md5"),
                    "try again; if it stays, the file has changed or somebody has exchanged it.",
                )
            )
        part.chmod(0o644)
        os.replace(part, target)
    except HTTPError as error:
        raise OSError(f"{origin} could not be downloaded: {error.code} {error.reason}") from error
    except URLError as error:
        raise OSError(f"{origin} could not be downloaded: {error.reason}") from error
    finally:
        part.unlink(missing_ok=True)


def extract_archive(path: Any, folder: Any = ".", archive_format: Any = "auto") -> bool:
    """Unpacks a tar or zip archive (`archive_format` 'auto', 'tar', 'zip' or a list) and says whether it was one."""
    import tarfile
    import zipfile

    formats = (
        ["tar", "zip"]
        if archive_format == "auto"
        else [archive_format]
        if isinstance(archive_format, str)
        else archive_format
    )
    target = Path(folder)
    for kind in formats or []:
        if choice("extract_archive", "archive_format", kind, ("tar", "zip")) == "tar" and tarfile.is_tarfile(path):
            with tarfile.open(path) as tar:
                _unpack(target, lambda place: _unpack_tar(tar, place))
            return True
        if kind == "zip" and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                _unpack(target, lambda place: _unpack_zip(archive, place))
            return True
    return False


def _unpack(folder: Path, unpack: Any) -> None:
    """Runs `unpack`; a new folder that it could not complete goes away."""
    existed = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        unpack(folder.resolve())
    except BaseException:
        if not existed:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _is_inside(folder: Path, name: str) -> bool:
    return Path(os.path.realpath(folder / name)).is_relative_to(folder)


def _leave_out(name: str) -> None:
    warnings.warn(f"Not unpacked, because it would leave the folder or is no plain file: {name!r}", stacklevel=7)


def _unpack_tar(tar: Any, folder: Path) -> None:
    import tarfile

    for member in tar:  # one by one: links made before are seen when the next path is checked
        inside = _is_inside(folder, member.name)
        if member.issym():
            inside = inside and _is_inside(folder, os.path.join(os.path.dirname(member.name), member.linkname))
        elif member.islnk():  # to what was unpacked before: else Python unpacks that, unseen, under the new name
            target = folder / member.linkname
            inside = inside and _is_inside(folder, member.linkname) and target.is_file() and not target.is_symlink()
        elif not (member.isfile() or member.isdir()):
            inside = False
        if not inside:
            _leave_out(member.name)
            continue
        try:
            if hasattr(tarfile, "data_filter"):  # checks the same once more, and the rights
                tar.extract(member, folder, filter="data")
            else:
                member.mode = 0o755 if member.isdir() else (member.mode | 0o600) & 0o755
                tar.extract(member, folder)
        except getattr(tarfile, "FilterError", ()):
            _leave_out(member.name)


def _unpack_zip(archive: Any, folder: Path) -> None:
    for member in archive.infolist():
        if _is_inside(folder, member.filename):
            archive.extract(member, folder)
        else:
            _leave_out(member.filename)
