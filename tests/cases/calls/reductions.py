"""Sums, means, extremes, medians and what leaves NaN out."""

import numpy as np

from cases.arrays import Array, distinct, flags, holes, integers, positive, real
from cases.call import Call

A = dict
X = (4, 3, 5)
_FLOATS = {  # name: (what it is drawn from, other arguments that it takes)
    "sum": (real, A()),
    "mean": (real, A()),
    "prod": (positive, A()),
    "max": (distinct, A()),
    "min": (distinct, A()),
    "amax": (distinct, A()),
    "amin": (distinct, A()),
    "var": (real, A()),
    "std": (real, A()),
    "logsumexp": (real, A()),
    "ptp": (distinct, A()),
    "median": (distinct, A()),
    "quantile": (distinct, A(q=0.3)),
    "percentile": (distinct, A(q=[10.0, 62.5])),
    "nansum": (holes, A()),
    "nanmean": (holes, A()),
    "nanprod": (holes, A()),
    "nanmax": (holes, A()),
    "nanmin": (holes, A()),
    "nanvar": (holes, A()),
    "nanstd": (holes, A()),
    "nanmedian": (holes, A()),
    "nanquantile": (holes, A(q=[0.3, 0.8])),
    "nanpercentile": (holes, A(q=40.0)),
}
_AXES = {
    "all": A(),
    "last": A(axis=-1, keepdims=True),
    "several": A(axis=(0, 2)),
    "first": A(axis=0, keepdims=True),
}
_INTEGERS = (
    *("sum", "mean", "prod", "max", "min", "amax", "amin", "var", "std", "logsumexp", "ptp", "median", "nansum"),
    *("nanmean", "nanprod", "nanmax", "nanmin", "nanvar", "nanstd", "nanmedian", "count_nonzero", "average", "argmax"),
    *("argmin", "nanargmax", "nanargmin"),
)
_POSITIONS = {"argmax": distinct, "argmin": distinct, "nanargmax": holes, "nanargmin": holes}


def some_rows_missing(*shape: int) -> Array:
    """The first row is NaN altogether."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        x = rng.normal(size=shape)
        x[0] = np.nan
        return x

    return Array(shape, draw)


CALLS: tuple[Call, ...] = (
    *(
        Call(
            name,
            (draw(*X),),
            more | axes,
            batched=(0,),
            tolerance=4.0 if "prod" in name else 1.0,
            label=label,
        )
        for name, (draw, more) in _FLOATS.items()
        for label, axes in _AXES.items()
    ),
    *(Call(name, (integers(5, 3, 4, low=-2, dtype="int32"),), A(axis=1), label="int") for name in _INTEGERS),
    *(
        Call(name, (flags(3, 4),), A(axis=0), label="bool")
        for name in ("sum", "mean", "prod", "max", "min", "var", "median", "nansum", "nanmax", "count_nonzero")
    ),
    *(Call(name, (flags(3, 4),), A(axis=0, keepdims=True), batched=(0,)) for name in ("any", "all")),
    *(Call(name, (integers(2, 3, 4, dtype="int32"),), label="int") for name in ("any", "all")),
    *(Call(name, (real(3, 4),), A(axis=()), label="no-axes") for name in ("sum", "mean", "max", "var")),
    *(Call(name, (real(),), label="scalar") for name in ("sum", "mean", "max", "logsumexp")),
    *(Call(name, (distinct(3, 4),), A(axis=1, initial=0.45), batched=(0,), label="initial") for name in ("max", "min")),
    Call("max", (integers(5, 3, 4, dtype="int32"),), A(initial=7), label="initial-int"),
    Call("prod", (integers(5, 3, 4, dtype="int32"),), A(axis=0, dtype="float32"), label="dtype"),
    *(
        Call(name, (draw(*X),), axes, wrt=(), batched=(0,), label=label)
        for name, draw in _POSITIONS.items()
        for label, axes in (
            ("all", A()),
            ("all-keepdims", A(keepdims=True)),
            ("first", A(axis=0)),
            ("last", A(axis=-1, keepdims=True)),
        )
    ),
    *(
        Call(name, (some_rows_missing(3, 4),), A(axis=1), wrt=(), label="nothing-left")
        for name in ("nanargmax", "nanmax", "nanmean", "nanvar", "nanmedian", "nansum", "argmax", "max", "median")
    ),
    Call("count_nonzero", (real(*X),), A(axis=(0, 1)), wrt=(), batched=(0,)),
    Call("average", (real(*X),), A(axis=1), batched=(0,)),
    Call("average", (real(3, 4), positive(3, 4)), run=lambda ops, x, w: ops.average(x, weights=w), label="weights"),
    Call(
        "average",
        (real(*X), positive(3)),
        run=lambda ops, x, w: ops.average(x, axis=-2, weights=w),
        batched=(0,),
        label="weights-of-axis",
    ),
    *(
        Call(name, (distinct(3, 4, 5),), A(q=[0.0, 0.37, 1.0], axis=1, method=method), batched=(0,), label=method)
        for name in ("quantile", "nanquantile")
        for method in ("lower", "higher", "midpoint", "nearest", "inverted_cdf")
    ),
    Call(
        "quantile",
        (distinct(3, 5), Array((2,), lambda rng, s: np.array([0.3, 0.55]))),
        A(axis=1),
        batched=(0,),
        label="traced-q",
    ),
    Call("quantile", (distinct(5, 3),), A(q=0.25, axis=0), batched=(0,), label="unknown-count"),
    Call("median", (holes(3, 4),), A(axis=1), wrt=(), label="nan"),
    Call("corrcoef", (real(3, 6),), tolerance=4.0),
    Call("corrcoef", (real(6),), wrt=(), label="one"),  # a constant
    Call("histogram", (real(40),), A(bins=5), wrt=(), run=lambda ops, x: ops.histogram(x, bins=5)[0], batched=(0,)),
    Call("histogram", (distinct(40),), run=lambda ops, x: ops.histogram(x, bins=4)[1], label="edges"),
    Call("histogram", (integers(9, 40, dtype="int32"),), A(bins=3, range=(2, 7)), label="range"),
    Call("bincount", (integers(6, 30, dtype="int32"),), A(minlength=4), traced=False),
    Call("bincount", (integers(6, 3, 30, dtype="int32"),), A(minlength=8), traced=False, label="rows"),
    Call(
        "bincount",
        (integers(6, 30, dtype="int32"), real(30)),
        A(minlength=9),
        run=lambda ops, x, w: ops.bincount(x, weights=w, minlength=9),
        traced=False,
        label="weights",
    ),
)
