"""Models: stacks and graphs of layers, and own classes with a `call`."""

from .function import Function
from .functional import Functional
from .model import Model, model_from_json
from .sequential import Sequential

__all__ = [
    "Function",
    "Functional",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]


def __getattr__(name: str) -> object:
    if name == "clone_model":
        from . import cloning

        return cloning.clone_model
    if name in ("load_model", "save_model"):
        from ..saving import files

        return getattr(files, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
