"""The weights of a model in a plain safetensors file, by the places of the layers and the names of the weights."""

from __future__ import annotations

import os
import warnings
from typing import Any

from .. import _core
from ..checks import explain
from .atomic import replacing
from .state_walk import objects_of


def _weights(model: Any) -> dict[str, Any]:
    """All weights by names such as 'layers/dense_1/kernel': the same for each model that is made the same way."""
    from ..layers.layer import Layer
    from ..utils.naming import unique

    found: dict[str, Any] = {}
    for path, thing in objects_of(model):
        if isinstance(thing, Layer):
            variables = thing._variables_in_files()
            for name, variable in zip(unique([v.name for v in variables]), variables):
                found[f"{path}/{name}" if path else name] = variable
    return found


def save_safetensors(model: Any, path: str) -> None:
    """Writes all weights, without the state of the optimizer."""
    with replacing(path) as temporary:
        _core.write_tensors(temporary, {name: variable.value for name, variable in _weights(model).items()})


def load_safetensors(model: Any, path: str, skip_mismatch: bool) -> None:
    """Reads all weights by name; others in the file do not matter.

    ValueError, and no change, when some do not fit; with `skip_mismatch` these stay as they are, and a warning names
    them. FileNotFoundError when there is no file.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(
            explain("The file to load is not there.", "the path of saved weights", repr(path), "check the path.")
        )
    stored, weights = _core.read_tensors(path), _weights(model)
    wrong = [name for name, v in weights.items() if name not in stored or tuple(stored[name].shape) != tuple(v.shape)]
    if wrong:
        name = wrong[0]
        text = explain(
            f"{len(wrong)} of the weights in {path!r} do not fit model {model.name!r}.",
            f"{name!r} of shape {weights[name].shape}",
            f"shape {tuple(stored[name].shape)}" if name in stored else f"none of that name among {sorted(stored)[:9]}",
            "make the model as the saved one was made, or pass skip_mismatch=True to leave these as they are.",
        )
        if not skip_mismatch:
            raise ValueError(text)
        warnings.warn(text, stacklevel=4)
    for name in weights.keys() - set(wrong):
        weights[name].assign(stored[name])
