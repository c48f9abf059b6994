"""Functions of the graph itself: casts, shapes, conversions, and what gradients see."""

from __future__ import annotations

from typing import Any

from .. import _core, config, tree
from ..checks import explain
from .convert import convert_to_tensor, is_symbolic
from .elementwise import where
from .operation import operation
from .shapes import unstack

__all__ = ["cast", "cond", "dtype", "is_tensor", "ndim", "shape", "size", "stop_gradient", "unstack"]

_ops = _core.ops


@operation
def cast(x: Any, dtype: Any) -> Any:
    """x in another dtype; floats lose their fraction when they become ints."""
    return convert_to_tensor(x, config.standardize_dtype(dtype))


@operation
def stop_gradient(variable: Any) -> Any:
    """The same numbers, through which no gradient flows."""
    return _ops.stop_gradient(convert_to_tensor(variable))


def shape(x: Any) -> tuple[Any, ...]:
    """The sizes of x: ints, and for sizes known only at run time expressions that other shape arguments take.

    >>> import numpy as np, lamina
    >>> lamina.ops.shape(np.zeros((2, 3)))
    (2, 3)
    """
    return tuple(convert_to_tensor(x).dims)


def size(x: Any) -> Any:
    """The number of entries."""
    total: Any = 1
    for n in shape(x):
        total = n * total
    return total


def ndim(x: Any) -> int:
    """The number of axes."""
    return convert_to_tensor(x).ndim


def dtype(x: Any) -> str:
    """The name of the dtype."""
    return convert_to_tensor(x).dtype


def is_tensor(x: Any) -> bool:
    """True for tensors that hold numbers."""
    return isinstance(x, _core.Tensor) and not x.is_symbolic


def cond(pred: Any, true_fn: Any, false_fn: Any) -> Any:
    """`true_fn()` if pred holds, else `false_fn()`. With a traced `pred` both run and the results are chosen from.

    ValueError when the two give different structures.
    """
    if isinstance(pred, bool) or not is_symbolic(convert_to_tensor(pred)):
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
