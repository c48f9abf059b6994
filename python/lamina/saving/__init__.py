"""Saving and loading: whole models, and single objects as JSON."""

from .configurable import Configurable
from .registration import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from .serialization import deserialize_keras_object, serialize_keras_object

__all__ = [
    "Configurable",
    "CustomObjectScope",
    "KerasFileEditor",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]


def __getattr__(name: str) -> object:
    if name in ("load_model", "load_weights", "save_model", "save_weights"):
        from . import files

        return getattr(files, name)
    if name == "KerasFileEditor":
        from .file_editor import KerasFileEditor

        return KerasFileEditor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
