"""What a row of a public function is: a call with given tensors, the same for our `ops` and for Keras'."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cases.arrays import Array, make_all
from lamina import _core, ops, tree


@dataclass(frozen=True)
class Call:
    """`name` of a function of `lamina.ops` ("linalg.qr" in a namespace), its tensors and its other arguments.

    `run(ops, *tensors)` makes the call where the tensors are not simply the first arguments; `ops` is ours or Keras'.
    """

    name: str
    inputs: tuple[Array, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    run: Callable[..., Any] | None = None
    wrt: tuple[int, ...] | None = None  # inputs with a gradient; None: all floats
    second: bool = True  # the gradient has a gradient
    traced: bool = True  # the sizes of the results do not depend on the numbers
    batched: tuple[int, ...] = ()  # inputs whose first size may be unknown
    fused: bool = False  # a program computes it by a fused op, so its last bits differ
    parity: bool = True  # Keras on JAX can do it and means the same
    tolerance: float = 1.0  # times the usual one, against Keras
    label: str = ""

    @property
    def id(self) -> str:
        return self.name + (f"-{self.label}" if self.label else "")

    def arrays(self, float_dtype: str = "float32") -> list[np.ndarray]:
        return make_all(self.inputs, float_dtype)

    def __call__(self, library_ops: Any, *tensors: Any) -> list[Any]:
        """The results as a flat list."""
        function = library_ops
        for part in self.name.split("."):
            function = getattr(function, part)
        if self.run is not None:
            results = self.run(library_ops, *tensors)
        else:
            results = function(*tensors, **self.kwargs)
        return flat(results)

    @property
    def smooth(self) -> tuple[int, ...]:
        """The inputs whose gradients are tested."""
        if self.wrt is not None:
            return self.wrt
        return tuple(i for i, a in enumerate(self.inputs) if a.dtype == "float")


def flat(results: Any) -> list[Any]:
    """The leaves of a nest of lists, tuples and dicts, without None."""
    if isinstance(results, dict):
        results = list(results.values())
    if isinstance(results, (list, tuple)):
        return [leaf for result in results for leaf in flat(result)]
    return [] if results is None else [results]


def as_tensors(results: list[Any]) -> list[Any]:
    return [ops.convert_to_tensor(result) for result in tree.flatten(results)]


def trace(call: Call, program: Any, entry: str, float_dtype: str = "float32") -> list[Any]:
    """Adds the call as an entry of a program; gives the symbolic results."""
    arrays = call.arrays(float_dtype)
    batch = _core.Dim("batch")
    with _core.Trace() as scope:
        inputs = [
            _core.symbolic([batch, *a.shape[1:]] if i in call.batched else a.shape, str(a.dtype))
            for i, a in enumerate(arrays)
        ]
        outputs = as_tensors(call(ops, *inputs))
    named = [(f"x{i}", t) for i, t in enumerate(inputs)]
    program.add_entry(entry, named, [(f"y{i}", t) for i, t in enumerate(outputs)], scope)
    return outputs
