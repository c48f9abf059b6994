"""Pooling into a given number of windows, whatever size the input has."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..checks import integers
from ..config import standardize_data_format
from .input_spec import InputSpec
from .layer import Layer
from .support import keeps_whole_numbers


class BaseAdaptivePooling(Layer):
    """`reduce` of `output_size` windows that cover each spatial axis evenly.

    Window i of an axis of n entries goes from floor(i * n / size) up to ceil((i + 1) * n / size); windows overlap where
    n is not divisible, and repeat entries where n is smaller. Sizes may be unknown.
    """

    rank: int
    reduce: Any

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.output_size = integers(type(self).__name__, "output_size", output_size, self.rank)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Any:
        return type(self).reduce(inputs, self.output_size, self.data_format)


class _AdaptiveMax(BaseAdaptivePooling):
    reduce = staticmethod(ops.adaptive_max_pool)
    call = keeps_whole_numbers(BaseAdaptivePooling.call)


class _AdaptiveAverage(BaseAdaptivePooling):
    reduce = staticmethod(ops.adaptive_average_pool)


class AdaptiveMaxPooling1D(_AdaptiveMax):
    """Largest values of `output_size` windows of steps: input (batch, steps, channels).

    >>> import numpy as np, lamina
    >>> x = np.array([[[1.0], [5.0], [2.0]]], "float32")
    >>> lamina.layers.AdaptiveMaxPooling1D(2)(x).numpy().ravel().tolist()
    [5.0, 5.0]
    """

    rank = 1


class AdaptiveMaxPooling2D(_AdaptiveMax):
    """Largest values of `output_size` (an int, or rows and columns) windows: input (batch, rows, columns, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.AdaptiveMaxPooling2D((3, 2))(np.ones((1, 8, 7, 3), "float32")).shape
    (1, 3, 2, 3)
    """

    rank = 2


class AdaptiveMaxPooling3D(_AdaptiveMax):
    """Largest values of `output_size` (an int or three) windows: input (batch, depth, rows, columns, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.AdaptiveMaxPooling3D(2)(np.ones((1, 4, 5, 6, 1), "float32")).shape
    (1, 2, 2, 2, 1)
    """

    rank = 3


class AdaptiveAveragePooling1D(_AdaptiveAverage):
    """Means of `output_size` windows of steps: input (batch, steps, channels).

    >>> import numpy as np, lamina
    >>> x = np.array([[[1.0], [5.0], [2.0]]], "float32")
    >>> lamina.layers.AdaptiveAveragePooling1D(2)(x).numpy().ravel().tolist()
    [3.0, 3.5]
    """

    rank = 1


class AdaptiveAveragePooling2D(_AdaptiveAverage):
    """Means of `output_size` (an int, or rows and columns) windows: input (batch, rows, columns, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.AdaptiveAveragePooling2D(1)(np.ones((1, 8, 7, 3), "float32")).shape
    (1, 1, 1, 3)
    """

    rank = 2


class AdaptiveAveragePooling3D(_AdaptiveAverage):
    """Means of `output_size` (an int or three) windows: input (batch, depth, rows, columns, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.AdaptiveAveragePooling3D((1, 2, 3))(np.ones((1, 4, 5, 6, 1), "float32")).shape
    (1, 1, 2, 3, 1)
    """

    rank = 3
