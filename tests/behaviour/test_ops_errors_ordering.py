"""Sorting, statistics, scans, indexing and scattering: errors that say what is wrong, and sizes that come later."""

import numpy as np
import pytest

import lamina
from lamina import _core, ops

X = np.arange(12, dtype="float32").reshape(3, 4)
NAN = np.array([1.0, np.nan], "float32")


@pytest.mark.parametrize(
    ("function", "arguments", "error", "text"),
    [
        ("sort", (X, 2), ValueError, "sort: the tensor has no axis 2"),
        ("sort", (1.0,), ValueError, "scalar"),
        ("argsort", (X, -3), ValueError, "argsort: the tensor has no axis -3"),
        ("argpartition", (X, 4), ValueError, "argpartition: `kth` is out of range"),
        ("top_k", (X, 5), ValueError, "top_k: there are fewer entries"),
        ("top_k", (X, -1), ValueError, "top_k: `k` is out of range"),
        ("top_k", (1.0, 1), ValueError, "top_k: there are fewer entries"),
        ("in_top_k", ([[0, 1]], X, 2), ValueError, "in_top_k: the shapes do not fit"),
        ("searchsorted", (X, 1.0), ValueError, "searchsorted: the sequence has several axes"),
        ("searchsorted", (X[0], 1.0, "middle"), ValueError, "searchsorted: `side` is not known"),
        ("digitize", (1.0, X), ValueError, "digitize: the bins have several axes"),
        ("unique", (X, True, False, False, False, 2), ValueError, "unique: the tensor has no axis 2"),
        ("unique", (X, True, False, False, False, None, -1), ValueError, "unique: `size` is out of range"),
        ("cumsum", (X, 2), ValueError, "cumsum: the tensor has no axis 2"),
        ("nancumprod", (X, 2), ValueError, "nancumprod: the tensor has no axis 2"),
        ("diff", (X, -1), ValueError, "diff: `n` is out of range"),
        ("diff", (X, 1, 5), ValueError, "diff: the tensor has no axis 5"),
        ("trapezoid", (X, [0.0, 1.0]), ValueError, "trapezoid: the places do not fit"),
        ("quantile", (X, 1.5), ValueError, "quantile: `q` is out of range"),
        ("quantile", (X, [[0.5]]), ValueError, "quantile: `q` has several axes"),
        ("quantile", (X, 0.5, 0, "best"), ValueError, "quantile: `method` is not known"),
        ("percentile", (X, 101), ValueError, "percentile: `q` is out of range"),
        ("median", (X[:0],), ValueError, "median: there are no entries"),
        ("median", (X, (0, 0)), ValueError, "median: an axis is named twice"),
        ("nanquantile", (NAN, 0.5, 1), ValueError, "nanquantile: the tensor has no axis 1"),
        ("ptp", (X > 1,), TypeError, "ptp: bools have no differences"),
        ("max", (X[:0],), ValueError, "max: there are no entries"),
        ("min", (X, 3), ValueError, "min: the tensor has no axis 3"),
        ("average", (X, None, [1.0, 2.0]), ValueError, "average: the weights do not fit"),
        ("average", (X, 1, [1.0, 2.0]), ValueError, "average: the weights do not fit"),
        ("corrcoef", (X[None],), ValueError, "corrcoef: x is no matrix"),
        ("bincount", ([1.5],), ValueError, "bincount: x cannot be counted"),
        ("bincount", ([-1],), ValueError, "smallest entry -1"),
        ("bincount", ([1, 2], [1.0]), ValueError, "bincount: the weights do not fit"),
        ("histogram", (X,), ValueError, "histogram: x has other than one axis"),
        ("histogram", (X[0], -1), ValueError, "histogram: `bins` is out of range"),
        ("histogram", (X[0], 2, (3, 1)), ValueError, "histogram: the range is wrong"),
        ("take", (X, [7], 1), ValueError, "take: an index is out of range"),
        ("take", (X, [1.0]), TypeError, "take: indices are integers"),
        ("take_along_axis", (X, [0, 1], 1), ValueError, "take_along_axis: the indices do not fit"),
        ("take_along_axis", (X, [[9]], 1), ValueError, "take_along_axis: an index is out of range"),
        ("select", ([X > 1], []), ValueError, "select: the lists do not fit"),
        ("nonzero", (1.0,), ValueError, "nonzero: a scalar has no axes"),
        ("unravel_index", ([1.0], (2, 3)), TypeError, "unravel_index: indices are integers"),
        ("scatter", ([[0, 0, 0]], [1.0], (2, 2)), ValueError, "scatter: the indices do not fit"),
        ("scatter", ([[5, 0]], [1.0], (2, 2)), IndexError, "scatter: an index is out of range"),
        ("scatter", ([[1, 0]], [1.0, 2.0], (2, 2)), ValueError, "broadcast_to"),
        ("scatter_update", (X, [[0.0]], X[:1]), ValueError, "scatter_update: the indices do not fit"),
        ("scatter_update", (X, [[3]], X[:1]), IndexError, "scatter_update: an index is out of range"),
        ("scatter_update", (X, [[0]], X[:1], "mean"), ValueError, "scatter_update: `reduction` is not known"),
        ("slice", (X, (0,), (1, 1)), ValueError, "slice: the start indices do not fit"),
        ("slice", (X, (0, 0), (4, 1)), ValueError, "slice: the block does not fit"),
        ("slice_update", (X, (0, 0), X[0]), ValueError, "slice: the block does not fit"),
        ("segment_sum", (X, [0, 1], 2), ValueError, "segment_sum: the segment ids do not fit"),
        ("segment_max", (X, [0.0, 1.0, 1.0], 2), ValueError, "segment_max: the segment ids do not fit"),
    ],
)
def test_errors(function, arguments, error, text):
    with pytest.raises(error, match=text):
        getattr(ops, function)(*arguments)


