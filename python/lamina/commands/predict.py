"""`lamina predict`: predictions for what is in files."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import Any

from ..checks import explain
from .arguments import model_file, need_file, open_model, path_ending, positive

EXAMPLES = """\
  lamina predict digits.lamina images.npy                        prints the predictions
  lamina predict digits.lamina images.npy -o scores.npy          writes them
  lamina predict reviews.keras reviews.txt -o scores.npy         one text per line
  lamina predict pair.keras left.npy right.npy                   several inputs, in order
  lamina predict pair.keras right=right.npy left=left.npy        or by name
  lamina predict heads.keras images.npy -o scores.npz            several outputs, by name
"""

_INPUTS = (".npy", ".txt")


def add_arguments(parser: ArgumentParser) -> None:
    """The model, the inputs and the output."""
    parser.add_argument("file", metavar="FILE", type=model_file, help="a file with a model")
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="+",
        type=_input,
        help="an array (.npy) whose first axis is the sample, or texts (.txt), one per line; or NAME=FILE",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUTPUT",
        type=path_ending(".npy", ".npz"),
        help="where the predictions are written (.npy, or .npz for several outputs) instead of printed",
    )
    parser.add_argument("--batch", type=positive, default=32, help="samples at a time (default: 32)")


def _input(text: str) -> tuple[str | None, str]:
    """A path, and the name of the input before it."""
    name, found, path = text.partition("=")
    named = (name, path) if found and not os.path.exists(text) else (None, text)
    if not named[1].endswith(_INPUTS):
        raise ArgumentTypeError(f"{named[1]!r} should end with {', '.join(_INPUTS)}")
    return named


def run(options: Namespace) -> int:
    """Predicts, and prints or writes the outputs."""
    import numpy as np

    from .. import tree

    model = open_model(options.file, compile=False)
    x = _arranged(model, options.inputs)
    shown = int(options.output is not None and sys.stdout.isatty())
    outputs = tree.flatten(model.predict(x, batch_size=options.batch, verbose=shown))
    arrays = [output.astype(str) if output.dtype == object else output for output in map(np.asarray, outputs)]
    named = dict(zip(_output_names(model, len(arrays)), arrays))
    if options.output is None:
        for name, array in named.items():
            print(f"{name}: {array.shape} {'texts' if array.dtype.kind == 'U' else array.dtype}")
            print(array)
        return 0
    _write(named, options.output)
    print(f"wrote {options.output} ({', '.join(f'{name} {array.shape}' for name, array in named.items())})")
    return 0


def _arranged(model: Any, inputs: list[tuple[str | None, str]]) -> Any:
    """The inputs as the model takes them. ValueError when their number or names are not the model's."""
    from .. import tree

    try:
        structure = model.input
        symbols = tree.flatten(structure)
        names = [t._keras_history.operation.name for t in symbols]
        ordered = list(model.input_names)
    except (AttributeError, ValueError):  # a model that knows no names
        arrays = [_read(path, None) for _, path in inputs]
        return arrays[0] if len(arrays) == 1 else arrays
    given = [name for name, _ in inputs]
    by_name = {name or position: path for (name, path), position in zip(inputs, ordered)}
    if len(given) != len(ordered) or (any(given) and not all(given)) or set(by_name) != set(ordered):
        raise ValueError(
            explain(
                f"The inputs do not fit model {model.name!r}.",
                f"{len(ordered)}, in this order or all by name: {', '.join(ordered)}",
                ", ".join(path if name is None else f"{name}={path}" for name, path in inputs),
                "pass one file per input, such as " + " ".join(f"{name}={name}.npy" for name in ordered) + ".",
            )
        )
    arrays = [_read(by_name[name], symbol) for name, symbol in zip(names, symbols)]
    return tree.pack_sequence_as(structure, arrays)


def _read(path: str, symbol: Any) -> Any:
    """The array or the texts in a file; texts in the rank that the input has. ValueError for damaged files."""
    import numpy as np

    need_file(path)
    try:
        if path.endswith(".npy"):
            return np.load(path, allow_pickle=False)
        with open(path, encoding="utf-8") as file:
            texts = np.array(file.read().splitlines())
    except (ValueError, EOFError) as error:
        raise ValueError(
            explain(
                f"The file {path!r} cannot be read.",
                "an array of numbers or texts as numpy.save writes it, or text in UTF-8",
                f"{type(error).__name__}: {error}",
                "write it again; arrays of Python objects are not read.",
            )
        ) from error
    return texts[:, None] if symbol is not None and len(symbol.shape) == 2 else texts


def _output_names(model: Any, count: int) -> list[str]:
    try:
        names = list(model.output_names)
    except (AttributeError, ValueError):
        names = []
    if len(names) == count == len(set(names)):
        return names
    return ["output" if i == 0 else f"output_{i}" for i in range(count)]


def _write(named: dict[str, Any], path: str) -> None:
    import zipfile

    import numpy as np

    from ..saving.atomic import replacing

    if path.endswith(".npy") and len(named) > 1:
        raise ValueError(
            explain(
                "A .npy file holds one array.",
                "a model with one output, or a path that ends with '.npz'",
                f"{path!r} for the outputs {', '.join(named)}",
                f"use -o {path.removesuffix('.npy')}.npz.",
            )
        )
    with replacing(path) as temporary:
        if path.endswith(".npy"):
            np.save(temporary, next(iter(named.values())), allow_pickle=False)
            return
        with zipfile.ZipFile(temporary, "w") as archive:  # what numpy.savez does, but for outputs of any name
            for name, array in named.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
