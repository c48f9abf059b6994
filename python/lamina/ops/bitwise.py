"""Functions of the bits of whole numbers, and of their divisors, with NumPy's names and rules.

>>> import lamina
>>> lamina.ops.bitwise_and([6, 5], 3).numpy().tolist()
[2, 1]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core, config
from ..checks import explain
from .convert import convert_to_tensor, is_float, to_common
from .operation import operation

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "gcd",
    "lcm",
    "left_shift",
    "right_shift",
    "view",
]

_ops = _core.ops
_BYTES = {"bool": 1, "uint8": 1, "float16": 2, "bfloat16": 2, "int32": 4, "int64": 8, "float32": 4, "float64": 8}


def _integers(name: str, *values: Any, bools: bool = True) -> list[Any]:
    """The values as tensors of their common dtype. TypeError for floats (and bools, if not wanted)."""
    tensors = to_common(*values)
    dtype = tensors[0].dtype
    if is_float(dtype) or (dtype == "bool" and not bools):
        raise TypeError(
            explain(
                f"{name}: the numbers have no bits of this kind.",
                "tensors of ints or bools" if bools else "tensors of ints",
                f"dtype {dtype}",
                "cast them to int32 first; for truth use the logical functions.",
            )
        )
    return tensors


def _bitwise(name: str, doc: str, core: str, of_bools: str | None = None) -> Callable[..., Any]:
    """The public function of an engine op on ints; bools have an op of their own, or count as int32."""

    def function(x: Any, y: Any) -> Any:
        a, b = _integers(name, x, y)
        if a.dtype == "bool":
            if of_bools:
                return getattr(_ops, of_bools)(a, b)
            a, b = (_ops.cast(t, dtype="int32") for t in (a, b))
        return getattr(_ops, core)(a, b)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return operation(function)


_LEFT = "x times 2**y, without what leaves the dtype; 0 when y is negative or all bits."
_RIGHT = "x divided by 2**y and rounded down; 0 or -1 when y is negative or all bits."

bitwise_and = _bitwise("bitwise_and", "The bits that both have.", "bitwise_and", "logical_and")
bitwise_or = _bitwise("bitwise_or", "The bits that one of both has.", "bitwise_or", "logical_or")
bitwise_xor = _bitwise("bitwise_xor", "The bits that exactly one of both has.", "bitwise_xor", "logical_xor")
bitwise_left_shift = _bitwise("bitwise_left_shift", _LEFT, "left_shift")
bitwise_right_shift = _bitwise("bitwise_right_shift", _RIGHT, "right_shift")
left_shift = _bitwise("left_shift", _LEFT, "left_shift")
right_shift = _bitwise("right_shift", _RIGHT, "right_shift")


@operation
def bitwise_invert(x: Any) -> Any:
    """The bits that x does not have."""
    (x,) = _integers("bitwise_invert", x)
    if x.dtype == "bool":
        return _ops.logical_not(x)
    return _ops.bitwise_xor(x, convert_to_tensor(255 if x.dtype == "uint8" else -1, x.dtype))


@operation
def bitwise_not(x: Any) -> Any:
    """The bits that x does not have."""
    return bitwise_invert(x)


@operation
def gcd(x1: Any, x2: Any) -> Any:
    """The greatest common divisor; 0 of zeros."""
    return _ops.gcd(*_integers("gcd", x1, x2, bools=False))


@operation
def lcm(x1: Any, x2: Any) -> Any:
    """The least common multiple; 0 if either is 0."""
    return _ops.lcm(*_integers("lcm", x1, x2, bools=False))


@operation
def view(x: Any, dtype: Any = None) -> Any:
    """The same bytes as numbers of another dtype; the last axis grows or shrinks with their size.

    ValueError when its bytes do not divide into such numbers.
    """
    x = convert_to_tensor(x)
    if dtype is None:
        return x
    dtype = config.standardize_dtype(dtype)
    old, new = _BYTES[x.dtype], _BYTES[dtype]
    last = x.shape[-1] if x.ndim else None
    if (old != new and not x.ndim) or (last is not None and last * old % new):
        raise ValueError(
            explain(
                f"view: the last axis does not divide into numbers of dtype {dtype}.",
                f"a last axis of a multiple of {new} bytes",
                f"dtype {x.dtype} and shape {x.shape}",
                "reshape or pad the tensor first, or use cast to convert the numbers.",
            )
        )
    return _ops.bitcast(x, dtype=dtype)
