"""Functions of one or two tensors, entry by entry, with NumPy's names and rules.

>>> import lamina
>>> lamina.ops.square([1.0, 3.0]).numpy().tolist()
[1.0, 9.0]
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..checks import explain
from .complex import with_complex
from .convert import (
    convert_to_numpy,
    convert_to_tensor,
    convert_weak,
    is_float,
    is_symbolic,
    result_type,
    to_common,
    to_float,
)
from .operation import operation

__all__ = [
    "abs",
    "absolute",
    "add",
    "allclose",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cbrt",
    "ceil",
    "clip",
    "copy",
    "cos",
    "cosh",
    "deg2rad",
    "divide",
    "divide_no_nan",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "greater",
    "greater_equal",
    "heaviside",
    "hypot",
    "i0",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "ldexp",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nan_to_num",
    "negative",
    "nextafter",
    "not_equal",
    "power",
    "rad2deg",
    "reciprocal",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
]

_ops = _core.ops
Prepare = Callable[..., list[Any]]


def to_numbers(*values: Any) -> list[Any]:
    """The values as tensors of their common dtype; truth values count as int32."""
    tensors = to_common(*values)
    return [_ops.cast(x, dtype="int32") for x in tensors] if tensors[0].dtype == "bool" else tensors


def to_floats(*values: Any) -> list[Any]:
    """The values as tensors of their common dtype; whole numbers count as floats."""
    return list(map(to_float, to_common(*values)))


def _to_bools(*values: Any) -> list[Any]:
    return [convert_to_tensor(x, "bool") for x in values]


def _unary(name: str, doc: str, *, core: str | None = None, prepare: Callable[[Any], Any] = to_float) -> Any:
    """The public function of one engine op."""
    run = with_complex(core or name, getattr(_ops, core or name))

    def function(x: Any) -> Any:
        return run(prepare(x))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return operation(function)


# From which kind on (`_core.alike`) two tensors of one dtype need no preparation.
_READY: dict[Prepare, int] = {to_common: 1, to_numbers: 2, to_floats: 3}


def _binary(name: str, doc: str, *, core: str | None = None, prepare: Prepare = to_common) -> Any:
    engine = getattr(_ops, core or name)
    run = with_complex(core or name, engine)

    def function(x1: Any, x2: Any) -> Any:
        return run(*prepare(x1, x2))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    general = operation(function)
    ready = _READY.get(prepare, 4)
    alike = _core.alike

    @functools.wraps(general)
    def public(x1: Any, x2: Any) -> Any:  # the frequent case without a search
        return engine(x1, x2) if alike(x1, x2) >= ready else general(x1, x2)

    return public


negative = _unary("negative", "-x.", prepare=convert_to_tensor)
sign = _unary("sign", "-1, 0 or 1.", prepare=convert_to_tensor)
fabs = _unary("fabs", "The value without its sign, as a float.", core="absolute")
floor = _unary("floor", "The largest whole number that is not above x.")
ceil = _unary("ceil", "The smallest whole number that is not below x.")
reciprocal = _unary("reciprocal", "1 / x.")
sqrt = _unary("sqrt", "The square root.")
cbrt = _unary("cbrt", "The cube root, also of negative numbers.")
rsqrt = _unary("rsqrt", "1 / sqrt(x).")
exp = _unary("exp", "e to the power of x.")
exp2 = _unary("exp2", "2 to the power of x.")
expm1 = _unary("expm1", "exp(x) - 1, exact near 0.")
log = _unary("log", "The natural logarithm.")
log1p = _unary("log1p", "log(1 + x), exact near 0.")
log2 = _unary("log2", "The logarithm to base 2.")
log10 = _unary("log10", "The logarithm to base 10.")
sin = _unary("sin", "The sine.")
cos = _unary("cos", "The cosine.")
tan = _unary("tan", "The tangent.")
arcsin = _unary("arcsin", "The inverse sine.", core="asin")
arccos = _unary("arccos", "The inverse cosine.", core="acos")
arctan = _unary("arctan", "The inverse tangent.", core="atan")
sinh = _unary("sinh", "The hyperbolic sine.")
cosh = _unary("cosh", "The hyperbolic cosine.")
tanh = _unary("tanh", "The hyperbolic tangent.")
arcsinh = _unary("arcsinh", "The inverse hyperbolic sine.", core="asinh")
arccosh = _unary("arccosh", "The inverse hyperbolic cosine.", core="acosh")
arctanh = _unary("arctanh", "The inverse hyperbolic tangent.", core="atanh")
erf = _unary("erf", "The error function.")
i0 = _unary("i0", "The modified Bessel function of the first kind, of order 0.", core="bessel_i0")
isfinite = _unary("isfinite", "Whether x is neither infinite nor NaN.", core="is_finite")
isnan = _unary("isnan", "Whether x is NaN.", core="is_nan")
isinf = _unary("isinf", "Whether x is infinite.", core="is_inf")
add = _binary("add", "x1 + x2.")
subtract = _binary("subtract", "x1 - x2.")
multiply = _binary("multiply", "x1 * x2.")
divide = _binary("divide", "x1 / x2; ints become floats first.", prepare=to_floats)
true_divide = _binary("true_divide", "x1 / x2; ints become floats first.", core="divide", prepare=to_floats)
maximum = _binary("maximum", "The larger of both, entry by entry; NaN if either is.")
minimum = _binary("minimum", "The smaller of both, entry by entry; NaN if either is.")
power = _binary("power", "x1 to the power of x2.", prepare=to_numbers)
floor_divide = _binary("floor_divide", "The quotient rounded down; of ints by 0: 0.", prepare=to_numbers)
mod = _binary("mod", "The remainder, with the sign of x2; of ints by 0: 0.", prepare=to_numbers)
fmod = _binary("fmod", "The remainder, with the sign of x1; of ints by 0: 0.", prepare=to_numbers)
arctan2 = _binary("arctan2", "The angle of the point (x2, x1).", core="atan2", prepare=to_floats)
hypot = _binary("hypot", "sqrt(x1**2 + x2**2) without overflow.", prepare=to_floats)
nextafter = _binary("nextafter", "The next float after x1 towards x2.", core="next_after", prepare=to_floats)
equal = _binary("equal", "x1 == x2.")
not_equal = _binary("not_equal", "x1 != x2.")
less = _binary("less", "x1 < x2.")
less_equal = _binary("less_equal", "x1 <= x2.")
greater = _binary("greater", "x1 > x2.")
greater_equal = _binary("greater_equal", "x1 >= x2.")
logical_and = _binary("logical_and", "Whether both are true.", prepare=_to_bools)
logical_or = _binary("logical_or", "Whether one of both is true.", prepare=_to_bools)
logical_xor = _binary("logical_xor", "Whether exactly one of both is true.", prepare=_to_bools)


_absolute = with_complex("absolute", _ops.absolute)


@operation
def absolute(x: Any) -> Any:
    """The value without its sign."""
    x = convert_to_tensor(x)
    return x if x.dtype == "bool" else _absolute(x)


abs = absolute


@operation
def square(x: Any) -> Any:
    """x * x."""
    return _ops.square(*to_numbers(x))


@operation
def trunc(x: Any) -> Any:
    """x without its fraction; ints stay as they are."""
    x = convert_to_tensor(x)
    return _ops.trunc(x) if is_float(x.dtype) else x


@operation
def copy(x: Any) -> Any:
    """The same entries."""
    return _ops.identity(convert_to_tensor(x))


@operation
def logical_not(x: Any) -> Any:
    """Whether x is false."""
    return _ops.logical_not(convert_to_tensor(x, "bool"))


@operation
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """x1 / x2, and 0 where x2 is 0."""
    a, b = to_floats(x1, x2)
    zero = convert_weak(0.0, b.dtype)
    by_zero = _ops.equal(b, zero)
    safe = _ops.where(by_zero, convert_weak(1.0, b.dtype), b)
    return _ops.where(by_zero, zero, _ops.divide(a, safe))


@operation
def fmax(x1: Any, x2: Any) -> Any:
    """The larger of both, entry by entry; the other one where one is NaN."""
    a, b = to_common(x1, x2)
    if not is_float(a.dtype):
        return _ops.maximum(a, b)
    return _ops.where(_ops.logical_or(_ops.greater(a, b), _ops.is_nan(b)), a, b)


@operation
def fmin(x1: Any, x2: Any) -> Any:
    """The smaller of both, entry by entry; the other one where one is NaN."""
    a, b = to_common(x1, x2)
    if not is_float(a.dtype):
        return _ops.minimum(a, b)
    return _ops.where(_ops.logical_or(_ops.less(a, b), _ops.is_nan(b)), a, b)


@operation
def heaviside(x1: Any, x2: Any) -> Any:
    """0 where x1 is negative, 1 where it is positive, x2 where it is 0."""
    a, b = to_floats(x1, x2)
    zero, one = convert_weak(0.0, a.dtype), convert_weak(1.0, a.dtype)
    rest = _ops.where(_ops.is_nan(a), a, b)
    return _ops.where(_ops.less(a, zero), zero, _ops.where(_ops.greater(a, zero), one, rest))


@operation
def ldexp(x1: Any, x2: Any) -> Any:
    """x1 * 2**x2, x2 of ints. TypeError for other exponents."""
    exponent = convert_to_tensor(x2)
    if is_float(exponent.dtype) or exponent.dtype == "bool":
        raise TypeError(
            explain(
                "ldexp: the exponents are not whole numbers.",
                "x2 of ints",
                f"dtype {exponent.dtype}",
                "cast x2 to int32.",
            )
        )
    x = to_float(x1)
    return _ops.ldexp(x, _ops.cast(exponent, dtype=x.dtype))


def _log_of_sum(a: Any, b: Any, power: Any, scale: float) -> Any:
    """The larger one + log(1 + power(-the distance)) * scale; of equal infinities the distance is not a number."""
    distance = _ops.subtract(a, b)
    odd = _ops.is_nan(distance)
    safe = _ops.where(odd, convert_weak(0.0, a.dtype), distance)
    more = _ops.log1p(power(_ops.negative(_ops.absolute(safe))))
    if scale != 1.0:
        more = _ops.multiply(more, convert_weak(scale, a.dtype))
    return _ops.where(odd, _ops.add(a, b), _ops.add(_ops.maximum(a, b), more))


@operation
def logaddexp(x1: Any, x2: Any) -> Any:
    """log(exp(x1) + exp(x2)) without overflow."""
    a, b = to_floats(x1, x2)
    return _log_of_sum(a, b, _ops.exp, 1.0)


@operation
def logaddexp2(x1: Any, x2: Any) -> Any:
    """log2(2**x1 + 2**x2) without overflow."""
    a, b = to_floats(x1, x2)
    return _log_of_sum(a, b, _ops.exp2, 1.0 / math.log(2.0))


@operation
def deg2rad(x: Any) -> Any:
    """Degrees as radians."""
    x = to_float(x)
    return _ops.multiply(x, convert_weak(math.pi / 180.0, x.dtype))


@operation
def rad2deg(x: Any) -> Any:
    """Radians as degrees."""
    x = to_float(x)
    return _ops.multiply(x, convert_weak(180.0 / math.pi, x.dtype))


@operation
def sinc(x: Any) -> Any:
    """sin(pi * x) / (pi * x), 1 at 0."""
    x = to_float(x)
    angle = _ops.multiply(x, convert_weak(math.pi, x.dtype))
    at_zero, one = _ops.equal(x, convert_weak(0.0, x.dtype)), convert_weak(1.0, x.dtype)
    safe = _ops.where(at_zero, one, angle)
    return _ops.where(at_zero, one, _ops.divide(_ops.sin(safe), safe))


def _everywhere(x: Any, value: bool) -> Any:
    return _ops.fill(shape=list(x.dims), value=float(value), dtype="bool")


@operation
def isneginf(x: Any) -> Any:
    """Whether x is -infinity."""
    x = convert_to_tensor(x)
    return _ops.equal(x, convert_weak(-math.inf, x.dtype)) if is_float(x.dtype) else _everywhere(x, False)


@operation
def isposinf(x: Any) -> Any:
    """Whether x is +infinity."""
    x = convert_to_tensor(x)
    return _ops.equal(x, convert_weak(math.inf, x.dtype)) if is_float(x.dtype) else _everywhere(x, False)


@operation
def isreal(x: Any) -> Any:
    """Whether x has no imaginary part: all tensors of real numbers have none."""
    return _everywhere(convert_to_tensor(x), True)


@operation
def signbit(x: Any) -> Any:
    """Whether x is negative, -0.0 and NaN with a sign included."""
    x = convert_to_tensor(x)
    if is_float(x.dtype):
        x = _ops.bitcast(x, dtype="int64" if x.dtype == "float64" else "int32")
    return _everywhere(x, False) if x.dtype == "bool" else _ops.less(x, convert_weak(0, x.dtype))


@operation
def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """x with `nan` for NaN, `posinf` and `neginf` (the largest and the smallest number) for the infinities."""
    x = convert_to_tensor(x)
    if not is_float(x.dtype):
        return x
    limits = np.finfo(x.dtype)
    infinity = convert_weak(math.inf, x.dtype)
    choices = (
        (_ops.is_nan(x), nan),
        (_ops.equal(x, infinity), float(limits.max) if posinf is None else posinf),
        (_ops.equal(x, _ops.negative(infinity)), float(limits.min) if neginf is None else neginf),
    )
    for condition, value in choices:
        x = _ops.where(condition, convert_weak(value, x.dtype), x)
    return x


@operation
def round(x: Any, decimals: int = 0) -> Any:
    """The nearest multiple of 10**-decimals, halves to even; ints stay ints."""
    x = convert_to_tensor(x)
    try:
        decimals = operator.index(decimals)
    except TypeError:
        raise TypeError(
            explain("round: `decimals` is not a whole number.", "an int", f"decimals={decimals!r}", "pass an int.")
        ) from None
    if not is_float(x.dtype):
        if decimals >= 0 or x.dtype == "bool":
            return x
        return _ops.cast(round(_ops.cast(x, dtype="float64"), decimals), dtype=x.dtype)
    if decimals == 0:
        return _ops.round(x)
    most = int(np.finfo(x.dtype).maxexp * math.log10(2.0))  # 10**most is a number of the dtype
    if decimals > most:
        return x
    scale = convert_weak(10.0 ** min(math.fabs(decimals), most), x.dtype)
    forth, back = (_ops.multiply, _ops.divide) if decimals > 0 else (_ops.divide, _ops.multiply)
    return back(_ops.round(forth(x, scale)), scale)


@operation
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where the condition holds, x2 elsewhere; without both, the indices where it holds, one tensor per axis.

    ValueError with one of the two alone, and for the indices of a symbolic tensor, whose number is not known.
    """
    if x1 is not None and x2 is not None:
        return _ops.where(convert_to_tensor(condition, "bool"), *to_common(x1, x2))
    if x1 is not None or x2 is not None or is_symbolic(condition):
        raise ValueError(
            explain(
                "where: a choice is missing.",
                "where(condition, x1, x2), or data as the only argument",
                "one choice alone" if not is_symbolic(condition) else "a symbolic condition alone",
                "pass both values.",
            )
        )
    return tuple(convert_to_tensor(i, "int32") for i in np.nonzero(convert_to_numpy(condition)))


