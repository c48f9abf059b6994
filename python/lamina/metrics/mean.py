"""Running sums and means, and the metric around a function. `from_function` makes the class form of a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .. import ops
from ..losses.loss import mask_to_weights, same_rank, size_of
from ..utils.naming import auto_name
from .metric import Metric


def _per_sample(values: Any, sample_weight: Any, reduce: Callable[..., Any], dtype: str) -> tuple[Any, Any]:
    """Weighted values and weights, one per sample: all axes but the first are reduced."""
    mask = getattr(values, "_keras_mask", None)
    values = ops.cast(ops.convert_to_tensor(values), dtype)
    if sample_weight is not None:
        weights = ops.convert_to_tensor(sample_weight, dtype=dtype)
        weights = mask_to_weights(mask, weights, dtype, "sum")
        values, weights = same_rank(values, weights)
        if values.ndim > weights.ndim:
            values = reduce(values, axis=list(range(weights.ndim, values.ndim)))
        if weights.shape != values.shape:
            weights = weights + ops.zeros_like(values)
        values = values * weights
        sample_weight = reduce(weights, axis=list(range(1, weights.ndim))) if weights.ndim > 1 else weights
    if values.ndim > 1:
        values = reduce(values, axis=list(range(1, values.ndim)))
    return values, sample_weight


class Sum(Metric):
    """Sum of all values seen, each times its weight.

    >>> import lamina
    >>> float(lamina.metrics.Sum()([1.0, 3.0, 5.0]).numpy())
    9.0
    """

    def __init__(self, name: str = "sum", dtype: Any = None) -> None:
        super().__init__(dtype=dtype, name=name)
        self.total = self.add_variable(dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, _ = _per_sample(values, sample_weight, ops.sum, self.dtype)
        self.total.assign_add(ops.sum(values))

    def result(self) -> Any:
        return self.total.value


class Mean(Metric):
    """Mean of all samples seen, weighted; axes but the first are averaged first.

    >>> import lamina
    >>> float(lamina.metrics.Mean()([1.0, 3.0], sample_weight=[3.0, 1.0]).numpy())
    1.5
    """

    def __init__(self, name: str = "mean", dtype: Any = None) -> None:
        super().__init__(dtype=dtype, name=name)
        self.total = self.add_variable(dtype=self.dtype, name="total")
        self.count = self.add_variable(dtype=self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        self._add(values, sample_weight)

    def _add(self, values: Any, sample_weight: Any) -> None:
        values, weights = _per_sample(values, sample_weight, ops.mean, self.dtype)
        self.total.assign_add(ops.sum(values))
        self.count.assign_add(size_of(values, self.dtype) if weights is None else ops.sum(weights))

    def result(self) -> Any:
        return ops.divide_no_nan(self.total.value, self.count.value)


class MeanMetricWrapper(Mean):
    """Mean of `fn(y_true, y_pred, **kwargs)`.

    >>> import lamina
    >>> metric = lamina.metrics.MeanMetricWrapper(lamina.losses.huber, name="huber", delta=0.5)
    >>> round(float(metric([[0.0]], [[1.0]])), 4)
    0.375
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name or auto_name(type(self).__name__), dtype=dtype)
        self.fn = fn
        self.arguments = kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        values = self.fn(y_true, y_pred, **self.arguments)
        if sample_weight is not None:
            sample_weight = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
        weights = mask_to_weights(getattr(y_pred, "_keras_mask", None), sample_weight, self.dtype, "sum")
        self._add(values, weights)

    def get_config(self) -> dict[str, Any]:
        from ..saving.serialization import serialize_keras_object

        config = {"name": self.name, "dtype": self.dtype, **self.arguments}
        if type(self) is MeanMetricWrapper:
            config["fn"] = serialize_keras_object(self.fn)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from ..saving.serialization import deserialize_keras_object

        if isinstance(config.get("fn"), (dict, str)):
            config = {**config, "fn": deserialize_keras_object(config["fn"], custom_objects=custom_objects)}
        return cls(**config)


def from_function(
    class_name: str,
    fn: Callable[..., Any],
    name: str | None = None,
    arguments: Sequence[str] = (),
    order: Sequence[str] = (),
    direction: str = "down",
) -> Any:
    """The class form of a function of (y_true, y_pred).

    Its constructor takes `name`, `dtype`, then those of the function's own arguments named in `arguments`; `order`
    lists all where Keras has another order. `direction` is 'up' where larger values are better.
    """
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    own = inspect.signature(fn).parameters
    parameters = {
        "name": inspect.Parameter("name", keyword, default=name or fn.__name__),
        "dtype": inspect.Parameter("dtype", keyword, default=None),
    } | {key: own[key].replace(annotation=inspect.Parameter.empty) for key in arguments}
    signature = inspect.Signature([parameters[key] for key in (order or parameters)])

    def __init__(self: MeanMetricWrapper, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        MeanMetricWrapper.__init__(self, fn, **bound.arguments)
        for key in arguments:
            setattr(self, key, bound.arguments[key])

    itself = inspect.Parameter("self", keyword)
    __init__.__signature__ = inspect.Signature([itself, *signature.parameters.values()])  # type: ignore[attr-defined]
    members = {
        "__init__": __init__,
        "__doc__": f"Mean of: {fn.__doc__}",
        "__module__": "lamina.metrics",
        "function": staticmethod(fn),
        "_direction": direction,
    }
    return type(class_name, (MeanMetricWrapper,), members)
