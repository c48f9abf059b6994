"""Handwritten digits of the NIST: 70,000 images of 28x28 pixels (LeCun, Cortes and Burges)."""

from typing import Any

from .source import MIRROR, Split, fetch, load_npz

_HASH = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: Any = "mnist.npz") -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: uint8 images (n, 28, 28) and digits (n,); 60,000 and 10,000 of them.

    `path`: a name in the cache, or a path of your own file.
    """
    data = load_npz(fetch(path, f"{MIRROR}mnist.npz", _HASH))
    return (data["x_train"], data["y_train"]), (data["x_test"], data["y_test"])
