"""Weights alone in HDF5 files of Keras 3: `.weights.h5`, or `.weights.json` with the weights in several files."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from ..checks import explain
from .atomic import replacing
from .hdf5 import Entry, group_at, opened, write_arrays
from .hdf5_writing import written
from .paths import need_file
from .state_walk import Loading, save_state

ONE, MANY = ".weights.h5", ".weights.json"
_MOST_JSON = 1 << 26  # bytes


def _vars(path: str) -> str:
    return f"{path}/vars" if path else "vars"


class WeightsStore:
    """The weights in one open HDF5 file, by the paths of objects."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def entry(self, path: str) -> Entry:
        """The arrays of the object at `path`; none if the file does not have it."""
        found = group_at(self._file, _vars(path))
        if found is None and "_layer_checkpoint_dependencies" in self._file:  # Keras 2.13
            found = group_at(self._file, _vars(path.replace("layers", "_layer_checkpoint_dependencies")))
        return Entry(found)

    def has(self, path: str) -> bool:
        """Whether there is anything at `path`."""
        return group_at(self._file, path) is not None


class ShardedStore:
    """The weights in several HDF5 files, which a JSON file names."""

    def __init__(self, path: str, stack: ExitStack) -> None:
        self._folder = os.path.dirname(os.path.abspath(path))
        self._stack = stack
        self._files: dict[str, Any] = {}
        self._map = _read_map(path)

    def _file(self, name: str) -> Any:
        if name not in self._files:
            self._files[name] = self._stack.enter_context(opened(os.path.join(self._folder, name), name))
        return self._files[name]

    def entry(self, path: str) -> Any:
        """The arrays of the object at `path`, from all files that have some of them."""
        names = self._map.get(f"/{_vars(path)}", [])
        entries = [Entry(group_at(self._file(name), _vars(path))) for name in names]
        return entries[0] if len(entries) == 1 else _Joined(entries)

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """All arrays, by the paths of objects and their own names."""
        for key in self._map:
            path = key.removeprefix("/").removesuffix("vars").removesuffix("/")
            for name, array in self.entry(path).items():
                yield f"{path}/{name}" if path else name, array

    def has(self, path: str) -> bool:
        """Whether there is anything at `path`."""
        return any(key == f"/{path}" or key.startswith(f"/{path}/") for key in self._map)


class _Joined(Entry):
    """Several entries as one."""

    def __init__(self, entries: list[Entry]) -> None:
        super().__init__(None)
        self._owners = {key: entry for entry in entries for key in entry}

    def __getitem__(self, key: str) -> np.ndarray:
        return self._owners[key][key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._owners)

    def __len__(self) -> int:
        return len(self._owners)


def _read_map(path: str) -> dict[str, list[str]]:
    """The names of files by the paths of groups. ValueError for other contents and for names of files elsewhere."""
    from .json_text import read_json

    need_file(path)
    if os.path.getsize(path) > _MOST_JSON:
        raise ValueError(
            explain(
                f"The file {path!r} is no list of weights.",
                f"at most {_MOST_JSON} bytes of JSON",
                f"{os.path.getsize(path)} bytes",
                "use an intact file.",
            )
        )
    with open(path, "rb") as file:
        record = read_json(file.read(), path)
    found = record.get("weight_map") if isinstance(record, dict) else None
    names = [[value] if isinstance(value, str) else value for value in found.values()] if isinstance(found, dict) else 0
    if not isinstance(names, list) or not all(isinstance(each, list) and all(map(_is_name, each)) for each in names):
        raise ValueError(
            explain(
                f"The file {path!r} is no list of weights.",
                "a 'weight_map' from paths to names of '.h5' files in the same folder",
                f"{record!r:.200}",
                "use an intact file.",
            )
        )
    return dict(zip(found, names))  # type: ignore[arg-type]


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name.endswith(".h5") and not any(c in name for c in "/\\:\0")


def save_weights_file(model: Any, path: str, max_shard_size: float | None) -> None:
    """Writes all weights and the state of the optimizer. With `max_shard_size` (in GB) in several files."""
    if max_shard_size is not None:
        _save_shards(model, path, max_shard_size)
        return
    with replacing(path) as temporary:
        write_weights(model, temporary)


