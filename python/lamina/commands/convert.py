"""`lamina convert`: the model of one file in a file of another kind."""

from __future__ import annotations

import os
import shutil
from argparse import ArgumentParser, Namespace
from typing import Any

from ..checks import explain
from .arguments import MODELS, WEIGHTS, model_file, need_file, open_model, path_ending

EXAMPLES = """\
  lamina convert trained.keras model.lamina      from Keras to C++
  lamina convert model.lamina model.keras        and back
  lamina convert old.h5 model.keras              from Keras 2 to Keras 3
  lamina convert model.keras model.onnx          for other runtimes (pip install 'lamina[onnx]')
  lamina convert model.keras model.safetensors   the weights alone
  lamina convert model.keras model.weights.json --shard-size 2
  lamina convert model.keras new.keras --weights model.safetensors

Files with a model are .lamina, .keras, .h5 and .hdf5. ONNX is written only. Weights alone (.safetensors, .weights.h5,
and .weights.json with several files) are written, and read by --weights into the model of FROM. A file that is there
is replaced. From .lamina to .lamina the programs stay as they are. Those from other files are made anew: in C++ a
compiled model is trained with labels like its outputs; with int64 numbers of classes for sparse losses.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Both files."""
    parser.add_argument("source", metavar="FROM", type=model_file, help="a file with a model")
    parser.add_argument(
        "target", metavar="TO", type=path_ending(*MODELS, *WEIGHTS, ".onnx"), help="the file to write, of any kind"
    )
    parser.add_argument(
        "--weights",
        metavar="FILE",
        type=path_ending(*MODELS[1:], *WEIGHTS),
        help="give the model the weights of this file first",
    )
    parser.add_argument(
        "--shard-size",
        metavar="GB",
        type=float,
        default=5.0,
        help="the size of each file with weights of a .weights.json (default: 5)",
    )


def run(options: Namespace) -> int:
    """Reads, writes, and says what was written."""
    source, target = options.source, options.target
    if os.path.exists(target) and os.path.samefile(source, target):
        raise ValueError(
            explain("A file cannot be converted to itself.", "two files", repr(target), "choose another name.")
        )
    if source.endswith(".lamina") and target.endswith(".lamina"):
        print(f"wrote {target} ({_keep_programs(source, target, options.weights)})")
        return 0
    model = open_model(source)
    if options.weights is not None:
        model.load_weights(options.weights)
    print(f"wrote {target} ({_write(model, target, options.shard_size)})")
    return 0


def _keep_programs(source: str, target: str, weights: str | None) -> str:
    """Writes the model with the programs it has, and other weights if they are given."""
    from .. import _core

    need_file(source)
    program, metadata = _core.load(source)  # verified
    if weights is None:
        from ..saving.atomic import replacing

        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
    else:
        from ..models.programs import name_variables
        from ..saving.model_file import golden_inputs

        model = open_model(source)
        model.load_weights(weights)
        name_variables(model)
        held = {variable.name: variable for variable in program.variables}
        for variable in [*model.variables, *(model.optimizer.variables if model.compiled else ())]:
            held[variable.core.name].assign(variable.core.value)
        program.save(target, metadata, golden_inputs(program, model))
    return "predictions and training" if program.has_entry("train_step") else "predictions"


def _write(model: Any, path: str, shard_size: float) -> str:
    """Writes the model; the result says what of it is in the file."""
    if path.endswith(".onnx"):
        model.export(path, verbose=False)
        return "predictions"
    if path.endswith(WEIGHTS):
        if path.endswith(".json"):
            model.save_weights(path, max_shard_size=shard_size)
        else:
            model.save_weights(path)
        return "weights"
    trains = "predictions and training" if model.compiled else "predictions"
    if path.endswith(".lamina"):
        trains = _prepare(model)
    model.save(path)
    return trains


def _prepare(model: Any) -> str:
    """Gives the model what a C++ program trains with, as `fit` would have done."""
    from .samples import know_training

    try:
        return "predictions and training" if know_training(model) else "predictions"
    except (ValueError, TypeError, NotImplementedError):
        return "predictions; for training in C++ too, run `fit` in Python and save the model there"
