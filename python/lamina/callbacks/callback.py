"""What may be told about training while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_BATCH_HOOKS = {
    "train_step": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "evaluate_step": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class Callback:
    """Base of callbacks: override the hooks you want. `self.model` and `self.params` are set when training starts.

    Overriding a hook of single batches makes training cross to Python for each batch.

    >>> import lamina
    >>> class Stop(lamina.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         self.model.stop_training = logs["loss"] < 0.1
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The model that is trained."""
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self._model = model

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None: ...
    def on_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_batch_end(self, batch: int, logs: Any = None) -> None: ...

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_test_batch_end(self, batch: int, logs: Any = None) -> None: ...
    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None: ...
    def on_train_begin(self, logs: Any = None) -> None: ...
    def on_train_end(self, logs: Any = None) -> None: ...
    def on_test_begin(self, logs: Any = None) -> None: ...
    def on_test_end(self, logs: Any = None) -> None: ...
    def on_predict_begin(self, logs: Any = None) -> None: ...
    def on_predict_end(self, logs: Any = None) -> None: ...

    _takes_crossings = False  # True: content to hear only of the last batch of each crossing

    def _wants_batches(self, entry: str) -> bool:
        """Whether a hook of single batches is overridden."""
        if self._takes_crossings:
            return False
        return any(
            getattr(type(self), name, None) is not getattr(Callback, name) for name in _BATCH_HOOKS.get(entry, ())
        )


class CallbackList:
    """Several callbacks as one."""

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        from .history import History
        from .progbar_logger import ProgbarLogger

        given = [] if callbacks is None else callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
        self.callbacks: list[Any] = list(given)
        self.history: Any = next((c for c in self.callbacks if isinstance(c, History)), None)
        if add_history and self.history is None:
            self.history = History()
            self.callbacks.append(self.history)
        if add_progbar and not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        self.params = params
        self.set_params(params)
        if model is not None:
            self.set_model(model)

    def append(self, callback: Any) -> None:
        self.callbacks.append(callback)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def wants_batches(self, entry: str) -> bool:
        """Whether a callback has to hear of every single batch."""
        return any(callback._wants_batches(entry) for callback in self.callbacks)

    @property
    def wants_progress(self) -> bool:
        """Whether a callback shows progress between epochs."""
        return any(callback._takes_crossings and callback.params.get("verbose") == 1 for callback in self.callbacks)

    def close(self) -> None:
        """Lets callbacks leave the terminal in order, also after an error."""
        for callback in self.callbacks:
            close = getattr(callback, "_close", None)
            if close is not None:
                close()

    def __getattr__(self, hook: str) -> Callable[..., None]:
        if not hook.startswith("on_"):
            raise AttributeError(hook)

        def call(*args: Any) -> None:
            arguments = args
            if hook.endswith(("_begin", "_end")) and len(args) < _count(hook):
                arguments = (*args, {})
            for callback in self.callbacks:
                getattr(callback, hook)(*arguments)

        return call


def _count(hook: str) -> int:
    """The number of arguments of a hook: epoch and batch hooks are told which."""
    return 2 if "epoch" in hook or "batch" in hook else 1


def make_list(callbacks: Any, model: Any, verbose: int, history: bool = False, **params: Any) -> CallbackList:
    """The callbacks of one call of fit, evaluate or predict."""
    if isinstance(callbacks, CallbackList):
        return callbacks
    given = {"epochs": 1, **params, "verbose": verbose}
    return CallbackList(callbacks, add_history=history, add_progbar=verbose != 0, model=model, **given)
