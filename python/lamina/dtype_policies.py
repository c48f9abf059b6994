"""The dtypes of a layer: one for what it computes, one for its weights.

>>> import lamina
>>> lamina.dtype_policies.DTypePolicy("float64").compute_dtype
'float64'
"""

from __future__ import annotations

from typing import Any

from . import config
from .saving.serialization import Configurable


class DTypePolicy(Configurable):
    """The dtype `name` for computation and weights; ValueError for unsupported dtypes."""

    def __init__(self, name: str | None = None) -> None:
        self.name = config.standardize_dtype(name)

    @property
    def compute_dtype(self) -> str:
        """The dtype of inputs and outputs."""
        return self.name

    @property
    def variable_dtype(self) -> str:
        """The dtype of weights."""
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"<DTypePolicy {self.name!r}>"


_global: DTypePolicy | None = None


def dtype_policy() -> DTypePolicy:
    """The policy of layers that get no dtype: that of `config.floatx()` unless `set_dtype_policy` gave another."""
    return DTypePolicy() if _global is None else _global


def set_dtype_policy(policy: Any) -> None:
    """Sets `dtype_policy()` to a policy or the name of one, or back to the default by None."""
    global _global
    _global = None if policy is None else get(policy)


def get(identifier: Any) -> DTypePolicy:
    """The policy for a policy, its configuration, a dtype or None (the global policy)."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict) and "config" in identifier:
        return DTypePolicy(identifier["config"].get("name"))
    return DTypePolicy(identifier)
