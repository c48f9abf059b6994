"""Models that are a plain stack of layers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from .. import _core
from ..checks import explain
from ..layers.input import InputLayer
from ..layers.layer import Layer
from ..layers.shapes import to_shape
from ..ops.operation import outside_trace
from ..saving.serialization import deserialize_keras_object, serialize_keras_object
from ..utils.naming import current_path, name_scope
from .functional import Functional
from .model import Model


class Sequential(Model):
    """A stack of layers with one input and one output each. Built at once after an `Input`, else at the first call.

    ValueError for things that are no layers and for two layers of one name.

    >>> import lamina
    >>> model = lamina.Sequential([lamina.Input((4,)), lamina.layers.Dense(2)])
    >>> model.output_shape
    (None, 2)
    """

    def __init__(
        self, layers: Sequence[Any] | Any | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        Layer.__init__(self, trainable=trainable, name=name)
        self._stack: list[Layer] = []
        self._graph: Functional | None = None
        self._end: Any = None  # the symbolic output so far, once there is an input
        for layer in [layers] if isinstance(layers, (Layer, _core.Tensor)) else layers or []:
            self.add(layer)

    _untracked = Layer._untracked | {"_graph", "_end"}

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Puts a layer (or an `Input`) at the end. ValueError for other things."""
        history = getattr(layer, "_keras_history", None)
        if history is not None and isinstance(history.operation, InputLayer):
            layer = history.operation
        if not isinstance(layer, Layer):
            raise ValueError(
                explain(
                    f"Something that is no layer was added to {self.name!r}.",
                    "a layer, a model or an `Input`",
                    f"{layer!r} of type {type(layer).__name__}",
                    "wrap functions as lamina.layers.Lambda(function).",
                )
            )
        if any(layer.name == other.name and layer is not other for other in self._stack):
            raise ValueError(
                explain(
                    f"Two layers of {self.name!r} have one name.",
                    "a different name for each layer",
                    f"a second {layer.name!r}",
                    "pass name=... to one of them.",
                )
            )
        if isinstance(layer, InputLayer):
            if self._stack:
                raise ValueError(
                    explain(
                        f"An `Input` was added to {self.name!r} behind other layers.",
                        "an `Input` as the first layer",
                        f"{len(self._stack)} layers before it",
                        "put the `Input` first.",
                    )
                )
            self._stack.append(layer)
            self._end = layer._inbound_nodes[0].outputs
            return
        if not self._stack:
            shape = layer._input_shape_argument
            if shape is not None:
                dtype = layer._input_dtype_argument or layer._expected_input_dtype()
                self.add(InputLayer(batch_shape=shape, dtype=dtype, name=f"{layer.name}_input"))
            elif isinstance(layer, (Functional, Sequential)) and layer.built and len(layer.inputs) == 1:
                first = layer.inputs[0]
                self.add(InputLayer(batch_shape=first.shape, dtype=first.dtype))
        if self._end is not None:
            self._end = self._append(layer, self._end)
        self._stack.append(layer)
        self._graph = None
        self.built = self._end is not None
        self._changed()

    def _append(self, layer: Layer, x: Any) -> Any:
        inside = current_path().split("/")[-1] == self.name
        with nullcontext() if inside else name_scope(self.name):
            y = layer(x)
        if not isinstance(y, _core.Tensor):
            raise ValueError(
                explain(
                    f"Layer {layer.name!r} does not give one tensor, so nothing can follow it in {self.name!r}.",
                    "a layer with one output",
                    f"{type(y).__name__} of {len(y)}",
                    "use the functional form: lamina.Model(inputs, outputs).",
                )
            )
        return y

    def pop(self, rebuild: bool = True) -> Layer | None:
        """Takes the last layer off and returns it."""
        if not self.layers:
            return None
        layer = self._stack.pop()
        self._graph = None
        self._changed()
        if self._stack and isinstance(self._stack[0], InputLayer):
            x = self._stack[0]._inbound_nodes[0].outputs
            for other in self._stack[1:]:
                x = self._append(other, x)
            self._end = x
        self.built = self._end is not None and bool(self.layers)
        return layer

    @property
    def layers(self) -> list[Layer]:
        """The layers without the input."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    @property
    def _functional(self) -> Functional:
        if self._graph is None:
            if self._end is None:
                raise ValueError(
                    explain(
                        f"Sequential model {self.name!r} does not know its input yet.",
                        "an `Input` as the first layer, or a call on data",
                        f"{len(self._stack)} layers without an input shape",
                        "start it with lamina.Input(shape), or call build((None, ...)).",
                    )
                )
            start = self._stack[0]._inbound_nodes[0].outputs
            self._graph = Functional(start, self._end, name=self.name)
        return self._graph

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights for inputs of this shape (the batch first)."""
        if self._end is None and input_shape is not None:
            self._start(tuple(input_shape), None)

    def _start(self, shape: tuple[Any, ...], dtype: str | None) -> None:
        if not self._stack:
            raise ValueError(
                explain(
                    f"Sequential model {self.name!r} has no layers.",
                    "one layer or more",
                    "none",
                    "use add(layer) first.",
                )
            )
        first = self._stack[0]
        dtype = dtype or first._input_dtype_argument or first._expected_input_dtype()
        shape = (self._fixed_batch(shape[0]), *shape[1:])

        def construct() -> None:
            source = InputLayer(batch_shape=shape, dtype=dtype)
            x = source._inbound_nodes[0].outputs
            for layer in self._stack:
                x = self._append(layer, x)
            self._stack.insert(0, source)
            self._end = x

        outside_trace(construct)
        self._build_shapes = {"input_shape": shape}
        self.built = True

    def _build_for(self, arguments: dict[str, Any]) -> None:
        x = arguments.get("inputs")
        if not isinstance(x, _core.Tensor):
            raise ValueError(
                explain(
                    f"Sequential model {self.name!r} takes one input.",
                    "one array or tensor",
                    f"{type(x).__name__}",
                    "use the functional form for several inputs.",
                )
            )
        if self._end is None:
            self._start(x.shape, None if x.dtype in ("float32", "float64") else x.dtype)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        return self._functional.call(inputs, training=training, mask=mask)

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._end is None:
            shape = input_shape
            for layer in self._stack:
                shape = layer.compute_output_shape(shape)
            return shape
        return self._functional.compute_output_shape(input_shape)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return None  # the layers inside have set the masks of the outputs

    supports_masking = True

    @property
    def inputs(self) -> list[Any]:
        return self._functional.inputs

    @property
    def outputs(self) -> list[Any]:
        return self._functional.outputs

    @property
    def input(self) -> Any:
        return self._functional.input

    @property
    def output(self) -> Any:
        return self._functional.output

    @property
    def input_shape(self) -> Any:
        return self._functional.input_shape

    @property
    def output_shape(self) -> Any:
        return self._functional.output_shape

    @property
    def input_names(self) -> list[str]:
        return self._functional.input_names

    @property
    def output_names(self) -> list[str]:
        return self._functional.output_names

    def get_build_config(self) -> dict[str, Any] | None:
        return {"input_shape": list(self.inputs[0].shape)} if self._end is not None else None

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize_keras_object(self.dtype_policy),
            "layers": [serialize_keras_object(layer) for layer in self._stack],
        }
        if self._end is not None:
            config["build_input_shape"] = list(self.inputs[0].shape)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        from ..saving.registration import CustomObjectScope

        with CustomObjectScope(custom_objects):
            records = config["layers"]
            model = cls(name=config.get("name"))
            found: dict[str, Layer] = {}  # a layer may stand in several places
            for record in records:
                inner = record.get("config") if isinstance(record, dict) else None
                name = inner.get("name") if isinstance(inner, dict) else None
                layer = found.get(str(name)) or deserialize_keras_object(record)
                model.add(layer)
                found[layer.name] = layer
        shape = config.get("build_input_shape")
        if model._end is None and shape and model._stack:
            model.build(to_shape(shape))
        if config.get("trainable") is False:
            model.trainable = False
        return model
