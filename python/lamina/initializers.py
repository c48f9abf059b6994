"""How weights begin: `Initializer` objects are called with a shape and a dtype and give a tensor.

    >>> import lamina
    >>> lamina.initializers.get("zeros")((2, 3)).shape
    (2, 3)

Random ones draw from the counter-based generator, so that a seed gives the same numbers on every machine. One built
with `seed=None` picks its seed at construction: called twice with the same shape it gives the same values, as in
Keras.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _core, config
from .checks import axis_in_range, choice, explain, is_integer, number
from .namespaces import Namespace, names_of
from .ops.convert import convert_to_tensor
from .random import SeedGenerator, make_default_seed
from .saving.configurable import Configurable

Shape = Sequence[int]


class Initializer(Configurable):
    """Base of all initializers: implement `__call__(shape, dtype=None)`.

    >>> import lamina
    >>> class Sevens(lamina.initializers.Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return lamina.ops.full(shape, 7.0, dtype=dtype)
    """

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        raise NotImplementedError(
            explain(
                f"The initializer {type(self).__name__} cannot be called.",
                "a `__call__(self, shape, dtype=None)` method",
                "none in the class",
                "write that method; it returns a tensor of the shape.",
            )
        )

    def clone(self) -> Initializer:
        return type(self).from_config(self.get_config())


def _dtype(dtype: Any) -> str:
    return config.standardize_dtype(dtype)


def _filled(shape: Shape, value: float, dtype: Any) -> Any:
    return _core.ops.fill(shape=[int(n) for n in shape], value=value, dtype=_dtype(dtype))


def _tensor(array: np.ndarray, dtype: Any) -> Any:
    """An array as a tensor of any dtype, also of those that NumPy does not have."""
    return convert_to_tensor(np.ascontiguousarray(array), _dtype(dtype))


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        return _filled(shape, 0, dtype)


class Ones(Initializer):
    """All ones."""

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        return _filled(shape, 1, dtype)


class Constant(Initializer):
    """All `value`: a number, or an array that broadcasts to the shape."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        value = np.asarray(self.value)
        try:
            return _tensor(np.array(np.broadcast_to(value, tuple(shape))), dtype)  # a copy: the value is the user's
        except ValueError:
            raise ValueError(
                explain(
                    "Constant: the value does not fit the weight.",
                    f"a number or an array that broadcasts to {tuple(shape)}",
                    f"an array of shape {value.shape}",
                    "reshape the value or give the layer the matching sizes.",
                )
            ) from None


class Identity(Initializer):
    """`gain` times the identity matrix; the shape must have rank 2."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = number("Identity", "gain", gain)

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        if len(shape) != 2:
            raise ValueError(_rank_text("Identity", "rank 2", shape))
        return _tensor(self.gain * np.eye(shape[0], shape[1]), dtype)


def _rank_text(name: str, expected: str, shape: Shape) -> str:
    return explain(
        f"{name}: this shape cannot be filled.",
        f"a shape of {expected}",
        f"shape={tuple(shape)}",
        "use another initializer for this weight.",
    )


# Coefficients of the windows that are sums of cosines: w(n) = sum_k (-1)^k a_k cos(2 pi k n / N).
_COSINE_WINDOWS = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}


def _window(window: Any, length: int, periodic: bool) -> np.ndarray:
    if isinstance(window, str):
        name = choice("STFT", "window", window, [*_COSINE_WINDOWS, "bartlett", "cosine"])
        points = length + 1 if periodic else length
        if points == 1:
            return np.ones(1)
        phase = np.arange(length) / (points - 1)
        if name == "bartlett":
            return 1.0 - np.abs(2.0 * phase - 1.0)
        if name == "cosine":
            return np.sin(np.pi * (np.arange(length) + 0.5) / points)
        terms = _COSINE_WINDOWS[name]
        return sum((-1) ** k * a * np.cos(2 * np.pi * k * phase) for k, a in enumerate(terms)) * np.ones(length)
    values = np.asarray(window, dtype="float64")
    if values.shape != (length,):
        raise ValueError(
            explain(
                "STFT: the window does not fit the kernel.",
                f"a vector of {length} values, the kernel's first size",
                f"shape {values.shape}",
                "pass a window of that length, or the name of one.",
            )
        )
    return values


class STFT(Initializer):
    """Kernel of a convolution that computes one side of the short-time Fourier transform.

    The shape is (frame length, 1, fft length / 2 + 1). `side` is 'real' or 'imag'; `window` a name, an array or None;
    `scaling` 'density' (divide by the window's L2 norm), 'spectrum' (by its sum) or None.
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        self.side = choice("STFT", "side", side, ("real", "imag"))
        if isinstance(window, str):
            choice("STFT", "window", window, [*_COSINE_WINDOWS, "bartlett", "cosine"])
        self.window = window
        self.scaling = choice("STFT", "scaling", scaling, ("density", "spectrum", None))
        self.periodic = bool(periodic)

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        if len(shape) != 3:
            raise ValueError(_rank_text("STFT", "rank 3: (frame length, 1, fft length / 2 + 1)", shape))
        frame, _, bins = shape
        time, frequency = np.arange(frame)[:, None, None], np.arange(bins) / (2 * (bins - 1))
        angle = -2.0 * np.pi * time * frequency
        kernel = np.cos(angle) if self.side == "real" else np.sin(angle)
        if self.window is not None:
            window = _window(self.window, frame, self.periodic)
            kernel = kernel * window[:, None, None]
            if self.scaling == "density":
                kernel = kernel / math.sqrt(np.sum(window**2))
            elif self.scaling == "spectrum":
                kernel = kernel / np.sum(np.abs(window))
        return _tensor(np.broadcast_to(kernel, tuple(shape)), dtype)


class RandomInitializer(Initializer):
    """Base of those that draw: `seed` is an int, a `lamina.random.SeedGenerator`, or None for a seed of its own."""

    draws = True  # loading a file leaves it out

    def __init__(self, seed: Any = None) -> None:
        if isinstance(seed, dict):
            from .saving.serialization import deserialize_keras_object

            seed = deserialize_keras_object(seed)
        if seed is not None and not is_integer(seed) and not isinstance(seed, SeedGenerator):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: `seed` cannot be used.",
                    "an integer, a `lamina.random.SeedGenerator` or None",
                    f"seed={seed!r}",
                    "pass an integer to get the same numbers each time.",
                )
            )
        self.seed = make_default_seed() if seed is None else seed

    def _state(self) -> Any:
        if isinstance(self.seed, SeedGenerator):
            return self.seed.next()
        return _core.Tensor(np.array([int(self.seed), 0], dtype="int64"))

    def _normal(self, shape: Shape, mean: float, stddev: float, dtype: Any, truncated: bool) -> Any:
        draw = _core.ops.random_truncated_normal if truncated else _core.ops.random_normal
        sizes = [int(n) for n in shape]
        return draw(self._state(), shape=sizes, mean=float(mean), stddev=float(stddev), dtype=_dtype(dtype))

    def _uniform(self, shape: Shape, low: float, high: float, dtype: Any) -> Any:
        sizes = [int(n) for n in shape]
        return _core.ops.random_uniform(
            self._state(), shape=sizes, low=float(low), high=float(high), dtype=_dtype(dtype)
        )


