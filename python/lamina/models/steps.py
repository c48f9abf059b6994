"""What a step of training, evaluation or prediction does: loss, update, metrics. All of it may be overridden."""

from __future__ import annotations

from typing import Any

from .. import config, ops, tree
from ..autodiff import GradientTape
from ..checks import explain
from ..scopes import run_stateless
from . import loops
from .arrays import unpack_x_y_sample_weight


class Steps:
    """The steps of a model that was compiled; a base of Trainer."""

    compiled = False
    optimizer: Any = None
    train_function: Any = None
    test_function: Any = None
    predict_function: Any = None
    _loss_tracker: Any = None
    _compile_loss: Any = None
    _compile_metrics: Any = None

    def _set(self, name: str, value: Any) -> None:
        """Sets an attribute that is no part of the layer's weights and metrics."""
        object.__setattr__(self, name, value)

    def _known_output_names(self) -> list[str] | None:
        try:
            return list(self.output_names)  # type: ignore[attr-defined]
        except (AttributeError, ValueError):
            return None

    # Metrics.

    def _compiled_metrics(self) -> list[Any]:
        """The loss tracker, the compiled metrics (one object), and the losses of single outputs."""
        if not self.compiled:
            return []
        found = [self._loss_tracker]
        if self._compile_metrics is not None:
            found.append(self._compile_metrics)
        if self._compile_loss is not None:
            found.extend(self._compile_loss.trackers)
        return found

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`."""
        return [metric.name for metric in self.metrics]

    @property
    def metrics(self) -> list[Any]:
        return self._compiled_metrics()

    def reset_metrics(self) -> None:
        """Starts all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """The values of all metrics by name."""
        logs: dict[str, Any] = {}
        for metric in self.metrics:
            result = metric.result()
            if isinstance(result, dict):
                logs.update(result)
            else:
                logs[metric.name] = result
        return logs

    # Steps: these may be overridden.

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The loss of a batch: the compiled losses, `add_loss` and the regularizers."""
        total = None
        if self._compile_loss is not None and y is not None:
            total = self._compile_loss(y, y_pred, sample_weight)
        elif self._compile_loss is not None:
            raise ValueError(
                explain(
                    "The loss needs labels.", "labels `y`", "y=None", "pass y, or compile the model without a loss."
                )
            )
        for extra in self.losses:  # type: ignore[attr-defined]
            extra = ops.sum(ops.cast(extra, config.floatx()))
            total = extra if total is None else total + extra
        if total is None:
            raise ValueError(
                explain(
                    "There is nothing to train.",
                    "a loss in compile(), or layers with losses",
                    "none of both",
                    "pass loss=... to compile().",
                )
            )
        return total

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Counts a batch in the compiled metrics and returns all results."""
        if self._compile_metrics is not None and y is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    @property
    def compiled_metrics(self) -> Any:
        """The metrics given to `compile`, for steps of older programs: `update_state(y, y_pred, sample_weight)`."""
        from .compile import CompileMetrics

        return self._compile_metrics or CompileMetrics(None, None, self._known_output_names())

    def compiled_loss(self, y: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None) -> Any:
        """`compute_loss` for steps of older programs; what it gives is logged as the loss."""
        loss = self.compute_loss(None, y, y_pred, sample_weight)
        self._track_loss(loss, y_pred)
        return loss

    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tuple[Any, tuple[Any, list[Any], list[Any]]]:
        """`compute_loss` with these values of the variables: (loss, their values after it). No variable changes."""
        groups = [
            ("trainable_variables", self.trainable_variables, trainable_variables),  # type: ignore[attr-defined]
            ("non_trainable_variables", self.non_trainable_variables, non_trainable_variables),  # type: ignore[attr-defined]
            ("metrics_variables", self.metrics_variables, metrics_variables),  # type: ignore[attr-defined]
        ]
        loss, (_, state, metrics) = run_stateless(
            "stateless_compute_loss",
            groups,
            lambda: self.compute_loss(x, y, y_pred, sample_weight, training=training),
        )
        return loss, (trainable_variables, state, metrics)

    def train_step(self, data: Any) -> dict[str, Any]:
        """One update of the weights from a batch; returns what is logged."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)  # type: ignore[operator]
            loss = self.compute_loss(x, y, y_pred, sample_weight, training=True)
            scaled = self.optimizer.scale_loss(loss)
        self._track_loss(loss, x)
        weights = self.trainable_weights  # type: ignore[attr-defined]
        if weights:
            self.optimizer.apply(tape.gradient(scaled, weights), weights)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Loss and metrics of a batch; returns what is logged."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)  # type: ignore[operator]
        loss = self.compute_loss(x, y, y_pred, sample_weight, training=False)
        self._track_loss(loss, x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for a batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)  # type: ignore[operator]

    def make_train_function(self, force: bool = False) -> Any:
        """Sets and returns `train_function`: one update from the next batch of an iterator; returns the logs.

        A subclass may set another function here: `fit` then calls it for each batch. Likewise the two below.
        """
        return self._make_function("train", force)

    def make_test_function(self, force: bool = False) -> Any:
        """The same for `evaluate`."""
        return self._make_function("test", force)

    def make_predict_function(self, force: bool = False) -> Any:
        """The same for `predict`; returns the outputs."""
        return self._make_function("predict", force)

    def _make_function(self, kind: str, force: bool) -> Any:
        name = f"{kind}_function"
        if force or getattr(self, name) is None:
            self._set(name, loops.step_function(self, kind))
        return getattr(self, name)

    def _own_function(self, kind: str) -> Any:
        """The function of a subclass that makes its own, else None."""
        if getattr(type(self), f"make_{kind}_function") is getattr(Steps, f"make_{kind}_function"):
            return None
        made = getattr(self, f"make_{kind}_function")()
        return getattr(self, f"{kind}_function") or made

    def _track_loss(self, loss: Any, x: Any) -> None:
        first = next(t for t in tree.flatten(x) if t is not None)
        samples = ops.cast(ops.shape(first)[0], config.floatx())
        self._loss_tracker.update_state(loss, sample_weight=samples)

    def _has_own_step(self, entry: str) -> bool:
        """Whether what is logged is overridden: then the step's logs count, not the metrics' results."""
        if type(self).compute_metrics is not Steps.compute_metrics:
            return True
        if entry == "train_step":
            return type(self).train_step is not Steps.train_step
        return type(self).test_step is not Steps.test_step
