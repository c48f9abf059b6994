"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..checks import explain
from .callback import _BATCH_HOOKS, Callback


class LambdaCallback(Callback):
    """Calls the given functions at the hooks of their names; any hook may be given. ValueError for unknown ones.

    >>> import lamina
    >>> seen = []
    >>> callback = lamina.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        self._hooks = {name: function for name, function in given.items() if function is not None}
        for name, function in self._hooks.items():
            if not (name.startswith("on_") and hasattr(Callback, name)):
                raise ValueError(
                    explain(
                        "LambdaCallback: there is no such hook.",
                        f"one of {sorted(n for n in vars(Callback) if n.startswith('on_'))}",
                        name,
                        "check the spelling.",
                    )
                )
            if not callable(function):
                raise TypeError(
                    explain(
                        "LambdaCallback: a hook cannot be called.",
                        "functions of the hook's arguments",
                        f"{name}={function!r}",
                        "pass e.g. lambda epoch, logs: print(logs).",
                    )
                )
            setattr(self, name, function)

    def _wants_batches(self, entry: str) -> bool:
        return any(name in self._hooks for name in _BATCH_HOOKS.get(entry, ()))
