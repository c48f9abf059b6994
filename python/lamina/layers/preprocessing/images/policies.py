"""Layers that choose at random among other layers of images."""

from __future__ import annotations

from typing import Any

from .... import _core, ops, random
from ....checks import choice, integer, number
from .base import RandomImageLayer, interval, value_range_of
from .color import RandomBrightness, RandomColorDegeneration, RandomContrast, RandomPosterization, Solarization
from .histogram import AutoContrast, Equalization
from .sharpness import RandomSharpness
from .warping import INTERPOLATIONS, RandomRotation, RandomShear, RandomTranslation


class _Policy(RandomImageLayer):
    """Has a layer for each change, as an attribute; those of `names` are chosen from, by their place there."""

    _names: tuple[str, ...]

    def __init__(
        self, value_range: Any, factor: Any, interpolation: str, seed: Any, data_format: str | None, **kwargs: Any
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.value_range = value_range_of(type(self).__name__, value_range)
        self.factor = factor = interval(type(self).__name__, "factor", factor, 0.0)
        self.interpolation = choice(type(self).__name__, "interpolation", interpolation, INTERPOLATIONS)
        plain = {"data_format": self.data_format, "dtype": self.dtype_policy}
        plain["bounding_box_format"] = self.bounding_box_format
        moves = {**plain, "seed": seed, "interpolation": interpolation}
        colors = {**plain, "seed": seed, "value_range": self.value_range}
        self.random_shear = RandomShear(factor, factor, **moves)
        self.random_translation = RandomTranslation(factor, factor, **moves)
        self.random_rotation = RandomRotation(factor, **moves)
        self.random_brightness = RandomBrightness(factor, **colors)
        self.random_color_degeneration = RandomColorDegeneration(factor, **colors)
        self.random_contrast = RandomContrast(factor, **colors)
        self.random_sharpness = RandomSharpness(factor, **colors)
        self.random_posterization = RandomPosterization(max(1, int(8 * factor[1])), **colors)
        self.solarization = Solarization(factor, factor, **colors)
        self.auto_contrast = AutoContrast(self.value_range, **plain)
        self.equalization = Equalization(self.value_range, **plain)

    def _all_drawn(self, data: Any, seed: Any) -> dict[str, Any]:
        """What each layer would do, by its name."""
        return {name: getattr(self, name).get_random_transformation(data, seed=seed) for name in self._names}

    def _applied(self, method: str, index: Any, transformations: dict[str, Any], x: Any) -> Any:
        """The method of the layer of that number, which alone is run; of the number after the last: x itself."""

        def branch(name: str) -> Any:
            return lambda part: getattr(getattr(self, name), method)(part, transformations[name])

        return ops.switch(index, [*map(branch, self._names), lambda part: part], x)


class RandAugment(_Policy):
    """Does `num_ops` things to the images, each chosen at random among eleven: moves and changes of colors.

    `factor` is how strong they are at most: an interval in [0, 1], or a number for (0, number). The choice is one for
    all images of a batch, the strength one for each. What the layers do that are not chosen is not computed.
    `value_range` says between what the channels are; `interpolation` is for the moves. Boxes and masks move along.
    Active in training only. (Cubuk et al., RandAugment, 2019.)

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.RandAugment(value_range=(0, 1), num_ops=3, seed=1)
    >>> layer(np.full((2, 8, 8, 3), 0.5, "float32"), training=True).shape
    (2, 8, 8, 3)
    """

    _names = (
        *("random_shear", "random_translation", "random_rotation", "random_brightness", "random_color_degeneration"),
        *("random_contrast", "random_sharpness", "random_posterization", "solarization", "auto_contrast"),
        "equalization",
    )

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(value_range, factor, interpolation, seed, data_format, **kwargs)
        self.num_ops = integer("RandAugment", "num_ops", num_ops)

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        if not training:
            return None
        seed = self.generator if seed is None else seed
        chosen = random.randint((self.num_ops,), 0, len(self._names), seed=seed)
        return {"transforms": self._all_drawn(data, seed), "layer_idxes": chosen}

    def _in_turn(self, method: str, x: Any, transformation: Any, training: bool | None) -> Any:
        if not training or transformation is None:
            return x
        chosen = ops.convert_to_tensor(transformation["layer_idxes"])
        for i in range(self.num_ops):
            x = self._applied(method, chosen[i], transformation["transforms"], x)
        return x

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        return self._in_turn("transform_images", self._to_float(images), transformation, training)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        return self._in_turn("transform_bounding_boxes", bounding_boxes, transformation, training)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        masks = ops.convert_to_tensor(segmentation_masks)
        return self._in_turn("transform_segmentation_masks", masks, transformation, training)


class AugMix(_Policy):
    """Mixes each image with versions of it, each made by a chain of random changes.

    There are `num_chains` chains of up to `chain_depth` changes, among moves and changes of colors that tests of
    robustness do not use, and with `all_ops` all others. `factor` is how strong they are at most: an interval in
    [0, 1], or a number for (0, number). The shares of the chains are drawn from a Dirichlet distribution of `alpha`,
    that of the image itself from a beta distribution; choices and shares are the same for all images of a batch.
    Active in training only. (Hendrycks et al., AugMix, 2019.)

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.AugMix(value_range=(0, 1), seed=1)
    >>> layer(np.full((2, 8, 8, 3), 0.5, "float32"), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(value_range, factor, interpolation, seed, data_format, **kwargs)
        self.num_chains = integer("AugMix", "num_chains", num_chains)
        self.chain_depth = integer("AugMix", "chain_depth", chain_depth)
        self.alpha = number("AugMix", "alpha", alpha, low=1e-3)
        self.all_ops = bool(all_ops)

    @property
    def _names(self) -> tuple[str, ...]:  # type: ignore[override]
        moves = ("random_shear", "random_translation", "random_rotation")
        colors = ("random_posterization", "solarization", "auto_contrast", "equalization")
        more = ("random_brightness", "random_color_degeneration", "random_contrast", "random_sharpness")
        return (*moves, *colors, *(more if self.all_ops else ()))

    def get_random_transformation(self, data: Any, training: bool | None = True, seed: Any = None) -> Any:
        """The shares, and for each chain a list of layers' names and what they do.

        When traced it is not known yet which layer it will be: there its number is in the place of the name, and what
        each of them would do.
        """
        if not training:
            return None
        seed = self.generator if seed is None else seed
        shares = random.gamma((self.num_chains,), self.alpha, seed=seed)
        return {
            "chain_mixing_weights": shares / ops.sum(shares),
            "weight_sample": random.beta((), self.alpha, self.alpha, seed=seed),
            "chain_transforms": [self._chain(data, seed) for _ in range(self.num_chains)],
        }

    def _chain(self, data: Any, seed: Any) -> list[dict[str, Any]]:
        names, chain = self._names, []
        chosen = random.randint((self.chain_depth,), 0, len(names) + 1, seed=seed)  # the last one changes nothing
        for i in range(self.chain_depth):
            if _core.Trace.active() or chosen.is_symbolic:
                chain.append({"layer_name": chosen[i], "transformation": self._all_drawn(data, seed)})
            elif (place := int(chosen[i])) < len(names):
                drawn = getattr(self, names[place]).get_random_transformation(data, seed=seed)
                chain.append({"layer_name": names[place], "transformation": drawn})
        return chain

    def _mixed(self, method: str, x: Any, transformation: Any) -> Any:
        shares = ops.cast(transformation["chain_mixing_weights"], x.dtype)
        own = ops.cast(transformation["weight_sample"], x.dtype)
        total = ops.zeros_like(x)
        for i, chain in enumerate(transformation["chain_transforms"]):
            version = x
            for step in chain:
                name, drawn = step["layer_name"], step["transformation"]
                if isinstance(name, str):
                    version = getattr(getattr(self, name), method)(version, drawn)
                else:
                    version = self._applied(method, name, drawn, version)
            total = total + version * shares[i]
        return own * x + (1.0 - own) * total

    def transform_images(self, images: Any, transformation: Any = None, training: bool | None = True) -> Any:
        images = self._to_float(images)
        if not training or transformation is None:
            return images
        return ops.clip(self._mixed("transform_images", images, transformation), *self.value_range)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        if not training or transformation is None:
            return segmentation_masks
        return self._mixed("transform_segmentation_masks", self._to_float(segmentation_masks), transformation)
