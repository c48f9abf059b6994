"""What a layer holds: the layers, variables, metrics and random states set as its attributes, and its losses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from .. import tree
from ..checks import explain
from ..ops.convert import convert_to_tensor, is_float
from ..ops.operation import Operation, outside_trace
from ..utils.naming import current_path, name_scope
from ..variables import Variable, standardize_shape
from .calls import call_depth

# Counts the changes of what layers compute with beside their variables, such as vocabularies: traces are out of date.
changes = 0


class LayerState(Operation):
    """The part of a layer that knows its weights. What its attributes hold, also in lists and dicts, belongs to it."""

    # Set by __new__, so that they are there before a subclass's constructor runs.
    built: bool
    _build_shapes: dict[str, Any] | None
    _tracked: dict[str, None]  # names of the attributes that hold layers, variables, metrics or seeds
    _own_variables: list[Variable]
    _losses: list[Any]
    _trainable: bool
    _dtype_policy: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        self = super().__new__(cls, *args, **kwargs)
        state = self.__dict__
        state["_tracked"] = {}
        state["_own_variables"] = []
        state["_losses"] = []
        state["_trainable"] = True
        state["built"] = False
        state["_path"] = None
        state["_build_shapes"] = None
        return self

    # Attributes: what is set here belongs to the layer.

    def __setattr__(self, name: str, value: Any) -> None:
        if (
            isinstance(value, (Operation, Variable, list, tuple, dict))
            or hasattr(value, "state")
            or hasattr(value, "result")
        ):
            if isinstance(value, Variable) and not any(value is v for v in self._own_variables):
                self._own_variables.append(value)
            if not name.startswith("__") and name not in self._untracked and not _is_plain(value):
                self._tracked[name] = None
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        self._tracked.pop(name, None)
        object.__delattr__(self, name)
        if isinstance(value, Variable):
            self.__dict__["_own_variables"] = [v for v in self._own_variables if v is not value]

    _untracked: frozenset[str] = frozenset(
        ("_inbound_nodes", "_losses", "_own_variables", "_tracked", "_init_arguments", "_build_shapes", "input_spec")
    )

    def _tracked_values(self) -> Iterator[Any]:
        """All objects among the attributes and in their nests; plain values, which most attributes are, stay out."""
        attributes = self.__dict__
        for name in self._tracked:
            value = attributes.get(name)
            if isinstance(value, (dict, list, tuple)):
                yield from leaves(value)
            elif type(value) not in _PLAIN:
                yield value

    @property
    def _layers(self) -> list[Any]:
        """The direct sub-layers, in order of assignment."""
        return unique(v for v in self._tracked_values() if isinstance(v, LayerState) and v is not self)

    def _flatten_layers(self, include_self: bool = True) -> list[Any]:
        """This layer and all below it, each once."""
        found: list[Any] = [self] if include_self else []
        for layer in self._layers:
            found.extend(layer._flatten_layers())
        return unique(found)

    def _variables_of_its_own(self) -> list[Variable]:
        held = [v for v in self._tracked_values() if isinstance(v, Variable)]
        own = unique([*self._own_variables, *held])
        return [v for v in own if v.made_trainable] + [v for v in own if not v.made_trainable]

    def _seed_generators(self) -> list[Any]:
        held = (v for v in self._tracked_values() if not isinstance(v, LayerState))
        return unique(v for v in held if isinstance(getattr(v, "state", None), Variable))

    def _kept_states(self) -> list[Variable]:
        """Variables that calls change and files hold although they are no weights: the states of stateful layers."""
        return []

    # Weights.

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """A new weight of `shape`, filled by `initializer` ('glorot_uniform' for floats, 'zeros' for others).

        ValueError for shapes with unknown or negative sizes and for unknown initializers.
        """
        from .. import constraints, initializers, regularizers
        from ..config import standardize_dtype

        building = getattr(self, "_building", None)  # None: it has no `build` of its own, or that did not run yet
        if self.built and (building is False or (building is None and call_depth() > 0)):
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r} is built already, so it takes no new weights.",
                    "weights made in `__init__` or `build`",
                    f"a new weight {name!r} afterwards" if name else "a new weight afterwards",
                    "make weights in `build`, which runs once, and not in `call`.",
                )
            )
        dtype = standardize_dtype(dtype or self._dtype_policy.variable_dtype)
        shape = standardize_shape(f"{self.name}/{name or 'weight'}", () if shape is None else shape)
        if initializer is None:
            initializer = "glorot_uniform" if is_float(dtype) else "zeros"
        inside = current_path().split("/")[-1] == self.name
        with nullcontext() if inside else name_scope(self.name):
            variable = outside_trace(
                lambda: Variable(
                    initializers.get(initializer),
                    shape=shape,
                    dtype=dtype,
                    trainable=trainable,
                    autocast=autocast,
                    aggregation=aggregation,
                    name=name,
                )
            )
        variable.trainable = bool(trainable) and self._trainable
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._own_variables.append(variable)
        return variable

    add_variable = add_weight

    @contextmanager
    def _taking_weights(self) -> Iterator[None]:
        """Lets a layer that is built take new weights."""
        before = getattr(self, "_building", None)
        object.__setattr__(self, "_building", True)
        try:
            yield
        finally:
            object.__setattr__(self, "_building", before)

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights. Setting it sets all layers below too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        if not isinstance(value, (bool, int, np.bool_)):
            raise ValueError(
                explain(
                    f"`trainable` of {self.name!r} cannot be set.",
                    "True or False",
                    f"{value!r:.80}",
                    "set it to True or False.",
                )
            )
        self._trainable = bool(value)
        for variable in self._own_variables:
            if variable.made_trainable:
                variable.trainable = bool(value)
        for layer in self._layers:
            layer.trainable = value

    @property
    def weights(self) -> list[Variable]:
        """All weights: its own (trainable ones first), then those of the sub-layers."""
        found = self._variables_of_its_own()
        for layer in self._layers:
            found.extend(layer.weights)
        return unique(found)

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [v for v in self.weights if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves to the layers themselves."""
        return [v for v in self.weights if not v.trainable] if self.trainable else self.weights

    @property
    def variables(self) -> list[Variable]:
        """All weights and the states of random generators."""
        found = [*self._variables_of_its_own(), *(seed.state for seed in self._seed_generators())]
        for layer in self._layers:
            found.extend(layer.variables)
        return unique(found)

    @property
    def trainable_variables(self) -> list[Variable]:
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Variable]:
        return [v for v in self.variables if not v.trainable] if self.trainable else self.variables

    @property
    def metrics(self) -> list[Any]:
        """All metrics of this layer and those below."""
        return unique(metric for layer in self._flatten_layers() for metric in layer._tracked_metrics())

    def _tracked_metrics(self) -> list[Any]:
        return [v for v in self._tracked_values() if hasattr(v, "update_state") and hasattr(v, "result")]

    @property
    def metrics_variables(self) -> list[Variable]:
        return [v for metric in self.metrics for v in metric.variables]

    def _needs_weights(self, purpose: str) -> None:
        """ValueError while the weights do not exist yet."""
        if not self.built and (self._builds_itself() or any(not layer.built for layer in self._flatten_layers(False))):
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r} has no weights yet, so it cannot {purpose}.",
                    "a built layer or model",
                    "one whose input shape is not known",
                    "start the model with an `Input`, call it on data, or call `build(input_shape)`.",
                )
            )

    def _builds_itself(self) -> bool:
        """Whether `build` makes weights."""
        return True

    def get_weights(self) -> list[np.ndarray]:
        """The numbers of all weights, as arrays in the order of `weights`. ValueError before the layer is built."""
        self._needs_weights("give them")
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets all weights, in the order of `weights`. ValueError, and no change, when number or shapes differ."""
        self._needs_weights("take them")
        variables = self.weights
        arrays = [np.asarray(w) for w in weights]
        expected = [v.shape for v in variables]
        if [a.shape for a in arrays] != expected:
            raise ValueError(
                explain(
                    f"The weights do not fit {type(self).__name__} {self.name!r}.",
                    f"{len(expected)} arrays of shapes {expected}",
                    f"{len(arrays)} arrays of shapes {[a.shape for a in arrays]}",
                    "pass the arrays that `get_weights()` of an equal layer returned.",
                )
            )
        for variable, array in zip(variables, arrays):
            variable.assign(array)

    def _variables_in_files(self) -> list[Variable]:
        """What `save_own_variables` writes, in order."""
        return self._variables_of_its_own()

    def save_own_variables(self, store: Any) -> None:
        """Puts the layer's own weights, not those of its sub-layers, into `store` under "0", "1", ..."""
        for i, variable in enumerate(self._variables_in_files()):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Takes the layer's own weights from `store`. ValueError when their number or shapes differ."""
        variables = self._variables_in_files()
        if len(store) != len(variables):
            raise ValueError(
                explain(
                    f"The stored weights do not fit {type(self).__name__} {self.name!r}.",
                    f"{len(variables)} arrays: {', '.join(v.name for v in variables) or 'none'}",
                    f"{len(store)} arrays",
                    "use what `save_own_variables` of an equal, built layer stored.",
                )
            )
        arrays = [np.asarray(store[str(i)]) for i in range(len(variables))]
        if [a.shape for a in arrays] != [v.shape for v in variables]:
            raise ValueError(
                explain(
                    f"The stored weights do not fit {type(self).__name__} {self.name!r}.",
                    f"shapes {[v.shape for v in variables]}",
                    f"shapes {[a.shape for a in arrays]}",
                    "use what `save_own_variables` of an equal, built layer stored.",
                )
            )
        for variable, array in zip(variables, arrays):
            variable.assign(array)

    def count_params(self) -> int:
        """The number of entries of all weights. ValueError before the layer is built."""
        self._needs_weights("count them")
        return sum(int(np.prod(v.shape)) for v in self.weights)

    # Losses.

    def add_loss(self, loss: Any) -> None:
        """Adds a scalar (or a list of them) to what training makes small. To be called inside `call`."""
        for value in tree.flatten(loss):
            self._losses.append(convert_to_tensor(value))

    @property
    def losses(self) -> list[Any]:
        """What `add_loss` and activity regularizers gave in the last call, and the penalties of the weights."""
        found = [loss for layer in self._flatten_layers() for loss in layer._losses]
        return found + [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer._losses.clear()

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Not offered: a ValueError that says what to do instead."""
        raise ValueError(
            explain(
                "Layers have no `add_metric`.",
                "a metric that is an attribute of the layer",
                "a call of `add_metric`",
                "set self.my_metric = lamina.metrics.Mean() and call its `update_state` in `call`.",
            )
        )


_PLAIN = frozenset((type(None), bool, int, float, str))


def _is_plain(value: Any) -> bool:
    """Whether it is a tuple of plain values, such as sizes: it never will hold a layer."""
    return type(value) is tuple and all(type(item) in _PLAIN for item in value)


def leaves(value: Any) -> Iterator[Any]:
    """All values in a nest, in order of insertion."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def unique(values: Iterable[Any]) -> list[Any]:
    """Each object once, in order."""
    return list({id(value): value for value in values}.values())
