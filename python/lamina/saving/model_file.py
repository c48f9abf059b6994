"""One file for a whole model: `.lamina`. It holds the configuration, all variables, and the program that C++ runs."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import Any

import numpy as np

from .. import _core, tree
from ..checks import explain
from ..layers.ragged import Padded
from ..ops.convert import array_to_tensor, zeros_of
from .assets import kept_texts, take_texts
from .budget import weight_budget


def save_lamina_file(model: Any, path: str) -> None:
    """Writes `model` to a `.lamina` file. The file appears whole or not at all."""
    program, golden = _program(model)
    with suppress(OSError):  # the engine says what is wrong with the path
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    program.save(path, _metadata(model), golden)


def _metadata(model: Any) -> dict[str, str]:
    from .. import __version__
    from .serialization import serialize_keras_object

    record = serialize_keras_object(model)
    record["compile_config"] = model.get_compile_config()
    record["quantized"] = [
        [i, layer.quantization_mode, serialize_keras_object(layer.quantization_config)]
        for i, layer in enumerate(model._flatten_layers())
        if getattr(layer, "_is_quantized", False)
    ]
    record["assets"] = kept_texts(model)
    names = [v.core.name for v in model.variables]
    return {
        "lamina_version": __version__,
        "model": json.dumps(record, allow_nan=True),
        "variables": json.dumps(names),
    }


def _program(model: Any) -> tuple[Any, list[Any] | None]:
    """The model as one program with all the entries that are known, and inputs to verify ports with."""
    from ..models.arrays import Data
    from ..models.programs import name_variables, trace_finish

    program = _core.Program()
    inputs = _input_like(model)
    trained = getattr(model, "_last_data", None)
    model._trace("predict", Data(inputs), program)
    if trained is not None:
        for entry in ("train_step", "evaluate_step"):
            model._trace(entry, trained, program)
        model._trace("results", None, program)
        model._trace("reset_metrics", None, program)
        trace_finish(model, program)
    name_variables(model)
    present = {v.name for v in program.variables}
    everything = [*model.variables]
    if model.compiled:
        everything += [*model.optimizer.variables, *model._sampler]
    for variable in everything:
        if variable.core.name not in present:
            present.add(variable.core.name)
            program.add_variable(variable.core)
    return program, golden_inputs(program, model)


def _samples(model: Any) -> int:
    """A number of samples that the model takes: any does, unless its inputs are made for one."""
    try:
        sizes = {t.shape[0] for t in tree.flatten(model.input)} - {None}
    except (AttributeError, ValueError):
        sizes = set()
    return sizes.pop() if len(sizes) == 1 else 2


def _input_like(model: Any) -> Any:
    """Empty inputs of the right kind, from the model's symbolic inputs or the shapes it was built with."""

    def empty(shape: Any, dtype: str) -> Any:
        return zeros_of((0, *(1 if n is None else n for n in shape[1:])), dtype)

    if getattr(model, "_last_data", None) is not None:
        return model._last_data.x
    try:
        structure = model.input
    except (AttributeError, ValueError):
        from ..layers.shapes import map_shapes

        shapes = (model._build_shapes or {}).get("input_shape")
        if shapes is None:
            raise ValueError(
                explain(
                    f"Model {model.name!r} cannot be saved or exported: its inputs are not known.",
                    "a model that was called on data or built for a shape",
                    "neither",
                    "call it once on data first.",
                )
            ) from None
        return map_shapes(lambda shape: empty(shape, model.compute_dtype), shapes)

    def like(t: Any) -> Any:
        values = empty(t.shape, t.dtype)
        return Padded(values, empty(values.shape[:2], "bool")) if t.ragged else values

    return tree.map_structure(like, structure)


_TEXTS = ("The quick, brown fox", "jumps", "Über den\tfaulen Hund 1 2 3.")
_UNKNOWN_SIZES = (4, 16, 64)  # tried for sizes that a model leaves open


def golden_inputs(program: Any, model: Any) -> list[Any] | None:
    """Samples of fixed pseudo-random numbers (zeros for ints, which may be indices) and texts that the model can take.

    None if there are none, or if a prediction changes variables: then no two of them are the same.
    """
    random = np.random.default_rng(0)
    samples = _samples(model)
    entry = program.entry("predict")
    before = [(variable, variable.value.numpy().copy()) for variable in program.variables if not variable.trainable]
    for size in _UNKNOWN_SIZES:
        golden = []
        for _, shape, dtype in entry.inputs:
            sizes = [samples, *(size if n is None else n for n in shape[1:])]
            if dtype in ("float32", "float64"):
                golden.append(array_to_tensor(random.standard_normal(sizes).astype(dtype)))
            elif dtype == "string":
                golden.append(array_to_tensor(np.resize(np.array(_TEXTS), sizes)))
            else:
                golden.append(zeros_of(sizes, dtype))
        try:
            program.run("predict", golden)
        except ValueError:
            if any(None in shape[1:] for _, shape, _ in entry.inputs):
                continue
            raise
        changed = [(variable, value) for variable, value in before if not np.array_equal(variable.value.numpy(), value)]
        for variable, value in changed:
            variable.assign(array_to_tensor(value))
        return None if changed else golden
    return None


