"""The error for code that needs the numbers of a tensor while the program is only being written down."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

import numpy as np

from ..checks import explain

_OURS = tuple(os.path.dirname(file) + os.sep for file in (os.path.dirname(__file__), np.__file__))

_WAYS = (
    "use lamina.ops.where or lamina.ops.cond instead of `if`, lamina.ops.while_loop, fori_loop or scan instead of "
    "loops over data; or compile(run_eagerly=True), which runs each step in Python, with numbers"
)


def _place() -> str:
    """The line of the user's code that is running: the innermost one outside of this package and NumPy."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((*_OURS, "<frozen")):
            return f" in {name}, line {frame.f_lineno},"
        frame = frame.f_back
    return ""


def untraceable(what: str, received: Any, fix: str = _WAYS) -> TypeError:
    """A TypeError with the line of the user's code, why it cannot be traced, and how to go on."""
    return TypeError(
        explain(
            f"{what}{_place()} is not known: the function is only traced, run once on symbols to make a program.",
            "tensors with numbers, or ops that work on symbols",
            received,
            fix + ".",
        )
    )


def no_numbers(self: Any, asked: str) -> None:
    """Raises the error for a symbolic tensor that is asked for its numbers."""
    raise untraceable(f"{asked} of a tensor", f"a symbolic tensor of shape {self.shape}")
