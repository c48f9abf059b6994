"""Metrics of yes/no predictions at thresholds: the four counts, precision and recall, and rates at a given rate.

>>> import lamina
>>> metric = lamina.metrics.Precision(thresholds=[0.3, 0.7])
>>> metric.update_state([0, 1, 1, 0], [0.2, 0.4, 0.8, 0.5])
>>> [round(float(p), 3) for p in metric.result().numpy()]
[0.667, 1.0]
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from .. import ops
from ..checks import integer, number
from . import thresholds as counting
from .metric import Metric


class Confusion(Metric):
    """Base of metrics that keep counts at thresholds: those of `_kept`, one variable each."""

    _kept: tuple[str, ...] = ()
    thresholds: list[float]
    init_thresholds: Any = None  # as they were given
    top_k: int | None = None
    class_id: int | None = None
    _counts: dict[str, Any] | None = None  # the variables by what they count, once they are made

    def _set_thresholds(self, thresholds: list[float]) -> None:
        self.thresholds = thresholds
        self._even = counting.are_even(thresholds)

    def _keep(self, shape: tuple[int, ...], *names: str) -> None:
        """Makes the state, one variable for each of `_kept`, called so or by `names`."""
        self._counts = {}
        for kept, name in zip(self._kept, names or self._kept, strict=True):
            self._counts[kept] = self.add_variable(shape, name=name)
            setattr(self, name, self._counts[kept])

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch of targets 0 and 1 and predictions of the same shape, each times its weight."""
        self._count(y_true, y_pred, sample_weight, top_k=self.top_k, class_id=self.class_id)

    def _count(self, y_true: Any, y_pred: Any, sample_weight: Any, **options: Any) -> None:
        found = counting.count(
            type(self).__name__,
            y_true,
            y_pred,
            sample_weight,
            self.thresholds,
            dtype=self._state_dtype,
            even=self._even,
            **options,
        )
        for name, variable in (self._counts or {}).items():
            variable.assign_add(found[name])

    def _rate(self, name: str) -> Any:
        """One of the rates at each threshold; 0 where there is nothing to divide by."""
        one, other = RATES[name]
        part, rest = getattr(self, one).value, getattr(self, other).value
        return ops.divide_no_nan(part, part + rest)

    def _single(self, values: Any) -> Any:
        return values[0] if len(self.thresholds) == 1 else values

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return config | {"thresholds": self.init_thresholds} if "thresholds" in config else config


RATES = {
    "precision": ("true_positives", "false_positives"),
    "recall": ("true_positives", "false_negatives"),
    "sensitivity": ("true_positives", "false_negatives"),
    "specificity": ("true_negatives", "false_positives"),
    "false alarm": ("false_positives", "true_negatives"),
}


class _Count(Confusion):
    accumulator: Any

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(dtype=dtype, name=name)
        self._set_thresholds(counting.thresholds_of(type(self).__name__, thresholds))
        self._keep((len(self.thresholds),), "accumulator")
        self.init_thresholds = _plain(thresholds)

    def result(self) -> Any:
        return self._single(self.accumulator.value)


class TruePositives(_Count):
    """How many predictions above a threshold in [0, 1] (default 0.5, or several) have the label 1.

    >>> import lamina
    >>> float(lamina.metrics.TruePositives()([0, 1, 1, 1], [0.6, 0.7, 0.2, 0.9]))
    2.0
    """

    _kept = ("true_positives",)
    _direction = "up"


class FalsePositives(_Count):
    """How many predictions above a threshold in [0, 1] (default 0.5, or several) have the label 0.

    >>> import lamina
    >>> float(lamina.metrics.FalsePositives()([0, 1, 1, 1], [0.6, 0.7, 0.2, 0.9]))
    1.0
    """

    _kept = ("false_positives",)
    _direction = "down"


class TrueNegatives(_Count):
    """How many predictions not above a threshold in [0, 1] (default 0.5, or several) have the label 0.

    >>> import lamina
    >>> float(lamina.metrics.TrueNegatives()([0, 1, 1, 1], [0.6, 0.7, 0.2, 0.9]))
    0.0
    """

    _kept = ("true_negatives",)
    _direction = "up"


class FalseNegatives(_Count):
    """How many predictions not above a threshold in [0, 1] (default 0.5, or several) have the label 1.

    >>> import lamina
    >>> float(lamina.metrics.FalseNegatives()([0, 1, 1, 1], [0.6, 0.7, 0.2, 0.9]))
    1.0
    """

    _kept = ("false_negatives",)
    _direction = "down"


