"""What may be told about training while it runs."""

from __future__ import annotations

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
    _goes_last = False  # True: hears of everything after the others
    _kept: tuple[str, ...] = ()  # the attributes that a run that goes on needs again

    def _close(self) -> None:
        """Called at the end of every run, also after an error."""

    def _batches_left(self, entry: str) -> int | None:
        """For callbacks that need few batches: how many may run before they have to hear of one; None: all."""
        return None

    def _wants_batches(self, entry: str) -> bool:
        """Whether a hook of single batches is overridden."""
        if self._takes_crossings or type(self)._batches_left is not Callback._batches_left:
            return False
        return any(
            getattr(type(self), name, None) is not getattr(Callback, name) for name in _BATCH_HOOKS.get(entry, ())
        )


# All hooks: how many arguments each has before `logs`.
HOOKS = {name: int("epoch" in name or "batch" in name) for name in vars(Callback) if name.startswith("on_")}
