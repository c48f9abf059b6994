"""Linear algebra. Where vectors are free up to their signs, the row chooses them."""

import numpy as np

from cases.arrays import definite, integers, positive, real, regular, symmetric
from cases.call import Call

INF = float("inf")


def _signs(ops, vectors):
    """Signs that make a weighted sum of each column positive, without a gradient."""
    weights = np.random.default_rng(3).normal(size=(vectors.shape[-2], 1)).astype("float32")
    sums = ops.sum(vectors * ops.cast(ops.convert_to_tensor(weights), vectors.dtype), axis=-2, keepdims=True)
    return ops.stop_gradient(ops.sign(sums))


def _transposed(ops, x):
    return ops.swapaxes(x, -1, -2)


def _qr(**arguments):
    def run(ops, x):
        q, r = ops.linalg.qr(x, **arguments)
        signs = _signs(ops, q)
        return q * signs, r * _transposed(ops, signs)

    return run


def _spanned(ops, x):
    """A complete q and r: the columns of q beyond those of x are free but for the space they span."""
    q, r = ops.linalg.qr(x, mode="complete")
    n = x.shape[-1]
    rest = q[..., n:]
    return ops.matmul(q, r), ops.matmul(rest, _transposed(ops, rest)), ops.matmul(_transposed(ops, q), q)


def _eigh(ops, x):
    values, vectors = ops.linalg.eigh(x)
    return values, vectors * _signs(ops, vectors)


def _svd(ops, x):
    u, s, vh = ops.linalg.svd(x, full_matrices=False)
    signs = _signs(ops, u)
    return u * signs, s, vh * _transposed(ops, signs)


def _full_svd(ops, x):
    """The products of full matrices, whose last vectors are free."""
    u, s, vh = ops.linalg.svd(x)
    k = s.shape[-1]
    ours = (ops.matmul(u[..., :k] * s[..., None, :], vh[..., :k, :]), s)
    return *ours, ops.matmul(_transposed(ops, u), u), ops.matmul(vh, _transposed(ops, vh))


def _norms():
    matrix, vectors, stack = (real(4, 3),), (real(3, 4),), (real(2, 3, 4),)
    yield "all", {}, stack
    yield "all-keepdims", {"keepdims": True}, stack
    yield "all-ints", {}, (integers(9, 2, 3, dtype="int32"),)
    for order in (None, 1, 2, 3, -1, -2, 0.5, INF, -INF):
        yield f"vector-{order}", {"ord": order, "axis": -1}, (positive(3, 4),)
    yield "vector-zero", {"ord": 0, "axis": 0}, (integers(2, 3, 4, dtype="float32"),)
    yield "vector-keepdims", {"axis": 0, "keepdims": True}, vectors
    yield "vector-of-matrix", {"ord": 2, "axis": (0,)}, vectors
    yield "vector-alone", {"ord": INF}, (real(5),)
    for order in (None, "fro", "nuc", 1, -1, 2, -2, INF, -INF):
        yield f"matrix-{order}", {"ord": order, "axis": (-2, -1)}, (regular(2, 4, 3),)
        yield f"matrix-{order}-turned", {"ord": order, "axis": (2, 0), "keepdims": True}, stack
    yield "matrix-alone", {"ord": 1}, matrix


def _rows_of_norm():
    for label, kwargs, inputs in _norms():
        batched = (0,) if kwargs.get("axis") in (-1, (-2, -1)) else ()
        smooth = None if kwargs.get("ord") != 0 else ()
        yield Call("linalg.norm", inputs, kwargs, wrt=smooth, label=label, batched=batched, tolerance=2)


