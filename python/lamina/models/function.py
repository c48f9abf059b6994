"""A graph of operations as a function: without weights, training or configuration of its own."""

from __future__ import annotations

from typing import Any

from .. import _core, tree
from ..checks import explain
from ..layers.input import InputLayer
from ..ops.operation import Operation, holds_symbolic, record
from .functional import Functional


class Function(Operation):
    """The computation from symbolic `inputs` to `outputs` (each a tensor, or a nest), to be applied to other inputs.

    >>> import numpy as np, lamina
    >>> x = lamina.KerasTensor((None, 2))
    >>> double = lamina.Function(x, x * 2.0)
    >>> double(np.array([[1.0, 2.0]])).numpy().tolist()
    [[2.0, 4.0]]
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        super().__init__(name)
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            if not tree.flatten(structure):
                raise ValueError(
                    explain(
                        f"Function: there are no {what}.", "a symbolic tensor or more", f"{structure!r}", "pass some."
                    )
                )
        for tensor in tree.flatten(inputs):
            if isinstance(tensor, _core.Tensor) and tensor.is_symbolic and not hasattr(tensor, "_keras_history"):
                InputLayer(input_tensor=tensor)
        self._graph = Functional(inputs, outputs)

    @property
    def operations(self) -> list[Operation]:
        """All operations, from the inputs on."""
        return self._graph.operations

    @property
    def inputs(self) -> list[Any]:
        """The symbolic inputs as a flat list."""
        return self._graph.inputs

    @property
    def outputs(self) -> list[Any]:
        """The symbolic outputs as a flat list."""
        return self._graph.outputs

    def call(self, inputs: Any) -> Any:
        """The outputs for these inputs."""
        return self._graph.call(inputs)

    def __call__(self, inputs: Any) -> Any:
        if holds_symbolic([inputs]) and not _core.Trace.active():
            return record(self, lambda: self.call(inputs), (inputs,), {})
        return self.call(inputs)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Symbolic tensors like the outputs for such inputs."""
        return self._graph.compute_output_spec(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the outputs for inputs of these shapes."""
        return self._graph.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError(
            explain(
                "A Function has no configuration.",
                "a Model",
                "a Function",
                "use lamina.Model(inputs, outputs) to save it.",
            )
        )
