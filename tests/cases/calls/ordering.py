"""Sorting, searching, sets, scans and differences."""

import numpy as np

from cases.arrays import Array, distinct, flags, holes, integers, real, unit, whole
from cases.call import Call

A = dict


def rising(*shape: int) -> Array:
    return Array(shape, lambda rng, s: np.sort(rng.normal(size=s), -1))


def falling(*shape: int) -> Array:
    return Array(shape, lambda rng, s: -np.sort(rng.normal(size=s), -1))


_IDS = Array((7,), lambda rng, s: np.array([0, 2, 1, -1, 0, 0, 5]), "int32")
_EVERYTHING = A(return_index=True, return_inverse=True, return_counts=True)

CALLS: tuple[Call, ...] = (
    *(Call("sort", (distinct(3, 5, 2),), A(axis=axis), batched=(0,), label=str(axis)) for axis in (-1, 0, 1, None)),
    Call("sort", (holes(3, 6),), wrt=(), label="nan"),
    *(
        Call(name, (integers(9, 3, 200, low=-9, dtype=dtype),), label=dtype)
        for name in ("sort", "argsort")
        for dtype in ("int32", "int64")
    ),
    *(Call(name, (integers(9, 3, 6, dtype="uint8"),), label="uint8") for name in ("sort", "argsort")),
    *(Call(name, (flags(3, 6),), label="bool") for name in ("sort", "argsort")),
    *(Call("argsort", (whole(3, 9),), A(axis=a), wrt=(), batched=(0,), label=str(a)) for a in (-1, 0, None)),
    Call("argsort", (real(),), wrt=(), label="scalar"),
    Call("argpartition", (distinct(3, 7),), A(kth=2), wrt=(), parity=False),  # the order within the parts is free
    Call(
        "argpartition",
        (distinct(3, 7),),
        run=lambda ops, x: ops.take_along_axis(x, ops.argpartition(x, 2), axis=1)[:, 2],
        label="kth",
    ),
    Call("top_k", (distinct(3, 7),), A(k=3), batched=(0,)),
    Call("top_k", (whole(2, 3, 200),), A(k=20, sorted=False), wrt=(), label="equal"),
    Call("top_k", (integers(5, 9, dtype="int32"),), A(k=9), label="all"),
    Call("in_top_k", (integers(5, 6, dtype="int32"), whole(6, 5)), A(k=2), wrt=(), batched=(0, 1)),
    *(
        Call("searchsorted", (rising(7), real(3, 4)), A(side=side), wrt=(), batched=(1,), label=side)
        for side in ("left", "right")
    ),
    Call("searchsorted", (rising(7), integers(3, 4, dtype="int32")), wrt=(), label="mixed"),
    Call("digitize", (real(3, 4), rising(5)), wrt=(), batched=(0,)),
    Call("digitize", (whole(9), falling(5)), wrt=(), label="falling"),
    Call("isin", (whole(3, 4), whole(2)), wrt=(), batched=(0,)),
    Call("isin", (integers(9, 3, 4, dtype="int32"), integers(9, 5, dtype="int32")), A(invert=True), label="invert"),
    Call("unique", (whole(3, 4),), _EVERYTHING, wrt=(), traced=False),
    Call("unique", (integers(2, 6, 2, dtype="int32"),), A(axis=0) | _EVERYTHING, traced=False, label="rows"),
    Call("unique", (whole(3, 4),), A(size=6) | _EVERYTHING, wrt=(), batched=(0,), label="size"),
    Call("unique", (whole(3, 4),), A(size=2, fill_value=9) | _EVERYTHING, wrt=(), label="small-size"),
    Call("unique", (whole(2, 6),), A(axis=1, size=7, fill_value=9) | _EVERYTHING, wrt=(), label="columns-size"),
    Call("unique", (distinct(6),), A(size=5), batched=(0,), label="gradient"),
    *(
        Call(name, (draw(3, 4, 2),), A(axis=axis), batched=(0,), label=str(axis))
        for name, draw in (("cumsum", real), ("cumprod", whole), ("nancumsum", holes), ("nancumprod", holes))
        for axis in (-1, 0, None)
    ),
    *(
        Call(name, (integers(5, 3, 4, dtype=dtype),), A(axis=1), label=dtype)
        for name in ("cumsum", "cumprod", "nancumsum")
        for dtype in ("int32", "uint8")
    ),
    Call("cumsum", (flags(5),), label="bool"),
    Call("cumprod", (integers(5, 4, dtype="int32"),), A(dtype="float32"), label="dtype"),
    *(
        Call("diff", (real(4, 5),), A(n=n, axis=axis), batched=(0,), label=f"{n}-{axis}")
        for n in (1, 2)
        for axis in (0, 1)
    ),
    Call("diff", (flags(3, 5),), label="bool"),
    Call("diff", (integers(5, 2, dtype="int32"),), A(n=4), label="nothing-left"),
    Call("trapezoid", (real(3, 5),), A(dx=0.5, axis=0), batched=(0,)),
    Call("trapezoid", (real(3, 5), rising(5)), batched=(0,), label="places"),
    Call("trapezoid", (real(3, 5), rising(3, 5)), A(axis=1), label="all-places"),
    Call("trapezoid", (integers(5, 6, dtype="int32"),), label="int"),
    Call("segment_sum", (real(6, 2), integers(4, 6, low=-1, dtype="int32")), A(num_segments=3), batched=(0, 1)),
    *(Call(name, (distinct(7, 2), _IDS), A(num_segments=3), batched=(0, 1)) for name in ("segment_max", "segment_min")),
    Call("segment_prod", (unit(7, 2), _IDS), A(num_segments=4), wrt=(), batched=(0, 1)),
    # JAX has a gradient of products only for indices that it is told are different.
    Call("segment_prod", (whole(7, 2), _IDS), A(num_segments=4), parity=False, label="gradient"),
    *(
        Call(name, (integers(9, 7, dtype="int32"), integers(3, 7, dtype="int32")), A(num_segments=4), label="int")
        for name in ("segment_sum", "segment_max", "segment_min", "segment_prod")
    ),
    Call(
        "segment_max",
        (distinct(4), Array((4,), lambda rng, s: np.array([0, 0, 2, 2]), "int32")),
        A(num_segments=3, sorted=True),
        wrt=(),
        label="sorted",
    ),
)
