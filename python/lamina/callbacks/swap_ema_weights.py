"""Evaluation with averaged weights."""

from __future__ import annotations

from typing import Any

from ..checks import explain
from .callback import Callback


class SwapEMAWeights(Callback):
    """Exchanges weights and averages (an optimizer with `use_ema=True`) while a model is evaluated or predicts.

    With `swap_on_epoch` they also change places at the end of each epoch, so that what is saved then are the averages.
    ValueError without averages.

    >>> import lamina
    >>> optimizer = lamina.optimizers.SGD(0.1, use_ema=True)
    >>> callback = lamina.callbacks.SwapEMAWeights(swap_on_epoch=True)
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._ema_weights_in_model = False

    def _pairs(self) -> list[tuple[Any, Any]]:
        """(weight, average) of all optimizers that keep averages."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        found = [one for one in getattr(optimizer, "optimizers", [optimizer]) if one.use_ema]
        if not found or not all(one.built for one in found):
            raise ValueError(
                explain(
                    "SwapEMAWeights: there are no averages of the weights.",
                    "a model trained by an optimizer with use_ema=True",
                    f"{optimizer!r}" if not found else "an optimizer that has not trained yet",
                    "compile with e.g. lamina.optimizers.Adam(use_ema=True).",
                )
            )
        return [
            (weight, average)
            for one in found
            for weight, average in zip(one._trainable_variables, one._slots["average"])
            if average is not None
        ]

    def _swap(self, averages_in_model: bool) -> None:
        if self._ema_weights_in_model != averages_in_model:
            for weight, average in self._pairs():
                value = weight.value
                weight.assign(average.value)
                average.assign(value)
            self._ema_weights_in_model = averages_in_model

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.swap_on_epoch:
            self._swap(False)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.swap_on_epoch and not self._ema_weights_in_model:
            self._swap(True)
            if epoch == self.params["epochs"] - 1:
                for weight, average in self._pairs():  # the end of `fit` puts the averages in place once more
                    average.assign(weight.value)

    def on_test_begin(self, logs: Any = None) -> None:
        self._swap(True)

    def on_test_end(self, logs: Any = None) -> None:
        self._swap(False)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._swap(True)

    def on_predict_end(self, logs: Any = None) -> None:
        self._swap(False)
