"""Models as drawings of boxes and arrows, by pydot and Graphviz."""

from __future__ import annotations

import html
import itertools
import os
import sys
from typing import Any, NamedTuple

from .. import tree
from ..checks import explain, need
from ..layers.input import InputLayer


class _Shown(NamedTuple):
    """What stands in a box."""

    shapes: bool
    dtype: bool
    names: bool
    activations: bool
    trainable: bool


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """The model as a `pydot.Dot` (a `pydot.Cluster` with `subgraph`): a box per layer, arrows as the tensors go.

    `rankdir`: 'TB' downwards, 'LR' to the right. `expand_nested` draws what is inside models in the model. `splines`:
    'ortho', 'curved', 'polyline', 'spline' or 'line'. Models written as classes are one box.

    ValueError for a model that is not built; ImportError without pydot.
    """
    if kwargs:
        raise ValueError(
            explain("model_to_dot: unknown arguments.", "those of model_to_dot", f"{sorted(kwargs)}", "see its help.")
        )
    if not model.built:
        raise ValueError(
            explain(
                f"Model {model.name!r} cannot be drawn: it is not built.",
                "a model that knows its input",
                "one that was neither given an `Input` nor called",
                "call build() or call it on data first.",
            )
        )
    pydot = need("pydot", "Drawings of models need", "pydot", "plot")
    if subgraph:
        graph = _cluster(pydot, model)
    else:
        graph = pydot.Dot(
            graph_type="digraph", rankdir=rankdir, concentrate="true", dpi=str(dpi), splines=splines, nodesep="0.4"
        )
    shown = _Shown(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    _draw(pydot, graph, model, shown, expand_nested)
    return graph


def _cluster(pydot: Any, model: Any) -> Any:
    return pydot.Cluster(f"{_key(model)}", label=_quoted(model.name), style="dashed", labeljust="l")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _key(operation: Any) -> str:
    return f"n{id(operation)}"


def _operations(model: Any) -> list[Any] | None:
    """The boxes of a stack or graph, None for other things."""
    from ..models.functional import Functional
    from ..models.sequential import Sequential

    if isinstance(model, Sequential):
        return model.layers
    return model.operations if isinstance(model, Functional) else None


def _draw(pydot: Any, graph: Any, model: Any, shown: _Shown, expand: bool) -> None:
    operations = _operations(model)
    for operation in operations or [model]:
        if expand and operation is not model and _operations(operation):
            inner = _cluster(pydot, operation)
            _draw(pydot, inner, operation, shown, expand)
            graph.add_subgraph(inner)
        else:
            label = _label(operation, shown)
            graph.add_node(pydot.Node(_key(operation), label=label, shape="plaintext", fontname="Helvetica"))
    drawn = set()
    for source, target in _arrows(model, operations or [], expand):
        if (source, target) not in drawn:
            drawn.add((source, target))
            graph.add_edge(pydot.Edge(source, target, penwidth="2"))


def _arrows(model: Any, operations: list[Any], expand: bool) -> Any:
    """(from, to) for each tensor that goes from one box to another."""
    nodes = getattr(model, "_nodes", None)
    if nodes is None:
        for before, after in itertools.pairwise(operations):
            yield _key(_last(before, 0, expand)), _key(_first(after, 0, expand))
        return
    for node in nodes:
        for index, tensor in enumerate(node.input_tensors):
            tensor = model._aliases.get(id(tensor), tensor)
            history = tensor._keras_history
            source = _last(history.operation, history.tensor_index, expand)
            yield _key(source), _key(_first(node.operation, index, expand))


def _last(operation: Any, index: int, expand: bool) -> Any:
    """The box that an output comes from."""
    while expand and (inner := _operations(operation)):
        if hasattr(operation, "_nodes"):
            history = operation.outputs[index]._keras_history
            operation, index = history.operation, history.tensor_index
        else:
            operation = inner[-1]
    return operation


def _first(operation: Any, index: int, expand: bool) -> Any:
    """The box that an input goes to."""
    while expand and (inner := _operations(operation)):
        operation = operation.inputs[index]._keras_history.operation if hasattr(operation, "_nodes") else inner[0]
    return operation


def _label(operation: Any, shown: _Shown) -> str:
    """A table in the HTML of Graphviz."""

    def cell(text: str, color: str = "white", ink: str = "black", size: int = 14) -> str:
        return f'<td bgcolor="{color}"><font point-size="{size}" color="{ink}">{text}</font></td>'

    def bold(text: Any) -> str:
        return f"<b>{html.escape(str(text))}</b>"

    cells = []
    if shown.shapes:
        if not isinstance(operation, InputLayer):
            cells.append(cell(f"Input shape: {bold(_describe(operation, 'input', 'shape'))}"))
        cells.append(cell(f"Output shape: {bold(_describe(operation, 'output', 'shape'))}"))
    if shown.dtype:
        cells.append(cell(f"Output dtype: {bold(_describe(operation, 'output', 'dtype'))}"))
    if shown.trainable and getattr(operation, "weights", None):
        is_trainable = operation.trainable
        color, text = ("forestgreen", "Trainable") if is_trainable else ("firebrick", "Non-trainable")
        cells.append(cell(bold(text), color, "white"))
    kind = type(operation).__name__
    title = f"{bold(operation.name)} ({html.escape(kind)})" if shown.names else bold(kind)
    rows = [cell(title, "black", "white", 16)]
    activation = getattr(operation, "activation", None)
    if shown.activations and activation is not None:
        name = getattr(activation, "name", None) or getattr(activation, "__name__", None) or activation
        rows.append(cell(f"Activation: {bold(name)}"))
    span = f'<td colspan="{max(len(cells), 1)}"'
    lines = [row.replace("<td", span, 1) for row in rows] + (["".join(cells)] if cells else [])
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<<table border="0" cellborder="1" cellspacing="0" cellpadding="10" bgcolor="black">{body}</table>>'


def _describe(operation: Any, side: str, attribute: str) -> str:
    try:
        found = tree.map_structure(lambda t: getattr(t, attribute), getattr(operation, side))
    except (AttributeError, ValueError):
        return "?"
    return ", ".join(f"{k}: {v}" for k, v in found.items()) if isinstance(found, dict) else str(found)


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draws the model into a file, whose ending says the format: png, svg, pdf, ... or dot, for which pydot is enough.

    All others need the program `dot` of Graphviz; ImportError without it. The other arguments are those of
    `model_to_dot`. Returns an image for notebooks where IPython is loaded, else None.
    """
    dot = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        **kwargs,
    )
    path = os.fspath(to_file)
    ending = os.path.splitext(path)[1][1:].lower() or "png"
    try:
        dot.write(path, format="raw" if ending == "dot" else ending)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and "dot" in str(error):
            raise ImportError(
                explain(
                    "The drawing cannot be made: the program of Graphviz is missing.",
                    "`dot` on the PATH",
                    "none",
                    "install Graphviz (https://graphviz.org/download), or draw to a file that ends with .dot.",
                )
            ) from error
        raise
    if ending in ("png", "svg", "jpg", "jpeg", "gif") and "IPython" in sys.modules:
        from IPython import display  # type: ignore[import-not-found]

        return display.SVG(filename=path) if ending == "svg" else display.Image(filename=path)
    return None
