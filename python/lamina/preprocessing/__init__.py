"""Where Keras 2 kept what is in `lamina.utils` now."""

from ..utils.image_directory import image_dataset_from_directory
from ..utils.text_directory import text_dataset_from_directory
from ..utils.timeseries import timeseries_dataset_from_array
from . import image, sequence, text

__all__ = [
    "image",
    "sequence",
    "text",
    "image_dataset_from_directory",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
