"""What a layer can be called on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import tree
from ..checks import explain, integer, shapes_differ
from ..config import standardize_dtype
from ..saving.configurable import Configurable


class InputSpec(Configurable):
    """The rank, sizes or dtype a layer asks of an input. `axes` maps axes to sizes; None means any.

    `shape` sets all of it; `allow_last_axis_squeeze` lets a last axis of size 1 be missing or be there; an `optional`
    input may be None. Specs with a `name` find their input in a dict. ValueError for ranks that are no integers or
    contradict `axes`, TypeError for `axes` that are no dict of integers.

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
        self.ndim = len(self.shape) if self.shape is not None else _rank("ndim", ndim)
        self.max_ndim = _rank("max_ndim", max_ndim)
        self.min_ndim = _rank("min_ndim", min_ndim)
        try:
            self.axes = {int(axis): size for axis, size in dict(axes or {}).items()}
        except (TypeError, ValueError):
            raise TypeError(
                explain(
                    "InputSpec: `axes` does not name axes.",
                    "a dict of axes and their sizes",
                    f"axes={axes!r}",
                    "pass e.g. axes={-1: 8}.",
                )
            ) from None
        most = self.ndim if self.ndim is not None else self.max_ndim
        if most is not None and any(not -most <= axis < most for axis in self.axes):
            raise ValueError(
                explain(
                    "InputSpec: `axes` names an axis that no input has.",
                    f"axes from {-most} to {most - 1}, as the rank is at most {most}",
                    f"axes={self.axes}",
                    "change `axes`, or the rank.",
                )
            )
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def __repr__(self) -> str:
        given = {name: value for name, value in self.get_config().items() if value not in (None, {}, False)}
        return f"InputSpec({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def _rank(name: str, value: Any) -> int | None:
    return None if value is None else integer("InputSpec", name, value, minimum=0)


def check(spec: Any, inputs: Any, layer_name: str) -> None:
    """ValueError unless the inputs are as `spec` (an InputSpec or a nest of them) says."""
    if spec is None:
        return
    specs = tree.flatten(spec)
    names = sorted(spec) if isinstance(spec, dict) else [getattr(single, "name", None) for single in specs]
    if isinstance(inputs, dict) and all(names):
        missing = [key for key in names if key not in inputs]
        if missing:
            raise ValueError(
                explain(
                    f"Layer {layer_name!r} lacks inputs.",
                    f"the keys {names}",
                    f"{sorted(inputs)}",
                    f"add {missing}.",
                )
            )
        tensors = [inputs[key] for key in names]
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
        if single is None or (tensor is None and single.optional):
            continue
        if not hasattr(tensor, "shape"):
            raise ValueError(
                explain(
                    f"Layer {layer_name!r} was called on something that is no tensor.",
                    "a tensor",
                    f"{tensor!r} of type {type(tensor).__name__}",
                    "call the layer on data or on what another layer gave.",
                )
            )
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
        if not -rank <= axis < rank:
            refuse(f"an axis {axis}", "reshape the input; its first axis is the batch.")
        if size is not None and shape[axis] not in (size, None):
            refuse(f"size {size} along axis {axis}", "give data with that size, or build the layer for the other one.")
    if spec.shape is not None:
        wanted = spec.shape
        if spec.allow_last_axis_squeeze:
            wanted = wanted[:-1] if wanted and wanted[-1] == 1 else wanted
            shape = shape[:-1] if shape and shape[-1] == 1 else shape
        if shapes_differ(wanted, shape):
            refuse(f"shape {spec.shape}", "give data of that shape.")
