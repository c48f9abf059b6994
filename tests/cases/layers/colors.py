"""Layers that change colors. Without training the random ones do nothing, which is compared here; the rest of what they
do is in tests/parity/test_colors.py.
"""

from typing import Any

from cases.arrays import Array, integers
from cases.layers.case import Case, D, rows


def color(*shape: int) -> Array:
    """Floats between 0 and 255, which look like those of photographs."""
    return Array(shape, lambda rng, s: rng.uniform(1.0, 254.0, s))


def between_bytes(*shape: int) -> Array:
    """Floats that are far enough from whole numbers for small steps, and not changed much by 16-bit floats."""
    return Array(shape, lambda rng, s: rng.integers(0, 255, s) + 0.25)


PHOTO, WIDE = color(2, 6, 5, 3), color(2, 4, 7, 3)


def _rows(layer: str, *arguments: dict[str, Any], inputs: Array = PHOTO, **options: Any) -> list[Case]:
    return rows(layer, *((kwargs, inputs) for kwargs in arguments), masks=False, unknown=(1, 2), **options)


ROWS: list[Case] = [
    *_rows("RandomContrast", D(factor=0.4, seed=5), D(factor=(0.1, 0.3), value_range=(0, 200)), random=True),
    *_rows("RandomColorDegeneration", D(factor=0.5, seed=5), random=True),
    *_rows("RandomGrayscale", D(seed=5), D(factor=0.2), random=True),
    *_rows("RandomInvert", D(seed=5), D(factor=(0.2, 0.4)), random=True),
    *_rows("RandomPosterization", D(factor=4, seed=5), D(factor=[2, 7]), random=True),
    *_rows("Solarization", D(seed=5), D(addition_factor=0.3, threshold_factor=(0.2, 0.6)), random=True),
    *_rows("RandomHue", D(factor=0.4, seed=5), D(factor=(0.1, 0.3), value_range=(0, 300)), random=True),
    *_rows("RandomSaturation", D(factor=(0.1, 0.6), seed=5), D(factor=0.3, value_range=(0, 1)), random=True),
    *_rows("RandomSharpness", D(factor=0.4, seed=5), D(factor=(0.1, 0.9)), random=True),
    *_rows("RandomGaussianBlur", D(seed=5), D(factor=0.5, kernel_size=(3, 5), sigma=(0.5, 1.0)), random=True),
    *_rows(
        "RandomColorJitter",
        D(brightness_factor=0.2, contrast_factor=0.2, saturation_factor=(0.4, 0.6), hue_factor=0.1, seed=5),
        D(brightness_factor=[0.1, 0.2]),
        random=True,
    ),
    *_rows("RandAugment", D(seed=5), random=True),
    *_rows("AugMix", D(all_ops=False, num_chains=2, chain_depth=1, seed=5), random=True),
    *_rows("AutoContrast", D(), D(value_range=(-50, 300)), inputs=WIDE),
    *_rows("Equalization", D(bins=16), inputs=integers(256, 2, 6, 5, 3, dtype="uint8")),
    *_rows(
        "ContrastLimitedAdaptiveHistogramEqualization",
        D(tile_grid_size=(2, 3)),
        D(clip_limit=0.0, tile_grid_size=[3, 2], value_range=(0, 510)),
        inputs=between_bytes(2, 4, 7, 3),
    ),
]
