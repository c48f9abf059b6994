"""Nests: the same calls on `lamina.tree` and on `keras.tree`."""

import inspect
import time
from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest

import lamina

keras = pytest.importorskip("keras")

Point = namedtuple("Point", "x y")
Other = namedtuple("Other", "x y")


class MyList(list):
    pass


class MyDict(dict):
    pass


NESTS = {
    "leaf": 3,
    "none": None,
    "text": "ab",
    "set": {1, 2},
    "list": [1, [2, (3,)], []],
    "tuple": (1, (2, None)),
    "dict": {"b": 1, "a": [2, {"d": 3, "c": 4}]},
    "int_keys": {10: "x", 9: "y"},
    "mixed_keys": {2: "a", "b": "c", 1: "d"},
    "ordered": OrderedDict(b=1, a=OrderedDict(d=2, c=3)),
    "default": defaultdict(list, {"b": 1, "a": [2]}),
    "deque": deque([1, [2]], maxlen=4),
    "named": Point([1], {"a": 2}),
    "struct": time.struct_time(range(9)),
    "list_class": MyList([1, 2]),
    "dict_class": MyDict(a=1),
    "inside": [MyList([1]), Point(1, MyDict(a=1))],
    "empty": {"a": {}, "b": ()},
    "shapes": [(1, 2), {"a": (None, 3)}, (), [4]],
}

ONE_NEST = {
    "is_nested": lambda t, x: t.is_nested(x),
    "flatten": lambda t, x: t.flatten(x),
    "flatten_with_path": lambda t, x: t.flatten_with_path(x),
    "map_structure": lambda t, x: t.map_structure(lambda leaf: (leaf, 0), x),
    "map_without_none": lambda t, x: t.map_structure(lambda leaf: (leaf, 0), x, none_is_leaf=False),
    "map_shape_structure": lambda t, x: t.map_shape_structure(repr, x),
    "lists_to_tuples": lambda t, x: t.lists_to_tuples(x),
    "pack": lambda t, x: t.pack_sequence_as(x, list(range(len(t.flatten(x))))),
    "pack_too_few": lambda t, x: t.pack_sequence_as(x, []),
    "pack_too_many": lambda t, x: t.pack_sequence_as(x, [0] * 20),
    "traverse": lambda t, x: visits(t, x, True),
    "traverse_bottom_up": lambda t, x: visits(t, x, False),
    "traverse_to_none": lambda t, x: t.traverse(lambda part: t.MAP_TO_NONE if part == 1 else None, x),
    "traverse_lists": lambda t, x: t.traverse(lambda part: len(part) if isinstance(part, list) else None, x),
    "traverse_lists_bottom_up": lambda t, x: t.traverse(
        lambda part: tuple(part) if isinstance(part, list) else None, x, top_down=False
    ),
}

TWO_NESTS = {
    "map_structure": lambda t, a, b: t.map_structure(lambda x, y: (x, y), a, b),
    "map_without_none": lambda t, a, b: t.map_structure(lambda x, y: (x, y), a, b, none_is_leaf=False),
    "assert_same_structure": lambda t, a, b: t.assert_same_structure(a, b),
    "assert_same_paths": lambda t, a, b: t.assert_same_paths(a, b),
    "map_structure_up_to": lambda t, a, b: t.map_structure_up_to(a, lambda x: (x, 0), b),
}
PAIRS = {
    "lists": ([1, [2]], [3, [4]]),
    "list_and_tuple": ([1, 2], (1, 2)),
    "deeper_second": ([1, 2], [1, [2]]),
    "deeper_first": ([1, [2]], [1, 2]),
    "other_length": ([1, 2], [1]),
    "leaf_and_list": (1, [1]),
    "dicts": ({"b": 1, "a": 2}, {"a": 3, "b": 4}),
    "dict_and_ordered": ({"b": 1, "a": 2}, OrderedDict(a=3, b=4)),
    "ordered_and_dict": (OrderedDict(b=1, a=2), {"a": 3, "b": 4}),
    "dict_and_default": ({"a": 1}, defaultdict(int, a=2)),
    "other_keys": ({"a": 1}, {"b": 1}),
    "more_keys": ({"a": 1}, {"a": 1, "b": 1}),
    "dict_and_class": ({"a": 1}, MyDict(a=1)),
    "list_and_class": ([1], MyList([1])),
    "named": (Point(1, 2), Point(3, 4)),
    "other_named": (Point(1, 2), Other(1, 2)),
    "named_and_tuple": (Point(1, 2), (1, 2)),
    "deques": (deque([1]), deque([2], maxlen=3)),
    "empty": ([], ()),
    "same_empty": ({}, OrderedDict()),
}
NONES = {"nones": ([1, None], [2, None]), "none_second": ([1, 3], [2, None]), "none_first": ([1, None], [2, 3])}


