"""The dtypes of a layer: one for what it computes, one for its weights.

>>> import lamina
>>> policy = lamina.dtype_policies.DTypePolicy("mixed_bfloat16")
>>> policy.compute_dtype, policy.variable_dtype
('bfloat16', 'float32')
"""

from __future__ import annotations

from typing import Any

from . import config
from .checks import explain
from .saving.configurable import Configurable
from .saving.serialization import serialize_keras_object


class DTypePolicy(Configurable):
    """A dtype's name for both, or 'mixed_float16' or 'mixed_bfloat16': computed in 16 bits, kept in float32.

    None means the default dtype. ValueError for unsupported dtypes.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name if name in ("mixed_float16", "mixed_bfloat16") else config.standardize_dtype(name)

    @property
    def compute_dtype(self) -> str:
        """The dtype of inputs and outputs."""
        return self.name.removeprefix("mixed_")

    @property
    def variable_dtype(self) -> str:
        """The dtype of weights."""
        return "float32" if self.name.startswith("mixed_") else self.name

    @property
    def quantization_mode(self) -> str | None:
        """None: weights are not quantized."""
        return None

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """x as a tensor, floats in `dtype` if `autocast`."""
        from .ops.convert import convert_to_tensor, is_float

        x = convert_to_tensor(x)
        return convert_to_tensor(x, dtype) if autocast and is_float(x.dtype) else x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"<DTypePolicy {self.name!r}>"


FloatDTypePolicy = Policy = DTypePolicy


class QuantizedDTypePolicy(DTypePolicy):
    """Computes as the policy `source_name` says, with weights that are quantized; `mode` is 'int8'.

    >>> import lamina
    >>> lamina.dtype_policies.QuantizedDTypePolicy("int8", "mixed_bfloat16").name
    'int8_from_mixed_bfloat16'
    """

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        from .checks import choice

        self.mode = choice("QuantizedDTypePolicy", "mode", mode, ("int8",))
        self._source = DTypePolicy(dtype_policy().name if source_name is None else source_name)
        self.source_name = self._source.name
        self.name = f"{self.mode}_from_{self.source_name}"

    @property
    def compute_dtype(self) -> str:
        """The dtype of inputs and outputs."""
        return self._source.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of weights that are not quantized."""
        return self._source.variable_dtype

    @property
    def quantization_mode(self) -> str:
        """'int8'."""
        return self.mode


_global: DTypePolicy | None = None


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none: that of `set_dtype_policy`, else the default dtype."""
    return DTypePolicy() if _global is None else _global


def set_dtype_policy(policy: Any) -> None:
    """Sets the policy of layers that are given none; None goes back to the default dtype.

    >>> import lamina
    >>> lamina.config.set_dtype_policy("mixed_bfloat16")
    >>> lamina.layers.Dense(2)([[1.0, 2.0]]).dtype
    'bfloat16'
    >>> lamina.config.set_dtype_policy(None)
    """
    global _global
    _global = None if policy is None else get(policy)


def get(identifier: Any) -> DTypePolicy:
    """The policy for a policy, its configuration, a dtype or None (the policy of the process)."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str) and identifier.startswith("int8_from_"):
        return QuantizedDTypePolicy(*identifier.split("_from_"))
    return DTypePolicy(identifier)


def serialize(dtype_policy: DTypePolicy) -> Any:
    """The configuration that `deserialize` reads."""
    return serialize_keras_object(dtype_policy)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> DTypePolicy:
    """The policy of a configuration. ValueError for other policies than of dtypes and of 8 bits."""
    kind = config.get("class_name", "DTypePolicy")
    if kind == "QuantizedDTypePolicy":
        return QuantizedDTypePolicy(**config["config"])
    if kind not in ("DTypePolicy", "FloatDTypePolicy", "Policy"):
        raise ValueError(
            explain(
                "A dtype policy is not known.",
                "'DTypePolicy'",
                repr(kind),
                "use a layer without quantization, or with 8 bits.",
            )
        )
    return DTypePolicy(config.get("config", config).get("name"))
