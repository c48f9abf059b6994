"""Layers that enlarge the spatial axes by whole factors."""

from __future__ import annotations

from typing import Any

from .. import _core, ops
from ..checks import choice, integers
from ..config import standardize_data_format
from ..ops.image.common import to_dtype
from .input_spec import InputSpec
from .layer import Layer


class _UpSampling(Layer):
    """Each entry `size` times along each spatial axis."""

    rank: int
    data_format = "channels_last"

    def _set_up(self, size: Any) -> tuple[int, ...]:
        self.input_spec = InputSpec(ndim=self.rank + 2)
        return integers(type(self).__name__, "size", size, self.rank)

    def _factors(self) -> list[int]:
        """What each axis is enlarged by."""
        size = (self.size,) if self.rank == 1 else self.size
        return [1, *size, 1] if self.data_format == "channels_last" else [1, 1, *size]

    size: Any

    def call(self, inputs: Any) -> Any:
        factors = self._factors()
        single, repeated, merged = [], [], []
        for dim, factor in zip(inputs.dims, factors):
            single += [dim] if factor == 1 else [dim, 1]
            repeated += [dim] if factor == 1 else [dim, factor]
            merged.append(dim * factor)
        return ops.reshape(_core.ops.broadcast_to(ops.reshape(inputs, single), shape=repeated), merged)


class UpSampling1D(_UpSampling):
    """Each step `size` times: input (batch, steps, channels), output (batch, steps * size, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.UpSampling1D(2)(np.array([[[1.0], [5.0]]], "float32")).numpy().ravel().tolist()
    [1.0, 1.0, 5.0, 5.0]
    """

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size: int = self._set_up(size)[0]


class UpSampling2D(_UpSampling):
    """Images enlarged by `size` (an int, or one for rows and one for columns): input (batch, rows, columns, channels).

    `interpolation`: 'nearest' repeats each pixel; 'bilinear', 'bicubic', 'lanczos3' and 'lanczos5' are those of
    `lamina.ops.image.resize`.

    >>> import numpy as np, lamina
    >>> x = np.array([[[[0.0], [1.0]]]], "float32")
    >>> lamina.layers.UpSampling2D((1, 2), interpolation="bilinear")(x).numpy().ravel().tolist()
    [0.0, 0.25, 0.75, 1.0]
    """

    rank = 2

    def __init__(
        self, size: Any = (2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.size = self._set_up(size)
        self.interpolation = choice(
            "UpSampling2D", "interpolation", interpolation, ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        )

    def call(self, inputs: Any) -> Any:
        if self.interpolation == "nearest":
            return super().call(inputs)
        factors = self._factors()
        axes = [axis for axis, factor in enumerate(factors) if factor > 1]
        outputs = ops.image.scale_and_translate(
            inputs,
            [dim * factor for dim, factor in zip(inputs.dims, factors)],
            scale=[factors[axis] for axis in axes],
            translation=[0.0] * len(axes),
            spatial_dims=axes,
            method=self.interpolation,
            antialias=False,
        )
        return to_dtype(outputs, inputs.dtype)


class UpSampling3D(_UpSampling):
    """Volumes enlarged by `size` (an int or three): input (batch, depth, rows, columns, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.UpSampling3D((1, 2, 3))(np.ones((1, 2, 2, 2, 4), "float32")).shape
    (1, 2, 4, 6, 4)
    """

    rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.size = self._set_up(size)