class RandomNormal(RandomInitializer):
    """Normal numbers with the given mean and standard deviation."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean = number(type(self).__name__, "mean", mean)
        self.stddev = number(type(self).__name__, "stddev", stddev, low=0.0)
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        return self._normal(shape, self.mean, self.stddev, dtype, truncated=False)


class TruncatedNormal(RandomNormal):
    """Normal numbers; those further than two standard deviations from the mean are drawn again."""

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        return self._normal(shape, self.mean, self.stddev, dtype, truncated=True)


class RandomUniform(RandomInitializer):
    """Uniform numbers in [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        self.minval = number("RandomUniform", "minval", minval)
        self.maxval = number("RandomUniform", "maxval", maxval)
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        return self._uniform(shape, self.minval, self.maxval, dtype)


def compute_fans(
    shape: Shape, input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight: from the axes if both are given, else its last two axes are inputs and outputs."""
    if input_axes is not None and output_axes is not None:
        for name, axes in (("input_axes", input_axes), ("output_axes", output_axes)):
            for axis in axes:
                axis_in_range("Initializer", axis, len(shape), name)
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        fan = int(shape[0]) if len(shape) else 1
        return fan, fan
    receptive = math.prod(shape[:-2])
    return int(shape[-2]) * receptive, int(shape[-1]) * receptive


class VarianceScaling(RandomInitializer):
    """Numbers whose variance is `scale / n`; n is the fan chosen by `mode`: 'fan_in', 'fan_out' or 'fan_avg'.

    `distribution`: 'truncated_normal', 'untruncated_normal' or 'uniform'. `input_axes` and `output_axes` (both or none)
    say which axes of the weight are inputs and outputs, where that is not the last two.
    """

    _config_omit_defaults = ("input_axes", "output_axes")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        owner = type(self).__name__
        self.scale = number(owner, "scale", scale)
        if self.scale <= 0.0:
            number(owner, "scale", math.nan)
        self.mode = choice(owner, "mode", mode, ("fan_in", "fan_out", "fan_avg"))
        if isinstance(distribution, str) and distribution.lower() == "normal":
            distribution = "truncated_normal"
        options = ("truncated_normal", "untruncated_normal", "uniform")
        self.distribution = choice(owner, "distribution", distribution, options)
        self.input_axes, self.output_axes = input_axes, output_axes
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return self._uniform(shape, -limit, limit, dtype)
        stddev = math.sqrt(variance)
        if self.distribution == "truncated_normal":
            # Cutting a unit normal at two deviations leaves this deviation; dividing by it restores the variance.
            return self._normal(shape, 0.0, stddev / 0.87962566103423978, dtype, truncated=True)
        return self._normal(shape, 0.0, stddev, dtype, truncated=False)


class _Scaled(VarianceScaling):
    """A VarianceScaling whose scale, mode and distribution are fixed by the class."""

    fixed: tuple[float, str, str]

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self.fixed, seed, input_axes, output_axes)


class GlorotUniform(_Scaled):
    """Uniform in [-limit, limit], limit = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010)."""

    fixed = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Scaled):
    """Truncated normal, standard deviation sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio 2010)."""

    fixed = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Scaled):
    """Uniform in [-limit, limit], limit = sqrt(6 / fan_in) (He et al. 2015)."""

    fixed = (2.0, "fan_in", "uniform")


class HeNormal(_Scaled):
    """Truncated normal, standard deviation sqrt(2 / fan_in) (He et al. 2015)."""

    fixed = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Scaled):
    """Uniform in [-limit, limit], limit = sqrt(3 / fan_in) (LeCun et al. 1998)."""

    fixed = (1.0, "fan_in", "uniform")


class LecunNormal(_Scaled):
    """Truncated normal, standard deviation sqrt(1 / fan_in) (LeCun et al. 1998)."""

    fixed = (1.0, "fan_in", "truncated_normal")


class Orthogonal(RandomInitializer):
    """`gain` times a random matrix with orthonormal columns (or rows, where there are fewer of them).

    Weights of rank above 2 are seen as a matrix (all axes but the last, last axis) (Saxe et al. 2014).
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain = number("Orthogonal", "gain", gain)
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: str | None = None) -> Any:
        if len(shape) < 2:
            raise ValueError(_rank_text("Orthogonal", "rank 2 or more", shape))
        rows, columns = math.prod(shape[:-1]), int(shape[-1])
        tall = (max(rows, columns), min(rows, columns))
        # Not NumPy's: the threads of its library stay awake for a while, in the way of the first steps of training.
        q, r = (x.numpy() for x in _core.ops.qr(self._normal(tall, 0.0, 1.0, "float64", truncated=False)))
        q = q * np.sign(np.diag(r))  # makes the decomposition unique, so that the matrix is uniformly distributed
        if rows < columns:
            q = q.T
        return _tensor((self.gain * q).reshape(tuple(shape)), dtype)


