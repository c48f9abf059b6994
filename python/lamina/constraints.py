"""Projections applied to a weight after each update: called with a tensor they give the tensor to keep.

>>> import numpy as np, lamina
>>> lamina.constraints.NonNeg()(np.array([-1.0, 2.0], "float32")).numpy().tolist()
[0.0, 2.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import config, ops
from .checks import explain, is_integer, number
from .namespaces import Namespace, names_of
from .saving.configurable import Configurable


class Constraint(Configurable):
    """Base of all constraints: implement `__call__(w)`, which returns the weight to keep.

    >>> import lamina
    >>> class Centered(lamina.constraints.Constraint):
    ...     def __call__(self, w):
    ...         return w - lamina.ops.mean(w)
    >>> Centered()(lamina.ops.array([1.0, 3.0])).numpy().tolist()
    [-1.0, 1.0]
    """

    def __call__(self, w: Any) -> Any:
        return w


class _Norm(Constraint):
    """Scales the vectors along `axis` to a norm that `_target` derives from their present one."""

    def __init__(self, axis: int | Sequence[int] = 0) -> None:
        if not all(map(is_integer, axis if isinstance(axis, (list, tuple)) else [axis])):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: `axis` does not name axes.",
                    "an integer or a list of integers",
                    f"axis={axis!r}",
                    "name the axes that a norm is taken over, e.g. [0, 1, 2] for the kernel of a Conv2D.",
                )
            )
        self.axis = axis

    def _target(self, norms: Any) -> Any:
        raise NotImplementedError

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        norms = ops.sqrt(ops.sum(ops.square(w), axis=self.axis, keepdims=True))
        return w * (self._target(norms) / (norms + config.epsilon()))


class MaxNorm(_Norm):
    """Norms above `max_value` are cut to it.

    >>> import lamina
    >>> print(lamina.constraints.MaxNorm(2.5)([[3.0], [4.0]]).numpy().round(4).ravel())
    [1.5 2. ]
    """

    def __init__(self, max_value: float = 2, axis: int | Sequence[int] = 0) -> None:
        self.max_value = number("MaxNorm", "max_value", max_value, low=0.0)
        super().__init__(axis)

    def _target(self, norms: Any) -> Any:
        return ops.minimum(norms, self.max_value)


class UnitNorm(_Norm):
    """All norms become 1.

    >>> import lamina
    >>> print(lamina.constraints.UnitNorm()([[3.0], [4.0]]).numpy().round(4).ravel())
    [0.6 0.8]
    """

    def _target(self, norms: Any) -> Any:
        return 1.0


class MinMaxNorm(_Norm):
    """Norms are moved into [min_value, max_value]: by the fraction `rate` of the way at each update.

    >>> import lamina
    >>> print(lamina.constraints.MinMaxNorm(1.0, 2.0, rate=0.5)([[3.0], [4.0]]).numpy().round(4).ravel())
    [2.1 2.8]
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: int | Sequence[int] = 0,
    ) -> None:
        self.min_value = number("MinMaxNorm", "min_value", min_value, low=0.0)
        self.max_value = number("MinMaxNorm", "max_value", max_value, low=self.min_value)
        self.rate = number("MinMaxNorm", "rate", rate, low=0.0, high=1.0)
        super().__init__(axis)

    def _target(self, norms: Any) -> Any:
        inside = ops.clip(norms, self.min_value, self.max_value)
        return inside * self.rate + norms * (1.0 - self.rate) if self.rate < 1.0 else inside


class NonNeg(Constraint):
    """Negative entries become 0.

    >>> import lamina
    >>> lamina.constraints.NonNeg()([-1.0, 2.0]).numpy().tolist()
    [0.0, 2.0]
    """

    def __call__(self, w: Any) -> Any:
        return ops.relu(ops.convert_to_tensor(w))


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm

NAMESPACE = Namespace("constraint", names_of(Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm))
get, serialize, deserialize = NAMESPACE.functions("constraint")
