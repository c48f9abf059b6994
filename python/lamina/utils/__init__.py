"""Small helpers around training. Names are looked up when used: the package's own modules import from here early."""

from importlib import import_module as _import_module
from typing import Any

_PLACES = {
    "Config": "utils.config",
    "CustomObjectScope": "saving.registration",
    "FeatureSpace": "utils.feature_space",
    "Progbar": "utils.progbar",
    "PyDataset": "data.py_dataset",
    "Sequence": "data.py_dataset",
    "array_to_img": "utils.images",
    "audio_dataset_from_directory": "utils.audio_directory",
    "clear_session": "utils.session",
    "custom_object_scope": "saving.registration",
    "deserialize_keras_object": "saving.serialization",
    "disable_interactive_logging": "config",
    "enable_interactive_logging": "config",
    "get_custom_objects": "saving.registration",
    "get_file": "utils.files",
    "get_registered_name": "saving.registration",
    "get_registered_object": "saving.registration",
    "get_source_inputs": "models.cloning",
    "image_dataset_from_directory": "utils.image_directory",
    "img_to_array": "utils.images",
    "is_interactive_logging_enabled": "config",
    "is_keras_tensor": "utils.session",
    "load_img": "utils.images",
    "model_to_dot": "utils.plots",
    "normalize": "utils.numerical",
    "pack_x_y_sample_weight": "models.arrays",
    "pad_sequences": "utils.sequence",
    "plot_model": "utils.plots",
    "register_keras_serializable": "saving.registration",
    "save_img": "utils.images",
    "serialize_keras_object": "saving.serialization",
    "set_random_seed": "utils.session",
    "split_dataset": "utils.splitting",
    "standardize_dtype": "config",
    "text_dataset_from_directory": "utils.text_directory",
    "timeseries_dataset_from_array": "utils.timeseries",
    "to_categorical": "utils.numerical",
    "unpack_x_y_sample_weight": "models.arrays",
}

_RENAMED = {"Sequence": "PyDataset"}

__all__ = [*_PLACES, "bounding_boxes", "legacy"]


def __getattr__(name: str) -> Any:
    if name in ("bounding_boxes", "legacy"):
        return _import_module(f"lamina.utils.{name}")
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_module(f"lamina.{_PLACES[name]}"), _RENAMED.get(name, name))


def __dir__() -> list[str]:
    return __all__
