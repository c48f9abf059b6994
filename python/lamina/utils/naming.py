"""Automatic names (`dense`, `dense_1`, ...) and the path of the layers being built."""

from __future__ import annotations

import contextvars
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ..namespaces import snake_case

_counts: dict[str, int] = {}
_names: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar("names", default=())


def auto_name(prefix: str) -> str:
    """`prefix`, then `prefix_1`, `prefix_2`, ... within this process, until `clear_session`."""
    prefix = snake_case(prefix)
    count = get_uid(prefix) - 1
    return prefix if count == 0 else f"{prefix}_{count}"


def name_of(thing: Any) -> str:
    """The name of an object that has one, else that of its function or class in snake case."""
    name = getattr(thing, "name", None)
    return name if isinstance(name, str) else snake_case(getattr(thing, "__name__", type(thing).__name__))


def unique(names: Iterable[str]) -> list[str]:
    """The names, with `_1`, `_2`, ... behind those that came before."""
    counts: dict[str, int] = {}
    found = []
    for name in names:
        seen = counts.get(name, 0)
        counts[name] = seen + 1
        found.append(f"{name}_{seen}" if seen else name)
    return found


def get_uid(prefix: str = "") -> int:
    """1 for the first call with this prefix, then 2, 3, ...; automatic names count with it."""
    _counts[prefix] = _counts.get(prefix, 0) + 1
    return _counts[prefix]


def reset_names() -> None:
    """Starts all automatic names anew."""
    _counts.clear()


def current_path() -> str:
    """The names of the layers being built or called, outermost first, joined by slashes."""
    return "/".join(_names.get())


@contextmanager
def name_scope(name: str) -> Iterator[None]:
    """Variables made inside have `name` in front of their path."""
    token = _names.set((*_names.get(), name))
    try:
        yield
    finally:
        _names.reset(token)
