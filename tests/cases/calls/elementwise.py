"""Functions of one or two tensors, entry by entry."""

from itertools import product

import numpy as np

from cases.arrays import Array, above_one, flags, integers, positive, real, unit
from cases.call import Call

ODD = (np.nan, np.inf, -np.inf, -0.0, 0.0, 1.5, -2.0)


def odd(*shape: int) -> Array:
    """NaN, infinities, both zeros, and numbers."""
    return Array(shape, lambda rng, s: np.resize(ODD, s))


def other_odd(*shape: int) -> Array:
    """Each of them beside each."""
    return Array(shape, lambda rng, s: np.resize(np.repeat(ODD, len(ODD)), s))


def all_true(*shape: int) -> Array:
    return Array(shape, lambda rng, s: np.ones(s), "bool")


def scaled(factor: float, *shape: int) -> Array:
    return Array(shape, lambda rng, s: rng.normal(size=s) * factor)


_UNARY = {
    "abs": real,
    "absolute": real,
    "negative": real,
    "fabs": real,
    "square": real,
    "sign": real,
    "floor": real,
    "ceil": real,
    "trunc": real,
    "round": real,
    "reciprocal": positive,
    "sqrt": positive,
    "rsqrt": positive,
    "cbrt": real,
    "exp": real,
    "exp2": real,
    "expm1": real,
    "log": positive,
    "log1p": positive,
    "log2": positive,
    "log10": positive,
    "sin": real,
    "cos": real,
    "tan": unit,
    "arcsin": unit,
    "arccos": unit,
    "arctan": real,
    "sinh": real,
    "cosh": real,
    "tanh": real,
    "arcsinh": real,
    "arccosh": above_one,
    "arctanh": unit,
    "erf": real,
    "erfc": real,
    "erfinv": unit,
    "i0": real,
    "sinc": real,
    "deg2rad": real,
    "rad2deg": real,
    "copy": real,
    "nan_to_num": real,
}
_TESTS = ("isfinite", "isinf", "isnan", "isneginf", "isposinf", "isreal", "signbit", "logical_not")
# JAX has no such function of ints or bools, or of bools alone.
_FLOATS_ONLY = {"rsqrt", "erf"}
_NO_BOOLS = {"negative", "sign", "round"}
_UNARY_CALLS = (
    *(Call(name, (draw(4, 5),), batched=(0,)) for name, draw in _UNARY.items()),
    *(Call(name, (odd(2, 7),), wrt=(), batched=(0,), label="odd") for name in (*_TESTS, "nan_to_num", "absolute")),
    *(
        Call(
            name,
            (integers(2, 3, 4, low=1 if draw in (positive, above_one) else 0, dtype=dtype),),
            wrt=(),
            parity=name not in _FLOATS_ONLY,
            label=dtype,
        )
        for (name, draw), dtype in product((*_UNARY.items(), *((name, real) for name in _TESTS)), ("int32", "uint8"))
    ),
    *(
        Call(
            name,
            (flags(3, 4) if draw is real else all_true(3, 4),),
            wrt=(),
            parity=name not in _FLOATS_ONLY,
            label="bool",
        )
        for name, draw in (*_UNARY.items(), *((name, real) for name in _TESTS))
        if name not in _NO_BOOLS
    ),
    *(
        Call(name, (integers(9, 3, 4, low=-9, dtype="int32"),), wrt=(), label="negative")
        for name in ("absolute", "negative", "fabs", "sign", "square", "signbit", "cbrt")
    ),
    Call("round", (scaled(3, 4, 5),), {"decimals": 2}, wrt=(), batched=(0,), label="decimals"),
    Call("round", (scaled(300, 4, 5),), {"decimals": -1}, wrt=(), label="tens"),
    Call("round", (scaled(3, 4, 5),), {"decimals": 60}, wrt=(), label="beyond"),
    Call("round", (integers(999, 4, 5, low=-999, dtype="int32"),), {"decimals": -1}, wrt=(), label="tens_of_ints"),
    Call("nan_to_num", (odd(2, 7),), {"nan": 1.5, "posinf": 10.0, "neginf": -20.0}, wrt=(), label="values"),
    Call("sinc", (odd(2, 7),), wrt=(), parity=False, label="odd"),  # of infinities: NaN as NumPy's, but JAX' sin
)

_BINARY = {
    "add": (real, real),
    "subtract": (real, real),
    "multiply": (real, real),
    "divide": (real, positive),
    "true_divide": (real, positive),
    "divide_no_nan": (real, positive),
    "maximum": (real, real),
    "minimum": (real, real),
    "fmax": (real, real),
    "fmin": (real, real),
    "power": (positive, real),
    "mod": (positive, positive),
    "fmod": (real, positive),
    "arctan2": (real, positive),
    "hypot": (real, real),
    "logaddexp": (real, real),
    "logaddexp2": (real, real),
}
_FLAT = {"floor_divide": (real, positive), "nextafter": (real, real)}
_COMPARE = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
_LOGICAL = ("logical_and", "logical_or", "logical_xor")
_OF_ODD = (
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "logaddexp",
    "logaddexp2",
    "heaviside",
    "isclose",
    *_COMPARE,
    *_LOGICAL,
)

