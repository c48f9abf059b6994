"""Functions of `lamina.ops` under the names, and with the parameters, that they have in Keras 2."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .. import ops

_REDUCTION: dict[str, Any] = {"axis": None, "keepdims": False}

# name: the function of lamina.ops that takes its parameters in the same order, parameters, defaults of the last ones
_RENAMED: dict[str, tuple[str, str, dict[str, Any]]] = {
    **{name: (name, "x", {}) for name in ("cos", "exp", "log", "round", "sigmoid", "sign", "sin", "square", "tanh")},
    **{name: (name, "x", {}) for name in ("softplus", "softsign", "transpose")},
    **{name: (name, "x y", {}) for name in ("dot", "equal", "greater", "greater_equal", "less", "less_equal")},
    **{name: (name, "x y", {}) for name in ("maximum", "minimum", "not_equal")},
    **{name: (name, "x axis keepdims", _REDUCTION) for name in ("max", "min", "prod", "sum")},
    "abs": ("absolute", "x", {}),
    "cast": ("cast", "x dtype", {}),
    "cumprod": ("cumprod", "x axis", {"axis": 0}),
    "cumsum": ("cumsum", "x axis", {"axis": 0}),
    "dtype": ("dtype", "x", {}),
    "elu": ("elu", "x alpha", {"alpha": 1.0}),
    "expand_dims": ("expand_dims", "x axis", {"axis": -1}),
    "flatten": ("ravel", "x", {}),
    "ndim": ("ndim", "x", {}),
    "one_hot": ("one_hot", "indices num_classes", {}),
    "permute_dimensions": ("transpose", "x pattern", {}),
    "pow": ("power", "x a", {}),
    "repeat_elements": ("repeat", "x rep axis", {}),
    "reshape": ("reshape", "x shape", {}),
    "reverse": ("flip", "x axes", {}),
    "shape": ("shape", "x", {}),
    "squeeze": ("squeeze", "x axis", {}),
    "stack": ("stack", "x axis", {"axis": 0}),
}


def _renamed(name: str, of: str, parameters: str, defaults: dict[str, Any]) -> Callable[..., Any]:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature(
        [
            inspect.Parameter(parameter, kind, default=defaults.get(parameter, inspect.Parameter.empty))
            for parameter in parameters.split()
        ]
    )

    def function(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return getattr(ops, of)(*bound.args)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`lamina.ops.{of}`."
    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


globals().update({name: _renamed(name, *row) for name, row in _RENAMED.items()})

__all__ = list(_RENAMED)
