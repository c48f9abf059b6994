"""Models made of a graph: from `Input`s to outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core, tree
from ..checks import explain, shapes_differ
from ..layers.input import InputLayer
from ..layers.layer import Layer
from ..ops.convert import convert_to_tensor
from ..ops.operation import FunctionOperation, Node, Operation
from ..saving.serialization import deserialize_keras_object, serialize_keras_object
from ..saving.sizes import holds_size, match_sizes, size_to_config, substitute_sizes
from .model import Model

Tensor = _core.Tensor


class Functional(Model):
    """The model between symbolic `inputs` and `outputs` (each a tensor, or a list, tuple or dict of them).

    ValueError when an output does not depend on the inputs, or when two layers have one name.
    """

    # The graph, whose layers `_layers` finds at once.
    _untracked = Model._untracked | {"_nodes", "_operations", "_inputs", "_outputs", "_sizes", "_seeds", "_aliases"}

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:
        if kwargs.get("trainable", True) is None:
            del kwargs["trainable"]
        Layer.__init__(self, name=name, **kwargs)  # `trainable` is of the model alone: its layers have their own
        self._check_tensors("inputs", inputs)
        self._check_tensors("outputs", outputs)
        self._seeds = [id(t) for t in tree.flatten(inputs)]
        self._sizes = [t.dims for t in tree.flatten(inputs)]
        inputs = self._with_input_layers(inputs)
        self._inputs_structure = inputs
        self._outputs_structure = outputs
        self._inputs = tree.flatten(inputs)
        self._outputs = tree.flatten(outputs)
        self._nodes, self._operations = _sort_graph(self._inputs, self._outputs, self._aliases)
        self._check_names()
        self.supports_masking = True
        self.built = True

    def _check_tensors(self, what: str, structure: Any) -> None:
        for tensor in tree.flatten(structure):
            if not isinstance(tensor, Tensor) or getattr(tensor, "_keras_history", None) is None:
                raise ValueError(
                    explain(
                        f"The {what} of a model are not symbolic.",
                        "tensors that come from `Input` through layers and ops",
                        f"{tensor!r} of type {type(tensor).__name__}",
                        "start with x = lamina.Input(shape) and pass the tensors that layers return.",
                    )
                )

    def _with_input_layers(self, inputs: Any) -> Any:
        """Inputs taken from the middle of another graph get an input layer of their own."""
        self._aliases: dict[int, Any] = {}

        def replace(tensor: Any) -> Any:
            if isinstance(tensor._keras_history.operation, InputLayer):
                return tensor
            name = f"{tensor._keras_history.operation.name}_input"
            layer = InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype, name=name)
            self._aliases[id(tensor)] = layer._inbound_nodes[0].outputs
            self._kept_alive = [*getattr(self, "_kept_alive", []), tensor]
            return layer._inbound_nodes[0].outputs

        return tree.map_structure(replace, inputs)

    def _check_names(self) -> None:
        seen: dict[str, Operation] = {}
        for operation in self._operations:
            other = seen.setdefault(operation.name, operation)
            if other is not operation:
                raise ValueError(
                    explain(
                        f"Two layers of model {self.name!r} have one name.",
                        "a different name for each layer",
                        f"two called {operation.name!r}",
                        "pass name=... to one of them.",
                    )
                )

    # What the graph consists of.

    @property
    def operations(self) -> list[Operation]:
        """All layers and ops, from the inputs on."""
        return list(self._operations)

    @property
    def layers(self) -> list[Layer]:
        """All layers, from the inputs on."""
        return [operation for operation in self._operations if isinstance(operation, Layer)]

    @property
    def _layers(self) -> list[Layer]:
        found = {id(layer): layer for layer in [*self.layers, *super()._layers]}
        return list(found.values())

    @property
    def inputs(self) -> list[Any]:
        """The symbolic inputs as a flat list."""
        return list(self._inputs)

    @property
    def outputs(self) -> list[Any]:
        """The symbolic outputs as a flat list."""
        return list(self._outputs)

    @property
    def input(self) -> Any:
        return self._inputs_structure

    @property
    def output(self) -> Any:
        return self._outputs_structure

    @property
    def input_names(self) -> list[str]:
        return [t._keras_history.operation.name for t in self._inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of losses and metrics' outputs: keys of a dict of outputs, else the layers'."""
        structure = self._outputs_structure
        if isinstance(structure, dict) and len(tree.flatten(structure)) == len(structure):
            return [str(path[0]) for path, _ in tree.flatten_with_path(structure)]
        return [t._keras_history.operation.name for t in self._outputs]

    # Running.

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The outputs for inputs in the structure the model was made with (or a flat list, or a dict by names)."""
        flat = self._match_inputs(inputs)
        if mask is not None:
            for tensor, m in zip(flat, tree.flatten(mask)):
                if m is not None and tensor is not None and getattr(tensor, "_keras_mask", None) is None:
                    tensor._keras_mask = m
        return self._run(flat, lambda operation, *args, **kwargs: operation(*args, **kwargs))

    def _run(self, flat: list[Any], invoke: Callable[..., Any]) -> Any:
        """The outputs for these inputs, where `invoke(operation, *args, **kwargs)` stands for each call."""
        values = dict(zip(self._seeds, flat))
        values.update(zip(map(id, self._inputs), flat))

        known = [(dims, t.dims) for dims, t in zip(self._sizes, flat) if t is not None]
        sizes = match_sizes([dims for dims, _ in known], [dims for _, dims in known])

        def fill(value: Any) -> Any:
            if isinstance(value, Tensor):
                return values.get(id(value), value)
            return substitute_sizes(value, sizes)

        for node in self._nodes:
            args, kwargs = tree.map_structure(fill, node.args), tree.map_structure(fill, node.kwargs)
            outputs = invoke(node.operation, *args, **kwargs)
            for symbol, value in zip(node.output_tensors, tree.flatten(outputs)):
                values[id(symbol)] = value
        return tree.map_structure(lambda t: values[id(t)], self._outputs_structure)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return None  # the layers inside have set the masks of the outputs

    def _match_inputs(self, inputs: Any) -> list[Any]:
        """The given inputs in the order of the model's, with its dtypes and ranks."""
        structure = self._inputs_structure
        if isinstance(structure, dict) and isinstance(inputs, dict) and len(structure) != len(self._inputs):
            nested = {key: inputs[key] for key in structure if key in inputs}  # dicts of dicts, as those of boxes
            inputs = tree.flatten(nested) if len(nested) == len(structure) else inputs
        if isinstance(inputs, dict):
            keys = (
                [path[0] for path, _ in tree.flatten_with_path(structure)]
                if isinstance(structure, dict)
                else self.input_names
            )
            names = keys if all(key in inputs for key in keys) else self.input_names
            missing = [name for name in names if name not in inputs]
            if missing:
                raise ValueError(
                    explain(
                        f"Model {self.name!r} lacks inputs.",
                        f"a dict with the keys {names}",
                        f"the keys {sorted(inputs)}",
                        f"add {missing}.",
                    )
                )
            flat = [inputs[name] for name in names]
        else:
            flat = tree.flatten(inputs)
        if len(flat) != len(self._inputs):
            raise ValueError(
                explain(
                    f"Model {self.name!r} got another number of inputs.",
                    f"{len(self._inputs)} inputs: {self.input_names}",
                    f"{len(flat)} of shapes {[tuple(getattr(t, 'shape', ())) for t in flat]}",
                    "pass one array per input, in a list or a dict by name.",
                )
            )
        return [self._fit(tensor, reference) for tensor, reference in zip(flat, self._inputs)]

    def _fit(self, tensor: Any, reference: Any) -> Any:
        if tensor is None:
            layer = reference._keras_history.operation
            if getattr(layer, "optional", False):
                return None
            raise ValueError(
                explain(
                    f"Input {layer.name!r} of model {self.name!r} is missing.",
                    f"data of shape {reference.shape}, as the input is not optional",
                    "None",
                    "pass data, or make the input with Input(..., optional=True).",
                )
            )
        mask, was_ragged = getattr(tensor, "_keras_mask", None), hasattr(tensor, "_was_ragged")
        if was_ragged and not reference.ragged:
            raise ValueError(
                explain(
                    f"The rows for input {reference._keras_history.operation.name!r} of model {self.name!r} differ in "
                    "length.",
                    "one array of numbers",
                    "rows of several lengths",
                    "fill them up (lamina.utils.pad_sequences), or make the input with Input(..., ragged=True).",
                )
            )
        tensor = convert_to_tensor(tensor, reference.dtype)
        wanted = reference.shape
        if tensor.ndim == len(wanted) - 1 and wanted[-1] == 1:
            tensor = _core.ops.reshape(tensor, shape=[*tensor.dims, 1])
        elif tensor.ndim == len(wanted) + 1 and tensor.shape[-1] == 1:
            tensor = _core.ops.reshape(tensor, shape=list(tensor.dims[:-1]))
        shape = tensor.shape
        if shapes_differ(shape, wanted):
            name = reference._keras_history.operation.name
            raise ValueError(
                explain(
                    f"The data for input {name!r} of model {self.name!r} does not fit.",
                    f"shape {wanted}, the first axis being the batch",
                    f"shape {shape}",
                    "reshape the data, or make the model's `Input` for this shape.",
                )
            )
        if mask is not None and getattr(tensor, "_keras_mask", None) is None:
            tensor._keras_mask = mask
        if was_ragged:
            tensor._was_ragged = True
        return tensor

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        if args and tree.lists_to_tuples(args[0]) == tree.map_structure(lambda t: t.shape, self._inputs_structure):
            return tree.map_structure(lambda t: t.shape, self._outputs_structure)
        return super().compute_output_shape(*args, **kwargs)

    @property
    def input_shape(self) -> Any:
        return tree.map_structure(lambda t: t.shape, self._inputs_structure)

    @property
    def output_shape(self) -> Any:
        return tree.map_structure(lambda t: t.shape, self._outputs_structure)

    def _expected_input_dtype(self) -> str:
        return self._inputs[0].dtype

    def build(self, input_shape: Any) -> None:
        """Nothing is left to build."""

    def get_build_config(self) -> dict[str, Any] | None:
        return {"input_shape": None}

    # Configuration: the layers, and for each its calls inside this model.

    def get_config(self) -> dict[str, Any]:
        if type(self).__init__ is not Functional.__init__:  # a subclass with arguments of its own
            return super().get_config()
        numbers = self._node_numbers()
        layers = []
        for operation in self._operations:
            nodes = [n for n in operation._inbound_nodes if id(n) in numbers and not isinstance(operation, InputLayer)]
            record = {**serialize_keras_object(operation), "name": operation.name}
            calls = [(list(node.args), node.kwargs) for node in nodes]
            if isinstance(operation, FunctionOperation) and len(nodes) == 1:
                args, kwargs, options = operation.split_call(nodes[0])
                calls = [(args, kwargs)]
                record["config"] = {"name": operation.name, **serialize_keras_object(options)}
            layers.append({**record, "inbound_nodes": [self._node_config(*call, numbers) for call in calls]})
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "layers": layers,
            "input_layers": self._ends_config(self._inputs_structure, numbers),
            "output_layers": self._ends_config(self._outputs_structure, numbers),
        }
        if any(map(holds_size, tree.flatten([(node.args, node.kwargs) for node in self._nodes]))):
            names = self.input_names
            config["input_sizes"] = {name: list(map(size_to_config, dims)) for name, dims in zip(names, self._sizes)}
        return config

    def _node_numbers(self) -> dict[int, int]:
        """The number of each call among the calls of its operation in this model."""
        mine = {id(node) for node in self._nodes}
        mine |= {id(t._keras_history.operation._inbound_nodes[0]) for t in self._inputs}
        numbers: dict[int, int] = {}
        for operation in self._operations:
            for node in operation._inbound_nodes:
                if id(node) in mine:
                    numbers[id(node)] = sum(id(n) in numbers for n in operation._inbound_nodes)
        return numbers

    def _address(self, tensor: Any, numbers: dict[int, int]) -> list[Any]:
        tensor = self._aliases.get(id(tensor), tensor)
        operation, index, position = tensor._keras_history
        return [operation.name, numbers[id(operation._inbound_nodes[index])], position]

    def _node_config(self, args: Any, kwargs: Any, numbers: dict[int, int]) -> dict[str, Any]:
        def describe(value: Any) -> Any:
            if isinstance(value, Tensor) and value.is_symbolic:
                config = {
                    "shape": list(value.shape),
                    "dtype": value.dtype,
                    "keras_history": self._address(value, numbers),
                }
                return {"class_name": "__keras_tensor__", "config": config}
            return serialize_keras_object(value)

        return {
            "args": tree.map_structure(describe, args),
            "kwargs": tree.map_structure(describe, kwargs),
        }

    def _ends_config(self, structure: Any, numbers: dict[int, int]) -> Any:
        def describe(tensor: Any) -> _Address:
            name, node, position = self._address(tensor, numbers)
            # Keras counts the calls of a nested Functional from 1 here (its own graph counts as the first).
            operation = tensor._keras_history.operation
            return _Address((name, node + isinstance(operation, Functional), position))

        return _plain(tree.map_structure(describe, structure))

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """The model that `get_config` described. ValueError for graphs with loops or missing layers."""
        from ..saving.registration import CustomObjectScope
        from .graph_config import build_graph

        with CustomObjectScope(custom_objects):
            if "layers" not in config or "input_layers" not in config:
                return super().from_config(config)
            inputs, outputs = build_graph(config)
        extra = {key: deserialize_keras_object(config[key]) for key in ("name", "trainable") if key in config}
        return cls(inputs=inputs, outputs=outputs, **extra)


