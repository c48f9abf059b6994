"""RNN: a cell in a loop over time."""

from __future__ import annotations

from typing import Any

from ... import ops, tree
from ...checks import explain, shapes_differ
from ...ops.operation import outside_trace
from ...variables import Variable
from ..layer import Layer
from ..support import refuse
from .cell import zero_states
from .custom import check_cell
from .loop import run_cell
from .stacked import StackedRNNCells


class RNN(Layer):
    """A loop over time: input (batch, steps, ...), output the last one of `cell`, or with `return_sequences` all.

    `cell` has `call(inputs, states)`, which gives (output, new states), and `state_size` (see `AbstractRNNCell`); a
    list of cells becomes `StackedRNNCells`. Further arguments:

    * `return_state`: the last states come behind the output.
    * `go_backwards`: the last step comes first, and the outputs are in this order.
    * `stateful`: a batch begins with the states that the one before has ended with. The batch size has to be fixed, as
      by `Input(batch_shape=...)`; `reset_state` sets the states to 0.
    * `unroll`: needs a known number of steps; the loop is the engine's anyway.
    * `zero_output_for_mask`: masked steps give 0, not the output before them.

    Called with `initial_state`, a tensor or list of them, the loop begins with these states. `mask` (batch, steps) is
    False at steps to be left out: they change no state. The number of steps may differ from call to call; with no steps
    the last output is the first state. ValueError for what is no cell, and for states and masks that do not fit.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RNN([lamina.layers.LSTMCell(4), lamina.layers.GRUCell(2)], return_sequences=True)
    >>> layer(np.ones((2, 5, 3), "float32")).shape
    (2, 5, 2)
    """

    _untracked = Layer._untracked | {"states"}  # they are no weights

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        time_major = kwargs.pop("time_major", None)  # of Keras 2
        super().__init__(**kwargs)
        refuse(self, time_major=time_major)
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell, dtype=kwargs.get("dtype"))
        check_cell(type(self).__name__, cell)
        self.cell = cell
        self.return_sequences = bool(return_sequences)
        self.return_state = bool(return_state)
        self.go_backwards = bool(go_backwards)
        self.stateful = bool(stateful)
        self.unroll = bool(unroll)
        self.zero_output_for_mask = bool(zero_output_for_mask)
        self.supports_masking = True
        self.states: Any = None

    @property
    def state_size(self) -> list[Any]:
        """The size of each state."""
        sizes = self.cell.state_size
        return list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]

    # States.

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """The states that a loop over `batch_size` samples begins with."""
        if not hasattr(self.cell, "get_initial_state"):
            return zero_states(self.cell.state_size, batch_size, self.compute_dtype)
        states = self.cell.get_initial_state(batch_size=batch_size)
        return list(states) if isinstance(states, (list, tuple)) else [states]

    def reset_state(self, states: Any = None) -> None:
        """Sets the kept states, if there are any, to 0, or to `states`. ValueError where those do not fit."""
        if self.states is None:
            if states is None:
                return
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r} keeps no states.",
                    "a layer with stateful=True that is built",
                    f"stateful={self.stateful}, built={self.built}",
                    "pass stateful=True and call the layer first.",
                )
            )
        kept = tree.flatten(self.states)
        values = [ops.zeros(v.shape, v.dtype) for v in kept] if states is None else tree.flatten(states)
        if len(values) != len(kept):
            self._refuse_states(kept, values)
        for variable, value in zip(kept, values):
            variable.assign(value)

    def reset_states(self, states: Any = None) -> None:
        """`reset_state` by its name in Keras 2."""
        self.reset_state(states)

    def _refuse_states(self, expected: list[Any], received: list[Any]) -> None:
        raise ValueError(
            explain(
                f"{type(self).__name__} {self.name!r}: the states do not fit the cell.",
                f"{len(expected)} of shapes {[tuple(t.shape) for t in expected]}",
                f"{len(received)} of shapes {[tuple(t.shape) for t in received]}",
                "pass one tensor (batch, size) for each entry of `state_size`.",
            )
        )

    def _kept_states(self) -> list[Any]:
        return [] if self.states is None else tree.flatten(self.states)

    # Building.

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        if len(sequences_shape) < 3:
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r} runs over time.",
                    "an input (batch, steps, features)",
                    f"shape {tuple(sequences_shape)}",
                    "add the axis that is missing.",
                )
            )
        batch, _, *features = sequences_shape
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((batch, *features))
        if self.stateful:
            if batch is None:
                raise ValueError(
                    explain(
                        f"{type(self).__name__} {self.name!r} keeps the state of each sample of a batch.",
                        "a known batch size",
                        f"an input of shape {tuple(sequences_shape)}",
                        "give it in `Input(batch_shape=...)`, or call the model on a batch of data first.",
                    )
                )
            self.states = outside_trace(lambda: self._state_variables(batch))

    def _state_variables(self, batch: int) -> Any:
        def variable(value: Any) -> Variable:
            return Variable(value, trainable=False, dtype=self.variable_dtype, name="rnn_state")

        return tree.map_structure(variable, self.get_initial_state(batch))

    # Calling.

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = False) -> Any:
        if self.unroll and sequences.shape[1] is None:
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r} cannot be unrolled.",
                    "a known number of steps",
                    f"an input of shape {sequences.shape}",
                    "give the number of steps in `Input(shape=...)`, or leave `unroll` out.",
                )
            )
        if self.stateful:
            sequences = self._of_kept_size(sequences)
        output, states = run_cell(
            self.cell,
            ops.swapaxes(sequences, 0, 1),
            self._first_states(sequences, initial_state),
            self._time_major_mask(sequences, mask),
            training,
            reverse=self.go_backwards,
            return_sequences=self.return_sequences,
            zero_output_for_mask=self.zero_output_for_mask,
            unroll=self.unroll,
        )
        if self.stateful:
            for variable, state in zip(tree.flatten(self.states), tree.flatten(states)):
                variable.assign(state)
        if self.return_sequences:
            output = ops.swapaxes(ops.flip(output, 0) if self.go_backwards else output, 0, 1)
        output, states = tree.map_structure(lambda t: ops.cast(t, self.compute_dtype), (output, states))
        return (output, *states) if self.return_state else output

    def _of_kept_size(self, sequences: Any) -> Any:
        """The input with as many samples as have states; ValueError when they are others, now or when it runs."""
        kept = tree.flatten(self.states)[0].shape[0]
        if sequences.shape[0] is None:
            return ops.reshape(sequences, (kept, *sequences.dims[1:]))
        if sequences.shape[0] != kept:
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r} keeps states of another number of samples.",
                    f"a batch of {kept} samples, as the one it was built for",
                    f"{sequences.shape[0]}, from an input of shape {sequences.shape}",
                    "use batches of one size only, or a layer of its own for the others.",
                )
            )
        return sequences

    def _first_states(self, sequences: Any, given: Any) -> list[Any]:
        """The states to begin with; ValueError when they do not fit."""
        if given is None and self.stateful:
            states = tree.map_structure(lambda v: v.value, self.states)
        else:
            states = self.get_initial_state(sequences.dims[0])
            if given is not None:
                expected, received = tree.flatten(states), [ops.convert_to_tensor(t) for t in tree.flatten(given)]
                if len(expected) != len(received) or any(
                    shapes_differ(e.shape, r.shape) for e, r in zip(expected, received)
                ):
                    self._refuse_states(expected, received)
                states = tree.pack_sequence_as(states, received)
        return states

    def _time_major_mask(self, sequences: Any, mask: Any) -> Any:
        """The mask as bools (time, batch), or None; ValueError when it does not fit."""
        found = [m for m in tree.flatten(mask) if m is not None]
        if not found:
            return None
        mask = ops.convert_to_tensor(found[0])
        if mask.ndim == 3 and mask.shape[2] == 1:
            mask = ops.squeeze(mask, 2)
        if shapes_differ(mask.shape, sequences.shape[:2]):
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r}: the mask does not fit the input.",
                    f"one entry for each step: shape {sequences.shape[:2]}",
                    f"shape {found[0].shape}",
                    "pass a mask (batch, steps).",
                )
            )
        return ops.swapaxes(ops.cast(mask, "bool"), 0, 1)

    def compute_mask(self, sequences: Any, previous_mask: Any = None) -> Any:
        found = [m for m in tree.flatten(previous_mask) if m is not None]
        mask = found[0] if found and self.return_sequences else None
        return [mask, *tree.map_structure(lambda _: None, self.state_size)] if self.return_state else mask
