"""The layer that shifts and scales features by their mean and variance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import config, ops
from ...checks import axis_in_range, explain, is_integer
from ..layer import Layer
from ..support import in_float32, size_of_axis
from .adapt import batches, numbers, require_numbers

_PART = 2**20  # numbers


class Normalization(Layer):
    """`(inputs - mean) / sqrt(variance)`, with a mean and a variance for each entry of `axis`; with `invert` back.

    `axis` is an int, several of them, or None for one mean and variance of all. They are given as `mean` and `variance`
    (numbers or arrays, broadcast to these axes), or found by `adapt(data)`, which keeps them as weights `mean`,
    `variance` and `count`. ValueError when only one is given, or when they do not fit the axes.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.Normalization(mean=3.0, variance=2.0)
    >>> layer(np.array([[1.0], [2.0], [3.0]], "float32")).numpy().ravel().tolist()
    [-1.4142135381698608, -0.7071067690849304, 0.0]
    >>> layer = lamina.layers.Normalization(axis=None)
    >>> layer.adapt(np.array([1.0, 2.0, 3.0, 4.0, 5.0], "float32"))
    >>> float(layer.mean), float(layer.variance)
    (3.0, 2.0)
    """

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        axes = () if axis is None else (axis,) if is_integer(axis) else axis
        if not isinstance(axes, (list, tuple)) or not all(map(is_integer, axes)):
            raise ValueError(
                explain(
                    "Normalization: `axis` names no axes.",
                    "an integer, several integers or None",
                    f"axis={axis!r}",
                    "pass e.g. axis=-1.",
                )
            )
        self.axis = tuple(map(int, axes))
        self.input_mean, self.input_variance = self._statistics(mean, variance)
        self.invert = bool(invert)
        self.supports_masking = True

    def _statistics(self, mean: Any, variance: Any) -> tuple[np.ndarray | None, np.ndarray | None]:
        """What is given, as arrays."""
        if mean is None and variance is None:
            return None, None
        given = [np.asarray(value, "float64") for value in (mean, variance) if value is not None]
        if len(given) == 2 and given[0].shape == given[1].shape and given[0].ndim <= len(self.axis):
            if not (given[1] >= 0).all():
                raise ValueError(
                    explain(
                        "Normalization: a variance is negative.",
                        "numbers of at least 0",
                        f"variance={variance!r}",
                        "pass the squares of the standard deviations.",
                    )
                )
            return given[0], given[1]
        raise ValueError(
            explain(
                "Normalization: `mean` and `variance` do not go together.",
                f"both, of one shape, with at most {len(self.axis)} axes as axis={self.axis}",
                f"mean={mean!r}, variance={variance!r}",
                "pass both or none; more axes need a longer `axis`.",
            )
        )

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        self._kept = tuple(sorted(axis_in_range("Normalization", axis, rank) for axis in self.axis))
        sizes = tuple(size_of_axis(self, input_shape, axis, "features") for axis in self._kept)
        self._spread = [1] * rank
        for axis, size in zip(self._kept, sizes):
            self._spread[axis] = size
        if self.input_mean is not None and self.input_variance is not None:
            try:
                given = [np.broadcast_to(v, sizes) for v in (self.input_mean, self.input_variance)]
            except ValueError:
                raise ValueError(
                    explain(
                        "Normalization: `mean` and `variance` do not fit the input.",
                        f"shapes that broadcast to {sizes}, the sizes of axis={self.axis}",
                        f"shape {self.input_mean.shape} for an input of shape {tuple(input_shape)}",
                        "pass one number for each feature.",
                    )
                ) from None
            self._given = [value.reshape(self._spread) for value in given]
            return
        self.adapt_mean = self.add_weight(sizes, "zeros", trainable=False, name="mean")
        self.adapt_variance = self.add_weight(sizes, "ones", trainable=False, name="variance")
        # Older versions of Keras counted; it is kept so that their files fit.
        self.count = self.add_weight((), "zeros", dtype="int32", trainable=False, name="count")

    def _moments(self, dtype: str) -> list[Any]:
        """Mean and variance, of a shape that broadcasts to the inputs."""
        if self.input_mean is not None:
            return [ops.cast(ops.convert_to_tensor(value), dtype) for value in self._given]
        return [ops.reshape(ops.cast(v, dtype), self._spread) for v in (self.adapt_mean, self.adapt_variance)]

    @property
    def mean(self) -> Any:
        """The mean that inputs are shifted by; None before the layer is built."""
        return self._moments(self.compute_dtype)[0] if self.built else None

    @property
    def variance(self) -> Any:
        """The variance that inputs are scaled by; None before the layer is built."""
        return self._moments(self.compute_dtype)[1] if self.built else None

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Finds the mean and the variance of `data`: an array, a dataset, or batches; at most `steps` of them.

        What was found before is forgotten. ValueError when `mean` and `variance` were given, and for other features
        than the layer was built for.
        """
        if self.input_mean is not None:
            raise ValueError(
                explain(
                    "Normalization: mean and variance are known already.",
                    "a layer made without `mean` and `variance`",
                    "a call of `adapt`",
                    "leave out these arguments, or do not adapt.",
                )
            )
        total: Any = (0, 0.0, 0.0)
        for batch in batches("Normalization", data, steps):
            require_numbers("Normalization", batch)
            if not self.built:
                self.build(batch.shape)
            self._check_batch(batch.shape)
            reduced = tuple(axis for axis in range(batch.ndim) if axis not in self._kept)
            for part in _parts(batch) if 0 in reduced else [batch]:
                values = numbers("Normalization", part)
                count = math.prod(values.shape[axis] for axis in reduced)
                if count:
                    total = _joined(total, (count, values.mean(axis=reduced), values.var(axis=reduced)))
        if not total[0]:
            raise ValueError(
                explain(
                    "Normalization: there is nothing to adapt to.",
                    "one sample or more",
                    "batches without samples",
                    "check the data.",
                )
            )
        self.adapt_mean.assign(total[1])
        self.adapt_variance.assign(total[2])

    def _check_batch(self, shape: tuple[int, ...]) -> None:
        if len(shape) != len(self._spread) or any(shape[axis] != self._spread[axis] for axis in self._kept):
            wanted = tuple(n if axis in self._kept else None for axis, n in enumerate(self._spread))
            raise ValueError(
                explain(
                    "Normalization: the data do not fit what it was built for.",
                    f"arrays of shape {wanted}, where None is any size",
                    f"shape {shape}",
                    "adapt a new layer, or reshape the data.",
                )
            )

    def finalize_state(self) -> None:
        """Nothing: the layer reads mean and variance from its weights in each call."""

    @in_float32
    def call(self, inputs: Any) -> Any:
        mean, variance = self._moments(inputs.dtype)
        deviation = ops.maximum(ops.sqrt(variance), config.epsilon())
        return inputs * deviation + mean if self.invert else (inputs - mean) / deviation

    def get_config(self) -> dict[str, Any]:
        given = (None if v is None else v.tolist() for v in (self.input_mean, self.input_variance))
        return {**super().get_config(), **dict(zip(("mean", "variance"), given))}


def _parts(batch: np.ndarray) -> Iterator[np.ndarray]:
    """A large batch in pieces, of which copies in double precision are small."""
    rows = max(1, _PART // max(1, math.prod(batch.shape[1:])))
    return (batch[start : start + rows] for start in range(0, len(batch), rows))


def _joined(one: Any, other: Any) -> Any:
    """Count, mean and variance of two groups together (Chan et al., 1979)."""
    count = one[0] + other[0]
    share = other[0] / count
    mean = one[1] + (other[1] - one[1]) * share
    variance = (one[2] + (one[1] - mean) ** 2) * (1.0 - share) + (other[2] + (other[1] - mean) ** 2) * share
    return count, mean, variance
