"""Layers that move values without changing them: Flatten, Reshape, Permute, RepeatVector, padding and cropping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import _core, ops
from ..checks import explain, integer, is_integer
from ..config import standardize_data_format
from .input_spec import InputSpec
from .layer import Layer
from .support import channels_to_last


class Flatten(Layer):
    """All axes but the batch become one.

    Input (batch, ...), output (batch, product of the rest). With 'channels_first' the channels are moved to the end
    before.

    >>> import numpy as np, lamina
    >>> lamina.layers.Flatten()(np.ones((2, 3, 4), "float32")).shape
    (2, 12)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        if self.data_format == "channels_first" and inputs.ndim > 2:
            inputs = channels_to_last(inputs)
        rest = inputs.shape[1:]
        return ops.reshape(inputs, (inputs.dims[0], -1 if None in rest else math.prod(rest)))


class Reshape(Layer):
    """The values of each sample in another shape; one size may be -1, and follows from the others.

    >>> import numpy as np, lamina
    >>> lamina.layers.Reshape((-1, 2))(np.ones((5, 6), "float32")).shape
    (5, 3, 2)
    """

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        sizes: Any = (target_shape,) if is_integer(target_shape) else target_shape
        listed = isinstance(sizes, (list, tuple))
        self.target_shape: tuple[int, ...] = tuple(-1 if n is None else n for n in sizes) if listed else ()
        wrong = any(not is_integer(n) or (n < 0 and n != -1) for n in self.target_shape)
        if not listed or wrong or self.target_shape.count(-1) > 1:
            raise ValueError(
                explain(
                    "Reshape: `target_shape` is not a shape.",
                    "integers of at least 0 without the batch axis, one of which may be -1",
                    f"target_shape={target_shape}",
                    "name the sizes of one sample.",
                )
            )

    def call(self, inputs: Any) -> Any:
        target, rest = list(self.target_shape), inputs.shape[1:]
        if None not in rest:
            given, wanted = math.prod(rest), math.prod(n for n in target if n != -1)
            if -1 in target and wanted and given % wanted == 0:
                target[target.index(-1)] = given // wanted
            if math.prod(target) != given:
                raise ValueError(
                    explain(
                        "Reshape: the number of values of a sample would change.",
                        f"target sizes whose product is {given}, as the input has shape {inputs.shape}",
                        f"target_shape={self.target_shape}",
                        "choose other sizes, or -1 for the one that follows.",
                    )
                )
        return ops.reshape(inputs, (inputs.dims[0], *target))


class Permute(Layer):
    """Another order of the axes; `dims` counts them from 1, without the batch.

    >>> import numpy as np, lamina
    >>> lamina.layers.Permute((2, 1))(np.ones((5, 3, 4), "float32")).shape
    (5, 4, 3)
    """

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims) if isinstance(dims, (list, tuple)) else ()
        if not self.dims or not all(map(is_integer, self.dims)) or {*self.dims} != {*range(1, len(self.dims) + 1)}:
            raise ValueError(
                explain(
                    "Permute: `dims` is not an order of the axes.",
                    f"the numbers 1 to {len(self.dims) or 'the number of axes'}, each once, in a tuple",
                    f"dims={dims!r}",
                    "count the axes from 1, without the batch.",
                )
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, (0, *self.dims))


