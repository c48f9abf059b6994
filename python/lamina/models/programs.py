"""Steps as native programs: each is traced once per kind of data, then run by the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core, tree
from ..layers.input import BATCH
from ..layers.ragged import Padded
from ..ops.convert import convert_to_tensor, zeros_of
from ..utils.naming import snake_case
from .arrays import Data, pack_x_y_sample_weight

Tensor = _core.Tensor


class Step:
    """A traced function: its program and entry, and how its flat outputs are to be read."""

    def __init__(self, program: Any, entry: str, structure: Any, key: Any = None) -> None:
        self.program = program
        self.entry = entry
        self.structure = structure  # the nest of the outputs, leaves None
        self.key = key  # the `data_key` of the data it takes, None for sizes that are open

    def run(self, leaves: list[Any]) -> Any:
        """The outputs for one batch."""
        return tree.pack_sequence_as(self.structure, self.program.run(self.entry, leaves))


def data_key(data: Data) -> Any:
    """What a trace depends on: structure, dtypes, and all sizes but the number of samples."""

    def describe(part: Any) -> Any:
        if isinstance(part, Tensor):
            return (part.dtype, part.shape[1:])
        if isinstance(part, dict):
            return tuple((key, describe(value)) for key, value in sorted(part.items()))
        return None if part is None else tuple(map(describe, part))

    return tuple(map(describe, data))


def example(data: Data) -> Data:
    """The same structure with an empty array of each leaf's kind: enough to trace the step again."""

    def empty(tensor: Any) -> Any:
        return zeros_of((0, *tensor.shape[1:]), tensor.dtype)

    return Data(*(tree.map_structure(empty, part, none_is_leaf=False) for part in data))


def fits(key: Any, data: Any) -> bool:
    """Whether data of one key may go to a step of the other one, in which sizes may be open."""
    if isinstance(key, tuple) and isinstance(data, tuple):
        return len(key) == len(data) and all(map(fits, key, data))
    return key == data or (key is None and isinstance(data, int))


def placeholders(model: Any, data: Data) -> tuple[Data, list[tuple[str, Any]]]:
    """Symbolic data like `data`, with any number of samples; sizes the model's inputs leave open stay open."""
    named: list[tuple[str, Any]] = []
    leaves = _inputs(data.x)
    references = _references(model, data.x)
    names = _names("x", leaves) if references is None else [t._keras_history.operation.name for t in references]
    dims = [None] * len(leaves) if references is None else [t.dims[1:] for t in references]
    is_open = any(not isinstance(n, int) for d in dims if d is not None for n in d)

    def symbol(name: str, tensor: Any, dims: Any = None) -> Any:
        """A placeholder for what is like the tensor; `dims` are its sizes without the batch, if they fit."""
        if tensor is None:
            return tree.MAP_TO_NONE
        if isinstance(tensor, Padded):
            mask = None if dims is None else dims[:1]
            return Padded(symbol(name, tensor.values, dims), symbol(f"{name}_mask", tensor.mask, mask))
        rest = list(tensor.shape[1:]) if dims is None or len(dims) != tensor.ndim - 1 else dims
        placeholder = _core.symbolic([BATCH, *rest], tensor.dtype, name)
        named.append((name, placeholder))
        return placeholder

    def part(what: str, values: Any, dims: list[Any] | None = None) -> Any:
        if values is None:
            return None
        leaves = tree.flatten(values)
        known = dims if dims is not None and len(dims) == len(leaves) else [None] * len(leaves)
        return tree.pack_sequence_as(values, map(symbol, _names(what, leaves), leaves, known))

    symbols = iter([symbol(name, leaf, d if is_open else None) for name, leaf, d in zip(names, leaves, dims)])
    x = tree.traverse(lambda nest: next(symbols) if _is_input(nest) else None, data.x)
    label_dims: list[Any] | None = None
    if is_open and data.y is not None:
        outputs = [t.dims for t in tree.flatten(model.compute_output_spec(x))]
        label_dims = [_label_dims(label, dims) for label, dims in zip(tree.flatten(data.y), outputs)]
    y = part("y", data.y, label_dims)
    return Data(x, y, part("sample_weight", data.sample_weight)), named


def _is_input(nest: Any) -> bool:
    """Whether a part of the inputs belongs to one input of a model."""
    return isinstance(nest, Padded) or not tree.is_nested(nest)


