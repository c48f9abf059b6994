"""All that a training run needs to go on from where it was, in one file: variables, place, and what callbacks know.

The file is a safetensors file with every variable by its name in programs; the rest is JSON in a tensor of bytes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _core
from ..checks import explain
from ..models.place import Place
from ..ops.convert import array_to_tensor
from .atomic import remove_remains, replacing

_FACTS = "lamina/training"


class TrainingState:
    """What a file holds: `tensors` by the names of variables, the `place`, whether to `stop`, and `callbacks`."""

    def __init__(
        self, tensors: dict[str, Any], place: Place, stop: bool, callbacks: list[dict[str, Any]], path: str = ""
    ) -> None:
        self.tensors = tensors
        self.place = place
        self.stop = stop
        self.callbacks = callbacks
        self.path = path

    @classmethod
    def of(cls, model: Any, callbacks: Sequence[Any]) -> TrainingState:
        """That of a model while it is trained."""
        tensors = {name: variable.value for name, variable in _variables(model).items()}
        kept = []
        for i, callback in enumerate(callbacks):
            values: dict[str, Any] = {"class": type(callback).__name__}
            for name in callback._kept:
                value = getattr(callback, name)
                if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
                    for j, array in enumerate(value):
                        tensors[f"callbacks/{i}/{name}/{j}"] = array_to_tensor(array)
                    value = {"arrays": len(value)}
                values[name] = value
            kept.append(values)
        return cls(tensors, dataclasses.replace(model._place), bool(model.stop_training), kept)

    def write(self, path: str) -> None:
        """Writes the file, which appears whole or not at all. OSError when it cannot be written."""
        import json

        facts = {"place": dataclasses.asdict(self.place), "stop": self.stop, "callbacks": self.callbacks}
        blob = array_to_tensor(np.frombuffer(json.dumps(facts).encode(), "uint8").copy())
        remove_remains(path)
        with replacing(path) as temporary:
            _core.write_tensors(temporary, {**self.tensors, _FACTS: blob})

    @classmethod
    def read(cls, path: str) -> TrainingState:
        """What `write` wrote. ValueError for other files."""
        import json

        tensors = _core.read_tensors(path)
        if _FACTS not in tensors:
            raise ValueError(
                explain(
                    f"The file {path!r} holds no training state.",
                    "a file that BackupAndRestore wrote",
                    f"tensors {sorted(tensors)[:5]}",
                    "choose another `backup_dir`.",
                )
            )
        facts = json.loads(tensors.pop(_FACTS).numpy().tobytes())
        return cls(tensors, Place(**facts["place"]), facts["stop"], facts["callbacks"], path)

    def restore(self, model: Any) -> None:
        """Gives all variables their values. ValueError when the file belongs to another model."""
        variables = _variables(model)
        tensors = {name: tensor for name, tensor in self.tensors.items() if not name.startswith("callbacks/")}
        wrong = [name for name, v in variables.items() if name in tensors and tensors[name].shape != v.shape]
        wrong += [name for name in variables if name not in tensors and not name.startswith("metrics/")]
        if wrong:
            raise ValueError(
                explain(
                    f"The backup {self.path!r} does not fit the model {model.name!r}.",
                    "a model with the same layers and the same optimizer",
                    f"another {wrong[0]!r}",
                    "train the same model again, or remove the backup to start anew.",
                )
            )
        for name, variable in variables.items():
            if name in tensors:
                variable.assign(tensors[name])

    def restore_callbacks(self, callbacks: Sequence[Any]) -> None:
        """Gives the callbacks back what they knew, where they are the same ones in the same order."""
        for i, (callback, values) in enumerate(zip(callbacks, self.callbacks)):
            if values["class"] != type(callback).__name__:
                return
            for name in callback._kept:
                value = values.get(name)
                if isinstance(value, dict):
                    arrays = (self.tensors[f"callbacks/{i}/{name}/{j}"] for j in range(value["arrays"]))
                    value = [np.array(array.numpy()) for array in arrays]
                setattr(callback, name, value)


def _variables(model: Any) -> dict[str, Any]:
    """The engine's variables by name: those of the model, its optimizers and metrics, and what else its steps use."""
    from ..models.programs import name_variables, training_variables

    name_variables(model)
    found = [variable.core for variable in training_variables(model)]
    for step in model._steps.values():
        found += step.program.variables
    return {core.name: core for core in reversed(found)}
