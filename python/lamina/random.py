"""Random numbers from counters: a seed gives the same numbers in Python, in C++ and for any number of threads.

>>> import lamina
>>> a = lamina.random.uniform((2,), seed=1)
>>> bool(lamina.ops.all(a == lamina.random.uniform((2,), seed=1)))
True
"""

from __future__ import annotations

import random as _python_random
from typing import Any

import numpy as np

from . import _core, config
from .checks import explain, is_integer
from .ops.convert import convert_to_tensor
from .saving.serialization import Configurable
from .utils.naming import auto_name
from .variables import Variable

_ops = _core.ops


def make_default_seed() -> int:
    """A seed in [1, 1e9] from Python's `random`, which `lamina.utils.set_random_seed` governs."""
    return _python_random.randint(1, 10**9)


class SeedGenerator(Configurable):
    """A stream of random states: `next()` gives one and moves on. Its place is kept and saved in a variable.

    `seed` is an int, or None to draw one from Python's `random`. ValueError for others.

    >>> import lamina
    >>> generator = lamina.random.SeedGenerator(seed=7)
    >>> generator.next().numpy().tolist()
    [7, 0]
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any) -> None:
        if seed is not None and not is_integer(seed):
            raise ValueError(
                explain("The seed is not a number.", "an int, or None", f"seed={seed!r}", "pass an int such as seed=1.")
            )
        self.name = auto_name("seed_generator") if name is None else name
        self.seed = seed
        self._initial_seed = make_default_seed() if seed is None else int(seed)
        state = np.array([self._initial_seed, 0], dtype="int64")
        self.state = Variable(state, trainable=False, name="seed_generator_state")

    def next(self, ordered: bool = True) -> Any:
        """The present state, an int64 tensor [key, counter]; the counter goes up by one."""
        state = self.state.value
        self.state.assign(_ops.add(state, _core.Tensor(np.array([0, 1], dtype="int64"))))
        return state


_global_seed: SeedGenerator | None = None


def global_seed_generator() -> SeedGenerator:
    """The stream that functions use when they get no seed."""
    global _global_seed
    if _global_seed is None:
        _global_seed = SeedGenerator(name="global_seed_generator")
    return _global_seed


def reset_global_seed(seed: int | None = None) -> None:
    """Starts the global stream anew, from `seed` if given."""
    global _global_seed
    _global_seed = None if seed is None else SeedGenerator(seed, name="global_seed_generator")


def draw_seed(seed: Any) -> Any:
    """A state tensor for a seed given as an int, a SeedGenerator or None."""
    if seed is None:
        return global_seed_generator().next()
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, _core.Tensor):
        return seed
    if is_integer(seed):
        return _core.Tensor(np.array([int(seed), 0], dtype="int64"))
    raise ValueError(
        explain(
            "The seed is not usable.",
            "an int, a SeedGenerator or None",
            f"seed={seed!r} of type {type(seed).__name__}",
            "pass an int for the same numbers at each call, a SeedGenerator for a stream.",
        )
    )


def _sizes(shape: Any) -> list[Any]:
    return [shape] if isinstance(shape, (int, np.integer)) else list(shape)


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers of the normal distribution."""
    dtype = config.standardize_dtype(dtype)
    return _ops.random_normal(draw_seed(seed), shape=_sizes(shape), mean=float(mean), stddev=float(stddev), dtype=dtype)


def truncated_normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers of the normal distribution, those beyond two standard deviations drawn again."""
    dtype = config.standardize_dtype(dtype)
    return _ops.random_truncated_normal(
        draw_seed(seed), shape=_sizes(shape), mean=float(mean), stddev=float(stddev), dtype=dtype
    )


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers from [minval, maxval), all equally likely; whole numbers for an int dtype."""
    dtype = config.standardize_dtype(dtype)
    if dtype in ("int32", "int64"):
        return randint(shape, int(minval), int(maxval), dtype=dtype, seed=seed)
    return _ops.random_uniform(draw_seed(seed), shape=_sizes(shape), low=float(minval), high=float(maxval), dtype=dtype)


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Whole numbers from [minval, maxval). ValueError when the range is empty."""
    if not maxval > minval:
        raise ValueError(
            explain(
                "randint: the range is empty.", "maxval > minval", f"minval={minval}, maxval={maxval}", "swap them."
            )
        )
    drawn = _ops.random_integers(draw_seed(seed), shape=_sizes(shape), low=int(minval), high=int(maxval))
    return convert_to_tensor(drawn, config.standardize_dtype(dtype))


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """`num_samples` classes per row of `logits` (rank 2), drawn with probability softmax(logits)."""
    logits = convert_to_tensor(logits)
    rows, classes = logits.dims
    # The largest of logits + Gumbel noise falls on each class with the probability softmax gives it.
    noise = uniform((rows, num_samples, classes), minval=float(np.finfo("float32").tiny), dtype=logits.dtype, seed=seed)
    noise = _ops.negative(_ops.log(_ops.negative(_ops.log(noise))))
    scores = _ops.add(noise, _ops.reshape(logits, shape=[rows, 1, classes]))
    return convert_to_tensor(_ops.argmax(scores, axis=2), config.standardize_dtype(dtype))


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """`inputs` with a share `rate` of the entries 0 and the others divided by 1 - rate.

    `noise_shape` has a 1 for each axis along which entries are dropped together, None for the input's size.
    """
    inputs = convert_to_tensor(inputs)
    state = draw_seed(seed)
    if noise_shape is None:
        return _ops.dropout(inputs, state, rate=float(rate))
    sizes = [dim if size is None else size for size, dim in zip(noise_shape, inputs.dims)]
    ones = _ops.fill(shape=sizes, value=1.0, dtype=inputs.dtype)
    return _ops.multiply(inputs, _ops.dropout(ones, state, rate=float(rate)))


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """The slices of a concrete tensor along `axis` in random order."""
    x = convert_to_tensor(x)
    key, counter = (int(v) for v in draw_seed(seed).numpy())
    return _ops.take(x, _core.permutation(x.shape[axis], key, counter), axis=axis % x.ndim)
