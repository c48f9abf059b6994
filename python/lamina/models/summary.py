"""The table of `model.summary()`."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..checks import explain


def _count(variables: list[Any]) -> int:
    return sum(int(np.prod(v.shape)) for v in variables)


def _bytes(variables: list[Any]) -> int:
    sizes = {"float64": 8, "int64": 8, "bool": 1, "uint8": 1}
    return sum(int(np.prod(v.shape)) * sizes.get(v.dtype, 4) for v in variables)


def _memory(size: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            return f"{size:.2f} {unit}"
        size /= 1024
    return ""


def _shape(layer: Any) -> str:
    nodes = layer._inbound_nodes
    if nodes:
        shapes = [tuple(t.shape) for t in nodes[0].output_tensors]
    else:
        try:
            shapes = [tuple(s) for s in _flat_shapes(layer.output_shape)]
        except (AttributeError, ValueError):
            return "?"
    texts = [str(shape) for shape in shapes]
    return texts[0] if len(texts) == 1 else ", ".join(texts)


def _flat_shapes(shapes: Any) -> list[Any]:
    if isinstance(shapes, tuple) and all(n is None or isinstance(n, int) for n in shapes):
        return [shapes]
    return [found for shape in tree.flatten(shapes) for found in _flat_shapes(shape)]


def _sources(layer: Any, members: set[int]) -> str:
    """The layers whose outputs this one takes, inside the model."""
    names = []
    for node in layer._inbound_nodes:
        for tensor in node.input_tensors:
            history = getattr(tensor, "_keras_history", None)
            if history is not None and id(history.operation) in members:
                names.append(history.operation.name)
    return ", ".join(dict.fromkeys(names)) or "-"


def _rows(model: Any, depth: int, expand: bool) -> list[tuple[int, Any]]:
    operations = getattr(model, "operations", None) or model.layers
    rows: list[tuple[int, Any]] = []
    for operation in operations:
        rows.append((depth, operation))
        if expand and hasattr(operation, "layers"):
            rows.extend(_rows(operation, depth + 1, True))
    return rows


def _memory_lines(model: Any) -> list[str]:
    """What a prediction and a training step take at their peaks, where that is known before they run."""
    from . import memory

    lines = []
    for what, known in (("prediction", memory.of_prediction), ("training step", memory.of_training)):
        try:
            found = known(model)
        except (AttributeError, RuntimeError, TypeError, ValueError):  # also those of steps that cannot be traced
            found = None
        if found is None:
            continue
        lines.append(f"Memory of a {what}: {_memory(found.total)} for a batch of {found.batch_size}")
        lines.append(f"  of which values: {_memory(found.values)} (lower bound {_memory(found.bound)})")
    return lines


def print_summary(
    model: Any,
    line_length: int | None,
    print_fn: Callable[[str], Any] | None,
    expand_nested: bool,
    show_trainable: bool,
    layer_range: Any,
) -> None:
    """Prints the table. ValueError for a model that is not built."""
    if not model.built:
        raise ValueError(
            explain(
                f"Model {model.name!r} cannot be shown: it is not built.",
                "a model that knows its input",
                "one that was neither given an `Input` nor called",
                "start it with an `Input`, or call build((None, ...)).",
            )
        )
    from rich.console import Console
    from rich.table import Table

    rows = _rows(model, 0, expand_nested)
    members = {id(operation) for _, operation in rows}
    branched = hasattr(model, "operations") and not _is_chain(rows)
    if layer_range is not None:
        rows = _cut(rows, layer_range)
    table = Table(show_lines=False)
    table.add_column("Layer (type)")
    table.add_column("Output shape")
    table.add_column("Params", justify="right")
    if branched:
        table.add_column("Connected to")
    if show_trainable:
        table.add_column("Trainable")
    for depth, operation in rows:
        weights = getattr(operation, "weights", [])
        cells = [
            "  " * depth + f"{operation.name} ({type(operation).__name__})",
            _shape(operation),
            f"{_count(weights):,}",
        ]
        if branched:
            cells.append(_sources(operation, members))
        if show_trainable:
            cells.append("yes" if weights and operation.trainable else "no" if weights else "-")
        table.add_row(*cells)

    buffer = io.StringIO()
    width = line_length or None
    console = Console(file=buffer, width=width or 100, highlight=False, color_system=None)
    console.print(f'Model: "{model.name}"', markup=False)
    console.print(table)
    trainable, rest = model.trainable_weights, model.non_trainable_weights
    total = [*trainable, *rest]
    lines = [
        f"Total params: {_count(total):,} ({_memory(_bytes(total))})",
        f"Trainable params: {_count(trainable):,} ({_memory(_bytes(trainable))})",
        f"Non-trainable params: {_count(rest):,} ({_memory(_bytes(rest))})",
    ]
    if model.compiled and model.optimizer.built:
        state = model.optimizer.variables
        lines.append(f"Optimizer params: {_count(state):,} ({_memory(_bytes(state))})")
    lines += _memory_lines(model)
    text = buffer.getvalue() + "\n".join(lines)
    if print_fn is None:
        print(text)
    else:
        for line in text.splitlines():
            print_fn(line)


def _is_chain(rows: list[tuple[int, Any]]) -> bool:
    """Whether each operation takes just the one before it: then connections need no column."""
    previous = None
    for depth, operation in rows:
        if depth:
            continue
        nodes = operation._inbound_nodes
        sources = [t._keras_history.operation for t in nodes[0].input_tensors] if len(nodes) == 1 else [None, None]
        if previous is not None and sources != [previous]:
            return False
        previous = operation
    return True


def _cut(rows: list[tuple[int, Any]], layer_range: Any) -> list[tuple[int, Any]]:
    """The rows from the first to the last named layer (names may be patterns)."""
    import re

    names = [operation.name for _, operation in rows]
    first = next((i for i, n in enumerate(names) if n == layer_range[0] or re.fullmatch(layer_range[0], n)), None)
    last = next(
        (
            i
            for i in range(len(names) - 1, -1, -1)
            if names[i] == layer_range[1] or re.fullmatch(layer_range[1], names[i])
        ),
        None,
    )
    if first is None or last is None or last < first:
        raise ValueError(
            explain("`layer_range` names no range.", f"two of {names}, in order", repr(layer_range), "use layer names.")
        )
    return rows[first : last + 1]
