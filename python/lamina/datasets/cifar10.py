"""60,000 photographs of 32x32 pixels in 10 classes (Krizhevsky 2009).

Airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
"""

from typing import Any

from . import cifar
from .source import Split

_HASH = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data(path: Any = None) -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: uint8 images (n, 32, 32, 3) and classes (n, 1); 50,000 and 10,000.

    `path`: the folder `cifar-10-batches-py` or the archive `cifar-10-python.tar.gz`, if you have it.
    """
    parts = [f"data_batch_{i}" for i in range(1, 6)], ["test_batch"]
    return cifar.load(path, "cifar-10-batches-py", "cifar-10-python.tar.gz", _HASH, parts, "labels")
