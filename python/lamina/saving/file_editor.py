"""Looking at the weights in a file of Keras, and changing them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..checks import explain
from .atomic import replacing
from .hdf5 import Entry, array_at, child, is_array, is_group, opened, write_arrays
from .hdf5_attributes import attributes
from .hdf5_writing import written
from .json_text import read_json
from .state_walk import save_state

Tree = dict[str, Any]  # of objects by name; those with weights hold arrays by name


class KerasFileEditor:
    """The weights in a `.keras` or `.weights.h5` file as a tree that can be edited and written to another file.

    `weights_dict` is that tree; `config` and `metadata` are those of a `.keras` file. Objects are named by their path,
    as in 'layers/dense_1', or by the last part of it where only one has that name. Nothing of the file is run.
    ValueError for other endings, damaged files, and names that are not there.

    >>> import tempfile, os, lamina
    >>> model = lamina.Sequential([lamina.Input((2,)), lamina.layers.Dense(1)])
    >>> path = os.path.join(tempfile.mkdtemp(), "m.weights.h5")
    >>> model.save_weights(path)
    >>> editor = lamina.saving.KerasFileEditor(path)
    >>> editor.rename_object("dense", "dense_1")
    >>> editor.weights_dict["layers"]["dense_1"]["0"].shape
    (2, 1)
    """

    def __init__(self, filepath: Any) -> None:
        from .keras_file import open_parts

        self.filepath = os.fspath(filepath)
        self.config: Any = None
        self.metadata: Any = None
        self.object_metadata: dict[str, dict[str, Any]] = {}
        if self.filepath.endswith(".keras"):
            with open_parts(self.filepath) as (texts, weights):
                self.config, self.metadata = (read_json(text, self.filepath) for text in texts)
                self.weights_dict = self._read(weights, "", [])
        elif self.filepath.endswith(".weights.h5"):
            with opened(self.filepath, self.filepath) as file:
                self.weights_dict = self._read(file, "", [])
        else:
            raise ValueError(
                explain(
                    "The file cannot be edited.", "a '.keras' or '.weights.h5' file", repr(self.filepath), "convert it."
                )
            )

    def _read(self, group: Any, path: str, above: list[Any]) -> Tree:
        """The tree below a group. Groups that hold themselves are left out."""
        found: Tree = {}
        if len(group.attrs) and path:
            self.object_metadata[path] = attributes(group)
        for name in group:
            below = f"{path}/{name}" if path else name
            inner = child(group, name)
            if is_array(inner):
                found[name] = array_at(group, name)
                continue
            if not is_group(inner) or inner in above:
                continue
            if name == "vars":
                if len(inner.attrs):
                    self.object_metadata[path] = attributes(inner)
                found.update(Entry(inner).items())
            else:
                tree = self._read(inner, below, [*above, inner])
                if tree:
                    found[name] = tree
        return found

    def summary(self) -> None:
        """Prints the objects with the names and shapes of their weights."""
        print("Weights structure")
        for line in self._lines(self.weights_dict, "", "  "):
            print(line)

    def _lines(self, tree: Tree, path: str, indent: str) -> list[str]:
        lines = []
        for i, (name, value) in enumerate(tree.items()):
            last = i == len(tree) - 1
            start, below = f"{indent}{'└─' if last else '├─'} {name}", f"{path}/{name}" if path else name
            if isinstance(value, dict):
                given = self.object_metadata.get(below, {}).get("name")
                lines.append(f"{start} ('{given}')" if given is not None else start)
                lines += self._lines(value, below, f"{indent}{'   ' if last else '│  '}")
            else:
                array = np.asarray(value)
                lines.append(f"{start}: shape={array.shape}, dtype={array.dtype}")
        return lines

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Prints where the weights differ from those of a model in name or shape.

        Returns 'status' ('success' or 'error'), 'error_count' and 'match_count'.
        """
        wanted: dict[str, tuple[int, ...]] = {}

        def note(path: str, arrays: dict[str, Any], name: Any) -> None:
            wanted.update({f"{path}/{key}".lstrip("/"): np.shape(array) for key, array in arrays.items()})

        save_state(reference_model, note)
        found = dict(_shapes(self.weights_dict, ""))
        same = [path for path, shape in wanted.items() if found.get(path) == shape]
        for path in sorted({*wanted, *found} - set(same)):
            shapes = (f"shape {of[path]}" if path in of else "none" for of in (found, wanted))
            print("...{}: {} in the file, {} in the model".format(path, *shapes))
        errors = len({*wanted, *found}) - len(same)
        print(f"{len(same)} weights match, {errors} do not")
        return {"status": "error" if errors else "success", "error_count": errors, "match_count": len(same)}

    # Editing.

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Gives an object another name, in the same place. ValueError when that is a path."""
        if "/" in new_name:
            raise _no_such("new name", "a name without '/'", new_name)
        owner, name = self._find(object_name)
        owner[new_name] = owner.pop(name)

    def delete_object(self, object_name: str) -> None:
        """Takes an object and all below away."""
        owner, name = self._find(object_name)
        del owner[name]

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Adds an object at a path whose parents are there, with arrays by name ('0', '1', ...)."""
        above, _, name = object_path.rpartition("/")
        owner = self.weights_dict
        for part in above.split("/") if above else ():
            owner = owner[part] if isinstance(owner.get(part), dict) else self._missing(above)
        owner[name] = _arrays(weights)

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Takes one weight of an object away."""
        owner, name = self._find(object_name)
        if not isinstance(owner[name], dict) or weight_name not in owner[name]:
            raise _no_such("weight", f"one of {sorted(owner[name])}", weight_name)
        del owner[name][weight_name]

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Adds arrays by name to an object, or replaces those it has."""
        owner, name = self._find(object_name)
        owner[name].update(_arrays(weights))

    def _find(self, name: str) -> tuple[Tree, str]:
        """The tree that holds an object, and its name there."""
        *above, last = name.split("/")
        if above:
            owner: Any = self.weights_dict
            for part in above:
                owner = owner.get(part) if isinstance(owner, dict) else None
            owners = [owner] if isinstance(owner, dict) and last in owner else []
        else:
            owners = list(_owners(self.weights_dict, last))
        if len(owners) != 1:
            known = [path for path, value in _objects(self.weights_dict, "") if isinstance(value, dict)]
            raise _no_such("object", f"one of {known[:20]}" if not owners else "a whole path, as several fit", name)
        return owners[0], last

    def _missing(self, path: str) -> Any:
        raise _no_such("path", "objects that are there", path)

    # Writing.

    def save(self, filepath: Any) -> None:
        """Writes the weights to a `.weights.h5` file. ValueError for other endings."""
        path = os.fspath(filepath)
        if not path.endswith(".weights.h5"):
            raise ValueError(
                explain("The weights cannot be saved.", "a '.weights.h5' file", repr(path), "choose another ending.")
            )
        with replacing(path) as temporary, written(temporary) as file:
            self._write(file, self.weights_dict, "")

    def resave_weights(self, filepath: Any) -> None:
        """`save`, under the name it has in examples."""
        self.save(filepath)

    def _write(self, file: Any, tree: Tree, path: str) -> None:
        arrays = {name: value for name, value in tree.items() if not isinstance(value, dict)}
        name = self.object_metadata.get(path, {}).get("name")
        write_arrays(file, f"{path}/vars" if path else "vars", arrays, name if arrays else None)
        for name, value in tree.items():
            if isinstance(value, dict):
                self._write(file, value, f"{path}/{name}" if path else name)


def _objects(tree: Tree, path: str) -> list[tuple[str, Any]]:
    """All objects and arrays of a tree by their paths."""
    found: list[tuple[str, Any]] = []
    for name, value in tree.items():
        below = f"{path}/{name}" if path else name
        found.append((below, value))
        if isinstance(value, dict):
            found += _objects(value, below)
    return found


def _shapes(tree: Tree, path: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(below, np.shape(value)) for below, value in _objects(tree, path) if not isinstance(value, dict)]


def _owners(tree: Tree, name: str) -> list[Tree]:
    """The trees in which there is something of that name."""
    found = [tree] if name in tree else []
    for value in tree.values():
        if isinstance(value, dict):
            found += _owners(value, name)
    return found


def _arrays(weights: Any) -> dict[str, np.ndarray]:
    if not isinstance(weights, dict) or not all(isinstance(name, str) for name in weights):
        raise _no_such("value of `weights`", "a dict of arrays by name, such as {'0': kernel, '1': bias}", weights)
    return {name: np.asarray(value) for name, value in weights.items()}


def _no_such(what: str, expected: str, received: Any) -> ValueError:
    return ValueError(explain(f"There is no such {what}.", expected, f"{received!r:.200}", "see editor.summary()."))
