"""The loop over time: one cell, or a stack of them, over a whole sequence."""

from __future__ import annotations

from typing import Any

from ... import ops, tree
from ...variables import autocast
from .cell import Cell
from .custom import call_cell, output_size, take_losses
from .dense_cell import DenseCell
from .stacked import StackedRNNCells


def run_cell(
    cell: Any,
    inputs: Any,
    states: list[Any],
    mask: Any = None,
    training: bool | None = False,
    *,
    reverse: bool = False,
    return_sequences: bool = True,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
) -> tuple[Any, list[Any]]:
    """The outputs (time, batch, ...) of `cell` on `inputs` (time, batch, ...), and the last states.

    Without `return_sequences` the output is that of the last step only. With `reverse` the last step comes first; the
    outputs stand at the places of their inputs. Where `mask` (time, batch) is False, the states stay and the output is
    the one before; before the first step it is the first state, or 0 with `unroll`, as in Keras on JAX.
    """
    options = {"reverse": reverse, "unroll": unroll}
    call = getattr(type(cell), "call", None)
    if call is StackedRNNCells.call:
        # Each cell runs over the whole sequence before the next one does.
        last = len(cell.cells) - 1
        new_states = []
        for i, (single, given) in enumerate(zip(cell.cells, states)):
            several = isinstance(given, (list, tuple))
            inputs, new = run_cell(
                single,
                inputs,
                list(given) if several else [given],
                mask,
                training,
                return_sequences=return_sequences or i < last,
                zero_output_for_mask=zero_output_for_mask and i == last,
                **options,
            )
            new_states.append(new if several else new[0])
        return inputs, new_states

    dtype = getattr(cell, "compute_dtype", inputs.dtype)
    inputs, states = tree.map_structure(lambda t: ops.cast(t, dtype), (inputs, states))
    standard = call is Cell.call
    if standard:
        with autocast(dtype if dtype != cell.variable_dtype else None):
            rows = cell.project(inputs, training)
            # With `unroll` a masked first step gives 0, which only the loop below does.
            if isinstance(cell, DenseCell) and cell.standard(training) and (mask is None or not unroll):
                found = cell.kernel_states(rows, states, mask, reverse)
                return _outputs_of(found, mask if zero_output_for_mask else None, reverse, return_sequences)
            step = cell.stepper(states[0], training)
    else:
        rows, step = inputs, lambda x, states: call_cell(cell, x, states, training)
    # The output of a standard cell is its first state, so that the loop need not carry it.
    carries_output = not standard or (mask is not None and (zero_output_for_mask or unroll))
    before = _first_output(cell, states, unroll) if carries_output else None

    def advance(carry: Any, row: Any) -> Any:
        (states, before), (x, valid) = carry, row
        output, new = step(x, states)
        if valid is not None:
            previous = states[0] if before is None else before
            output = _where(valid, output, ops.zeros_like(output) if zero_output_for_mask else previous)
            new = tree.map_structure(lambda a, b: _where(valid, a, b), new, states)
        kept = output if return_sequences else None
        return (new, output if carries_output else None), (kept, take_losses(cell))

    (states, before), (outputs, losses) = ops.scan(advance, (states, before), (rows, mask), reverse=reverse)
    for loss in losses:
        cell.add_loss(ops.sum(loss))
    last_output = before if carries_output else states[0]
    return outputs if return_sequences else last_output, states


def _outputs_of(found: list[Any], mask: Any, reverse: bool, return_sequences: bool) -> tuple[Any, list[Any]]:
    """Outputs and last states of the states of all steps, the first ones included; with `mask`, masked steps give 0."""
    last = 0 if reverse else -1
    outputs = found[0][:-1] if reverse else found[0][1:]
    if mask is not None:
        outputs = ops.where(ops.expand_dims(mask, -1), outputs, ops.zeros_like(outputs))
    states = [state[last] for state in found]
    if return_sequences:
        return outputs, states
    return (states[0] if mask is None else outputs[last]), states


def _where(valid: Any, a: Any, b: Any) -> Any:
    """a in the samples that are valid, b in the others."""
    return ops.where(ops.reshape(valid, (-1, *(1,) * (a.ndim - 1))), a, b)


def _first_output(cell: Any, states: list[Any], zeros: bool) -> Any:
    """What stands for the output before the first step: the first state where it can be an output, else zeros."""
    state = states[-1][0] if isinstance(states[-1], (list, tuple)) else states[0]
    size = output_size(cell)
    shape = tuple(size) if isinstance(size, (list, tuple)) else (size,)
    if state.shape[1:] == shape and not zeros:
        return state
    return ops.zeros((state.dims[0], *shape), state.dtype)