def write_weights(model: Any, target: Any, assets: Any = None) -> None:
    """Writes weights to a path or into a file object, and assets into a folder."""
    with written(target) as file:
        save_state(model, lambda path, arrays, name: write_arrays(file, _vars(path), arrays, name), assets)


def _save_shards(model: Any, path: str, max_shard_size: float) -> None:
    if not path.endswith(MANY):
        renamed = f"{os.path.splitext(path)[0]}.json"
        warnings.warn(f"Weights in several files are listed in a '.json' file: {renamed!r}.", stacklevel=4)
        path = renamed
    limit = float(max_shard_size) * 1024**3
    folder, base = os.path.split(path.removesuffix(".json").removesuffix(".weights"))
    total, weight_map = 0, dict[str, list[str]]()
    with ExitStack() as stack:
        # The list is put in place last: the contexts end in reverse order.
        listed = stack.enter_context(replacing(path))
        files = stack.enter_context(ExitStack())  # closed before they are renamed
        names: list[str] = []
        size, file = 0, None

        def write(where: str, arrays: dict[str, Any], name: Any) -> None:
            nonlocal total, size, file
            for key, value in arrays.items():
                array = np.asarray(value)
                if array.nbytes > limit:
                    raise ValueError(
                        explain(
                            f"The weight {where}/{key} does not fit into one file.",
                            f"at most {limit:.0f} bytes, as `max_shard_size` is {max_shard_size} GB",
                            f"{array.nbytes} bytes",
                            "pass a larger `max_shard_size`.",
                        )
                    )
                if file is None or size + array.nbytes > limit:
                    names.append(f"{base}_{len(names):05}{ONE}")
                    temporary = files.enter_context(replacing(os.path.join(folder, names[-1])))
                    file, size = files.enter_context(written(temporary)), 0
                size, total = size + array.nbytes, total + array.nbytes
                write_arrays(file, _vars(where), {key: array}, name)
                holders = weight_map.setdefault(f"/{_vars(where)}", [])
                if names[-1] not in holders:
                    holders.append(names[-1])

        save_state(model, write)
        files.close()
        record = {
            "metadata": {"total_size": total},
            "weight_map": {key: held[0] if len(held) == 1 else held for key, held in weight_map.items()},
        }
        with open(listed, "w", encoding="utf-8") as text:
            json.dump(record, text, indent=4)


@contextmanager
def stored_weights(path: str) -> Iterator[Any]:
    """The weights of a `.weights.h5`, `.weights.json` or `.keras` file."""
    from .keras_file import opened_weights

    if path.endswith(MANY):
        with ExitStack() as stack:
            yield ShardedStore(path, stack)
    elif path.endswith(".keras"):
        with opened_weights(path) as file:
            yield WeightsStore(file)
    else:
        with opened(path, path) as file:
            yield WeightsStore(file)


def load_state(
    model: Any,
    store: Any,
    path: str,
    assets: Any = None,
    skip_mismatch: bool = False,
    objects_to_skip: Iterable[Any] | None = None,
) -> None:
    """Gives all objects of a model their state. ValueError, and no change, when some do not fit.

    With `skip_mismatch` these keep what they have, and a warning names them.
    """
    with unchanged_on_error(model):
        loading = Loading(store, assets, objects_to_skip)
        loading.load(model)
        if not loading.failed:
            return
        thing, error = next(iter(loading.failed.values()))
        text = explain(
            f"{len(loading.failed)} parts of model {model.name!r} do not fit the file {path!r}, the first of them "
            f"{thing!r}: {error}",
            "the weights of a model with the same layers in the same order",
            f"others for {', '.join(repr(other) for other, _ in loading.failed.values())}",
            "make the model as the saved one was made, or pass skip_mismatch=True to leave these parts as they are.",
        )
        if not skip_mismatch:
            raise ValueError(text) from error
    warnings.warn(text, stacklevel=4)


@contextmanager
def unchanged_on_error(model: Any) -> Iterator[None]:
    """Gives all variables their values back when the block fails."""
    variables = [*model.variables, *(model.optimizer.variables if model.compiled and model.optimizer else ())]
    before = [(variable, variable.core.value) for variable in variables]
    try:
        yield
    except Exception:
        for variable, value in before:
            variable.core.assign(value)
        raise
