"""Layers of several inputs."""

from cases.arrays import real
from cases.layers.case import IMAGE, Case, D, rows

ROWS: list[Case] = [
    *(
        row
        for name in ("Add", "Average", "Multiply", "Maximum", "Minimum")
        for row in rows(
            name,
            (D(), (real(3, 5), real(3, 5), real(3, 5))),
            (D(), (real(3, 4, 5), real(3, 5))),
            (D(), (real(3, 1, 5), real(3, 4, 1))),
            (D(), (real(3, 5), real(3, 2, 4, 5), real(3, 4, 1))),
            (D(), (real(3, 4, 5, 2), real(3, 1, 1, 1))),
            masks=True,
        )
    ),
    *rows(
        "Subtract",
        (D(), (real(3, 5), real(3, 5))),
        (D(), (real(3, 4, 5), real(3, 5))),
        (D(), (real(3, 5), real(3, 2, 4, 5))),
        (D(), (real(3, 1, 5), real(3, 4, 1))),
        (D(), (real(3, 4, 5, 2), real(3, 1, 1, 1))),
        masks=True,
    ),
    *(
        row
        for name in ("Add", "Subtract", "Multiply", "Maximum", "Dot", "Concatenate")
        for row in rows(
            name,
            (D(axes=2) if name == "Dot" else D(), (real(3, 4, 5), real(3, 4, 5))),
            masks=True,
            unknown=(1,),
        )
    ),
    *rows(
        "Concatenate",
        (D(), (real(3, 5), real(3, 2))),
        (D(axis=1), (real(3, 2, 4), real(3, 5, 4), real(3, 1, 4))),
        (D(axis=-2), (real(3, 2, 4, 2), real(3, 2, 1, 2))),
        (D(axis=2), (real(3, 2, 4), real(3, 2, 1))),
        (D(axis=3), (IMAGE, IMAGE, IMAGE, IMAGE)),
        masks=True,
    ),
    *rows(
        "Dot",
        (D(axes=1), (real(3, 5), real(3, 5))),
        (D(axes=-1, normalize=True), (real(3, 5), real(3, 5))),
        (D(axes=[2, 1]), (real(3, 4, 5), real(3, 5, 2))),
        (D(axes=[1, 1]), (real(3, 5, 4), real(3, 5))),
        (D(axes=[1, 2]), (real(3, 5), real(3, 4, 5))),
        (D(axes=[3, 2]), (real(2, 3, 4, 5), real(2, 6, 5))),
        (D(axes=[-2, -1], normalize=True), (real(2, 3, 4), real(2, 6, 3))),
        masks=True,
    ),
]
