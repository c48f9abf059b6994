"""Layers that normalise each sample by itself: over axes, in groups of features, by a norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import _core, ops
from ..checks import axis_in_range, explain, features_axis, integer, is_integer, number
from .input_spec import InputSpec
from .layer import Layer
from .support import in_float32, size_of_axis
from .weights import add_weight, weight_arguments


class _OverAxes(Layer):
    """Statistics over `axis`, one axis or several."""

    axis: int | list[int]

    def _take_axis(self, axis: Any) -> None:
        named: Sequence[Any] = axis if isinstance(axis, (list, tuple)) else [axis]
        if not named or not all(map(is_integer, named)):
            raise TypeError(
                explain(
                    f"{type(self).__name__}: `axis` does not name axes.",
                    "an integer or a list of integers",
                    f"axis={axis!r}",
                    "name the axes to normalise over, -1 for the last.",
                )
            )
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else int(named[0])

    def _axes(self, rank: int) -> list[int]:
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        return sorted({axis_in_range(type(self).__name__, axis, rank) for axis in axes})

    def _sizes(self, input_shape: Any) -> list[int]:
        """The sizes of the axes: the shape of the weights."""
        return [size_of_axis(self, input_shape, axis, "size") for axis in self._axes(len(input_shape))]


class LayerNormalization(_OverAxes):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta`, statistics over `axis` (one or several) of each sample.

    `gamma` (if `scale`) and `beta` (if `center`) have the sizes of these axes (Ba et al. 2016). TypeError when `axis`
    is no integers, ValueError when one is not an axis of the input.

    >>> import numpy as np, lamina
    >>> lamina.layers.LayerNormalization()(np.array([[1.0, 3.0]], "float32")).numpy().round(2).tolist()
    [[-1.0, 1.0]]
    """

    @weight_arguments(beta="zeros", gamma="ones")
    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        **kwargs: Any,
    ) -> None:
        self.rms_scaling = bool(kwargs.pop("rms_scaling", False))  # of older Keras: no centring, gamma only
        super().__init__(**kwargs)
        self._take_axis(axis)
        self.epsilon = number("LayerNormalization", "epsilon", epsilon, low=0.0)
        self.center = bool(center)
        self.scale = bool(scale)
        self.supports_masking = True
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        self._axes(len(input_shape))
        if self.scale or self.rms_scaling:
            self.gamma = add_weight(self, "gamma", self._sizes(input_shape))
        if self.center and not self.rms_scaling:
            self.beta = add_weight(self, "beta", self._sizes(input_shape))

    @in_float32
    def call(self, inputs: Any) -> Any:
        axes = self._axes(inputs.ndim)
        if self.rms_scaling:
            return ops.layer_normalization(inputs, self.gamma.value, axis=axes, epsilon=self.epsilon, rms_scaling=True)
        sizes = [inputs.dims[axis] for axis in axes]
        gamma, beta = (
            _core.ops.fill(shape=sizes, value=start, dtype=inputs.dtype) if weight is None else weight.value
            for weight, start in ((self.gamma, 1.0), (self.beta, 0.0))
        )
        order = [axis for axis in range(inputs.ndim) if axis not in axes] + axes
        moved = order != sorted(order)
        x = ops.transpose(inputs, order) if moved else inputs
        outputs, _, _ = _core.ops.layer_norm(x, gamma, beta, epsilon=self.epsilon, axes=len(axes))
        return ops.transpose(outputs, [order.index(axis) for axis in range(inputs.ndim)]) if moved else outputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("rms_scaling", None)
        return {**config, "rms_scaling": True} if self.rms_scaling else config


class RMSNormalization(_OverAxes):
    """`scale * x / sqrt(mean(x^2) + epsilon)`, the mean over `axis` (one or several) of each sample.

    `scale` has the sizes of these axes (Zhang and Sennrich 2019). TypeError when `axis` is no integers, ValueError when
    one is not an axis of the input.

    >>> import numpy as np, lamina
    >>> lamina.layers.RMSNormalization()(np.array([[4.0, -4.0]], "float32")).numpy().round(2).tolist()
    [[1.0, -1.0]]
    """

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._take_axis(axis)
        self.epsilon = number("RMSNormalization", "epsilon", epsilon, low=0.0)
        self.scale: Any = None

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(self._sizes(input_shape), "ones", name="scale")

    @in_float32
    def call(self, inputs: Any) -> Any:
        axes = self._axes(inputs.ndim)
        scale = ops.reshape(self.scale.value, [n if i in axes else 1 for i, n in enumerate(inputs.shape)])
        return ops.rms_normalization(inputs, scale, axis=axes, epsilon=self.epsilon)


