"""`Metric`: state in variables, changed by `update_state` and read by `result`, both made of ops."""

from __future__ import annotations

from typing import Any

from .. import config, initializers, ops
from ..checks import explain
from ..saving.configurable import Configurable
from ..scopes import run_stateless
from ..utils.naming import auto_name
from ..variables import Variable


class Metric(Configurable):
    """Base of all metrics: implement `update_state(...)` and `result()`; state is made by `add_variable`.

    >>> import lamina
    >>> class Positives(lamina.metrics.Metric):
    ...     def __init__(self, name="positives", dtype=None):
    ...         super().__init__(dtype=dtype, name=name)
    ...         self.total = self.add_variable(shape=(), initializer="zeros", name="total")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.total.assign_add(lamina.ops.sum(lamina.ops.cast(y_pred > 0, self.dtype)))
    ...     def result(self):
    ...         return self.total.value
    """

    _direction: str | None = None  # 'up' where larger values are better, 'down' where smaller ones are

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self._dtype = config.standardize_dtype(dtype)
        self._variables: list[Variable] = []

    @property
    def dtype(self) -> str:
        return self._dtype

    def add_variable(
        self,
        shape: Any = (),
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """A variable of the metric's state, kept out of training.

        Its dtype is the default one unless given, or float64 in a metric of that dtype: a sum needs more digits than
        its terms.
        """
        if not hasattr(self, "_variables"):
            raise RuntimeError(
                explain(
                    f"{type(self).__name__}: state was added too early.",
                    "`super().__init__()` called first in the constructor",
                    "no such call so far",
                    "write `super().__init__(dtype=dtype, name=name)` as the first line of `__init__`.",
                )
            )
        name = name or f"variable_{len(self._variables)}"
        dtype = dtype or self._state_dtype
        variable = Variable(initializers.get(initializer or "zeros"), tuple(shape), dtype, trainable=False, name=name)
        variable.path = f"{self.name}/{name}"
        self._variables.append(variable)
        return variable

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """The same as `add_variable`."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def _state_dtype(self) -> str:
        return self._dtype if self._dtype == "float64" else config.floatx()

    @property
    def variables(self) -> list[Variable]:
        """Own variables, then those of metrics; all that are held as attributes, or in lists and dicts there."""
        held = [item for value in vars(self).values() for item in _items(value)]
        own = [item for item in held if isinstance(item, Variable)]
        others = [variable for item in held if isinstance(item, Metric) for variable in item.variables]
        found = {id(variable): variable for variable in [*getattr(self, "_variables", ()), *own, *others]}
        return list(found.values())

    def reset_state(self) -> None:
        """Sets all state to zero."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(self._missing("update_state"))

    def result(self) -> Any:
        raise NotImplementedError(self._missing("result"))

    def stateless_update_state(self, metric_variables: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """`update_state` from these values of `variables`; gives the new values and changes nothing."""
        groups = [("metric_variables", self.variables, metric_variables)]
        return run_stateless(self.name, groups, lambda: self.update_state(*args, **kwargs))[1][0]

    def stateless_result(self, metric_variables: Any) -> Any:
        """`result` for these values of `variables`."""
        return run_stateless(self.name, [("metric_variables", self.variables, metric_variables)], self.result)[0]

    def stateless_reset_state(self) -> list[Any]:
        """The values that `reset_state` would give to `variables`."""
        present = [v.value for v in self.variables]
        return run_stateless(self.name, [("metric_variables", self.variables, present)], self.reset_state)[1][0]

    def _missing(self, method: str) -> str:
        return explain(
            f"The metric {type(self).__name__} cannot be computed.",
            f"a method `{method}`",
            "none in the class",
            "write `update_state` (changes the state) and `result` (reads it).",
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.update_state(*args, **kwargs)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _items(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) else (value,)
