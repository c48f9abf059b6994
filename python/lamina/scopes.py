"""Scopes: state that is passed in and out instead of being changed, names, devices, and what is computed again."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from . import _core
from .checks import explain
from .utils.naming import name_scope

__all__ = ["RematScope", "StatelessScope", "SymbolicScope", "device", "name_scope"]

_active: contextvars.ContextVar[StatelessScope | None] = contextvars.ContextVar("stateless_scope", default=None)


def stateless_scope() -> StatelessScope | None:
    """The innermost open StatelessScope."""
    return _active.get()


class StatelessScope:
    """Inside, variables have the values of `state_mapping`, pairs of a variable and a tensor; none of them changes.

    What is assigned inside is kept by the scope: `get_current_value(variable)` gives it, or what was mapped, or None.
    ValueError for values of another shape than their variable.

    >>> import lamina
    >>> v = lamina.Variable(1.0)
    >>> with lamina.StatelessScope([(v, 5.0)]) as scope:
    ...     new = v.assign_add(2.0)
    >>> float(scope.get_current_value(v)), float(v.value)
    (7.0, 1.0)
    """

    def __init__(
        self,
        state_mapping: Iterable[tuple[Any, Any]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        from .ops.convert import convert_to_tensor
        from .variables import Variable

        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list[Any] = []
        self._values: dict[int, Any] = {}
        self._kept: list[Any] = []  # the variables, so that no other takes the place of one
        self._tokens: list[contextvars.Token[StatelessScope | None]] = []
        for variable, value in state_mapping or ():
            if not isinstance(variable, Variable):
                raise ValueError(
                    explain(
                        "StatelessScope: a value belongs to no variable.",
                        "pairs of a variable and a tensor",
                        f"{variable!r} of type {type(variable).__name__} in the place of a variable",
                        "pass [(variable, value), ...].",
                    )
                )
            tensor = convert_to_tensor(value, variable.dtype)
            if tensor.shape != variable.shape:
                raise ValueError(
                    explain(
                        f"StatelessScope: the value for {variable.path!r} does not have its shape.",
                        f"shape {variable.shape}",
                        f"shape {tensor.shape}",
                        "map each variable to a value of its own shape.",
                    )
                )
            self.add_update((variable, tensor))

    def __enter__(self) -> StatelessScope:
        self._tokens.append(_active.set(self))
        return self

    def __exit__(self, *error: Any) -> None:
        _active.reset(self._tokens.pop())

    def add_loss(self, loss: Any) -> None:
        """Keeps a loss."""
        self.losses.append(loss)

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Sets the value that a variable has inside."""
        variable, value = update
        if id(variable) not in self._values:
            self._kept.append(variable)
        self._values[id(variable)] = value

    def get_current_value(self, variable: Any) -> Any:
        """The value that the variable has inside; None for one that was neither mapped nor assigned."""
        return self._values.get(id(variable))


def run_stateless(
    owner: str, groups: Sequence[tuple[str, Sequence[Any], Sequence[Any]]], run: Callable[[], Any]
) -> tuple[Any, list[list[Any]]]:
    """The result of `run` while variables have other values, and the values of each group after it.

    `groups` are (name of the argument, variables, values). ValueError where their numbers differ.
    """
    for argument, variables, values in groups:
        if len(variables) != len(values):
            raise ValueError(
                explain(
                    f"{owner}: `{argument}` does not fit.",
                    f"{len(variables)} values, one for each variable",
                    f"{len(values)} values",
                    f"pass the values of `{argument}` in the order of that property.",
                )
            )
    mapping = [pair for _, variables, values in groups for pair in zip(variables, values)]
    with StatelessScope(mapping) as scope:
        result = run()
    return result, [[scope.get_current_value(v) for v in variables] for _, variables, _ in groups]


class SymbolicScope:
    """Inside, calls of layers and functions are described instead of computed: variables have no numbers.

    >>> import lamina
    >>> with lamina.SymbolicScope():
    ...     lamina.Variable([1.0, 2.0]).value.is_symbolic
    True
    """

    def __init__(self) -> None:
        self._traces: list[Any] = []

    def __enter__(self) -> SymbolicScope:
        self._traces.append(_core.Trace())
        self._traces[-1].__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._traces.pop().__exit__(*error)


@contextmanager
def device(device_name: str) -> Iterator[None]:
    """Where to compute: 'cpu' (or 'cpu:0') is all there is. ValueError for others."""
    if not isinstance(device_name, str) or device_name.lower() not in ("cpu", "cpu:0", "/cpu:0", "/device:cpu:0"):
        raise ValueError(
            explain(
                "device: there is no such device.",
                "'cpu'",
                f"device_name={device_name!r}",
                "leave the scope out: everything runs on the processor, on as many threads as "
                "lamina.config.set_num_threads allows.",
            )
        )
    yield


class RematMode(NamedTuple):
    """What a `RematScope` says to the layers made inside."""

    mode: str | None
    output_size_threshold: int
    layer_names: Sequence[str]


_remat: contextvars.ContextVar[RematMode | None] = contextvars.ContextVar("remat", default=None)


def get_current_remat_mode() -> RematMode | None:
    """What the innermost open RematScope says; None outside of any."""
    return _remat.get()


class RematScope:
    """Layers made inside compute again, for their gradient, what they computed: `lamina.remat` for whole models.

    `mode` says which: 'full' all, 'activations' only the activation of layers that have one, 'larger_than' those with
    more than `output_size_threshold` numbers in their outputs (sizes that are not known, as that of the batch, count as
    1), 'list_of_layers' those named in `layer_names`, None none. Of scopes inside each other the innermost counts. What
    pays most is to make a block of several layers one layer, such as a `Sequential`: then only what goes into the block
    is kept. A layer is made anew when a model is loaded or cloned: do that inside a scope, too.
    ValueError for another mode.

    >>> import lamina
    >>> with lamina.RematScope("list_of_layers", layer_names=["block_1", "block_2"]):
    ...     blocks = [
    ...         lamina.Sequential([lamina.layers.Dense(8, "gelu"), lamina.layers.Dense(8)], name=f"block_{i}")
    ...         for i in range(3)
    ...     ]
    >>> model = lamina.Sequential([lamina.Input((8,)), *blocks])  # 1 and 2 keep their inputs only
    """

    def __init__(
        self, mode: str | None = "full", output_size_threshold: int = 1024, layer_names: Sequence[str] | None = None
    ) -> None:
        modes = ("full", "activations", "larger_than", "list_of_layers", None)
        if mode not in modes:
            raise ValueError(
                explain(
                    "RematScope: there is no such mode.",
                    f"one of {', '.join(map(repr, modes))}",
                    f"mode={mode!r}",
                    "use 'full' to compute everything again.",
                )
            )
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = list(layer_names or [])
        self._tokens: list[contextvars.Token[RematMode | None]] = []

    def __enter__(self) -> RematScope:
        self._tokens.append(_remat.set(RematMode(self.mode, self.output_size_threshold, tuple(self.layer_names))))
        return self

    def __exit__(self, *error: Any) -> None:
        _remat.reset(self._tokens.pop())
