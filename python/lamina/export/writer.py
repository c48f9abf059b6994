"""Writes an ONNX graph node by node: names, constants, sizes, layouts of images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

OPSET, IR_VERSION = 20, 9
HALF = ("float16", "bfloat16")
DTYPES = {  # ours, and ONNX's names
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "float16": "FLOAT16",
    "bfloat16": "BFLOAT16",
    "int32": "INT32",
    "int64": "INT64",
    "uint8": "UINT8",
    "bool": "BOOL",
}


class NoMapping(Exception):
    """What a program does has no counterpart in ONNX; the text says which part."""


class Value:
    """A value of the program: its name in the graph, and a tensor of the engine that tells shape and dtype.

    A concrete tensor is a constant of the graph, which is written when it is first used.
    """

    def __init__(self, tensor: Any, name: str | None = None) -> None:
        self.tensor = tensor
        self.name = name
        self.dtype: str = tensor.dtype
        self.dims: list[Any] = list(tensor.dims)
        self.ndim = len(self.dims)

    @property
    def constant(self) -> Any:
        """The numbers, if they are known."""
        return None if self.tensor.is_symbolic else self.tensor.numpy()


class Node:
    """One op of the program, as the functions of the table get it."""

    def __init__(
        self,
        op: str,
        attributes: dict[str, Any],
        inputs: list[Value],
        outputs: list[Any],
        used: set[int],
        first: int,
    ) -> None:
        self.op = op
        self.attributes = attributes
        self.inputs = inputs
        self.outputs = outputs  # tensors that tell shapes and dtypes
        self._used = used  # the numbers of all values that something uses
        self._first = first  # the number of the first output

    def wants(self, output: int) -> bool:
        """Whether something uses this output."""
        return self._first + output in self._used

    def with_input(self, value: Value) -> Node:
        """The same node with one other input."""
        return Node(self.op, self.attributes, [value], self.outputs, self._used, self._first)

    def __getitem__(self, attribute: str) -> Any:
        return self.attributes[attribute]

    @property
    def dtype(self) -> str:
        """That of the first input."""
        return self.inputs[0].dtype

    @property
    def dims(self) -> list[Any]:
        """The sizes of the first output."""
        return list(self.outputs[0].dims)


Emit = Callable[["Writer", Node], Any]  # gives the name of the output, or a list; last ones that nobody wants may lack


class Writer:
    """An ONNX graph that grows."""

    def __init__(self, run: Callable[[Writer, dict[str, Any], list[Value]], list[Value]]) -> None:
        import onnx

        self.onnx = onnx
        self._run = run
        self.initializers: list[Any] = []
        self.symbols: dict[str, tuple[str, int]] = {}  # open sizes: an input that has it, and where
        self.producers: dict[str, Node] = {}  # nodes of the program by the names they give
        self.slices: dict[
            str, list[tuple[Any, Any, str]]
        ] = {}  # parts along the first axis that are there: start, stop
        self._top: list[Any] = []
        self._nodes = self._top
        self._names: dict[str, int] = {}
        self._constants: dict[Any, str] = {}
        self._sizes: dict[str, str] = {}
        self._channels_first: dict[str, str] = {}

    def run(self, graph: dict[str, Any], inputs: list[Value]) -> list[Value]:
        """Writes the nodes of a graph of the program, for these inputs: the values of its outputs."""
        return self._run(self, graph, inputs)

    # Names and nodes.

    def unique(self, name: str) -> str:
        """A name that nothing has, like this one."""
        count = self._names.get(name, 0)
        self._names[name] = count + 1
        return name if count == 0 else self.unique(f"{name}_{count}")

    def type_of(self, dtype: str) -> int:
        """ONNX's number of a dtype. NoMapping for dtypes that it does not have."""
        if dtype not in DTYPES:
            raise NoMapping(f"values of dtype {dtype}")
        return int(self.onnx.TensorProto.DataType.Value(DTYPES[dtype]))

    def node(self, kind: str, inputs: Iterable[str], outputs: int = 1, **attributes: Any) -> Any:
        """Adds a node: the name of its output, or a list of them."""
        names = [self.unique(kind.lower()) for _ in range(outputs)]
        attributes = {key: value for key, value in attributes.items() if value is not None}
        made = self.onnx.helper.make_node(kind, list(inputs), names, name=self.unique(f"node_{names[0]}"), **attributes)
        self._nodes.append(made)
        return names[0] if outputs == 1 else names

    def cast(self, name: str, dtype: str) -> str:
        return self.node("Cast", [name], to=self.type_of(dtype))

    @contextmanager
    def body(self) -> Iterator[list[Any]]:
        """Inside, nodes go to a list of their own: that of a graph which is an attribute."""
        outer, self._nodes = self._nodes, []
        layouts = dict(self._channels_first)  # what is made inside is not seen outside
        try:
            yield self._nodes
        finally:
            self._nodes, self._channels_first = outer, layouts

    @contextmanager
    def outermost(self) -> Iterator[None]:
        """Inside, nodes go to the graph itself, whose values all bodies see."""
        outer, self._nodes = self._nodes, self._top
        try:
            yield
        finally:
            self._nodes = outer

    # Constants.

    def constant(self, array: Any, dtype: str | None = None) -> str:
        """The name of an initializer with these numbers."""
        array = np.asarray(array, dtype, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self.initializer(self.unique("constant"), array)
        return self._constants[key]

    def scalar(self, number: Any, dtype: str) -> str:
        return self.constant(np.asarray(number), dtype)

    def integers(self, numbers: Sequence[int]) -> str:
        return self.constant(np.asarray(numbers, "int64").reshape(len(numbers)))

    def initializer(self, name: str, array: np.ndarray) -> str:
        if array.dtype.name == "bfloat16":
            made = self.onnx.helper.make_tensor(name, self.type_of("bfloat16"), array.shape, array.tobytes(), raw=True)
        else:
            made = self.onnx.numpy_helper.from_array(array, name)
        self.initializers.append(made)
        return name

    def name(self, value: Value) -> str:
        """The name of a value in the graph."""
        if value.name is None:
            value.name = self.constant(value.constant)
        return value.name

    # Sizes: tensors of one int64.

    def size(self, dim: Any) -> str:
        """The name of a size."""
        if isinstance(dim, int):
            return self.integers([dim])
        key = repr(dim)
        if key not in self._sizes:
            with self.outermost():
                self._sizes[key] = self._symbol(dim.name) if dim.parts is None else self._combined(*dim.parts)
        return self._sizes[key]

    def _symbol(self, symbol: str) -> str:
        if symbol not in self.symbols:
            raise NoMapping(f"the size {symbol!r}, which depends on data")
        tensor, axis = self.symbols[symbol]
        return self.node("Shape", [tensor], start=axis, end=axis + 1)

    def _combined(self, operation: str, left: Any, right: Any) -> str:
        a, b = self.size(left), self.size(right)
        if operation == "ceil_divide":
            a = self.node("Sub", [self.node("Add", [a, b]), self.integers([1])])
        kinds = {"add": "Add", "subtract": "Sub", "multiply": "Mul", "minimum": "Min", "maximum": "Max"}
        return self.node(kinds[operation], [a, b]) if operation in kinds else self.floor_divide(a, b)

    def floor_divide(self, a: str, b: str) -> str:
        """Of whole numbers, without a rest: ONNX rounds to 0, and ONNX Runtime takes 1 / b * b for b / b."""
        return self.node("Div", [self.node("Sub", [a, self.node("Mod", [a, b])]), b])

    def shape(self, dims: Sequence[Any]) -> str:
        """The name of a list of sizes."""
        if all(isinstance(n, int) for n in dims):
            return self.integers(dims)
        if len(dims) == 1:
            return self.size(dims[0])
        return self.node("Concat", [self.size(n) for n in dims], axis=0)

    # Images: values that are channels last here, and channels first in ONNX. Both are kept; what is not used is dropped
    # in the end, so that only the borders of what works on images have a Transpose.

    def channels_first(self, name: str, rank: int) -> str:
        if name not in self._channels_first:
            self._channels_first[name] = self.node("Transpose", [name], perm=[0, rank - 1, *range(1, rank - 1)])
        return self._channels_first[name]

    def channels_last(self, name: str, rank: int) -> str:
        """The value of the program for one that is channels first."""
        result = self.node("Transpose", [name], perm=[0, *range(2, rank), 1])
        self._channels_first[result] = name
        return result

    def is_image(self, name: str) -> bool:
        """Whether the value is there with its channels first."""
        return name in self._channels_first

    # The end.

    def finish(self, nodes: Iterable[Any]) -> None:
        """Adds nodes that are made already."""
        self._top.extend(nodes)

    def graph(self, name: str, inputs: list[Any], outputs: list[Any]) -> Any:
        """The graph of what leads to the outputs."""
        nodes, used = _live(self._top, outputs)
        initializers = [tensor for tensor in self.initializers if tensor.name in used]
        return self.onnx.helper.make_graph(nodes, name, inputs, outputs, initializers)

    def subgraph(self, nodes: list[Any], inputs: list[Any], outputs: list[Any]) -> Any:
        """The graph of a body, of those nodes that lead to its outputs."""
        return self.onnx.helper.make_graph(_live(nodes, outputs)[0], self.unique("body"), inputs, outputs)


def _live(nodes: list[Any], outputs: list[Any]) -> tuple[list[Any], set[str]]:
    """The nodes that lead to the outputs, and all names that they use."""
    used = {output.name for output in outputs}
    kept = []
    for node in reversed(nodes):
        if used.intersection(node.output):
            kept.append(node)
            used.update(_reads(node))
    return kept[::-1], used


def _reads(node: Any) -> set[str]:
    """All names that a node uses, in its bodies too."""
    names = set(node.input)
    for attribute in node.attribute:
        if attribute.HasField("g"):
            names.update(output.name for output in attribute.g.output)
            names = names.union(*(_reads(inner) for inner in attribute.g.node))
    return names


def permuted(axes: Iterable[int], rank: int) -> list[int]:
    """Axes of a channels last tensor where its channels are first."""
    places = [0, *range(2, rank), 1]
    return [places[axis % rank] for axis in axes]


def known(dim: Any) -> int | None:
    """The number that a size is, whatever the open sizes are; None if it is not one."""
    if isinstance(dim, int):
        return dim
    symbols = symbols_of(dim)
    values = {int(dim.substitute(dict.fromkeys(symbols, n))) for n in (61, 1000, 4097)}
    return values.pop() if len(values) == 1 else None


def same(a: Any, b: Any) -> bool:
    """Whether two sizes are equal, whatever the open sizes are."""
    return known(a - b) == 0


def symbols_of(dim: Any) -> set[str]:
    """The open sizes in an expression."""
    if isinstance(dim, int):
        return set()
    if dim.parts is None:
        return {dim.name}
    _, left, right = dim.parts
    return symbols_of(left) | symbols_of(right)
