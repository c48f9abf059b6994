"""Layers of images. Without training the random ones do nothing, which is compared here; the rest has its own tests."""

from cases.layers.case import IMAGE, ODD, Case, D, rows

ROWS: list[Case] = [
    *rows(
        "RandomBrightness",
        (D(factor=0.2, value_range=(-9, 9), seed=5), IMAGE),
        (D(factor=(-0.1, 0.3), value_range=(-9.0, 9.0), seed=5), ODD),
        random=True,
        unknown=(1, 2),
    ),
]
