"""What is global in a process: seeds, names, registries."""

from __future__ import annotations

import random as python_random
from typing import Any

import numpy as np

from .. import _core
from ..checks import explain, is_integer
from .naming import reset_names


def set_random_seed(seed: int) -> None:
    """Seeds Python's, NumPy's and Lamina's random numbers, so that a program gives the same results at every run.

    ValueError for seeds that are no ints in [0, 2**32).
    """
    if not is_integer(seed) or not 0 <= int(seed) < 2**32:
        raise ValueError(
            explain("The seed is not usable.", "an int from 0 to 2**32 - 1", f"seed={seed!r}", "pass e.g. seed=1.")
        )
    from ..random import reset_global_seed

    reset_global_seed(int(seed))  # first: when it is made, the global stream draws a number
    python_random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 - the global state is what is meant


def clear_session(free_memory: bool = True) -> None:
    """Starts automatic names anew and forgets the global random stream."""
    from ..random import reset_global_seed

    reset_names()
    reset_global_seed(None)
    if free_memory:
        import gc

        gc.collect()


def is_keras_tensor(x: Any) -> bool:
    """Whether x is a symbolic tensor of a graph."""
    return isinstance(x, _core.Tensor) and x.is_symbolic
