"""Layers that change the colors of images; where things are stays as it is."""

from __future__ import annotations

from typing import Any

from .... import ops, random
from ....checks import explain
from .base import RandomImageLayer, change_range, interval, value_range_of

_BYTES = (0, 255)


class RandomColorLayer(RandomImageLayer):
    """Changes colors by what it draws for each image, in training only. Images become floats.

    Subclasses write `_drawn(batch, seed)`, which gives a dict of tensors, and `_recolored(images, transformation)`.
    """

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        return self._drawn(self._dims(data)[0], self.generator if seed is None else seed) if training else None

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        if not training or transformation is None:
            return images
        return self._recolored(images, transformation)

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        raise NotImplementedError

    def _recolored(self, images: Any, transformation: Any) -> Any:
        raise NotImplementedError

    def _each(self, values: Any) -> Any:
        """One number for each image, to be combined with the images."""
        return ops.cast(ops.reshape(values, (-1, 1, 1, 1)), self.compute_dtype)


class RandomFactorLayer(RandomColorLayer):
    """Draws by a `factor`, an interval in [`_lowest`, `_highest`], for channels in a `value_range`."""

    _lowest, _highest = -1.0, 1.0

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = interval(type(self).__name__, "factor", factor, self._lowest, self._highest)
        self.value_range = value_range_of(type(self).__name__, value_range)