CALLS: tuple[Call, ...] = (
    Call(
        "linalg.jvp",
        (real(2, 3), real(3), real(2, 3), real(3)),
        run=lambda ops, x, y, dx, dy: ops.linalg.jvp(lambda x, y: ops.sin(x) * y + ops.tanh(x), (x, y), (dx, dy)),
        batched=(0, 2),
    ),
    Call(
        "linalg.jvp",
        (real(3), real(3)),
        run=lambda ops, x, t: ops.linalg.jvp(lambda x: (ops.exp(x), x * 2.0), (x,), (t,), has_aux=True),
        label="aux",
    ),
    Call("linalg.cholesky", (definite(3, 3),)),
    Call("linalg.cholesky", (definite(2, 4, 4),), {"upper": True}, label="upper", batched=(0,)),
    Call("linalg.cholesky_inverse", (regular(3, 3),), tolerance=3),
    Call("linalg.cholesky_inverse", (regular(3, 3),), {"upper": True}, label="upper", tolerance=3),
    # Keras on JAX transposes the stack as well.
    Call("linalg.cholesky_inverse", (definite(2, 3, 3),), label="stack", batched=(0,), parity=False),
    Call("linalg.det", (regular(4, 4),)),
    Call("linalg.det", (regular(3, 2, 2),), label="stack", batched=(0,)),
    Call("slogdet", (regular(2, 4, 4),), batched=(0,), tolerance=2),
    Call("logdet", (definite(4, 4),), tolerance=2),
    Call("logdet", (regular(2, 3, 3),), label="stack", batched=(0,), tolerance=2),
    Call("linalg.eigh", (symmetric(2, 4, 4),), run=_eigh, batched=(0,), tolerance=4),
    Call("linalg.inv", (regular(4, 4),), tolerance=2),
    Call("linalg.inv", (regular(2, 3, 3),), label="stack", batched=(0,), tolerance=2),
    Call("linalg.lstsq", (regular(5, 3), real(5, 2)), tolerance=4),
    Call("linalg.lstsq", (regular(3, 5), real(3)), label="wide", tolerance=4),
    Call("linalg.lstsq", (regular(4, 4), real(4, 2)), {"rcond": 0.5}, label="cut", wrt=(1,), tolerance=4),
    Call("linalg.lu_factor", (regular(4, 4),), tolerance=2),
    Call("linalg.lu_factor", (regular(2, 3, 3),), label="stack", batched=(0,), tolerance=2),
    Call("linalg.lu_factor", (regular(5, 3),), label="tall", wrt=(), tolerance=2),  # the gradient of square ones only
    Call("linalg.lu_factor", (regular(3, 5),), label="wide", wrt=(), tolerance=2),
    # Keras 3.15.1 does not have it.
    *(
        Call("linalg.matrix_power", (regular(2, 3, 3),), {"n": n}, label=str(n), batched=(0,), parity=False)
        for n in (0, 1, 5, -2)
        if n
    ),
    Call("linalg.matrix_power", (regular(3, 3),), {"n": 0}, label="0", wrt=(), parity=False),
    Call("linalg.matrix_rank", (regular(2, 4, 3),), wrt=(), batched=(0,)),
    Call("linalg.matrix_rank", (regular(4, 4),), {"tol": 1.2}, label="tol", wrt=()),
    Call(
        "linalg.matrix_rank",
        (real(4, 1), real(1, 5)),
        run=lambda ops, a, b: ops.linalg.matrix_rank(ops.matmul(a, b)),
        wrt=(),
        label="one",
    ),
    *_rows_of_norm(),
    Call("linalg.pinv", (regular(2, 5, 3),), label="tall", batched=(0,), tolerance=4),
    Call("linalg.pinv", (regular(3, 5),), label="wide", tolerance=4),
    Call("linalg.pinv", (regular(4, 4),), {"rcond": 0.5}, label="cut", wrt=(), tolerance=4),
    Call("linalg.qr", (regular(4, 4),), run=_qr(), tolerance=3),
    Call("linalg.qr", (regular(2, 5, 3),), run=_qr(), label="tall", batched=(0,), tolerance=3),
    Call("linalg.qr", (regular(3, 5),), run=_qr(), label="wide", wrt=(), tolerance=3),  # no gradient in Keras either
    Call("linalg.qr", (regular(2, 5, 3),), run=_spanned, label="complete", wrt=(), tolerance=3),
    Call("linalg.solve", (regular(3, 3), real(3, 2)), tolerance=2),
    Call("linalg.solve", (regular(3, 3), real(3)), label="vector", tolerance=2),
    Call("linalg.solve", (regular(2, 3, 3), real(2, 3, 2)), label="stack", batched=(0, 1), tolerance=2),
    # JAX takes one vector only, though Keras documents stacks of them.
    Call("linalg.solve", (regular(2, 3, 3), real(2, 3)), label="vectors", batched=(0, 1), parity=False),
    Call("linalg.solve", (regular(2, 1, 3, 3), real(1, 4, 3, 2)), label="broadcast", parity=False),
    Call("linalg.solve_triangular", (regular(3, 3), real(3, 2)), tolerance=4),
    Call("linalg.solve_triangular", (regular(3, 3), real(3)), {"lower": True}, label="lower", tolerance=4),
    Call(
        "linalg.solve_triangular",
        (definite(2, 3, 3), real(2, 3, 2)),
        {"lower": True},
        label="stack",
        batched=(0, 1),
        tolerance=4,
    ),
    Call("linalg.svd", (regular(4, 4),), run=_svd, tolerance=4),
    Call("linalg.svd", (regular(2, 5, 3),), run=_svd, label="tall", batched=(0,), tolerance=4),
    Call("linalg.svd", (regular(3, 5),), run=_svd, label="wide", tolerance=4),
    Call("linalg.svd", (regular(2, 3, 5),), run=_full_svd, label="full", wrt=(), tolerance=4),
    Call("linalg.svd", (regular(2, 5, 3),), {"compute_uv": False}, label="values", batched=(0,), tolerance=2),
)