class _Share(Confusion):
    """The rate `_shown` at each threshold."""

    _shown: str
    _direction = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        owner = type(self).__name__
        counting.check_selection(owner, top_k, class_id)
        self.top_k, self.class_id = top_k, class_id
        self._set_thresholds(counting.thresholds_of(owner, thresholds, 0.5 if top_k is None else counting.NEVER))
        self._keep((len(self.thresholds),))
        self.init_thresholds = _plain(thresholds)

    def result(self) -> Any:
        return self._single(self._rate(self._shown))


class Precision(_Share):
    """The share of the positive predictions that are right: TP / (TP + FP), 0 where none is positive.

    Predictions above a threshold in [0, 1] (default 0.5, or several) are positive; with `top_k` the k largest of each
    sample that are (all of them without thresholds). `class_id` looks at that class only. Weights count in both sums.

    >>> import lamina
    >>> round(float(lamina.metrics.Precision()([0, 1, 1, 1], [0.6, 0.7, 0.2, 0.9])), 4)
    0.6667
    """

    _shown = "precision"
    _kept = ("true_positives", "false_positives")


class Recall(_Share):
    """The share of the positive labels that are found: TP / (TP + FN), 0 where no label is positive.

    Predictions above a threshold in [0, 1] (default 0.5, or several) are positive; with `top_k` the k largest of each
    sample that are (all of them without thresholds). `class_id` looks at that class only. Weights count in both sums.

    >>> import lamina
    >>> round(float(lamina.metrics.Recall()([0, 1, 1, 1], [0.6, 0.7, 0.2, 0.9])), 4)
    0.6667
    """

    _shown = "recall"
    _kept = ("true_positives", "false_negatives")


def _plain(thresholds: Any) -> Any:
    """Thresholds as a configuration keeps them."""
    return thresholds if thresholds is None or not hasattr(thresholds, "__len__") else [float(t) for t in thresholds]


class _BestAt(Confusion):
    """The best value of one rate among the thresholds where another one reaches a given value."""

    _kept = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    _direction = "up"
    _rates: tuple[str, str]

    def _start(self, value: float, num_thresholds: int, class_id: int | None, name: Any, dtype: Any) -> None:
        Metric.__init__(self, dtype=dtype, name=name)
        owner, given = type(self).__name__, self._rates[1]
        setattr(self, given, number(owner, given, value, low=0.0, high=1.0))
        self.num_thresholds = integer(owner, "num_thresholds", num_thresholds)
        counting.check_selection(owner, None, class_id)
        self.class_id = class_id
        self._set_thresholds([0.5] if num_thresholds == 1 else counting.evenly_spaced(num_thresholds))
        self._even = num_thresholds > 1
        self._keep((num_thresholds,))

    def result(self) -> Any:
        best, given = map(self._rate, self._rates)
        return ops.max(ops.where(ops.greater_equal(given, getattr(self, self._rates[1])), best, 0.0))


def best_at(best: str, given: str) -> Any:
    """The metric `<Best>At<Given>`."""
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    defaults = {"num_thresholds": 200, "class_id": None, "name": None, "dtype": None}
    parameters: Sequence[inspect.Parameter] = [
        inspect.Parameter(given, keyword),
        *(inspect.Parameter(key, keyword, default=value) for key, value in defaults.items()),
    ]
    signature = inspect.Signature(parameters)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        self._start(*bound.arguments.values())

    itself = inspect.Parameter("self", keyword)
    __init__.__signature__ = inspect.Signature([itself, *parameters])  # type: ignore[attr-defined]
    class_name = f"{best.capitalize()}At{given.capitalize()}"
    doc = (
        f"The best {best} among the thresholds where the {given} is at least `{given}`, a number in [0, 1]; else 0.\n\n"
        "    `num_thresholds` (default 200) thresholds divide [0, 1] evenly; 1 means 0.5. `class_id` looks at that "
        "class only.\n\n"
        "    >>> import lamina\n"
        f"    >>> float(lamina.metrics.{class_name}(0.5)([0, 0, 1, 1], [0.1, 0.5, 0.4, 0.9]))\n    1.0\n    "
    )
    members = {"__init__": __init__, "__doc__": doc, "__module__": "lamina.metrics", "_rates": (best, given)}
    return type(class_name, (_BestAt,), members)


PrecisionAtRecall = best_at("precision", "recall")
RecallAtPrecision = best_at("recall", "precision")
SensitivityAtSpecificity = best_at("sensitivity", "specificity")
SpecificityAtSensitivity = best_at("specificity", "sensitivity")