class UnitNormalization(_OverAxes):
    """x divided by its L2 norm over `axis` (one or several); a norm of 0 leaves zeros.

    TypeError when `axis` is no integers, ValueError when one is not an axis of the input.

    >>> import numpy as np, lamina
    >>> lamina.layers.UnitNormalization()(np.array([[0.0, 4.0], [0.0, 0.0]], "float32")).numpy().tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._take_axis(axis)
        self.supports_masking = True

    @in_float32
    def call(self, inputs: Any) -> Any:
        return ops.normalize(inputs, axis=self._axes(inputs.ndim), order=2, epsilon=1e-12)


class GroupNormalization(Layer):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta`, statistics over groups of neighbouring features.

    The features on `axis` are split into `groups` of equal size; mean and variance are those of a group at all
    positions of a sample (Wu and He 2018). One group is a layer normalization of the sample; `groups=-1` makes a group
    of each feature (instance normalization). ValueError for other groups below 1, and when they do not divide the
    features.

    >>> import numpy as np, lamina
    >>> lamina.layers.GroupNormalization(2)(np.array([[1.0, 3.0, 5.0, 9.0]], "float32")).numpy().round(2).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """

    @weight_arguments(beta="zeros", gamma="ones")
    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = "GroupNormalization"
        self.groups = -1 if is_integer(groups) and groups == -1 else integer(owner, "groups", groups)
        self.axis = features_axis(owner, axis)
        self.epsilon = number(owner, "epsilon", epsilon, low=0.0)
        self.center = bool(center)
        self.scale = bool(scale)
        self.supports_masking = True
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        axis = axis_in_range("GroupNormalization", self.axis, len(input_shape))
        features = size_of_axis(self, input_shape, axis, "number of features")
        if axis == 0 or (self.groups != -1 and features % self.groups):
            raise ValueError(
                explain(
                    "GroupNormalization: the features do not split into groups.",
                    f"a number of features divisible by groups={self.groups}, on another axis than the batch",
                    f"{features} features on axis {axis} of an input of shape {tuple(input_shape)}",
                    "change `groups`, `axis`, or the features of the layer before.",
                )
            )
        if self.scale:
            self.gamma = add_weight(self, "gamma", (features,))
        if self.center:
            self.beta = add_weight(self, "beta", (features,))
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: features})

    @in_float32
    def call(self, inputs: Any) -> Any:
        axis, rank = self.axis % inputs.ndim, inputs.ndim
        features = inputs.shape[axis]
        groups = features if self.groups == -1 else self.groups
        # First the moments of each feature, which are fast; those of a group follow from them.
        positions = [i for i in range(1, rank) if i != axis]
        still = (inputs, ops.zeros_like(inputs))
        mean, variance = ops.moments(inputs, positions, keepdims=True) if positions else still
        before, after = mean.dims[:axis], mean.dims[axis + 1 :]
        split, merged = (*before, groups, features // groups, *after), (*before, features, *after)
        means = ops.reshape(mean, split)
        mean = ops.mean(means, axis=axis + 1, keepdims=True)
        variance = ops.mean(ops.reshape(variance, split) + ops.square(means - mean), axis=axis + 1, keepdims=True)
        factor = ops.broadcast_to(ops.rsqrt(variance + self.epsilon), split)
        weight_shape = [1] * axis + [groups, features // groups] + [1] * (rank - axis - 1)
        gamma, beta = (
            start if weight is None else ops.reshape(weight.value, weight_shape)
            for weight, start in ((self.gamma, 1.0), (self.beta, 0.0))
        )
        factor = factor * gamma
        return inputs * ops.reshape(factor, merged) + ops.reshape(beta - mean * factor, merged)
