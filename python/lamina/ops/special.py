"""Special functions, with the names of keras.ops.

>>> import lamina
>>> round(float(lamina.ops.erfinv(lamina.ops.erf(0.5))), 6)
0.5
"""

from __future__ import annotations

from .elementwise import _binary, _unary, erf, rsqrt, to_floats

__all__ = ["erf", "erfc", "erfinv", "gammainc", "rsqrt"]

erfc = _unary("erfc", "1 - erf(x), exact in the tail.")
erfinv = _unary("erfinv", "The x with erf(x) = y: infinite at -1 and 1, NaN beyond.")
gammainc = _binary(
    "gammainc",
    "The regularized lower incomplete gamma function P(x1, x2); NaN where either is negative.\n\n"
    "    Its gradient by x1 is found by the derivative of the same series, and has no gradient by x1 itself.",
    prepare=to_floats,
)
