"""How much memory a model takes when it runs, known before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from .. import _core, tree
from ..ops.convert import zeros_of
from . import programs
from .arrays import Data
from .compile import CompileLoss
from .outputs import Outputs


class Memory(NamedTuple):
    """The bytes of a run at its peak: all together, and those of the values that are computed on the way.

    `bound` is the most that the values take which are needed at one time: no plan for this order can do with less.
    """

    batch_size: int
    total: int
    values: int
    bound: int


def bytes_of(variables: list[Any]) -> int:
    """What variables take."""
    return sum(v.value.numpy().nbytes for v in variables)


def of_prediction(model: Any) -> Memory | None:
    """The memory of a prediction: the weights, what is prepared from them, the values, the outputs.

    None when the sizes of the inputs are not all known.
    """
    inputs = _inputs(model)
    if inputs is None:
        return None
    return _planned(model, model._step("predict", Data(inputs)), tree.flatten(inputs), [*model.weights])


def of_training(model: Any) -> Memory | None:
    """The memory of a training step: the weights, the optimizer's variables, the values with the gradients among them.

    Nothing is run, and the model stays as it is: before its first `fit` a step is traced for labels like those that
    its losses take, without metrics. None when the model is not compiled or has a step of its own, which says only
    then what it needs, and when sizes are not known.
    """
    if not model.compiled or not model.trainable_weights:
        return None
    data = getattr(model, "_last_data", None)
    if data is not None:
        step, optimizer = model._step("train_step", data), model.optimizer
        return _planned(model, step, data.leaves, [*model.weights, *optimizer.variables])
    inputs = None if model._has_own_step("train_step") else _inputs(model)
    data = None if inputs is None else _with_labels(model, inputs)
    if data is None:
        return None
    with _stand_ins(model) as optimizer:
        step = programs.trace_step(model, _core.Program(), "train_step", data)
        return _planned(model, step, data.leaves, [*model.weights, *optimizer.variables])


def _inputs(model: Any) -> Any:
    """Empty inputs, or None when their sizes are not known."""
    from ..saving.model_file import _input_like

    if any(None in t.shape[1:] for t in tree.flatten(getattr(model, "inputs", None) or [])):
        return None
    return _input_like(model)


def _with_labels(model: Any, inputs: Any) -> Data | None:
    """Empty data for a training step. Labels are like the outputs, or numbers of classes."""
    if model._compile_loss is None:
        return Data(inputs)
    symbols, _ = programs.placeholders(model, Data(inputs))
    outputs = model.compute_output_spec(symbols.x)
    flat = tree.flatten(outputs)
    if any(None in t.shape[1:] for t in flat):
        return None
    per_output = model._compile_loss._per_output(Outputs(outputs, model._known_output_names()))
    labels = []
    for output, several in zip(flat, per_output):
        first = next((loss for loss in tree.flatten(several) if loss is not None), "")
        name = first if isinstance(first, str) else getattr(first, "__name__", type(first).__name__)
        sparse = "sparse" in name.lower()
        shape = output.shape[1:-1] if sparse else output.shape[1:]
        labels.append(zeros_of((0, *shape), "int64" if sparse else output.dtype))
    return Data(inputs, tree.pack_sequence_as(outputs, labels))


@contextmanager
def _stand_ins(model: Any) -> Iterator[Any]:
    """Puts others in the place of what training a model builds, so that it may be traced and stays as it is."""
    from ..metrics import Mean

    names = ("optimizer", "_compile_loss", "_compile_metrics", "_loss_tracker")
    kept = {name: getattr(model, name) for name in names}
    optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    loss = model._compile_loss
    fresh = None if loss is None else CompileLoss(loss.loss, loss.loss_weights, loss.output_names)
    try:
        for name, value in zip(names, (optimizer, fresh, None, Mean(name="loss"))):
            model._set(name, value)
        optimizer.build(model.trainable_variables)
        yield optimizer
    finally:
        for name, value in kept.items():
            model._set(name, value)


def _planned(model: Any, step: Any, leaves: list[Any], variables: list[Any]) -> Memory:
    sizes = {t.shape[0] for t in tree.flatten(getattr(model, "inputs", None) or [])} - {None}
    batch_size = sizes.pop() if len(sizes) == 1 else 32
    found = step.program.plan_bytes(step.entry, [(batch_size, *t.shape[1:]) for t in leaves])
    fixed = found["outputs"]
    values = found["arena"] + fixed
    total = bytes_of(variables) + found["prepared"] + values
    return Memory(batch_size, total, values, found["live"] + fixed)