def visits(tree, nest, top_down):
    seen = []
    return tree.traverse(seen.append, nest, top_down=top_down), seen


def outcome(call, tree, *nests):
    """The result with the types of its parts, or the type of the error."""
    try:
        return repr(call(tree, *nests))
    except (TypeError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("nest", NESTS)
@pytest.mark.parametrize("call", ONE_NEST)
def test_one_nest(call, nest):
    assert outcome(ONE_NEST[call], lamina.tree, NESTS[nest]) == outcome(ONE_NEST[call], keras.tree, NESTS[nest])


@pytest.mark.parametrize(
    ("call", "pair"),
    # Keras documents None as a leaf of a shallow nest, but raises there.
    [(c, p) for c in TWO_NESTS for p in PAIRS | NONES if c != "map_structure_up_to" or p not in NONES],
)
def test_two_nests(call, pair):
    nests = (PAIRS | NONES)[pair]
    assert outcome(TWO_NESTS[call], lamina.tree, *nests) == outcome(TWO_NESTS[call], keras.tree, *nests)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.map_structure(lambda: 0),
        lambda t: t.map_structure_up_to([1], lambda: 0),
        lambda t: t.map_structure(3, [1]),
        lambda t: t.traverse(3, [1]),
        lambda t: t.pack_sequence_as([1], 5),
        lambda t: t.pack_sequence_as(1, [5]),
        lambda t: t.map_structure(lambda *xs: sum(xs), [1], [2], [3]),
        lambda t: t.map_structure_up_to([0, (0,)], lambda a, b: (a, b), [[1], (2,)], [3, ([4],)]),
        lambda t: t.traverse(lambda _: t.MAP_TO_NONE, 3),
    ],
)
def test_edges(call):
    assert outcome(call, lamina.tree) == outcome(call, keras.tree)


def test_none_is_a_leaf_of_a_shallow_nest():
    assert lamina.tree.map_structure_up_to([None, [None, None]], str, [[1, 1], [2, 2]]) == ["[1, 1]", ["2", "2"]]


@pytest.mark.parametrize("check_types", [True, False])
def test_check_types_is_of_the_past(check_types):
    with pytest.warns(DeprecationWarning, match="check_types"):
        lamina.tree.assert_same_structure([1], [2], check_types=check_types)


def test_rebuilt_nests_keep_what_they_are():
    found = lamina.tree.map_structure(lambda x: x, defaultdict(list, a=1))
    assert found["missing"] == []
    assert lamina.tree.map_structure(lambda x: x, deque([1], maxlen=3)).maxlen == 3
    assert list(lamina.tree.map_structure(lambda x: x, {"b": 1, "a": 2})) == ["b", "a"]


def test_errors_say_what_differs():
    with pytest.raises(ValueError, match=r"\['\*', '\*'\].*\['\*'\]"):
        lamina.tree.map_structure(lambda x, y: 0, [1, 2], [1])
    with pytest.raises(ValueError, match=r"only the first has \[\('a',\)\]"):
        lamina.tree.assert_same_paths({"a": 1}, {"b": 1})
    with pytest.raises(ValueError, match=r"2 leaves.*1 leaves"):
        lamina.tree.pack_sequence_as([1, 2], [1])


def test_names_and_signatures():
    for name in (name for name in dir(keras.tree) if not name.startswith("_")):
        wanted = getattr(keras.tree, name)
        mine = getattr(lamina.tree, name)
        if inspect.isfunction(wanted):
            assert str(inspect.signature(wanted)) == str(
                inspect.Signature([p.replace(annotation=p.empty) for p in inspect.signature(mine).parameters.values()])
            ), name
