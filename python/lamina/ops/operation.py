"""Functional graphs: calls on symbolic tensors outside a trace are remembered as nodes, to be replayed later."""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .. import _core, tree
from ..checks import explain
from ..saving.configurable import Configurable
from ..saving.sizes import holds_size
from ..scopes import RematMode, get_current_remat_mode
from ..utils.naming import auto_name

Tensor = _core.Tensor
Dim = _core.Dim


class KerasHistory(NamedTuple):
    """Where a symbolic tensor of a graph comes from: output `tensor_index` of the operation's call `node_index`."""

    operation: Any
    node_index: int
    tensor_index: int


class Node:
    """One call of an operation in a graph: the arguments as given, and the symbolic outputs."""

    def __init__(self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any) -> None:
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.input_tensors = [t for t in tree.flatten((args, kwargs)) if isinstance(t, Tensor) and t.is_symbolic]
        self.output_tensors = [t for t in tree.flatten(outputs) if isinstance(t, Tensor)]
        index = len(operation._inbound_nodes)
        operation._inbound_nodes.append(self)
        for i, tensor in enumerate(self.output_tensors):
            tensor._keras_history = KerasHistory(operation, index, i)

    @property
    def is_input(self) -> bool:
        return not self.input_tensors

    @property
    def parent_nodes(self) -> list[Node]:
        """The nodes whose outputs go into this one."""
        histories = [t._keras_history for t in self.input_tensors]
        return [h.operation._inbound_nodes[h.node_index] for h in histories]


