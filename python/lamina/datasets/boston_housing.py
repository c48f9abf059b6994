"""Boston house prices of the 1970s: 506 samples, 13 features.

The data have an ethical problem: they have been made with the assumption that people prefer to live among their own
race. Prefer `california_housing`.
"""

from typing import Any

from .source import MIRROR, Split, fetch, load_npz, shuffled, split

_HASH = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: Any = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> tuple[Split, Split]:
    """`(x_train, y_train), (x_test, y_test)`: features (n, 13) and prices (n,) in thousands of dollars.

    `path`: a name in the cache, or a path of your own file. `test_split`: the share to test with. `seed`: the order.
    """
    split([], [], test_split)
    data = load_npz(fetch(path, f"{MIRROR}boston_housing.npz", _HASH))
    x, y = shuffled([data["x"], data["y"]], seed)
    return split(x, y, test_split)
