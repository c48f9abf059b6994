"""Keras as the one who knows: it is compiled once per row, which is what its time goes into."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jax.jit` that takes less time to compile; how fast the result runs does not matter."""
    import jax

    return jax.jit(function, compiler_options=_quick())


@functools.cache
def _quick() -> dict[str, Any] | None:
    import jax

    options = {"xla_cpu_use_fusion_emitters": False, "xla_cpu_parallel_codegen_split_count": 1}
    try:
        jax.jit(lambda x: x, compiler_options=options)(0.0)
    except Exception:  # other versions of XLA have other options
        return None
    return options


def build_theirs(keras: Any, layer: Any, *arguments: Any, **options: Any) -> None:
    """Builds a layer of Keras as a call would, without computing anything."""

    def symbolic(value: Any) -> Any:
        return keras.KerasTensor(value.shape, str(value.dtype)) if isinstance(value, np.ndarray) else value

    try:
        layer(*keras.tree.map_structure(symbolic, list(arguments)), **keras.tree.map_structure(symbolic, options))
    except ValueError:  # some can compute what they refuse to infer the shape of
        layer(*arguments, **options)
