"""Layers that make images sharper, or blur them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import ops
from ....checks import explain, is_integer
from ....ops.image.common import known_channels
from .base import interval, value_range_of
from .color import RandomColorLayer, RandomFactorLayer


class RandomSharpness(RandomFactorLayer):
    """Goes from a smoothed version of each image through the image and beyond, to a random place.

    `factor` is an interval in [0, 1], or a number for (0, number): 0 is smoothed, 0.5 the image itself, 1 sharper. What
    leaves `value_range` is cut. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomSharpness((0.5, 0.5))
    >>> layer(np.full((1, 2, 2, 1), 7.0, "float32"), training=True).numpy().ravel().tolist()
    [7.0, 7.0, 7.0, 7.0]
    """

    _lowest = 0.0

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        return {"factor": self._uniform((batch,), *self.factor, seed=seed)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        weights = np.full((3, 3, 1, 1), 1.0 / 13.0, images.dtype if images.dtype == "float64" else "float32")
        weights[1, 1] *= 5.0
        channels = known_channels("RandomSharpness", images, self._axes[2] % 4)
        kernel = ops.cast(np.repeat(weights, channels, axis=2), images.dtype)
        smooth = ops.depthwise_conv(images, kernel, strides=1, padding="same", data_format=self.data_format)
        share = 1.0 - 2.0 * self._each(transformation["factor"])
        return ops.clip(images + share * (smooth - images), *self.value_range)


class RandomGaussianBlur(RandomColorLayer):
    """Blurs some images by a Gaussian of random width.

    `factor` is the probability, or an interval that it is drawn from for each image. `kernel_size` is an odd number, or
    two, of pixels, `sigma` an interval of widths in [0, 1] or a number for (0, number), drawn for width and height.
    What leaves `value_range` is cut. Active in training only.

    >>> import numpy as np, lamina
    >>> image = np.zeros((1, 3, 3, 1), "float32")
    >>> image[0, 1, 1] = 1.0
    >>> layer = lamina.layers.RandomGaussianBlur((1.0, 1.0), sigma=(1.0, 1.0))
    >>> layer(image, training=True).numpy()[0, 1, :, 0].round(3).tolist()
    [0.12399999797344208, 0.20399999618530273, 0.12399999797344208]
    """

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = interval("RandomGaussianBlur", "factor", factor, 0.0)
        self.kernel_size = _odd_sizes(kernel_size)
        self.sigma = interval("RandomGaussianBlur", "sigma", sigma, 0.0)
        self.value_range = value_range_of("RandomGaussianBlur", value_range)

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        chosen = self._chosen(batch, self.factor, seed=seed)
        return {"should_apply_blur": chosen, "blur_factor": self._uniform((2,), *self.sigma, seed=seed) + 1e-6}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        sigma = ops.convert_to_tensor(transformation["blur_factor"])
        blurred = ops.image.gaussian_blur(images, self.kernel_size, sigma, data_format=self.data_format)
        chosen = ops.reshape(transformation["should_apply_blur"], (-1, 1, 1, 1))
        return ops.clip(ops.where(chosen, blurred, images), *self.value_range)


def _odd_sizes(value: Any) -> tuple[int, int]:
    sizes = tuple(value) if isinstance(value, (list, tuple)) else (value, value)
    if len(sizes) != 2 or not all(is_integer(n) and n > 0 and n % 2 for n in sizes):
        raise ValueError(
            explain(
                "RandomGaussianBlur: `kernel_size` has no middle.",
                "an odd number, or two of them",
                f"kernel_size={value!r}",
                "pass e.g. kernel_size=3.",
            )
        )
    return int(sizes[0]), int(sizes[1])
