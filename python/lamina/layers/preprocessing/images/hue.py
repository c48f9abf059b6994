"""Layers that turn and stretch hue and saturation, and all changes of colors together."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import config, ops
from .base import RandomImageLayer, change_range, interval, value_range_of
from .color import RandomBrightness, RandomContrast, RandomFactorLayer


class _HsvLayer(RandomFactorLayer):
    """Works on hue, saturation and value."""

    def _channels(self, values: Any, dtype: str) -> Any:
        """Three numbers, one for each channel, to be combined with images."""
        shape = [1, 1, 1, 1]
        shape[self._axes[2]] = 3
        return ops.convert_to_tensor(np.reshape(np.asarray(values, dtype), shape))

    def _to_hsv(self, images: Any) -> Any:
        return ops.image.rgb_to_hsv(images, data_format=self.data_format)

    def _to_rgb(self, images: Any) -> Any:
        return ops.image.hsv_to_rgb(images, data_format=self.data_format)


class RandomHue(_HsvLayer):
    """Turns the hue of each image by a random share of half the color circle, in either direction.

    `factor` is an interval of shares in [0, 1], or a number for (0, number); `value_range` says between what the
    channels are. Active in training only.

    >>> import numpy as np, lamina
    >>> red = np.array([[[[255.0, 0.0, 0.0]]]], "float32")
    >>> lamina.layers.RandomHue((1.0, 1.0))(red, training=True).numpy().round().tolist()  # the other side of the circle
    [[[[0.0, 255.0, 255.0]]]]
    """

    _lowest = 0.0

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        backward = self._uniform((batch,), 0.0, 1.0, seed=seed) > 0.5
        share = self._uniform((batch,), *self.factor, seed=seed) * 0.5
        return {"factor": ops.where(backward, -share, share)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        images = self._to_hsv(change_range(images, self.value_range, (0, 1)))
        turn = self._each(transformation["factor"]) * self._channels((1, 0, 0), images.dtype)
        images = ops.clip(self._to_rgb(images + turn), 0.0, 1.0)  # which takes hues modulo 1
        return change_range(images, (0, 1), self.value_range)


class RandomSaturation(_HsvLayer):
    """Multiplies the saturation of each image by f / (1 - f), where f is random.

    `factor` is an interval of f in [-1, 1], or a number for (-number, number): 0.5 changes nothing, 0 (and below) makes
    gray, 1 makes colors as strong as `value_range` allows. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomSaturation((0.25, 0.25), value_range=(0, 1))
    >>> layer(np.array([[[[0.75, 0.0, 0.0]]]], "float32"), training=True).numpy().round(4).tolist()
    [[[[0.75, 0.5, 0.5]]]]
    """

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        factor = self._uniform((batch,), *self.factor, seed=seed)
        return {"factor": factor / (1.0 - factor + config.epsilon())}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        images, (low, high) = self._to_hsv(images), self.value_range
        is_saturation = self._channels((0, 1, 0), "bool")
        stretched = ops.clip(images * self._each(transformation["factor"]), low, high)
        return self._to_rgb(ops.where(is_saturation, stretched, images))


class RandomColorJitter(RandomImageLayer):
    """RandomBrightness, RandomContrast, RandomSaturation and RandomHue one after the other.

    Each has its factor here; None leaves it out. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomColorJitter(brightness_factor=0.2, hue_factor=0.1, seed=1)
    >>> layer(np.ones((2, 8, 8, 3), "float32")).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.value_range = value_range_of("RandomColorJitter", value_range)
        options = {"value_range": self.value_range, "seed": seed, "data_format": self.data_format}
        options["dtype"] = self.dtype_policy
        for name, kind, factor in (
            ("brightness", RandomBrightness, brightness_factor),
            ("contrast", RandomContrast, contrast_factor),
            ("saturation", RandomSaturation, saturation_factor),
            ("hue", RandomHue, hue_factor),
        ):
            if factor is not None:
                interval("RandomColorJitter", f"{name}_factor", factor, kind._lowest, kind._highest)
            setattr(self, f"{name}_factor", tuple(factor) if isinstance(factor, list) else factor)
            setattr(self, f"random_{name}", None if factor is None else kind(factor, **options))

    @property
    def _parts(self) -> dict[str, Any]:
        names = ("random_brightness", "random_contrast", "random_saturation", "random_hue")
        return {name: layer for name in names if (layer := getattr(self, name)) is not None}

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        """What is drawn for each part, by its name."""
        if not training:
            return None
        seed = self.generator if seed is None else seed
        return {name: layer.get_random_transformation(data, seed=seed) for name, layer in self._parts.items()}

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        if not training:
            return images
        transformation = self.get_random_transformation(images) if transformation is None else transformation
        for name, layer in self._parts.items():
            images = layer.transform_images(images, transformation[name])
        return images
