"""Layers of several inputs: Add, Concatenate and relatives; each also as a function of a list of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..checks import axis_in_range, differ, explain, is_integer
from .layer import Layer


class Merge(Layer):
    """Base of the layers that combine a list of inputs element by element; sizes of 1 and missing axes are repeated.

    Inputs of lower rank get axes of size 1 after the batch. Where all inputs are masked, so is the output.
    """

    minimum_inputs = 1
    maximum_inputs: int | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def _shapes(self, input_shape: Any) -> list[tuple[int | None, ...]]:
        listed = isinstance(input_shape, (list, tuple)) and all(isinstance(s, (list, tuple)) for s in input_shape)
        count = len(input_shape) if listed else 0
        if count < self.minimum_inputs or (self.maximum_inputs is not None and count > self.maximum_inputs):
            exactly = self.maximum_inputs == self.minimum_inputs
            raise ValueError(
                explain(
                    f"{type(self).__name__}: the inputs do not come as a list that can be merged.",
                    f"a list of {'exactly' if exactly else 'at least'} {self.minimum_inputs} tensors",
                    f"{count} tensors of shapes {input_shape}" if listed else f"one tensor of shape {input_shape}",
                    f"call the layer as {type(self).__name__}()([a, b]).",
                )
            )
        return [tuple(shape) for shape in input_shape]

    def build(self, input_shape: Any = ()) -> None:
        shapes = self._shapes(input_shape)
        rank = max(map(len, shapes))
        batches = {shape[0] for shape in shapes if shape} - {None}
        padded = [shape[:1] + (1,) * (rank - len(shape)) + shape[1:] for shape in shapes]
        clash = any(len({n for n in sizes if n not in (None, 1)}) > 1 for sizes in zip(*[p[1:] for p in padded]))
        if len(batches) > 1 or clash:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: the inputs do not fit together.",
                    "the same batch size, and equal sizes (or 1) on every other axis",
                    f"inputs of shapes {', '.join(map(str, shapes))}",
                    "reshape or project the inputs to one shape first.",
                )
            )

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            self._shapes(inputs.shape)
        rank = max(x.ndim for x in inputs)
        return self._merge([ops.reshape(x, self._raised(x.dims, rank)) if x.ndim < rank else x for x in inputs])

    def _raised(self, dims: Any, rank: int) -> list[Any]:
        return [dims[0], *[1] * (rank - len(dims)), *dims[1:]]

    def _merge(self, inputs: list[Any]) -> Any:
        raise NotImplementedError(
            explain(
                f"{type(self).__name__}: there is no rule to merge by.",
                "a method `_merge(self, inputs)`",
                "none in the class",
                "write it; it gets a list of tensors of one rank.",
            )
        )

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        masks = list(previous_mask) if isinstance(previous_mask, (list, tuple)) else [previous_mask]
        if any(mask is None for mask in masks):
            return None
        merged = masks[0]
        for mask in masks[1:]:
            merged = ops.logical_or(merged, mask)
        return merged


def _spread_mask(mask: Any, x: Any) -> Any:
    """The mask of a tensor with the tensor's own shape."""
    return ops.logical_or(ops.expand_dims(mask, -1), ops.zeros_like(x, dtype="bool")) if mask.ndim < x.ndim else mask


class Add(Merge):
    """Sum of the inputs.

    >>> import numpy as np, lamina
    >>> lamina.layers.Add()([np.ones((1, 2), "float32")] * 3).numpy().tolist()
    [[3.0, 3.0]]
    """

    def _merge(self, inputs: list[Any]) -> Any:
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total


class Average(Add):
    """Mean of the inputs.

    >>> import numpy as np, lamina
    >>> lamina.layers.Average()([np.ones((1, 2), "float32"), np.zeros((1, 2), "float32")]).numpy().tolist()
    [[0.5, 0.5]]
    """

    def _merge(self, inputs: list[Any]) -> Any:
        return super()._merge(inputs) * (1.0 / len(inputs))


class Subtract(Merge):
    """First input minus second; exactly two inputs.

    >>> import numpy as np, lamina
    >>> lamina.layers.Subtract()([np.ones((1, 2), "float32")] * 2).numpy().tolist()
    [[0.0, 0.0]]
    """

    minimum_inputs = maximum_inputs = 2

    def _merge(self, inputs: list[Any]) -> Any:
        return inputs[0] - inputs[1]


class Multiply(Merge):
    """Product of the inputs; masked entries count as 1.

    >>> import numpy as np, lamina
    >>> lamina.layers.Multiply()([np.full((1, 2), 3.0, "float32")] * 2).numpy().tolist()
    [[9.0, 9.0]]
    """

    def _merge(self, inputs: list[Any]) -> Any:
        product: Any = None
        for x in inputs:
            mask = getattr(x, "_keras_mask", None)
            if mask is not None:
                x = ops.where(_spread_mask(mask, x), x, 1.0)
            product = x if product is None else product * x
        return product


class _Extreme(Merge):
    """Element-wise choice; a masked entry leaves it to the other inputs."""

    def _choose(self, a: Any, b: Any) -> Any:
        raise NotImplementedError

    def _merge(self, inputs: list[Any]) -> Any:
        output, output_mask = inputs[0], getattr(inputs[0], "_keras_mask", None)
        if output_mask is not None:
            output_mask = _spread_mask(output_mask, output)
        for x in inputs[1:]:
            mask = getattr(x, "_keras_mask", None)
            if mask is not None:
                mask = _spread_mask(mask, x)
                x = ops.where(mask, x, output)
            if output_mask is not None:
                output = ops.where(output_mask, output, x)
                output_mask = None if mask is None else ops.logical_or(output_mask, mask)
            output = self._choose(output, x)
        return output


