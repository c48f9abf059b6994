"""Copies of models with new weights, and the inputs that tensors come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core, tree
from ..checks import explain
from ..layers.input import InputLayer
from ..layers.layer import Layer
from .functional import Functional
from .model import Model
from .sequential import Sequential


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """The same model with new layers and new weights; compiled alike if the model is.

    `clone_function(layer)` makes the new layer (from the old one's configuration unless given); `call_function(layer,
    *args, **kwargs)` calls it (functional models only); `input_tensors` are new inputs in the model's structure;
    `recursive` goes into models inside the model. Models written as classes are made from their configuration, and take
    none of these arguments.

    >>> import lamina
    >>> model = lamina.Sequential([lamina.Input((2,)), lamina.layers.Dense(1)])
    >>> lamina.models.clone_model(model).layers[0] is model.layers[0]
    False
    """
    made: dict[int, Any] = kwargs.pop("cache", {})
    if kwargs:
        raise TypeError(f"clone_model: unknown arguments {sorted(kwargs)}. Fix: check the spelling.")
    if not isinstance(model, Model):
        raise ValueError(
            explain("clone_model: this is no model.", "a model", type(model).__name__, "use layer.from_config().")
        )
    if isinstance(model, Sequential):
        if call_function is not None:
            raise _not_for("call_function", model, "functional models")
        copy = _clone_sequential(model, input_tensors, _cloner(clone_function, None, recursive, made))
    elif isinstance(model, Functional) and (_has_plain_config(model) or clone_function or input_tensors is not None):
        copy = _clone_functional(
            model, input_tensors, _cloner(clone_function, call_function, recursive, made), call_function
        )
    else:
        given = {"input_tensors": input_tensors, "clone_function": clone_function, "call_function": call_function}
        for name, value in given.items():
            if value is not None:
                raise _not_for(name, model, "sequential and functional models")
        copy = type(model).from_config(model.get_config())
    if model.compiled and not copy.compiled:
        copy.compile_from_config(model.get_compile_config())
    return copy


def _has_plain_config(model: Any) -> bool:
    return type(model).get_config is Functional.get_config


def _not_for(name: str, model: Any, kinds: str) -> ValueError:
    return ValueError(
        explain(
            f"clone_model: `{name}` cannot be used here.",
            f"one of the {kinds}",
            f"{type(model).__name__} {model.name!r}",
            f"leave `{name}` out.",
        )
    )


def _cloner(
    clone_function: Callable[[Any], Any] | None, call_function: Any, recursive: bool, made: dict[int, Any]
) -> Callable[[Any], Any]:
    """Makes each layer's copy once. Functions of `lamina.ops` have no weights, and stay."""

    def clone(layer: Any) -> Any:
        if not isinstance(layer, Layer):
            return layer
        if id(layer) not in made:
            if recursive and isinstance(layer, (Sequential, Functional)):
                call = None if isinstance(layer, Sequential) else call_function
                made[id(layer)] = clone_model(layer, None, clone_function, call, True, cache=made)
            else:
                made[id(layer)] = (clone_function or _from_config)(layer)
        return made[id(layer)]

    return clone


def _from_config(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


def _clone_sequential(model: Any, input_tensors: Any, clone: Callable[[Any], Any]) -> Any:
    layers = [clone(layer) for layer in model.layers]
    if input_tensors is not None:
        tensors = tree.flatten(input_tensors)
        _check_symbolic(tensors)
        if len(tensors) != 1:
            raise ValueError(
                explain(
                    "clone_model: the number of input tensors does not fit.",
                    "one tensor for a sequential model",
                    f"{len(tensors)}",
                    "pass one tensor.",
                )
            )
        layers.insert(0, _input_like(tensors[0]))
    elif model._stack and isinstance(model._stack[0], InputLayer):
        layers.insert(0, _from_config(model._stack[0]))
    copy = Sequential(layers, name=model.name)
    if not model.trainable:
        copy.trainable = False
    return copy


def _input_like(tensor: Any) -> Any:
    """The input a tensor is, or an input of its shape."""
    operation = tensor._keras_history.operation
    if isinstance(operation, InputLayer):
        return operation
    return InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype)


def _check_symbolic(tensors: list[Any]) -> None:
    for tensor in tensors:
        if not isinstance(tensor, _core.Tensor) or getattr(tensor, "_keras_history", None) is None:
            raise ValueError(
                explain(
                    "clone_model: an input tensor is not symbolic.",
                    "tensors that come from `Input`",
                    f"{tensor!r} of type {type(tensor).__name__}",
                    "pass lamina.Input(shape).",
                )
            )


def _clone_functional(model: Any, input_tensors: Any, clone: Callable[[Any], Any], call_function: Any) -> Any:
    if input_tensors is None:
        inputs = tree.map_structure(
            lambda t: _from_config(t._keras_history.operation)._inbound_nodes[0].outputs, model.input
        )
    else:
        _check_symbolic(tree.flatten(input_tensors))
        try:
            tree.assert_same_structure(input_tensors, model.input)
        except (TypeError, ValueError) as error:
            raise ValueError(
                explain(
                    "clone_model: the input tensors do not fit the model's inputs.",
                    f"the structure of {model.input}",
                    f"{input_tensors}",
                    "pass as many tensors, in the same structure.",
                )
            ) from error
        inputs = input_tensors

    def invoke(operation: Any, *args: Any, **kwargs: Any) -> Any:
        new = clone(operation)
        return new(*args, **kwargs) if call_function is None else call_function(new, *args, **kwargs)

    outputs = model._run(tree.flatten(inputs), invoke)
    kind = type(model) if _has_plain_config(model) and type(model).__init__ is Functional.__init__ else Functional
    return kind(inputs, outputs, name=model.name)


def get_source_inputs(tensor: Any) -> Any:
    """The symbolic inputs that a tensor is computed from, as a list. Other things are returned as they are.

    >>> import lamina
    >>> x = lamina.Input((2,))
    >>> lamina.utils.get_source_inputs(lamina.layers.Dense(1)(x)) == [x]
    True
    """
    history = getattr(tensor, "_keras_history", None)
    if history is None:
        return tensor
    found: list[Any] = []
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        source = waiting.pop()
        if id(source) in seen:
            continue
        seen.add(id(source))
        operation, node, _ = source._keras_history
        if isinstance(operation, InputLayer):
            found.append(source)
        else:
            waiting.extend(reversed(operation._inbound_nodes[node].input_tensors))
    return found
