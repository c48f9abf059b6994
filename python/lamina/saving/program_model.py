"""Models that C++ built (`lamina/graph.h`): a program without layers, which predicts and trains on all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import _core
from ..checks import explain, integer
from ..ops.convert import array_to_tensor


class ProgramModel:
    """What `load_model` gives for a `.lamina` file without layers: `predict`, `fit`, `evaluate`, `save`.

    `inputs` and `outputs` list (name, shape, dtype), with None for any size. Inputs are an array, a list of arrays, or
    a dict of them by name; one output comes as an array, several as a list. It ends with the bits that C++ ends with.
    """

    def __init__(self, program: Any, metadata: dict[str, str]) -> None:
        self._program, self._metadata = program, metadata
        self._variables = {variable.name: variable for variable in program.variables}
        entry = program.entry("predict")
        self.inputs, self.outputs = list(entry.inputs), list(entry.outputs)

    def predict(self, x: Any, batch_size: int = 32, verbose: Any = 0) -> Any:
        """One row of output per row of input, computed in batches. ValueError for arrays that do not fit."""
        arrays = self._tensors("predict", x)
        found = [
            t.numpy()
            for t in self._program.map_batches("predict", arrays, integer("predict", "batch_size", batch_size))
        ]
        return found[0] if len(found) == 1 else found

    def fit(
        self, x: Any, y: Any, batch_size: int = 32, epochs: int = 1, shuffle: bool = True
    ) -> list[dict[str, float]]:
        """Trains on with the loss, optimizer and metrics of the file. Gives the loss and the metrics of each epoch."""
        arrays = self._tensors("train_step", x, y)
        rows, history = arrays[0].shape[0], []
        for _ in range(integer("fit", "epochs", epochs)):
            self._program.run("reset_metrics", [])
            order = None
            if shuffle:
                seed, epoch = (self._variables[f"sampler/{name}"] for name in ("seed", "epoch"))
                order = _core.permutation(rows, int(seed.value.item()), int(epoch.value.item()))
                epoch.assign(array_to_tensor(np.asarray(epoch.value.item() + 1, "int64")))
            self._program.run_batches("train_step", arrays, batch_size, 0, -(-rows // batch_size), order)
            history.append(self._results())
        if self._program.has_entry("finish_training"):
            self._program.run("finish_training", [])
        return history

    def evaluate(self, x: Any, y: Any, batch_size: int = 32) -> dict[str, float]:
        """The loss and the metrics."""
        arrays = self._tensors("evaluate_step", x, y)
        self._program.run("reset_metrics", [])
        self._program.run_batches("evaluate_step", arrays, batch_size, 0, -(-arrays[0].shape[0] // batch_size))
        return self._results()

    def get_weights(self) -> dict[str, np.ndarray]:
        """All variables by name: weights, slots of the optimizer, counters."""
        return {name: variable.value.numpy().copy() for name, variable in self._variables.items()}

    def save(self, path: Any) -> None:
        """Writes a `.lamina` file, whole or not at all."""
        from .model_file import golden_inputs

        self._program.save(str(path), self._metadata, golden_inputs(self._program, self))

    def _results(self) -> dict[str, float]:
        names = [name for name, _, _ in self._program.entry("results").outputs]
        return {name: float(t.numpy()) for name, t in zip(names, self._program.run("results", []))}

    def _tensors(self, entry: str, *data: Any) -> list[Any]:
        """The arrays of x (and y) in the order of the entry's inputs, each in its dtype."""
        if not self._program.has_entry(entry):
            raise RuntimeError(
                explain(
                    f"The model cannot be trained or evaluated: it has no {entry!r}.",
                    "a file of a network that was compiled with `Training`",
                    "one that only predicts",
                    "compile it with a loss in C++, and save it again.",
                )
            )
        ports = self._program.entry(entry).inputs
        given: list[Any] = []
        for part in data:
            if isinstance(part, Mapping):
                given += [part[name] for name, _, _ in ports if name in part]
            elif isinstance(part, Sequence) and any(hasattr(a, "shape") for a in part):
                given += part
            else:
                given.append(part)
        if len(given) != len(ports):
            raise ValueError(
                explain(
                    f"{entry!r} got another number of arrays.",
                    f"{len(ports)}: {', '.join(name for name, _, _ in ports)}",
                    str(len(given)),
                    "pass an array, a list, or a dict by these names.",
                )
            )
        return [
            array_to_tensor(np.asarray(a, dtype=object if dtype == "string" else dtype))
            for a, (_, _, dtype) in zip(given, ports)
        ]
