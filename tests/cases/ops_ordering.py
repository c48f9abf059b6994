"""The rows of the ops that sort, search, scan, gather and scatter."""

from typing import Any

import numpy as np

from cases.arrays import Array, distinct, integers, real, unit, whole
from cases.op import Op

A = dict
_NONE: tuple[int, ...] = ()


def _cumulative(x, kind, axis, reverse=False, exclusive=False):
    scan = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}[kind]
    x = np.flip(x, axis) if reverse else x
    y = scan.accumulate(x, axis)
    if exclusive:
        first = np.full_like(y.take([0], axis), scan.identity)
        y = np.concatenate([first, np.delete(y, -1, axis)], axis)
    return np.flip(y, axis) if reverse else y


def _linear_scan(a, b, axis, reverse=False):
    a, b = (np.moveaxis(v, axis, 0) for v in (a, b))
    y = np.zeros_like(b)
    last = np.zeros(b.shape[1:])
    for j in range(len(b))[:: -1 if reverse else 1]:
        y[j] = last = a[j] * last + b[j]
    return np.moveaxis(y, 0, axis)


def _top_k(x, k):
    order = np.argsort(-x, -1, kind="stable")[..., :k]
    return np.take_along_axis(x, order, -1), order.astype("int32")


def _add_along(dy, indices, axis, size):
    out = np.zeros([size if i == axis % dy.ndim else n for i, n in enumerate(dy.shape)])
    places = list(np.indices(dy.shape))
    places[axis] = indices
    np.add.at(out, tuple(places), dy)
    return out


def _scatter(x, indices, updates, reduction):
    out = x.copy()
    combine = {"add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}.get(reduction)
    for index, update in zip(indices, updates):
        out[index] = update if combine is None else combine(out[index], update)
    return out


def _update_block(x, starts, block):
    out = x.copy()
    out[1:3, 2:5] = block
    return out


OPS: tuple[Op, ...] = (
    Op("take_along_axis", (real(4, 6, 3), integers(6, 4, 2, 3, low=-6)), A(axis=1), np.take_along_axis),
    Op("add_along_axis", (real(4, 2, 3), integers(6, 4, 2, 3)), A(axis=1, size=6), _add_along),
    *(
        Op(
            "scatter",
            (real(6, 4), integers(6, 5), real(5, 4)),
            A(reduction=kind),
            _scatter,
            large=(real(600, 40), integers(600, 9000), unit(9000, 40)),
            label=kind,
        )
        for kind in ("set", "add", "max", "min", "mul")
    ),
    Op("scatter", (real(6), integers(3, 4), whole(4)), A(reduction="mul"), _scatter, label="zeros"),
    Op("sort", (distinct(4, 7, 3),), A(axis=1), lambda x, axis: np.sort(x, axis), large=(real(300, 40, 20),)),
    Op(
        "sort",
        (distinct(4, 200),),
        A(axis=-1, descending=True),
        lambda x, axis, descending: -np.sort(-x, axis),
        large=(real(100, 300),),
        label="descending",
    ),
    Op(
        "argsort",
        (integers(5, 4, 9),),
        A(axis=-1),
        lambda x, axis: np.argsort(x, axis, kind="stable").astype("int32"),
        large=(real(300, 40),),
    ),
    Op(
        "argsort",
        (whole(200, 3),),
        A(axis=0, descending=True),
        lambda x, axis, descending: np.argsort(-x, axis, kind="stable").astype("int32"),
        _NONE,
        label="descending",
    ),
    Op("top_k", (distinct(4, 9),), A(k=3), _top_k, large=(real(300, 400),)),
    Op("top_k", (integers(4, 3, 200),), A(k=5), _top_k, label="equal"),
    Op(
        "search_sorted",
        (Array((5,), lambda rng, s: np.sort(rng.integers(0, 4, s))), whole(3, 4)),
        A(right=True),
        lambda x, v, right: np.searchsorted(x, v, "right").astype("int32"),
        _NONE,
    ),
    *(
        Op(
            "cumulative",
            (draw(4, 5, 3),),
            A(kind=kind, axis=1, **more),
            _cumulative,
            large=(unit(60, 40, 50),),
            label=label,
        )
        for label, draw, kind, more in (
            ("sum", real, "sum", A()),
            ("sum-reverse", real, "sum", A(reverse=True, exclusive=True)),
            ("prod", whole, "prod", A()),
            ("prod-exclusive", whole, "prod", A(exclusive=True)),
            ("prod-reverse", real, "prod", A(reverse=True)),
            ("prod-reverse-exclusive", whole, "prod", A(reverse=True, exclusive=True)),
            ("max", distinct, "max", A()),
            ("min-reverse", distinct, "min", A(reverse=True)),
        )
    ),
    Op("cumulative", (real(6, 9),), A(kind="sum", axis=-1), _cumulative, large=(real(300, 400),), label="rows"),
    Op("linear_scan", (unit(4, 5, 3), real(4, 5, 3)), A(axis=1), _linear_scan, large=(unit(60, 40, 50),) * 2),
    Op("linear_scan", (unit(4, 5), real(4, 5)), A(axis=-1, reverse=True), _linear_scan, label="reverse"),
    Op(
        "dynamic_slice",
        (real(6, 5), Array((2,), lambda rng, s: np.array([-3, 4]), "int64")),
        A(shape=[2, 3]),
        lambda x, starts, shape: x[3:5, 2:5],
    ),
    Op(
        "dynamic_update_slice",
        (real(6, 5), Array((2,), lambda rng, s: np.array([1, 9]), "int32"), real(2, 3)),
        {},
        _update_block,
    ),
)

# Inputs big enough for two threads, of ops whose attributes hold sizes: name -> (inputs, attributes).
LARGE: dict[str, tuple[tuple[Array, ...], dict[str, Any]]] = {
    "take_along_axis": ((real(40, 300, 20), integers(300, 40, 90, 20)), A(axis=1)),
    "add_along_axis": ((real(40, 90, 20), integers(300, 40, 90, 20)), A(axis=1, size=300)),
    "search_sorted": ((distinct(1000), real(300, 100)), A(right=False)),
    "dynamic_slice": ((real(300, 400), integers(9, 2)), A(shape=[200, 300])),
}
