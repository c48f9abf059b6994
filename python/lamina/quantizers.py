"""Numbers in 8 bits: whole numbers, and the scales that they were multiplied by.

>>> import lamina
>>> codes, scale = lamina.quantizers.AbsMaxQuantizer()([[0.25, -1.0]])
>>> codes.numpy().tolist(), scale.numpy().round(3).tolist()
([[32, -127]], [[127.0]])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import ops
from .checks import explain, is_integer
from .namespaces import Namespace
from .ops.convert import to_float
from .saving.configurable import Configurable


class Quantizer(Configurable):
    """The base of quantizers: called on a tensor, and axes, they give whole numbers and scales."""

    def __init__(self, output_dtype: str = "int8") -> None:
        self.output_dtype = output_dtype

    def __call__(self, x: Any) -> Any:
        return x


def abs_max_quantize(
    inputs: Any,
    axis: Any,
    value_range: Sequence[int] = (-127, 127),
    dtype: str = "int8",
    epsilon: float = 1e-7,
    to_numpy: bool = False,
) -> tuple[Any, Any]:
    """The inputs times a scale that brings the largest of each slice along `axis` to the end of the range, rounded.

    Both come as tensors: the numbers as int32, since the engine has no int8, and the scales with size 1 on the axes.

    >>> import lamina
    >>> codes, scale = lamina.quantizers.abs_max_quantize([[1.0, 3.0], [0.0, -4.0]], axis=0)
    >>> codes.numpy().tolist()
    [[127, 95], [0, -127]]
    """
    x = to_float(ops.convert_to_tensor(inputs))
    low, high = value_range
    scale = high / (ops.max(ops.absolute(x), axis=axis, keepdims=True) + epsilon)
    return ops.cast(ops.clip(ops.round(x * scale), low, high), "int32"), scale


class AbsMaxQuantizer(Quantizer):
    """`abs_max_quantize` as an object; the scale is shared along `axis`, the last one unless told otherwise.

    ValueError for a `value_range` beyond -128 and 127.
    """

    _config_omit_defaults = ("axis",)

    def __init__(
        self,
        axis: Any = None,
        value_range: Sequence[int] = (-127, 127),
        epsilon: float = 1e-7,
        output_dtype: str = "int8",
    ) -> None:
        super().__init__(output_dtype)
        self.axis = (axis,) if is_integer(axis) else None if axis is None else tuple(axis)
        self.value_range = tuple(value_range)
        self.epsilon = epsilon
        if len(self.value_range) != 2 or not -128 <= self.value_range[0] < 0 < self.value_range[1] <= 127:
            raise ValueError(
                explain(
                    "AbsMaxQuantizer: `value_range` cannot be used.",
                    "two whole numbers around 0, from -128 to 127",
                    f"value_range={value_range!r}",
                    "pass (-127, 127).",
                )
            )

    def __call__(self, x: Any, axis: Any = None, to_numpy: bool = False) -> tuple[Any, Any]:
        axis = self.axis if axis is None else axis
        return abs_max_quantize(x, -1 if axis is None else axis, self.value_range, self.output_dtype, self.epsilon)


class QuantizationConfig(Configurable):
    """The base of what `quantize` may be told: how weights, and how the inputs of a layer are quantized."""

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = None) -> None:
        for name, quantizer in (("weight_quantizer", weight_quantizer), ("activation_quantizer", activation_quantizer)):
            if quantizer is not None and not callable(quantizer):
                raise ValueError(
                    explain(
                        f"{type(self).__name__}: `{name}` is no quantizer.",
                        "a Quantizer, or None",
                        f"{name}={quantizer!r}",
                        "pass lamina.quantizers.AbsMaxQuantizer().",
                    )
                )
        self.weight_quantizer = weight_quantizer
        self.activation_quantizer = activation_quantizer

    @property
    def mode(self) -> str:
        """The name of the mode."""
        raise NotImplementedError(
            explain(
                "A QuantizationConfig has no mode.",
                "one of its subclasses",
                f"{type(self).__name__}",
                "use lamina.quantizers.Int8QuantizationConfig().",
            )
        )


class Int8QuantizationConfig(QuantizationConfig):
    """Weights as whole numbers of 8 bits; so are the inputs of each call, unless `activation_quantizer` is None."""

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = "default") -> None:
        is_default = isinstance(activation_quantizer, str) and activation_quantizer == "default"
        super().__init__(weight_quantizer, AbsMaxQuantizer() if is_default else activation_quantizer)

    @property
    def mode(self) -> str:
        """'int8'."""
        return "int8"


def resolve(mode: str | None, config: Any) -> QuantizationConfig:
    """The configuration that `quantize` was asked for. ValueError for modes that are not available."""
    if config is None and mode == "int8":
        return Int8QuantizationConfig()
    if not isinstance(config, QuantizationConfig) or mode not in (None, config.mode):
        raise ValueError(
            explain(
                "This quantization is not available.",
                "mode='int8', or config=lamina.quantizers.Int8QuantizationConfig(...)",
                f"mode={mode!r}, config={config!r}",
                "call quantize('int8').",
            )
        )
    return config


NAMESPACE = Namespace(
    "quantizer",
    {
        "AbsMaxQuantizer": AbsMaxQuantizer,
        "abs_max_quantizer": AbsMaxQuantizer,
        "Int8QuantizationConfig": Int8QuantizationConfig,
    },
)
get, serialize, deserialize = NAMESPACE.functions("initializer")
