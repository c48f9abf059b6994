"""The UCI handwritten digits: 1,797 real images of 8x8 pixels."""

from pathlib import Path

import numpy as np

Split = tuple[np.ndarray, np.ndarray]


def load_data() -> tuple[Split, Split]:
    """Loads 1,437 images to train with and 360 to test with, 36 of each digit.

    The images are the test part of the UCI set "Optical Recognition of Handwritten Digits" (13 writers); `digits.txt`
    beside this file names its source and licence, and says how the split was made. The split never changes.

    Returns:
        `(x_train, y_train), (x_test, y_test)`. `x`: uint8, shape `(n, 8, 8)`, ink from 0 (none) to 16 (full).
        `y`: uint8, shape `(n,)`, the digit from 0 to 9.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, x_test.shape
        ((1437, 8, 8), (360, 8, 8))
    """
    with np.load(Path(__file__).with_name("digits.npz"), allow_pickle=False) as arrays:
        return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
