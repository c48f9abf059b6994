"""The digits that come with the package are the real ones, split as digits.txt says."""

from pathlib import Path

import numpy as np
import pytest

import lamina
from lamina.datasets import digits

(x_train, y_train), (x_test, y_test) = digits.load_data()


@pytest.mark.parametrize(("x", "y", "count"), [(x_train, y_train, 1437), (x_test, y_test, 360)])
def test_shapes_dtypes_and_ranges(x, y, count):
    assert x.shape == (count, 8, 8)
    assert y.shape == (count,)
    assert x.dtype == y.dtype == np.uint8
    assert (x.min(), x.max()) == (0, 16)
    assert (y.min(), y.max()) == (0, 9)


def test_test_images_are_balanced():
    np.testing.assert_array_equal(np.bincount(y_test), np.full(10, 36))


def test_loading_twice_gives_separate_arrays():
    (x, _), _ = digits.load_data()
    x[:] = 99
    assert x_train.max() == 16
    assert digits.load_data()[0][0].max() == 16


def test_they_are_the_digits_of_scikit_learn_split_as_documented():
    source = pytest.importorskip("sklearn.datasets").load_digits()
    order = np.random.RandomState(0).permutation(1797)
    held_out = np.concatenate([order[source.target[order] == digit][-36:] for digit in range(10)])
    is_test = np.isin(order, held_out)
    np.testing.assert_array_equal(x_train, source.images[order[~is_test]])
    np.testing.assert_array_equal(y_train, source.target[order[~is_test]])
    np.testing.assert_array_equal(x_test, source.images[order[is_test]])
    np.testing.assert_array_equal(y_test, source.target[order[is_test]])


def test_licence_and_source_come_with_them():
    text = Path(lamina.__file__).parent.joinpath("datasets", "digits.txt").read_text()
    assert "CC BY 4.0" in text
    assert "UCI Machine Learning Repository" in text
