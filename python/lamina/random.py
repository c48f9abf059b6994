"""Random numbers from counters: a seed gives the same numbers in Python, in C++ and for any number of threads.

`seed` is an int (the same numbers at each call), a SeedGenerator (a stream of numbers), or None: the global stream,
which `lamina.utils.set_random_seed` starts anew.

>>> import lamina
>>> a = lamina.random.uniform((2,), seed=1)
>>> bool(lamina.ops.all(a == lamina.random.uniform((2,), seed=1)))
True
"""

from __future__ import annotations

import random as _python_random
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from . import _core, config
from .checks import explain, integer, is_integer, number
from .ops.convert import convert_to_tensor, is_float, normalize_axis, to_float, to_sizes
from .ops.operation import operation, outside_trace
from .saving.configurable import Configurable
from .utils.naming import auto_name
from .variables import Variable

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]

_ops = _core.ops
_BITS = {"float16": 11, "bfloat16": 8}  # of the numbers in [1/2, 1)


# What a SeedGenerator gives instead of its next state, for code that runs in an order that is not fixed.
own_streams: ContextVar[Callable[[Any], Any] | None] = ContextVar("own_streams", default=None)


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
        if kwargs.pop("backend", None) is not None or kwargs:
            raise ValueError(
                explain(
                    "SeedGenerator: unknown arguments.",
                    "`seed` and `name`",
                    f"{sorted(kwargs) or 'backend'}",
                    "leave them out.",
                )
            )
        if seed is not None and not is_integer(seed):
            raise ValueError(
                explain("The seed is not a number.", "an int, or None", f"seed={seed!r}", "pass an int such as seed=1.")
            )
        self.name = auto_name("seed_generator") if name is None else name
        self.seed = seed
        self._initial_seed = make_default_seed() if seed is None else int(seed)
        self.state = Variable(_first_state(self._initial_seed), trainable=False, name="seed_generator_state")

    def next(self, ordered: bool = True) -> Any:
        """The present state, an int64 tensor [key, counter]; the counter goes up by one.

        With `ordered=False` key and counter jump to places that are hard to tell beforehand.
        """
        own = own_streams.get()
        if own is not None and not _core.Trace.active():
            return own(self)
        state = self.state.value
        if ordered:
            following = _ops.add(state, _integers(0, 1))
        else:
            jumped = _ops.multiply(_ops.add(state, _integers(1, 1)), _integers(5387, 5387))
            following = _ops.mod(jumped, _integers(933199, 933199))
        self.state.assign(following)
        return state


def _integers(key: int, counter: int) -> Any:
    return _core.Tensor(np.array([key, counter], dtype="int64"))


def _first_state(seed: int) -> Any:
    """The state of a seed; ints beyond 64 bits are taken modulo 2**64."""
    return _integers((int(seed) + 2**63) % 2**64 - 2**63, 0)


_global_seed: SeedGenerator | None = None


def global_seed_generator() -> SeedGenerator:
    """The stream that functions use when they get no seed."""
    global _global_seed
    if _global_seed is None:
        _global_seed = outside_trace(lambda: SeedGenerator(name="global_seed_generator"))
        _global_seed.state.core.name = "global_seed_generator/state"  # apart from those of a model's layers
    return _global_seed


def reset_global_seed(seed: int | None = None) -> None:
    """Starts the global stream anew, from `seed` if given. Programs traced before follow."""
    if seed is not None or _global_seed is not None:
        state = global_seed_generator().state
        state.assign(_first_state(make_default_seed() if seed is None else seed))


def draw_seed(seed: Any) -> Any:
    """A state tensor for a seed given as an int, a SeedGenerator or None."""
    if seed is None:
        return global_seed_generator().next()
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, _core.Tensor):
        return seed
    if is_integer(seed):
        return _first_state(seed)
    raise ValueError(
        explain(
            "The seed is not usable.",
            "an int, a SeedGenerator or None",
            f"seed={seed!r} of type {type(seed).__name__}",
            "pass an int for the same numbers at each call, a SeedGenerator for a stream.",
        )
    )


def _dtype_of(owner: str, dtype: Any, floating: bool = True) -> str:
    """The dtype by its name; ValueError when it is not of the kind that the function draws."""
    found = config.standardize_dtype(dtype)
    if is_float(found) if floating else found in ("uint8", "int32", "int64"):
        return found
    kind, other = ("floating point", "randint") if floating else ("integer", "uniform")
    raise ValueError(
        explain(
            f"{owner}: numbers of this dtype cannot be drawn.",
            f"a {kind} dtype",
            f"dtype={dtype!r}",
            f"use lamina.random.{other}, or cast the result.",
        )
    )


