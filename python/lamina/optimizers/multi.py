"""Several optimizers in one model: `OptimizerMap` says which weight has which, `MultiOptimizer` runs them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

from ..checks import explain
from ..saving.configurable import Configurable
from .loss_scale import LossScaleOptimizer
from .optimizer import Optimizer


class OptimizerMap(Configurable, MutableMapping[str, Optimizer]):
    """Optimizers by the path of the weight, or by regular expressions that match whole paths.

    An exact path goes before expressions, `default_optimizer` serves the rest. TypeError for what is no optimizer or no
    dict, ValueError for a key that is there already, and where two expressions match one path.

    >>> import lamina
    >>> optimizers = lamina.optimizers
    >>> chosen = optimizers.OptimizerMap(optimizers.SGD(), {"encoder/.*": optimizers.Adam()})
    >>> type(chosen["encoder/dense/kernel"]).__name__, type(chosen["head/kernel"]).__name__
    ('Adam', 'SGD')
    """

    def __init__(self, default_optimizer: Any, optimizer_map: dict[str, Any] | None = None) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(_no_optimizer("`default_optimizer`", default_optimizer))
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(
                explain(
                    "OptimizerMap: `optimizer_map` is not a dict.",
                    "a dict of optimizers by path or regular expression",
                    repr(optimizer_map),
                    "pass e.g. {'encoder/.*': lamina.optimizers.Adam()}.",
                )
            )
        self.default_optimizer = default_optimizer
        self.optimizer_map: dict[str, Any] = {}
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    def __getitem__(self, key: str) -> Any:
        if key in self.optimizer_map:
            return self.optimizer_map[key]
        matching = [pattern for pattern in self.optimizer_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(
                explain(
                    f"OptimizerMap: the path {key!r} has several optimizers.",
                    "one expression that matches it",
                    ", ".join(map(repr, matching)),
                    "make the expressions narrower.",
                )
            )
        return self.optimizer_map[matching[0]] if matching else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Any) -> None:
        if not isinstance(key, str) or key in self.optimizer_map:
            raise ValueError(
                explain(
                    "OptimizerMap: the key cannot be used.",
                    "a path or regular expression that is not there yet",
                    repr(key),
                    "delete it first." if isinstance(key, str) else "pass a string.",
                )
            )
        if not isinstance(optimizer, Optimizer) or isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
            raise ValueError(_no_optimizer(f"the optimizer of {key!r}", optimizer))
        self.optimizer_map[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self.optimizer_map[key]

    def __len__(self) -> int:
        return len(self.optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self.optimizer_map)

    def __call__(self, variable: Any) -> Any:
        """The optimizer of a weight."""
        return self[variable.path]

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> OptimizerMap:
        from ..saving.serialization import deserialize_keras_object

        optimizers = (
            deserialize_keras_object(config[key], custom_objects) for key in ("default_optimizer", "optimizer_map")
        )
        return cls(*optimizers)


def _no_optimizer(what: str, received: Any) -> str:
    return explain(
        f"OptimizerMap: {what} cannot be used.",
        "an optimizer, neither a LossScaleOptimizer nor a MultiOptimizer",
        repr(received),
        "pass e.g. lamina.optimizers.Adam().",
    )


class MultiOptimizer(Optimizer):
    """Gives each weight to the optimizer that `optimizer_map` chooses: an `OptimizerMap`, or a function of the weight.

    `loss_scale_factor` takes the place of theirs. There is no one `learning_rate` (AttributeError): that of each of
    `optimizers` counts. ValueError for weights without an optimizer.

    >>> import lamina
    >>> sgd, adam = lamina.optimizers.SGD(), lamina.optimizers.Adam()
    >>> both = lamina.optimizers.MultiOptimizer(lamina.optimizers.OptimizerMap(sgd, {".*/kernel": adam}))
    >>> [type(optimizer).__name__ for optimizer in both.optimizers]
    ['Adam', 'SGD']
    """

    _entry_prefix = "multi/"

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Any], Any],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        self._inner: list[Any] = []
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        if not callable(optimizer_map):
            raise TypeError(
                explain(
                    "MultiOptimizer: `optimizer_map` cannot choose.",
                    "an OptimizerMap, or a function of a weight",
                    repr(optimizer_map),
                    "pass lamina.optimizers.OptimizerMap(default_optimizer, {...}).",
                )
            )
        self.optimizer_map = optimizer_map
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (*optimizer_map.values(), optimizer_map.default_optimizer):
                self._number(optimizer)

    def _number(self, optimizer: Any) -> int:
        """The place of an optimizer among all, to which it is added if it is new."""
        if not isinstance(optimizer, Optimizer) or isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
            raise ValueError(_no_optimizer("what was chosen for a weight", optimizer))
        for i, known in enumerate(self._inner):
            if known is optimizer:
                return i
        optimizer.loss_scale_factor = self.loss_scale_factor
        self._inner.append(optimizer)
        return len(self._inner) - 1

    @property
    def optimizers(self) -> list[Any]:
        """All of them, those of the map first, then the default."""
        return self._inner

    @property
    def loss_scale_factor(self) -> float | None:
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: float | None) -> None:
        self._loss_scale_factor = value
        for optimizer in self._inner:
            optimizer.loss_scale_factor = value

    @property
    def learning_rate(self) -> Any:
        raise AttributeError(_NO_RATE)

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError(_NO_RATE)

    @property
    def iterations(self) -> Any:
        return self._iterations

    @property
    def revision(self) -> int:
        return sum(optimizer.revision for optimizer in self._inner)

    @property
    def variables(self) -> list[Any]:
        return [*self._variables, *(v for optimizer in self._inner for v in optimizer.variables)]

    def build(self, variables: Sequence[Any]) -> None:
        if self.built:
            return
        variables = list(variables)
        self._chosen = {id(variable): self._number(self.optimizer_map(variable)) for variable in variables}
        for optimizer, share in zip(self._inner, self._shares(variables)):
            if share:
                optimizer.build(share)
        super().build(variables)

    def _shares(self, variables: Sequence[Any], items: Sequence[Any] | None = None) -> list[list[Any]]:
        """The weights of each optimizer, or the items that belong to these."""
        shares: list[list[Any]] = [[] for _ in self._inner]
        for variable, item in zip(variables, variables if items is None else items):
            shares[self._chosen[id(variable)]].append(item)
        return shares

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        gradients = list(grads)
        if not gradients:
            return
        variables = self._resolve(gradients, trainable_variables)
        pairs = zip(self._inner, self._shares(variables, gradients), self._shares(variables))
        for optimizer, share, weights in pairs:
            if any(g is not None for g in share):
                optimizer.apply(share, weights)
        self._iterations.assign_add(1)

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        if self.built:
            for optimizer, weights in zip(self._inner, self._shares(var_list)):
                optimizer.finalize_variable_values(weights)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Any] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        for optimizer in self._inner:
            optimizer.exclude_from_weight_decay(var_list, var_names)

    def get_config(self) -> dict[str, Any]:
        from ..saving.serialization import serialize_keras_object

        return {
            "optimizer_map": serialize_keras_object(self.optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }


_NO_RATE = explain(
    "A MultiOptimizer has no learning rate of its own.",
    "one of its `optimizers`",
    "the MultiOptimizer",
    "use e.g. optimizer.optimizers[0].learning_rate.",
)
