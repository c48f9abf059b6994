"""The weights of a layer: their options in its constructor, and making them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from inspect import Parameter
from typing import Any

from .. import constraints, initializers, regularizers

_KINDS = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}


def weight_arguments(
    *,
    activity_regularizer: bool = False,
    only_initialized: dict[str, str] | None = None,
    after_initializers: dict[str, Any] | None = None,
    **weights: str,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds to a constructor the options of its weights, given by name with their default initializers.

    Each has `<weight>_initializer`, `<weight>_regularizer` and `<weight>_constraint`; in the signature all initializers
    come first, then the plain options `after_initializers` with their defaults, the regularizers,
    `activity_regularizer` if asked for, and the constraints, as Keras orders them.
    They follow the constructor's positional arguments, and its keyword-only arguments follow them; all of them can be
    given by position. Before the constructor runs, the options are set as attributes: the objects they stand for. What
    the constructor of a subclass has set already stays.
    """
    defaults: dict[str, Any] = {f"{name}_initializer": value for name, value in weights.items()}
    defaults.update({f"{name}_initializer": value for name, value in (only_initialized or {}).items()})
    defaults.update(after_initializers or {})
    defaults.update({f"{name}_regularizer": None for name in weights})
    if activity_regularizer:
        defaults["activity_regularizer"] = None
    defaults.update({f"{name}_constraint": None for name in weights})
    own = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=value) for name, value in defaults.items()]

    def decorate(init: Callable[..., None]) -> Callable[..., None]:
        before: list[Parameter] = []
        after: list[Parameter] = []
        others: list[Parameter] = []
        for p in inspect.signature(init).parameters.values():
            if p.kind is Parameter.KEYWORD_ONLY:
                after.append(p.replace(kind=Parameter.POSITIONAL_OR_KEYWORD))
            else:
                (others if p.kind is Parameter.VAR_KEYWORD else before).append(p)
        signature = inspect.Signature([*before, *own, *after, *others])

        @functools.wraps(init)
        def run(self: Any, *args: Any, **kwargs: Any) -> None:
            given = given_arguments(self, signature, args, kwargs)
            for name, default in defaults.items():
                if name != "activity_regularizer":
                    value = given.pop(name, self.__dict__.get(name, default))
                    kind = _KINDS.get(name.rpartition("_")[2])
                    setattr(self, name, value if kind is None else kind.get(value))
            init(self, **given)

        run.__signature__ = signature  # type: ignore[attr-defined]
        return run

    return decorate


def given_arguments(
    layer: Any, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """What a call of a constructor with that signature gives, by name. TypeError for what does not fit."""
    try:
        given = signature.bind(layer, *args, **kwargs).arguments
    except TypeError as error:
        raise TypeError(f"{type(layer).__name__}: {error}") from None
    extra = given.pop("kwargs", {})
    given.pop("self")
    return {**given, **extra}


def add_weight(
    layer: Any,
    name: str,
    shape: Sequence[int],
    trainable: bool = True,
    options: str | None = None,
    initializer: Any = None,
) -> Any:
    """A weight made with the options that the constructor took for that name, or for the name `options`.

    `initializer` may take the place of its own.
    """
    options = options or name
    return layer.add_weight(
        shape=tuple(shape),
        initializer=getattr(layer, f"{options}_initializer") if initializer is None else initializer,
        regularizer=getattr(layer, f"{options}_regularizer", None),
        constraint=getattr(layer, f"{options}_constraint", None),
        trainable=trainable,
        name=name,
    )
