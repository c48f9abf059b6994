"""Numbers of classes as vectors."""

from __future__ import annotations

from typing import Any

from .. import _core, config
from ..checks import explain, integer
from .convert import convert_to_tensor, normalize_axis
from .operation import operation
from .reductions import any, max

__all__ = ["multi_hot", "one_hot"]

_ops = _core.ops


def _refuse_sparse(owner: str, sparse: bool) -> None:
    if sparse:
        raise ValueError(explain(f"{owner}: tensors are dense.", "sparse=False", "sparse=True", "leave `sparse` out."))


@operation
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    """1 at the class of each entry, 0 elsewhere, along a new axis; classes outside [0, num_classes) give zeros."""
    _refuse_sparse("one_hot", sparse)
    x = convert_to_tensor(x)
    classes = integer("one_hot", "num_classes", num_classes)
    hot = _ops.one_hot(
        x if x.dtype in ("int32", "int64") else _ops.cast(x, dtype="int64"),
        classes=classes,
        dtype=config.standardize_dtype(dtype),
    )
    place = normalize_axis(axis, hot.ndim, "one_hot")
    if place == hot.ndim - 1:
        return hot
    order = list(range(hot.ndim - 1))
    order.insert(place, hot.ndim - 1)
    return _ops.transpose(hot, axes=order)


@operation
def multi_hot(
    inputs: Any, num_classes: int | None = None, axis: int = -1, dtype: Any = None, sparse: bool = False, **kwargs: Any
) -> Any:
    """1 at every class of a sample, 0 elsewhere: `one_hot` along `axis`, then the entries of axis 1 joined.

    A vector is one sample. `num_tokens` is an older name of `num_classes`.
    """
    _refuse_sparse("multi_hot", sparse)
    if num_classes is None:
        num_classes = kwargs.pop("num_tokens", None)
    if kwargs:
        raise TypeError(
            explain(
                "multi_hot: an argument is not known.",
                "inputs, num_classes, axis, dtype, sparse",
                ", ".join(kwargs),
                "leave it out.",
            )
        )
    x = convert_to_tensor(inputs)
    hot = one_hot(x, integer("multi_hot", "num_classes", num_classes), axis=axis, dtype=dtype)
    return (any if hot.dtype == "bool" else max)(hot, axis=1 if x.ndim > 1 else 0)