@pytest.mark.parametrize("function", ["unique", "nonzero", "bincount", "segment_sum"])
def test_sizes_that_depend_on_numbers_cannot_be_symbolic(function):
    x = lamina.Input((), dtype="int32")
    with pytest.raises(ValueError, match=f"{function}: the number of .* is not known before the data comes"):
        getattr(ops, function)(*(x, x) if function == "segment_sum" else (x,))


@pytest.mark.parametrize(
    ("key", "error", "text"),
    [
        (np.s_[3], IndexError, "out of range of axis 0"),
        (np.s_[0, 0, 0], IndexError, "fewer axes"),
        (np.s_[..., ...], IndexError, "several"),
        (np.s_[[0, 3]], IndexError, "out of range"),
        (np.s_[[0, 1], [0, 4]], IndexError, "out of range"),
        (np.s_[np.array([True, False])], IndexError, "mask does not fit"),
        (np.s_[np.array([0.5])], TypeError, "cannot be indexed by"),
        ("a", TypeError, "cannot be indexed by str"),
        (np.s_[::0], ValueError, "step 0"),
    ],
)
def test_wrong_indices(key, error, text):
    with pytest.raises(error, match=text):
        ops.convert_to_tensor(X)[key]


def test_a_tensor_is_not_assigned_to():
    with pytest.raises(TypeError, match=r"cannot be changed.*ops\.slice_update"):
        ops.convert_to_tensor(X)[0] = 1.0


def test_a_traced_mask_is_no_index():
    x = lamina.Input((4,))
    with pytest.raises(TypeError, match="mask that is only traced"):
        x[x > 0]


ADVANCED = {
    "two": np.s_[[0, 2], [1, 1]],
    "broadcast": np.s_[[[0], [2]], [1, 3]],
    "apart": np.s_[[0, 2], :, [1, 0]],
    "int-apart": np.s_[0, :, [1, 0]],
    "int-beside": np.s_[:, 1, [1, 0]],
    "new-axis-between": np.s_[[0, 1], None, [1, 0]],
    "slice-before": np.s_[::2, [0, -1], [1, 0]],
    "mask-2d": np.s_[np.arange(12).reshape(3, 4) % 5 == 0],
    "mask-of-all": np.s_[np.arange(24).reshape(3, 4, 2) % 5 == 0],
    "mask-and-array": np.s_[np.array([True, False, True]), [1, 3]],
    "empty": np.s_[[]],
    "scalars": np.s_[np.int64(1), np.array(2)],
}


@pytest.mark.parametrize("key", ADVANCED.values(), ids=ADVANCED.keys())
def test_indexing_by_arrays_is_numpys(key):
    a = np.arange(24, dtype="float32").reshape(3, 4, 2)
    found = ops.convert_to_tensor(a)[key]
    np.testing.assert_array_equal(found.numpy(), a[key])


