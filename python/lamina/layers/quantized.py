"""Weights in 8 bits: whole numbers and scales in the place of floats, and inputs rounded likewise."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from .. import _core, dtype_policies, ops
from ..checks import explain
from ..utils.naming import current_path, name_scope
from ..variables import Variable
from .lora import LoraLayer
from .support import to_float

_ZERO = 128  # of the codes: the engine has bytes without a sign


class QuantizedWeight(Variable):
    """A view of codes and scales that reads as the floats they stand for. Layers compute with it as with any weight.

    `axes` are those along which a scale is shared.
    """

    def __init__(self, codes: Variable, scale: Variable, axes: tuple[int, ...]) -> None:
        self.__dict__.update(codes.__dict__)  # its name and shape
        self._parts = (codes, scale, axes)

    @property
    def _stored(self) -> Any:
        codes, scale, axes = self._parts
        return (ops.cast(codes._stored, scale.dtype) - float(_ZERO)) / ops.expand_dims(scale._stored, axes)

    def assign(self, value: Any) -> Any:
        """Not offered: a ValueError that says what to do instead."""
        raise ValueError(
            explain(
                f"The weight {self.name!r} is quantized.",
                "new values before `quantize`",
                "an assignment afterwards",
                "assign to a layer that is not quantized, and quantize it then.",
            )
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> QuantizedWeight:
        return QuantizedWeight(*copy.deepcopy(self._parts, memo))


class QuantizableLayer(LoraLayer):
    """A layer whose weight of the name `lora_weight` can be quantized, by `quantize` or by a dtype policy.

    Subclasses tell along which axes the weight, and the inputs, share scales: those that are summed over.
    """

    _inputs_quantizer: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "call" in cls.__dict__:
            cls.call = _on_rounded_inputs(cls.__dict__["call"])  # type: ignore[method-assign]

    def __init__(self, *args: Any, quantization_config: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.quantization_config = quantization_config
        if quantization_config is not None:
            from ..quantizers import QuantizationConfig

            if not isinstance(quantization_config, QuantizationConfig):
                raise ValueError(
                    explain(
                        f"{type(self).__name__}: `quantization_config` is no configuration.",
                        "None, or lamina.quantizers.Int8QuantizationConfig(...)",
                        f"quantization_config={quantization_config!r}",
                        "pass one of these, and call quantize('int8') when the layer is built.",
                    )
                )

    def _weight_axes(self) -> tuple[int, ...]:
        raise NotImplementedError

    def _input_axes(self) -> tuple[int, ...] | None:
        """None: the inputs are no numbers to be rounded."""
        return None

    def _after_build(self) -> None:
        if self.quantization_mode is not None and not self._is_quantized:
            self.quantize(self.quantization_mode, type_check=False)
        super()._after_build()

    @property
    def _is_quantized(self) -> bool:
        return isinstance(self.__dict__.get(self.lora_weight), QuantizedWeight)

    def quantize(self, mode: str | None = None, type_check: bool = True, config: Any = None) -> None:
        """From now on the weight is whole numbers of 8 bits and scales, which training leaves as they are.

        `mode` is 'int8'; `config`, or the layer's `quantization_config`, may tell the quantizers. Inputs are rounded
        the same way in each call. A compiled model has to be compiled again. ValueError before the layer is built, the
        second time, and with LoRA; NotImplementedError for subclasses, unless `type_check` is False.

        >>> import lamina
        >>> layer = lamina.layers.Dense(4)
        >>> layer.build((None, 3))
        >>> layer.quantize("int8")
        >>> [(weight.name, weight.dtype, weight.shape) for weight in layer.weights]
        [('bias', 'float32', (4,)), ('kernel', 'uint8', (3, 4)), ('kernel_scale', 'float32', (4,))]
        """
        from ..quantizers import AbsMaxQuantizer, resolve

        if type_check and "_weight_axes" not in type(self).__dict__:
            super().quantize(mode, type_check, config)
        given = config if config is not None else self.quantization_config
        chosen = resolve(mode, given)
        self._check_quantizable()
        name, axes = self.lora_weight, self._weight_axes()
        weight: Variable = getattr(self, name)
        quantizer = chosen.weight_quantizer or AbsMaxQuantizer()
        values, scales = quantizer(weight.value, axis=axes if quantizer.axis is None else None)
        self._own_variables[:] = [v for v in self._own_variables if v is not weight]
        self._tracked.pop(name, None)
        scope = nullcontext() if current_path() == self._path else name_scope(str(self._path))
        with scope, self._taking_weights():
            codes = self.add_weight(weight.shape, "zeros", "uint8", trainable=False, name=name)
            scale = self.add_weight(
                [n for i, n in enumerate(scales.shape) if i not in axes], "ones", trainable=False, name=f"{name}_scale"
            )
        codes.assign(ops.cast(values + _ZERO, "uint8"))
        scale.assign(ops.squeeze(scales, axes))
        # Not by setattr: the view is no weight of the layer.
        self.__dict__[name] = QuantizedWeight(codes, scale, axes)
        self._inputs_quantizer = None if self._input_axes() is None else chosen.activation_quantizer
        self.quantization_config = given
        if self.quantization_mode is None:
            self.dtype_policy = dtype_policies.QuantizedDTypePolicy(chosen.mode, self.dtype_policy.name)

    # In files, as Keras writes them: the whole numbers with a sign, then the other weights, then the scales.

    def _variables_in_files(self) -> list[Variable]:
        own = super()._variables_in_files()
        if not self._is_quantized:
            return own
        codes, scale, _ = self.__dict__[self.lora_weight]._parts
        return [codes, *(v for v in own if v is not codes and v is not scale), scale]

    def _scale_in_files(self, scale: np.ndarray) -> np.ndarray:
        """The scales in the shape they have in files."""
        return scale

    def _scale_from_files(self, scale: np.ndarray) -> np.ndarray:
        """The reverse."""
        return scale

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        if self._is_quantized:
            last = str(len(self._variables_in_files()) - 1)
            store["0"] = (store["0"].astype("int16") - _ZERO).astype("int8")
            store[last] = self._scale_in_files(store[last])

    def load_own_variables(self, store: Any) -> None:
        if self._is_quantized and "0" in store and store["0"].dtype == "int8":
            arrays = {key: store[key] for key in store}
            last = str(len(arrays) - 1)
            arrays["0"] = (arrays["0"].astype("int16") + _ZERO).astype("uint8")
            arrays[last] = self._scale_from_files(arrays[last])
            store = arrays
        super().load_own_variables(store)

    def _check_quantizable(self) -> None:
        def wrong(what: str, expected: str, received: str, fix: str) -> ValueError:
            return ValueError(explain(f"{type(self).__name__} {self.name!r}: {what}", expected, received, fix))

        if self._is_quantized:
            raise wrong("the layer is quantized already.", "one call of `quantize`", "a second one", "leave it out.")
        if self.lora_enabled:
            raise wrong(
                "a weight that is adapted cannot be quantized.", "a layer without LoRA", "LoRA", "leave it out."
            )
        if self.compute_dtype == "float16":
            raise wrong(
                "the range of float16 is too small.",
                "a dtype policy of float32, bfloat16 or float64",
                f"dtype={self.dtype_policy.name!r}",
                "make the layer with dtype='mixed_bfloat16'.",
            )
        self._needs_weights("be quantized")

    def _check_adaptable(self) -> None:
        super()._check_adaptable()
        if self._is_quantized:
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r}: a quantized weight cannot be adapted.",
                    "`enable_lora` of a layer that is not quantized",
                    "a quantized one",
                    "leave one of the two out.",
                )
            )

    def get_config(self) -> dict[str, Any]:
        from ..saving.serialization import serialize_keras_object

        config = super().get_config()
        config.pop("quantization_config", None)
        if self.quantization_config is not None:
            config["quantization_config"] = serialize_keras_object(self.quantization_config)
        return config


def _on_rounded_inputs(call: Callable[..., Any]) -> Callable[..., Any]:
    """`call`, for inputs that stand for whole numbers where the layer has a quantizer for them."""

    @functools.wraps(call)
    def run(self: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if self._inputs_quantizer is not None:
            inputs = _rounded(self._inputs_quantizer, to_float(self, inputs), self._input_axes())
        return call(self, inputs, *args, **kwargs)

    return run


def _rounded(quantizer: Any, x: Any, axes: Any) -> Any:
    """What the quantizer makes of x, as floats. Its gradient is that of x."""
    codes, scale = quantizer(x, axis=axes)
    return x + _core.ops.stop_gradient(ops.cast(codes, x.dtype) / scale - x)
