"""Pooling layers: maxima and averages of windows, or of all positions; one class for every number of spatial axes."""

from __future__ import annotations

from typing import Any

from .. import _core, ops
from ..checks import choice, integers
from ..config import standardize_data_format
from .input_spec import InputSpec
from .layer import Layer
from .support import channels_to_first, channels_to_last, check_windows, keeps_whole_numbers, to_float


class BasePooling(Layer):
    """`reduce` of windows of `pool_size` positions, `strides` (by default the window's size) apart."""

    rank: int
    reduce: Any

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        owner = type(self).__name__
        self.pool_size = integers(owner, "pool_size", pool_size, self.rank)
        self.strides = self.pool_size if strides is None else integers(owner, "strides", strides, self.rank)
        self.padding = choice(owner, "padding", padding, ("valid", "same"))
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Any:
        check_windows(self, inputs.shape, self.pool_size, self.padding, self.data_format)
        channels_first = self.data_format == "channels_first"
        outputs = type(self).reduce(
            channels_to_last(inputs) if channels_first else inputs,
            window=list(self.pool_size),
            strides=list(self.strides),
            padding=self.padding,
        )
        return channels_to_first(outputs) if channels_first else outputs


class _Max(BasePooling):
    reduce = staticmethod(lambda x, **window: _core.ops.max_pool(x, **window))
    call = keeps_whole_numbers(BasePooling.call)


class _Average(BasePooling):
    reduce = staticmethod(lambda x, **window: _core.ops.average_pool(x, **window))

    def call(self, inputs: Any) -> Any:
        return super().call(to_float(self, inputs))


class MaxPooling1D(_Max):
    """Largest value of each window of steps: input (batch, steps, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.MaxPooling1D(2)(np.array([[[1.0], [5.0], [2.0], [3.0]]], "float32")).numpy().ravel().tolist()
    [5.0, 3.0]
    """

    rank = 1


class MaxPooling2D(_Max):
    """Largest value of each window: input (batch, rows, columns, channels).

    Output size: floor((size - pool) / strides) + 1 for 'valid', ceil(size / strides) for 'same'.

    >>> import numpy as np, lamina
    >>> lamina.layers.MaxPooling2D()(np.ones((1, 5, 4, 3), "float32")).shape
    (1, 2, 2, 3)
    """

    rank = 2


class MaxPooling3D(_Max):
    """Largest value of each window: input (batch, depth, rows, columns, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.MaxPooling3D()(np.ones((1, 4, 4, 4, 1), "float32")).shape
    (1, 2, 2, 2, 1)
    """

    rank = 3


class AveragePooling1D(_Average):
    """Mean of each window of steps (padding does not count): input (batch, steps, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.AveragePooling1D(2)(np.array([[[1.0], [5.0]]], "float32")).numpy().ravel().tolist()
    [3.0]
    """

    rank = 1


class AveragePooling2D(_Average):
    """Mean of each window (padding does not count): input (batch, rows, columns, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.AveragePooling2D(padding="same")(np.ones((1, 5, 4, 3), "float32")).shape
    (1, 3, 2, 3)
    """

    rank = 2


class AveragePooling3D(_Average):
    """Mean of each window (padding does not count): input (batch, depth, rows, columns, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.AveragePooling3D()(np.ones((1, 4, 4, 4, 1), "float32")).shape
    (1, 2, 2, 2, 1)
    """

    rank = 3


class BaseGlobalPooling(Layer):
    """`reduce` of all positions; with `keepdims` the spatial axes stay, with size 1."""

    rank: int
    reduce: Any

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.keepdims = bool(keepdims)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _axes(self) -> tuple[int, ...]:
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def call(self, inputs: Any) -> Any:
        return type(self).reduce(inputs, axis=self._axes(), keepdims=self.keepdims)


class _GlobalMax(BaseGlobalPooling):
    reduce = staticmethod(lambda x, **axes: ops.max(x, **axes))


class _GlobalAverage(BaseGlobalPooling):
    reduce = staticmethod(lambda x, **axes: ops.mean(x, **axes))


class GlobalMaxPooling1D(_GlobalMax):
    """Largest value over all steps: input (batch, steps, channels), output (batch, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.GlobalMaxPooling1D()(np.ones((2, 5, 3), "float32")).shape
    (2, 3)
    """

    rank = 1


class GlobalMaxPooling2D(_GlobalMax):
    """Largest value over the image: input (batch, rows, columns, channels), output (batch, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.GlobalMaxPooling2D()(np.ones((2, 5, 5, 3), "float32")).shape
    (2, 3)
    """

    rank = 2


class GlobalMaxPooling3D(_GlobalMax):
    """Largest value over the volume: input (batch, depth, rows, columns, channels), output (batch, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.GlobalMaxPooling3D()(np.ones((2, 3, 3, 3, 4), "float32")).shape
    (2, 4)
    """

    rank = 3


class GlobalAveragePooling1D(_GlobalAverage):
    """Mean over all steps: input (batch, steps, channels), output (batch, channels). Masked steps do not count.

    >>> import numpy as np, lamina
    >>> lamina.layers.GlobalAveragePooling1D()(np.ones((2, 5, 3), "float32")).shape
    (2, 3)
    """

    rank = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return super().call(inputs)
        mask = ops.expand_dims(ops.cast(mask, "bool"), 2 if self.data_format == "channels_last" else 1)
        options: dict[str, Any] = {"axis": self._axes(), "keepdims": self.keepdims}
        count = ops.sum(ops.cast(mask, inputs.dtype), **options)
        return ops.sum(ops.where(mask, inputs, 0.0), **options) / count

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None


class GlobalAveragePooling2D(_GlobalAverage):
    """Mean over the image: input (batch, rows, columns, channels), output (batch, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.GlobalAveragePooling2D(keepdims=True)(np.ones((2, 5, 5, 3), "float32")).shape
    (2, 1, 1, 3)
    """

    rank = 2


class GlobalAveragePooling3D(_GlobalAverage):
    """Mean over the volume: input (batch, depth, rows, columns, channels), output (batch, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.GlobalAveragePooling3D()(np.ones((2, 3, 3, 3, 4), "float32")).shape
    (2, 4)
    """

    rank = 3


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D, GlobalAvgPool3D = (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
)
