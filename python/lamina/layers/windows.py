"""The arguments of layers that move windows over spatial axes: what they are by default and what they may be."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any

from .. import activations
from ..checks import choice, integer, integers
from ..config import standardize_data_format
from .weights import given_arguments

_DEFAULTS: dict[str, Any] = {
    "strides": 1,
    "padding": "valid",
    "output_padding": None,
    "data_format": None,
    "dilation_rate": 1,
    "groups": 1,
    "depth_multiplier": 1,
    "activation": None,
    "recurrent_activation": "sigmoid",
    "use_bias": True,
}


class Windowed:
    """What `window_arguments` sets, and what subclasses tell it."""

    rank: int  # of the spatial axes
    paddings: tuple[str, ...] = ("valid", "same")
    filters: int
    kernel_size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    output_padding: tuple[int, ...] | None
    data_format: str
    dilation_rate: tuple[int, ...]
    groups: int
    depth_multiplier: int
    activation: Any
    recurrent_activation: Any
    use_bias: bool


def window_arguments(names: str, **defaults: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds to a constructor these arguments in this order; `defaults` take the place of the usual ones.

    What is given is checked and set as attributes before the constructor runs, which gets the other arguments.
    """
    own = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default={**_DEFAULTS, **defaults}.get(name, Parameter.empty))
        for name in names.split()
    ]

    def decorate(init: Callable[..., None]) -> Callable[..., None]:
        myself, *others = inspect.signature(init).parameters.values()
        signature = inspect.Signature([myself, *own, *others])

        @functools.wraps(init)
        def run(self: Windowed, *args: Any, **kwargs: Any) -> None:
            given = given_arguments(self, signature, args, kwargs)
            for parameter in own:
                value = given.pop(parameter.name, parameter.default)
                setattr(self, parameter.name, _checked(self, parameter.name, value))
            init(self, **given)

        run.__signature__ = signature  # type: ignore[attr-defined]
        return run

    return decorate


def _checked(layer: Windowed, name: str, value: Any) -> Any:
    """The value of an argument as it is used; ValueError for what it may not be."""
    owner = type(layer).__name__
    if name in ("filters", "groups", "depth_multiplier"):
        return integer(owner, name, value)
    if name in ("kernel_size", "strides", "dilation_rate"):
        return integers(owner, name, value, layer.rank)
    if name == "output_padding":
        return None if value is None else integers(owner, name, value, layer.rank, minimum=0)
    if name == "padding":
        return choice(owner, name, value, layer.paddings)
    if name == "data_format":
        return standardize_data_format(value)
    return bool(value) if name == "use_bias" else activations.get(value)
