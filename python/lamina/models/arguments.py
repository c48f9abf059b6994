"""Arguments of compile, fit, evaluate and predict that are checked before anything happens."""

from __future__ import annotations

from typing import Any

from .. import config
from ..checks import choice, explain, is_integer


def check_name(kind: str, identifier: Any) -> None:
    """ValueError already in `compile` for names that nothing has."""
    from .. import losses, metrics

    if isinstance(identifier, str) and identifier.lower() not in ("accuracy", "acc", "crossentropy", "ce"):
        (losses if kind == "loss" else metrics).NAMESPACE.find(identifier)


def verbosity(verbose: Any) -> int:
    """0, 1 or 2; 'auto' is 1 where a person looks on. ValueError for others."""
    if verbose == "auto":
        return 1 if config.is_interactive_logging_enabled() else 2
    return int(choice("fit", "verbose", int(verbose) if isinstance(verbose, (bool, int)) else verbose, (0, 1, 2)))


def refuse(source: str, **arguments: Any) -> None:
    """ValueError for arguments that do not go with the kind of data."""
    given = [name for name, value in arguments.items() if value is not None]
    if given:
        raise ValueError(
            explain(
                f"`{given[0]}` cannot be combined with {source}.",
                "batches that hold labels and weights themselves: (x, y) or (x, y, sample_weight)",
                f"{given[0]}={type(arguments[given[0]]).__name__}",
                f"leave `{given[0]}` out, or pass arrays.",
            )
        )


def validation_epochs(value: Any) -> Any:
    """`validation_freq`: every how many epochs, or a list of epochs. ValueError for others."""
    if is_integer(value) and value > 0:
        return int(value)
    if isinstance(value, (list, tuple, set, range)) and all(map(is_integer, value)):
        return value
    raise ValueError(
        explain(
            "fit: `validation_freq` is not known.",
            "a positive integer, or a list of epochs, counted from 1",
            f"validation_freq={value!r}",
            "pass e.g. validation_freq=2 or validation_freq=[1, 5, 10].",
        )
    )
