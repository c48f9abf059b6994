"""`lamina inspect`: what a file holds, and whether it is whole."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from typing import Any

from .arguments import MODELS, WEIGHTS, counted, is_weights, need_file, open_model, path_ending

EXAMPLES = """\
  lamina inspect digits.lamina
  lamina inspect resnet.keras --nested
  lamina inspect digits.weights.h5
  lamina inspect large.weights.json
  lamina inspect digits.safetensors
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The file, and how much is shown."""
    parser.add_argument("file", metavar="FILE", type=_file, help=f"a file that ends with {', '.join(MODELS + WEIGHTS)}")
    parser.add_argument("--nested", action="store_true", help="show the layers inside of layers too")


def _file(text: str) -> str:
    return text if os.path.isdir(text) else path_ending(*MODELS, *WEIGHTS)(text)


def run(options: Namespace) -> int:
    """Shows the file. A damaged one is refused: the error says what is wrong with it."""
    path = options.file
    need_file(path)
    if path.endswith(".safetensors"):
        from .. import _core

        tensors = _core.read_tensors(path)
        _show_arrays(path, ((name, tensor.numpy()) for name, tensor in tensors.items()))
    elif path.endswith(".weights.json"):
        from ..saving.weights_file import stored_weights

        with stored_weights(path) as weights:
            _show_arrays(path, list(weights.arrays()))
    elif is_weights(path):
        from ..saving.file_editor import KerasFileEditor

        _show_arrays(path, _arrays(KerasFileEditor(path).weights_dict, ""))
    elif path.endswith(".lamina"):
        _show_lamina_file(path, options.nested)
    else:
        _show_model(path, open_model(path), options.nested)
    return 0


def _arrays(tree: dict[str, Any], above: str) -> Iterable[tuple[str, Any]]:
    """All arrays in a tree of objects, with their paths."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _arrays(value, f"{above}{name}/")
        else:
            yield f"{above}{name}", value


def _show_lamina_file(path: str, nested: bool) -> None:
    from .. import _core

    program, metadata = _core.load(path)  # verifies checksums and golden values
    if "model" in metadata:
        _show_model(path, open_model(path), nested)
    else:
        _show_arrays(path, ((variable.name, variable.value.numpy()) for variable in program.variables))
    golden = sum(name.startswith("golden/output/") for name in _core.read_tensors(path))
    names = ("predict", "train_step", "evaluate_step", "results", "reset_metrics", "finish_training")
    print(f"Programs: {', '.join(name for name in names if program.has_entry(name))}")
    print("Checksums: all right")
    checked = f"passed for {counted(golden, 'output')}" if golden else "the file has no values for it"
    print(f"Golden check: {checked}")


def _show_model(path: str, model: Any, nested: bool) -> None:
    _show_title(path)
    model.summary(expand_nested=nested)
    for title in ("input", "output"):
        try:
            known = list(zip(getattr(model, f"{title}_names"), getattr(model, f"{title}s")))
        except (AttributeError, ValueError):  # a model that knows no symbolic inputs
            continue
        for name, tensor in known:
            print(f"{title.capitalize()} {name}: {tuple(tensor.shape)} {tensor.dtype}")
    print(f"Compiled: {_compiled(model)}")


def _compiled(model: Any) -> str:
    if not model.compiled:
        return "no"
    record = model.get_compile_config() or {}
    loss, metrics = record.get("loss"), record.get("metrics")
    found = [f"optimizer {type(model.optimizer).__name__}", f"loss {_named(loss)}"]
    return ", ".join([*found, f"metrics {_named(metrics)}"] if metrics else found)


def _named(thing: Any) -> str:
    """The names in a record of losses or metrics."""
    if isinstance(thing, dict):
        return str(thing["class_name"]) if "class_name" in thing else ", ".join(map(_named, thing.values()))
    return ", ".join(map(_named, thing)) if isinstance(thing, (list, tuple)) else str(thing)


def _show_arrays(path: str, arrays: Iterable[tuple[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    from ..models.summary import _memory

    table, count, size = Table(), 0, 0
    for title in ("Array", "Shape", "Type"):
        table.add_column(title, overflow="fold")
    table.add_column("Numbers", justify="right")
    for name, array in arrays:
        table.add_row(name, str(array.shape), str(array.dtype), f"{array.size:,}")
        count, size = count + array.size, size + array.nbytes
    _show_title(path)
    Console(width=100, highlight=False, color_system=None, markup=False).print(table)
    print(f"{counted(table.row_count, 'array')}, {count:,} numbers ({_memory(size)})")


def _show_title(path: str) -> None:
    from ..models.summary import _memory

    if os.path.isdir(path):
        print(f"{path}: a folder")
    else:
        print(f"{path}: {_memory(os.path.getsize(path))}")
