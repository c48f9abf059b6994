"""The arguments that all optimizers share, written once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from .optimizer import Optimizer

C = TypeVar("C", bound=type)


def common_arguments(cls: C) -> C:
    """Class decorator: after its own arguments the constructor takes those of `Optimizer`, also by position.

    Own arguments that are keyword-only come after the common ones.
    """
    original: Callable[..., None] = cls.__init__  # type: ignore[misc]
    given = [p for p in inspect.signature(original).parameters.values() if p.kind is not p.VAR_KEYWORD]
    own = [p for p in given if p.kind is not p.KEYWORD_ONLY]
    late = [p.replace(kind=p.POSITIONAL_OR_KEYWORD) for p in given if p.kind is p.KEYWORD_ONLY]
    names = {p.name for p in given}
    *common, others = (p for p in inspect.signature(Optimizer.__init__).parameters.values() if p.name not in names)
    signature = inspect.Signature([*own, *common, *late, others])

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(self, *args, **kwargs)
        arguments = dict(bound.arguments)
        arguments.update(arguments.pop("kwargs", {}))
        original(**arguments)

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    cls.__init__ = __init__  # type: ignore[misc]
    return cls
