"""Layers of images. Without training the random ones do nothing, which is compared here; the rest has its own tests."""

from cases.arrays import real
from cases.layers.case import IMAGE, ODD, Case, D, rows

FIRST = real(2, 3, 6, 4)  # channels first

ROWS: list[Case] = [
    *rows(
        "Resizing",
        (D(height=4, width=9), IMAGE),
        (D(height=3, width=5, interpolation="nearest"), ODD),
        (D(height=7, width=4, interpolation="bicubic", antialias=True), IMAGE),
        (D(height=5, width=3, interpolation="lanczos3", crop_to_aspect_ratio=True), IMAGE),
        (D(height=5, width=4, pad_to_aspect_ratio=True, fill_value=0.5, data_format="channels_first"), FIRST),
        unknown=(1, 2),
    ),
    *rows(
        "CenterCrop",
        (D(height=4, width=5), IMAGE),
        (D(height=5, width=9), ODD),
        (D(height=10, width=4), IMAGE),
        (D(height=3, width=2, data_format="channels_first"), FIRST),
        unknown=(1, 2),
    ),
    *rows("MaxNumBoundingBoxes", (D(max_number=2), IMAGE), (D(max_number=3), ODD), unknown=(1, 2)),
    *rows(
        "RandomFlip",
        (D(seed=5), IMAGE),
        (D(mode="horizontal", seed=5, data_format="channels_first"), FIRST),
        (D(mode="vertical", seed=5), ODD),
        random=True,
        unknown=(1, 2),
    ),
    *rows(
        "RandomRotation",
        (D(factor=0.2, seed=5), IMAGE),
        (D(factor=(0.1, 0.3), fill_mode="constant", fill_value=0.5, seed=5, data_format="channels_first"), FIRST),
        random=True,
        unknown=(1, 2),
    ),
    *rows(
        "RandomTranslation",
        (D(height_factor=0.2, width_factor=(-0.1, 0.3), seed=5), IMAGE),
        (D(height_factor=0.2, width_factor=0.4, fill_mode="wrap", seed=5, data_format="channels_first"), FIRST),
        random=True,
        unknown=(1, 2),
    ),
    *rows(
        "RandomZoom",
        (D(height_factor=0.2, seed=5), IMAGE),
        (D(height_factor=(0.1, 0.2), width_factor=0.3, interpolation="nearest", seed=5), ODD),
        random=True,
        unknown=(1, 2),
    ),
    *rows(
        "RandomShear",
        (D(x_factor=[0.1, 0.2], y_factor=0.3, seed=5), IMAGE),
        (D(x_factor=0.4, fill_mode="nearest", seed=5, data_format="channels_first"), FIRST),
        random=True,
        unknown=(1, 2),
    ),
    *rows(
        "RandomPerspective",
        (D(scale=0.5, seed=5), IMAGE),
        (D(factor=(0.5, 0.8), fill_value=1.0, interpolation="nearest", seed=5), ODD),
        random=True,
        unknown=(1, 2),
    ),
    *rows(
        "RandomElasticTransform",
        (D(value_range=(-9, 9), seed=5), IMAGE),
        (D(factor=0.7, scale=(0.2, 0.5), fill_mode="mirror", value_range=(-9, 9), seed=5), ODD),
        random=True,
        unknown=(1, 2),
    ),
    *rows(
        "RandomErasing",
        (D(value_range=(-9, 9), seed=5), IMAGE),
        (D(factor=(0.5, 0.8), scale=0.4, fill_value=[1, 2, 3], value_range=(-9, 9), seed=5), IMAGE),
        (D(fill_value=2.0, value_range=(-9, 9), seed=5, data_format="channels_first"), FIRST),
        random=True,
        unknown=(1, 2),
    ),
    *rows("CutMix", (D(seed=5), IMAGE), (D(factor=0.5, seed=5), ODD), random=True, unknown=(1, 2)),
    *rows("MixUp", (D(seed=5), IMAGE), (D(alpha=0.7, seed=5), ODD), random=True, unknown=(1, 2)),
    # Keras crops in training only, though it says otherwise.
    *rows(
        "RandomCrop",
        (D(height=4, width=3, seed=5), IMAGE),
        (D(height=9, width=4, seed=5, data_format="channels_first"), FIRST),
        random=True,
        parity=False,
    ),
    # Their sizes can only be drawn outside of a compiled step.
    *rows("RandomHeight", (D(factor=0.0), IMAGE), parity=False, unknown=(1, 2)),
    *rows("RandomWidth", (D(factor=(0.0, 0.0), interpolation="bicubic"), ODD), parity=False, unknown=(1, 2)),
    *rows(
        "RandomBrightness",
        (D(factor=0.2, value_range=(-9, 9), seed=5), IMAGE),
        (D(factor=(-0.1, 0.3), value_range=(-9.0, 9.0), seed=5), ODD),
        random=True,
        unknown=(1, 2),
    ),
]
