"""Where data sets come from: the user's own file, the cache, or the net. Nothing in them is ever executed."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ..checks import explain
from ..utils.files import get_file

Split = tuple[np.ndarray, np.ndarray]

MIRROR = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def fetch(path: Any, origin: str, file_hash: str | None = None, **keywords: Any) -> str:
    """The path of a file: one the user has, if `path` names a folder (./mnist.npz), else that name in the cache.

    ValueError for a file of the user's that does not exist.
    """
    path = os.fspath(path)
    if not os.path.dirname(path):
        return get_file(path, origin, file_hash=file_hash, **keywords)
    return own_file(path)


def own_file(path: Any) -> str:
    """A path of the user's. ValueError if there is nothing."""
    if not os.path.exists(path):
        raise ValueError(
            explain(
                "There is no such data file.",
                "a file that exists, or a name without folders, which is downloaded",
                f"path={os.fspath(path)!r}",
                "check the path.",
            )
        )
    return os.fspath(path)


def load_npz(path: Any) -> dict[str, np.ndarray]:
    """The arrays of a NumPy archive. Those of Python lists are read without running what a pickle may ask for."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy"): _read_npy(archive.read(name)) for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(
            explain("A data file cannot be read.", "an archive of arrays (.npz)", f"{path}: {error}", "get it again.")
        ) from error


def _read_npy(content: bytes) -> np.ndarray:
    size = 4 if content[6:7] > b"\1" else 2  # of the length of the header, in versions 2 and 1
    end = 8 + size + int.from_bytes(content[8 : 8 + size], "little")
    if b"'|O'" in content[:end]:
        return np.asarray(load_pickle(io.BytesIO(content[end:])))
    return np.load(io.BytesIO(content), allow_pickle=False)


def _reconstruct(kind: Any, shape: Any, dtype: Any) -> np.ndarray:
    if kind is not np.ndarray:
        raise pickle.UnpicklingError("only plain arrays are read")
    return np._core.multiarray._reconstruct(np.ndarray, shape, dtype)  # type: ignore[attr-defined]


def _to_bytes(text: str, encoding: str = "latin1") -> bytes:
    return text.encode("latin1")


# All that a pickle of arrays, lists and dicts needs; nothing here has an effect.
_ALLOWED = {
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _to_bytes,
}


class _ArraysOnly(pickle.Unpickler):
    """Reads arrays, lists, dicts, texts and numbers; refuses everything else before it is looked up."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise ValueError(
                explain(
                    "A data file asks for code.",
                    "a pickle of arrays, lists and dicts",
                    f"{module}.{name}",
                    "do not trust this file: get it from its publisher.",
                )
            )
        return _ALLOWED[module, name]


def load_pickle(file: Any, encoding: str = "ASCII") -> Any:
    """What a pickle of arrays, lists and dicts holds. ValueError for all others, of which nothing is executed."""
    try:
        return _ArraysOnly(file, encoding=encoding).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, TypeError, KeyError) as error:
        raise ValueError(
            explain("A data file cannot be read.", "a pickle of arrays, lists and dicts", repr(error), "get it again.")
        ) from error


def shuffled(arrays: list[Any], seed: Any) -> list[Any]:
    """Arrays in one common order, that of Keras. `seed`: a number, or a generator to go on with."""
    rng = seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)
    order = np.arange(len(arrays[0]))
    rng.shuffle(order)
    return [a[order] for a in arrays]


def split(x: Any, y: Any, test_split: float) -> tuple[Split, Split]:
    """The first samples to train with, the last ones to test with. ValueError unless 0 <= test_split < 1."""
    if not 0 <= test_split < 1:
        raise ValueError(
            explain(
                "`test_split` is not a share.", "a number from 0 to below 1", f"test_split={test_split!r}", "pass 0.2."
            )
        )
    at = int(len(x) * (1 - test_split))
    return (x[:at], y[:at]), (x[at:], y[at:])


def read_word_index(path: Any, name: str, file_hash: str) -> dict[str, int]:
    """Words and their numbers, by frequency."""
    import json

    return json.loads(Path(fetch(path, MIRROR + name, file_hash)).read_text(encoding="utf-8"))
