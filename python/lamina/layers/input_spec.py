"""What a layer can be called on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import tree
from ..checks import explain
from ..config import standardize_dtype
from ..saving.serialization import Configurable


class InputSpec(Configurable):
    """The rank, sizes or dtype a layer asks of an input. `axes` maps axes to sizes; None means any.

    >>> import lamina
    >>> spec = lamina.layers.InputSpec(min_ndim=2, axes={-1: 8})
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else standardize_dtype(dtype)
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional


def check(spec: Any, inputs: Any, layer_name: str) -> None:
    """ValueError unless the inputs are as `spec` (an InputSpec or a nest of them) says."""
    if spec is None:
        return
    specs = tree.flatten(spec)
    if isinstance(spec, dict) and isinstance(inputs, dict):
        missing = [key for key in spec if key not in inputs]
        if missing:
            raise ValueError(
                explain(
                    f"Layer {layer_name!r} lacks inputs.",
                    f"the keys {sorted(spec)}",
                    f"{sorted(inputs)}",
                    f"add {missing}.",
                )
            )
        tensors = [inputs[key] for key in sorted(spec)]
    else:
        tensors = tree.flatten(inputs)
    if len(specs) != len(tensors):
        raise ValueError(
            explain(
                f"Layer {layer_name!r} got another number of inputs.",
                f"{len(specs)} inputs",
                f"{len(tensors)} of shapes {[getattr(t, 'shape', None) for t in tensors]}",
                "pass one tensor per input.",
            )
        )
    for single, tensor in zip(specs, tensors):
        if single is not None and tensor is not None:
            _check_one(single, tensor, layer_name)


def _check_one(spec: InputSpec, tensor: Any, layer_name: str) -> None:
    shape = tuple(tensor.shape)
    rank = len(shape)

    def refuse(expected: str, fix: str) -> None:
        raise ValueError(
            explain(f"The input of layer {layer_name!r} does not fit it.", expected, f"shape {shape}", fix)
        )

    if spec.ndim is not None and not spec.allow_last_axis_squeeze and rank != spec.ndim:
        refuse(f"rank {spec.ndim}", "reshape the input; its first axis is the batch.")
    if spec.max_ndim is not None and rank > spec.max_ndim:
        refuse(f"rank {spec.max_ndim} or less", "flatten or reshape the input.")
    if spec.min_ndim is not None and rank < spec.min_ndim:
        refuse(f"rank {spec.min_ndim} or more", "add axes, e.g. x[:, None]; the first axis is the batch.")
    if spec.dtype is not None and tensor.dtype != spec.dtype:
        refuse(f"dtype {spec.dtype} (got {tensor.dtype})", "cast the input.")
    for axis, size in spec.axes.items():
        if size is not None and -rank <= axis < rank and shape[axis] not in (size, None):
            refuse(f"size {size} along axis {axis}", "give data with that size, or build the layer for the other one.")
    if spec.shape is not None:
        wanted = spec.shape
        if spec.allow_last_axis_squeeze:
            wanted = wanted[:-1] if wanted and wanted[-1] == 1 else wanted
            shape = shape[:-1] if shape and shape[-1] == 1 else shape
        if len(wanted) != len(shape) or any(w is not None and s is not None and w != s for w, s in zip(wanted, shape)):
            refuse(f"shape {spec.shape}", "give data of that shape.")
