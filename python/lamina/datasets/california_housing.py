"""California house prices of the census of 1990: 20,640 block groups, 8 features."""

from typing import Any

from ..checks import choice
from .source import MIRROR, Split, fetch, load_npz, shuffled, split

_HASH = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"


def load_data(
    version: str = "large", path: Any = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: features (n, 8) and median prices (n,) in dollars.

    Features: longitude, latitude, age, rooms, bedrooms, population, households, income. `version`: 'large', or 'small'
    for the first 600 samples. `path`: a name in the cache, or a path of your own file.
    """
    choice("california_housing", "version", version, ("small", "large"))
    split([], [], test_split)
    data = load_npz(fetch(path, f"{MIRROR}california_housing.npz", _HASH))
    count = 600 if version == "small" else None
    x, y = shuffled([data["x"][:count], data["y"][:count]], seed)
    return split(x, y, test_split)
