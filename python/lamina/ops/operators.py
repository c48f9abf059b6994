"""Attaches the Python operators to tensors and variables: each calls the function of `lamina.ops` of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import _core
from ..checks import explain
from . import numpy as functions
from . import shapes
from .numpy_protocol import array_function, array_ufunc
from .untraceable import no_numbers, untraceable

Tensor = _core.Tensor


def _operand(x: Any) -> bool:
    return isinstance(
        x, (Tensor, bool, int, float, complex, np.ndarray, np.generic, list, tuple, _core.Dim)
    ) or hasattr(x, "core")


def _binary(function: Callable[..., Any], reverse: bool = False) -> Callable[..., Any]:
    def operator(self: Any, other: Any) -> Any:
        if not _operand(other):
            return NotImplemented
        return function(other, self) if reverse else function(self, other)

    return operator


def _number(kind: type) -> Callable[[Any], Any]:
    def convert(self: Any) -> Any:
        tensor = self.value if hasattr(self, "core") else self
        if tensor.is_symbolic:
            no_numbers(tensor, f"{kind.__name__}()")
        if int(np.prod(tensor.shape)) != 1:
            raise (ValueError if kind is bool else TypeError)(
                explain(
                    f"A tensor of several entries is not one {kind.__name__}.",
                    "a tensor of one entry",
                    f"shape {tensor.shape}",
                    "reduce it first, e.g. with ops.any, ops.all or ops.mean.",
                )
            )
        return kind(tensor.numpy().reshape(()).item())

    return convert


def _index(self: Any) -> int:
    tensor = self.value if hasattr(self, "core") else self
    if tensor.dtype in ("float32", "float64") or tensor.shape != ():
        raise TypeError(
            f"A tensor of dtype {tensor.dtype} and shape {tensor.shape} is not an index: use an int scalar."
        )
    return _number(int)(tensor)


def _format(self: Any, spec: str) -> str:
    """One number as Python formats numbers; several as NumPy prints them."""
    if not spec or self.is_symbolic or self.numpy().size != 1:
        return format(str(self), spec)
    return format(self.numpy().reshape(()).item(), spec)


def _length(self: Any) -> int:
    if self.ndim == 0:
        raise TypeError("A tensor of shape () has no length and no parts.")
    if self.shape[0] is None:
        raise untraceable(
            "The length of a tensor",
            f"a symbolic tensor of shape {self.shape}",
            "use lamina.ops.shape for the size, lamina.ops.scan, map or while_loop instead of a loop over the axis; "
            "or compile(run_eagerly=True), which runs each step in Python, with numbers",
        )
    return self.shape[0]


def _number_of_dim(self: Any) -> int:
    raise untraceable(
        "A size",
        f"the size {self!r}",
        "pass it on as a size, in shapes and arange; lamina.ops.scan, map or while_loop count up to it; "
        "or compile(run_eagerly=True), which runs each step in Python, with numbers",
    )


def _iterate(self: Any) -> Iterator[Any]:
    return (self[i] for i in range(_length(self)))


def _divmod(a: Any, b: Any) -> tuple[Any, Any]:
    return functions.floor_divide(a, b), functions.mod(a, b)


def _matmul(self: Any, other: Any) -> Any:
    return functions.matmul(self, other) if _operand(other) else NotImplemented


def _assign(self: Any, key: Any, value: Any) -> None:
    raise TypeError(
        explain(
            "A tensor cannot be changed.",
            "a new tensor",
            f"an assignment to x[{key!r}]",
            "use x = ops.slice_update(x, ...), ops.scatter_update(x, ...) or ops.where(...); a Variable has `assign`.",
        )
    )


_OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": _binary(functions.add),
    "__radd__": _binary(functions.add, True),
    "__sub__": _binary(functions.subtract),
    "__rsub__": _binary(functions.subtract, True),
    "__mul__": _binary(functions.multiply),
    "__rmul__": _binary(functions.multiply, True),
    "__truediv__": _binary(functions.true_divide),
    "__rtruediv__": _binary(functions.true_divide, True),
    "__floordiv__": _binary(functions.floor_divide),
    "__rfloordiv__": _binary(functions.floor_divide, True),
    "__mod__": _binary(functions.mod),
    "__rmod__": _binary(functions.mod, True),
    "__pow__": _binary(functions.power),
    "__rpow__": _binary(functions.power, True),
    "__matmul__": _matmul,
    "__rmatmul__": _binary(functions.matmul, True),
    "__divmod__": _binary(_divmod),
    "__rdivmod__": _binary(_divmod, True),
    "__and__": _binary(functions.bitwise_and),
    "__rand__": _binary(functions.bitwise_and, True),
    "__or__": _binary(functions.bitwise_or),
    "__ror__": _binary(functions.bitwise_or, True),
    "__xor__": _binary(functions.bitwise_xor),
    "__rxor__": _binary(functions.bitwise_xor, True),
    "__lshift__": _binary(functions.left_shift),
    "__rlshift__": _binary(functions.left_shift, True),
    "__rshift__": _binary(functions.right_shift),
    "__rrshift__": _binary(functions.right_shift, True),
    "__eq__": _binary(functions.equal),
    "__ne__": _binary(functions.not_equal),
    "__lt__": _binary(functions.less),
    "__le__": _binary(functions.less_equal),
    "__gt__": _binary(functions.greater),
    "__ge__": _binary(functions.greater_equal),
    "__neg__": lambda self: functions.negative(self),
    "__abs__": lambda self: functions.absolute(self),
    "__pos__": lambda self: functions.copy(self),
    "__invert__": lambda self: functions.bitwise_not(self),
    "__round__": lambda self, ndigits=None: functions.round(self, ndigits or 0),
    "__array_ufunc__": array_ufunc,
    "__array_function__": array_function,
    "__getitem__": lambda self, key: shapes.get_item(self, np.asarray(key) if isinstance(key, list) else key),
    "__setitem__": _assign,
}


def attach(tensor: Any, variable: Any) -> None:
    """Gives both classes the operators. Variables keep comparing by identity, so that they can be found in lists."""
    for name, operator in _OPERATORS.items():
        setattr(tensor, name, operator)
        if name not in ("__eq__", "__ne__"):
            setattr(variable, name, operator)
    for name in ("__truediv__", "__rtruediv__"):
        setattr(_core.Dim, name, _OPERATORS[name])  # the quotient of sizes is a number
    tensor.__hash__ = object.__hash__
    tensor.__format__ = _format
    tensor.__float__ = _number(float)
    tensor.__int__ = _number(int)
    tensor.__bool__ = _number(bool)
    tensor.__index__ = _index
    tensor.__len__ = _length
    tensor.__iter__ = _iterate
    tensor.__repr__ = _repr
    tensor._no_numbers = no_numbers
    # Set for inputs of models; what is computed is always dense.
    tensor.sparse, tensor.ragged, tensor.ragged_rank = False, False, None
    for name in ("__index__", "__int__"):
        setattr(_core.Dim, name, _number_of_dim)


def _repr(self: Any) -> str:
    if self.is_symbolic:
        history = getattr(self, "_keras_history", None)
        made = f", made by {history.operation.name!r}" if history else ""
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}{made}>"
    return f"<Tensor shape={self.shape}, dtype={self.dtype}, value={self.numpy()}>"
