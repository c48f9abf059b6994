"""Variables: named tensors that training and assignment change."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from . import _core, config
from .checks import explain
from .ops.convert import convert_to_tensor, is_float, zeros_of
from .saving.budget import spend
from .scopes import stateless_scope
from .utils.naming import auto_name, current_path

# The dtype that floating variables are read in: the compute dtype of the layer that is being called.
_autocast: ContextVar[str | None] = ContextVar("autocast", default=None)


@contextmanager
def autocast(dtype: str | None) -> Iterator[None]:
    """Inside, floating variables made with `autocast=True` are read in `dtype`; None reads all as they are."""
    token = _autocast.set(dtype)
    try:
        yield
    finally:
        _autocast.reset(token)


# Those made without random numbers, and how these are drawn.
_undrawn: ContextVar[list[tuple[Variable, Callable[[], Any]]] | None] = ContextVar("undrawn", default=None)


@contextmanager
def undrawn() -> Iterator[list[tuple[Variable, Callable[[], Any]]]]:
    """Inside, initial values are not drawn: they will come from a file. The variables are zeros, and are listed with
    functions that draw them after all.
    """
    variables: list[tuple[Variable, Callable[[], Any]]] = []
    token = _undrawn.set(variables)
    try:
        yield variables
    finally:
        _undrawn.reset(token)


def autocast_dtype() -> str | None:
    """The dtype of the innermost `autocast`."""
    return _autocast.get()


_INITIALIZERS = f"{__package__}.initializers"  # their classes keep nothing of what they give


class Variable:
    """A tensor that can be assigned: weights, moving statistics, optimizer slots, metric states.

    `initializer` is a value, or a function of (shape, dtype) as initializers are. ValueError when a function comes
    without `shape`, or when an assigned value has another shape.

    >>> import lamina
    >>> v = lamina.Variable([1.0, 2.0], name="v")
    >>> v.assign_add([1.0, 1.0]).numpy().tolist()
    [2.0, 3.0]
    """

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
        *,
        regularizer: Callable[[Any], Any] | None = None,
        constraint: Callable[[Any], Any] | None = None,
    ) -> None:
        self.name = auto_name("variable") if name is None else name
        if "/" in self.name:
            raise ValueError(
                explain(
                    "The name of a variable holds a slash.", "a name without '/'", repr(name), "use '_' instead of '/'."
                )
            )
        path = current_path()
        self.path = f"{path}/{self.name}" if path else self.name
        self.autocast = autocast
        self.aggregation = aggregation
        self.regularizer = regularizer
        self.constraint = constraint
        self.overwrite_with_gradient = False
        self.reference: Variable | None = None  # the weight that the slot of an optimizer belongs to
        self.entry: str | None = None  # its name in files, without that of the weight, if it is not `name`
        self.made_trainable = bool(trainable)  # `trainable` may be switched off for a while
        waiting = _undrawn.get() if getattr(initializer, "draws", False) else None
        is_new = waiting is not None  # whether nobody else has the value, so that it needs no copy
        if callable(initializer) and not isinstance(initializer, (_core.Tensor, Variable)):
            if shape is None:
                raise ValueError(
                    explain(
                        f"The variable {self.name!r} has an initializer but no shape.",
                        "a `shape` of ints",
                        "shape=None",
                        "pass shape=(...), or a value instead of an initializer.",
                    )
                )
            dtype = config.standardize_dtype(dtype)
            sizes = standardize_shape(self.name, shape)
            spend(4 * math.prod(sizes), self.name)
            if waiting is not None:
                waiting.append((self, lambda: self.assign(initializer(sizes, dtype=dtype))))
                value = zeros_of(sizes, dtype)
            else:
                value = convert_to_tensor(initializer(sizes, dtype=dtype), dtype)
                is_new = getattr(type(initializer).__call__, "__module__", None) == _INITIALIZERS
        else:
            value = convert_to_tensor(initializer, None if dtype is None else config.standardize_dtype(dtype))
            if dtype is None and value.dtype == "float64" and not isinstance(initializer, (np.ndarray, _core.Tensor)):
                value = convert_to_tensor(value, config.floatx())
            if shape is not None and value.shape != standardize_shape(self.name, shape):
                raise ValueError(
                    explain(
                        f"The value of variable {self.name!r} does not have its shape.",
                        f"shape {tuple(shape)}",
                        f"shape {value.shape}",
                        "leave out `shape`, or reshape the value.",
                    )
                )
        # The engine's variable: what programs and files hold.
        self.core = _core.Variable(value, self.path, bool(trainable), shares=is_new)

    @property
    def trainable(self) -> bool:
        """Whether gradients are taken for it. Settable."""
        return self.core.trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self.core.trainable = bool(value)

    @property
    def value(self) -> Any:
        """The present tensor; symbolic while a function is traced, in the compute dtype while a layer is called.

        Within a StatelessScope the value it has there.
        """
        stored, dtype = self._stored, _autocast.get()
        if dtype is None or not self.autocast or stored.dtype == dtype or not is_float(stored.dtype):
            return stored
        return _core.ops.cast(stored, dtype=dtype)

    @property
    def _stored(self) -> Any:
        """The present tensor in the variable's own dtype."""
        scope = stateless_scope()
        value = None if scope is None else scope.get_current_value(self)
        return self.core.value if value is None else value

    @property
    def shape(self) -> tuple[int, ...]:
        return self.core.shape

    @property
    def dtype(self) -> str:
        return self.core.dtype

    @property
    def ndim(self) -> int:
        return len(self.core.shape)

    def assign(self, value: Any) -> Any:
        """Sets the value, cast to the variable's dtype, and returns it. ValueError when the shape differs."""
        value = convert_to_tensor(value, self.core.dtype)
        if value.shape != self.core.shape and not _may_match(value.shape, self.core.shape):
            raise ValueError(
                explain(
                    f"The value assigned to variable {self.path!r} does not have its shape.",
                    f"shape {self.core.shape}",
                    f"shape {value.shape}",
                    "assign a value of the variable's shape.",
                )
            )
        scope = stateless_scope()
        if scope is not None:
            scope.add_update((self, value))
        elif value.is_symbolic and self.made_trainable:
            # Gradients that are asked for later in the step stop here, as they do at a variable that has its numbers.
            self.core.assign(_core.ops.stop_gradient(value))
        else:
            self.core.assign(value)
        return value

    def assign_add(self, value: Any) -> Any:
        """Adds `value` and returns the sum."""
        return self.assign(self._stored + convert_to_tensor(value, self.dtype))

    def assign_sub(self, value: Any) -> Any:
        """Subtracts `value` and returns the difference."""
        return self.assign(self._stored - convert_to_tensor(value, self.dtype))

    def numpy(self) -> np.ndarray:
        """A copy of the numbers."""
        return np.array(self._stored.numpy())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._stored.numpy(), dtype=dtype)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self._text()}>"

    def _text(self) -> str:
        value = self._stored
        return "<traced>" if value.is_symbolic else str(value.numpy())

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"The variable {self.path!r} is a scalar: it has no length.")
        return self.shape[0]

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __index__(self) -> int:
        return self.value.__index__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        copied = Variable(self.value, trainable=self.made_trainable, name=self.name)
        copied.trainable = self.trainable
        memo[id(self)] = copied
        copied.path = copied.core.name = self.path
        copied.regularizer, copied.constraint = self.regularizer, self.constraint
        return copied


def standardize_shape(name: str, shape: Any) -> tuple[int, ...]:
    """`shape` as a tuple of ints; ValueError when a size is unknown or negative."""
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if any(not isinstance(n, (int, np.integer)) or isinstance(n, bool) or n < 0 for n in sizes):
        raise ValueError(
            explain(
                f"The weight {name!r} cannot have this shape.",
                "a shape of non-negative ints",
                f"shape={sizes}",
                "build the layer with an input whose sizes (other than the batch) are known.",
            )
        )
    return tuple(int(n) for n in sizes)


def _may_match(shape: tuple[int | None, ...], wanted: tuple[int, ...]) -> bool:
    """Traced values may have sizes that are known only at run time."""
    return len(shape) == len(wanted) and all(a is None or a == b for a, b in zip(shape, wanted))
