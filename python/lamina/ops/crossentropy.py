"""Crossentropies, one value per row: `from_logits` tells what `output` is."""

from __future__ import annotations

from typing import Any

from .. import _core, config
from ..checks import explain, shapes_differ
from .convert import convert_to_tensor, convert_weak, normalize_axis, to_common, to_float
from .operation import operation
from .reductions import logsumexp

__all__ = ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"]

_ops = _core.ops


def _clipped(p: Any) -> Any:
    return _ops.clip(p, low=config.epsilon(), high=1.0 - config.epsilon())


def _check_shapes(owner: str, target: Any, output: Any) -> None:
    """ValueError for shapes that would be broadcast: a column against a row is a mistake here."""
    if shapes_differ(target.shape, output.shape):
        raise ValueError(
            explain(
                f"{owner}: target and output do not fit.",
                "two tensors of one shape",
                f"target {target.shape}, output {output.shape}",
                "reshape the target.",
            )
        )


@operation
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """-(t log p + (1 - t) log(1 - p)), entry by entry."""
    target, output = map(to_float, to_common(target, output))
    _check_shapes("binary_crossentropy", target, output)
    one = convert_weak(1.0, output.dtype)
    if from_logits:  # log(1 + exp(z)) without overflow, and with the right gradient at 0
        yes = _ops.multiply(target, _ops.softplus(_ops.negative(output)))
        return _ops.add(yes, _ops.multiply(_ops.subtract(one, target), _ops.softplus(output)))
    p = _clipped(output)
    yes = _ops.multiply(target, _ops.log(p))
    no = _ops.multiply(_ops.subtract(one, target), _ops.log(_ops.subtract(one, p)))
    return _ops.negative(_ops.add(yes, no))


@operation
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """-sum(t log p) along `axis`; probabilities are scaled to a sum of 1 first."""
    target, output = map(to_float, to_common(target, output))
    _check_shapes("categorical_crossentropy", target, output)
    place = normalize_axis(axis, output.ndim, "categorical_crossentropy")
    if from_logits:
        logs = _ops.log_softmax(output, axis=place)
    else:
        logs = _ops.log(_clipped(_ops.divide(output, _ops.sum(output, axes=[place], keepdims=True))))
    return _ops.negative(_ops.sum(_ops.multiply(target, logs), axes=[place], keepdims=False))


@operation
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """-log p of the class that `target` names, for class numbers in [0, classes)."""
    target, output = convert_to_tensor(target, "int64"), to_float(output)
    place = normalize_axis(axis, output.ndim, "sparse_categorical_crossentropy")
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = _ops.reshape(target, shape=list(target.dims[:-1]))
    if not from_logits:
        output = _ops.log(_clipped(_ops.divide(output, _ops.sum(output, axes=[place], keepdims=True))))
    if place != output.ndim - 1:
        output = _ops.transpose(output, axes=[i for i in range(output.ndim) if i != place] + [place])
    picked = _ops.sparse_crossentropy(output, target)  # logsumexp(output) - output[target], with a check of the range
    if from_logits:
        return picked
    return _ops.subtract(picked, logsumexp(output, axis=-1))