def _wide(dtype: str) -> str:
    """The dtype to compute in: the short ones only store."""
    return "float64" if dtype == "float64" else "float32"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _scaled(drawn: Any, factor: Any, offset: Any) -> Any:
    """drawn * factor + offset, through which gradients flow to tensors among them."""
    factor, offset = (convert_to_tensor(value, drawn.dtype) for value in (factor, offset))
    return _ops.add(_ops.multiply(drawn, factor), offset)


def _spread(owner: str, name: str, value: Any, sizes: list[Any], dtype: str) -> Any:
    """A parameter with an entry for each number to be drawn."""
    value = convert_to_tensor(value, dtype)
    matching = zip(reversed(value.dims), reversed(sizes))
    if value.ndim > len(sizes) or any(
        isinstance(n, int) and isinstance(m, int) and n not in (1, m) for n, m in matching
    ):
        raise ValueError(
            explain(
                f"{owner}: `{name}` does not fit the shape.",
                f"a number, or a tensor that broadcasts to {tuple(sizes)}",
                f"{name} of shape {value.shape}",
                f"give `shape` the sizes of `{name}`, other axes in front.",
            )
        )
    return _ops.broadcast_to(value, shape=sizes)


def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers of the normal distribution. `mean` and `stddev` may be tensors: gradients flow to them.

    >>> import lamina
    >>> lamina.random.normal((2, 3), mean=5.0, seed=1).shape
    (2, 3)
    """
    return _bell("normal", _ops.random_normal, shape, mean, stddev, dtype, seed)


def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers of the normal distribution, those beyond two standard deviations drawn again."""
    return _bell("truncated_normal", _ops.random_truncated_normal, shape, mean, stddev, dtype, seed)


def _bell(owner: str, draw: Any, shape: Any, mean: Any, stddev: Any, dtype: Any, seed: Any) -> Any:
    dtype, sizes, state = _dtype_of(owner, dtype), to_sizes(shape), draw_seed(seed)
    if _is_number(mean) and _is_number(stddev):
        return draw(state, shape=sizes, mean=float(mean), stddev=float(stddev), dtype=dtype)
    return _scaled(draw(state, shape=sizes, mean=0.0, stddev=1.0, dtype=dtype), stddev, mean)