def _inputs(x: Any) -> list[Any]:
    """The data of each input: tensors, rows of different lengths, or None where an optional one is missing."""
    found: list[Any] = []
    tree.traverse(lambda nest: found.append(nest) or tree.MAP_TO_NONE if _is_input(nest) else None, x)  # type: ignore[func-returns-value]
    return found


def _references(model: Any, x: Any) -> list[Any] | None:
    """The symbolic inputs of the model that the parts of `x` are for; None when that is not known."""
    try:
        structure, inputs = model.input, tree.flatten(model.inputs)
    except (AttributeError, ValueError):
        return None
    if isinstance(x, dict):
        by_name = {t._keras_history.operation.name: t for t in inputs}
        by_name.update(structure if isinstance(structure, dict) else {})
        keys = [path for path, _ in tree.flatten_with_path(dict.fromkeys(x, 0))]
        if all(key in by_name for (key,) in keys):
            return [by_name[key] for (key,) in keys]
    return inputs if len(inputs) == len(_inputs(x)) else None


def _label_dims(label: Any, output: Any) -> list[Any] | None:
    """Sizes of labels: where the output's size is open, so is the label's."""
    if not len(output) - 1 <= label.ndim <= len(output):
        return None
    return [o if isinstance(o, _core.Dim) else n for n, o in zip(label.shape[1:], output[1:])]


def _names(what: str, values: Any, known: list[str] | None = None) -> list[str]:
    count = 0 if values is None else len(tree.flatten(values))
    if known is not None and len(known) == count:
        return known
    return [what if i == 0 else f"{what}_{i}" for i in range(count)]


def name_variables(model: Any, trace: Any = None, counted: bool = False) -> None:
    """Gives every variable of the model the name it has in programs and files: the path from the model down.

    What else `trace` uses keeps its name, with a number where that name is taken. With `counted` automatic names of
    layers are counted anew also where a configuration holds them: two models made alike have the same names.
    """
    from ..optimizers import Optimizer

    taken: set[str] = set()
    named: set[int] = set()

    def name(variable: Any, wanted: str) -> None:
        unique, i = wanted, 0
        while unique in taken:
            i += 1
            unique = f"{wanted}_{i}"
        core = getattr(variable, "core", variable)
        taken.add(unique)
        named.add(id(core))
        if core.name != unique:
            core.name = unique

    seen: set[int] = set()

    def walk(layer: Any, prefix: str) -> None:
        seeds = (seed.state for seed in layer._seed_generators())
        own = [*layer._variables_of_its_own(), *seeds, *layer._kept_states()]
        unnamed = 0
        for variable in own:
            wanted = variable.name
            if _is_automatic(wanted, "variable"):  # an automatic name: count within the layer instead
                wanted = f"variable_{unnamed}" if unnamed else "variable"
                unnamed += 1
            if id(variable) not in seen:
                seen.add(id(variable))
                name(variable, prefix + wanted)
        counts: dict[str, int] = {}
        by_kind = counted or not _keeps_names(layer)
        for child in layer._layers:
            wanted, base = child.name, snake_case(type(child).__name__)
            if by_kind and _is_automatic(wanted, base):
                # The number in an automatic name depends on what was made before: count within the parent instead.
                wanted = f"{base}_{counts[base]}" if base in counts else base
                counts[base] = counts.get(base, 0) + 1
            walk(child, f"{prefix}{wanted}/")

    walk(model, "")
    optimizers = {"optimizer": getattr(model, "optimizer", None), **vars(model)}
    for attribute, optimizer in optimizers.items():
        for variable in optimizer.variables if isinstance(optimizer, Optimizer) else []:
            if id(variable) not in seen:
                seen.add(id(variable))
                reference = variable.reference
                own = variable.entry or variable.name
                if reference is not None:
                    own = f"{own}/{reference.core.name}"
                name(variable, f"{attribute}/{own}")
    for metric in model.metrics if model.compiled else []:
        for single in getattr(metric, "metrics", None) or [metric]:
            for variable in single.variables:
                if id(variable) not in seen:
                    seen.add(id(variable))
                    name(variable, f"metrics/{snake_case(single.name)}/{variable.name}")
    for core in [] if trace is None else trace.variables:
        if id(core) not in named:
            name(core, core.name)


