"""StackedRNNCells: several cells as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...checks import explain
from ..layer import Layer
from .cell import zero_states
from .custom import call_cell, check_cell, output_size


class StackedRNNCells(Layer):
    """Cells one behind the other, each with states of its own, used as one cell of `RNN`.

    `state_size` and the states are lists with an entry for each cell. ValueError for an empty list and for cells that
    lack `call` or `state_size`.

    >>> import numpy as np, lamina
    >>> cells = [lamina.layers.LSTMCell(4), lamina.layers.GRUCell(2)]
    >>> lamina.layers.RNN(lamina.layers.StackedRNNCells(cells))(np.ones((2, 5, 3), "float32")).shape
    (2, 2)
    """

    def __init__(self, cells: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(cells, (list, tuple)) or not cells:
            raise ValueError(
                explain("StackedRNNCells: there are no cells.", "a list of cells", f"cells={cells!r}", "pass some.")
            )
        for cell in cells:
            check_cell("StackedRNNCells", cell)
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> Any:
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """The first states of each cell."""
        states = []
        for cell in self.cells:
            if hasattr(cell, "get_initial_state"):
                states.append(cell.get_initial_state(batch_size=batch_size))
            else:
                zeros = zero_states(cell.state_size, batch_size, self.compute_dtype)
                states.append(zeros if isinstance(cell.state_size, (list, tuple)) else zeros[0])
        return states

    def build(self, input_shape: Any) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
            size = output_size(cell)
            input_shape = (input_shape[0], *(size if isinstance(size, (list, tuple)) else (size,)))

    def call(self, inputs: Any, states: Any, training: bool | None = False) -> tuple[Any, list[Any]]:
        new_states = []
        for cell, given in zip(self.cells, states):
            several = isinstance(given, (list, tuple))
            inputs, new = call_cell(cell, inputs, list(given) if several else [given], training)
            new_states.append(new if several else new[0])
        return inputs, new_states
