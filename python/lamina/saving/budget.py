"""How much memory a configuration may ask for: not more than the file that it came from holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..checks import explain

_SLACK = 1 << 26  # bytes for what files do not hold: the states of metrics, new slots of small models
_COPIES = 16  # of each weight: whole numbers of 8 bits are floats first, and optimizers may make their slots anew


class _Budget:
    def __init__(self, size: int, source: str) -> None:
        self.size = size
        self.left = size * _COPIES + _SLACK
        self.source = source


_open: ContextVar[_Budget | None] = ContextVar("budget", default=None)


@contextmanager
def weight_budget(size: int, source: str) -> Iterator[None]:
    """Inside, variables of more than about `size` bytes together are refused: the file `source` holds no more."""
    token = _open.set(_Budget(size, source))
    try:
        yield
    finally:
        _open.reset(token)


def spend(size: int, name: str) -> None:
    """Called before a variable of `size` bytes is made. ValueError when that is more than the open file can fill."""
    budget = _open.get()
    if budget is None:
        return
    budget.left -= size
    if budget.left < 0:
        raise ValueError(
            explain(
                f"The configuration in {budget.source!r} asks for more memory than the file can fill.",
                f"weights of about {budget.size} bytes, which is what it holds",
                f"a weight {name!r} of {size} bytes",
                "use an intact file.",
            )
        )
