"""Sizes that are not known yet, as JSON and back."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from .. import _core
from ..checks import explain

Dim = _core.Dim

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "floor_divide": operator.floordiv,
    "ceil_divide": lambda a, b: _dim(a).ceil_divide(b),
    "minimum": lambda a, b: _dim(a).minimum(b),
    "maximum": lambda a, b: _dim(a).maximum(b),
}


def _dim(size: Any) -> Any:
    return size if isinstance(size, Dim) else Dim(size)


def size_to_config(size: Any) -> Any:
    """A number, the name of a symbol, or [operation, left, right]."""
    if not isinstance(size, Dim):
        return size
    if size.parts is None:
        return size.name
    name, left, right = size.parts
    return [name, size_to_config(left), size_to_config(right)]


def size_from_config(config: Any) -> Any:
    """The size that `size_to_config` described. ValueError for anything else."""
    if isinstance(config, int):
        return config
    if isinstance(config, str):
        return Dim(config)
    if isinstance(config, (list, tuple)) and len(config) == 3 and config[0] in _OPERATIONS:
        return _OPERATIONS[config[0]](size_from_config(config[1]), size_from_config(config[2]))
    raise ValueError(
        explain(
            "A size in a file cannot be read.",
            f"a number, a name, or [operation, left, right] with one of {', '.join(_OPERATIONS)}",
            repr(config),
            "use an intact file.",
        )
    )


def holds_size(value: Any) -> bool:
    """Whether `value` is, or is a slice between, sizes that are not known yet."""
    if isinstance(value, slice):
        return any(isinstance(part, Dim) for part in (value.start, value.stop, value.step))
    return isinstance(value, Dim)


def substitute_sizes(value: Any, sizes: dict[str, Any]) -> Any:
    """`value`, if it is a size or a slice between sizes, with other sizes in place of its parts."""
    if isinstance(value, Dim):
        return value.substitute(sizes)
    if isinstance(value, slice):
        return slice(*(substitute_sizes(part, sizes) for part in (value.start, value.stop, value.step)))
    return value


def match_sizes(dims: Any, others: Any) -> dict[str, Any]:
    """What the unknown sizes in one list of shapes are in another, by their text."""
    return {
        repr(dim): size for shape, other in zip(dims, others) for dim, size in zip(shape, other) if isinstance(dim, Dim)
    }
