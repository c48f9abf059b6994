"""Random numbers. `seed` is an int, a SeedGenerator, or None for the global stream."""

from __future__ import annotations

from typing import Any

from .. import config, ops, random
from ..variables import Variable
from .variables import variable

__all__ = [
    "dropout",
    "random_bernoulli",
    "random_normal",
    "random_normal_variable",
    "random_uniform",
    "random_uniform_variable",
    "truncated_normal",
]


def dropout(x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """x with a share `level` of the entries 0 and the others divided by 1 - level."""
    return random.dropout(x, level, noise_shape, seed)


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: Any = None) -> Any:
    """1 with probability p, else 0."""
    return ops.cast(ops.less(random.uniform(shape, seed=seed), p), config.standardize_dtype(dtype))


def random_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers of the normal distribution."""
    return random.normal(shape, mean, stddev, dtype, seed)


def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers of the normal distribution, those beyond two standard deviations drawn again."""
    return random.truncated_normal(shape, mean, stddev, dtype, seed)


def random_uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers from [minval, maxval), whole ones for an integer dtype."""
    draw = random.randint if "int" in config.standardize_dtype(dtype) else random.uniform
    return draw(shape, minval, maxval, dtype, seed)


def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: Any = None, name: str | None = None, seed: Any = None
) -> Variable:
    """A variable with numbers of the normal distribution of standard deviation `scale`."""
    return variable(random.normal(shape, mean, scale, dtype, seed), dtype, name)


def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: Any = None, name: str | None = None, seed: Any = None
) -> Variable:
    """A variable with numbers from [low, high)."""
    return variable(random.uniform(shape, low, high, dtype, seed), dtype, name)
