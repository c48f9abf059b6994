"""Convolution and pooling: channels last here, channels first in ONNX."""

from __future__ import annotations

from typing import Any

from .elementwise import activate
from .writer import Emit, Node, NoMapping, Writer, known


def _reaches(n: Node, sizes: list[int]) -> tuple[list[int], list[int], list[int]]:
    """Strides, dilations, and how many entries a window spans, per axis."""
    strides = [int(step) for step in n["strides"]] or ([1] * len(sizes) if "dilation" in n.attributes else sizes)
    dilation = [int(step) for step in n.attributes.get("dilation", [])] or [1] * len(sizes)
    return strides, dilation, [(size - 1) * step + 1 for size, step in zip(sizes, dilation)]


def _padding(n: Node, size: list[Any], out: list[Any], strides: list[int], reach: list[int]) -> dict[str, Any]:
    """The attributes of ONNX for the padding of windows that go from `size` to `out` entries."""
    if n["padding"] == "valid":
        return {}
    if n["padding"] == "causal":
        return {"pads": [reach[0] - 1, 0]}
    low, high = [], []
    for entries, windows, step, span in zip(size, out, strides, reach):
        missing = known((windows - 1) * step + span - entries)
        if missing is None:
            return {"auto_pad": "SAME_UPPER"}
        low.append(max(missing, 0) // 2)
        high.append(max(missing, 0) - low[-1])
    return {"pads": [*low, *high]} if any(high) else {}


def _kernel(w: Writer, n: Node) -> tuple[str, list[int]]:
    """The kernel as ONNX has it, filters first, and its sizes."""
    kernel = n.inputs[1]
    rank = kernel.ndim
    return w.node("Transpose", [w.name(kernel)], perm=[rank - 1, rank - 2, *range(rank - 2)]), kernel.dims[:-2]


def _conv(w: Writer, n: Node) -> str:
    x, rank = n.inputs[0], n.inputs[0].ndim
    kernel, sizes = _kernel(w, n)
    strides, dilation, reach = _reaches(n, sizes)
    result = w.node(
        "Conv",
        [w.channels_first(w.name(x), rank), kernel, *map(w.name, n.inputs[2:3])],
        strides=strides,
        dilations=dilation,
        group=int(n["groups"]),
        **_padding(n, x.dims[1:-1], n.dims[1:-1], strides, reach),
    )
    result = w.channels_last(result, rank)
    for addend in n.inputs[3:]:
        result = w.node("Add", [result, w.name(addend)])
    return activate(w, n, n["activation"], result)


def _conv_grad_input(w: Writer, n: Node) -> str:
    """A transposed convolution, or the gradient of one: of the entries that it makes, some at the ends go or are 0."""
    dy, rank = n.inputs[0], n.inputs[0].ndim
    kernel, sizes = _kernel(w, n)
    strides, dilation, reach = _reaches(n, sizes)
    low, high, more = [], [], []
    for size, windows, step, span in zip(n.dims[1:-1], dy.dims[1:-1], strides, reach):
        extra = known(size - ((windows - 1) * step + span))
        if extra is None:
            raise NoMapping("a transposed convolution to sizes that depend on data")
        missing = max(-extra, 0)
        low.append(missing if n["padding"] == "causal" else missing // 2)
        high.append(missing - low[-1])
        more.append(max(extra, 0))
    if n["padding"] == "valid" and any(low):
        raise NoMapping("a gradient of a convolution")
    result = w.node(
        "ConvTranspose",
        [w.channels_first(w.name(dy), rank), kernel],
        strides=strides,
        dilations=dilation,
        group=int(n["groups"]),
        pads=[*low, *high],
        output_padding=more if any(more) and all(a < s for a, s in zip(more, strides)) else None,
    )
    if any(a >= s for a, s in zip(more, strides)):  # entries that no window reaches
        pads = w.integers([*[0] * (2 + rank), *more])
        result = w.node("Pad", [result, pads, w.scalar(0, n.dtype)])
    return w.channels_last(result, rank)


def _pool(kind: str) -> Emit:
    def emit(w: Writer, n: Node) -> str:
        x, rank, window = n.inputs[0], n.inputs[0].ndim, [int(size) for size in n["window"]]
        strides, _, reach = _reaches(n, window)
        result = w.node(
            kind,
            [w.channels_first(w.name(x), rank)],
            kernel_shape=window,
            strides=strides,
            **_padding(n, x.dims[1:-1], n.dims[1:-1], strides, reach),
        )
        return w.channels_last(result, rank)

    return emit


TABLE: dict[str, Emit] = {
    "conv": _conv,
    "conv_grad_input": _conv_grad_input,
    "max_pool": _pool("MaxPool"),
    "average_pool": _pool("AveragePool"),
}