class RepeatVector(Layer):
    """Input (batch, features), output (batch, n, features): the same vector n times.

    >>> import numpy as np, lamina
    >>> lamina.layers.RepeatVector(3)(np.ones((5, 2), "float32")).shape
    (5, 3, 2)
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = integer("RepeatVector", "n", n)
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        batch, features = inputs.dims
        return _core.ops.broadcast_to(ops.expand_dims(inputs, 1), shape=[batch, self.n, features])


def _pairs(owner: str, name: str, value: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """Amounts before and after each of `rank` axes, from an int, an int per axis, or a pair per axis."""
    values: Any = value
    if is_integer(value):
        values = (value,) * rank
    elif rank == 1 and isinstance(value, (list, tuple)) and len(value) == 2:
        values = (value,)
    pairs = []
    if isinstance(values, (list, tuple)) and len(values) == rank:
        pairs = [(v, v) if is_integer(v) else v for v in values]
    good = pairs and all(
        isinstance(p, (list, tuple)) and len(p) == 2 and all(is_integer(n) and n >= 0 for n in p) for p in pairs
    )
    if not good:
        raise ValueError(
            explain(
                f"{owner}: `{name}` does not describe {rank} spatial axes.",
                f"an integer, {rank} integers, or {rank} pairs (before, after), all at least 0",
                f"{name}={value!r}",
                f"pass e.g. {name}=1.",
            )
        )
    return tuple((int(a), int(b)) for a, b in pairs)


class _Border(Layer):
    """Changes the border of the spatial axes."""

    rank: int

    def _set_up(self, name: str, value: Any, data_format: str | None) -> tuple[tuple[int, int], ...]:
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        return _pairs(type(self).__name__, name, value, self.rank)

    def _all_axes(self, pairs: Any) -> list[tuple[int, int]]:
        none = (0, 0)
        return [none, *pairs, none] if self.data_format == "channels_last" else [none, none, *pairs]


class _ZeroPadding(_Border):
    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        pairs = self._set_up("padding", padding, data_format)
        self.padding: Any = pairs if self.rank > 1 else pairs[0]

    def call(self, inputs: Any) -> Any:
        pairs = self._all_axes(self.padding if self.rank > 1 else (self.padding,))
        return _core.ops.pad(inputs, low=[a for a, _ in pairs], high=[b for _, b in pairs], value=0.0)


class ZeroPadding1D(_ZeroPadding):
    """Zeros before and after the steps: `padding` is an int, or (before, after). Input (batch, steps, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.ZeroPadding1D(2)(np.ones((1, 3, 4), "float32")).shape
    (1, 7, 4)
    """

    rank = 1


class ZeroPadding2D(_ZeroPadding):
    """Zeros around images: `padding` is an int, (rows, columns), or ((top, bottom), (left, right)).

    >>> import numpy as np, lamina
    >>> lamina.layers.ZeroPadding2D((1, 2))(np.ones((1, 3, 4, 2), "float32")).shape
    (1, 5, 8, 2)
    """

    rank = 2


class ZeroPadding3D(_ZeroPadding):
    """Zeros around volumes: `padding` is an int, three ints, or three pairs.

    >>> import numpy as np, lamina
    >>> lamina.layers.ZeroPadding3D(1)(np.ones((1, 2, 2, 2, 1), "float32")).shape
    (1, 4, 4, 4, 1)
    """

    rank = 3


class _Cropping(_Border):
    def _crop(self, cropping: Any, data_format: str | None) -> None:
        pairs = self._set_up("cropping", cropping, data_format)
        self.cropping: Any = pairs if self.rank > 1 else pairs[0]

    def call(self, inputs: Any) -> Any:
        pairs = self._all_axes(self.cropping if self.rank > 1 else (self.cropping,))
        if any(n is not None and a + b >= n and a + b for n, (a, b) in zip(inputs.shape, pairs)):
            raise ValueError(
                explain(
                    f"{type(self).__name__}: nothing would be left.",
                    "less cropping than the input has values on each axis",
                    f"cropping={self.cropping} for an input of shape {inputs.shape}",
                    "crop less.",
                )
            )
        starts = [a for a, _ in pairs]
        stops = [n - b if b else n for n, (_, b) in zip(inputs.dims, pairs)]
        return _core.ops.slice(inputs, starts=starts, stops=stops, strides=[1] * inputs.ndim)


class Cropping1D(_Cropping):
    """Leaves out steps: `cropping` is an int, or (at the start, at the end). Input (batch, steps, channels).

    >>> import numpy as np, lamina
    >>> lamina.layers.Cropping1D(1)(np.ones((1, 5, 2), "float32")).shape
    (1, 3, 2)
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._crop(cropping, "channels_last")


class Cropping2D(_Cropping):
    """Leaves out rows and columns: `cropping` is an int, (rows, columns), or ((top, bottom), (left, right)).

    >>> import numpy as np, lamina
    >>> lamina.layers.Cropping2D(((1, 0), (2, 2)))(np.ones((1, 5, 6, 1), "float32")).shape
    (1, 4, 2, 1)
    """

    rank = 2

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._crop(cropping, data_format)


class Cropping3D(_Cropping):
    """Leaves out the border of volumes: `cropping` is an int, three ints, or three pairs.

    >>> import numpy as np, lamina
    >>> lamina.layers.Cropping3D(1)(np.ones((1, 4, 4, 4, 1), "float32")).shape
    (1, 2, 2, 2, 1)
    """

    rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._crop(cropping, data_format)
