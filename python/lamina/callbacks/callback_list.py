"""Several callbacks as one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .. import tree
from ..checks import explain
from .callback import HOOKS, Callback


class CallbackList(Callback):
    """Tells each hook to all `callbacks` (a callback or a nest of them), in their order, with the same dict of logs.

    `add_history` and `add_progbar` put a History and a ProgbarLogger behind them unless they are there, `model` and
    `params` are passed on. TypeError for what is no callback.

    >>> import lamina
    >>> seen = []
    >>> hook = lamina.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append((epoch, logs)))
    >>> lamina.callbacks.CallbackList([hook]).on_epoch_end(3, {"loss": 0.5})
    >>> seen
    [(3, {'loss': 0.5})]
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        from .history import History

        super().__init__()
        self.callbacks: list[Any] = [] if callbacks is None else tree.flatten(callbacks)
        for callback in self.callbacks:
            _check(callback)
        self.history: Any = next((c for c in self.callbacks if isinstance(c, History)), None)
        if add_history and self.history is None:
            self.history = History()
            self.callbacks.append(self.history)
        if add_progbar:
            from .progbar_logger import ProgbarLogger

            if not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
                self.callbacks.append(ProgbarLogger())
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def append(self, callback: Any) -> None:
        """Adds one."""
        _check(callback)
        self.callbacks.append(callback)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def _wants_batches(self, entry: str) -> bool:
        return self.wants_batches(entry)

    def wants_batches(self, entry: str) -> bool:
        """Whether a callback has to hear of every single batch."""
        return any(callback._wants_batches(entry) for callback in self.callbacks)

    def _batches_left(self, entry: str) -> int | None:
        return self.batches_left(entry)

    def batches_left(self, entry: str) -> int | None:
        """After how many batches a callback has to hear of one; None if none has."""
        return min((n for c in self.callbacks if (n := c._batches_left(entry)) is not None), default=None)

    @property
    def wants_progress(self) -> bool:
        """Whether a callback shows progress between epochs."""
        return any(callback._takes_crossings and callback.params.get("verbose") == 1 for callback in self.callbacks)

    @property
    def wants_count(self) -> bool:
        """Whether a callback says how many batches there were."""
        return any(callback._takes_crossings for callback in self.callbacks)

    def _close(self) -> None:
        self.close()

    def close(self) -> None:
        """Lets callbacks leave the terminal and their files in order, also after an error."""
        for callback in self.callbacks:
            callback._close()


def _passed_on(hook: str) -> Callable[..., None]:
    """The hook that tells all callbacks, those that save what the others know at the end."""

    def tell(self: CallbackList, *args: Any, **kwargs: Any) -> None:
        *which, logs = args if len(args) > places else (*args, kwargs.pop("logs", None))
        logs = {} if logs is None else dict(logs)
        for late in (False, True):
            for callback in self.callbacks:
                if callback._goes_last == late:
                    getattr(callback, hook)(*which, *kwargs.values(), logs)

    places = HOOKS[hook]
    tell.__name__ = hook
    tell.__signature__ = inspect.signature(getattr(Callback, hook))  # type: ignore[attr-defined]
    tell.__doc__ = getattr(Callback, hook).__doc__
    return tell


for _hook in HOOKS:
    setattr(CallbackList, _hook, _passed_on(_hook))


def _check(callback: Any) -> None:
    if not isinstance(callback, Callback):
        raise TypeError(
            explain(
                "This is not a callback.",
                "objects of lamina.callbacks.Callback or a subclass of it",
                repr(callback),
                "call the class: callbacks=[MyCallback()]."
                if isinstance(callback, type)
                else "wrap functions in lamina.callbacks.LambdaCallback.",
            )
        )


def make_list(callbacks: Any, model: Any, verbose: int, history: bool = False, **params: Any) -> CallbackList:
    """The callbacks of one call of fit, evaluate or predict."""
    if isinstance(callbacks, CallbackList):
        return callbacks
    given = {"epochs": 1, **params, "verbose": verbose}
    return CallbackList(callbacks, add_history=history, add_progbar=verbose != 0, model=model, **given)
