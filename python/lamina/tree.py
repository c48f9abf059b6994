"""Nests of lists, tuples, named tuples and dicts. Dicts are walked in sorted key order, OrderedDicts in their own.

>>> import lamina
>>> lamina.tree.flatten({"b": 2, "a": [1, (3,)]})
[1, 3, 2]
"""

from __future__ import annotations

import warnings
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .checks import explain

_MAPPINGS = (dict, OrderedDict, defaultdict)
_CONTAINERS = frozenset((list, tuple, deque, *_MAPPINGS))


class MAP_TO_NONE:
    """What a function returns to `traverse` to put None in a place."""


def is_nested(structure: Any) -> bool:
    """True for lists, tuples, named tuples, deques and dicts; other classes made from these count as leaves."""
    kind = type(structure)
    return kind in _CONTAINERS or (
        isinstance(structure, tuple) and (hasattr(kind, "_fields") or hasattr(kind, "n_sequence_fields"))
    )


def _keys(structure: dict[Any, Any]) -> list[Any]:
    if isinstance(structure, OrderedDict):
        return list(structure)
    try:
        return sorted(structure)
    except TypeError:  # keys of several types: type by type
        pass
    try:
        return sorted(structure, key=lambda key: (f"{type(key).__module__}.{type(key).__qualname__}", key))
    except TypeError:
        return list(structure)


def _children(structure: Any) -> Iterable[Any]:
    return [structure[key] for key in _keys(structure)] if isinstance(structure, dict) else structure


def _children_like(first: Any, other: Any) -> Iterable[Any]:
    """The children of `other` in the order of those of `first`. ValueError when the two are of different kinds."""
    if isinstance(first, dict):
        if type(other) in _MAPPINGS and other.keys() == first.keys():
            return [other[key] for key in _keys(first)]
    elif type(other) is type(first) and len(other) == len(first):
        return other
    raise ValueError(_different(first, other))


def _rebuild(structure: Any, children: Sequence[Any]) -> Any:
    kind = type(structure)
    if isinstance(structure, dict):
        found = dict(zip(_keys(structure), children))
        rebuilt = {key: found[key] for key in structure}
        if isinstance(structure, defaultdict):
            return defaultdict(structure.default_factory, rebuilt)
        return rebuilt if kind is dict else OrderedDict(rebuilt)
    if kind is deque:
        return deque(children, maxlen=structure.maxlen)
    return kind(*children) if hasattr(kind, "_fields") else kind(children)


def flatten(structure: Any) -> list[Any]:
    """All leaves in order; a leaf alone gives a list of one."""
    if not is_nested(structure):
        return [structure]
    leaves: list[Any] = []
    for child in _children(structure):
        if is_nested(child):
            leaves.extend(flatten(child))
        else:
            leaves.append(child)
    return leaves


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """All (path, leaf) pairs in order; a path holds the keys and indices that lead to the leaf."""
    if not is_nested(structure):
        return [((), structure)]
    keys: Iterable[Any] = _keys(structure) if isinstance(structure, dict) else range(len(structure))
    return [((key, *path), leaf) for key in keys for path, leaf in flatten_with_path(structure[key])]


def _check_function(owner: str, func: Any, structures: Sequence[Any]) -> None:
    if not callable(func):
        raise TypeError(
            explain(f"{owner}: nothing can be called.", "a function", repr(func), "pass the function first.")
        )
    if not structures:
        raise ValueError(explain(f"{owner}: there is no nest.", "one or more", "none", "pass one after the function."))


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """`func` of the leaves of all structures together, in the shape of the first.

    None stays None if it is no leaf. ValueError when the structures differ, TypeError when `func` cannot be called.

    >>> import lamina
    >>> lamina.tree.map_structure(lambda a, b: a + b, {"x": 1, "y": [2]}, {"x": 3, "y": [4]})
    {'x': 4, 'y': [6]}
    """
    _check_function("map_structure", func, structures)
    return _map(func, structures, none_is_leaf)


