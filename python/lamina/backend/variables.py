"""Variables and their values, constants, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core, config, ops, tree
from ..autodiff import gradients as _gradients
from ..autodiff import tape_is_open
from ..checks import explain
from ..variables import Variable

__all__ = [
    "batch_get_value",
    "batch_set_value",
    "constant",
    "eval",
    "eye",
    "get_value",
    "gradients",
    "moving_average_update",
    "ones",
    "ones_like",
    "set_value",
    "update",
    "update_add",
    "update_sub",
    "variable",
    "zeros",
    "zeros_like",
]


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Variable:
    """A variable of the default dtype unless told otherwise; sparse SciPy matrices become dense."""
    value = value.toarray() if hasattr(value, "tocoo") else value
    return Variable(value, dtype=config.standardize_dtype(dtype), name=name, constraint=constraint)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor of these numbers, repeated to fill `shape` if given."""
    value = ops.convert_to_tensor(value, config.standardize_dtype(dtype))
    if shape is None:
        return value
    entries = value.shape == () or (None not in value.shape and int(np.prod(value.shape)) == int(np.prod(shape)))
    return ops.reshape(value, shape) if entries and value.ndim else ops.broadcast_to(value, shape)


def _made(tensor: Any, dtype: Any, name: str | None) -> Any:
    """A variable, as Keras 2 made it; within a traced function, or for an unknown size, the tensor."""
    return tensor if tensor.is_symbolic or _core.Trace.active() else variable(tensor, dtype, name)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable of zeros (within `call` of a layer a tensor)."""
    return _made(ops.zeros(shape, dtype=dtype), dtype, name)


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable of ones (within `call` of a layer a tensor)."""
    return _made(ops.ones(shape, dtype=dtype), dtype, name)


def eye(size: int, dtype: Any = None, name: str | None = None) -> Any:
    """A variable that holds the identity matrix (within `call` of a layer a tensor)."""
    return _made(ops.eye(size, dtype=dtype), dtype, name)


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Zeros in the shape of x."""
    return ops.zeros_like(x, dtype=dtype)


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Ones in the shape of x."""
    return ops.ones_like(x, dtype=dtype)


def get_value(x: Any) -> Any:
    """The numbers of a tensor or variable as an array; anything else as it is. ValueError for symbolic tensors."""
    if not isinstance(x, (_core.Tensor, Variable)):
        return x
    tensor = ops.convert_to_tensor(x)
    if tensor.is_symbolic:
        raise ValueError(
            explain(
                "get_value: the tensor has no numbers.",
                "a tensor that was computed from data, or a variable outside of a traced function",
                f"a symbolic tensor of shape {tensor.shape}",
                "make a Model from its inputs to it and call `predict`.",
            )
        )
    return np.array(tensor.numpy())


eval = get_value


def batch_get_value(tensors: Any) -> list[Any]:
    """The numbers of several tensors or variables."""
    return [get_value(x) for x in tensors]


def set_value(x: Variable, value: Any) -> None:
    """Sets the numbers of a variable."""
    x.assign(value)


def batch_set_value(tuples: Any) -> None:
    """Sets several variables, from pairs (variable, numbers)."""
    for x, value in tuples:
        set_value(x, value)


def update(x: Variable, new_x: Any) -> Any:
    """Sets a variable; gives its new value."""
    return x.assign(new_x)


def update_add(x: Variable, increment: Any) -> Any:
    """Adds to a variable; gives its new value."""
    return x.assign_add(increment)


def update_sub(x: Variable, decrement: Any) -> Any:
    """Subtracts from a variable; gives its new value."""
    return x.assign_sub(decrement)


def moving_average_update(x: Variable, value: Any, momentum: Any) -> Any:
    """x = momentum * x + (1 - momentum) * value; gives the new value."""
    difference = ops.subtract(x, ops.cast(value, x.dtype))
    return x.assign_sub(ops.multiply(difference, ops.cast(ops.subtract(1.0, momentum), x.dtype)))


def gradients(loss: Any, variables: Any) -> list[Any]:
    """The gradients of the sum of `loss` with respect to tensors or variables; None where nothing leads to them.

    Within a traced function, such as `train_step` and `call`, they are always known; on data only what was computed
    under an open `GradientTape` has gradients. RuntimeError for other data.
    """
    targets, sources = tree.flatten(loss), tree.flatten(variables)
    if not tape_is_open() and not any(ops.convert_to_tensor(t).is_symbolic for t in targets):
        raise RuntimeError(
            explain(
                "gradients: how the loss was computed is not known.",
                "a symbolic loss, or one computed under an open GradientTape",
                "numbers",
                "write `with lamina.GradientTape() as tape:` around the computation, and ask tape.gradient.",
            )
        )
    return _gradients(targets, sources)
