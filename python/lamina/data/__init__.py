"""How data reach a model: datasets, batches read ahead, arrays larger than memory. Names are looked up when used."""

from importlib import import_module as _import_module
from typing import Any

_PLACES = {"Dataset": "dataset", "Prefetch": "prefetch", "PyDataset": "py_dataset"}

__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_module(f"lamina.data.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
