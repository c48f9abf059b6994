"""Tracebacks without the lines inside Lamina, as `lamina.config.enable_traceback_filtering` says, and warnings."""

from __future__ import annotations

import functools
import os
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

from .. import config

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def without_own_lines(error: BaseException) -> BaseException:
    """The error with a traceback of the user's own lines, unless filtering is disabled."""
    if not config.is_traceback_filtering_enabled():
        return error
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith(_HERE):
            frames.append(traceback)
        traceback = traceback.tb_next
    kept: types.TracebackType | None = None
    for frame in reversed(frames):
        kept = types.TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return error.with_traceback(kept)


def own_lines_hidden(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose errors show no lines inside Lamina."""

    @functools.wraps(function)
    def public(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            raise without_own_lines(error)  # noqa: B904 - the same error: its cause and notes stay

    return public


def warn(text: str) -> None:
    """A UserWarning that names the user's line, however deep inside Lamina it is raised."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)
