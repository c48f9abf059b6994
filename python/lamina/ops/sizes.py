"""Sizes and counts as users give them: ints, sizes that are not known yet, or scalar tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _core
from ..checks import explain
from .convert import convert_to_tensor

Dim = _core.Dim
_ops = _core.ops


def to_size(owner: str, name: str, value: Any, minimum: int | None = 0) -> Any:
    """`value` as an int or a `Dim`. TypeError for fractions and traced tensors, ValueError below `minimum`."""
    if isinstance(value, Dim):
        return value
    if isinstance(value, _core.Tensor) and value.is_symbolic:
        raise TypeError(
            explain(
                f"{owner}: `{name}` is a number that is not known before the data comes.",
                "an integer, or arithmetic on the sizes that ops.shape gives",
                f"{name}={value!r}",
                "compute it from ops.shape(x), not from the entries of a tensor.",
            )
        )
    try:
        array = np.asarray(value)
        size = int(array.reshape(()))
        whole = array.dtype.kind in "iu" or (array.dtype.kind == "b" and minimum is None)
    except (TypeError, ValueError):
        whole = False
    if not whole:
        raise TypeError(
            explain(
                f"{owner}: `{name}` is not a whole number.",
                "an integer, or a size from ops.shape",
                f"{name}={value!r}",
                "round it first, e.g. with int().",
            )
        )
    if minimum is not None and size < minimum:
        raise ValueError(
            explain(
                f"{owner}: `{name}` is too small.",
                f"an integer of at least {minimum}",
                f"{name}={size}",
                f"pass a larger `{name}`.",
            )
        )
    return size


def is_whole(dtype: str) -> bool:
    """Whether tensors of this dtype hold bools or whole numbers."""
    return dtype == "bool" or "int" in dtype


def is_list(value: Any) -> bool:
    """Whether `value` has several numbers: a list, or a tensor or array with axes."""
    return isinstance(value, (list, tuple)) or bool(getattr(value, "ndim", 0))


def product(sizes: Any) -> Any:
    """The product of sizes, an int where all are."""
    return math.prod(sizes)


def smaller(a: Any, b: Any) -> Any:
    """The smaller of two sizes."""
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else _dim(a).minimum(b)


def larger(a: Any, b: Any) -> Any:
    """The larger of two sizes."""
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else _dim(a).maximum(b)


def _dim(size: Any) -> Any:
    return size if isinstance(size, Dim) else Dim(size)


def steps(size: Any, dtype: str = "int64") -> Any:
    """0, 1, ... below `size`."""
    return _ops.arange(size=size, start=0, step=1, dtype=dtype)


def scalar(size: Any, dtype: str = "int64") -> Any:
    """A size as a tensor."""
    if isinstance(size, int):
        return _core.Tensor(np.asarray(size, dtype=dtype))
    return convert_to_tensor(size, dtype)