def _map(func: Callable[..., Any], structures: Sequence[Any], none_is_leaf: bool) -> Any:
    first, others = structures[0], structures[1:]
    if is_nested(first):
        rows = zip(_children(first), *(_children_like(first, other) for other in others))
        return _rebuild(first, [_map(func, row, none_is_leaf) for row in rows])
    for other in others:
        if is_nested(other) or (not none_is_leaf and (first is None) != (other is None)):
            raise ValueError(_different(first, other))
    return None if first is None and not none_is_leaf else func(*structures)


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """`func` of what stands in the structures at the leaves of `shallow_structure`, in its shape.

    >>> import lamina
    >>> lamina.tree.map_structure_up_to([0, [0]], str, [[1, 2], [3]])
    ['[1, 2]', ['3']]
    """
    _check_function("map_structure_up_to", func, structures)
    return _map_up_to(shallow_structure, func, structures)


def _map_up_to(shallow: Any, func: Callable[..., Any], structures: Sequence[Any]) -> Any:
    if not is_nested(shallow):
        return func(*structures)
    rows = zip(_children(shallow), *(_children_like(shallow, structure) for structure in structures))
    return _rebuild(shallow, [_map_up_to(child, func, row) for child, *row in rows])


def map_shape_structure(func: Callable[..., Any], structure: Any) -> Any:
    """`func` of the shapes in a nest: tuples and lists of ints and None count as leaves."""
    if isinstance(structure, (list, tuple)) and all(isinstance(size, (int, type(None))) for size in structure):
        return func(structure)
    if not is_nested(structure):
        return func(structure)
    return _rebuild(structure, [map_shape_structure(func, child) for child in _children(structure)])


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """The nest with each part, from the whole to the leaves or back, replaced by `func` of it.

    Where `func` returns None a part stays, or its own parts come next; MAP_TO_NONE puts None in its place.

    >>> import lamina
    >>> lamina.tree.traverse(lambda part: sum(part) if isinstance(part, tuple) else None, [(1, 2), 3])
    [3, 3]
    """

    def below() -> Any:
        if not is_nested(structure):
            return structure
        return _rebuild(structure, [traverse(func, child, top_down) for child in _children(structure)])

    part = structure if top_down else below()
    found = func(part)
    if found is None:
        return below() if top_down else part
    return None if found is MAP_TO_NONE else found


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """The leaves of `flat_sequence` in the shape of `structure`; ValueError when their number differs."""
    leaves = list(flat_sequence)
    count = len(flatten(structure))
    if count != len(leaves):
        raise ValueError(
            explain(
                "A nest cannot be packed.",
                f"{count} leaves, as in {_shape(structure)}",
                f"{len(leaves)} leaves",
                "pass one value per leaf.",
            )
        )
    remaining = iter(leaves)
    return map_structure(lambda _: next(remaining), structure)


def lists_to_tuples(structure: Any) -> Any:
    """The same nest with tuples for lists."""
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


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


def assert_same_structure(a: Any, b: Any, check_types: Any = None) -> None:
    """ValueError unless the two nests have the same shape: the same lists, tuples and keys. All dicts are alike.

    `check_types` has no effect any more, and gives a DeprecationWarning.
    """
    if check_types is not None:
        warnings.warn(
            "`check_types` has no effect: leave it out, or use assert_same_paths to take lists and tuples as alike.",
            DeprecationWarning,
            stacklevel=2,
        )
    _map(lambda *_: None, (a, b), True)


def assert_same_paths(a: Any, b: Any) -> None:
    """ValueError unless the two nests have leaves at the same paths; lists, tuples and named tuples are alike."""
    paths_a, paths_b = ({path for path, _ in flatten_with_path(structure)} for structure in (a, b))
    if paths_a != paths_b:
        raise ValueError(
            explain(
                "Two nests have different paths.",
                f"the same; only the first has {sorted(paths_a - paths_b, key=repr)}",
                f"only the second has {sorted(paths_b - paths_a, key=repr)}",
                "give both the same keys and lengths.",
            )
        )


def _shape(structure: Any) -> Any:
    return map_structure(lambda _: "*", structure)


def _different(a: Any, b: Any) -> str:
    return explain(
        "Two nests differ in structure.",
        f"the structure {_shape(a)}",
        f"{_shape(b)}",
        "give both the same lists, tuples and keys.",
    )
