"""Numbers of categories as vectors: what the output modes of several layers are."""

from __future__ import annotations

import warnings
from typing import Any

from ... import _core, ops
from ...checks import explain

_ops = _core.ops


def encode(indices: Any, mode: str, depth: Any, dtype: str, weights: Any = None) -> Any:
    """Integers in [0, depth) as vectors of `depth` entries; those outside of it count for nothing.

    'one_hot' has a vector for each index (a last axis of size 1 is left out), 'multi_hot' one for each sample with 1 at
    every index in it, 'count' the sums of 1, or of the `weights`, at them. A vector of indices is one sample for these
    two; otherwise the entries of axis 1 are.
    """
    indices = ops.convert_to_tensor(indices)
    if indices.dtype not in ("int32", "int64"):
        indices = ops.cast(indices, "int64")
    if indices.ndim == 0:
        indices = ops.reshape(indices, (1,))
    if mode == "one_hot":
        if indices.ndim > 1 and indices.shape[-1] == 1:
            indices = ops.squeeze(indices, -1)
        return ops.one_hot(indices, depth, dtype=dtype)
    end = ops.convert_to_tensor(depth, indices.dtype)
    places = ops.where(ops.logical_and(indices >= 0, indices < end), indices, end)
    weights = ops.ones_like(indices, dtype) if weights is None else ops.broadcast_to(weights, ops.shape(indices))
    if indices.ndim > 2:  # the sample becomes the last axis
        places, weights = ops.moveaxis(places, 1, -1), ops.moveaxis(weights, 1, -1)
    # One entry more collects what is outside.
    counts = _ops.add_along_axis(weights, places, axis=places.ndim - 1, size=depth + 1)[..., :depth]
    return counts if mode == "count" else ops.cast(counts > 0, dtype)


def say_it_is_dense(owner: str, sparse: bool, mode: str | None = None) -> None:
    """A warning that `sparse=True` gives dense tensors; ValueError for outputs that have no zeros."""
    if not sparse:
        return
    if mode == "int":
        raise ValueError(
            explain(
                f"{owner}: numbers of categories are not sparse.",
                "an `output_mode` of vectors, or sparse=False",
                f"sparse=True, output_mode={mode!r}",
                "leave `sparse` out, or choose 'one_hot', 'multi_hot' or 'count'.",
            )
        )
    warnings.warn(
        f"{owner}: `sparse=True` changes nothing. All tensors are dense here: the output holds the same "
        "numbers, zeros included.",
        stacklevel=3,
    )
