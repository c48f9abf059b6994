"""What is computed again for its gradient instead of being kept: how functions and layers do it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from . import _core, tree
from .layers.layer import Layer
from .layers.wrapper import Remat
from .scopes import RematMode


def recomputing(f: Callable[..., Any]) -> Callable[..., Any]:
    """See `lamina.remat`."""
    if isinstance(f, Layer):
        return Remat(f)

    @functools.wraps(f, updated=())  # the attributes of a callable object stay its own
    def run(*args: Any, **kwargs: Any) -> Any:
        return recomputed(lambda: f(*args, **kwargs))

    return run


def scoped(operation: Any, call: Callable[..., Any], scope: RematMode) -> Callable[..., Any]:
    """`call`, that of a layer or of another operation, as a scope wants it."""
    if scope.mode == "activations" and callable(vars(operation).get("activation")):
        return _with_activation(operation, call)
    if scope.mode == "full" or (scope.mode == "list_of_layers" and operation.name in scope.layer_names):
        return lambda *args, **kwargs: recomputed(lambda: call(*args, **kwargs), operation)
    if scope.mode == "larger_than":

        def pays(tensors: list[Any]) -> bool:
            return sum(math.prod(n or 1 for n in t.shape) for t in tensors) > scope.output_size_threshold

        return lambda *args, **kwargs: recomputed(lambda: call(*args, **kwargs), operation, pays)
    return call


def _with_activation(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
    """The call of a layer, of which only the activation is computed again."""
    attributes = vars(layer)  # past `__setattr__`: what belongs to the layer stays the same
    activation = attributes["activation"]

    def run(*args: Any, **kwargs: Any) -> Any:
        attributes["activation"] = lambda *x: recomputed(lambda: activation(*x), activation)
        try:
            return call(*args, **kwargs)
        finally:
            attributes["activation"] = activation

    return run


def recomputed(run: Callable[[], Any], owner: Any = None, pays: Callable[[list[Any]], bool] | None = None) -> Any:
    """What `run` gives, to be computed again for its gradient, with the losses it leaves in the layer `owner`.

    With `pays` only if that holds for the tensors among the results.
    """
    since = _core.next_number()
    results = run()
    tensors = [leaf for leaf in tree.flatten(results) if isinstance(leaf, _core.Tensor)]
    if not tensors or (pays is not None and not pays(tensors)):
        return results
    losses = [layer._losses for layer in owner._flatten_layers()] if isinstance(owner, Layer) else []
    notes = {id(t): t._keras_logits for t in tensors if hasattr(t, "_keras_logits")}
    every = [*tensors, *(logits for _, logits in notes.values()), *(t for found in losses for t in found)]
    new = {id(old): fresh for old, fresh in zip(every, _core.recomputed(every, since))}
    for old in tensors:
        if new[id(old)] is old:
            continue
        if hasattr(old, "_keras_mask"):
            new[id(old)]._keras_mask = old._keras_mask
        if id(old) in notes:
            kind, logits = notes[id(old)]
            new[id(old)]._keras_logits = (kind, new[id(logits)])
    for found in losses:
        found[:] = [new[id(t)] for t in found]
    return tree.map_structure(lambda leaf: new.get(id(leaf), leaf), results)
