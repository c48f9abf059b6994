"""Layers that scale, normalize and count numbers."""

from cases.arrays import real
from cases.layers.case import IMAGE, Case, D, rows

ROWS: list[Case] = [
    *rows(
        "Rescaling",
        (D(scale=0.5), IMAGE),
        (D(scale=2.0, offset=-1.0), real(2, 4)),
        (D(scale=[1.0, 0.5, 2.0], offset=[0.0, 1.0, -1.0]), IMAGE),
        (D(scale=-1, offset=3), real(3, 5)),
        (D(scale=1 / 255), real(2, 2, 2, 2, 1)),
        masks=True,
        unknown=(1,),
    ),
]
