"""What several commands have in common: kinds of arguments, and opening a model."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from ..checks import explain

MODELS = (".lamina", ".keras", ".h5", ".hdf5")
WEIGHTS = (".weights.h5", ".weights.json", ".safetensors")


def is_weights(path: str) -> bool:
    """Whether a file holds weights alone, by its ending."""
    return path.endswith(WEIGHTS)


def path_ending(*endings: str) -> Callable[[str], str]:
    """The type of an argument that is a path with one of these endings."""

    def check(text: str) -> str:
        if not text.endswith(endings):
            raise ArgumentTypeError(f"{text!r} should end with {', '.join(endings)}")
        return text

    return check


def model_file(text: str) -> str:
    """The type of an argument that is a file with a model, or the folder of one."""
    if text.endswith(WEIGHTS):
        raise ArgumentTypeError(f"{text!r} holds weights only; a file with a model ends with {', '.join(MODELS)}")
    return text if os.path.isdir(text) else path_ending(*MODELS)(text)


def positive(text: str) -> int:
    """The type of an argument that is a whole number above zero."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} should be a whole number above zero")
    return int(text)


def open_model(path: str, compile: bool = True) -> Any:
    """The model of a file. ValueError, which says what to do instead, for one with classes that are not Lamina's."""
    from ..saving.files import load_model

    try:
        model = load_model(path, compile=compile)
        if not hasattr(model, "layers"):
            raise ValueError(
                explain(
                    f"The file {path!r} holds a network that was built in C++.",
                    "a model of layers",
                    "a program without layers",
                    f"in Python, lamina.saving.load_model({path!r}) predicts and trains; `lamina inspect` shows it.",
                )
            )
        return model
    except ValueError as error:
        what, found, fix = str(error).rpartition(" Fix: ")
        if not found or "custom_objects" not in fix:
            raise
        raise ValueError(
            f"{what} Fix: a command knows no classes and functions of your own; in Python, use "
            f"lamina.saving.load_model({path!r}, custom_objects=...)."
        ) from error


def need_file(path: str) -> None:
    """FileNotFoundError when there is nothing at the path."""
    if not os.path.exists(path):
        raise FileNotFoundError(
            explain("The file is not there.", "the path of a file", repr(path), "check the path, and where you are.")
        )


def counted(number: int, thing: str) -> str:
    """A number of things, as text."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
