"""Loops over axes and choices: rnn, folds, maps, switch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops, tree
from ..checks import explain

__all__ = ["foldl", "foldr", "map_fn", "rnn", "switch"]


def _scan(step: Callable[..., Any], state: Any, elements: Any, unroll: bool, backwards: bool = False) -> Any:
    """(last state, results stacked) of `state, result = step(state, element)` over the first axis of `elements`.

    On data, and where `unroll` says so, a loop in Python; else one of the traced program.
    """
    elements = tree.map_structure(ops.convert_to_tensor, elements)
    leaves = tree.flatten(elements)
    if not unroll and any(t.is_symbolic for t in [*leaves, *map(ops.convert_to_tensor, tree.flatten(state))]):
        return ops.scan(step, state, elements, reverse=backwards)
    length = leaves[0].shape[0]
    if length is None:
        raise ValueError(
            explain(
                "The loop cannot be unrolled.",
                "a known number of steps",
                f"shape {leaves[0].shape}, the steps first",
                "pass unroll=False, or give the steps a size.",
            )
        )
    results = []
    order = range(length)
    for i in reversed(order) if backwards else order:
        state, result = step(state, tree.map_structure(lambda t, i=i: t[i], elements))
        results.append(result)
    if backwards:
        results.reverse()
    if not results or results[0] is None:
        return state, None
    return state, tree.map_structure(lambda *parts: ops.stack(parts), *results)


def foldl(fn: Callable[..., Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """`fn(... fn(fn(initializer, elems[0]), elems[1]) ..., elems[-1])`; from elems[0] on without `initializer`."""
    return _fold(fn, elems, initializer, False)


def foldr(fn: Callable[..., Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """`foldl` from the last element to the first."""
    return _fold(fn, elems, initializer, True)


def _fold(fn: Callable[..., Any], elems: Any, initializer: Any, backwards: bool) -> Any:
    elems = tree.map_structure(ops.convert_to_tensor, elems)
    if initializer is None:
        first, rest = (-1, slice(0, -1)) if backwards else (0, slice(1, None))
        initializer = tree.map_structure(lambda t: t[first], elems)
        elems = tree.map_structure(lambda t: t[rest], elems)
    initializer = tree.map_structure(ops.convert_to_tensor, initializer)
    return _scan(lambda state, element: (fn(state, element), None), initializer, elems, False, backwards)[0]


def map_fn(fn: Callable[..., Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """`fn` of each slice along the first axis, stacked; cast to `dtype` if given."""
    _, results = _scan(lambda state, element: (state, fn(element)), (), elems, False)
    if isinstance(dtype, str):
        results = tree.map_structure(lambda t: ops.cast(t, dtype), results)
    return results


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """`then_expression` where the condition holds, else `else_expression`; tensors, or functions that give them.

    A condition of one number chooses between the two, one with axes entry by entry: its axes are the first of the
    expressions'. ValueError when it has more axes than they.
    """
    condition = ops.cast(condition, "bool")
    then_function, else_function = (e if callable(e) else (lambda e=e: e) for e in (then_expression, else_expression))
    if condition.ndim == 0:
        return ops.cond(condition, then_function, else_function)
    chosen, other = ops.convert_to_tensor(then_function()), ops.convert_to_tensor(else_function())
    if condition.ndim > chosen.ndim:
        raise ValueError(
            explain(
                "switch: the condition has more axes than what it chooses from.",
                f"a condition of rank {chosen.ndim} at most",
                f"shapes {condition.shape} and {chosen.shape}",
                "reduce the condition with all or any.",
            )
        )
    return ops.where(_leading(condition, chosen), chosen, other)


def _leading(mask: Any, x: Any) -> Any:
    """The mask with axes of size 1 after its own, as many as x has more."""
    return ops.reshape(mask, (*mask.dims, *[1] * (x.ndim - mask.ndim)))


def rnn(
    step_function: Callable[..., Any],
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: Any = None,
    constants: Any = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:
    """`output, states = step_function(input, states)` over the steps: (last output, outputs, last states).

    `inputs` is a tensor (batch, steps, ...), or a nest of them; with `time_major` the steps come first, also in the
    outputs. `go_backwards` starts at the last step and gives the outputs in this order. Where `mask` (batch, steps) is
    False, the states stay and the output is the one before (0 at the first step, or everywhere with
    `zero_output_for_mask`). `constants` follow the states that each step gets. `input_length` masks the steps from
    there on. Without `return_all_outputs` the outputs are the last one, with an axis of one step.
    """

    def swap(t: Any) -> Any:
        return t if time_major else ops.swapaxes(t, 0, 1)

    elements = tree.map_structure(lambda t: swap(ops.convert_to_tensor(t)), inputs)
    first = tree.flatten(elements)[0]
    if mask is not None:
        mask = ops.cast(mask, "bool")
        mask = swap(ops.squeeze(mask, -1) if mask.ndim == 3 else mask)
    elif input_length is not None:
        lengths = ops.cast(input_length, "int32")
        mask = ops.less(ops.expand_dims(ops.arange(first.dims[0], dtype="int32"), 1), lengths)
        mask = ops.broadcast_to(mask, (first.dims[0], first.dims[1]))
    if go_backwards:
        elements, mask = tree.map_structure(lambda t: None if t is None else ops.flip(t, 0), (elements, mask))
    extras = tuple(constants or ())
    states = tree.map_structure(ops.convert_to_tensor, tuple(initial_states))

    def advance(states: Any, element: Any) -> tuple[Any, Any]:
        output, new_states = step_function(element, (*states, *extras))
        return output, tree.pack_sequence_as(states, tree.flatten(new_states))

    def kept(mask: Any, new: Any, old: Any) -> Any:
        return tree.map_structure(lambda a, b: ops.where(_leading(mask, a), a, b), new, old)

    def step(state: Any, element: Any) -> tuple[Any, Any]:
        output, new_states = advance(state[0], element)
        return (new_states, output), output if return_all_outputs else None

    def masked_step(state: Any, element: Any) -> tuple[Any, Any]:
        (states, previous), (element, valid) = state, element
        output, new_states = advance(states, element)
        instead = tree.map_structure(ops.zeros_like, output) if zero_output_for_mask else previous
        output = kept(valid, output, instead)
        return (kept(valid, new_states, states), output), output if return_all_outputs else None

    # A step on the first element tells what outputs look like; its numbers are not used.
    sample, _ = advance(states, tree.map_structure(lambda t: t[0], elements))
    start = (states, tree.map_structure(ops.zeros_like, sample))
    if mask is None:
        (states, last), outputs = _scan(step, start, elements, unroll)
    else:
        (states, last), outputs = _scan(masked_step, start, (elements, mask), unroll)
    if not return_all_outputs:
        outputs = tree.map_structure(lambda t: ops.expand_dims(t, 0), last)
    return last, tree.map_structure(swap, outputs), states
