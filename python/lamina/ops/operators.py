"""Attaches the Python operators to tensors and variables: each calls the function of `lamina.ops` of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import _core
from ..checks import explain
from . import numpy as functions
from . import shapes

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
            raise TypeError(
                explain(
                    f"{kind.__name__}() of a tensor that is only traced: it has no number yet.",
                    "tensors with numbers, or ops that work on symbols",
                    f"a symbolic tensor of shape {tensor.shape}",
                    "use lamina.ops.where or lamina.ops.cond instead of `if`, or compile(run_eagerly=True).",
                )
            )
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


def _length(self: Any) -> int:
    if self.ndim == 0 or self.shape[0] is None:
        raise TypeError(f"A tensor of shape {self.shape} has no length: use lamina.ops.shape.")
    return self.shape[0]


def _iterate(self: Any) -> Iterator[Any]:
    return (self[i] for i in range(_length(self)))


def _matmul(self: Any, other: Any) -> Any:
    return functions.matmul(self, other) if _operand(other) else NotImplemented


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
    "__and__": _binary(functions.logical_and),
    "__rand__": _binary(functions.logical_and, True),
    "__or__": _binary(functions.logical_or),
    "__ror__": _binary(functions.logical_or, True),
    "__xor__": _binary(functions.logical_xor),
    "__rxor__": _binary(functions.logical_xor, True),
    "__eq__": _binary(functions.equal),
    "__ne__": _binary(functions.not_equal),
    "__lt__": _binary(functions.less),
    "__le__": _binary(functions.less_equal),
    "__gt__": _binary(functions.greater),
    "__ge__": _binary(functions.greater_equal),
    "__neg__": lambda self: functions.negative(self),
    "__abs__": lambda self: functions.absolute(self),
    "__invert__": lambda self: functions.logical_not(self),
    "__getitem__": lambda self, key: shapes.get_item(self, np.asarray(key) if isinstance(key, list) else key),
}


def attach(tensor: Any, variable: Any) -> None:
    """Gives both classes the operators. Variables keep comparing by identity, so that they can be found in lists."""
    for name, operator in _OPERATORS.items():
        setattr(tensor, name, operator)
        if name not in ("__eq__", "__ne__"):
            setattr(variable, name, operator)
    tensor.__hash__ = object.__hash__
    for cls in (tensor, variable):
        cls.__array_priority__ = 1000  # NumPy leaves `array + tensor` to the tensor
    tensor.__float__ = _number(float)
    tensor.__int__ = _number(int)
    tensor.__bool__ = _number(bool)
    tensor.__index__ = _index
    tensor.__len__ = _length
    tensor.__iter__ = _iterate
    tensor.__repr__ = _repr


def _repr(self: Any) -> str:
    if self.is_symbolic:
        history = getattr(self, "_keras_history", None)
        made = f", made by {history.operation.name!r}" if history else ""
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}{made}>"
    return f"<Tensor shape={self.shape}, dtype={self.dtype}, value={self.numpy()}>"
