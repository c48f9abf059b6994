"""Conversions as functions of keras.ops: from arrays and to them, and between dtypes."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .. import _core, config
from . import convert
from .convert import convert_to_numpy, is_float, is_symbolic
from .elementwise import clip
from .operation import operation

__all__ = ["convert_to_numpy", "convert_to_tensor", "saturate_cast"]

_ops = _core.ops
_convert = operation(convert.convert_to_tensor)


@functools.wraps(convert.convert_to_tensor)
def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """`x` as a tensor; the conversion of a symbolic tensor is a node of the graph, if there is anything to convert."""
    if is_symbolic(x) and (dtype is None or x.dtype == dtype):
        return x
    return _convert(x, dtype, sparse, ragged)


@operation
def saturate_cast(x: Any, dtype: Any) -> Any:
    """x in another dtype; numbers beyond its range, infinities included, become its nearest end."""
    x, name = convert.convert_to_tensor(x), config.standardize_dtype(dtype)
    if name == "bool":
        x = clip(x, 0, 1)
    elif is_float(x.dtype) and is_float(name):
        limits = np.finfo(name)
        x = _ops.clip(x, low=float(limits.min), high=float(limits.max))
    elif not is_float(name) and x.dtype in ("int32", "int64"):  # floats saturate by themselves
        ends = np.iinfo(name)
        x = _ops.clip(x, low=float(ends.min), high=float(ends.max))
    return convert.convert_to_tensor(x, name)
