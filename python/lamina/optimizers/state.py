"""The variables of an optimizer: its counters and the slots it keeps for each weight."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import initializers
from ..checks import explain
from ..saving.configurable import Configurable
from ..variables import Variable


class OptimizerState(Configurable):
    """What an optimizer remembers from step to step, in Keras' order and under Keras' names.

    `slots` names the variables kept for each weight. They are made weight by weight; a subclass whose slots come in
    several rounds lists these in `slot_groups`, one whose slots do not begin at zero says so in `slot_initializer`.
    """

    slots: tuple[str, ...] = ()
    name: str
    use_ema: bool
    gradient_accumulation_steps: int | None
    _entry_prefix = ""  # of the names in files: wrappers leave the plain ones to the optimizer inside

    def _start_empty(self) -> None:
        self.built = False
        self._variables: list[Variable] = []
        self._trainable_variables: list[Variable] = []
        self._index: dict[int, int] = {}
        self._slots: dict[str, list[Any]] = {}

    def _own_variable(self, name: str, value: np.ndarray, entry: str | None = None) -> Variable:
        return self._keep(Variable(value, dtype=str(value.dtype), trainable=False, name=name), entry)

    def _keep(self, variable: Variable, entry: str | None = None) -> Variable:
        """Takes a variable into the state; `entry` is its name in files if that is another one."""
        variable.path = variable.core.name = f"{self.name}/{variable.name}"
        variable.entry = f"{self._entry_prefix}{entry or variable.name}"
        self._variables.append(variable)
        return variable

    def _is_slot(self, variable: Variable, name: str, reference: Any) -> Variable:
        """`variable` as the slot `name` of a weight."""
        variable.entry, variable.reference = f"{self._entry_prefix}{name}", reference
        variable.core.name = f"{self.name}/{name}/{reference.path}"
        return variable

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A variable of the optimizer's own state. `aggregation` and `layout` have no meaning on one processor."""
        name = name or f"variable_{len(self._variables)}"
        return self._keep(Variable(initializers.get(initializer), tuple(shape), dtype, trainable=False, name=name))

    def add_variable_from_reference(
        self, reference_variable: Any, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A variable of the shape and dtype of `reference_variable`, called '<path of the reference>_<name>'."""
        name = name or "var"
        variable = self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable.dtype,
            name=f"{reference_variable.path.replace('/', '_')}_{name}",
        )
        return self._is_slot(variable, name, reference_variable)

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Any], name: str | Sequence[str], initializer: Any = "zeros"
    ) -> Any:
        """One new variable for each given one; for a list of names a tuple of such lists, made weight by weight.

        None for weights with `overwrite_with_gradient`. ValueError for another number of initializers than names.
        """
        names = [name] if isinstance(name, str) else list(name)
        begins = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        if len(begins) != len(names):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: names and initializers do not pair up.",
                    f"{len(names)} initializers, one for each of {names}",
                    f"{len(begins)} initializers",
                    "pass one initializer for all names, or one for each.",
                )
            )
        made: tuple[list[Any], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for slot, slot_name, begin in zip(made, names, begins):
                plain = not variable.overwrite_with_gradient
                slot.append(self.add_variable_from_reference(variable, slot_name, begin) if plain else None)
        return made[0] if isinstance(name, str) else made

    def build(self, variables: Sequence[Any]) -> None:
        """Makes the slots for these trainable variables, once. `fit` and `apply` call it."""
        if self.built:
            return
        variables = list(variables)
        if self.use_ema:
            self._slots["average"] = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._slots["gradient_accumulator"] = [
                self.add_variable_from_reference(variable, "gradient_accumulator") for variable in variables
            ]
        self._trainable_variables = variables
        self._index = {id(variable): i for i, variable in enumerate(variables)}
        for names in self.slot_groups():
            begins = [self.slot_initializer(name) for name in names]
            self._slots.update(zip(names, self.add_optimizer_variables(variables, names, begins)))
        self.built = True

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The slots that the present settings need, in the order they are made."""
        return (self.slots,)

    def slot_initializer(self, name: str) -> Any:
        """What the slots of that name hold before the first step."""
        return "zeros"

    def slot(self, name: str, variable: Any) -> Any:
        """The slot `name` of a weight."""
        return self._slots[name][self._index[id(variable)]]

    @property
    def variables(self) -> list[Variable]:
        """Iteration, the learning rate if it is a number, then averages, accumulators and slots."""
        return list(self._variables)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets all of `variables`. ValueError before `build`, and for values that do not fit."""
        variables = self.variables
        if not self.built or len(weights) != len(variables):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: these are not its weights.",
                    f"{len(variables)} arrays" if self.built else "an optimizer that was built",
                    f"{len(weights)} arrays" if self.built else "one that was not",
                    "call `optimizer.build(model.trainable_variables)` and pass one array for each of "
                    "`optimizer.variables`.",
                )
            )
        for variable, weight in zip(variables, weights):
            variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        """Writes all variables into `store`, under their numbers."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Reads what `save_own_variables` wrote; warns and changes nothing if the number differs."""
        variables = self.variables
        if len(store.keys()) != len(variables):
            warnings.warn(
                f"The state of the optimizer {self.name!r} is not loaded: it has {len(variables)} variables, the "
                f"file {len(store.keys())}. Build it with the same weights and settings before loading.",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(variables):
            variable.assign(store[str(i)])
