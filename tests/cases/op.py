"""What a row of an op of the engine is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cases.arrays import Array


@dataclass(frozen=True)
class Op:
    name: str
    inputs: tuple[Array, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None  # of arrays, then the attributes by keyword
    wrt: tuple[int, ...] | None = None  # inputs with a gradient; None: all floats
    outputs: tuple[int, ...] | None = None  # outputs whose gradients are tested; None: the first
    large: tuple[Array, ...] | None = None  # inputs big enough for two threads
    label: str = ""

    @property
    def id(self) -> str:
        return self.name + (f"-{self.label}" if self.label else "")
