"""Keras as the one who knows: it is compiled once per row, which is what its time goes into."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

# The generators of code that compile in the least time; how fast the result runs does not matter.
FLAGS = "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"


def compile_quickly() -> None:
    """Lets XLA compile everything in half the time. Must come before JAX computes anything.

    XLA ends the process at a flag that it does not know, as other versions may, so another process tries them.
    """
    if "XLA_FLAGS" in os.environ:
        return
    flags = {**os.environ, "XLA_FLAGS": FLAGS}
    command = [sys.executable, "-c", "import jax; jax.devices()"]
    if subprocess.run(command, env=flags, capture_output=True, check=False).returncode == 0:
        os.environ.update(flags)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jax.jit`, for those who have not imported JAX."""
    import jax

    return jax.jit(function)


def build_theirs(keras: Any, layer: Any, *arguments: Any, **options: Any) -> None:
    """Builds a layer of Keras as a call would, without computing anything."""

    def symbolic(value: Any) -> Any:
        return keras.KerasTensor(value.shape, str(value.dtype)) if isinstance(value, np.ndarray) else value

    try:
        layer(*keras.tree.map_structure(symbolic, list(arguments)), **keras.tree.map_structure(symbolic, options))
    except ValueError:  # some can compute what they refuse to infer the shape of
        layer(*arguments, **options)
