"""Made-up samples for a model of which nothing but its file is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import tree
from ..models.arrays import prepare

_TEXT = "the quick brown fox jumps over the lazy dog"


def made_up(model: Any, count: int, size: int) -> Any:
    """Inputs for `count` samples: random numbers, zeros for ints (which may be indices), texts.

    Sizes that the model leaves open are `size`; a number of samples that it does not leave open is its own.
    ValueError for models that do not know their inputs.
    """
    from ..saving.model_file import _input_like

    random = np.random.default_rng(0)

    def values(shape: Any, dtype: str) -> np.ndarray:
        shape = (shape[0] or count, *(size if n is None else n for n in shape[1:]))
        if dtype == "string":
            return np.full(shape, _TEXT)
        return random.random(shape).astype(dtype) if dtype.startswith("float") else np.zeros(shape, dtype)

    try:
        structure = model.input
    except (AttributeError, ValueError):  # it knows the shapes that it was built for
        structure = _input_like(model)
    return tree.map_structure(lambda t: values(tuple(t.shape), str(t.dtype)), structure)


def made_up_labels(model: Any, x: Any) -> Any:
    """Labels like the predictions for `x`: random numbers, or class 0 for losses that take the numbers of classes."""
    random = np.random.default_rng(1)
    outputs = model.predict_on_batch(x)
    losses = _by_output(model, outputs)

    def labels(output: np.ndarray, loss: Any) -> np.ndarray | None:
        if loss is None:
            return None
        if "sparse" in _name(loss):
            return np.zeros(output.shape[:-1], np.int64)
        if "ctc" in _name(loss):
            return np.ones((len(output), 1), np.int64)
        return random.random(output.shape).astype(output.dtype if output.dtype.kind == "f" else np.float32)

    made = [labels(output, loss) for output, loss in zip(tree.flatten(outputs), losses)]
    return tree.pack_sequence_as(outputs, made)


def _by_output(model: Any, outputs: Any) -> list[Any]:
    """The loss of each output."""
    loss, count = model.loss, len(tree.flatten(outputs))
    if isinstance(loss, dict):
        return [loss.get(name) for name in (sorted(outputs) if isinstance(outputs, dict) else model.output_names)]
    if isinstance(loss, (list, tuple)):
        return list(loss)
    return [loss] * count


def _name(loss: Any) -> str:
    """The name of a loss, which is one itself, an object or a function, in small letters."""
    return (loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)).lower()


def know_training(model: Any, size: int = 16) -> bool:
    """Traces a training step, so that a `.lamina` file has it; False for models that are not compiled.

    What goes wrong is raised: labels may be of a kind that cannot be told from the outputs.
    """
    if not model.compiled:
        return False
    x = made_up(model, 2, size)
    with _states_kept(model):
        y = made_up_labels(model, x)
    model._step("train_step", prepare(x, y))
    return True


@contextmanager
def _states_kept(model: Any) -> Iterator[None]:
    """Predictions inside leave no trace in layers that keep states."""
    states = [*model.non_trainable_variables, *(s for layer in model._flatten_layers() for s in layer._kept_states())]
    before = [np.array(state.numpy()) for state in states]
    try:
        yield
    finally:
        for state, value in zip(states, before):
            state.assign(value)
