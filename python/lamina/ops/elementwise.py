"""Functions of one or two tensors, entry by entry, with NumPy's names and rules.

>>> import lamina
>>> lamina.ops.square([1.0, 3.0]).numpy().tolist()
[1.0, 9.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import _core
from ..checks import explain
from .complex import with_complex
from .convert import convert_to_tensor, convert_weak, is_float, result_type, to_common, to_float
from .operation import operation

__all__ = [
    "abs",
    "absolute",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "divide",
    "divide_no_nan",
    "equal",
    "erf",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "not_equal",
    "power",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "sin",
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


def _unary(name: str, doc: str, *, core: str | None = None, floats: bool = False) -> Callable[..., Any]:
    """The public function of one engine op; `floats` makes ints the default float dtype first."""
    run = with_complex(name, getattr(_ops, core or name))
    prepare = to_float if floats else convert_to_tensor

    def function(x: Any) -> Any:
        return run(prepare(x))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return operation(function)


def _binary(name: str, doc: str, *, core: str | None = None) -> Callable[..., Any]:
    run = with_complex(name, getattr(_ops, core or name))

    def function(x1: Any, x2: Any) -> Any:
        return run(*to_common(x1, x2))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return operation(function)


def _logical(name: str, doc: str) -> Callable[..., Any]:
    run = getattr(_ops, name)

    def function(x1: Any, x2: Any) -> Any:
        return run(convert_to_tensor(x1, "bool"), convert_to_tensor(x2, "bool"))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return operation(function)


absolute = _unary("absolute", "The value without its sign.")
abs = absolute
negative = _unary("negative", "-x.")
square = _unary("square", "x * x.")
sign = _unary("sign", "-1, 0 or 1.")
floor = _unary("floor", "The largest whole number that is not above x.", floats=True)
ceil = _unary("ceil", "The smallest whole number that is not below x.", floats=True)
trunc = _unary("trunc", "x without its fraction.", floats=True)
reciprocal = _unary("reciprocal", "1 / x.", floats=True)
sqrt = _unary("sqrt", "The square root.", floats=True)
rsqrt = _unary("rsqrt", "1 / sqrt(x).", floats=True)
exp = _unary("exp", "e to the power of x.", floats=True)
expm1 = _unary("expm1", "exp(x) - 1, exact near 0.", floats=True)
log = _unary("log", "The natural logarithm.", floats=True)
log1p = _unary("log1p", "log(1 + x), exact near 0.", floats=True)
sin = _unary("sin", "The sine.", floats=True)
cos = _unary("cos", "The cosine.", floats=True)
tan = _unary("tan", "The tangent.", floats=True)
arcsin = _unary("arcsin", "The inverse sine.", core="asin", floats=True)
arccos = _unary("arccos", "The inverse cosine.", core="acos", floats=True)
arctan = _unary("arctan", "The inverse tangent.", core="atan", floats=True)
sinh = _unary("sinh", "The hyperbolic sine.", floats=True)
cosh = _unary("cosh", "The hyperbolic cosine.", floats=True)
tanh = _unary("tanh", "The hyperbolic tangent.", floats=True)
arcsinh = _unary("arcsinh", "The inverse hyperbolic sine.", core="asinh", floats=True)
arccosh = _unary("arccosh", "The inverse hyperbolic cosine.", core="acosh", floats=True)
arctanh = _unary("arctanh", "The inverse hyperbolic tangent.", core="atanh", floats=True)
erf = _unary("erf", "The error function.", floats=True)
isfinite = _unary("isfinite", "Whether x is neither infinite nor NaN.", core="is_finite", floats=True)
isnan = _unary("isnan", "Whether x is NaN.", core="is_nan", floats=True)
isinf = _unary("isinf", "Whether x is infinite.", core="is_inf", floats=True)
add = _binary("add", "x1 + x2.")
subtract = _binary("subtract", "x1 - x2.")
multiply = _binary("multiply", "x1 * x2.")
maximum = _binary("maximum", "The larger of both, entry by entry.")
minimum = _binary("minimum", "The smaller of both, entry by entry.")
power = _binary("power", "x1 to the power of x2.")
floor_divide = _binary("floor_divide", "The quotient rounded down.")
mod = _binary("mod", "The remainder, with the sign of x2.")
equal = _binary("equal", "x1 == x2.")
not_equal = _binary("not_equal", "x1 != x2.")
less = _binary("less", "x1 < x2.")
less_equal = _binary("less_equal", "x1 <= x2.")
greater = _binary("greater", "x1 > x2.")
greater_equal = _binary("greater_equal", "x1 >= x2.")
logical_and = _logical("logical_and", "Whether both are true.")
logical_or = _logical("logical_or", "Whether one of both is true.")
logical_xor = _logical("logical_xor", "Whether exactly one of both is true.")


@operation
def logical_not(x: Any) -> Any:
    """Whether x is false."""
    return _ops.logical_not(convert_to_tensor(x, "bool"))


_divide = with_complex("divide", _ops.divide)


@operation
def divide(x1: Any, x2: Any) -> Any:
    """x1 / x2; ints become floats first."""
    a, b = to_common(x1, x2)
    return _divide(to_float(a), to_float(b))


@operation
def true_divide(x1: Any, x2: Any) -> Any:
    """x1 / x2; ints become floats first."""
    return divide(x1, x2)


@operation
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """x1 / x2, and 0 where x2 is 0."""
    a, b = map(to_float, to_common(x1, x2))
    zero = convert_weak(0.0, b.dtype)
    by_zero = _ops.equal(b, zero)
    safe = _ops.where(by_zero, convert_weak(1.0, b.dtype), b)
    return _ops.where(by_zero, zero, _ops.divide(a, safe))


@operation
def arctan2(x1: Any, x2: Any) -> Any:
    """The angle of the point (x2, x1)."""
    return _ops.atan2(*map(to_float, to_common(x1, x2)))


@operation
def log2(x: Any) -> Any:
    """The logarithm to base 2."""
    x = to_float(x)
    return _ops.multiply(_ops.log(x), convert_weak(1.0 / math.log(2.0), x.dtype))


@operation
def log10(x: Any) -> Any:
    """The logarithm to base 10."""
    x = to_float(x)
    return _ops.multiply(_ops.log(x), convert_weak(1.0 / math.log(10.0), x.dtype))


@operation
def logaddexp(x1: Any, x2: Any) -> Any:
    """log(exp(x1) + exp(x2)) without overflow."""
    a, b = map(to_float, to_common(x1, x2))
    return _ops.add(_ops.maximum(a, b), _ops.log1p(_ops.exp(_ops.negative(_ops.absolute(_ops.subtract(a, b))))))


@operation
def round(x: Any, decimals: int = 0) -> Any:
    """The nearest multiple of 10**-decimals, halves to even."""
    x = convert_to_tensor(x)
    if not is_float(x.dtype) and decimals >= 0:
        return x
    if decimals == 0:
        return _ops.round(x)
    scale = convert_weak(10.0**decimals, x.dtype)
    return _ops.divide(_ops.round(_ops.multiply(x, scale)), scale)


@operation
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where the condition holds, x2 elsewhere. ValueError without x1 and x2."""
    if x1 is None or x2 is None:
        raise ValueError(
            explain(
                "where: a choice is missing.", "where(condition, x1, x2)", "the condition alone", "pass both values."
            )
        )
    return _ops.where(convert_to_tensor(condition, "bool"), *to_common(x1, x2))


@operation
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """x moved into [x_min, x_max]."""
    x = convert_to_tensor(x)
    if isinstance(x_min, (int, float)) and isinstance(x_max, (int, float)):
        dtype = result_type(x, x_min, x_max)
        return _ops.clip(convert_to_tensor(x, dtype), low=float(x_min), high=float(x_max))
    return minimum(maximum(x, x_min), x_max)


@operation
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether |x1 - x2| <= atol + rtol * |x2|."""
    a, b = map(to_float, to_common(x1, x2))
    close = less_equal(absolute(a - b), atol + rtol * absolute(b)) & isfinite(b)
    close = close | equal(a, b)
    return close | (isnan(a) & isnan(b)) if equal_nan else close