CLASSES = (
    Constant, GlorotNormal, GlorotUniform, HeNormal, HeUniform, Identity, LecunNormal, LecunUniform, Ones, Orthogonal,
    RandomNormal, RandomUniform, STFT, TruncatedNormal, VarianceScaling, Zeros,
)  # fmt: skip

constant, glorot_normal, glorot_uniform, he_normal, he_uniform = (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
)
identity, lecun_normal, lecun_uniform, ones, orthogonal = Identity, LecunNormal, LecunUniform, Ones, Orthogonal
random_normal, random_uniform, stft, truncated_normal = RandomNormal, RandomUniform, STFT, TruncatedNormal
variance_scaling, zeros = VarianceScaling, Zeros
IdentityInitializer, OrthogonalInitializer, STFTInitializer = Identity, Orthogonal, STFT


def _from_array(identifier: Any) -> Any:
    is_array = isinstance(identifier, (np.ndarray, np.generic, _core.Tensor, int, float))
    return Constant(np.asarray(identifier)) if is_array and not isinstance(identifier, bool) else None


NAMESPACE = Namespace(
    "initializer",
    names_of(Initializer, *CLASSES)
    | {
        "normal": RandomNormal,
        "uniform": RandomUniform,
        "one": Ones,
        "zero": Zeros,
        "stft": STFT,
        "IdentityInitializer": Identity,
        "OrthogonalInitializer": Orthogonal,
        "STFTInitializer": STFT,
    },
    convert=_from_array,
)
get, serialize, deserialize = NAMESPACE.functions("initializer")
