"""Functions that make arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core, config
from ..checks import choice, explain
from .convert import convert_to_tensor, convert_weak, is_float, normalize_axis, result_type, to_sizes
from .operation import operation
from .sizes import Dim, larger, scalar, steps, to_size

__all__ = [
    "arange",
    "array",
    "empty",
    "empty_like",
    "full",
    "full_like",
    "geomspace",
    "linspace",
    "logspace",
    "meshgrid",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]

_ops = _core.ops


@operation
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """All `fill_value` in the shape; a tensor is broadcast to it."""
    name = config.standardize_dtype(dtype)
    if isinstance(fill_value, (bool, int, float)) and abs(fill_value) <= 2**53:
        return _ops.fill(shape=to_sizes(shape), value=float(fill_value), dtype=name)
    return _ops.broadcast_to(convert_weak(fill_value, name), shape=to_sizes(shape))


@operation
def zeros(shape: Any, dtype: Any = None) -> Any:
    """All 0 in the shape."""
    return _ops.fill(shape=to_sizes(shape), value=0, dtype=config.standardize_dtype(dtype))


@operation
def ones(shape: Any, dtype: Any = None) -> Any:
    """All 1 in the shape."""
    return _ops.fill(shape=to_sizes(shape), value=1, dtype=config.standardize_dtype(dtype))


@operation
def empty(shape: Any, dtype: Any = None) -> Any:
    """A tensor of the shape whose entries do not matter (they are 0)."""
    return zeros(shape, dtype)


@operation
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Any:
    """All `fill_value` in the shape of x."""
    x = convert_to_tensor(x)
    return full(x.dims, fill_value, dtype or x.dtype)


@operation
def zeros_like(x: Any, dtype: Any = None) -> Any:
    """All 0 in the shape of x."""
    x = convert_to_tensor(x)
    return zeros(x.dims, dtype or x.dtype)


@operation
def ones_like(x: Any, dtype: Any = None) -> Any:
    """All 1 in the shape of x."""
    x = convert_to_tensor(x)
    return ones(x.dims, dtype or x.dtype)


@operation
def empty_like(x: Any, dtype: Any = None) -> Any:
    """A tensor of the shape of x whose entries do not matter (they are 0)."""
    return zeros_like(x, dtype)


@operation
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    """Numbers from start (0 when one argument is given) up to, not including, stop. ValueError for a step of 0."""
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    named = {"start": start, "stop": stop, "step": step}
    sized = any(isinstance(n, Dim) for n in named.values())
    numbers = [to_size("arange", k, n, minimum=None) if sized else _number("arange", k, n) for k, n in named.items()]
    name = config.standardize_dtype(dtype) if dtype is not None else result_type(*named.values())
    if not sized:
        if numbers[2] == 0:
            raise ValueError(
                explain("arange: the step is 0.", "a step above or below 0", f"step={step}", "leave the step out.")
            )
        return convert_to_tensor(np.arange(*numbers), name)
    start, stop, step = numbers
    backward = isinstance(step, int) and step < 0
    span, stride = (start - stop, -step) if backward else (stop - start, step)
    span = span if isinstance(span, Dim) else Dim(span)
    scaled = _ops.multiply(steps(larger(span.ceil_divide(stride), 0), name), scalar(step, name))
    return _ops.add(scaled, scalar(start, name))


def _number(owner: str, name: str, value: Any) -> Any:
    """A scalar as a Python or NumPy number. TypeError for one that is not known yet."""
    if isinstance(value, _core.Tensor) and value.is_symbolic:
        return to_size(owner, name, value)
    number = np.asarray(value)
    if number.ndim or number.dtype.kind not in "biuf":
        raise TypeError(
            explain(f"{owner}: `{name}` is not one number.", "a scalar", f"{name}={value!r}", "pass one number.")
        )
    return number[()]


def _spaced(owner: str, num: Any, dtype: Any, *ends: Any) -> tuple[Any, str, str]:
    """The count, the dtype of the result and the one to compute in."""
    name = config.standardize_dtype(dtype) if dtype is not None else result_type(*ends, 1.0)
    return to_size(owner, "num", num), name, name if is_float(name) else config.floatx()


def _between(start: Any, stop: Any, count: Any, endpoint: bool, axis: int, dtype: str) -> tuple[Any, Any]:
    """Equal steps from start to stop along a new axis, and the number of steps."""
    a, b = (convert_weak(x, dtype) for x in (start, stop))
    rank = max(a.ndim, b.ndim)
    place = normalize_axis(axis, rank + 1, "linspace")
    gaps = scalar(larger(count - 1 if endpoint else count, 1), dtype)
    part = _ops.divide(steps(count, dtype), gaps)
    part = _ops.reshape(part, shape=[-1 if i == place else 1 for i in range(rank + 1)])
    ends = []
    for x in (a, b):
        dims = [1] * (rank - x.ndim) + list(x.dims)
        ends.append(_ops.reshape(x, shape=[*dims[:place], 1, *dims[place:]]))
    rest = _ops.subtract(scalar(1, dtype), part)
    return _ops.add(_ops.multiply(ends[0], rest), _ops.multiply(ends[1], part)), gaps


@operation
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """`num` numbers in equal steps from start to stop (without stop unless `endpoint`), along a new `axis`.

    With `retstep` also the step. Start and stop may be tensors, which broadcast.
    """
    count, name, compute = _spaced("linspace", num, dtype, start, stop)
    numbers, gaps = _between(start, stop, count, endpoint, axis, compute)
    result = convert_to_tensor(numbers if is_float(name) else _ops.floor(numbers), name)
    if not retstep:
        return result
    step = _ops.divide(_ops.subtract(convert_weak(stop, compute), convert_weak(start, compute)), gaps)
    if isinstance(count, int) and count - bool(endpoint) < 1:
        step = _ops.multiply(step, convert_weak(float("nan"), compute))
    return result, step


@operation
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` powers of `base`, the exponents in equal steps from start to stop, along a new `axis`."""
    count, name, compute = _spaced("logspace", num, dtype, start, stop)
    exponents, _ = _between(start, stop, count, endpoint, axis, compute)
    return convert_to_tensor(_ops.power(convert_weak(base, compute), exponents), name)


