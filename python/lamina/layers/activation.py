"""Activation functions with parameters, as layers."""

from __future__ import annotations

from typing import Any

from .. import activations, ops
from ..checks import axis_in_range, explain, is_integer, number
from .input_spec import InputSpec
from .layer import Layer
from .support import size_of_axis
from .weights import add_weight, weight_arguments


class ReLU(Layer):
    """0 up to `threshold`, then x, cut at `max_value`; below the threshold `negative_slope * (x - threshold)`.

    >>> import numpy as np, lamina
    >>> lamina.layers.ReLU(max_value=6.0)(np.array([[-1.0, 8.0]], "float32")).numpy().tolist()
    [[0.0, 6.0]]
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else number("ReLU", "max_value", max_value, low=0.0)
        self.negative_slope = number("ReLU", "negative_slope", negative_slope, low=0.0)
        self.threshold = number("ReLU", "threshold", threshold, low=0.0)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """x where positive, else `negative_slope * x`.

    >>> import numpy as np, lamina
    >>> lamina.layers.LeakyReLU(0.5)(np.array([[-1.0, 2.0]], "float32")).numpy().tolist()
    [[-0.5, 2.0]]
    """

    _config_ignored = (*Layer._config_ignored, "alpha")

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        negative_slope = kwargs.pop("alpha", negative_slope)  # its name in Keras 2
        super().__init__(**kwargs)
        self.negative_slope = number("LeakyReLU", "negative_slope", negative_slope, low=0.0)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return ops.leaky_relu(inputs, self.negative_slope)


class ELU(Layer):
    """x where positive, else `alpha * (exp(x) - 1)`.

    >>> import numpy as np, lamina
    >>> lamina.layers.ELU()(np.array([[0.0, 2.0]], "float32")).numpy().tolist()
    [[0.0, 2.0]]
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = number("ELU", "alpha", alpha)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return ops.elu(inputs, self.alpha)


class PReLU(Layer):
    """x where positive, else `alpha * x` with a learned alpha for each feature.

    `shared_axes` (counted from 1) have one alpha for all their positions.

    >>> import numpy as np, lamina
    >>> lamina.layers.PReLU(alpha_initializer="ones")(np.array([[-1.0, 2.0]], "float32")).numpy().tolist()
    [[-1.0, 2.0]]
    """

    @weight_arguments(alpha="Zeros")
    def __init__(
        self,
        *,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        axes = [shared_axes] if is_integer(shared_axes) else shared_axes
        if axes is not None and (not isinstance(axes, (list, tuple)) or not all(is_integer(a) and a for a in axes)):
            raise ValueError(
                explain(
                    "PReLU: `shared_axes` does not name axes.",
                    "an integer or a list of integers other than 0, which is the batch",
                    f"shared_axes={shared_axes!r}",
                    "count the axes from 1, e.g. shared_axes=[1, 2] for images.",
                )
            )
        self.shared_axes: list[int] | None = None if axes is None else list(axes)
        self.supports_masking = True
        self.alpha: Any = None

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        shared = {axis_in_range("PReLU", axis, rank, "shared_axes") for axis in self.shared_axes or ()}
        own = {axis: size_of_axis(self, input_shape, axis, "size") for axis in range(1, rank) if axis not in shared}
        self.alpha = add_weight(self, "alpha", [own.get(axis, 1) for axis in range(1, rank)])
        self.input_spec = InputSpec(ndim=rank, axes=own)

    def call(self, inputs: Any) -> Any:
        return ops.relu(inputs) - self.alpha.value * ops.relu(-inputs)


class Softmax(Layer):
    """exp(x) / sum(exp(x)) over `axis` (an int, or several). Where the mask is False the output is 0.

    >>> import numpy as np, lamina
    >>> x, mask = np.array([[1.0, 2.0, 1.0]], "float32"), np.array([[True, False, True]])
    >>> lamina.layers.Softmax()(x, mask=mask).numpy().tolist()
    [[0.5, 0.0, 0.5]]
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        axes = axis if isinstance(axis, (list, tuple)) else [axis]
        if not axes or not all(map(is_integer, axes)):
            raise ValueError(
                explain(
                    "Softmax: `axis` does not name axes.",
                    "an integer or a list of integers",
                    f"axis={axis!r}",
                    "name the axes whose values shall sum to 1, -1 for the last.",
                )
            )
        self.axis = axis
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            mask = self._checked(ops.convert_to_tensor(mask), inputs)
            inputs = ops.where(mask, inputs, -3e4 if inputs.dtype == "float16" else -1e9)
        named = self.axis if isinstance(self.axis, (list, tuple)) else [self.axis]
        axes = [axis_in_range("Softmax", axis, inputs.ndim) for axis in named]
        if len(axes) == 1:
            outputs = activations.softmax(inputs, axis=axes[0])
        else:
            top = ops.stop_gradient(ops.max(inputs, axis=axes, keepdims=True))
            powers = ops.exp(inputs - top)
            outputs = powers / ops.sum(powers, axis=axes, keepdims=True)
        return outputs if mask is None else ops.where(mask, outputs, 0.0)

    def _checked(self, mask: Any, inputs: Any) -> Any:
        pairs = zip(mask.shape[::-1], inputs.shape[::-1])
        if mask.ndim > inputs.ndim or any(None not in pair and pair[0] not in (1, pair[1]) for pair in pairs):
            raise ValueError(
                explain(
                    "Softmax: the mask does not fit the input.",
                    f"a mask that broadcasts to {inputs.shape}",
                    f"a mask of shape {mask.shape}",
                    "give it the input's shape, or axes of size 1.",
                )
            )
        return mask if mask.dtype == "bool" else ops.greater(mask, 0.5)


class ThresholdedReLU(Layer):
    """x where it is greater than `theta`, else 0 (a layer of Keras 2).

    >>> import numpy as np, lamina
    >>> lamina.layers.ThresholdedReLU(1.0)(np.array([[0.5, 2.0]], "float32")).numpy().tolist()
    [[0.0, 2.0]]
    """

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.theta = number("ThresholdedReLU", "theta", theta, low=0.0)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return ops.where(ops.greater(inputs, self.theta), inputs, 0.0)
