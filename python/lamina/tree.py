"""Nests of lists, tuples, named tuples and dicts. Dicts are walked in sorted key order, OrderedDicts in their own.

>>> import lamina
>>> lamina.tree.flatten({"b": 2, "a": [1, (3,)]})
[1, 3, 2]
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .checks import explain


def is_nested(structure: Any) -> bool:
    """True for lists, tuples and dicts."""
    return isinstance(structure, (list, tuple, dict))


def _keys(structure: dict[Any, Any]) -> list[Any]:
    if isinstance(structure, OrderedDict):
        return list(structure)
    try:
        return sorted(structure)
    except TypeError:  # keys of several types have no order
        return list(structure)


def _children(structure: Any) -> Iterable[Any]:
    return [structure[key] for key in _keys(structure)] if isinstance(structure, dict) else structure


def _rebuild(structure: Any, children: Sequence[Any]) -> Any:
    if isinstance(structure, dict):
        found = dict(zip(_keys(structure), children))
        rebuilt = {key: found[key] for key in structure}
        return rebuilt if type(structure) is dict else type(structure)(rebuilt)
    if hasattr(structure, "_fields"):
        return type(structure)(*children)
    return tuple(children) if isinstance(structure, tuple) else list(children)


def flatten(structure: Any) -> list[Any]:
    """All leaves in order; a leaf alone gives a list of one."""
    if not isinstance(structure, (list, tuple, dict)):
        return [structure]
    leaves: list[Any] = []
    for child in _children(structure):
        if isinstance(child, (list, tuple, dict)):
            leaves.extend(flatten(child))
        else:
            leaves.append(child)
    return leaves


def flatten_with_path(structure: Any, _path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    """All (path, leaf) pairs in order."""
    if not is_nested(structure):
        return [(_path, structure)]
    keys: Iterable[Any] = _keys(structure) if isinstance(structure, dict) else range(len(structure))
    return [pair for key in keys for pair in flatten_with_path(structure[key], (*_path, key))]


def map_structure(func: Callable[..., Any], *structures: Any) -> Any:
    """`func` of the leaves of all structures together, in the shape of the first."""
    first = structures[0]
    if not isinstance(first, (list, tuple, dict)):
        return func(*structures)
    if len(structures) == 1:
        return _rebuild(first, [map_structure(func, child) for child in _children(first)])
    for other in structures[1:]:
        if not is_nested(other) or len(other) != len(first):
            raise ValueError(_different(first, other))
    rows = zip(*(list(_children(s)) for s in structures))
    return _rebuild(first, [map_structure(func, *row) for row in rows])


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """The leaves of `flat_sequence` in the shape of `structure`; ValueError when their number differs."""
    count = len(flatten(structure))
    if count != len(flat_sequence):
        raise ValueError(
            explain(
                "A nest cannot be packed.",
                f"{count} leaves, as in {map_structure(lambda _: '*', structure)}",
                f"{len(flat_sequence)} leaves",
                "pass one value per leaf.",
            )
        )
    leaves = iter(flat_sequence)
    return map_structure(lambda _: next(leaves), structure)


def lists_to_tuples(structure: Any) -> Any:
    """The same nest with tuples for lists."""
    if isinstance(structure, (list, tuple)) and not hasattr(structure, "_fields"):
        return tuple(lists_to_tuples(child) for child in structure)
    if is_nested(structure):
        return _rebuild(structure, [lists_to_tuples(child) for child in _children(structure)])
    return structure


def same_structure(a: Any, b: Any) -> bool:
    """Whether two nests have the same shape, lists and tuples being alike."""
    if isinstance(a, dict) or isinstance(b, dict):
        return (
            isinstance(a, dict)
            and isinstance(b, dict)
            and set(a) == set(b)
            and all(same_structure(a[key], b[key]) for key in a)
        )
    if is_nested(a) != is_nested(b):
        return False
    return not is_nested(a) or (len(a) == len(b) and all(map(same_structure, a, b)))


def assert_same_structure(a: Any, b: Any) -> None:
    """ValueError unless the two nests have the same shape."""
    if not same_structure(a, b):
        raise ValueError(_different(a, b))


def _different(a: Any, b: Any) -> str:
    return explain(
        "Two nests differ in structure.",
        f"the structure {map_structure(lambda _: '*', a)}",
        f"{map_structure(lambda _: '*', b)}",
        "give both the same lists and keys.",
    )
