"""Conversions, control flow, and what gradients see."""

import numpy as np

from cases.arrays import Array, flags, integers, real
from cases.call import Call


def _far(*shape: int) -> Array:
    """Numbers around and beyond the ends of uint8, and infinities."""
    return Array(shape, lambda rng, s: np.resize([-700.0, -1.5, 0.25, 3.75, 254.5, 256.0, 9e9, np.inf, -np.inf], s))


_CONVERSIONS = (
    Call("cast", (real(4, 5),), {"dtype": "int32"}, wrt=(), batched=(0,)),
    Call("cast", (real(4, 5),), {"dtype": "bool"}, wrt=(), label="bool"),
    Call("cast", (integers(9, 4, 5, low=-9, dtype="int32"),), {"dtype": "float32"}, batched=(0,), label="float"),
    Call("cast", (integers(300, 4, 5, low=-300, dtype="int32"),), {"dtype": "uint8"}, label="uint8"),
    Call("cast", (flags(4, 5),), {"dtype": "int32"}, label="of_bool"),
    *(
        Call("saturate_cast", (_far(3, 6),), {"dtype": dtype}, wrt=(), batched=(0,), label=dtype)
        for dtype in ("uint8", "float32", "bool")
    ),
    *(
        Call("saturate_cast", (integers(999, 3, 6, low=-999, dtype="int32"),), {"dtype": dtype}, label=f"ints_{dtype}")
        for dtype in ("uint8", "bool", "int32")
    ),
    Call(
        "saturate_cast",
        (integers(999, 3, 6, low=-999, dtype="int32"),),
        {"dtype": "float32"},
        parity=False,  # Keras compares with the largest float as an int, which overflows: all numbers become the least
        label="ints_float32",
    ),
    Call("saturate_cast", (integers(255, 3, 6, dtype="uint8"),), {"dtype": "int32"}, label="wider"),
    Call("convert_to_tensor", (real(4, 5),), batched=(0,)),
    Call("convert_to_tensor", (integers(5, 4, 5, dtype="int32"),), {"dtype": "float32"}, batched=(0,), label="dtype"),
    Call(
        "convert_to_tensor",
        (real(4, 5),),
        run=lambda ops, x: [
            ops.convert_to_tensor(x) * ops.convert_to_tensor([1, 2, 3, 4, 5]),
            ops.convert_to_tensor([[x[0, 0], 2], [3.5, x[1, 1]]]),
        ],
        label="lists",
    ),
    Call("convert_to_numpy", (real(4, 5),), wrt=(), traced=False),
    Call("is_tensor", (real(4, 5),), run=lambda ops, x: x * float(ops.is_tensor([1.0]))),
    Call(
        "is_tensor",
        (real(4, 5),),
        run=lambda ops, x: x * float(ops.is_tensor(ops.convert_to_tensor(x))),
        wrt=(),
        traced=False,
        label="true",
    ),
    Call(
        "dtype",
        (real(4, 5), flags(4, 5)),
        run=lambda ops, x, c: ops.cast(c, ops.dtype(ops.convert_to_tensor(x))) * x,
        wrt=(0,),
        batched=(0, 1),
    ),
    Call("shape", (real(4, 5),), run=lambda ops, x: ops.reshape(x, (ops.shape(x)[1], ops.shape(x)[0])), batched=(0,)),
    Call("size", (real(4, 5),), run=lambda ops, x: x * ops.cast(ops.size(x), x.dtype), batched=(0,)),
    Call("ndim", (real(4, 5),), run=lambda ops, x: x * float(ops.ndim(x)), batched=(0,)),
    Call(
        "result_type",
        (real(4, 5), integers(9, 4, 5)),
        run=lambda ops, x, i: ops.cast(i, ops.result_type(x, i)) * x,
        parity=False,  # it is not in keras.ops, but in keras.backend
    ),
    # what stops is seen in tests/behaviour/test_ops_elementwise.py: differences of numbers do not stop
    Call(
        "stop_gradient", (real(4, 5), real(5)), run=lambda ops, x, y: x * ops.stop_gradient(y), wrt=(0,), batched=(0,)
    ),
)

CALLS: tuple[Call, ...] = _CONVERSIONS
