"""Functions that move, join and cut arrays."""

import numpy as np

from cases.arrays import flags, integers, real
from cases.call import Call

X = (real(2, 3, 4),)
MATRIX = (real(4, 3),)


def pads() -> tuple[Call, ...]:
    modes = ("edge", "reflect", "symmetric", "wrap", "linear_ramp", "mean", "median", "maximum", "minimum", "empty")
    widths = ((1, 2), (0, 0), (2, 1))
    return (
        Call("pad", X, {"pad_width": widths}, batched=(0,)),
        Call("pad", X, {"pad_width": 2, "constant_values": 1.5}, batched=(0,), label="one width"),
        Call("pad", X, {"pad_width": (1, 0)}, batched=(0,), label="pair for all"),
        Call("pad", X, {"pad_width": ((1, 2),)}, batched=(0,), label="one pair"),
        Call("pad", MATRIX, {"pad_width": 1, "constant_values": (2.0, 3.0)}, batched=(0,), label="two values"),
        Call("pad", (integers(9, 3, 2, dtype="int32"),), {"pad_width": 1, "constant_values": 7}, label="int"),
        Call("pad", (flags(3),), {"pad_width": 2}, label="bool"),
        Call(
            "pad", (real(2, 3), real()), run=lambda ops, x, v: ops.pad(x, 1, "constant", v), label="value is a tensor"
        ),
        *(Call("pad", X, {"pad_width": widths, "mode": mode}, batched=(0,), label=mode) for mode in modes),
        *(
            Call(
                "pad",
                (real(3, 2),),
                {"pad_width": ((7, 8), (0, 3)), "mode": mode},
                batched=(0,),
                label=f"{mode} around",
            )
            for mode in ("reflect", "symmetric", "wrap")
        ),
        Call("pad", (real(1, 2),), {"pad_width": ((3, 2), (0, 0)), "mode": "reflect"}, label="reflect of one entry"),
        *(
            Call("pad", (integers(9, 4, 3, dtype="int32"),), {"pad_width": 2, "mode": mode}, label=f"int {mode}")
            for mode in ("reflect", "maximum", "linear_ramp")
        ),
    )


