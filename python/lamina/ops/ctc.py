"""Connectionist temporal classification: label sequences without known times."""

from __future__ import annotations

from typing import Any

from .. import _core
from ..checks import choice, explain, integer, is_integer
from .convert import convert_to_tensor, convert_weak, to_float
from .operation import operation

__all__ = ["ctc_decode", "ctc_loss"]

_ops = _core.ops


def _blank(owner: str, outputs: Any, mask_index: Any) -> int:
    """The class that stands for no label; checks the outputs."""
    if outputs.ndim != 3 or outputs.shape[2] is None:
        raise ValueError(
            explain(
                f"{owner}: the outputs have the wrong shape.",
                "logits of shape (batch, time, classes)",
                f"shape {outputs.shape}",
                "add the missing axes.",
            )
        )
    classes = outputs.shape[2]
    index = classes - 1 if mask_index is None else mask_index
    if not is_integer(index) or not -classes <= index < classes:
        raise ValueError(
            explain(
                f"{owner}: the mask is no class.",
                f"a class from 0 to {classes - 1}",
                f"mask_index={mask_index!r}",
                "choose the class that stands for no label.",
            )
        )
    return int(index) % classes


def _per_sample(owner: str, name: str, lengths: Any) -> Any:
    lengths = convert_to_tensor(lengths, "int64")
    if lengths.ndim != 1:
        raise ValueError(
            explain(
                f"{owner}: `{name}` has the wrong shape.",
                "one length per sample: shape (batch,)",
                f"shape {lengths.shape}",
                "give each sample one length.",
            )
        )
    return lengths


@operation
def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Any:
    """-log of the probability that each sample's logits (batch, time, classes) spell its labels (batch, most labels).

    A class per time step spells the labels that are left when repeats are merged and `mask_index` is dropped (Graves
    et al. 2006). Labels and times behind the lengths do not count.
    """
    output = to_float(output)
    blank = _blank("ctc_loss", output, mask_index)
    labels = convert_to_tensor(target, "int64")
    if labels.ndim != 2:
        raise ValueError(
            explain(
                "ctc_loss: the labels have the wrong shape.",
                "labels of shape (batch, most labels)",
                f"shape {labels.shape}",
                "pad the labels to one length, and give their numbers as `target_length`.",
            )
        )
    counts = _per_sample("ctc_loss", "target_length", target_length)
    times = _per_sample("ctc_loss", "output_length", output_length)
    return _ops.ctc_loss(_ops.log_softmax(output, axis=2), labels, counts, times, blank=blank)[0]


@operation
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Any, Any]:
    """The likeliest labels of logits (batch, time, classes), -1 behind the last, and what they score.

    "greedy" takes the likeliest class of each step and gives labels (1, batch, time) and the negative sum of their
    logits (batch, 1). "beam_search" keeps the `beam_width` likeliest beginnings and gives the best `top_paths` labels
    (top_paths, batch, time) and the logarithms of their probabilities (batch, top_paths).
    """
    x = to_float(inputs)
    blank = _blank("ctc_decode", x, mask_index)
    times = _per_sample("ctc_decode", "sequence_lengths", sequence_lengths)
    if choice("ctc_decode", "strategy", strategy, ("greedy", "beam_search")) == "beam_search":
        width = integer("ctc_decode", "beam_width", beam_width)
        best = integer("ctc_decode", "top_paths", top_paths)
        if best > width:
            raise ValueError(
                explain(
                    "ctc_decode: too many paths.",
                    f"at most beam_width={width} paths",
                    f"top_paths={best}",
                    "keep more beams, or ask for fewer paths.",
                )
            )
        return _ops.ctc_beam_search(_ops.log_softmax(x, axis=2), times, blank=blank, beam_width=width, top_paths=best)
    batch, steps, _ = x.dims
    labels = _ops.ctc_collapse(_ops.argmax(x, axis=2), times, blank=blank, merge_repeated=bool(merge_repeated))
    step = _ops.arange(size=steps, start=0.0, step=1.0, dtype="int64")
    inside = _ops.less(step, _ops.reshape(times, shape=[-1, 1]))
    scores = _ops.where(inside, _ops.max(x, axes=[2], keepdims=False), convert_weak(0.0, x.dtype))
    total = _ops.negative(_ops.sum(scores, axes=[1], keepdims=True))
    return _ops.reshape(labels, shape=[1, batch, steps]), total
