"""Bidirectional: a recurrent layer forwards and one backwards in time."""

from __future__ import annotations

from typing import Any

from ... import ops, tree
from ...checks import choice, explain
from ...saving.registration import CustomObjectScope
from ..calls import call_signature
from ..layer import Layer

_MERGES = {
    "concat": lambda a, b: ops.concatenate([a, b], axis=-1),
    "sum": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "ave": lambda a, b: (a + b) / 2.0,
    None: lambda a, b: (a, b),
}
_NEEDED = ("go_backwards", "return_sequences", "return_state", "stateful")


class Bidirectional(Layer):
    """A recurrent layer and its copy that runs backwards: input (batch, steps, ...), output as that of the layer.

    `merge_mode`: 'concat' puts the two outputs side by side along the last axis; 'sum', 'mul', 'ave' give one of the
    same size; None gives a pair. `backward_layer` replaces the copy; it has to run the other way. With `return_state`
    the states follow, first those of the forward layer; `initial_state` takes them in this order. `weights` are set
    when the layer is built. Masked steps give 0 with `return_sequences`. ValueError for layers that are not recurrent
    or do not go together.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.Bidirectional(lamina.layers.LSTM(4, return_sequences=True))
    >>> layer(np.ones((2, 5, 3), "float32")).shape
    (2, 5, 8)
    """

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, given in (("layer", layer), ("backward_layer", layer if backward_layer is None else backward_layer)):
            if not isinstance(given, Layer) or any(not hasattr(given, attribute) for attribute in _NEEDED):
                raise ValueError(
                    explain(
                        f"Bidirectional: `{name}` is not a recurrent layer.",
                        f"a layer with {', '.join(_NEEDED)}, such as LSTM(4)",
                        f"{name}={given!r}",
                        "pass an RNN, LSTM, GRU, SimpleRNN or ConvLSTM layer.",
                    )
                )
        self.merge_mode = choice("Bidirectional", "merge_mode", merge_mode, tuple(_MERGES))
        self.forward_layer = _renamed(layer, "forward")
        self.backward_layer = backward_layer or _renamed(layer, "backward", go_backwards=not layer.go_backwards)
        self._check_directions()
        for each in (self.forward_layer, self.backward_layer):
            if hasattr(each, "zero_output_for_mask"):
                each.zero_output_for_mask = each.return_sequences
        self._first_weights = weights
        self.stateful = layer.stateful
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.supports_masking = True
        self.input_spec = layer.input_spec

    @property
    def layer(self) -> Any:
        """The forward layer."""
        return self.forward_layer

    def _check_directions(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        for name in _NEEDED:
            values = getattr(forward, name), getattr(backward, name)
            if (values[0] == values[1]) == (name == "go_backwards"):
                wanted = "one that differs" if name == "go_backwards" else "the same"
                raise ValueError(
                    explain(
                        "Bidirectional: the two layers do not go together.",
                        f"{wanted} in `{name}`",
                        f"{values[0]} of the forward layer, {values[1]} of the backward layer",
                        f"change `{name}` of the backward layer.",
                    )
                )

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        layers = (self.forward_layer, self.backward_layer)
        for layer in layers:
            if not layer.built:
                layer.build(sequences_shape)
        if self._first_weights is not None:
            half = len(self._first_weights) // 2
            for layer, values in zip(layers, (self._first_weights[:half], self._first_weights[half:])):
                layer.set_weights(values)

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = None) -> Any:
        states: list[Any] = [None, None]
        if initial_state is not None:
            half = len(initial_state) // 2
            states = [initial_state[:half], initial_state[half:]]
        y, *last = self._run(self.forward_layer, sequences, states[0], mask, training)
        y_back, *last_back = self._run(self.backward_layer, sequences, states[1], mask, training)
        if self.return_sequences:
            y_back = ops.flip(y_back, axis=1)
        output = _MERGES[self.merge_mode](y, y_back)
        if not self.return_state:
            return output
        return (*(output if self.merge_mode is None else (output,)), *last, *last_back)

    def _run(self, layer: Any, sequences: Any, states: Any, mask: Any, training: bool | None) -> tuple[Any, ...]:
        signature = call_signature(layer.call)
        options: dict[str, Any] = {} if states is None else {"initial_state": states}
        if signature.has_training:
            options["training"] = training
        if signature.has_mask:
            options["mask"] = mask
        results = layer(sequences, **options)
        output, *last = results if self.return_state else (results,)
        return (ops.cast(output, self.compute_dtype), *last)

    def compute_mask(self, sequences: Any, previous_mask: Any = None) -> Any:
        found = [m for m in tree.flatten(previous_mask) if m is not None]
        mask = found[0] if found and self.return_sequences else None
        return [mask, mask] if self.merge_mode is None else [mask]

    @property
    def states(self) -> Any:
        """The kept states of both layers, or None."""
        kept = self.forward_layer.states, self.backward_layer.states
        return None if None in kept else (*kept[0], *kept[1])

    def reset_state(self) -> None:
        """Sets the kept states of both layers, if there are any, to 0."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self) -> None:
        """`reset_state` by its name in Keras 2."""
        self.reset_state()


def _renamed(layer: Any, direction: str, **changes: Any) -> Any:
    """A new layer like `layer`, without its weights, named after its direction."""
    parts = [*layer._flatten_layers(), getattr(layer, "cell", None)]
    config = {**layer.get_config(), **changes, "name": f"{direction}_{layer.name.removeprefix(f'{direction}_')}"}
    with CustomObjectScope({type(part).__name__: type(part) for part in parts}):  # classes need not be registered
        return type(layer).from_config(config)