@operation
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """`num` numbers with one ratio between neighbours, from start to stop (of one sign), along a new `axis`."""
    count, name, compute = _spaced("geomspace", num, dtype, start, stop)
    a, b = convert_weak(start, compute), convert_weak(stop, compute)
    sign = _ops.sign(a)
    first, last = (_ops.log(_ops.divide(x, sign)) for x in (a, b))
    exponents, _ = _between(first, last, count, endpoint, axis, compute)
    place = normalize_axis(axis, exponents.ndim, "geomspace")
    dims = [1] * (exponents.ndim - 1 - sign.ndim) + list(sign.dims)
    sign = _ops.reshape(sign, shape=[*dims[:place], 1, *dims[place:]])
    return convert_to_tensor(_ops.multiply(sign, _ops.exp(exponents)), name)


def array(x: Any, dtype: Any = None) -> Any:
    """x as a tensor."""
    return convert_to_tensor(x, dtype)


@operation
def meshgrid(*x: Any, indexing: str = "xy") -> Any:
    """For vectors along the axes of a grid, the coordinates of all its points: a tensor per vector.

    The first vector runs along axis 1 and the second along axis 0 for 'xy' (columns and rows), in order for 'ij'.
    """
    indexing = choice("meshgrid", "indexing", indexing, ("xy", "ij"))
    vectors = [convert_to_tensor(v) for v in x]
    if any(v.ndim != 1 for v in vectors):
        raise ValueError(
            explain(
                "meshgrid: the tensors are not vectors.",
                "tensors of rank 1",
                f"shapes {[v.shape for v in vectors]}",
                "flatten them with ravel.",
            )
        )
    order = list(range(len(vectors)))
    if indexing == "xy" and len(order) > 1:
        order[:2] = [1, 0]
    sizes = [vectors[i].dims[0] for i in order]
    return [
        _ops.broadcast_to(
            _ops.reshape(v, shape=[-1 if order[axis] == i else 1 for axis in range(len(order))]), shape=sizes
        )
        for i, v in enumerate(vectors)
    ]
