"""`Loss`: values, weights and masks, one reduction. `from_function` makes the class form of a loss function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .. import _core, config, ops
from ..checks import choice, explain
from ..saving.configurable import Configurable
from ..utils.naming import auto_name


class Reduction:
    """The names of reductions as older programs write them. AUTO is SUM_OVER_BATCH_SIZE."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        return (cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE)

    @classmethod
    def validate(cls, key: str) -> None:
        """ValueError for other names."""
        choice("Reduction", "key", key, cls.all())


REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def same_rank(a: Any, b: Any) -> tuple[Any, Any]:
    """Aligns (N,) with (N, 1): a trailing axis of size 1 is added to a vector, else dropped from the other tensor."""
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        return (a, ops.expand_dims(b, -1)) if b.ndim == 1 else (ops.squeeze(a, -1), b)
    if b.ndim == a.ndim + 1 and b.shape[-1] == 1:
        return (ops.expand_dims(a, -1), b) if a.ndim == 1 else (a, ops.squeeze(b, -1))
    return a, b


def weights_like(weights: Any, values: Any) -> Any:
    """`weights` with the rank of `values`: one weight per sample also weighs all values of that sample."""
    if weights.ndim == values.ndim + 1 and weights.shape[-1] == 1:
        return ops.squeeze(weights, -1)
    while 0 < weights.ndim < values.ndim:
        weights = ops.expand_dims(weights, -1)
    return weights


def size_of(x: Any, dtype: str) -> Any:
    """The number of elements of `x`: a Python number, or a scalar tensor where an axis is known only at run time."""
    size: Any = 1
    for dim in x.dims:
        size = size * dim
    if isinstance(size, int):
        return size
    return size.value if size.value is not None else _core.ops.dim_value(dim=size, dtype=dtype)