class _Address(str):
    """A leaf while structures are mapped; becomes a list in the end."""

    parts: list[Any]

    def __new__(cls, parts: tuple[str, int, int]) -> _Address:
        self = super().__new__(cls, parts[0])
        self.parts = list(parts)
        return self


def _plain(structure: Any) -> Any:
    if isinstance(structure, _Address):
        return structure.parts
    if isinstance(structure, dict):
        return {key: _plain(value) for key, value in structure.items()}
    return [_plain(value) for value in structure]


def _sort_graph(inputs: list[Any], outputs: list[Any], aliases: dict[int, Any]) -> tuple[list[Node], list[Operation]]:
    """The calls from `inputs` to `outputs` in an order to run them, and the operations in Keras' order of layers.

    Depth is the longest way to an output; deeper ones come first, and among equals those met first from the outputs.
    """
    ends = {id(t) for t in inputs} | set(aliases)
    finished: list[Node] = []
    done: set[int] = set()
    active: set[int] = set()
    indices: dict[int, int] = {}
    operations: dict[int, Operation] = {}

    def parents(node: Node) -> list[Node]:
        found = []
        for tensor in node.input_tensors:
            tensor = aliases.get(id(tensor), tensor)
            history = getattr(tensor, "_keras_history", None)
            if history is None:
                raise ValueError(_disconnected(tensor))
            found.append(history.operation._inbound_nodes[history.node_index])
        return found

    def start(tensor: Any) -> Node:
        history = aliases.get(id(tensor), tensor)._keras_history
        return history.operation._inbound_nodes[history.node_index]

    for output in outputs:
        stack: list[tuple[Node, bool]] = [(start(output), False)]
        while stack:  # without recursion: graphs may be deeper than Python's stack
            node, leaving = stack.pop()
            if leaving:
                active.discard(id(node))
                if id(node) not in done:
                    done.add(id(node))
                    finished.append(node)
                continue
            if id(node) in done or id(node) in active:
                continue
            operations.setdefault(id(node.operation), node.operation)
            indices.setdefault(id(node.operation), len(indices))
            if isinstance(node.operation, InputLayer):
                if not any(id(t) in ends for t in node.output_tensors):
                    raise ValueError(_disconnected(node.output_tensors[0]))
                done.add(id(node))
                finished.append(node)
                continue
            active.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent in reversed(parents(node)))

    depths: dict[int, int] = {}
    operation_depths: dict[int, int] = {}
    for node in reversed(finished):
        depth = max(depths.get(id(node), 0), operation_depths.get(id(node.operation), 0))
        depths[id(node)] = operation_depths[id(node.operation)] = depth
        for parent in [] if isinstance(node.operation, InputLayer) else parents(node):
            depths[id(parent)] = max(depth + 1, depths.get(id(parent), 0))
    for tensor in inputs:  # inputs that no output needs
        operation = tensor._keras_history.operation
        if id(operation) not in operations:
            operations[id(operation)] = operation
            operation_depths[id(operation)] = 0
            indices[id(operation)] = -1

    ordered = sorted(operations.values(), key=lambda op: (-operation_depths[id(op)], indices[id(op)]))
    nodes = [node for node in finished if not isinstance(node.operation, InputLayer)]
    return nodes, ordered


def _disconnected(tensor: Any) -> str:
    return explain(
        "The outputs of a model depend on something that is not among its inputs.",
        "outputs computed from the given inputs alone",
        f"{tensor!r} on the way",
        "add this tensor to `inputs`, or compute the outputs from the given inputs.",
    )