class Operation(Configurable):
    """Something with a name that can be a node of a graph: a layer, a model, or a function of `lamina.ops`."""

    _remat_mode: RematMode | None = None  # of the RematScope in which it was made

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                explain(
                    f"The name of a {type(self).__name__} cannot be used.",
                    "a string without '/'",
                    f"name={name!r}",
                    "use letters, digits and '_'.",
                )
            )
        self.name = name
        self._inbound_nodes: list[Node] = []
        if (mode := get_current_remat_mode()) is not None:
            object.__setattr__(self, "_remat_mode", mode)

    def rematerialized_call(self, layer_call: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """`layer_call`, as the `RematScope` wants it in which this was made; what it is called on does not matter."""
        if self._remat_mode is None or is_drawing():
            return layer_call
        from ..recomputing import scoped

        return scoped(self, layer_call, self._remat_mode)

    def _node_tensors(self, attribute: str, kind: str) -> Any:
        nodes = self._inbound_nodes
        if not nodes:
            raise AttributeError(
                explain(
                    f"{self.name!r} has no symbolic {kind}.",
                    "an operation that was called on an `Input`",
                    "one that was not called yet, or only on data",
                    f"call it on an `Input` before asking for its {kind}.",
                )
            )
        if len(nodes) > 1 and any(
            attribute == "input_tensors" and n.input_tensors != nodes[0].input_tensors for n in nodes
        ):
            raise AttributeError(
                explain(
                    f"{self.name!r} has several {kind}s.",
                    "an operation that was called once",
                    f"one that was called {len(nodes)} times",
                    "use the tensors that the calls returned.",
                )
            )
        tensors = getattr(nodes[0], attribute)
        return tensors[0] if len(tensors) == 1 else list(tensors)

    @property
    def input(self) -> Any:
        """The symbolic tensor (or list) it was called on. AttributeError unless it was called once on `Input`s."""
        return self._node_tensors("input_tensors", "input")

    @property
    def output(self) -> Any:
        """The symbolic tensor (or list of them) its call on `Input`s returned."""
        return self._node_tensors("output_tensors", "output")


def holds_symbolic(values: Any) -> bool:
    """Whether a symbolic tensor, or a size that is not known yet, is anywhere in the nest."""
    for value in values:
        if isinstance(value, Tensor):
            if value.is_symbolic:
                return True
        elif isinstance(value, Dim):
            return True
        elif isinstance(value, (list, tuple)):
            if holds_symbolic(value):
                return True
        elif isinstance(value, dict) and holds_symbolic(value.values()):
            return True
    return False


def placeholder_like(tensor: Any) -> Any:
    """A fresh symbolic tensor of the same sizes and dtype, with a mask like its mask."""
    if not isinstance(tensor, Tensor):
        return tensor
    fresh = _core.symbolic(tensor.dims, tensor.dtype)
    mask = getattr(tensor, "_keras_mask", None)
    if mask is not None:
        fresh._keras_mask = _core.symbolic(mask.dims, mask.dtype)
    return fresh


def record(operation: Any, run: Callable[[], Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Runs the call once on symbols to learn its outputs, and remembers it as a node of `operation`."""
    with drawing():
        outputs = run()
    outputs = tree.map_structure(placeholder_like, outputs)
    Node(operation, args, kwargs, outputs)
    return outputs


_drawing: contextvars.ContextVar[bool] = contextvars.ContextVar("drawing", default=False)


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """A trace that only draws a graph."""
    token = _drawing.set(True)
    try:
        with _core.Trace():
            yield
    finally:
        _drawing.reset(token)


def is_drawing() -> bool:
    """Whether calls only draw a graph, of which sizes and dtypes count: programs are traced later."""
    return _drawing.get()


def outside_trace(function: Callable[[], Any]) -> Any:
    """Calls `function` with variables read and written as numbers, although a trace may be open."""
    if not _core.Trace.active():
        return function()
    with _core.Trace.suspended():
        return function()


FUNCTIONS: dict[str, Callable[..., Any]] = {}  # all public functions of lamina.ops by name
_classes: dict[str, type[FunctionOperation]] = {}


class FunctionOperation(Operation):
    """A function of `lamina.ops` as a node of a graph; `arguments` are those that do not come with the call."""

    function: Callable[..., Any]

    def __init__(self, name: str | None = None, **arguments: Any) -> None:
        super().__init__(name)
        self.arguments = arguments

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self.arguments}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.arguments:
            from ..saving.keras_ops import join_call

            given, options = join_call(type(self).function, self.arguments, args, kwargs)
        else:
            given, options = args, kwargs

        def run() -> Any:
            return type(self).function(*given, **options)

        if not _core.Trace.active() and (holds_symbolic(args) or holds_symbolic(kwargs.values())):
            return record(self, run, args, kwargs)
        return self.rematerialized_call(run)()

    def split_call(self, node: Node) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
        """A call as Keras has it in files: positional arguments, those by name, and options of the operation."""
        from ..saving.keras_ops import join_call, split_call

        args, kwargs = node.args, node.kwargs
        if self.arguments:
            args, kwargs = join_call(type(self).function, self.arguments, args, kwargs)
        return split_call(type(self).function, args, kwargs, _is_known)


def _is_known(value: Any) -> bool:
    """Whether a value has no symbolic tensors and no unknown sizes in it."""
    return not holds_symbolic((value,)) and not any(map(holds_size, tree.flatten(value)))


def _class_name(function_name: str) -> str:
    return "".join(part.capitalize() for part in function_name.split("_"))


def _class_for(function: Callable[..., Any]) -> type[FunctionOperation]:
    name = _class_name(function.__name__)
    cls = _classes.get(name)
    if cls is None:
        cls = type(name, (FunctionOperation,), {"function": staticmethod(function), "__module__": function.__module__})
        _classes[name] = cls
    return cls


def operation_class(class_name: str, config: Any = None) -> type[FunctionOperation]:
    """The graph node class of a function, by the class name files use. ValueError when there is no such function."""
    from ..saving.keras_ops import function_of_class

    known = function_of_class(class_name, config)
    for name, function in FUNCTIONS.items():
        if name == known or (known is None and _class_name(name) == class_name):
            return _class_for(function)
    import difflib

    near = difflib.get_close_matches(class_name, map(_class_name, FUNCTIONS), n=3)
    raise ValueError(
        explain(
            f"The operation {class_name!r} is not known.",
            f"an operation of lamina.ops{', such as ' + ', '.join(near) if near else ''}",
            repr(class_name),
            "use a newer version of Lamina, or a custom layer in its place.",
        )
    )


def operation(function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function public: on symbolic tensors outside a trace it becomes a node of the graph."""

    @functools.wraps(function)
    def public(*args: Any, **kwargs: Any) -> Any:
        for value in args:
            if isinstance(value, Tensor):
                if not value.is_symbolic:
                    continue
            elif not (isinstance(value, (list, tuple, Dim)) and holds_symbolic((value,))):
                continue
            break
        else:
            if not (kwargs and holds_symbolic(kwargs.values())):
                return function(*args, **kwargs)
        if _core.Trace.active():
            return function(*args, **kwargs)
        return _class_for(public)()(*args, **kwargs)

    FUNCTIONS[function.__name__] = public
    return public


class _KerasTensorType(type):
    """`isinstance(x, KerasTensor)` holds for symbolic tensors."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.is_symbolic


class KerasTensor(metaclass=_KerasTensorType):
    """The symbolic tensors of graphs: `KerasTensor(shape, dtype)` makes one, `isinstance` recognizes them."""

    def __new__(cls, shape: Any, dtype: str = "float32", name: str = "") -> Any:
        return _core.symbolic(list(shape), dtype, name)
