"""Datasets of files: one folder per class. What images, texts and sounds have in common."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..checks import choice, explain
from ..data.dataset import AUTOTUNE, Dataset


class Request(NamedTuple):
    """The arguments that all `*_dataset_from_directory` share."""

    owner: str
    directory: Any
    labels: Any
    label_mode: str | None
    class_names: Any
    batch_size: int | None
    shuffle: bool
    seed: int | None
    validation_split: float | None
    subset: str | None
    follow_links: bool
    format: str
    verbose: bool


class _Files(NamedTuple):
    paths: list[str]
    labels: np.ndarray | None
    class_names: list[str] | None


def read_directory(
    request: Request,
    endings: tuple[str, ...],
    load: Callable[[str], Any],
    to_batches: Callable[[Dataset, int], Dataset] | None = None,
) -> Any:
    """The dataset, or both datasets for subset='both'. `load` reads one file."""
    _check(request)
    seed = int(np.random.randint(10**6)) if request.seed is None else int(request.seed)  # noqa: NPY002 - as in Keras
    files = _index(request, endings, seed)

    def make(part: _Files, shuffle: bool) -> Dataset:
        dataset = Dataset.numbers(len(part.paths), shuffle, seed)
        if part.labels is None:
            dataset = dataset.map(lambda i: load(part.paths[i]), AUTOTUNE)
        else:
            targets = _encode(part.labels, request.label_mode, len(part.class_names or []))
            dataset = dataset.map(lambda i: (load(part.paths[i]), targets[i]), AUTOTUNE)
        if request.batch_size is not None:
            batches = to_batches or Dataset.batch
            dataset = batches(dataset, request.batch_size)
        dataset.class_names = part.class_names  # type: ignore[attr-defined]
        dataset.file_paths = part.paths  # type: ignore[attr-defined]
        return dataset

    if request.subset == "both":
        parts = [_subset(request, files, name) for name in ("training", "validation")]
        return [make(parts[0], request.shuffle), make(parts[1], False)]
    return make(files if request.subset is None else _subset(request, files, request.subset), request.shuffle)


def _check(request: Request) -> None:
    owner, labels, split = request.owner, request.labels, request.validation_split
    choice(owner, "label_mode", request.label_mode, ("int", "categorical", "binary", None))
    choice(owner, "subset", request.subset, ("training", "validation", "both", None))
    choice(owner, "format", request.format, ("tf", "grain"))
    if labels is not None and labels != "inferred" and not isinstance(labels, (list, tuple)):
        raise ValueError(
            explain(
                f"{owner}: `labels` are no labels.",
                "'inferred', None, or a list with a label for each file",
                f"labels={labels!r}",
                "pass one of these.",
            )
        )
    if request.class_names and labels != "inferred":
        raise ValueError(
            explain(
                f"{owner}: `class_names` cannot be used here.",
                "class_names only with labels='inferred'",
                f"class_names={request.class_names!r} with labels of another kind",
                "leave class_names out.",
            )
        )
    if split and not 0 < split < 1:
        raise ValueError(
            explain(
                f"{owner}: `validation_split` is not a share.",
                "a number above 0 and below 1",
                f"validation_split={split!r}",
                "pass e.g. 0.2.",
            )
        )
    if bool(split) != bool(request.subset):
        raise ValueError(
            explain(
                f"{owner}: it is not clear which part is wanted.",
                "both validation_split and subset, or none of both",
                f"validation_split={split!r}, subset={request.subset!r}",
                "pass both.",
            )
        )
    if split and request.shuffle and request.seed is None:
        raise ValueError(
            explain(
                f"{owner}: training and validation files could overlap.",
                "a seed, so that both calls shuffle alike",
                "shuffle=True without a seed",
                "pass seed=1 in both calls, or shuffle=False.",
            )
        )


def _index(request: Request, endings: tuple[str, ...], seed: int) -> _Files:
    """All files with their labels, shuffled as Keras shuffles them."""
    directory = os.fspath(request.directory)
    if not os.path.isdir(directory):
        raise ValueError(
            explain(
                f"{request.owner}: there is no such folder.", "an existing folder", repr(directory), "check the path."
            )
        )
    inferred = request.labels == "inferred"
    folders = [""]
    if inferred:
        found = sorted(e.name for e in os.scandir(directory) if e.is_dir() and not e.name.startswith("."))
        folders = list(request.class_names or found)
        if not set(folders) <= set(found):
            raise ValueError(
                explain(
                    f"{request.owner}: `class_names` are not the names of the folders.",
                    f"some of {found}",
                    f"class_names={folders}",
                    "correct the names, or leave class_names out.",
                )
            )
    paths: list[str] = []
    classes: list[int] = []
    for number, folder in enumerate(folders):
        here = _files(os.path.join(directory, folder) if folder else directory, endings, request.follow_links)
        paths += here
        classes += [number] * len(here)
    labels: Any = np.array(classes, dtype="int32")
    names: list[str] | None = folders
    if request.labels is None or request.label_mode is None:
        labels, names = None, folders if inferred and request.labels is not None else None
    elif not inferred:
        if len(request.labels) != len(paths):
            raise ValueError(
                explain(
                    f"{request.owner}: the labels are not as many as the files.",
                    f"{len(paths)} labels, one for each file of {directory!r}",
                    f"{len(request.labels)}",
                    "list the labels in the order of the sorted paths.",
                )
            )
        labels, names = np.array(request.labels), [str(label) for label in sorted(set(request.labels))]
    if not paths:
        raise ValueError(
            explain(
                f"{request.owner}: there are no files to read.",
                f"files that end with {', '.join(endings)}",
                f"none in {directory!r}",
                "check the folder.",
            )
        )
    if request.label_mode == "binary" and labels is not None and len(names or []) != 2:
        raise ValueError(
            explain(
                f"{request.owner}: label_mode='binary' does not fit.",
                "two classes",
                f"{len(names or [])}: {names}",
                "use label_mode='int' or 'categorical'.",
            )
        )
    if request.verbose:
        print(
            f"Found {len(paths)} files" + (f" belonging to {len(names or [])} classes." if labels is not None else ".")
        )
    if request.shuffle:
        order = np.arange(len(paths))
        np.random.RandomState(seed).shuffle(order)
        paths = [paths[i] for i in order]
        labels = None if labels is None else labels[order]
    return _Files(paths, labels, names)


def _files(folder: str, endings: tuple[str, ...], follow_links: bool) -> list[str]:
    walk = sorted(os.walk(folder, followlinks=follow_links), key=lambda found: found[0])
    return [os.path.join(root, name) for root, _, names in walk for name in sorted(names) if _fits(name, endings)]


def _fits(name: str, endings: tuple[str, ...]) -> bool:
    return name.lower().endswith(endings)


def _subset(request: Request, files: _Files, subset: str) -> _Files:
    count = int((request.validation_split or 0) * len(files.paths))
    at = len(files.paths) - count
    part = slice(at) if subset == "training" else slice(at, None)
    if not files.paths[part]:
        raise ValueError(
            explain(
                f"{request.owner}: no file is left for {subset}.",
                "one file or more in each part",
                f"{len(files.paths)} files, validation_split={request.validation_split}",
                "use more files, or another share.",
            )
        )
    if request.verbose:
        print(f"Using {len(files.paths[part])} files for {subset}.")
    return _Files(files.paths[part], None if files.labels is None else files.labels[part], files.class_names)


def _encode(labels: np.ndarray, mode: str | None, classes: int) -> np.ndarray:
    """int: numbers; binary: 0.0 and 1.0 with an axis of their own; categorical: one-hot rows."""
    if mode == "binary":
        return labels.astype("float32")[:, None]
    return np.eye(classes, dtype="float32")[labels] if mode == "categorical" else labels.astype("int32")
