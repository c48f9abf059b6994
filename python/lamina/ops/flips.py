"""The same entries in another order along their axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..checks import explain
from .convert import convert_to_tensor, is_symbolic, normalize_axes, normalize_axis
from .indexing import index
from .operation import operation
from .sizes import Dim, larger, scalar, steps, to_size

__all__ = ["flip", "fliplr", "flipud", "roll", "rot90"]

_ops = _core.ops


def _flip(x: Any, axes: list[int]) -> Any:
    return index(x, tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(x.ndim)))


@operation
def flip(x: Any, axis: Any = None) -> Any:
    """The entries in reverse order along `axis` (all axes for None)."""
    x = convert_to_tensor(x)
    return _flip(x, normalize_axes(axis, x.ndim, "flip"))


@operation
def fliplr(x: Any) -> Any:
    """The columns (axis 1) in reverse order."""
    return _flip(_at_least("fliplr", x, 2), [1])


@operation
def flipud(x: Any) -> Any:
    """The rows (axis 0) in reverse order."""
    return _flip(_at_least("flipud", x, 1), [0])


def _at_least(owner: str, x: Any, rank: int) -> Any:
    x = convert_to_tensor(x)
    if x.ndim < rank:
        raise ValueError(
            explain(
                f"{owner}: the tensor has too few axes.",
                f"rank {rank} or more",
                f"shape {x.shape}",
                "add the missing axes with expand_dims.",
            )
        )
    return x


@operation
def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """The entries moved by `shift` places along `axis`; those that leave at the end come in at the start.

    Several axes take one shift each, or the same. For None all entries move as one axis. A shift may be traced.
    """
    x = convert_to_tensor(x)
    if axis is None:
        return _ops.reshape(_roll(_ops.reshape(x, shape=[-1]), shift, 0), shape=list(x.dims))
    axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    if not isinstance(shift, (list, tuple)) and np.ndim(shift if not is_symbolic(shift) else 0) == 0:
        shift = [shift] * len(axes)
    shifts = list(shift)
    if len(shifts) == 1:
        shifts *= len(axes)
    elif len(axes) == 1:
        axes *= len(shifts)
    if len(shifts) != len(axes):
        raise ValueError(
            explain(
                "roll: the numbers of shifts and axes differ.",
                "one shift per axis, or one for all",
                f"shift={shift}, axis={axis}",
                "give as many shifts as axes.",
            )
        )
    for one, place in zip(shifts, axes):
        x = _roll(x, one, normalize_axis(place, x.ndim, "roll"))
    return x


def _roll(x: Any, shift: Any, axis: int) -> Any:
    size = x.dims[axis]
    if is_symbolic(shift):
        moved = _ops.subtract(steps(size), convert_to_tensor(shift, "int64"))
        return _ops.take(x, _ops.mod(moved, scalar(larger(size, 1))), axis=axis)
    shift = to_size("roll", "shift", shift, minimum=None) % larger(size, 1)
    if not isinstance(shift, Dim) and shift == 0:
        return x
    whole = (slice(None),) * axis
    cut = size - shift
    return _ops.concatenate(index(x, (*whole, slice(cut, size))), index(x, (*whole, slice(0, cut))), axis=axis)


@operation
def rot90(array: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Turned by k times 90 degrees in the plane of two axes, from the first towards the second."""
    x = _at_least("rot90", array, 2)
    plane = [normalize_axis(a, x.ndim, "rot90") for a in axes]
    if len(plane) != 2 or plane[0] == plane[1]:
        raise ValueError(
            explain("rot90: the axes span no plane.", "two different axes", f"axes={axes}", "name two axes.")
        )
    turns = to_size("rot90", "k", k, minimum=None) % 4
    if turns == 0:
        return x
    if turns == 2:
        return _flip(x, plane)
    order = list(range(x.ndim))
    order[plane[0]], order[plane[1]] = plane[1], plane[0]
    if turns == 1:
        return _ops.transpose(_flip(x, [plane[1]]), axes=order)
    return _flip(_ops.transpose(x, axes=order), [plane[1]])
