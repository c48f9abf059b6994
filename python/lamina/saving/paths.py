"""Paths of saved files, and errors that say what is wrong with one."""

from __future__ import annotations

import os
from typing import Any

from ..checks import explain


def path_of(value: Any, what: str) -> str:
    """A path as a str. TypeError, which begins with `what`, for what is none."""
    try:
        return os.fsdecode(value)
    except TypeError:
        raise TypeError(
            explain(
                f"{what} something that is no path.",
                "a str, or a pathlib.Path",
                f"{value!r:.80} of type {type(value).__name__}",
                "pass e.g. 'model.lamina'.",
            )
        ) from None


def need_file(path: str, missing: type[Exception] = FileNotFoundError, name: Any = None) -> None:
    """OSError unless the file can be read, `missing` when it is not there; errors call it `name`, if given."""
    shown = repr(path if name is None else name)
    if os.path.isfile(path):
        try:
            with open(path, "rb"):
                return
        except OSError as error:
            text = explain(
                "The file to load cannot be read.",
                "a file that this process may read",
                f"{shown}: {error.strerror}",
                "check its permissions, and those of its folder.",
            )
            raise OSError(error.errno, text) from error
    if os.path.isdir(path):
        shown = f"{shown}, a folder without a model"
    elif not os.path.isdir(os.path.dirname(path) or "."):
        shown = f"{shown}, whose folder is not there"
    fix = "check the path." if os.path.isabs(path) else f"check the path, which begins at {os.path.abspath('.')!r}."
    raise missing(explain("The file to load is not there.", "the path of a saved file", shown, fix))
