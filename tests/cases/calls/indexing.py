"""Entries by index, and values put at indices."""

import numpy as np

from cases.arrays import Array, distinct, flags, integers, positive, real, whole
from cases.call import Call

A = dict
PLACES = [[0, 2], [1, 1], [2, 0], [1, 1]]  # one index twice
KEYS = {
    "last": np.s_[:, -1],
    "stride": np.s_[..., ::2],
    "backward": np.s_[:, ::-1],
    "new-axis": np.s_[:, None, 1:3],
    "tail": np.s_[:, -2:],
}


def given(values: object, dtype: str = "int32") -> Array:
    """These numbers."""
    array = np.asarray(values)
    return Array(array.shape, lambda rng, s: array, dtype)


CALLS: tuple[Call, ...] = (
    Call("take", (real(4, 3), integers(3, 2, 2, low=-3, dtype="int32")), A(axis=1), batched=(0,)),
    Call("take", (real(4, 3), integers(12, 5, dtype="int32")), label="flat"),
    Call("take", (integers(9, 4, dtype="int32"), given(2)), A(axis=0), label="scalar-index"),
    Call("take", (real(4, 3), given([0, 2], "uint8")), A(axis=-1), label="uint8"),
    Call("take_along_axis", (real(4, 3), integers(3, 4, 2, low=-3, dtype="int32")), A(axis=1), batched=(0, 1)),
    Call("take_along_axis", (real(4, 3), integers(12, 5, dtype="int32")), label="flat"),
    Call("take_along_axis", (real(4, 1, 3), integers(4, 2, 5, 1, dtype="int32")), A(axis=0), label="broadcast"),
    *(
        Call("get_item", (real(3, 4, 5),), run=lambda ops, x, key=key: ops.get_item(x, key), batched=(0,), label=label)
        for label, key in KEYS.items()
    ),
    *(
        Call("get_item", (real(3, 4, 5), given([[0, -1]]), given([[1], [2]])), run=run, batched=(0,), label=label)
        for label, run in (
            ("arrays", lambda ops, x, i, j: x[:, i, j]),
            ("arrays-apart", lambda ops, x, i, j: x[i, :, j]),
            ("array-and-int", lambda ops, x, i, j: x[:, 1, i]),
            ("array-apart-from-int", lambda ops, x, i, j: x[1, :, i]),
            ("one-array", lambda ops, x, i, j: x[..., j, None]),
        )
    ),
    Call(
        "get_item",
        (real(3, 4),),
        run=lambda ops, x: x[np.array([[True, False, True, False]] * 3)],
        label="mask",
    ),
    Call(
        "get_item",
        (real(3, 4, 2),),
        run=lambda ops, x: x[:, np.array([True, False, True, False])],
        batched=(0,),
        label="mask-of-axis",
    ),
    Call("nonzero", (whole(3, 4),), wrt=(), traced=False),
    Call("nonzero", (flags(6),), traced=False, label="bool"),
    Call("unravel_index", (integers(24, 3, 2, low=-24, dtype="int32"),), A(shape=(2, 3, 4)), batched=(0,)),
    Call(
        "select",
        (flags(3, 4), flags(4), real(3, 4), real(3, 1)),
        run=lambda ops, a, b, x, y: ops.select([a, b], [x, y], default=0.5),
        batched=(0, 2, 3),
    ),
    Call(
        "select",
        (flags(4), integers(5, 4, dtype="int32"), real(4)),
        run=lambda ops, a, x, y: ops.select([a, ops.logical_not(a)], [x, y]),
        wrt=(),
        label="mixed",
    ),
    Call("scatter", (given(PLACES), real(4)), A(shape=(3, 4))),
    Call("scatter", (given([[2], [0]]), real(2, 3)), A(shape=(4, 3)), label="rows"),
    Call(
        "scatter",
        (integers(6, 5, 1, low=-6, dtype="int32"), real(5, 2)),
        A(shape=(6, 2)),
        batched=(0, 1),
        label="batch",
    ),
    Call(
        "scatter_update", (real(3, 3), given(PLACES), real(4)), parity=False
    ),  # JAX gives both of two equal a gradient
    Call("scatter_update", (real(3, 3), given(PLACES[:3]), real(3)), label="different"),
    Call("scatter_update", (real(3, 4, 2), given([[0, 3], [2, -1]]), real(2, 2)), batched=(0,), label="rows"),
    *(
        Call("scatter_update", (positive(3, 3), given(PLACES), positive(4)), A(reduction=kind), label=kind)
        for kind in ("add", "max", "min")
    ),
    Call("scatter_update", (real(3, 3), given(PLACES[:3]), real(3)), A(reduction="mul"), wrt=(), label="mul"),
    # JAX has a gradient of products only for indices that it is told are different.
    Call("scatter_update", (real(3, 3), given(PLACES), whole(4)), A(reduction="mul"), parity=False, label="mul-equal"),
    Call("slice", (real(4, 5),), A(start_indices=(1, 3), shape=(2, 2))),
    Call("slice", (real(4, 5),), A(start_indices=(2, 4), shape=(4, 3)), label="moved-back"),
    Call("slice", (real(4, 5), given([1, -3])), A(shape=(2, 2)), batched=(0,), label="traced"),
    Call("slice", (real(4, 5),), A(start_indices=(0, 2), shape=(-1, -1)), batched=(0,), label="rest"),
    Call("slice_update", (real(4, 5), given([1, 2]), real(2, 2)), batched=(0,)),
    Call(
        "slice_update",
        (distinct(4, 5), real(1, 5)),
        run=lambda ops, x, y: ops.slice_update(x, (3, 0), y),
        label="known",
    ),
)