@pytest.mark.parametrize(
    "key",
    [np.s_[:, -1], np.s_[..., ::2, :], np.s_[:, -3:], np.s_[:, ::-1], np.s_[:, [0, -1]], np.s_[:, [0, -1], [1, 0]]],
    ids=str,
)
def test_indexing_of_unknown_sizes(key):
    x = lamina.Input((None, 2))
    model = lamina.Model(x, x[key] * 1.0)
    for n in (4, 5):
        a = np.arange(3 * n * 2, dtype="float32").reshape(3, n, 2)
        np.testing.assert_array_equal(model.predict(a, verbose=0), a[key])


def test_slices_end_at_sizes_of_other_tensors():
    x, y = lamina.Input((None, 2)), lamina.Input((None, 2))
    steps = ops.shape(y)[1]
    model = lamina.Model([x, y], x[:, :steps] * 1.0)
    a, b = np.ones((3, 5, 2), "float32"), np.ones((3, 2, 2), "float32")
    assert model.predict([a, b], verbose=0).shape == (3, 2, 2)
    assert model.predict([b, a], verbose=0).shape == (3, 2, 2)  # as NumPy: no further than the end


def test_indices_that_come_with_the_data():
    x, i, j = lamina.Input((4, 2)), lamina.Input((), dtype="int32"), lamina.Input((), dtype="int32")
    model = lamina.Model([x, i, j], x[i, j])
    a = np.arange(24, dtype="float32").reshape(3, 4, 2)
    at = np.array([0, 2, -1], "int32"), np.array([3, 1, -4], "int32")
    np.testing.assert_array_equal(model.predict([a, *at], batch_size=3, verbose=0), a[at])
    with pytest.raises(ValueError, match="out of range"):  # not the neighbouring row
        model.predict([a, at[0], np.array([0, 4, 0], "int32")], batch_size=3, verbose=0)


def test_functions_of_the_family_in_a_model():
    x = lamina.Input((6,))
    values, places = ops.top_k(x, 2)
    model = lamina.Model(x, [values, places, ops.sort(x), ops.cumsum(x, axis=1), ops.median(x, axis=-1)])
    a = np.random.default_rng(0).normal(size=(5, 6)).astype("float32")
    found = model.predict(a, verbose=0)
    np.testing.assert_array_equal(found[0], -np.sort(-a)[:, :2])
    np.testing.assert_array_equal(found[1], np.argsort(-a)[:, :2])
    np.testing.assert_array_equal(found[2], np.sort(a))
    np.testing.assert_allclose(found[3], np.cumsum(a, 1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[4], np.median(a, -1), rtol=1e-6)


def test_no_entries():
    nothing = np.zeros((0, 3), "float32")
    assert ops.sort(nothing, axis=0).shape == (0, 3)
    assert ops.argsort(nothing, axis=1).shape == (0, 3)
    assert ops.cumsum(nothing, axis=0).shape == (0, 3)
    assert [t.shape for t in ops.top_k(nothing, 2)] == [(0, 2), (0, 2)]
    assert ops.diff(nothing, axis=0).shape == (0, 3)
    assert ops.unique(nothing).shape == (0,)
    assert ops.isin([1.0, 2.0], []).numpy().tolist() == [False, False]
    assert ops.bincount(np.zeros(0, "int32"), minlength=2).numpy().tolist() == [0, 0]
    assert ops.segment_sum(nothing, np.zeros(0, "int32"), num_segments=2).numpy().tolist() == [[0, 0, 0]] * 2
    assert ops.take_along_axis(X, np.zeros((3, 0), "int32"), axis=1).shape == (3, 0)
    assert ops.histogram(np.zeros(0, "float32"), bins=2)[0].numpy().tolist() == [0, 0]


def test_nan_is_last_and_largest():
    x = np.array([2.0, np.nan, -np.inf, np.inf, np.nan, -0.0, 0.0], "float32")
    np.testing.assert_array_equal(ops.sort(x).numpy(), np.sort(x))
    np.testing.assert_array_equal(ops.argsort(x).numpy(), np.argsort(x, kind="stable"))
    assert ops.top_k(x, 3)[1].numpy().tolist() == [1, 4, 3]
    assert _core.ops.argsort(_core.Tensor(x), axis=0, descending=True).numpy().tolist() == [1, 4, 3, 0, 5, 6, 2]