def load_lamina_file(path: str, custom_objects: dict[str, Any] | None = None, compile: bool = True) -> Any:
    """The model of a `.lamina` file with weights and training state: training goes on where it ended.

    A `ProgramModel` for networks that were built in C++, which have no layers. ValueError for truncated or altered
    files, and unknown classes.
    """
    program, metadata = _core.load(path)
    if "model" not in metadata:
        return _program_model(program, metadata, path)
    from ..variables import undrawn
    from .json_text import read_json
    from .registration import CustomObjectScope
    from .serialization import deserialize_keras_object

    record = read_json(metadata["model"], path)
    if not isinstance(record, dict):
        raise _no_model(path, record)
    compile_config, quantized = record.pop("compile_config", None), record.pop("quantized", [])
    assets = record.pop("assets", [])
    with weight_budget(os.path.getsize(path), path), CustomObjectScope(custom_objects):
        with undrawn() as waiting:
            model = deserialize_keras_object(record)
        if not hasattr(model, "load_weights"):
            raise _no_model(path, model)
        take_texts(model, assets)
        _quantize_again(model, quantized)
        if compile and compile_config:
            model.compile_from_config(compile_config)
    restored = _restore(model, program, path)
    for variable, draw in waiting:
        if id(variable) not in restored:
            draw()
    return model


def _program_model(program: Any, metadata: dict[str, str], path: str) -> Any:
    """The model of a program without layers. ValueError when it does not predict."""
    if not program.has_entry("predict"):
        raise ValueError(
            explain(
                f"The file {path!r} holds a program but no model.",
                "a file written by model.save() in Python or C++",
                f"metadata {sorted(metadata)}, no entry 'predict'",
                "save the whole model.",
            )
        )
    from .program_model import ProgramModel

    return ProgramModel(program, metadata)


def _no_model(path: str, found: Any) -> ValueError:
    return ValueError(
        explain(
            f"The configuration in {path!r} is not that of a model.",
            "what model.save() wrote",
            f"{found!r:.80}",
            "save the model again.",
        )
    )


def _quantize_again(model: Any, records: Any) -> None:
    """Quantizes layers inside of others, whose configurations do not tell it. ValueError for what no file has."""
    from ..layers.quantized import QuantizableLayer
    from .serialization import deserialize_keras_object

    layers = dict(enumerate(model._flatten_layers()))
    for record in records if isinstance(records, list) else [records]:
        number, mode, config = record if isinstance(record, list) and len(record) == 3 else (None, None, None)
        layer = layers.get(number) if isinstance(number, int) else None
        if not isinstance(layer, QuantizableLayer):
            raise ValueError(
                explain(
                    "The file names a layer to be quantized that the model does not have.",
                    "[number of a layer, mode, configuration]",
                    repr(record)[:80],
                    "save the model again.",
                )
            )
        if not layer._is_quantized:
            layer.quantize(mode, type_check=False, config=deserialize_keras_object(config))


def _restore(model: Any, program: Any, path: str) -> set[int]:
    """Gives every variable the numbers of the file, and returns the ids of these.

    They stay where the file is mapped until they change. ValueError when one is missing or has another shape.
    """
    from ..models.programs import name_variables

    name_variables(model)
    stored = {variable.name: variable for variable in program.variables}
    wanted = list(model.variables)
    if model.compiled:
        wanted += [*model.optimizer.variables, *model._sampler]
    for variable in wanted:
        found = stored.get(variable.core.name)
        if found is None or tuple(found.shape) != tuple(variable.shape):
            raise ValueError(
                explain(
                    f"The file {path!r} does not fit the model it describes.",
                    f"a variable {variable.core.name!r} of shape {variable.shape}",
                    "none of that name" if found is None else f"shape {tuple(found.shape)}",
                    "use the classes the model was saved with.",
                )
            )
    for variable in wanted:
        found = stored[variable.core.name]
        if found.dtype == variable.core.dtype:
            variable.core.share(found)
        else:
            variable.assign(found.value)
    for state in (state for layer in model._flatten_layers() for state in layer._kept_states()):
        if state.core.name in stored:
            state.assign(stored[state.core.name].value)
    return set(map(id, wanted))
