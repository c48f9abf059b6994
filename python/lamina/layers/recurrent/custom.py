"""What a loop asks of a cell of any class."""

from __future__ import annotations

from typing import Any

from ... import tree
from ...checks import explain, is_integer
from ..calls import call_signature
from ..layer import Layer


def check_cell(owner: str, cell: Any) -> None:
    """ValueError unless `cell` can be one: it has `call`, and sizes as `state_size`."""
    if not callable(getattr(cell, "call", None)):
        raise ValueError(
            explain(
                f"{owner}: the cell has no `call`.",
                "an object with call(inputs, states), such as LSTMCell(4)",
                f"{cell!r}",
                "pass a cell, or a list of cells.",
            )
        )
    sizes = getattr(cell, "state_size", None)
    leaves = tree.flatten(sizes)
    if not leaves or any(not is_integer(n) for n in leaves):
        raise ValueError(
            explain(
                f"{owner}: the sizes of the states of {type(cell).__name__} are not known.",
                "`state_size`: an integer, or a list of them, one for each state",
                f"state_size={sizes!r}",
                "set `self.state_size` in the constructor of the cell.",
            )
        )


def output_size(cell: Any) -> Any:
    """The size of a cell's output: its `output_size`, or else that of its first state."""
    size = getattr(cell, "output_size", None)
    if size is None:
        size = cell.state_size[0] if isinstance(cell.state_size, (list, tuple)) else cell.state_size
    return size


def take_losses(layer: Any) -> list[Any]:
    """What `layer` and its parts have added as losses in one step: known within the step only, so a result of it."""
    if not isinstance(layer, Layer):
        return []
    losses = [loss for part in layer._flatten_layers() for loss in part._losses]
    layer._clear_losses()
    return losses


def call_cell(cell: Any, inputs: Any, states: list[Any], training: bool | None) -> tuple[Any, list[Any]]:
    """(output, new states in the structure of `states`) of one step of a cell."""
    options = {"training": training} if call_signature(cell.call).has_training else {}
    result = (cell if callable(cell) else cell.call)(inputs, states, **options)
    if not isinstance(result, (list, tuple)) or len(result) != 2:
        raise ValueError(
            explain(
                f"The cell {type(cell).__name__} gives no pair.",
                "(output, new states)",
                f"{type(result).__name__}",
                "return both from `call`.",
            )
        )
    output, new_states = result
    expected, found = tree.flatten(states), tree.flatten(new_states)
    if len(found) != len(expected):
        raise ValueError(
            explain(
                f"The cell {type(cell).__name__} gives another number of states than it takes.",
                f"{len(expected)}, as its `state_size` says",
                f"{len(found)}",
                "return one new state for each entry of `state_size`.",
            )
        )
    return output, tree.pack_sequence_as(states, found)
