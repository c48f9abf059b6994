"""Axes split, reordered and merged by names."""

from __future__ import annotations

import re
from typing import Any

from .. import _core
from ..checks import explain
from .convert import convert_to_tensor
from .operation import operation
from .sizes import product, to_size

__all__ = ["rearrange"]

_ops = _core.ops


@operation
def rearrange(tensor: Any, pattern: str, **axes_lengths: Any) -> Any:
    """The axes as `pattern` says: "b (h s) c -> b h (s c)" splits one axis and merges two.

    Names in parentheses share an axis, the first one running slowest. Sizes of split axes come from `axes_lengths`; one
    per axis may be left out.

    >>> import numpy as np, lamina
    >>> lamina.ops.rearrange(np.zeros((2, 6, 3)), "b (h s) c -> b h (s c)", s=2).shape
    (2, 3, 6)
    """
    x = convert_to_tensor(tensor)
    sides = pattern.split("->")
    groups = [_groups(side, pattern) for side in sides]
    names = [[name for group in side for name in group] for side in groups]
    if len(sides) != 2 or len(set(names[0])) != len(names[0]) or sorted(names[0]) != sorted(names[-1]):
        raise _wrong(
            "the two sides of the pattern do not have the same axes.",
            "'axes -> axes' with each name once on both sides",
            repr(pattern),
            "name every axis on both sides.",
        )
    if len(groups[0]) != x.ndim:
        raise _wrong(
            "the pattern does not fit the tensor.",
            f"{x.ndim} axes on the left for shape {x.shape}",
            f"{len(groups[0])} in {pattern!r}",
            "name every axis of the tensor.",
        )
    unknown = sorted(set(axes_lengths) - set(names[0]))
    if unknown:
        raise _wrong("a length is for no axis.", f"one of {names[0]}", unknown[0], "check the names.")
    sizes = {name: to_size("rearrange", name, size) for name, size in axes_lengths.items()}
    for group, size in zip(groups[0], x.dims):
        _divide(group, size, sizes, x)
    apart = [sizes[name] for name in names[0]]
    if len(apart) != x.ndim:
        x = _ops.reshape(x, shape=apart)
    if names[0] != names[1]:
        x = _ops.transpose(x, axes=[names[0].index(name) for name in names[1]])
    together = [product(sizes[name] for name in group) for group in groups[1]]
    return x if len(together) == x.ndim else _ops.reshape(x, shape=together)


def _wrong(what: str, expected: str, received: str, fix: str) -> ValueError:
    return ValueError(explain(f"rearrange: {what}", expected, received, fix))


def _groups(side: str, pattern: str) -> list[list[str]]:
    if re.fullmatch(r"\s*((\w+|\((\s*\w+)+\s*\))\s*)*", side) is None:
        raise _wrong(
            "the pattern cannot be read.", "names and groups of names in (), and '->'", repr(pattern), "check the ()."
        )
    return [found.strip("()").split() for found in re.findall(r"\w+|\([^()]*\)", side)]


def _divide(group: list[str], size: Any, sizes: dict[str, Any], x: Any) -> None:
    """Fills in the sizes of the names that share an axis of `size`."""
    open_names = [name for name in group if name not in sizes]
    given = product(sizes[name] for name in group if name in sizes)
    known = isinstance(size, int) and isinstance(given, int)
    if len(open_names) > 1 or (known and (size != given if not open_names else given == 0 or size % given)):
        raise _wrong(
            f"an axis of size {size if isinstance(size, int) else None} cannot be split into {tuple(group)}.",
            "lengths whose product is the size, at most one of them left out",
            f"{ {name: sizes.get(name) for name in group} } for shape {x.shape}",
            "pass the missing lengths by name.",
        )
    if open_names:
        sizes[open_names[0]] = size if len(group) == 1 else size // given
