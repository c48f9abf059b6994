"""Zalando's articles of clothing: 70,000 images of 28x28 pixels in 10 classes (Xiao, Rasul and Vollgraf 2017).

T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot.
"""

import gzip
import os
from typing import Any

import numpy as np

from ..checks import explain
from ..utils.files import get_file
from .source import MIRROR, Split, own_file


def load_data(path: Any = None) -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: uint8 images (n, 28, 28) and classes (n,); 60,000 and 10,000 of them.

    `path`: a folder with the four files of the publisher (`train-images-idx3-ubyte.gz` and so on), if you have them.
    """

    def read(name: str) -> np.ndarray:
        found = (
            own_file(os.path.join(path, name))
            if path is not None
            else get_file(name, MIRROR + name, cache_subdir=os.path.join("datasets", "fashion-mnist"))
        )
        return read_idx(found)

    def part(name: str) -> Split:
        return read(f"{name}-images-idx3-ubyte.gz"), read(f"{name}-labels-idx1-ubyte.gz")

    return part("train"), part("t10k")


def read_idx(path: Any) -> np.ndarray:
    """The array of bytes in a packed IDX file: two zeros, the type, the number of axes, their sizes, the bytes."""
    try:
        with gzip.open(path) as file:
            content = file.read()
    except (OSError, EOFError) as error:
        content = repr(error).encode()
    rank = content[3] if content[:3] == b"\0\0\x08" else 0
    shape = np.frombuffer(content, ">i4", rank, 4) if len(content) >= 4 + 4 * rank else np.zeros(0, "i4")
    data = np.frombuffer(content, "uint8", offset=min(4 + 4 * rank, len(content)))
    if not rank or len(shape) != rank or len(data) != np.prod(shape, dtype="int64"):
        raise ValueError(
            explain(
                "A data file cannot be read.",
                "a packed IDX file of bytes",
                f"{os.fspath(path)!r}, which is damaged or of another kind",
                "delete it, to download it again.",
            )
        )
    return data.reshape(shape)
