"""Checks of constructor arguments: the error says what happened, what was expected, what came and how to fix it."""

from __future__ import annotations

import importlib
import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


def explain(what: str, expected: str, received: Any, fix: str) -> str:
    """The text of an error, always in the same four parts."""
    return f"{what} Expected: {expected}. Received: {received}. Fix: {fix}"


def need(module: str, what: str, package: str, extra: str) -> Any:
    """The module of an optional package. ImportError that says what needs it and names the extra, if it is missing."""
    try:
        importlib.import_module(module.partition(".")[0])  # a package may be blocked whose modules are loaded already
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            explain(f"{what} {package}.", f"{package} installed", "none", f"pip install 'lamina[{extra}]'.")
        ) from error


def is_integer(value: Any) -> bool:
    """True for Python and NumPy integers, not for bools."""
    if isinstance(value, bool):
        return False
    try:
        operator.index(value)
    except TypeError:
        return False
    return True


def integer(owner: str, name: str, value: Any, minimum: int = 1) -> int:
    """`value` as an int of at least `minimum`; ValueError otherwise."""
    if not is_integer(value) or int(value) < minimum:
        kind = "a positive integer" if minimum == 1 else f"an integer of at least {minimum}"
        raise ValueError(
            explain(
                f"{owner}: `{name}` is out of range.",
                kind,
                f"{name}={value!r}",
                f"pass {kind} as `{name}`.",
            )
        )
    return int(value)


def integers(owner: str, name: str, value: Any, rank: int, minimum: int = 1) -> tuple[int, ...]:
    """`value` (one int for all axes, or `rank` of them) as a tuple of `rank` ints."""
    if is_integer(value):
        values: tuple[Any, ...] = (value,) * rank
    elif isinstance(value, Iterable) and not isinstance(value, str):
        values = tuple(value)
    else:
        values = ()
    if len(values) != rank or any(not is_integer(v) or int(v) < minimum for v in values):
        count = "1 integer" if rank == 1 else f"1 integer or a tuple of {rank} integers"
        raise ValueError(
            explain(
                f"{owner}: `{name}` does not describe {rank} spatial axes.",
                f"{count}, each at least {minimum}",
                f"{name}={value!r}",
                f"pass e.g. {name}={max(minimum, 2)} or {name}={(max(minimum, 2),) * rank}.",
            )
        )
    return tuple(int(v) for v in values)


def number(owner: str, name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """`value` as a finite float in [low, high]; ValueError otherwise."""
    try:
        result = math.nan if isinstance(value, (str, bool)) else float(value)
    except (TypeError, ValueError):
        result = math.nan
    if not math.isfinite(result) or not low <= result <= high:
        if math.isinf(low) and math.isinf(high):
            expected = "a finite number"
        elif math.isinf(high):
            expected = f"a number of at least {low:g}"
        else:
            expected = f"a number between {low:g} and {high:g}"
        raise ValueError(
            explain(
                f"{owner}: `{name}` is out of range.",
                expected,
                f"{name}={value!r}",
                f"pass {expected} as `{name}`.",
            )
        )
    return result


def choice(owner: str, name: str, value: Any, options: Sequence[Any]) -> Any:
    """`value`, lower case if it is a string; ValueError unless it is one of `options`."""
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in options:
        raise ValueError(
            explain(
                f"{owner}: `{name}` is not known.",
                f"one of {', '.join(repr(o) for o in options)}",
                f"{name}={value!r}",
                f"pass one of these as `{name}`.",
            )
        )
    return lowered


def axis_in_range(owner: str, axis: Any, rank: int, name: str = "axis") -> int:
    """`axis` counted from the front; ValueError unless -rank <= axis < rank."""
    if not is_integer(axis) or not -rank <= int(axis) < rank:
        raise ValueError(
            explain(
                f"{owner}: `{name}` is not an axis of the input.",
                f"an integer between {-rank} and {rank - 1}, as the input has rank {rank}",
                f"{name}={axis!r}",
                f"choose another `{name}` or reshape the input.",
            )
        )
    return int(axis) % rank


def features_axis(owner: str, axis: Any) -> int:
    """`axis` as an int; TypeError unless it is one integer. Whether the input has it is known later."""
    if not is_integer(axis):
        raise TypeError(
            explain(f"{owner}: `axis` is not an axis.", "one integer", f"axis={axis!r}", "name the features' axis.")
        )
    return int(axis)


def differ(one: Any, other: Any) -> bool:
    """Whether two sizes are both known, and not the same."""
    return isinstance(one, _SIZES) and isinstance(other, _SIZES) and bool(one != other)


def shapes_differ(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether two shapes can never be the same: other ranks, or sizes that differ. None is an unknown size."""
    return len(one) != len(other) or any(map(differ, one, other))


_SIZES = (int, np.integer)
