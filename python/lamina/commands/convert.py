"""`lamina convert`: the model of one file in a file of another kind."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import Any

from ..checks import explain
from .arguments import MODELS, WEIGHTS, model_file, open_model, path_ending

EXAMPLES = """\
  lamina convert trained.keras model.lamina      from Keras to C++
  lamina convert model.lamina model.keras        and back
  lamina convert old.h5 model.keras              from Keras 2 to Keras 3
  lamina convert model.keras model.onnx          for other runtimes (pip install 'lamina[onnx]')
  lamina convert model.keras model.safetensors   the weights alone
  lamina convert model.keras new.keras --weights model.safetensors

Files with a model are .lamina, .keras, .h5 and .hdf5. ONNX is written only. Weights alone (.safetensors, .weights.h5)
are written, and read by --weights into the model of FROM. A file that is there is replaced.
In C++ a compiled model is trained with labels like its outputs; with int64 numbers of classes for sparse losses.
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


def run(options: Namespace) -> int:
    """Reads, writes, and says what was written."""
    source, target = options.source, options.target
    if os.path.exists(target) and os.path.samefile(source, target):
        raise ValueError(
            explain("A file cannot be converted to itself.", "two files", repr(target), "choose another name.")
        )
    model = open_model(source)
    if options.weights is not None:
        model.load_weights(options.weights)
    print(f"wrote {target} ({_write(model, target)})")
    return 0


def _write(model: Any, path: str) -> str:
    """Writes the model; the result says what of it is in the file."""
    if path.endswith(".onnx"):
        model.export(path, verbose=False)
        return "predictions"
    if path.endswith(WEIGHTS):
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
