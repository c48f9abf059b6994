"""What `compile` was given, matched to the model's outputs: losses with weights, and metrics with names."""

from __future__ import annotations

from typing import Any

from .. import losses as losses_module
from .. import metrics as metrics_module
from .. import ops, tree
from ..checks import explain

_ACCURACY = ("accuracy", "acc")
_CROSSENTROPY = ("crossentropy", "ce")


def _kind(y_true: Any, y_pred: Any) -> int:
    """0 binary, 1 class numbers, 2 one-hot: what the shapes say labels are."""
    if y_pred.shape[-1] == 1:
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
    name = identifier if isinstance(identifier, str) else getattr(loss, "__name__", type(loss).__name__)
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
        metric = metrics_module.MeanMetricWrapper(metric, name=getattr(metric, "__name__", type(metric).__name__))
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


class Outputs:
    """The outputs of a model in a flat order, with names."""

    def __init__(self, y_pred: Any, names: list[str] | None) -> None:
        self.structure = tree.map_structure(lambda _: None, y_pred)
        self.count = len(tree.flatten(y_pred))
        if names is None or len(names) != self.count:
            paths = [path for path, _ in tree.flatten_with_path(y_pred)]
            names = ["_".join(f"output_{p + 1}" if isinstance(p, int) else str(p) for p in path) for path in paths]
        self.names = names

    def spread(self, what: str, values: Any) -> list[Any]:
        """One entry per output of what the user gave: a list, a dict by name, or the outputs' own structure."""
        if isinstance(values, dict) and not tree.same_structure(
            tree.map_structure(lambda _: None, values), self.structure
        ):
            unknown = sorted(set(values) - set(self.names))
            if unknown:
                raise ValueError(
                    explain(
                        f"`{what}` names outputs the model does not have.",
                        f"keys among {self.names}",
                        f"{unknown}",
                        "use the names of the output layers (model.output_names).",
                    )
                )
            return [values.get(name) for name in self.names]
        if isinstance(values, dict) and isinstance(self.structure, dict):
            keys = [path[0] for path, _ in tree.flatten_with_path(self.structure)]
            return [values.get(key) for key in keys]
        values = list(values) if isinstance(values, (list, tuple)) else [values]
        if len(values) != self.count:
            raise ValueError(
                explain(
                    f"`{what}` does not fit the model's outputs.",
                    f"{self.count} entries, one for each of {self.names}",
                    f"{len(values)} entries",
                    f"pass one entry per output in `{what}`, or a dict by output names.",
                )
            )
        return values

    def flatten(self, what: str, values: Any) -> list[Any]:
        """Labels or weights in the flat order of the outputs."""
        if isinstance(values, dict):
            if isinstance(self.structure, dict) and set(values) >= set(self.structure):
                return tree.flatten({key: values[key] for key in self.structure})
            if set(values) <= set(self.names):
                return [values.get(name) for name in self.names]
        return tree.flatten(values)


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

    def _build(self, y_true: list[Any], y_pred: list[Any], outputs: Outputs) -> None:
        loss, weights = self.loss, self.loss_weights
        count = outputs.count
        found: list[tuple[int, Any, Any]] = []
        if count == 1:
            losses = tree.flatten(loss)
            flat_weights = [None] * len(losses) if weights is None else tree.flatten(weights)
            if len(flat_weights) != len(losses):
                raise ValueError(
                    explain(
                        "compile: `loss_weights` does not fit `loss`.",
                        f"{len(losses)} weights",
                        f"loss_weights={weights!r}",
                        "pass one weight per loss.",
                    )
                )
            pairs = [(0, one, weight) for one, weight in zip(losses, flat_weights)]
        else:
            flat = [loss] * count if not tree.is_nested(loss) else outputs.spread("loss", loss)
            flat_weights = [None] * count if weights is None else outputs.spread("loss_weights", weights)
            pairs = [
                (i, one, weight)
                for i, (several, weight) in enumerate(zip(flat, flat_weights))
                for one in tree.flatten(several)
            ]
        for i, one, weight in pairs:
            if one is not None:
                found.append((i, find_loss(one, y_true[i], y_pred[i]), None if weight is None else float(weight)))
        self._losses = found
        if count > 1:
            self.trackers = [metrics_module.Mean(name=f"{outputs.names[i]}_loss") for i, _, _ in found]

    def _align(self, y: Any, outputs: Outputs) -> list[Any]:
        """Labels per output; fewer labels than outputs belong to those with a loss."""
        flat = outputs.flatten("y", y)
        if len(flat) == outputs.count:
            return flat
        spread = outputs.spread("loss", self.loss) if tree.is_nested(self.loss) else [self.loss] * outputs.count
        with_loss = [i for i, one in enumerate(spread) if one is not None]
        if len(flat) != len(with_loss):
            raise ValueError(
                explain(
                    "The labels do not fit the model's outputs.",
                    f"{outputs.count} arrays, one for each of {outputs.names}",
                    f"{len(flat)} arrays",
                    "pass a list or dict with one array per output in `y`.",
                )
            )
        aligned: list[Any] = [None] * outputs.count
        for i, value in zip(with_loss, flat):
            aligned[i] = value
        return aligned

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The total of this batch, or None when no output has a loss."""
        outputs = Outputs(y_pred, self.output_names)
        labels, predictions = self._align(y_true, outputs), tree.flatten(y_pred)
        if self._losses is None:
            self._build(labels, predictions, outputs)
        weights = [None] * outputs.count if sample_weight is None else outputs.flatten("sample_weight", sample_weight)
        if len(weights) == 1:
            weights = weights * outputs.count
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

    def _build(self, y_true: list[Any], y_pred: list[Any], outputs: Outputs) -> None:
        entries: list[tuple[int, str, Any, bool]] = []
        counts: dict[str, int] = {}
        for given, weighted in ((self.user_metrics, False), (self.user_weighted_metrics, True)):
            if not given:
                continue
            what = "weighted_metrics" if weighted else "metrics"
            per_output = [tree.flatten(given)] if outputs.count == 1 else outputs.spread(what, given)
            for i, several in enumerate(per_output):
                for one in tree.flatten(several):
                    if one is None:
                        continue
                    metric = find_metric(one, y_true[i], y_pred[i])
                    prefix = f"{outputs.names[i]}_" if outputs.count > 1 else ""
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
        labels, predictions = outputs.flatten("y", y_true), tree.flatten(y_pred)
        if len(labels) < outputs.count:
            labels = labels + [None] * (outputs.count - len(labels))
        if self._entries is None:
            self._build(labels, predictions, outputs)
        weights = [None] * outputs.count if sample_weight is None else outputs.flatten("sample_weight", sample_weight)
        if len(weights) == 1:
            weights = weights * outputs.count
        for i, _, metric, weighted in self._entries or ():
            if weighted:
                metric.update_state(labels[i], predictions[i], weights[i])
            else:
                metric.update_state(labels[i], predictions[i])

    def result(self) -> dict[str, Any]:
        """The values by log name."""
        return {name: metric.result() for _, name, metric, _ in self._entries or ()}
