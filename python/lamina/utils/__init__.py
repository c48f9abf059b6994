"""Small helpers around training. Names are looked up when used: the package's own modules import from here early."""

from importlib import import_module as _import_module
from typing import Any

_PLACES = {
    "CustomObjectScope": "saving.registration",
    "Progbar": "utils.progbar",
    "clear_session": "utils.session",
    "custom_object_scope": "saving.registration",
    "deserialize_keras_object": "saving.serialization",
    "get_custom_objects": "saving.registration",
    "get_registered_name": "saving.registration",
    "get_registered_object": "saving.registration",
    "is_keras_tensor": "utils.session",
    "normalize": "utils.numerical",
    "pack_x_y_sample_weight": "models.arrays",
    "register_keras_serializable": "saving.registration",
    "serialize_keras_object": "saving.serialization",
    "set_random_seed": "utils.session",
    "standardize_dtype": "config",
    "to_categorical": "utils.numerical",
    "unpack_x_y_sample_weight": "models.arrays",
}

__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_module(f"lamina.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