CALLS: tuple[Call, ...] = (
    Call("reshape", X, {"newshape": (4, 6)}),
    Call("reshape", X, {"newshape": (-1, 2)}, batched=(0,), label="open"),
    Call("reshape", X, {"newshape": (3, -1, 2)}, label="open middle"),
    Call("reshape", X, {"newshape": -1}, batched=(0,), label="flat"),
    Call("reshape", X, run=lambda ops, x: ops.reshape(x, (ops.shape(x)[0], -1)), batched=(0,), label="dims"),
    Call("transpose", X, batched=(0,)),
    Call("transpose", X, {"axes": (1, 0, 2)}, batched=(0,), label="axes"),
    Call("transpose", X, {"axes": (-1, 0, -2)}, batched=(0,), label="negative axes"),
    Call("swapaxes", X, {"axis1": 0, "axis2": -1}, batched=(0,)),
    Call("moveaxis", X, {"source": 0, "destination": -1}, batched=(0,)),
    Call("moveaxis", X, {"source": (0, 2), "destination": (2, 1)}, batched=(0,), label="several"),
    Call("expand_dims", X, {"axis": 1}, batched=(0,)),
    Call("expand_dims", X, {"axis": (0, -1)}, batched=(0,), label="several"),
    Call("squeeze", (real(1, 3, 1, 2),)),
    Call("squeeze", (real(4, 1, 3, 1),), {"axis": -1}, batched=(0,), label="axis"),
    Call("squeeze", (real(4, 1, 3, 1),), {"axis": (1, 3)}, batched=(0,), label="axes"),
    Call("ravel", X, batched=(0,)),
    Call("ravel", (real(),), label="scalar"),
    Call("broadcast_to", (real(3, 1),), {"shape": (2, 3, 4)}),
    Call(
        "broadcast_to",
        (real(3, 4),),
        run=lambda ops, x: ops.broadcast_to(x, (2, ops.shape(x)[0], 4)),
        batched=(0,),
        label="dims",
    ),
    Call("concatenate", (real(2, 3), real(4, 3)), run=lambda ops, *xs: ops.concatenate(xs), batched=(0,)),
    Call(
        "concatenate",
        (real(2, 3), real(2, 1)),
        run=lambda ops, *xs: ops.concatenate(xs, axis=-1),
        batched=(0, 1),
        label="last",
    ),
    Call(
        "concatenate",
        (real(2, 3), integers(5, 2, 3, dtype="int32")),
        run=lambda ops, *xs: ops.concatenate(xs, axis=1),
        wrt=(),
        label="dtypes",
    ),
    Call("append", (real(2, 3), real(4, 2)), batched=(0,)),
    Call("append", (real(2, 3), real(4, 3)), {"axis": 0}, batched=(0,), label="axis"),
    Call("append", (integers(5, 2, dtype="int32"), real(2)), wrt=(), label="dtypes"),
    Call("stack", (real(2, 3), real(2, 3)), run=lambda ops, *xs: ops.stack(xs), batched=(0, 1)),
    Call("stack", (real(2, 3), real(2, 3)), run=lambda ops, *xs: ops.stack(xs, axis=-1), batched=(0, 1), label="last"),
    Call("stack", (real(2, 3),), run=lambda ops, x: ops.stack([x, x, x], axis=1), batched=(0,), label="middle"),
    Call("hstack", (real(3), real(2)), run=lambda ops, *xs: ops.hstack(xs), batched=(1,)),
    Call("hstack", (real(2, 3), real(2, 1)), run=lambda ops, *xs: ops.hstack(xs), batched=(0, 1), label="matrices"),
    Call("hstack", (real(), real()), run=lambda ops, *xs: ops.hstack(xs), label="scalars"),
    # column_stack is newer than the Keras of the parity tests; NumPy's is compared in tests/behaviour/test_ops.py
    Call("column_stack", (real(3), real(3, 2)), run=lambda ops, *xs: ops.column_stack(xs), parity=False),
    Call("vstack", (real(3), real(3)), run=lambda ops, *xs: ops.vstack(xs)),
    Call("vstack", (real(2, 3), real(3)), run=lambda ops, *xs: ops.vstack(xs), batched=(0,), label="matrices"),
    Call("vstack", (real(), real()), run=lambda ops, *xs: ops.vstack(xs), label="scalars"),
    Call("dstack", (real(3), real(3)), run=lambda ops, *xs: ops.dstack(xs), batched=(0, 1)),
    Call("dstack", (real(2, 3), real(2, 3)), run=lambda ops, *xs: ops.dstack(xs), batched=(0, 1), label="matrices"),
    Call("dstack", (real(2, 3, 1), real(2, 3, 2)), run=lambda ops, *xs: ops.dstack(xs), batched=(0, 1), label="rank 3"),
    Call("split", (real(6, 3),), {"indices_or_sections": 3}, batched=(0,)),
    Call("split", (real(2, 6),), {"indices_or_sections": 2, "axis": -1}, batched=(0,), label="axis"),
    Call("split", (real(5, 3),), {"indices_or_sections": [1, 3]}, batched=(0,), label="places"),
    # NumPy takes these, Keras on JAX does not.
    Call("split", (real(5, 3),), {"indices_or_sections": (-2,)}, batched=(0,), parity=False, label="from the end"),
    Call("array_split", (real(7, 2),), {"indices_or_sections": 3}, batched=(0,)),
    Call("array_split", (real(2, 7),), {"indices_or_sections": 4, "axis": 1}, batched=(0,), label="axis"),
    # As NumPy; Keras takes only a number.
    Call("array_split", (real(7, 2),), {"indices_or_sections": [2, 3]}, batched=(0,), parity=False, label="places"),
    Call("hsplit", (real(2, 4),), {"indices_or_sections": 2}, batched=(0,)),
    Call("hsplit", (real(4),), {"indices_or_sections": [1]}, batched=(0,), label="vector"),
    Call("vsplit", (real(4, 3),), {"indices_or_sections": 2}, batched=(0,)),
    Call("dsplit", (real(2, 3, 4),), {"indices_or_sections": [1, 2]}, batched=(0,)),
    Call("unstack", (real(3, 2),)),
    Call("unstack", (real(3, 2),), {"axis": -1}, batched=(0,), label="axis"),
    Call("unstack", (real(3, 2),), {"num": 3}, batched=(0,), label="number"),
    Call("flip", X, batched=(0,)),
    Call("flip", X, {"axis": -1}, batched=(0,), label="axis"),
    Call("flip", X, {"axis": (0, 2)}, batched=(0,), label="axes"),
    Call("fliplr", X, batched=(0,)),
    Call("flipud", X, batched=(0,)),
    Call("flipud", (real(4),), batched=(0,), label="vector"),
    Call("roll", X, {"shift": 5}, batched=(0,)),
    Call("roll", X, {"shift": 1, "axis": 0}, batched=(0,), label="axis"),
    Call("roll", X, {"shift": -7, "axis": 1}, batched=(0,), label="back, more than around"),
    Call("roll", X, {"shift": (1, -2), "axis": (0, 2)}, batched=(0,), label="axes"),
    Call("roll", X, {"shift": 1, "axis": (0, 1)}, batched=(0,), label="one shift for two axes"),
    Call(
        "roll",
        (real(5, 2), integers(4, dtype="int32")),
        run=lambda ops, x, shift: ops.roll(x, shift, axis=0),
        batched=(0,),
        label="shift is a tensor",
    ),
    *(Call("rot90", X, {"k": k}, batched=(0,), label=f"k={k}") for k in (-1, 0, 1, 2, 3)),
    Call("rot90", X, {"k": 1, "axes": (2, 0)}, batched=(0,), label="axes"),
    Call("repeat", X, {"repeats": 2}, batched=(0,)),
    Call("repeat", X, {"repeats": 3, "axis": 1}, batched=(0,), label="axis"),
    Call("repeat", MATRIX, {"repeats": np.array([2, 0, 1]), "axis": -1}, batched=(0,), label="each"),
    Call("repeat", MATRIX, {"repeats": np.array([3]), "axis": 0}, batched=(0,), label="array of one"),
    Call("tile", X, {"repeats": 2}, batched=(0,)),
    Call("tile", X, {"repeats": (2, 1, 3)}, batched=(0,), label="axes"),
    Call("tile", MATRIX, {"repeats": (2, 1, 2)}, batched=(0,), label="new axis"),
    Call("tile", MATRIX, {"repeats": np.array([1, 0])}, batched=(0,), label="none"),
    *pads(),
    Call("extract_sequences", (real(2, 11),), {"sequence_length": 4, "sequence_stride": 2}, batched=(0,)),
    Call("extract_sequences", (real(11),), {"sequence_length": 4, "sequence_stride": 4}, batched=(0,), label="vector"),
    Call(
        "extract_sequences",
        (real(2, 3, 11),),
        {"sequence_length": 4, "sequence_stride": 3},
        batched=(0,),
        label="overlap",
    ),
    Call("extract_sequences", (real(2, 9),), {"sequence_length": 2, "sequence_stride": 5}, batched=(0,), label="gaps"),
    Call("rearrange", (real(2, 4, 3),), {"pattern": "b h c -> c b h"}, batched=(0,)),
    Call("rearrange", (real(2, 4, 3),), {"pattern": "b h c -> b (h c)"}, batched=(0,), label="merge"),
    Call("rearrange", (real(2, 4, 3),), {"pattern": "b h c -> (b h) c"}, batched=(0,), label="merge the batch"),
    Call(
        "rearrange",
        (real(2, 4, 6, 3),),
        {"pattern": "b (h s) (w t) c -> b h w (c s t)", "s": 2, "t": 3},
        batched=(0,),
        label="blocks",
    ),
    Call("rearrange", (real(6, 4),), {"pattern": "(b t) c->b c t", "b": 2, "t": 3}, label="all lengths"),
    Call("rearrange", (real(6, 4),), {"pattern": "(b t) c -> t b c", "t": 3}, batched=(0,), label="split the batch"),
    Call(
        "vectorize",
        (real(3), real(2, 1)),
        run=lambda ops, a, b: ops.vectorize(lambda x, y: x * ops.exp(y))(a, b),
    ),
    Call(
        "vectorize",
        (real(2, 3), real(3)),
        run=lambda ops, a, b: ops.vectorize(lambda x, y: (ops.dot(x, y), x + y), signature="(n),(n)->(),(n)")(a, b),
        label="signature",
    ),
    Call(
        "vectorize",
        (real(2, 3), real(4)),
        run=lambda ops, a, b: ops.vectorize(lambda x, y: x * ops.sum(y), excluded={1})(a, b),
        label="excluded",
    ),
)