class RandomBrightness(RandomFactorLayer):
    """Adds a random share of the value range, one for each image, then cuts what leaves the range.

    `factor` is a number f in [-1, 1] (shares from -f to f) or an interval of them; `value_range` says between what the
    channels are. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomBrightness((0.5, 0.5), value_range=(0, 1))
    >>> layer(np.array([[[[0.25, 0.75]]]], "float32"), training=True).numpy().tolist()
    [[[[0.75, 1.0]]]]
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any) -> None:
        super().__init__(factor, value_range, seed=seed, **kwargs)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        drawn = super().get_random_transformation(data, training, seed)
        return {"rgb_delta": ops.zeros((self._dims(data)[0], 1, 1, 1))} if drawn is None else drawn

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        low, high = self.value_range
        return {"rgb_delta": self._uniform((batch, 1, 1, 1), *self.factor, seed=seed) * float(high - low)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        return ops.clip(images + self._each(transformation["rgb_delta"]), *self.value_range)


class RandomContrast(RandomFactorLayer):
    """Multiplies the distance of each channel from its mean by a random factor, one for each image.

    `factor` is an interval (lower, upper) in [0, 1], or a number for (0, upper); factors are from 1 - lower to
    1 + upper. What leaves `value_range` is cut. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomContrast((0.5, 0.5), seed=1)
    >>> layer.transform_images(np.array([[[[1.0]], [[3.0]]]], "float32"), {"contrast_factor": 0.5}).numpy().ravel()
    array([1.5, 2.5], dtype=float32)
    """

    _lowest = 0.0

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any) -> None:
        super().__init__(factor, value_range, seed=seed, **kwargs)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        drawn = super().get_random_transformation(data, training, seed)
        return {"contrast_factor": ops.zeros((self._dims(data)[0], 1, 1, 1))} if drawn is None else drawn

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        low, high = 1.0 - self.factor[0], 1.0 + self.factor[1]
        return {"contrast_factor": self._uniform((batch, 1, 1, 1), low, high, seed=seed)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        mean = ops.mean(images, axis=self._axes[:2], keepdims=True)
        return ops.clip((images - mean) * self._each(transformation["contrast_factor"]) + mean, *self.value_range)


class RandomColorDegeneration(RandomFactorLayer):
    """Mixes each image with its gray version, by a random share.

    `factor` is an interval of shares in [-1, 1], or a number f for (-f, f): 0 is the image, 1 is gray, below 0 colors
    become stronger. What leaves `value_range` is cut. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomColorDegeneration((1.0, 1.0))
    >>> layer(np.array([[[[100.0, 0.0, 0.0]]]], "float32"), training=True).numpy().round(2).tolist()
    [[[[29.889999389648438, 29.889999389648438, 29.889999389648438]]]]
    """

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        return {"factor": self._uniform((batch, 1, 1, 1), *self.factor, seed=seed)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        gray = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return ops.clip(images + self._each(transformation["factor"]) * (gray - images), *self.value_range)


class RandomGrayscale(RandomColorLayer):
    """Makes some images gray, in three equal channels: each with the probability `factor`. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomGrayscale(1.0)
    >>> layer(np.array([[[[100.0, 0.0, 0.0]]]], "float32"), training=True).numpy().round(2).tolist()
    [[[[29.889999389648438, 29.889999389648438, 29.889999389648438]]]]
    """

    def __init__(self, factor: float = 0.5, data_format: str | None = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = interval("RandomGrayscale", "factor", (0.0, factor), 0.0)[1]

    def _drawn(self, batch: Any, seed: Any) -> Any:
        return self._uniform((batch, 1, 1, 1), 0.0, 1.0, seed=seed) < self.factor

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        if training and transformation is None:
            transformation = self.get_random_transformation(images)
        return super().transform_images(images, transformation, training)

    def _recolored(self, images: Any, transformation: Any) -> Any:
        gray = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return ops.where(ops.cast(transformation, "bool"), gray, images)


class RandomInvert(RandomFactorLayer):
    """Subtracts some images from the highest value of `value_range`.

    `factor` is the probability of it, or an interval that it is drawn from for each image. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomInvert((1.0, 1.0))
    >>> layer(np.array([[[[100.0, 0.0, 255.0]]]], "float32"), training=True).numpy().tolist()
    [[[[155.0, 255.0, 0.0]]]]
    """

    _lowest = 0.0

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor, value_range, data_format, seed, **kwargs)

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        return {"apply_inversion": self._chosen(batch, self.factor, seed=seed)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        chosen = ops.reshape(transformation["apply_inversion"], (-1, 1, 1, 1))
        return ops.where(chosen, self.value_range[1] - images, images)


class RandomPosterization(RandomFactorLayer):
    """Keeps only the highest bits of each channel, a random number of them for each image.

    `factor` is a number of bits from 1 to 8, at most so many; or (lower, upper), of which the upper one is left out
    unless both are equal. `value_range` is what is divided into 256 steps. Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandomPosterization((2, 2))
    >>> layer(np.array([[[[100.0, 63.0, 255.0]]]], "float32"), training=True).numpy().tolist()
    [[[[64.0, 0.0, 192.0]]]]
    """

    _lowest, _highest = 1.0, 8.0

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor, value_range, data_format, seed, **kwargs)
        if any(bits % 1 for bits in self.factor):
            raise ValueError(
                explain("RandomPosterization: bits are whole.", "integers", f"factor={factor!r}", "round the factor.")
            )

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        low, high = map(int, self.factor)
        kept = random.randint((batch,), low, max(high, low + 1), dtype="uint8", seed=seed)
        return {"shift_factor": ops.cast(8, "uint8") - kept}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        step = ops.exp2(self._each(transformation["shift_factor"]))
        bytes_ = ops.clip(change_range(images, self.value_range, _BYTES), *_BYTES)
        return change_range(ops.floor(bytes_ / step) * step, _BYTES, self.value_range)


class Solarization(RandomColorLayer):
    """Adds a random number to each image, then inverts what is not below a random threshold.

    `addition_factor` and `threshold_factor` are shares of the value range: intervals in [0, 1], or a number for
    (0, number). Active in training only.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.Solarization(threshold_factor=(0.5, 0.5))
    >>> layer(np.array([[[[100.0, 127.0, 200.0]]]], "float32"), training=True).numpy().tolist()
    [[[[100.0, 127.0, 55.0]]]]
    """

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, **kwargs)
        self.addition_factor = interval("Solarization", "addition_factor", addition_factor, 0.0)
        self.threshold_factor = interval("Solarization", "threshold_factor", threshold_factor, 0.0)
        self.value_range = value_range_of("Solarization", value_range)

    def _drawn(self, batch: Any, seed: Any) -> dict[str, Any]:
        def shares(low: float, high: float) -> Any:
            return self._uniform((batch, 1, 1, 1), low * 255.0, high * 255.0, seed=seed)

        return {"additions": shares(*self.addition_factor), "thresholds": shares(*self.threshold_factor)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        images = change_range(images, self.value_range, _BYTES)
        images = ops.clip(images + self._each(transformation["additions"]), *_BYTES)
        images = ops.where(images < self._each(transformation["thresholds"]), images, 255.0 - images)
        return change_range(images, _BYTES, self.value_range)
