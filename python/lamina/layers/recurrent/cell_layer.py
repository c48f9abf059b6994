"""The base of recurrent layers with a cell of their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from inspect import Parameter
from operator import attrgetter
from typing import Any

from ...checks import choice
from ...namespaces import snake_case
from ..input_spec import InputSpec
from ..weights import given_arguments
from .cell import Cell
from .rnn import RNN


def _parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """The parameters of a constructor by name, without `self` and `**kwargs`."""
    found = list(inspect.signature(function).parameters.values())[1:]
    return {p.name: p.replace(kind=Parameter.POSITIONAL_OR_KEYWORD) for p in found if p.kind is not p.VAR_KEYWORD}


class CellLayer(RNN):
    """A subclass names its class of cells, and takes the arguments of the cell and of the loop as its own.

    `after` lists those that Keras has at the end, in its order. The cell's arguments can be read from the layer.
    """

    cell_class: type[Cell]
    _config_omit_defaults = ("use_cudnn",)

    def __init_subclass__(cls, cell: type[Cell] | None = None, after: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cell is None:  # a subclass of a layer
            return
        cls.cell_class = cell
        of_cell, of_loop = _parameters(cell.__init__), _parameters(RNN.__init__)
        del of_loop["cell"]
        last = [*after.split(), *(name for name in of_loop if name not in after.split())]
        of_loop["use_cudnn"] = Parameter("use_cudnn", Parameter.POSITIONAL_OR_KEYWORD, default="auto")
        names = [name for name in of_cell if name not in last]
        names.insert(names.index("kernel_constraint"), "activity_regularizer")
        of_loop["activity_regularizer"] = of_cell["kernel_regularizer"].replace(name="activity_regularizer")
        parameters = [{**of_loop, **of_cell}[name] for name in [*names, *last]]
        myself = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
        others = Parameter("kwargs", Parameter.VAR_KEYWORD)
        cls.__init__ = _constructor(cell, inspect.Signature([myself, *parameters, others]), set(of_cell))  # type: ignore[method-assign]
        for name in of_cell:
            setattr(cls, name, property(attrgetter(f"cell.{name}")))

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        super().build(sequences_shape, initial_state_shape)
        self.input_spec = InputSpec(shape=(None, None, *sequences_shape[2:]))


def _constructor(cell_class: type[Cell], signature: inspect.Signature, of_cell: set[str]) -> Callable[..., None]:
    cell_name = cell_class.cell_name or snake_case(cell_class.__name__)

    def __init__(self: CellLayer, *args: Any, **kwargs: Any) -> None:
        given = given_arguments(self, signature, args, kwargs)
        options = {name: given.pop(name) for name in [*of_cell, "implementation"] if name in given}
        options.update({name: given[name] for name in ("dtype", "trainable") if name in given})
        use_cudnn = given.pop("use_cudnn", "auto")
        RNN.__init__(self, cell_class(**options, name=cell_name), **given)
        self.input_spec = InputSpec(ndim=cell_class.step_rank + 1)
        self.use_cudnn = choice(type(self).__name__, "use_cudnn", use_cudnn, ("auto", False))

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    return __init__