def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers from [minval, maxval), all equally likely. The bounds may be tensors: gradients flow to them."""
    dtype, sizes, state = _dtype_of("uniform", dtype), to_sizes(shape), draw_seed(seed)
    if dtype in _BITS:  # whole steps of the dtype, so that no number is rounded up to the end
        steps = float(2 ** _BITS[dtype])
        drawn = _ops.random_uniform(state, shape=sizes, low=0.0, high=steps, dtype="float32")
        drawn = _ops.multiply(_ops.floor(drawn), convert_to_tensor(1.0 / steps, "float32"))
        minval, maxval = convert_to_tensor(minval, "float32"), convert_to_tensor(maxval, "float32")
        return convert_to_tensor(_scaled(drawn, _ops.subtract(maxval, minval), minval), dtype)
    if _is_number(minval) and _is_number(maxval):
        return _ops.random_uniform(state, shape=sizes, low=float(minval), high=float(maxval), dtype=dtype)
    minval, maxval = convert_to_tensor(minval, dtype), convert_to_tensor(maxval, dtype)
    drawn = _ops.random_uniform(state, shape=sizes, low=0.0, high=1.0, dtype=dtype)
    return _scaled(drawn, _ops.subtract(maxval, minval), minval)


def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Any:
    """Whole numbers from [minval, maxval). ValueError when the range is empty. The bounds may be tensors."""
    dtype = _dtype_of("randint", dtype, floating=False)
    if _is_number(minval) and _is_number(maxval):
        if not maxval > minval:
            raise ValueError(
                explain(
                    "randint: the range is empty.", "maxval > minval", f"minval={minval}, maxval={maxval}", "swap them."
                )
            )
        drawn = _ops.random_integers(draw_seed(seed), shape=to_sizes(shape), low=int(minval), high=int(maxval))
    else:
        minval, maxval = convert_to_tensor(minval, "float64"), convert_to_tensor(maxval, "float64")
        drawn = _ops.random_uniform(draw_seed(seed), shape=to_sizes(shape), low=0.0, high=1.0, dtype="float64")
        drawn = _ops.floor(_scaled(drawn, _ops.subtract(maxval, minval), minval))
    return convert_to_tensor(drawn, dtype)


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers of the gamma distribution of shape `alpha` (a number or a tensor) and scale 1.

    No gradient flows to `alpha`. NaN where `alpha` is not positive.
    """
    dtype = _dtype_of("gamma", dtype)
    alpha = _spread("gamma", "alpha", alpha, to_sizes(shape), _wide(dtype))
    return convert_to_tensor(_ops.random_gamma(alpha, draw_seed(seed)), dtype)


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers of the beta distribution of `alpha` and `beta` (numbers or tensors), in [0, 1]. No gradient flows."""
    dtype, sizes, state = _dtype_of("beta", dtype), to_sizes(shape), draw_seed(seed)
    # a / (a + b) of two gamma numbers; of their logarithms, as both may be too small for the dtype.
    second = _ops.add(state, _integers(0, 2**62))
    a = _ops.random_gamma(_spread("beta", "alpha", alpha, sizes, _wide(dtype)), state, logarithm=True)
    b = _ops.random_gamma(_spread("beta", "beta", beta, sizes, _wide(dtype)), second, logarithm=True)
    return convert_to_tensor(_ops.sigmoid(_ops.subtract(a, b)), dtype)


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Any:
    """How many of `counts` trials succeed, each with one of `probabilities` (numbers or tensors). No gradient flows.

    NaN where a count is negative or a probability not in [0, 1].

    >>> import lamina
    >>> lamina.random.binomial((3,), counts=4, probabilities=[0.0, 1.0, 1.0], seed=1).numpy().tolist()
    [0.0, 4.0, 4.0]
    """
    dtype, sizes = _dtype_of("binomial", dtype), to_sizes(shape)
    counts = _spread("binomial", "counts", counts, sizes, _wide(dtype))
    probabilities = _spread("binomial", "probabilities", probabilities, sizes, _wide(dtype))
    return convert_to_tensor(_ops.random_binomial(counts, probabilities, draw_seed(seed)), dtype)


@operation
def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """`num_samples` classes per row of `logits` (rank 2), drawn with probability softmax(logits).

    ValueError for logits of another rank.
    """
    logits = convert_to_tensor(logits)
    logits = convert_to_tensor(logits, _wide(logits.dtype))
    if logits.ndim != 2:
        raise ValueError(
            explain(
                "categorical: the logits are no table.",
                "a tensor of rank 2: (batch, classes)",
                f"shape {logits.shape}",
                "reshape the logits.",
            )
        )
    rows, classes = logits.dims
    num_samples = integer("categorical", "num_samples", num_samples)
    # The largest of logits + Gumbel noise falls on each class with the probability softmax gives it.
    noise = uniform((rows, num_samples, classes), minval=float(np.finfo("float32").tiny), dtype=logits.dtype, seed=seed)
    noise = _ops.negative(_ops.log(_ops.negative(_ops.log(noise))))
    scores = _ops.add(noise, _ops.reshape(logits, shape=[rows, 1, classes]))
    return convert_to_tensor(_ops.argmax(scores, axis=2), config.standardize_dtype(dtype))


@operation
def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """`inputs` with a share `rate` of the entries 0 and the others divided by 1 - rate.

    `noise_shape` has a 1 for each axis along which entries are dropped together, None for the input's size.
    """
    inputs = to_float(inputs)
    rate = number("dropout", "rate", rate, 0.0, 1.0)
    state = draw_seed(seed)
    if noise_shape is None:
        return _ops.dropout(inputs, state, rate=rate)
    given = to_sizes(noise_shape)
    sizes = [dim if size is None else size for size, dim in zip(given, inputs.dims)]
    known = [(size, dim) for size, dim in zip(sizes, inputs.dims) if isinstance(dim, int)]
    if len(given) != inputs.ndim or any(size not in (1, dim) for size, dim in known):
        raise ValueError(
            explain(
                "dropout: `noise_shape` does not fit the input.",
                f"a size for each axis of {inputs.shape}: None (its own) or 1",
                f"noise_shape={tuple(given)}",
                "use 1 for the axes along which entries are dropped together, None for the others.",
            )
        )
    ones = _ops.fill(shape=sizes, value=1.0, dtype=inputs.dtype)
    return _ops.multiply(inputs, _ops.dropout(ones, state, rate=rate))


@operation
def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """The slices of x along `axis` in random order; each slice stays as it is.

    >>> import lamina
    >>> sorted(lamina.random.shuffle([3, 1, 2], seed=1).numpy().tolist())
    [1, 2, 3]
    """
    x = convert_to_tensor(x)
    axis = normalize_axis(axis, x.ndim, "shuffle")
    if x.ndim == 0:
        raise ValueError(
            explain("shuffle: there is nothing to shuffle.", "a tensor with axes", "a scalar", "pass a vector or more.")
        )
    return _ops.take(x, _ops.random_permutation(draw_seed(seed), size=x.dims[axis]), axis=axis)
