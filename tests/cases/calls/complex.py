"""Complex numbers, from and to pairs of real ones."""

from cases.arrays import positive, real, regular
from cases.call import Call


def _on_complex(name):
    """The call on complex numbers made of each input, its complex results as pairs again."""

    def run(ops, *pairs):
        result = getattr(ops, name)(*map(ops.view_as_complex, pairs))
        return ops.view_as_real(result) if "complex" in str(result.dtype) else result

    return run


def _complex(name, *inputs, batched=(0,)):
    return Call(name, inputs, run=_on_complex(name), batched=batched, label="complex")


def _eig(ops, x):
    """What does not depend on the order: sums of powers, and that the vectors are vectors of length 1."""
    values, vectors = ops.linalg.eig(x)
    zero = ops.zeros_like(x)
    complex_x = ops.view_as_complex(ops.stack([x, zero], axis=-1))
    row = ops.reshape(values, (*x.shape[:-2], 1, x.shape[-1]))
    wrong = ops.subtract(ops.matmul(complex_x, vectors), ops.multiply(vectors, row))
    pairs = ops.view_as_real(values)
    squares = ops.view_as_real(ops.multiply(values, values))
    lengths = ops.sum(ops.square(ops.view_as_real(vectors)), axis=(-3, -1))
    return ops.sum(pairs, axis=-2), ops.sum(squares, axis=-2), ops.view_as_real(wrong), lengths


CALLS: tuple[Call, ...] = (
    _complex("conj", real(3, 4, 2)),
    _complex("conjugate", real(3, 4, 2)),
    _complex("real", real(3, 4, 2)),
    _complex("imag", real(3, 4, 2)),
    _complex("angle", real(3, 4, 2)),
    _complex("absolute", real(3, 4, 2)),
    _complex("abs", real(3, 4, 2)),
    _complex("negative", real(3, 4, 2)),
    _complex("add", real(3, 4, 2), real(4, 2)),
    _complex("subtract", real(3, 4, 2), real(4, 2)),
    _complex("multiply", real(3, 4, 2), real(4, 2)),
    _complex("divide", real(3, 4, 2), real(4, 2)),
    _complex("true_divide", real(3, 4, 2), real(4, 2)),
    _complex("matmul", real(2, 3, 4, 2), real(4, 5, 2)),
    Call("view_as_complex", (real(3, 2),), run=lambda ops, x: ops.view_as_real(ops.view_as_complex(x)), batched=(0,)),
    Call(
        "view_as_real",
        (real(3, 2), positive(3)),
        run=lambda ops, x, y: ops.view_as_real(ops.multiply(ops.view_as_complex(x), y)),
        batched=(0, 1),
    ),
    *(Call(name, (real(3, 4),), batched=(0,)) for name in ("conj", "conjugate", "real")),
    Call("imag", (real(3, 4),), batched=(0,), wrt=()),
    Call("angle", (real(3, 4),), batched=(0,), wrt=()),
    Call(
        "nn.polar",
        (positive(3, 4), real(3, 4)),
        run=lambda ops, size, angle: ops.view_as_real(ops.nn.polar(size, angle)),
        batched=(0, 1),
    ),
    Call("linalg.eig", (regular(4, 4),), run=_eig, wrt=(), tolerance=4),
    Call("linalg.eig", (regular(2, 5, 5),), run=_eig, wrt=(), label="stack", tolerance=4),
)