def _is_automatic(name: str, base: str) -> bool:
    """Whether a name is `base`, or `base` with a number behind it."""
    rest = name.removeprefix(base)
    return rest != name and (not rest or (rest[0] == "_" and rest[1:].isdecimal()))


def training_variables(model: Any) -> list[Any]:
    """All variables that training changes: of the model, the order of samples, its optimizers and metrics."""
    from ..optimizers import Optimizer

    found = [*model.variables, *(model._sampler if model.compiled else ())]
    found += [state for layer in model._flatten_layers() for state in layer._kept_states()]
    for optimizer in (getattr(model, "optimizer", None), *vars(model).values()):
        found += optimizer.variables if isinstance(optimizer, Optimizer) else []
    for metric in model.metrics:
        found += [v for single in getattr(metric, "metrics", None) or [metric] for v in single.variables]
    return list({id(variable): variable for variable in found}.values())


def _keeps_names(layer: Any) -> bool:
    """Whether the configuration of the layer holds the names of its sub-layers."""
    from .functional import Functional
    from .sequential import Sequential

    return isinstance(layer, Sequential) or (
        isinstance(layer, Functional) and type(layer).get_config is Functional.get_config
    )


def flat_logs(logs: dict[str, Any]) -> dict[str, Any]:
    """Logs without dicts inside: what several metrics give together stands beside the others."""
    flat: dict[str, Any] = {}
    for name, value in logs.items():
        flat.update(flat_logs(value) if isinstance(value, dict) else {name: value})
    return flat


def _tensors(logs: dict[str, Any]) -> list[tuple[str, Any]]:
    """Logs as tensors, sorted by name."""
    return [(name, convert_to_tensor(value)) for name, value in sorted(flat_logs(logs).items())]


def trace_predict(model: Any, program: Any, data: Data) -> Step:
    """Adds the entry 'predict'."""
    symbols, named = placeholders(model, data)
    with _core.Trace() as trace:
        outputs = model.predict_step(pack_x_y_sample_weight(symbols.x))
    model._clear_losses()
    name_variables(model, trace)
    flat = tree.flatten(outputs)
    names = _names("output", flat, _output_names(model))
    program.add_entry("predict", named, list(zip(names, flat)), trace)
    return Step(program, "predict", tree.map_structure(lambda _: None, outputs), data_key(symbols))


def _output_names(model: Any) -> list[str] | None:
    try:
        return model.output_names
    except (AttributeError, ValueError):
        return None


def trace_step(model: Any, program: Any, entry: str, data: Data) -> Step:
    """Adds the entry 'train_step' or 'evaluate_step'. Logs other than the metrics' results are outputs of the entry."""
    function: Callable[..., Any] = model.train_step if entry == "train_step" else model.test_step
    symbols, named = placeholders(model, data)
    with _core.Trace() as trace:
        logs = function(pack_x_y_sample_weight(*symbols))
        outputs = _tensors(logs) if logs and model._has_own_step(entry) else []
    model._clear_losses()
    name_variables(model, trace)  # metrics are made while the first step is traced
    program.add_entry(entry, named, outputs, trace)
    return Step(program, entry, {name: None for name, _ in outputs}, data_key(symbols))


def trace_results(model: Any, program: Any) -> Step:
    """Adds the entry 'results': the loss and the metrics as they stand."""
    with _core.Trace() as trace:
        ordered = sorted(_tensors(model.get_metrics_result()), key=lambda item: item[0] != "loss")
    name_variables(model, trace)
    program.add_entry("results", [], ordered, trace)
    return Step(program, "results", [name for name, _ in ordered])


def trace_reset(model: Any, program: Any) -> Step:
    """Adds the entry 'reset_metrics'."""
    with _core.Trace() as trace:
        model.reset_metrics()
    name_variables(model, trace)
    program.add_entry("reset_metrics", [], [], trace)
    return Step(program, "reset_metrics", [])


def trace_finish(model: Any, program: Any) -> None:
    """Adds the entry 'finish_training', what the optimizer does when `fit` ends; nothing if it does nothing."""
    with _core.Trace() as trace:
        model.optimizer.finalize_variable_values(model.trainable_weights)
    if any(is_assigned for *_, is_assigned in trace.entries):
        program.add_entry("finish_training", [], [], trace)
