"""Complex numbers: a complex tensor is another view of a real one whose last axis holds real and imaginary parts.

The engine only turns one view into the other; the arithmetic is made of real ops. Functions that are not listed here
(or in `ARITHMETIC`) take real tensors.

>>> import lamina
>>> lamina.ops.absolute(lamina.ops.view_as_complex([3.0, 4.0])).numpy().tolist()
5.0
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .. import _core
from ..checks import explain
from .convert import convert_to_tensor, convert_weak, is_complex, to_float
from .operation import operation

__all__ = ["angle", "conj", "conjugate", "imag", "polar", "real", "view_as_complex", "view_as_real"]

_ops = _core.ops


def parts(x: Any) -> tuple[Any, Any]:
    """The real and the imaginary part of a complex tensor."""
    pairs = _ops.view_as_real(x)
    dims, last = list(pairs.dims[:-1]), pairs.ndim - 1

    def part(i: int) -> Any:
        cut = _ops.slice(pairs, starts=[0] * last + [i], stops=[*dims, i + 1], strides=[1] * pairs.ndim)
        return _ops.reshape(cut, shape=dims)

    return part(0), part(1)


def joined(re: Any, im: Any) -> Any:
    """The complex tensor of both parts."""
    pairs = [_ops.reshape(part, shape=[*part.dims, 1]) for part in (re, im)]
    return _ops.view_as_complex(_ops.concatenate(*pairs, axis=re.ndim))


# ---- Arithmetic, on tensors of one complex dtype


def _each(run: Callable[..., Any]) -> Callable[..., Any]:
    """Ops that act on both parts alike."""
    return lambda *values: joined(*(run(*same) for same in zip(*map(parts, values))))


def _multiply(a: Any, b: Any, run: Callable[..., Any]) -> Any:
    (ar, ai), (br, bi) = parts(a), parts(b)
    return joined(_ops.subtract(run(ar, br), run(ai, bi)), _ops.add(run(ar, bi), run(ai, br)))


def _divide(a: Any, b: Any) -> Any:
    (ar, ai), (br, bi) = parts(a), parts(b)
    # Scaled by the larger part of b, so that its square neither overflows nor vanishes.
    size = _ops.stop_gradient(_ops.maximum(_ops.absolute(br), _ops.absolute(bi)))
    br, bi = _ops.divide(br, size), _ops.divide(bi, size)
    under = _ops.multiply(_ops.add(_ops.square(br), _ops.square(bi)), size)
    re = _ops.add(_ops.multiply(ar, br), _ops.multiply(ai, bi))
    im = _ops.subtract(_ops.multiply(ai, br), _ops.multiply(ar, bi))
    return joined(_ops.divide(re, under), _ops.divide(im, under))


def _absolute(x: Any) -> Any:
    re, im = parts(x)
    return _ops.sqrt(_ops.add(_ops.square(re), _ops.square(im)))


ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": _each(_ops.add),
    "subtract": _each(_ops.subtract),
    "negative": _each(_ops.negative),
    "multiply": lambda a, b: _multiply(a, b, _ops.multiply),
    "matmul": lambda a, b, **transposed: _multiply(a, b, functools.partial(_ops.matmul, **transposed)),
    "divide": _divide,
    "absolute": _absolute,
}


def with_complex(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    """The engine's op, or for complex tensors the arithmetic of that name, if there is one."""
    arithmetic = ARITHMETIC.get(name)
    if arithmetic is None:
        return run

    def choose(*tensors: Any, **attributes: Any) -> Any:
        return arithmetic(*tensors, **attributes) if is_complex(tensors[0].dtype) else run(*tensors, **attributes)

    return choose


# ---- Functions


@operation
def view_as_complex(x: Any) -> Any:
    """[..., 2] as complex numbers: the last axis holds the real and the imaginary part."""
    x = to_float(x)
    if x.ndim == 0 or x.shape[-1] not in (2, None):
        raise ValueError(
            explain(
                "view_as_complex: the last axis does not hold two parts.",
                "shape (..., 2): real and imaginary part",
                f"shape {x.shape}",
                "stack both parts along a new last axis.",
            )
        )
    return _ops.view_as_complex(x)


@operation
def view_as_real(x: Any) -> Any:
    """Complex numbers as [..., 2]: real and imaginary parts. TypeError for real x."""
    x = convert_to_tensor(x)
    if not is_complex(x.dtype):
        raise TypeError(explain("view_as_real: the input is real.", "complex numbers", x.dtype, "use it as it is."))
    return _ops.view_as_real(x)


@operation
def real(x: Any) -> Any:
    """The real part."""
    x = convert_to_tensor(x)
    return parts(x)[0] if is_complex(x.dtype) else x


@operation
def imag(x: Any) -> Any:
    """The imaginary part."""
    x = convert_to_tensor(x)
    return parts(x)[1] if is_complex(x.dtype) else _ops.fill(shape=list(x.dims), value=0, dtype=x.dtype)


@operation
def conjugate(x: Any) -> Any:
    """x with the imaginary part turned around."""
    x = convert_to_tensor(x)
    if not is_complex(x.dtype):
        return x
    re, im = parts(x)
    return joined(re, _ops.negative(im))


@operation
def conj(x: Any) -> Any:
    """x with the imaginary part turned around."""
    return conjugate(x)


@operation
def angle(x: Any) -> Any:
    """The angle of the point (real, imag) in [-pi, pi]."""
    x = convert_to_tensor(x)
    if is_complex(x.dtype):
        re, im = parts(x)
        return _ops.atan2(im, re)
    x = to_float(x)
    return _ops.atan2(convert_weak(0.0, x.dtype), x)


@operation
def polar(abs_: Any, angle: Any) -> Any:
    """The complex number at a distance and an angle: abs_ * exp(i angle)."""
    size, turn = to_float(abs_), to_float(angle)
    return joined(_ops.multiply(size, _ops.cos(turn)), _ops.multiply(size, _ops.sin(turn)))
