"""Layers one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import dtype_policies
from ...checks import explain
from ...saving.serialization import deserialize_keras_object, serialize_keras_object
from ..calls import call_signature
from ..layer import Layer


class Pipeline(Layer):
    """Applies `layers` one after the other, as one layer: of a model, or in `Dataset.map`.

    It is called on what its first layer is called on: numbers, texts, dicts of images and labels, lists of features.
    Random layers do their work unless it is called with `training=False`. TypeError for what is no list of layers.

    >>> import lamina
    >>> scale = lamina.layers.Pipeline([lamina.layers.Rescaling(2.0), lamina.layers.Rescaling(1.0, offset=-1.0)])
    >>> scale(lamina.ops.ones((1, 2))).numpy().tolist()
    [[1.0, 1.0]]
    """

    def __init__(self, layers: Sequence[Any], name: str | None = None, **kwargs: Any) -> None:
        super().__init__(**{"autocast": False, "name": name, **kwargs})  # the layers cast what they are called on
        if not isinstance(layers, (list, tuple)) or not all(isinstance(layer, Layer) for layer in layers):
            raise TypeError(
                explain(
                    "Pipeline: `layers` is no list of layers.",
                    "a list of layers, made already",
                    f"layers={layers!r}",
                    "pass e.g. [lamina.layers.Rescaling(1 / 255)].",
                )
            )
        self._pipeline_layers = list(layers)

    @property
    def layers(self) -> list[Any]:
        """The layers, in order."""
        return list(self._pipeline_layers)

    def _standardize(self, value: Any, positional: bool = False) -> Any:
        """As it is: what a layer takes (texts, scalars, lists of features, dicts with names), the first layer knows."""
        return value if self._pipeline_layers else super()._standardize(value, positional)

    def call(self, inputs: Any, training: bool | None = True, mask: Any = None) -> Any:
        for layer in self._pipeline_layers:
            options = {"mask": mask, "training": training}
            signature = call_signature(layer.call)
            taken = {name: value for name, value in options.items() if name in signature.names and value is not None}
            inputs, mask = layer(inputs, **taken), None  # from here on tensors carry their masks
        return inputs

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """None: the layers have set the mask."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Keras knows two arguments only, so others are there when they say something."""
        layers = [serialize_keras_object(layer) for layer in self._pipeline_layers]
        config = {"layers": layers, "name": self.name} | ({} if self.trainable else {"trainable": False})
        if self.dtype_policy != dtype_policies.get(None):
            config["dtype"] = serialize_keras_object(self.dtype_policy)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Pipeline:
        layers = config.get("layers")
        if not isinstance(layers, (list, tuple)):
            raise ValueError(
                explain(
                    "Pipeline: the configuration has no layers.",
                    "a list of configurations of layers under 'layers'",
                    f"layers={layers!r}",
                    "use what `get_config()` of a Pipeline gave.",
                )
            )
        return cls(**{**config, "layers": [deserialize_keras_object(layer) for layer in layers]})