# Inputs of every dtype, each dtype with each: numbers from 1 to 4.
MIXED = (
    positive(3, 4),
    integers(5, 3, 4, low=1, dtype="int32"),
    integers(4, 3, 4, low=1, dtype="uint8"),
    all_true(3, 4),
)


def _mixed(name: str, *, bools: bool = True) -> Call:
    def run(ops, *inputs):
        pairs = list(product(inputs, repeat=2))
        return [getattr(ops, name)(a, b) for a, b in (pairs if bools else pairs[:-1])]

    return Call(name, MIXED, run=run, wrt=(), label="mixed")


def _scalars(name: str, *scalars: float, right: bool = True) -> Call:
    """The function of a tensor of each dtype and Python numbers, on both sides."""

    def run(ops, *inputs):
        function = getattr(ops, name)
        ours = [function(x, s) for x in inputs for s in scalars]
        return ours + [function(s, x) for x in inputs for s in scalars if right]

    return Call(name, MIXED, run=run, wrt=(), label="scalars")


_BINARY_CALLS = (
    *(Call(name, (a(4, 1, 5), b(3, 5)), batched=(0,)) for name, (a, b) in _BINARY.items()),
    *(Call(name, (a(4, 1, 5), b(3, 5)), wrt=(), batched=(0,)) for name, (a, b) in _FLAT.items()),
    *(Call(name, (integers(3, 4, 1, 5), integers(3, 3, 5)), wrt=(), batched=(0,)) for name in _COMPARE),
    *(Call(name, (flags(4, 1, 5), flags(3, 5)), wrt=(), batched=(0,)) for name in _LOGICAL),
    *(Call(name, (odd(7, 7), other_odd(7, 7)), wrt=(), label="odd") for name in _OF_ODD),
    # JAX cannot subtract bools, NumPy neither
    *(
        _mixed(name, bools=name != "subtract")
        for name in (*_BINARY, *_FLAT, *_COMPARE, *_LOGICAL, "isclose", "heaviside")
    ),
    *(
        _scalars(name, 2, 1.5)
        for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "less", "equal")
    ),
    *(_scalars(name, 2, 2.5) for name in ("floor_divide", "mod", "fmod", "arctan2", "hypot")),
    _scalars("power", 2, 3, 0.5, right=False),
    Call("power", (real(4, 5),), run=lambda ops, x: [ops.power(x, 2), ops.power(x, 3), x**2], label="whole"),
    Call("power", (real(4, 5),), run=lambda ops, x: ops.power(2.0, x), label="of_two"),
    Call("power", (integers(4, 3, 4, low=-4, dtype="int32"), integers(5, 4, dtype="int32")), wrt=(), label="int32"),
    Call(
        "floor_divide", (integers(9, 3, 4, low=-9, dtype="int32"), integers(5, 4, low=1, dtype="int32")), label="int32"
    ),
    Call("mod", (integers(9, 3, 4, low=-9, dtype="int32"), integers(5, 4, low=1, dtype="int32")), label="int32"),
    Call("fmod", (integers(9, 3, 4, low=-9, dtype="int32"), integers(5, 4, low=1, dtype="int32")), label="int32"),
    Call("mod", (real(3, 4), Array((4,), lambda rng, s: -rng.uniform(0.3, 2.0, s))), wrt=(), label="negative"),
    Call(
        "divide_no_nan",
        (real(3, 4), Array((4,), lambda rng, s: np.array([2.0, 0.0, -1.0, 0.0]))),
        wrt=(0,),
        label="zero",
    ),
    Call("heaviside", (integers(2, 4, 1, 5, low=-1, dtype="float"), real(3, 5)), wrt=(1,), batched=(0,)),
    Call("ldexp", (real(4, 5), integers(7, 5, low=-7, dtype="int32")), batched=(0,)),
    Call("ldexp", (integers(9, 4, 5, low=-9, dtype="int32"), integers(7, 5, dtype="uint8")), wrt=(), label="ints"),
    Call("isclose", (real(4, 5), real(5)), {"rtol": 0.5, "atol": 0.25}, wrt=(), batched=(0,), label="loose"),
    Call("isclose", (odd(7, 7), other_odd(7, 7)), {"equal_nan": True}, wrt=(), label="equal_nan"),
    Call("isclose", (real(4, 5),), run=lambda ops, x: ops.isclose(x, x + 1e-6), wrt=(), label="near"),
    Call(
        "allclose", (real(4, 5),), run=lambda ops, x: [ops.allclose(x, x * 1.000001), ops.allclose(x, x + 1.0)], wrt=()
    ),
    Call("allclose", (odd(2, 7), odd(2, 7)), {"equal_nan": True}, wrt=(), batched=(0,), label="equal_nan"),
)

