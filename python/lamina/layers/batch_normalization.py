"""BatchNormalization: statistics of the batch, and moving averages of them."""

from __future__ import annotations

from typing import Any

from .. import _core, config, ops
from ..checks import axis_in_range, explain, features_axis, number
from .input_spec import InputSpec
from .layer import Layer
from .support import in_float32, size_of_axis
from .weights import add_weight, weight_arguments


class BatchNormalization(Layer):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta` for each feature on `axis`.

    In training mean and (population) variance are those of the batch, and moving averages follow them:
    moving = moving * momentum + batch * (1 - momentum). Otherwise, and while the layer is not `trainable`, the moving
    averages are used. Masked entries count neither in the mean nor in the variance. `renorm` corrects the batch values
    towards moving ones within the limits 'rmin', 'rmax', 'dmax' of `renorm_clipping` (Ioffe 2017). `synchronized` is
    accepted: within one process there is nothing to synchronize.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.BatchNormalization()
    >>> layer(np.array([[1.0], [3.0]], "float32"), training=True).numpy().round(2).tolist()
    [[-1.0], [1.0]]
    >>> layer.moving_mean.numpy().round(4).tolist()
    [0.019999999552965164]
    """

    _config_omit_defaults = ("renorm", "renorm_clipping", "renorm_momentum")
    moving_mean_initializer: Any
    moving_variance_initializer: Any

    @weight_arguments(beta="zeros", gamma="ones", only_initialized={"moving_mean": "zeros", "moving_variance": "ones"})
    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        *,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = "BatchNormalization"
        if isinstance(axis, (list, tuple)) and len(axis) == 1:  # as in files of Keras 2
            axis = axis[0]
        self.axis = features_axis(owner, axis)
        self.momentum = number(owner, "momentum", momentum, 0.0, 1.0)
        self.epsilon = number(owner, "epsilon", epsilon, low=0.0)
        self.center = bool(center)
        self.scale = bool(scale)
        self.renorm = bool(renorm)
        self.renorm_clipping = dict(renorm_clipping) if renorm_clipping else None
        self.renorm_momentum = number(owner, "renorm_momentum", renorm_momentum, 0.0, 1.0)
        self._check_clipping(self.renorm_clipping or {})
        self.synchronized = bool(synchronized)
        self.supports_masking = True
        self.gamma: Any = None
        self.beta: Any = None

    def _check_clipping(self, limits: dict[str, float]) -> None:
        low, high = limits.get("rmin"), limits.get("rmax")
        wrong_order = low is not None and high is not None and high < low
        if set(limits) - {"rmin", "rmax", "dmax"} or wrong_order or (limits.get("dmax") or 0.0) < 0.0:
            raise ValueError(
                explain(
                    "BatchNormalization: `renorm_clipping` cannot be used.",
                    "a dict with some of 'rmin' <= 'rmax' and 'dmax' >= 0",
                    f"renorm_clipping={limits}",
                    "remove other keys and order the limits.",
                )
            )

    def build(self, input_shape: Any) -> None:
        axis = axis_in_range("BatchNormalization", self.axis, len(input_shape))
        shape = (size_of_axis(self, input_shape, axis, "number of features"),)
        if self.scale:
            self.gamma = add_weight(self, "gamma", shape)
        if self.center:
            self.beta = add_weight(self, "beta", shape)
        self.moving_mean = add_weight(self, "moving_mean", shape, trainable=False)
        self.moving_variance = add_weight(self, "moving_variance", shape, trainable=False)
        if self.renorm:
            # Keras starts all of them from the initializers of the moving averages.
            start = {"name": "renorm_mean", "initializer": self.moving_mean_initializer}
            self.moving_stddev = self.add_weight(
                shape=shape, initializer=self._root, trainable=False, name="moving_stddev"
            )
            self.renorm_mean = self.add_weight(shape=shape, trainable=False, **start)
            self.renorm_stddev = self.add_weight(
                shape=shape, initializer=self._root, trainable=False, name="renorm_stddev"
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: shape[0]})

    def _root(self, shape: Any, dtype: str | None = None) -> Any:
        return ops.sqrt(self.moving_variance_initializer(shape, dtype=dtype))

    def _scale_and_shift(self, like: Any) -> tuple[Any, Any]:
        gamma = ops.ones(like.shape, dtype=like.dtype) if self.gamma is None else self.gamma.value
        beta = ops.zeros(like.shape, dtype=like.dtype) if self.beta is None else self.beta.value
        return gamma, beta

    @in_float32
    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        moving_mean, moving_variance = self.moving_mean.value, self.moving_variance.value
        gamma, beta = self._scale_and_shift(moving_mean)
        options: dict[str, Any] = {"epsilon": self.epsilon, "axis": self.axis % inputs.ndim}
        if not (training and self.trainable):
            return _core.ops.batch_norm_inference(inputs, gamma, beta, moving_mean, moving_variance, **options)
        if mask is None and not self.renorm:
            outputs, mean, variance, _ = _core.ops.batch_norm(inputs, gamma, beta, **options)
            self._follow(mean, variance)
            return outputs
        mean, variance = self._moments(inputs, mask)
        if self.renorm:
            gamma, beta = self._renormalized(mean, variance, gamma, beta)
        else:
            self._follow(mean, variance)
        factor = ops.rsqrt(variance + self.epsilon) * gamma
        return inputs * self._spread(factor, inputs) + self._spread(beta - mean * factor, inputs)

    def _follow(self, mean: Any, variance: Any) -> None:
        _toward(self.moving_mean, mean, self.momentum)
        _toward(self.moving_variance, variance, self.momentum)

    def _spread(self, feature_values: Any, inputs: Any) -> Any:
        axis = self.axis % inputs.ndim
        return ops.reshape(feature_values, [-1 if i == axis else 1 for i in range(inputs.ndim)])

    def _moments(self, inputs: Any, mask: Any) -> tuple[Any, Any]:
        axes = [i for i in range(inputs.ndim) if i != self.axis % inputs.ndim]
        if mask is None:
            mean = ops.mean(inputs, axis=axes)
            return mean, ops.mean(ops.square(inputs - self._spread(mean, inputs)), axis=axes)
        if mask.ndim != inputs.ndim - 1:
            raise ValueError(
                explain(
                    "BatchNormalization: the mask does not fit the input.",
                    f"a mask of rank {inputs.ndim - 1}, the input's without the last axis",
                    f"a mask of shape {mask.shape} for an input of shape {inputs.shape}",
                    "drop or add axes of the mask.",
                )
            )
        mask = ops.expand_dims(ops.cast(mask, "bool"), -1)
        count = ops.sum(ops.cast(mask, inputs.dtype) + ops.zeros_like(inputs), axis=axes) + config.epsilon()
        mean = ops.sum(ops.where(mask, inputs, 0.0), axis=axes) / count
        difference = ops.where(mask, inputs - self._spread(mean, inputs), 0.0)
        return mean, ops.sum(ops.square(difference), axis=axes) / count

    def _renormalized(self, mean: Any, variance: Any, gamma: Any, beta: Any) -> tuple[Any, Any]:
        stddev = ops.sqrt(variance + self.epsilon)
        reference = ops.maximum(self.renorm_stddev.value, self.epsilon**0.5)
        r, d = stddev / reference, (mean - self.renorm_mean.value) / reference
        limits = self.renorm_clipping or {}
        if limits.get("rmin") is not None:
            r = ops.maximum(r, limits["rmin"])
        if limits.get("rmax") is not None:
            r = ops.minimum(r, limits["rmax"])
        if limits.get("dmax") is not None:
            d = ops.clip(d, -limits["dmax"], limits["dmax"])
        r, d = ops.stop_gradient(r), ops.stop_gradient(d)
        _toward(self.renorm_mean, mean, self.renorm_momentum)
        _toward(self.renorm_stddev, stddev, self.renorm_momentum)
        _toward(self.moving_mean, mean, self.momentum)
        followed = _toward(self.moving_stddev, stddev, self.momentum)
        self.moving_variance.assign(ops.relu(ops.square(followed) - self.epsilon))
        return r * gamma, d * gamma + beta


def _toward(variable: Any, value: Any, momentum: float) -> Any:
    """Moves a moving average and returns its new value."""
    moved = variable.value * momentum + value * (1.0 - momentum)
    variable.assign(moved)
    return moved
