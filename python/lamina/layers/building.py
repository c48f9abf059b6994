"""How layers are built: once, for the shapes of their first inputs or those that `build` is given."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from .. import _core, tree
from ..ops.operation import outside_trace
from ..utils.naming import current_path, name_scope
from .shapes import to_shape
from .state import LayerState, leaves

Tensor = _core.Tensor


class BuildableLayer(LayerState):
    """The part of a layer that makes its weights."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        build = cls.__dict__.get("build")
        if build is not None and not getattr(build, "_runs_once", False):
            cls.build = _wrap_build(build)  # type: ignore[method-assign]

    def _builds_itself(self) -> bool:
        return type(self).build is not BuildableLayer.build

    def build(self, input_shape: Any) -> None:
        """Makes the weights for inputs of this shape (the batch first). The default makes none."""
        self.built = True

    def _after_build(self) -> None:
        """Called at the end of every `build` that a subclass writes."""

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes `build` was called with."""
        shapes = self._build_shapes
        if shapes is None:
            return None
        return {"input_shape": next(iter(shapes.values()))} if len(shapes) == 1 else {"shapes_dict": shapes}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the layer from what `get_build_config` gave."""
        if config.get("input_shape") is not None:
            self.build(to_shape(config["input_shape"]))
        elif config.get("shapes_dict"):
            self.build(**{name: to_shape(shape) for name, shape in config["shapes_dict"].items()})

    def _build_for(self, arguments: dict[str, Any]) -> None:
        """Builds for the shapes of the tensors among the arguments of `call`."""
        if not self._builds_itself():
            self.built = True
            return
        shapes = {
            name: tree.map_structure(lambda t: tuple(t.shape), value)
            for name, value in arguments.items()
            if name not in ("mask", "training") and not name.endswith("_mask") and all_tensors(value)
        }
        build = self.build
        names = list(inspect.signature(build).parameters)
        if len(shapes) == 1 or (names and not any(name.endswith("_shape") for name in names[1:])):
            shapes = dict([next(iter(shapes.items()))]) if shapes else {}
            outside_trace(lambda: build(*shapes.values()))
        else:
            outside_trace(lambda: build(**{f"{name}_shape": shape for name, shape in shapes.items()}))
        self.built = True


def _wrap_build(build: Callable[..., Any]) -> Callable[..., Any]:
    """`build` marks the layer as built, remembers its shapes and gives new weights their path."""

    @functools.wraps(build)
    def built(self: BuildableLayer, *args: Any, **kwargs: Any) -> Any:
        if getattr(self, "_building", False):  # a call of super().build() inside build
            return build(self, *args, **kwargs)
        # When it is built again it may only do what needs no new weights.
        object.__setattr__(self, "_building", not self.built)
        inside = current_path().split("/")[-1] == self.name
        before = len(self._own_variables)
        try:
            with nullcontext() if inside else name_scope(self.name):
                self._path = current_path()
                result = build(self, *args, **kwargs)
        except Exception:
            del self._own_variables[before:]  # it may be built for another shape
            raise
        finally:
            object.__setattr__(self, "_building", False)
        names = list(inspect.signature(build).parameters)[1:]
        self._build_shapes = {**dict(zip(names, args)), **kwargs}
        self.built = True
        self._after_build()
        return result

    built._runs_once = True  # type: ignore[attr-defined]
    return built


def all_tensors(value: Any) -> bool:
    """Whether there are tensors in a nest, and nothing else."""
    found = list(leaves(value))
    return bool(found) and all(isinstance(leaf, Tensor) for leaf in found)