_CHOICES = (
    Call("where", (flags(4, 1, 5), real(3, 5), real(1, 5)), batched=(0,)),
    Call(
        "where",
        (integers(2, 3, 4), real(3, 4)),
        run=lambda ops, c, x: [ops.where(c, x, 0), ops.where(x > 0, 1, x)],
        label="numbers",
    ),
    Call(
        "where",
        (flags(3, 4), *MIXED),
        run=lambda ops, c, *inputs: [ops.where(c, a, b) for a, b in product(inputs, repeat=2)],
        wrt=(),
        label="mixed",
    ),
    Call("where", (flags(3, 4),), run=lambda ops, c: [ops.where(c, 1, 2), ops.where(c, 1, 2.5)], label="scalars"),
    Call("where", (flags(3, 4),), traced=False, label="indices"),
    Call("clip", (real(4, 5),), {"x_min": -0.75, "x_max": 0.75}, batched=(0,)),
    Call("clip", (real(4, 5), unit(5)), run=lambda ops, x, low: ops.clip(x, low - 1.0, low + 1.0), label="tensors"),
    Call(
        "clip", (real(4, 5),), run=lambda ops, x: [ops.clip(x, None, 0.25), ops.clip(x, 0.25, None)], label="one_side"
    ),
    Call(
        "clip",
        MIXED,
        run=lambda ops, *inputs: [ops.clip(x, low, high) for x in inputs for low, high in ((2, 3), (0.5, 2.5))],
        wrt=(),
        label="mixed",
    ),
)

_BITS = ("bitwise_and", "bitwise_or", "bitwise_xor")
_SHIFTS = ("bitwise_left_shift", "left_shift", "bitwise_right_shift", "right_shift")
_INTS = MIXED[1:]


def _of_ints(name: str, *, bools: bool = True) -> Call:
    def run(ops, *inputs):
        inputs = inputs if bools else inputs[:-1]
        function = getattr(ops, name)
        return [function(a, b) for a, b in product(inputs, repeat=2)] + [function(x, 3) for x in inputs]

    return Call(name, _INTS, run=run, label="mixed")


_BITWISE = (
    *(
        Call(name, (integers(2**31, 4, 1, 5, low=-(2**31), dtype="int32"), integers(40, 3, 5, low=-3, dtype="int32")))
        for name in (*_BITS, *_SHIFTS)
    ),
    *(Call(name, (flags(4, 1, 5), flags(3, 5)), batched=(0,), label="bool") for name in _BITS),
    *(
        Call(name, (array,), batched=(0,), label=array.dtype)
        for name in ("bitwise_not", "bitwise_invert")
        for array in (integers(99, 3, 4, low=-99, dtype="int32"), integers(255, 3, 4, dtype="uint8"), flags(3, 4))
    ),
    *(
        Call(name, (integers(60, 4, 1, 5, low=-60, dtype="int32"), integers(30, 3, 5, low=-30, dtype="int32")))
        for name in ("gcd", "lcm")
    ),
    *(_of_ints(name) for name in (*_BITS, *_SHIFTS)),
    *(_of_ints(name, bools=False) for name in ("gcd", "lcm")),
    Call("view", (real(2, 4),), {"dtype": "int32"}, wrt=(), batched=(0,)),
    Call("view", (real(2, 4),), {"dtype": "uint8"}, wrt=(), batched=(0,), label="narrower"),
    Call("view", (integers(255, 3, 8, dtype="uint8"),), {"dtype": "int32"}, batched=(0,), label="wider"),
    Call("view", (flags(3, 8),), {"dtype": "uint8"}, label="bool"),
    Call("view", (real(2, 4),), label="same"),
)

_SPECIAL = (
    # gammainc came to Keras after 3.15.1; tests/cases/ops.py compares it with SciPy's
    Call("gammainc", (positive(4, 1, 5), positive(3, 5)), wrt=(1,), batched=(0,), parity=False),
    Call("gammainc", (positive(4, 5), positive(5)), second=False, parity=False, label="both"),  # no second one by x1
    Call(
        "gammainc",
        MIXED,
        run=lambda ops, f, i, u, b: [ops.gammainc(f, i), ops.gammainc(u, b)],
        wrt=(),
        parity=False,
        label="mixed",
    ),
)

CALLS: tuple[Call, ...] = (*_UNARY_CALLS, *_BINARY_CALLS, *_CHOICES, *_BITWISE, *_SPECIAL)
