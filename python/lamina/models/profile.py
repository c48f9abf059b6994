"""Where a prediction spends its time: each layer alone, as the engine compiles it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from .. import _core, tree
from ..checks import integer
from ..layers.layer import Layer
from .flops import count_flops

Tensor = _core.Tensor


class LayerCost(NamedTuple):
    """What one call of a layer takes."""

    name: str
    kind: str
    output_shape: Any
    seconds: float
    flops: int
    parameter_bytes: int
    output_bytes: int
    scratch_bytes: int  # what the engine needs beside inputs, outputs and weights


class Profile:
    """The costs of a prediction, by layer: `layers`, and `total_seconds` of the whole compiled model.

    Printing it shows a table; `plot(path)` draws bars.
    """

    def __init__(self, name: str, samples: int, layers: list[LayerCost], total_seconds: float) -> None:
        self.name = name
        self.samples = samples
        self.layers = layers
        self.total_seconds = total_seconds

    @property
    def flops(self) -> int:
        """Of all layers."""
        return sum(cost.flops for cost in self.layers)

    def __str__(self) -> str:
        from rich.console import Console
        from rich.table import Table

        table = Table(title=f"{self.name}: {self.samples} samples in {_time(self.total_seconds)}", title_justify="left")
        table.add_column("Layer (type)")
        for title in ("Output shape", "Time", "Share", "FLOPs", "GFLOP/s", "Parameters", "Output", "Scratch"):
            table.add_column(title, justify="left" if title == "Output shape" else "right")
        together = sum(cost.seconds for cost in self.layers) or 1.0
        for cost in self.layers:
            table.add_row(
                *(f"{cost.name} ({cost.kind})", str(cost.output_shape), _time(cost.seconds)),
                *(f"{cost.seconds / together:.0%}", _count(cost.flops), f"{cost.flops / cost.seconds / 1e9:.1f}"),
                *map(_bytes, (cost.parameter_bytes, cost.output_bytes, cost.scratch_bytes)),
            )
        buffer = io.StringIO()
        Console(file=buffer, width=140, highlight=False, color_system=None).print(table)
        text = f"All layers, one by one: {_time(together)}, {_count(self.flops)} FLOPs"
        lines = [line.rstrip() for line in buffer.getvalue().splitlines()]
        return "\n".join([*lines, f"{text}. The whole model, compiled as one: {_time(self.total_seconds)}"])

    __repr__ = __str__

    def plot(self, path: Any = None) -> Any:
        """Bars of time, FLOPs and output memory; saved to `path` if given. Returns the figure. Needs matplotlib."""
        from ..utils.charts import plot_bars

        columns = {
            "time (ms)": [cost.seconds * 1e3 for cost in self.layers],
            "MFLOPs": [cost.flops / 1e6 for cost in self.layers],
            "output (KB)": [cost.output_bytes / 1e3 for cost in self.layers],
        }
        return plot_bars([cost.name for cost in self.layers], columns, path)


def profile_model(model: Any, x: Any, repeats: int = 10, expand_nested: bool = False) -> Profile:
    """See `Model.profile`."""
    from . import arrays

    integer("profile", "repeats", repeats)
    data = arrays.prepare(x)
    model._make_ready(data, False)
    calls = _calls(model, data.x, expand_nested)
    costs = [_cost(layer, args, kwargs, repeats) for layer, args, kwargs in calls]
    step = model._step("predict", data)
    return Profile(model.name, data.size, costs, _fastest(lambda: step.run(data.leaves), repeats))


def _calls(model: Any, x: Any, expand: bool) -> list[tuple[Any, tuple[Any, ...], dict[str, Any]]]:
    """The calls of layers and ops in one prediction, with their data."""
    found: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []
    depth = 0
    with _watched(model) as watch:

        def call(layer: Any, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            nonlocal depth
            inner = expand and _is_container(layer)
            if depth == 0 and layer is not model and not inner:
                found.append((layer, args, kwargs))
            counts = layer is not model and not inner
            depth += counts
            try:
                return original(layer, *args, **kwargs)
            finally:
                depth -= counts

        watch(call)
        Layer.__call__(model, x, training=False)  # a model's own may run the compiled program instead
    return found


def _is_container(layer: Any) -> bool:
    from .model import Model

    return isinstance(layer, Model)


@contextmanager
def _watched(model: Any) -> Iterator[Callable[[Callable[..., Any]], None]]:
    """Lets a function stand between layers (and the ops of a graph) and their callers."""
    from ..ops.operation import FunctionOperation

    kinds = {type(layer) for layer in model._flatten_layers()} | {Layer, FunctionOperation}
    owners = {next(c for c in kind.__mro__ if "__call__" in vars(c)) for kind in kinds}
    originals = {owner: vars(owner)["__call__"] for owner in owners}

    def watch(function: Callable[..., Any]) -> None:
        def between(original: Callable[..., Any]) -> Callable[..., Any]:
            inside: set[int] = set()  # a call may go on to the same method of a base

            def call(self: Any, *args: Any, **kwargs: Any) -> Any:
                if id(self) in inside:
                    return original(self, *args, **kwargs)
                inside.add(id(self))
                try:
                    return function(self, original, *args, **kwargs)
                finally:
                    inside.discard(id(self))

            return call

        for owner, original in originals.items():
            owner.__call__ = between(original)  # type: ignore[method-assign]

    try:
        yield watch
    finally:
        for owner, original in originals.items():
            owner.__call__ = original  # type: ignore[method-assign]


def _cost(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], repeats: int) -> LayerCost:
    values = [leaf for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, Tensor)]
    symbols = [_core.symbolic(list(value.shape), value.dtype) for value in values]
    for symbol, value in zip(symbols, values):
        mask = getattr(value, "_keras_mask", None)
        if mask is not None:
            symbol._keras_mask = mask
    stand_in = dict(zip(map(id, values), symbols))
    symbolic_args, symbolic_kwargs = tree.map_structure(lambda leaf: stand_in.get(id(leaf), leaf), (args, kwargs))
    program = _core.Program()
    with _core.Trace() as trace:
        outputs = tree.flatten(layer(*symbolic_args, **symbolic_kwargs))
    if isinstance(layer, Layer):
        layer._clear_losses()
    names = [(f"input_{i}", symbol) for i, symbol in enumerate(symbols)]
    results = [(f"output_{i}", output) for i, output in enumerate(outputs) if isinstance(output, Tensor)]
    program.add_entry("call", names, results, trace)
    shapes = tree.map_structure(lambda t: t.shape, outputs[0] if len(outputs) == 1 else outputs)
    weights = [weight.value for weight in getattr(layer, "weights", [])]
    return LayerCost(
        layer.name,
        type(layer).__name__,
        shapes,
        _fastest(lambda: program.run("call", values), repeats),
        count_flops([output for _, output in results]),
        sum(w.numpy().nbytes for w in weights),
        sum(t.numpy().nbytes for t in program.run("call", values)),
        program.plan_bytes("call", [value.numpy().shape for value in values])["arena"],
    )


def _fastest(run: Callable[[], Any], repeats: int) -> float:
    """The shortest of some runs, after one that makes the plan."""
    run()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return max(min(found), 1e-9)


def _time(seconds: float) -> str:
    return (
        f"{seconds * 1e6:.1f} us"
        if seconds < 1e-3
        else f"{seconds * 1e3:.2f} ms"
        if seconds < 1
        else f"{seconds:.2f} s"
    )


def _count(number: int) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("K", 1e3)):
        if number >= size:
            return f"{number / size:.2f} {unit}"
    return str(number)


def _bytes(number: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} B"
