"""NumPy's functions on tensors: `np.square(x)` is `lamina.ops.square(x)`, so it also works on symbolic tensors.

What lamina.ops has not, or not with these arguments, NumPy computes from the numbers of the tensors.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from .. import _core, tree
from ..checks import explain
from . import numpy as functions

# Functions of NumPy with another name here; None where NumPy's own is wanted, which makes an array one can write to.
_NAMES = {
    "around": "round",
    "astype": None,
    "copy": None,
    "degrees": "rad2deg",
    "fix": "trunc",
    "float_power": None,
    "invert": "bitwise_not",
    "positive": "copy",
    "radians": "deg2rad",
    "remainder": "mod",
    "rint": "round",
}


def _counterpart(function: Any) -> Callable[..., Any] | None:
    """The function of lamina.ops that means the same as NumPy's."""
    module = getattr(function, "__module__", None) or "numpy"
    space = functions if module == "numpy" else None
    if module == "numpy.linalg":
        space = getattr(sys.modules[__package__], "linalg", None)
    name = _NAMES.get(function.__name__, function.__name__)
    return getattr(space, name, None) if space is not None and name and not name.startswith("_") else None


def _fits(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> bool:
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _tensor(x: Any) -> Any:
    """The tensor of a variable; others as they are."""
    return x.value if isinstance(getattr(x, "core", None), _core.Variable) else x


def _numbers(name: str, nest: Any) -> Any:
    """The nest with the arrays of its tensors. TypeError for symbolic ones."""

    def array(x: Any) -> Any:
        x = _tensor(x)
        if not isinstance(x, _core.Tensor):
            return x
        if x.is_symbolic:
            raise TypeError(
                explain(
                    f"numpy.{name} cannot compute with a symbolic tensor, which has no numbers yet.",
                    "functions and arguments that lamina.ops has as well",
                    f"numpy.{name} of a symbolic tensor of shape {x.shape}",
                    "compose it of functions of lamina.ops.",
                )
            )
        return x.numpy()

    return tree.map_structure(array, nest)


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """`numpy.add(tensor, ...)` and its like."""
    if method == "__call__" and not kwargs:
        if ufunc.__name__ == "divmod":
            return functions.floor_divide(*inputs), functions.mod(*inputs)
        function = _counterpart(ufunc)
        if function is not None:
            return function(*inputs)
    return getattr(ufunc, method)(*_numbers(ufunc.__name__, inputs), **_numbers(ufunc.__name__, kwargs))


def array_function(self: Any, function: Any, types: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """`numpy.concatenate([tensor, ...])` and its like."""
    ours = _counterpart(function)
    if ours is not None and _fits(ours, args, kwargs):
        return ours(*args, **kwargs)
    name = function.__name__
    return function(*_numbers(name, list(args)), **_numbers(name, kwargs))
