"""Control flow, and functions with gradients of their own."""

from cases.arrays import integers, real, unit
from cases.call import Call


def _own_square(ops, x):
    """The square, with its gradient written out."""

    @ops.custom_gradient
    def square(x):
        return ops.square(x), lambda upstream: upstream * 2.0 * x

    return square(x)


def _recurrence(ops, state, xs, w):
    def step(carry, x):
        carry = ops.tanh(ops.matmul(carry, w) + x)
        return carry, ops.sum(carry, axis=-1)

    return ops.scan(step, state, xs)


def _nested(ops, x):
    def row(carry, r):
        inner, _ = ops.scan(lambda c, e: (c * 0.5 + ops.sin(e), None), carry, r)
        return inner, inner * inner

    return ops.scan(row, x[0, 0], x)


def _newton(ops, x):
    """Square roots by Newton's method, until the largest error is small."""
    return ops.while_loop(
        lambda y, _: ops.max(ops.absolute(y * y - x)) > 1e-4, lambda y, n: (0.5 * (y + x / y), n + 1), (x, 0)
    )


def _choose(ops, i, x):
    return ops.switch(i, [lambda x: x * x, ops.sin, lambda x: x + 1.0], x)


REAL = real(5, 3)
CALLS: tuple[Call, ...] = (
    Call("scan", (real(2, 3), real(5, 2, 3), real(3, 3)), run=_recurrence, batched=(1,)),
    Call(
        "scan",
        (real(3), REAL),
        run=lambda ops, c, x: ops.scan(lambda c, x: (c * 0.5 + x, (c, x * x)), c, x),
        label="pair",
    ),
    Call(
        "scan",
        (REAL,),
        run=lambda ops, x: ops.scan(lambda c, x: (c + x, c * x), x[0], x, reverse=True),
        label="reverse",
    ),
    Call(
        "scan", (real(3),), run=lambda ops, x: ops.scan(lambda c, _: (ops.cos(c), None), x, length=4)[0], label="length"
    ),
    Call("scan", (real(3, 4),), run=_nested, label="nested"),
    Call(
        "scan",
        (REAL,),
        run=lambda ops, x: ops.scan(lambda c, r: ({"n": c["n"] + 1, "s": c["s"] + r}, r), {"n": 0, "s": x[0]}, x),
        label="dict",
    ),
    Call("map", (REAL,), run=lambda ops, x: ops.map(lambda r: ops.softmax(r) * r, x), batched=(0,)),
    Call("vectorized_map", (REAL,), run=lambda ops, x: ops.vectorized_map(lambda r: ops.sum(r * r), x), batched=(0,)),
    Call("fori_loop", (real(3),), run=lambda ops, x: ops.fori_loop(0, 4, lambda i, v: ops.sin(v) + x * 0.1, x)),
    Call(
        "fori_loop",
        (integers(9, low=5, dtype="int32"), real(3)),
        run=lambda ops, n, x: ops.fori_loop(2, n, lambda i, v: v * 0.5 + ops.cast(i, v.dtype), x),
        wrt=(),  # the number of steps is known only afterwards
        label="unknown",
    ),
    Call("while_loop", (unit(4),), run=lambda ops, x: _newton(ops, ops.absolute(x) + 0.5), wrt=()),
    Call(
        "while_loop",
        (real(4),),
        run=lambda ops, x: ops.while_loop(lambda v: True, lambda v: v * 0.5, x, maximum_iterations=3),
        wrt=(),
        label="bounded",
    ),
    Call(
        "cond", (real(), real(3)), run=lambda ops, p, x: ops.cond(p > 0.0, lambda: x * x, lambda: ops.exp(x)), wrt=(1,)
    ),
    *(
        Call("switch", (integers(i + 1, low=i, dtype="int32"), REAL), run=_choose, label=str(i))
        for i in (-1, 0, 1, 2, 5)
    ),
    Call("associative_scan", (real(7, 2),), run=lambda ops, x: ops.associative_scan(lambda a, b: a + b, x)),
    Call(
        "associative_scan",
        (real(2, 6), unit(2, 6)),
        run=lambda ops, x, y: ops.associative_scan(
            lambda a, b: (a[0] * b[1] + b[0], a[1] * b[1]), (x, y), reverse=True, axis=1
        ),
        label="pair",
    ),
    Call(
        "associative_scan", (real(1, 2),), run=lambda ops, x: ops.associative_scan(lambda a, b: a * b, x), label="one"
    ),
    Call("custom_gradient", (REAL,), run=_own_square),
)
