"""Penalties on weights and activities, added to the loss: called with a tensor they give a scalar.

>>> import numpy as np, lamina
>>> float(lamina.regularizers.L2(0.1)(np.ones((2, 3), "float32")).numpy())  # doctest: +ELLIPSIS
0.6...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import ops
from .checks import choice, explain, number
from .namespaces import Namespace, names_of
from .saving.configurable import Configurable


class Regularizer(Configurable):
    """Base of all regularizers: implement `__call__(x)`, which returns the penalty as a scalar.

    >>> import lamina
    >>> class Largest(lamina.regularizers.Regularizer):
    ...     def __call__(self, x):
    ...         return lamina.ops.max(lamina.ops.absolute(x))
    >>> float(Largest()([1.0, -2.0]))
    2.0
    """

    def __call__(self, x: Any) -> Any:
        return 0.0


def _factor(owner: str, name: str, value: float | None, default: float) -> float:
    return number(owner, name, default if value is None else value, low=0.0)


class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x^2)`.

    >>> import lamina
    >>> float(lamina.regularizers.L1L2(l1=0.5, l2=0.25)([1.0, -2.0]))
    2.75
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = _factor("L1L2", "l1", l1, 0.0)
        self.l2 = _factor("L1L2", "l2", l2, 0.0)

    def __call__(self, x: Any) -> Any:
        x = ops.convert_to_tensor(x)
        penalty: Any = None
        if self.l1:
            penalty = ops.sum(ops.absolute(x)) * self.l1
        if self.l2:
            squares = ops.sum(ops.square(x)) * self.l2
            penalty = squares if penalty is None else penalty + squares
        return ops.zeros((), dtype=x.dtype) if penalty is None else penalty


def _only_factor(owner: str, name: str, value: float | None, under_other_name: dict[str, Any]) -> float:
    """The factor of a regularizer that has one: programs also call it `l`, or by the name the other kind has."""
    allowed = {"l", "l1", "l2"} - {name}
    if len(under_other_name) > 1 or not allowed.issuperset(under_other_name):
        raise TypeError(
            explain(
                f"{owner} was given arguments it does not have.",
                f"one factor, `{name}`",
                ", ".join(f"{key}={factor!r}" for key, factor in under_other_name.items()),
                f"pass {owner}({name}=0.01); L1L2 has two factors.",
            )
        )
    return _factor(owner, name, next(iter(under_other_name.values()), value), 0.01)


class L1(Regularizer):
    """`l1 * sum(|x|)`. The factor may also be called `l` or `l2`.

    >>> import lamina
    >>> float(lamina.regularizers.L1(0.5)([1.0, -2.0]))
    1.5
    """

    _config_ignored = ("l", "l2")

    def __init__(self, l1: float = 0.01, **under_other_name: float) -> None:
        self.l1 = _only_factor("L1", "l1", l1, under_other_name)

    def __call__(self, x: Any) -> Any:
        return ops.sum(ops.absolute(ops.convert_to_tensor(x))) * self.l1


class L2(Regularizer):
    """`l2 * sum(x^2)`, without the factor 1/2 some texts use. The factor may also be called `l` or `l1`.

    >>> import lamina
    >>> float(lamina.regularizers.L2(0.5)([1.0, -2.0]))
    2.5
    """

    _config_ignored = ("l", "l1")

    def __init__(self, l2: float = 0.01, **under_other_name: float) -> None:
        self.l2 = _only_factor("L2", "l2", l2, under_other_name)

    def __call__(self, x: Any) -> Any:
        return ops.sum(ops.square(ops.convert_to_tensor(x))) * self.l2


class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean |cosine| between the rows (or columns) of a matrix, which drives them apart.

    >>> import lamina
    >>> round(float(lamina.regularizers.OrthogonalRegularizer(0.5)([[1.0, 0.0], [3.0, 4.0]])), 4)
    0.3
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _factor("OrthogonalRegularizer", "factor", factor, 0.01)
        self.mode = choice("OrthogonalRegularizer", "mode", mode, ("rows", "columns"))

    def __call__(self, x: Any) -> Any:
        x = ops.convert_to_tensor(x)
        if x.ndim != 2:
            raise ValueError(
                explain(
                    "OrthogonalRegularizer: only matrices have rows and columns.",
                    "a tensor of rank 2",
                    f"shape {x.shape}",
                    "use another regularizer for this weight.",
                )
            )
        if self.mode == "columns":
            x = ops.transpose(x)
        x = ops.normalize(x, axis=1)
        vectors = int(x.shape[0])
        cosines = ops.absolute(ops.matmul(x, ops.transpose(x)))
        off_diagonal = cosines * (1.0 - np.eye(vectors, dtype=x.dtype))
        # Each pair stands twice in the matrix; the mean is over the pairs.
        return ops.sum(off_diagonal) * (self.factor / (vectors * (vectors - 1.0)))


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

NAMESPACE = Namespace(
    "regularizer",
    names_of(Regularizer, L1, L2, L1L2, OrthogonalRegularizer) | {"l1_l2": L1L2},
)
get, serialize, deserialize = NAMESPACE.functions("regularizer")
