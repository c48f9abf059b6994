"""What a row of a layer is: constructor arguments and input shapes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cases.arrays import Array, real


@dataclass(frozen=True)
class Case:
    layer: str
    kwargs: dict[str, Any]
    inputs: tuple[Array, ...]  # the batch is part of the shapes
    random: bool = False  # draws numbers in training
    masks: bool | None = None  # whether it knows masks; None: not asked in this row
    parity: bool = True  # Keras has it and computes the same
    unknown: tuple[
        int, ...
    ] = ()  # axes of the first input besides the batch that may be unknown when the graph is made
    spread: bool = False  # the call takes its inputs one by one, not as a list
    seed: int = field(default=3)

    def arguments(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """These values as the positional arguments of a call."""
        return tuple(values) if self.spread or len(values) == 1 else (list(values),)

    @property
    def id(self) -> str:
        text = ",".join(f"{k}={getattr(v, '__name__', v)}" for k, v in self.kwargs.items())
        return f"{self.layer}({text})".replace(" ", "")

    def make(self, layers: Any, **more: Any) -> Any:
        """The layer, of the library that `layers` belongs to; a `dtype` is for the layers inside too."""
        dtype = {k: v for k, v in more.items() if k == "dtype"}

        def made(value: Any) -> Any:
            if isinstance(value, list) and any(isinstance(v, Case) for v in value):
                return [made(v) for v in value]
            return value.make(layers, **dtype) if isinstance(value, Case) else value

        return getattr(layers, self.layer)(**{k: made(v) for k, v in self.kwargs.items()}, **more)

    def inside(self) -> "list[Case]":
        """The rows among its arguments, and theirs."""
        found = [v for values in self.kwargs.values() for v in (values if isinstance(values, list) else [values])]
        return [row for v in found if isinstance(v, Case) for row in (v, *v.inside())]

    def __str__(self) -> str:
        return self.id

    __repr__ = __str__


def rows(layer: str, *cases: tuple[dict[str, Any], Any], masks: bool = False, **options: Any) -> list[Case]:
    """Cases of one class; inputs may be one array or a tuple of them. `unknown` counts for the first row only."""
    unknown = options.pop("unknown", ())
    made = []
    for i, (kwargs, inputs) in enumerate(cases):
        arrays = inputs if isinstance(inputs, tuple) else (inputs,)
        made.append(Case(layer, kwargs, arrays, masks=masks, unknown=() if i else unknown, **options))
    return made


def inner(layer: str, /, **kwargs: Any) -> Case:
    """A layer among the arguments of another one: made anew each time."""
    return Case(layer, {"name": "inner", **kwargs}, ())


def squared_plus(x, amount=1.0):
    """For Lambda: a function with a name, so that it can be saved; it works on tensors of any library."""
    return x * x + amount


def halved(x):
    return x * 0.5


def every_second(x):
    return x[:, ::2]


FUNCTIONS = {"squared_plus": squared_plus, "halved": halved, "every_second": every_second}

D = dict
IMAGE, ODD = real(2, 8, 7, 3), real(2, 5, 9, 4)
VOLUME, VOLUME_OF_4 = real(1, 2, 3, 4, 2), real(2, 2, 3, 2, 4)
STEPS = real(3, 5, 2)
