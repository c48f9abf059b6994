"""What `compile` was given, matched to the model's outputs: losses with weights, and metrics with names."""

from __future__ import annotations

import inspect
from typing import Any

from .. import losses as losses_module
from .. import metrics as metrics_module
from .. import ops, tree
from ..checks import explain, number
from ..utils.naming import name_of, unique
from .outputs import Outputs

_ACCURACY = ("accuracy", "acc")
_CROSSENTROPY = ("crossentropy", "ce")


def objects_of(given: Any) -> Any:
    """What `compile` was given, with an object for each class."""
    return tree.map_structure(lambda one: one() if inspect.isclass(one) else one, given)


def _kind(y_true: Any, y_pred: Any) -> int:
    """0 binary, 1 class numbers, 2 one-hot: what the shapes say labels are."""
    if y_pred.ndim < 2 or y_pred.shape[-1] == 1:
        return 0
    classes = y_pred.shape[-1]
    sparse = y_true.ndim < y_pred.ndim or (y_true.shape[-1] == 1 and (classes is None or classes > 1))
    return 1 if sparse else 2


def find_loss(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """A Loss object for what the user named. ValueError for unknown names."""
    if str(identifier).lower() in _CROSSENTROPY:
        names = ("binary_crossentropy", "sparse_categorical_crossentropy", "categorical_crossentropy")
        identifier = names[_kind(y_true, y_pred)]
    loss = losses_module.get(identifier)
    if isinstance(loss, losses_module.Loss):
        return loss
    name = identifier if isinstance(identifier, str) else name_of(loss)
    return losses_module.LossFunctionWrapper(loss, name=name)


def find_metric(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """A Metric object for what the user named; 'accuracy' becomes the one that fits the shapes."""
    name = str(identifier)
    kind = _kind(y_true, y_pred) if isinstance(identifier, str) else 0
    if name.lower() in _ACCURACY:
        names = ("BinaryAccuracy", "SparseCategoricalAccuracy", "CategoricalAccuracy")
        metric = getattr(metrics_module, names[kind])(name=name)
    elif name.lower() in _CROSSENTROPY:
        names = ("BinaryCrossentropy", "SparseCategoricalCrossentropy", "CategoricalCrossentropy")
        metric = getattr(metrics_module, names[kind])(name=name)
    else:
        metric = metrics_module.get(identifier)
    if not isinstance(metric, metrics_module.Metric):
        metric = metrics_module.MeanMetricWrapper(metric, name=name_of(metric))
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


def _need_labels(kind: str, output: str, labels: Any) -> None:
    if labels is None:
        raise ValueError(
            explain(
                f"The output {output!r} has a {kind}, but no labels.",
                "labels for each output with a loss or a metric",
                "None",
                f"pass its labels in `y`, or leave the {kind} out.",
            )
        )


class CompileLoss:
    """The sum of the losses of all outputs, each with its weight; with several outputs each is also tracked."""

    def __init__(self, loss: Any, loss_weights: Any = None, output_names: list[str] | None = None) -> None:
        if loss_weights is not None and not isinstance(loss_weights, (list, tuple, dict, float, int)):
            raise ValueError(
                explain(
                    "compile: `loss_weights` is not usable.",
                    "a number, or a list or dict of numbers",
                    f"loss_weights={loss_weights!r}",
                    "pass one number per output.",
                )
            )
        self.loss = loss
        self.loss_weights = loss_weights
        self.output_names = output_names
        self.trackers: list[Any] = []
        self._losses: list[tuple[int, Any, Any]] | None = None  # (output, loss, weight)

    def _per_output(self, outputs: Outputs) -> list[Any]:
        """The loss of each output, or several of them, or None."""
        if outputs.count == 1:
            outputs.check_names("loss", self.loss)
            return [tree.flatten(self.loss)]
        return outputs.spread("loss", self.loss) if tree.is_nested(self.loss) else [self.loss] * outputs.count

    def _build(self, y_true: list[Any], y_pred: list[Any], outputs: Outputs) -> None:
        per_output = self._per_output(outputs)
        weights: list[Any]
        if self.loss_weights is None:
            weights = [None] * outputs.count
        elif outputs.count == 1:
            weights = [self._single_weights(len(per_output[0]))]
        else:
            weights = outputs.spread("loss_weights", self.loss_weights)
        found: list[tuple[int, Any, Any]] = []
        for i, (several, weight) in enumerate(zip(per_output, weights)):
            losses = tree.flatten(several)
            each = weight if isinstance(weight, list) and len(weight) == len(losses) else [weight] * len(losses)
            for one, factor in zip(losses, each):
                if one is not None:
                    _need_labels("loss", outputs.names[i], y_true[i])
                    factor = None if factor is None else number("compile", "loss_weights", factor)
                    found.append((i, find_loss(one, y_true[i], y_pred[i]), factor))
        self._losses = found
        if len(found) > 1 and outputs.count > 1:
            names = unique([f"{outputs.loss_name(i, loss)}_loss" for i, loss, _ in found])
            self.trackers = [metrics_module.Mean(name=name) for name in names]

    def _single_weights(self, count: int) -> list[Any]:
        """The weights of the losses of a single output."""
        weights = tree.flatten(self.loss_weights)
        if len(weights) != count:
            raise ValueError(
                explain(
                    "compile: `loss_weights` does not fit `loss`.",
                    f"{count} {'weight' if count == 1 else 'weights'}",
                    f"loss_weights={self.loss_weights!r}",
                    "pass one weight per loss.",
                )
            )
        return weights

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The total of this batch, or None when no output has a loss."""
        outputs = Outputs(y_pred, self.output_names)
        wanted = [any(one is not None for one in tree.flatten(several)) for several in self._per_output(outputs)]
        labels, predictions = outputs.labels(y_true, wanted), tree.flatten(y_pred)
        if self._losses is None:
            self._build(labels, predictions, outputs)
        weights = outputs.weights(sample_weight)
        total = None
        for position, (i, loss, weight) in enumerate(self._losses or ()):
            value = loss(labels[i], predictions[i], weights[i])
            if self.trackers:
                batch = ops.cast(ops.shape(predictions[i])[0], value.dtype)
                self.trackers[position].update_state(value, sample_weight=batch)
            if weight is not None:
                value = value * weight
            total = value if total is None else total + value
        return total


class CompileMetrics:
    """The metrics of all outputs. Those of `weighted_metrics` see the sample weights."""

    name = "compile_metrics"

    def __init__(self, metrics: Any, weighted_metrics: Any, output_names: list[str] | None = None) -> None:
        for name, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given and not isinstance(given, (list, tuple, dict)):
                raise ValueError(
                    explain(
                        f"compile: `{name}` is not a list.",
                        "a list, tuple or dict of metrics",
                        f"{name}={given!r}",
                        f"pass {name}=[{given!r}].",
                    )
                )
        self.user_metrics = metrics
        self.user_weighted_metrics = weighted_metrics
        self.output_names = output_names
        self._entries: list[tuple[int, str, Any, bool]] | None = None  # (output, log name, metric, weighted)

    @property
    def metrics(self) -> list[Any]:
        """The Metric objects, once the first batch has shown what they are."""
        return [metric for _, _, metric, _ in self._entries or ()]

    def _per_output(self, given: Any, what: str, outputs: Outputs) -> list[list[Any]]:
        """The metrics of each output."""
        if not given:
            return [[] for _ in range(outputs.count)]
        spread = [given] if outputs.count == 1 else outputs.spread(what, given)
        return [[one for one in tree.flatten(several) if one is not None] for several in spread]

    def _build(self, y_true: list[Any], y_pred: list[Any], outputs: Outputs, given: list[list[list[Any]]]) -> None:
        entries: list[tuple[int, str, Any, bool]] = []
        counts: dict[str, int] = {}
        for per_output, weighted in zip(given, (False, True)):
            for i, several in enumerate(per_output):
                for one in several:
                    _need_labels("metric", outputs.names[i], y_true[i])
                    metric = find_metric(one, y_true[i], y_pred[i])
                    prefix = outputs.metric_prefix(i)
                    name = f"{prefix}{metric.name}"
                    if weighted and name in counts:
                        name = f"{prefix}weighted_{metric.name}"
                    seen = counts.get(name, 0)
                    counts[name] = seen + 1
                    entries.append((i, name if seen == 0 else f"{name}_{seen}", metric, weighted))
        self._entries = entries

    @property
    def variables(self) -> list[Any]:
        """The states of all of them."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def reset_state(self) -> None:
        """Starts all of them anew."""
        for metric in self.metrics:
            metric.reset_state()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch."""
        outputs = Outputs(y_pred, self.output_names)
        given = [
            self._per_output(self.user_metrics, "metrics", outputs),
            self._per_output(self.user_weighted_metrics, "weighted_metrics", outputs),
        ]
        labels = outputs.labels(y_true, [bool(plain or weighted) for plain, weighted in zip(*given)])
        predictions = tree.flatten(y_pred)
        if self._entries is None:
            self._build(labels, predictions, outputs, given)
        weights = outputs.weights(sample_weight)
        for i, _, metric, weighted in self._entries or ():
            if weighted:
                metric.update_state(labels[i], predictions[i], weights[i])
            else:
                metric.update_state(labels[i], predictions[i])

    def result(self) -> dict[str, Any]:
        """The values by log name."""
        return {name: metric.result() for _, name, metric, _ in self._entries or ()}
