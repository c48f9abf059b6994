"""Layers that act in training only: Dropout and its relatives, noise, and a penalty on activities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import _core, ops, regularizers
from ..checks import explain, is_integer, number
from ..config import standardize_data_format
from ..random import SeedGenerator
from .input_spec import InputSpec
from .layer import Layer


class _Random(Layer):
    """A layer that draws numbers from a seed generator of its own; `seed` makes them the same each time."""

    def __init__(self, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True

    def _uniform(self, shape: Any, dtype: str) -> Any:
        return _core.ops.random_uniform(self.seed_generator.next(), shape=list(shape), low=0.0, high=1.0, dtype=dtype)

    def _normal(self, shape: Any, mean: float, stddev: float, dtype: str) -> Any:
        state = self.seed_generator.next()
        return _core.ops.random_normal(state, shape=list(shape), mean=mean, stddev=stddev, dtype=dtype)


class _Dropping(_Random):
    """Sets values to 0 with probability `rate`, together where `_noise_dims` has size 1."""

    _config_ignored = (*Layer._config_ignored, "p")

    def __init__(self, rate: Any = None, seed: Any = None, **kwargs: Any) -> None:
        rate = kwargs.pop("p", rate)  # its name in Keras 1
        super().__init__(seed, **kwargs)
        self.rate = number(type(self).__name__, "rate", rate, 0.0, 1.0)

    def _noise_dims(self, inputs: Any) -> list[Any] | None:
        """The sizes of the noise; None for those of the inputs."""
        raise NotImplementedError

    def _kept(self, inputs: Any) -> Any:
        """1 for what is kept and 0 for the others."""
        draws = self._uniform(self._noise_dims(inputs) or inputs.dims, inputs.dtype)
        return ops.cast(ops.greater_equal(draws, self.rate), inputs.dtype)

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or self.rate == 0.0:
            return inputs
        if self.rate == 1.0:
            return ops.zeros_like(inputs)
        if self._noise_dims(inputs) is None:
            return _core.ops.dropout(inputs, self.seed_generator.next(), rate=self.rate)
        return inputs * (self._kept(inputs) * (1.0 / (1.0 - self.rate)))


class Dropout(_Dropping):
    """In training each value is 0 with probability `rate`, else divided by 1 - rate; otherwise nothing happens.

    `noise_shape` has 1 on axes whose values are dropped together, None (or the size) on the others. ValueError for
    rates outside [0, 1], and for a `noise_shape` that does not fit the input.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.Dropout(0.5, seed=1)
    >>> sorted(set(layer(np.ones((10, 10), "float32"), training=True).numpy().ravel().tolist()))
    [0.0, 2.0]
    """

    def __init__(
        self, rate: Any = None, noise_shape: Sequence[int | None] | None = None, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(rate, seed, **kwargs)
        self.noise_shape = self._checked(noise_shape)

    def _checked(self, noise_shape: Any) -> tuple[int | None, ...] | None:
        if noise_shape is None:
            return None
        sizes = tuple(noise_shape) if isinstance(noise_shape, (list, tuple)) else (0,)
        if any(n is not None and (not is_integer(n) or n < 1) for n in sizes):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: `noise_shape` is not a shape.",
                    "a tuple of positive integers or None, one for each axis of the input",
                    f"noise_shape={noise_shape!r}",
                    "use 1 for axes that are dropped together and None for the others.",
                )
            )
        return sizes

    def _noise_dims(self, inputs: Any) -> list[Any] | None:
        if self.noise_shape is None:
            return None
        pairs = list(zip(self.noise_shape, inputs.shape))
        if len(self.noise_shape) != inputs.ndim or any(
            n not in (None, 1) and size not in (None, n) for n, size in pairs
        ):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: `noise_shape` does not fit the input.",
                    f"{inputs.ndim} sizes that are 1 or the input's, which has shape {inputs.shape}",
                    f"noise_shape={self.noise_shape}",
                    "give 1, None or the size for each axis, the batch included.",
                )
            )
        return [dim if n is None else n for n, dim in zip(self.noise_shape, inputs.dims)]


class _SpatialDropout(_Dropping):
    """Drops whole channels."""

    rank: int
    data_format = "channels_last"

    def __init__(self, rate: Any, seed: Any = None, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(rate, seed, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _noise_dims(self, inputs: Any) -> list[Any]:
        batch, *dims = inputs.dims
        ones = [1] * self.rank
        return [batch, *ones, dims[-1]] if self.data_format == "channels_last" else [batch, dims[0], *ones]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if config["trainable"]:  # Keras does not take this argument here
            del config["trainable"]
        return config


class _ImageDropout(_SpatialDropout):
    """Drops whole channels of images or volumes, which may come first."""

    def __init__(
        self,
        rate: Any,
        data_format: str | None = None,
        seed: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, seed, name, dtype, **kwargs)
        self.data_format = standardize_data_format(data_format)


class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels: input (batch, steps, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.SpatialDropout1D(0.5)(np.ones((2, 3, 4), "float32"), training=True).shape
    (2, 3, 4)
    """

    rank = 1


