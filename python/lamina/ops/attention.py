"""Attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _core
from ..checks import differ, explain
from .convert import convert_to_tensor, convert_weak, to_common, to_float
from .operation import operation

__all__ = ["dot_product_attention"]

_ops = _core.ops


def _check(query: Any, key: Any, value: Any) -> None:
    def wrong(what: str, expected: str) -> ValueError:
        return ValueError(
            explain(
                f"dot_product_attention: {what}",
                expected,
                f"query {query.shape}, key {key.shape}, value {value.shape}",
                "reshape the projections to (batch, time, heads, size).",
            )
        )

    if any(x.ndim != 4 for x in (query, key, value)):
        raise wrong("the ranks are wrong.", "tensors of shape (batch, time, heads, size)")
    heads, groups = query.shape[2], key.shape[2]
    if None in (heads, groups, query.shape[3]):
        raise wrong("the heads are unknown.", "a known number of heads and their size")
    if groups != value.shape[2] or not groups or heads % groups:
        raise wrong("the heads do not fit.", "as many heads of value as of key, and a multiple of them of query")
    if query.shape[3] != key.shape[3]:
        raise wrong("query and key cannot be multiplied.", "heads of one size")
    if differ(key.shape[1], value.shape[1]):
        raise wrong("key and value do not fit.", "the same number of time steps")


def _causal(rows: Any, columns: Any) -> Any:
    """True where column <= row."""
    row, column = (_ops.arange(size=n, start=0.0, step=1.0, dtype="int32") for n in (rows, columns))
    return _ops.less_equal(column, _ops.reshape(row, shape=[-1, 1]))


def _fused(q: Any, k: Any, v: Any, mask: Any, scale: float, causal: bool) -> Any:
    """One pass over blocks of scores, which are never all in memory; 16-bit floats are computed with in float32."""
    keep: tuple[Any, ...] = ()
    if mask is not None:
        mask = convert_to_tensor(mask, "bool")
        keep = (_ops.reshape(mask, shape=[1] * (4 - mask.ndim) + list(mask.dims)),)
    narrow = q.dtype if q.dtype in ("float16", "bfloat16") else None
    if narrow:
        q, k, v = (_ops.cast(x, dtype="float32") for x in (q, k, v))
    y, _, _ = _ops.attention(q, k, v, *keep, scale=scale, causal=causal)
    return _ops.cast(y, dtype=narrow) if narrow else y


@operation
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """softmax(query . key * scale + bias) . value for each head, of tensors (batch, time, heads, size).

    `scale` is 1 / sqrt(size) by default. Several heads of the query may share one of key and value. `bias` and `mask`
    (True: attend) broadcast to (batch, heads, query time, key time). `flash_attention` changes nothing here.
    """
    q, k, v = map(to_float, to_common(query, key, value))
    _check(q, k, v)
    scale = float(1 / math.sqrt(q.shape[3]) if scale is None else scale)
    if bias is None and attn_logits_soft_cap is None:
        return _fused(q, k, v, mask, scale, is_causal)
    batch, rows, heads, size = q.dims
    columns, groups = k.dims[1], k.shape[2]
    q = _ops.multiply(q, convert_weak(scale, q.dtype))
    q, k, v = (_ops.transpose(x, axes=[0, 2, 1, 3]) for x in (q, k, v))
    shared = [batch, groups, rows * (heads // groups)]  # heads that share a key are rows of one matrix
    logits = _ops.matmul(_ops.reshape(q, shape=[*shared, size]), k, transpose_b=True)
    logits = _ops.reshape(logits, shape=[batch, heads, rows, columns])
    if attn_logits_soft_cap is not None:
        bent = _ops.multiply(_ops.absolute(logits), convert_weak(1.0 / attn_logits_soft_cap, logits.dtype))
        logits = _ops.divide(logits, _ops.add(bent, convert_weak(1.0, logits.dtype)))
    if bias is not None:
        logits = _ops.add(logits, convert_to_tensor(bias, logits.dtype))
    keep = None if mask is None else convert_to_tensor(mask, "bool")
    if is_causal:
        causal = _causal(rows, columns)
        keep = causal if keep is None else _ops.logical_and(keep, causal)
    if keep is not None:  # finite, so that a row without any entry becomes even and not NaN
        lowest = -0.7 * float(np.finfo(logits.dtype).max)
        logits = _ops.where(keep, logits, convert_weak(lowest, logits.dtype))
    weights = _ops.reshape(_ops.softmax(logits, axis=3), shape=[*shared, columns])
    y = _ops.reshape(_ops.matmul(weights, v), shape=[batch, heads, rows, v.dims[3]])
    return _ops.transpose(y, axes=[0, 2, 1, 3])
