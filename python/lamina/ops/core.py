"""Functions of the graph itself: casts, shapes, conversions, and what gradients see."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .. import _core, config, tree
from ..checks import explain
from . import convert
from .convert import convert_to_numpy, is_float, is_symbolic
from .elementwise import clip, where
from .operation import operation
from .shapes import unstack

__all__ = [
    "cast",
    "cond",
    "convert_to_numpy",
    "convert_to_tensor",
    "dtype",
    "is_tensor",
    "ndim",
    "saturate_cast",
    "shape",
    "size",
    "stop_gradient",
    "unstack",
]

_ops = _core.ops


_convert = operation(convert.convert_to_tensor)


@functools.wraps(convert.convert_to_tensor)
def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """`x` as a tensor, cast to `dtype` if given."""
    if is_symbolic(x) and (dtype is None or x.dtype == dtype):
        return x  # not a node of the graph
    return _convert(x, dtype, sparse, ragged)


@operation
def cast(x: Any, dtype: Any) -> Any:
    """x in another dtype; floats lose their fraction when they become ints."""
    return convert.convert_to_tensor(x, config.standardize_dtype(dtype))


@operation
def saturate_cast(x: Any, dtype: Any) -> Any:
    """x in another dtype; numbers beyond its range, infinities included, become its nearest end."""
    x, name = convert.convert_to_tensor(x), config.standardize_dtype(dtype)
    if name == "bool":
        x = clip(x, 0, 1)
    elif is_float(x.dtype) and is_float(name):
        limits = np.finfo(name)
        x = _ops.clip(x, low=float(limits.min), high=float(limits.max))
    elif not is_float(name) and x.dtype in ("int32", "int64"):  # floats saturate by themselves
        ends = np.iinfo(name)
        x = _ops.clip(x, low=float(ends.min), high=float(ends.max))
    return convert.convert_to_tensor(x, name)


@operation
def stop_gradient(variable: Any) -> Any:
    """The same numbers, through which no gradient flows."""
    return _ops.stop_gradient(convert.convert_to_tensor(variable))


def shape(x: Any) -> tuple[Any, ...]:
    """The sizes of x: ints, and for sizes known only at run time expressions that other shape arguments take.

    >>> import numpy as np, lamina
    >>> lamina.ops.shape(np.zeros((2, 3)))
    (2, 3)
    """
    return tuple(convert.convert_to_tensor(x).dims)


def size(x: Any) -> Any:
    """The number of entries."""
    total: Any = 1
    for n in shape(x):
        total = n * total
    return total


def ndim(x: Any) -> int:
    """The number of axes."""
    return convert.convert_to_tensor(x).ndim


def dtype(x: Any) -> str:
    """The name of the dtype."""
    return convert.convert_to_tensor(x).dtype


def is_tensor(x: Any) -> bool:
    """True for tensors that hold numbers."""
    return isinstance(x, _core.Tensor) and not x.is_symbolic


def cond(pred: Any, true_fn: Any, false_fn: Any) -> Any:
    """`true_fn()` if pred holds, else `false_fn()`. With a traced `pred` both run and the results are chosen from.

    ValueError when the two give different structures.
    """
    if isinstance(pred, bool) or not is_symbolic(convert.convert_to_tensor(pred)):
        return true_fn() if bool(pred) else false_fn()
    yes, no = true_fn(), false_fn()
    if not tree.same_structure(yes, no):
        raise ValueError(
            explain(
                "cond: the two functions return different structures.",
                "the same lists, keys and numbers of results",
                f"{tree.map_structure(lambda _: '*', yes)} and {tree.map_structure(lambda _: '*', no)}",
                "return the same structure from both.",
            )
        )
    return tree.map_structure(lambda a, b: where(pred, a, b), yes, no)
