"""Borders around arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core
from ..checks import choice, explain
from .convert import convert_to_tensor, convert_weak, is_float
from .flips import flip
from .indexing import index
from .operation import operation
from .sizes import Dim, larger, scalar, steps, to_size

__all__ = ["pad"]

_ops = _core.ops


@operation
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """x with a border: `pad_width` entries before and after each axis, as an int, a pair, or one pair per axis.

    What stands there says `mode`: 'constant' (`constant_values`, 0 by default, given like the widths), 'edge' (the
    nearest entry), 'reflect' and 'symmetric' (the mirrored entries, without and with the edge), 'wrap' or 'circular'
    (those of the other end), 'linear_ramp' (from the edge down to 0), 'maximum', 'minimum', 'mean' or 'median' (of
    the axis), 'empty' (0).
    """
    x = convert_to_tensor(x)
    mode = choice("pad", "mode", mode, ("constant", "empty", *_PLACES, *_BORDERS))
    widths = [tuple(to_size("pad", "pad_width", n) for n in pair) for pair in _pairs("pad_width", pad_width, x)]
    if constant_values is not None and mode != "constant":
        raise ValueError(
            explain(
                "pad: a constant border has no other mode.",
                "constant_values=None",
                f"constant_values={constant_values} and mode={mode!r}",
                "leave one of them out.",
            )
        )
    if mode in ("constant", "empty"):
        return _constant(x, widths, 0 if constant_values is None else constant_values)
    for axis, (low, high) in enumerate(widths):
        if _is_zero(low) and _is_zero(high):
            continue
        if x.shape[axis] == 0:
            raise ValueError(
                explain(
                    f"pad: axis {axis} has no entry to fill a border with.",
                    "a size of 1 or more",
                    f"shape {x.shape}",
                    "use mode='constant'.",
                )
            )
        if mode in _PLACES:
            size = scalar(x.dims[axis])
            before = _PLACES[mode](_ops.subtract(steps(low), scalar(low)), size)
            after = _PLACES[mode](_ops.add(steps(high), size), size)
            x = _ops.concatenate(_ops.take(x, before, axis=axis), x, _ops.take(x, after, axis=axis), axis=axis)
        else:
            x = _ops.concatenate(*_BORDERS[mode](x, axis, low, high), axis=axis)
    return x


def _is_zero(n: Any) -> bool:
    return not isinstance(n, Dim) and n == 0


def _pairs(name: str, value: Any, x: Any) -> list[tuple[Any, Any]]:
    """One pair per axis from a number, a pair for all axes, or a list of numbers or pairs."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, (list, tuple)):
        return [(value, value)] * x.ndim
    nested = any(isinstance(v, (list, tuple)) for v in value)
    if len(value) == 2 and not nested:
        return [(value[0], value[1])] * x.ndim
    entries = [tuple(v) if isinstance(v, (list, tuple)) else (v,) for v in value]
    entries = entries * x.ndim if len(entries) == 1 else entries
    if len(entries) != x.ndim or any(len(e) not in (1, 2) for e in entries) or (not nested and len(value) > 1):
        raise ValueError(
            explain(
                f"pad: `{name}` does not fit the tensor.",
                f"a number, a pair, or {x.ndim} pairs (before, after), one per axis",
                f"{name}={value} for shape {x.shape}",
                "give one pair per axis.",
            )
        )
    return [(e[0], e[-1]) for e in entries]


def _constant(x: Any, widths: list[tuple[Any, ...]], values: Any) -> Any:
    counts = [n for pair in widths for n in pair]
    if isinstance(values, (bool, int, float)) and not any(isinstance(n, Dim) for n in counts):
        return _ops.pad(x, low=[a for a, _ in widths], high=[b for _, b in widths], value=float(values))
    scalars = _pairs("constant_values", values, x) if isinstance(values, (list, tuple)) else [(values, values)] * x.ndim
    for axis, (pair, value) in enumerate(zip(widths, scalars)):
        if not all(map(_is_zero, pair)):
            before, after = (
                _ops.broadcast_to(convert_weak(v, x.dtype), shape=_with_size(x, axis, n)) for v, n in zip(value, pair)
            )
            x = _ops.concatenate(before, x, after, axis=axis)
    return x


def _with_size(x: Any, axis: int, size: Any) -> list[Any]:
    return [size if i == axis else n for i, n in enumerate(x.dims)]


# Where the entry of each place comes from, for an axis of `size` entries; places below 0 and from `size` on are border.


def _edge(place: Any, size: Any) -> Any:
    return _ops.maximum(_ops.minimum(place, _ops.subtract(size, scalar(1))), scalar(0))


def _wrap(place: Any, size: Any) -> Any:
    return _ops.mod(place, size)


def _symmetric(place: Any, size: Any) -> Any:
    around = _ops.mod(place, _ops.add(size, size))
    back = _ops.subtract(_ops.subtract(_ops.add(size, size), scalar(1)), around)
    return _ops.minimum(around, back)


def _reflect(place: Any, size: Any) -> Any:
    last = _ops.subtract(size, scalar(1))
    around = _ops.mod(place, _ops.maximum(_ops.add(last, last), scalar(1)))
    return _ops.minimum(around, _ops.absolute(_ops.subtract(_ops.add(last, last), around)))


_PLACES: dict[str, Callable[[Any, Any], Any]] = {
    "edge": _edge,
    "reflect": _reflect,
    "symmetric": _symmetric,
    "wrap": _wrap,
    "circular": _wrap,
}


def _ramp(x: Any, axis: int, low: Any, high: Any) -> list[Any]:
    def slope(edge: Any, count: Any) -> Any:
        """From 0 towards the edge."""
        dtype = x.dtype if is_float(x.dtype) else "float64"
        part = _ops.divide(steps(count, dtype), scalar(larger(count, 1), dtype))
        part = _ops.reshape(part, shape=[-1 if i == axis else 1 for i in range(x.ndim)])
        ramp = _ops.multiply(convert_to_tensor(edge, dtype), part)
        return ramp if is_float(x.dtype) else _ops.cast(_ops.floor(ramp), dtype=x.dtype)

    whole = (slice(None),) * axis
    first, last = index(x, (*whole, slice(0, 1))), index(x, (*whole, slice(-1, None)))
    return [slope(first, low), x, flip(slope(last, high), axis=axis)]


def _statistic(name: str) -> Callable[..., list[Any]]:
    def border(x: Any, axis: int, low: Any, high: Any) -> list[Any]:
        from . import numpy as functions  # its families import this one

        value = getattr(functions, name)(x, axis=axis, keepdims=True)
        if value.dtype != x.dtype:
            value = convert_to_tensor(value if is_float(x.dtype) else _ops.round(value), x.dtype)
        before, after = (_ops.broadcast_to(value, shape=_with_size(x, axis, n)) for n in (low, high))
        return [before, x, after]

    return border


_BORDERS: dict[str, Callable[..., list[Any]]] = {
    "linear_ramp": _ramp,
    "maximum": _statistic("max"),
    "minimum": _statistic("min"),
    "mean": _statistic("mean"),
    "median": _statistic("median"),
}
