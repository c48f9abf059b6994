"""Windows of signal processing, as vectors of x entries between -1 and 1, the middle being 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import _core, config
from .convert import convert_to_tensor, convert_weak
from .operation import operation
from .sizes import larger, scalar, steps, to_size

__all__ = ["bartlett", "blackman", "hamming", "hanning", "kaiser"]

_ops = _core.ops


def _positions(owner: str, x: Any) -> Any:
    """From -1 to 1 in equal steps; 0 for a single one."""
    size = to_size(owner, "x", x, minimum=None)
    size = larger(size, 0)
    last = _ops.subtract(scalar(size, "float64"), _number(1))
    double = _ops.multiply(steps(size, "float64"), _number(2))
    return _ops.divide(_ops.subtract(double, last), _ops.maximum(last, _number(1)))


def _number(value: float) -> Any:
    return convert_weak(float(value), "float64")


def _cosines(*weights: float) -> Callable[[Any], Any]:
    """weights[0] + weights[1] cos(pi t) + weights[2] cos(2 pi t) ..."""

    def window(t: Any) -> Any:
        total = _ops.add(_ops.multiply(t, _number(0)), _number(weights[0]))
        for i, weight in enumerate(weights[1:], start=1):
            total = _ops.add(total, _ops.multiply(_ops.cos(_ops.multiply(t, _number(math.pi * i))), _number(weight)))
        return total

    return window


def _triangle(t: Any) -> Any:
    return _ops.subtract(_number(1), _ops.absolute(t))


def _window(name: str, doc: str, values: Callable[[Any], Any]) -> Callable[..., Any]:
    def function(x: Any) -> Any:
        return convert_to_tensor(values(_positions(name, x)), config.floatx())

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return operation(function)


bartlett = _window("bartlett", "Bartlett's triangle of x entries.", _triangle)
hanning = _window("hanning", "Von Hann's raised cosine of x entries.", _cosines(0.5, 0.5))
hamming = _window("hamming", "Hamming's raised cosine of x entries.", _cosines(0.54, 0.46))
blackman = _window("blackman", "Blackman's sum of cosines of x entries.", _cosines(0.42, 0.5, 0.08))


@operation
def kaiser(x: Any, beta: Any) -> Any:
    """Kaiser's window of x entries: i0(beta sqrt(1 - t^2)) / i0(beta), narrower for larger `beta`."""
    t = _positions("kaiser", x)
    beta = convert_to_tensor(beta, "float64")
    inside = _ops.maximum(_ops.subtract(_number(1), _ops.square(t)), _number(0))
    values = _ops.divide(_ops.bessel_i0(_ops.multiply(beta, _ops.sqrt(inside))), _ops.bessel_i0(beta))
    return convert_to_tensor(values, config.floatx())
