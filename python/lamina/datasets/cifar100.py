"""60,000 photographs of 32x32 pixels in 100 classes of 20 groups (Krizhevsky 2009)."""

from typing import Any

from ..checks import choice
from . import cifar
from .source import Split

_HASH = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine", path: Any = None) -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: uint8 images (n, 32, 32, 3) and labels (n, 1); 50,000 and 10,000.

    `label_mode`: 'fine' for the 100 classes, 'coarse' for the 20 groups. `path`: the folder `cifar-100-python` or the
    archive `cifar-100-python.tar.gz`, if you have it.
    """
    key = f"{choice('cifar100', 'label_mode', label_mode, ('fine', 'coarse'))}_labels"
    return cifar.load(path, "cifar-100-python", "cifar-100-python.tar.gz", _HASH, (["train"], ["test"]), key)
