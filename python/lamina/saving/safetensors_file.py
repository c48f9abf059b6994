"""Weights alone in a safetensors file: tensors by the paths of variables, as `dense/kernel`.

Automatic names of layers are counted within the model, so that a model made alike, whenever it is, has the same.
"""

from __future__ import annotations

import warnings
from typing import Any

from .. import _core, ops
from ..checks import explain
from .atomic import replacing
from .paths import need_file

ENDING = ".safetensors"


def save_safetensors(model: Any, path: str) -> None:
    """Writes all variables of the model, and of the optimizer if it has any."""
    with replacing(path) as temporary:
        _core.write_tensors(temporary, {name: variable.value for name, variable in _variables(model).items()})


def load_safetensors(model: Any, path: str, skip_mismatch: bool) -> None:
    """Gives the variables the numbers of the file, cast to their dtypes; those of the optimizer if they are there.

    ValueError, and no change, when the model's are not the ones in the file; with `skip_mismatch` a warning, and what
    does not fit stays as it is. FileNotFoundError.
    """
    need_file(path)
    stored, variables = _core.read_tensors(path), _variables(model)
    own = {name for name in variables if name in _variables(model, with_optimizer=False)}
    wrong = [
        f"a weight {name!r} of shape {tuple(variable.shape)}, but {_found(stored.get(name))}"
        for name, variable in variables.items()
        if (name in own or name in stored) and not _fits(variable, stored.get(name))
    ]
    wrong += [f"no weight {name!r}" for name in stored if name not in variables and not name.startswith("optimizer/")]
    if wrong:
        text = explain(
            f"{len(wrong)} weights of model {model.name!r} do not fit the file {path!r}.",
            "tensors of the names and shapes of the model's variables",
            f"the model has {wrong[0]}",
            "make the model as the saved one was made, or pass skip_mismatch=True to leave these weights as they are.",
        )
        if not skip_mismatch:
            raise ValueError(text)
        warnings.warn(text, stacklevel=4)
    for name, variable in variables.items():
        tensor = stored.get(name)
        if _fits(variable, tensor):
            variable.assign(ops.cast(tensor, variable.value.dtype))


def _fits(variable: Any, tensor: Any) -> bool:
    return tensor is not None and tuple(tensor.shape) == tuple(variable.shape)


def _found(tensor: Any) -> str:
    return "the file has none" if tensor is None else f"the file one of shape {tuple(tensor.shape)}"


def _variables(model: Any, with_optimizer: bool = True) -> dict[str, Any]:
    """The engine's variables by their names in files."""
    from ..models.programs import name_variables

    found = list(model.variables)
    if with_optimizer and model.compiled and model.optimizer is not None:
        found += model.optimizer.variables
    name_variables(model, counted=True)
    named = {variable.core.name: variable.core for variable in found}
    name_variables(model)
    return named