class Maximum(_Extreme):
    """Largest of the inputs, element by element.

    >>> import numpy as np, lamina
    >>> lamina.layers.Maximum()([np.ones((1, 2), "float32"), np.zeros((1, 2), "float32")]).numpy().tolist()
    [[1.0, 1.0]]
    """

    def _choose(self, a: Any, b: Any) -> Any:
        return ops.maximum(a, b)


class Minimum(_Extreme):
    """Smallest of the inputs, element by element.

    >>> import numpy as np, lamina
    >>> lamina.layers.Minimum()([np.ones((1, 2), "float32"), np.zeros((1, 2), "float32")]).numpy().tolist()
    [[0.0, 0.0]]
    """

    def _choose(self, a: Any, b: Any) -> Any:
        return ops.minimum(a, b)


class Concatenate(Merge):
    """The inputs one after the other along `axis`; all other sizes must agree.

    >>> import numpy as np, lamina
    >>> lamina.layers.Concatenate()([np.ones((2, 3), "float32"), np.ones((2, 1), "float32")]).shape
    (2, 4)
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not is_integer(axis):
            raise ValueError(
                explain(
                    "Concatenate: `axis` is not an axis.", "an integer", f"axis={axis!r}", "use -1 for the last axis."
                )
            )
        self.axis = int(axis)

    def build(self, input_shape: Any = ()) -> None:
        shapes = self._shapes(input_shape)
        ranks = {len(shape) for shape in shapes}
        axis = axis_in_range("Concatenate", self.axis, len(shapes[0]))
        clash = len(ranks) == 1 and any(
            len(set(sizes) - {None}) > 1 for i, sizes in enumerate(zip(*shapes)) if i != axis
        )
        if len(ranks) > 1 or clash:
            raise ValueError(
                explain(
                    "Concatenate: the inputs do not fit together.",
                    f"equal ranks and equal sizes on all axes but {self.axis}",
                    f"inputs of shapes {', '.join(map(str, shapes))}",
                    "choose another `axis`, or reshape, crop or pad the inputs first.",
                )
            )

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            self._shapes(inputs.shape)
        return ops.concatenate(list(inputs), axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if previous_mask is None or all(mask is None for mask in previous_mask):
            return None
        masks = [
            ops.ones_like(x, dtype="bool") if mask is None else _spread_mask(mask, x)
            for x, mask in zip(inputs, previous_mask)
        ]
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)


class Dot(Merge):
    """Sums of products of two inputs over one axis of each: `axes` is an int, or one for each input; never the batch.

    With `normalize` the inputs are divided by their L2 norms along these axes first: the result are cosines.

    >>> import numpy as np, lamina
    >>> lamina.layers.Dot(axes=1)([np.ones((2, 3), "float32"), np.ones((2, 3), "float32")]).numpy().tolist()
    [[3.0], [3.0]]
    """

    minimum_inputs = maximum_inputs = 2

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        pair = (axes, axes) if is_integer(axes) else axes
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(map(is_integer, pair)):
            raise ValueError(
                explain(
                    "Dot: `axes` does not name an axis of each input.",
                    "an integer, or two integers",
                    f"axes={axes!r}",
                    "use e.g. axes=-1, or axes=(2, 1).",
                )
            )
        self.axes = axes
        self.normalize = bool(normalize)

    def _pair(self, ranks: Sequence[int]) -> list[int]:
        axes = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        return [axis_in_range("Dot", axis, rank, "axes") for axis, rank in zip(axes, ranks)]

    def build(self, input_shape: Any = ()) -> None:
        shapes = self._shapes(input_shape)
        a, b = self._pair([len(shape) for shape in shapes])
        unequal = differ(shapes[0][a], shapes[1][b]) or differ(shapes[0][0], shapes[1][0])
        if 0 in (a, b) or unequal or min(map(len, shapes)) < 2:
            raise ValueError(
                explain(
                    "Dot: the inputs cannot be multiplied over these axes.",
                    "one batch size, and axes of equal size other than the batch",
                    f"axes {a} and {b} of inputs of shapes {shapes[0]} and {shapes[1]}",
                    "choose other `axes`.",
                )
            )

    def call(self, inputs: Any) -> Any:
        x, y = inputs
        a, b = self._pair([x.ndim, y.ndim])
        if self.normalize:
            x, y = ops.normalize(x, axis=a), ops.normalize(y, axis=b)
        x, y = ops.moveaxis(x, a, -1), ops.moveaxis(y, b, 1)
        x_rest, y_rest = x.dims[1:-1], y.dims[2:]
        # One batched matrix product; the other axes of each input are put together for it.
        left = ops.reshape(x, (x.dims[0], _product(x_rest), x.dims[-1]))
        right = ops.reshape(y, (y.dims[0], y.dims[1], _product(y_rest)))
        product = ops.matmul(left, right)
        return ops.reshape(product, (product.dims[0], *((*x_rest, *y_rest) or (1,))))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None


def _product(dims: Sequence[Any]) -> Any:
    result: Any = 1
    for dim in dims:
        result = dim * result
    return result


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The function form of `Add`."""
    return Add(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The function form of `Average`."""
    return Average(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The function form of `Subtract`."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The function form of `Multiply`."""
    return Multiply(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The function form of `Maximum`."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The function form of `Minimum`."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """The function form of `Concatenate`."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Sequence[Any], axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """The function form of `Dot`."""
    return Dot(axes=axes, **kwargs)(inputs)
