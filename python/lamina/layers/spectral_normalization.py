"""SpectralNormalization: a layer whose kernel has the spectral norm 1."""

from __future__ import annotations

from typing import Any

from .. import _core, initializers, ops
from ..checks import explain, integer
from ..variables import autocast
from .wrapper import Wrapper


class SpectralNormalization(Wrapper):
    """The wrapped layer, its kernel divided by its largest singular value at each call in training.

    The singular value is estimated by `power_iterations` steps of the power method, which start where those of the call
    before ended (`vector_u`, a weight that is not trained). The kernel counts as a matrix (all axes but the last, last
    axis); an embedding's table takes its place (Miyato et al. 2018). Gradients are taken at the divided kernel.
    ValueError for `power_iterations` below 1, and for layers without `kernel` and `embeddings`.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.SpectralNormalization(lamina.layers.Dense(2, kernel_initializer="ones"))
    >>> layer(np.ones((1, 2), "float32"), training=True).numpy().round(3).tolist()
    [[1.0, 1.0]]
    """

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = integer("SpectralNormalization", "power_iterations", power_iterations)

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        kernel = getattr(self.layer, "kernel", None)
        if kernel is None:
            kernel = getattr(self.layer, "embeddings", None)
        if kernel is None:
            raise ValueError(
                explain(
                    "SpectralNormalization: the wrapped layer has nothing to normalise.",
                    "a layer with a weight `kernel` or `embeddings`",
                    f"{self.layer!r}",
                    "wrap a dense, convolution or embedding layer.",
                )
            )
        self.kernel = kernel
        self.vector_u = self.add_weight(
            (1, kernel.shape[-1]),
            initializers.TruncatedNormal(stddev=0.02),
            dtype=kernel.dtype,
            trainable=False,
            name="vector_u",
        )

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if training:
            self._normalize()
        outputs = ops.cast(self.layer(inputs), self.compute_dtype)
        # As in Keras, masks end here.
        return outputs if getattr(outputs, "_keras_mask", None) is None else _core.ops.identity(outputs)

    def _normalize(self) -> None:
        with autocast(None):
            kernel, u = self.kernel.value, self.vector_u.value
        if kernel.dtype in ("float16", "bfloat16"):
            kernel, u = ops.cast(kernel, "float32"), ops.cast(u, "float32")
        matrix, moved = ops.reshape(kernel, (-1, kernel.shape[-1])), u
        for _ in range(self.power_iterations):
            v = ops.normalize(ops.matmul(moved, ops.transpose(matrix)), axis=None)
            moved = ops.normalize(ops.matmul(v, matrix), axis=None)
        norm = ops.sum(ops.matmul(v, matrix) * moved)
        # A kernel of zeros has no direction: it and the vector stay.
        zero = ops.all(ops.equal(kernel, 0.0))
        self.vector_u.assign(ops.where(zero, u, moved))
        self.kernel.assign(ops.where(zero, kernel, kernel / ops.where(zero, 1.0, norm)))
