"""Where the parts of a model stand in files: every object with weights or assets at a path made of attribute names.

The paths are those of Keras 3: `layers/dense`, `layers/dense_1`, `layers/bidirectional/forward_layer/cell`,
`optimizer`. Names that users give to layers never occur in them, since automatic ones differ from run to run.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..namespaces import snake_case

_skipped: dict[type, frozenset[str]] = {}


def _children(thing: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an object by name: the layers of a graph first, private ones last."""
    from ..models import Functional, Sequential

    if isinstance(thing, (Sequential, Functional)):
        yield "layers", thing.layers
    skipped = _skipped_names(thing).union(getattr(type(thing), "_not_in_files", ()))
    for name in sorted(dir(thing), key=lambda name: f"~{name}" if name.startswith("_") else name):
        if name.startswith("__") or name in skipped:
            continue
        try:
            yield name, getattr(thing, name)
        except Exception:
            continue


def _skipped_names(thing: Any) -> frozenset[str]:
    """The attributes that every object of the kind has: no part of what a user's class holds."""
    from ..layers.layer import Layer
    from ..metrics import Metric
    from ..models import Functional, Sequential
    from ..optimizers import SGD, Optimizer

    kinds: tuple[tuple[type, Callable[[], Any], tuple[str, ...]], ...] = (
        (Sequential, lambda: Layer(name="any"), ("_functional", "_graph", "_stack")),
        (Functional, lambda: Layer(name="any"), ("operations", "_operations")),
        (Layer, lambda: Layer(name="any"), ()),
        (Metric, lambda: Metric(name="any"), ()),
        (Optimizer, lambda: SGD(name="any"), ()),
    )
    for kind, make, more in kinds:
        if isinstance(thing, kind):
            if kind not in _skipped:
                _skipped[kind] = frozenset((*dir(make()), *more))
            return _skipped[kind]
    return frozenset()


def _is_part(value: Any) -> bool:
    """Whether an object may have, or hold what has, state in files."""
    from ..losses import Loss
    from ..metrics import Metric
    from ..ops.operation import Operation
    from ..optimizers import Optimizer

    return isinstance(value, (Operation, Optimizer, Metric, Loss)) or hasattr(type(value), "save_own_variables")


def _items(container: Any) -> Iterator[tuple[str, Any]]:
    """The objects and containers in a container, under the names of their classes, numbered."""
    counts: dict[str, int] = {}
    for value in container.values() if isinstance(container, dict) else container:
        if _is_part(value):
            name = snake_case(vars(type(value)).get("_name_in_files", type(value).__name__))
        elif isinstance(value, (list, tuple, dict)):
            name = "container"
        else:
            continue
        seen = counts[name] = counts.get(name, -1) + 1
        yield (f"{name}_{seen}" if seen else name), value


def _below(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def save_state(model: Any, write: Callable[[str, dict[str, Any], Any], None], assets: Any = None) -> None:
    """Hands the own variables of every object to `write(path, arrays, name)`, and folders to those with assets."""
    visited: set[int] = set()

    def save(thing: Any, path: str) -> None:
        if id(thing) in visited:
            return
        visited.add(id(thing))
        if hasattr(thing, "save_own_variables"):
            arrays: dict[str, Any] = {}
            thing.save_own_variables(arrays)
            write(path, arrays, getattr(thing, "name", None))
        if assets is not None and hasattr(thing, "save_assets"):
            thing.save_assets(assets.make(path))
        for name, value in _children(thing):
            enter(value, _below(path, name), set())

    def enter(value: Any, path: str, inside: set[int]) -> None:
        if _is_part(value):
            save(value, path)
        elif isinstance(value, (list, tuple, dict)) and id(value) not in inside:
            inside.add(id(value))
            for name, item in _items(value):
                enter(item, _below(path, name), inside)

    save(model, "")


class Loading:
    """One pass over a model, in which every object takes its state from `store`, and its assets from `assets`.

    `store` has `entry(path)`, the arrays there by name, and `has(path)`. `failed` holds what could not take them.
    """

    def __init__(self, store: Any, assets: Any = None, objects_to_skip: Iterable[Any] | None = None) -> None:
        self.store = store
        self.assets = assets
        self.failed: dict[int, tuple[Any, Exception]] = {}
        self._visited = {id(thing) for thing in objects_to_skip or ()}

    def load(self, thing: Any, path: str = "") -> None:
        """Loads the object at `path` and all below."""
        if id(thing) in self._visited:
            return
        done = self._own(thing, path)
        before = len(self.failed)
        for name, value in _children(thing):
            self._enter(value, _below(path, name), set())
        if done and len(self.failed) <= before:
            self._visited.add(id(thing))

    def _own(self, thing: Any, path: str) -> bool:
        try:
            if hasattr(thing, "load_own_variables"):
                thing.load_own_variables(self.store.entry(path))
            if self.assets is not None and hasattr(thing, "load_assets"):
                thing.load_assets(self.assets.get(path))
        except Exception as error:
            self.failed.setdefault(id(thing), (thing, error))  # of the first path, where it should be
            return False
        self.failed.pop(id(thing), None)  # it may have been tried under another path
        return True

    def _enter(self, value: Any, path: str, inside: set[int]) -> None:
        if _is_part(value):
            self.load(value, path)
        elif isinstance(value, (list, tuple, dict)) and id(value) not in inside:
            inside.add(id(value))
            for name, item in _items(value):
                below = _below(path, name)
                if _is_part(item) or self.store.has(below):
                    self._enter(item, below, inside)
                else:
                    self._enter_lost(item, below, inside)

    def _enter_lost(self, container: Any, path: str, inside: set[int]) -> None:
        """A container in a container that the file does not have: Keras before 3.15 left these out."""
        kept = self.failed
        self.failed = dict(kept)
        self._enter(container, path, inside)
        new = [thing for key, (thing, _) in self.failed.items() if key not in kept]
        self.failed = {key: kept[key] for key in self.failed if key in kept}
        if new:
            warnings.warn(
                f"The file has nothing at {path!r}, as versions of Keras before 3.15 do not save layers in lists of "
                f"lists. These keep the weights they have: {', '.join(repr(thing) for thing in new)}.",
                stacklevel=2,
            )