class SpatialDropout2D(_ImageDropout):
    """Dropout of whole channels: input (batch, rows, columns, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.SpatialDropout2D(0.5)(np.ones((2, 3, 3, 4), "float32"), training=True).shape
    (2, 3, 3, 4)
    """

    rank = 2


class SpatialDropout3D(_ImageDropout):
    """Dropout of whole channels: input (batch, depth, rows, columns, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.SpatialDropout3D(0.5)(np.ones((1, 2, 2, 2, 4), "float32"), training=True).shape
    (1, 2, 2, 2, 4)
    """

    rank = 3


class GaussianDropout(_Random):
    """In training values are multiplied by normal numbers of mean 1 and standard deviation sqrt(rate / (1 - rate)).

    >>> import numpy as np, lamina
    >>> lamina.layers.GaussianDropout(0.5)(np.ones((2, 3), "float32"), training=True).shape
    (2, 3)
    """

    def __init__(self, rate: float, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.rate = number("GaussianDropout", "rate", rate, 0.0, 1.0)

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or self.rate == 0.0:
            return inputs
        # A rate of 1 asks for endless noise; it is cut where float32 still has a finite square.
        stddev = math.sqrt(self.rate / max(1.0 - self.rate, 1e-30))
        return inputs * self._normal(inputs.dims, 1.0, stddev, inputs.dtype)


class GaussianNoise(_Random):
    """In training normal numbers of standard deviation `stddev` are added.

    >>> import numpy as np, lamina
    >>> lamina.layers.GaussianNoise(0.1)(np.ones((2, 3), "float32"), training=True).shape
    (2, 3)
    """

    def __init__(self, stddev: float, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.stddev = number("GaussianNoise", "stddev", stddev, 0.0, 1.0)

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or self.stddev == 0.0:
            return inputs
        return inputs + self._normal(inputs.dims, 0.0, self.stddev, inputs.dtype)


class AlphaDropout(Dropout):
    """Dropout that keeps mean and variance of SELU activities: dropped values become their negative limit, then all are
    scaled and shifted (Klambauer et al. 2017).

    >>> import numpy as np, lamina
    >>> lamina.layers.AlphaDropout(0.5)(np.ones((2, 3), "float32"), training=True).shape
    (2, 3)
    """

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or self.rate == 0.0:
            return inputs
        limit = -1.6732632423543772 * 1.0507009873554805
        if self.rate == 1.0:
            return ops.zeros_like(inputs)
        factor = ((1.0 - self.rate) * (1.0 + self.rate * limit**2)) ** -0.5
        kept = self._kept(inputs)
        mixed = inputs * kept + (1.0 - kept) * limit
        return mixed * factor - factor * limit * self.rate


class ActivityRegularization(Layer):
    """Passes the input on and adds `l1 * sum(|x|) + l2 * sum(x^2)`, divided by the batch size, to the loss.

    >>> import numpy as np, lamina
    >>> lamina.layers.ActivityRegularization(l2=0.1)(np.ones((2, 3), "float32")).shape
    (2, 3)
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = float(l1), float(l2)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["activity_regularizer"]  # made of l1 and l2
        return config
