"""Tensors joined side by side or on top of each other, and taken apart again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from .. import _core
from ..checks import explain
from .convert import convert_to_tensor, normalize_axis, to_common
from .indexing import index
from .operation import operation
from .shapes import join, split
from .sizes import is_list, smaller, to_size

__all__ = ["append", "array_split", "column_stack", "dsplit", "dstack", "hsplit", "hstack", "vsplit", "vstack"]

_ops = _core.ops


@operation
def append(x1: Any, x2: Any, axis: Any = None) -> Any:
    """x2 after x1 along `axis`; for None all entries of both in one axis."""
    a, b = to_common(x1, x2)
    if axis is None:
        a, b, axis = _ops.reshape(a, shape=[-1]), _ops.reshape(b, shape=[-1]), 0
    return join("append", [a, b], axis)


def _stack(name: str, doc: str, grow: Callable[[Any], list[Any]], axis: Callable[[int], int]) -> Callable[..., Any]:
    """A function that gives each tensor the shape `grow(x)` and joins them along `axis(rank)`."""

    def function(xs: Any) -> Any:
        if isinstance(xs, (list, tuple)) and not xs:
            raise ValueError(
                explain(f"{name}: nothing to join.", "one or more tensors", repr(xs), "pass a list of tensors.")
            )
        grown = [_ops.reshape(x, shape=grow(x)) for x in to_common(*xs)]
        return join(name, grown, axis(grown[0].ndim))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return operation(function)


def _rows(x: Any) -> list[Any]:
    return [1] * (2 - x.ndim) + list(x.dims)


def _depths(x: Any) -> list[Any]:
    return [*_rows(x), 1] if x.ndim < 3 else list(x.dims)


def _columns(x: Any) -> list[Any]:
    return [*([1] * (1 - x.ndim)), *x.dims, 1] if x.ndim < 2 else list(x.dims)


column_stack = _stack("column_stack", "Joined along axis 1; vectors become columns.", _columns, lambda rank: 1)
hstack = _stack(
    "hstack",
    "Joined along axis 1 (vectors along axis 0).",
    lambda x: list(x.dims) or [1],
    lambda rank: min(rank, 2) - 1,
)
vstack = _stack("vstack", "Joined along axis 0; vectors become rows.", _rows, lambda rank: 0)
dstack = _stack("dstack", "Joined along axis 2, which vectors and matrices get first.", _depths, lambda rank: 2)


@operation
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """The parts of x along an axis: so many of about the same size (the first ones larger), or cut at given places."""
    if is_list(indices_or_sections):
        return split(x, indices_or_sections, axis=axis)
    x = convert_to_tensor(x)
    place = normalize_axis(axis, x.ndim, "array_split")
    count = to_size("array_split", "indices_or_sections", indices_or_sections, minimum=1)
    size = x.dims[place]
    small, larger_ones = size // count, size % count
    bounds = [i * small + smaller(larger_ones, i) for i in range(count)] + [size]
    return [index(x, (*[slice(None)] * place, slice(a, b))) for a, b in itertools.pairwise(bounds)]


def _split(name: str, doc: str, axis: Callable[[int], int], rank: int) -> Callable[..., Any]:
    def function(x: Any, indices_or_sections: Any) -> Any:
        x = convert_to_tensor(x)
        if x.ndim < rank:
            raise ValueError(
                explain(
                    f"{name}: the tensor has too few axes.",
                    f"rank {rank} or more",
                    f"shape {x.shape}",
                    "use split with another axis.",
                )
            )
        return split(x, indices_or_sections, axis=axis(x.ndim))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return operation(function)


hsplit = _split("hsplit", "`split` along axis 1 (axis 0 of vectors).", lambda rank: min(rank, 2) - 1, 1)
vsplit = _split("vsplit", "`split` along axis 0 of tensors of rank 2 or more.", lambda rank: 0, 2)
dsplit = _split("dsplit", "`split` along axis 2.", lambda rank: 2, 3)