def mask_to_weights(mask: Any, sample_weight: Any, dtype: str, reduction: str | None) -> Any:
    """One weight tensor from a mask and sample weights (either may be None).

    For means the mask counts as total/valid at valid entries, so that the mean over all entries is that over valid
    ones.
    """
    if mask is None:
        return sample_weight
    weights = ops.cast(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        # An empty mask leaves nothing to average: its weights stay 0.
        weights = weights * ops.divide_no_nan(size_of(weights, dtype), ops.sum(weights))
    if sample_weight is None:
        return weights
    weights, sample_weight = same_rank(weights, sample_weight)
    if weights.ndim < sample_weight.ndim:
        return weights_like(weights, sample_weight) * sample_weight
    return weights * weights_like(sample_weight, weights)


def reduce_values(values: Any, weights: Any = None, reduction: str | None = "sum_over_batch_size") -> Any:
    """The scalar (or with reduction 'none' the tensor) that a loss returns."""
    if weights is not None:
        weights = weights_like(weights, values)
        values = values * weights
    if reduction in (None, "none") or values.ndim == 0:
        return values
    if reduction == "sum":
        return ops.sum(values)
    if reduction == "mean_with_sample_weight" and weights is not None:
        return ops.divide_no_nan(ops.sum(values), ops.sum(weights))
    if values.shape == (0,):
        return ops.sum(values)
    return ops.mean(values)


def convert(x: Any, dtype: str | None) -> Any:
    """Tensors of `dtype` from an array or from a dict of arrays, or a list of tensors."""
    if isinstance(x, dict):
        return {key: convert(value, dtype) for key, value in x.items()}
    if isinstance(x, (list, tuple)) and any(getattr(value, "ndim", 0) for value in x):
        return type(x)(convert(value, dtype) for value in x)
    return ops.convert_to_tensor(x, dtype=dtype)


class Loss(Configurable):
    """Base of all losses: implement `call(y_true, y_pred)`, which returns one value per sample (or per element).

    `reduction`: 'sum_over_batch_size' or 'mean' (sum / number of values), 'sum', 'mean_with_sample_weight' (sum / sum
    of the weights), 'none'. `sample_weight` multiplies the values; a mask that `y_pred` carries leaves values out.

    >>> import lamina
    >>> class Gap(lamina.losses.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return lamina.ops.mean(lamina.ops.absolute(y_true - y_pred), axis=-1)
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        self.name = name or auto_name(type(self).__name__)
        reduction = Reduction.SUM_OVER_BATCH_SIZE if reduction == Reduction.AUTO else reduction
        self.reduction = choice(type(self).__name__, "reduction", reduction, REDUCTIONS)
        self._dtype = config.standardize_dtype(dtype)

    @property
    def dtype(self) -> str:
        return self._dtype

    def call(self, y_true: Any, y_pred: Any) -> Any:
        raise NotImplementedError(
            explain(
                f"The loss {type(self).__name__} cannot be computed.",
                "a method `call(self, y_true, y_pred)`",
                "none in the class",
                "write it; it returns one value per sample.",
            )
        )

    def _target_dtype(self) -> str | None:
        return self._dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        mask = getattr(y_pred, "_keras_mask", None)
        values = self.call(convert(y_true, self._target_dtype()), convert(y_pred, self._dtype))
        values = ops.convert_to_tensor(values)
        own_mask = getattr(values, "_keras_mask", None)
        if own_mask is not None:
            mask = own_mask if mask is None else ops.logical_and(mask, own_mask)
        if sample_weight is not None:
            sample_weight = ops.convert_to_tensor(sample_weight, dtype=values.dtype)
        weights = mask_to_weights(mask, sample_weight, values.dtype, self.reduction)
        return reduce_values(values, weights, self.reduction)


class LossFunctionWrapper(Loss):
    """A loss around a function `fn(y_true, y_pred, **arguments)`.

    >>> import lamina
    >>> loss = lamina.losses.LossFunctionWrapper(lamina.losses.huber, reduction="sum", delta=0.5)
    >>> float(loss([[0.0], [0.0]], [[1.0], [2.0]]))
    1.25
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **arguments: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self.arguments = arguments

    def _target_dtype(self) -> str | None:
        # Class indices stay integers; a detour over floats would cost two casts and lose large ones.
        return None if getattr(self.fn, "integer_targets", False) else self._dtype

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if not isinstance(y_pred, (dict, list, tuple)):
            y_true, y_pred = same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self.arguments)

    def get_config(self) -> dict[str, Any]:
        from ..saving.serialization import serialize_keras_object

        config = {"name": self.name, "reduction": self.reduction, **self.arguments}
        if type(self) is LossFunctionWrapper:
            config["fn"] = serialize_keras_object(self.fn)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from ..saving.serialization import deserialize_keras_object

        if isinstance(config.get("fn"), dict):
            config = {**config, "fn": deserialize_keras_object(config["fn"], custom_objects=custom_objects)}
        return cls(**config)

    def __repr__(self) -> str:
        arguments = "".join(f", {key}={value!r}" for key, value in self.arguments.items())
        return f"<{type(self).__name__}(name={self.name!r}, reduction={self.reduction!r}{arguments})>"


def from_function(
    class_name: str,
    fn: Callable[..., Any],
    name: str | None = None,
    order: Sequence[str] = (),
    defaults: dict[str, Any] | None = None,
) -> Any:
    """The class form of a loss function.

    Its constructor takes the function's own arguments, then `reduction`, `name` and `dtype`; `order` lists all of them
    where Keras has another order, `defaults` those the class changes.
    """
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    own = list(inspect.signature(fn).parameters.values())[2:]
    common = {"reduction": "sum_over_batch_size", "name": name or fn.__name__, "dtype": None}
    parameters = {p.name: p.replace(annotation=inspect.Parameter.empty) for p in own}
    parameters |= {key: inspect.Parameter(key, keyword, default=value) for key, value in common.items()}
    for key, value in (defaults or {}).items():
        parameters[key] = parameters[key].replace(default=value)
    signature = inspect.Signature([parameters[key] for key in (order or parameters)])

    def __init__(self: LossFunctionWrapper, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        LossFunctionWrapper.__init__(self, fn, **bound.arguments)

    itself = inspect.Parameter("self", keyword)
    __init__.__signature__ = inspect.Signature([itself, *signature.parameters.values()])  # type: ignore[attr-defined]
    members = {"__init__": __init__, "__doc__": fn.__doc__, "__module__": "lamina.losses", "function": staticmethod(fn)}
    return type(class_name, (LossFunctionWrapper,), members)
