"""Dense, Activation, Lambda, Identity, Masking."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core, activations, ops
from ..checks import explain, integer
from .input_spec import InputSpec
from .layer import Layer
from .quantized import QuantizableLayer
from .support import size_of_axis, to_float
from .weights import add_weight, weight_arguments


class Dense(QuantizableLayer):
    """`activation(inputs @ kernel + bias)`: contracts the last axis of the input.

    Input (batch, ..., features), output (batch, ..., units). `lora_rank` trains a low-rank change of the kernel (see
    `enable_lora`), `quantization_config` tells how `quantize` rounds it. ValueError for `units` below 1, or an input of
    rank 1.

    >>> import numpy as np, lamina
    >>> lamina.layers.Dense(4, activation="relu")(np.ones((2, 3), "float32")).shape
    (2, 4)
    """

    _config_omit_defaults = ("activity_regularizer", "quantization_config")

    @weight_arguments(kernel="glorot_uniform", bias="zeros", activity_regularizer=True)
    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        *,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config, **kwargs)
        self.units = integer("Dense", "units", units)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        features = size_of_axis(self, input_shape, -1, "number of features")
        self.kernel = add_weight(self, "kernel", (features, self.units))
        if self.use_bias:
            self.bias = add_weight(self, "bias", (self.units,))
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})

    def _weight_axes(self) -> tuple[int, ...]:
        return (0,)

    def _input_axes(self) -> tuple[int, ...]:
        return (-1,)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        bias = () if self.bias is None else (self.bias.value,)
        return self.activation(_core.ops.linear(to_float(self, inputs), self.kernel.value, *bias))


class Activation(Layer):
    """An activation function as a layer: its name, a function, or a layer that acts as one.

    >>> import numpy as np, lamina
    >>> lamina.layers.Activation("relu")(np.array([[-1.0, 2.0]], "float32")).numpy().tolist()
    [[0.0, 2.0]]
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)


class Identity(Layer):
    """The input itself.

    >>> import numpy as np, lamina
    >>> lamina.layers.Identity()(np.ones((1, 2), "float32")).shape
    (1, 2)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs


class Lambda(Layer):
    """A function of tensors, written with `lamina.ops` or operators, as a layer.

    `arguments` are passed to the function by name, as are `mask` and `training` if it takes them. `mask` is the
    output's mask: a tensor, or a function of (inputs, mask). The output's shape is found by running the function;
    `output_shape` is accepted as in Keras. To load a saved model the function needs a name (see `lamina.saving`).

    >>> import numpy as np, lamina
    >>> lamina.layers.Lambda(lambda x: x ** 2)(np.array([[3.0]], "float32")).numpy().tolist()
    [[9.0]]
    """

    _config_omit_defaults = ("output_shape", "mask")

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(
                explain(
                    "Lambda: `function` cannot be called.",
                    "a function of a tensor",
                    f"function={function!r}",
                    "pass a function, such as `lambda x: x ** 2`.",
                )
            )
        self.function = function
        self.mask = mask
        named = {} if arguments is None else arguments
        if not isinstance(named, dict) or not all(isinstance(name, str) for name in named):
            raise TypeError(
                explain(
                    "Lambda: `arguments` does not name arguments.",
                    "a dict of names and values",
                    f"arguments={arguments!r}",
                    "pass e.g. arguments={'factor': 2.0}.",
                )
            )
        self.arguments = dict(named)
        self.supports_masking = mask is not None
        self._given_output_shape = output_shape
        try:
            names = set(inspect.signature(function).parameters)
        except (TypeError, ValueError):  # some built-in functions have no signature
            names = set()
        self._passed = [name for name in ("mask", "training") if name in names and name not in self.arguments]

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        context = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{name: context[name] for name in self._passed})

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        from ..saving.serialization import serialize_value

        config = super().get_config()
        config.pop("output_shape", None)
        if self._given_output_shape is not None:
            config["output_shape"] = serialize_value(self._given_output_shape)
        return config


class Masking(Layer):
    """Masks the steps whose features all equal `mask_value`, and sets them to 0.

    Input and output (batch, steps, features).

    >>> import numpy as np, lamina
    >>> lamina.layers.Masking()(np.array([[[0.0], [2.0]]], "float32"))._keras_mask.numpy().tolist()
    [[False, True]]
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(mask_value, bool) or not isinstance(mask_value, (int, float, np.number)):
            raise TypeError(
                explain(
                    "Masking: `mask_value` is not a number.",
                    "the number that masked steps are filled with",
                    f"mask_value={mask_value!r}",
                    "pass e.g. mask_value=0.0.",
                )
            )
        self.mask_value = mask_value
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        mask = self.compute_mask(inputs)
        outputs = ops.where(ops.expand_dims(mask, -1), inputs, 0)
        outputs._keras_mask = mask
        return outputs