def _is_bound(x: Any) -> bool:
    """Python numbers that a float64 holds exactly, as most bounds are."""
    return (
        isinstance(x, (int, float))
        and not isinstance(x, np.generic)
        and (isinstance(x, float) or -(2**53) <= x <= 2**53)
    )


@operation
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """x moved into [x_min, x_max]; None is no bound."""
    (x,) = to_numbers(x)
    if _is_bound(x_min) and _is_bound(x_max) and x_min <= x_max:
        dtype = result_type(x, x_min, x_max)
        return _ops.clip(convert_to_tensor(x, dtype), low=float(x_min), high=float(x_max))
    if x_min is not None:
        x = maximum(x, x_min)
    return x if x_max is None else minimum(x, x_max)


@operation
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether |x1 - x2| <= atol + rtol * |x2|."""
    a, b = to_floats(x1, x2)
    margin = _ops.add(_ops.multiply(_ops.absolute(b), convert_weak(rtol, b.dtype)), convert_weak(atol, b.dtype))
    near = _ops.logical_and(_ops.less_equal(_ops.absolute(_ops.subtract(a, b)), margin), _ops.is_finite(b))
    close = _ops.logical_or(near, _ops.equal(a, b))
    return _ops.logical_or(close, _ops.logical_and(_ops.is_nan(a), _ops.is_nan(b))) if equal_nan else close


@operation
def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all entries are close, as `isclose` says."""
    close = isclose(x1, x2, rtol, atol, equal_nan)
    return _ops.all(close, axes=list(range(close.ndim)), keepdims=False)
