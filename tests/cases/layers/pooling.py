"""Pooling."""

from cases.arrays import distinct, real
from cases.layers.case import IMAGE, ODD, Case, D, rows

ROWS: list[Case] = [
    *rows(
        "MaxPooling1D",
        (D(), distinct(2, 7, 3)),
        (D(pool_size=3, strides=2, padding="same"), distinct(2, 8, 3)),
        (D(pool_size=2, data_format="channels_first"), distinct(2, 3, 8)),
        (D(pool_size=2, strides=3), distinct(2, 9, 3)),
        (D(pool_size=4, strides=1, padding="same"), distinct(2, 5, 3)),
        unknown=(1,),
    ),
    *rows(
        "MaxPooling2D",
        (D(), distinct(2, 8, 7, 3)),
        (D(pool_size=3, strides=2, padding="same"), distinct(2, 8, 7, 3)),
        (D(pool_size=[2, 3], strides=1), distinct(2, 5, 9, 4)),
        (D(pool_size=[3, 2], strides=[1, 2], padding="same"), distinct(2, 5, 9, 4)),
        (D(data_format="channels_first"), distinct(2, 3, 7, 6)),
        (D(pool_size=1, strides=[2, 3]), distinct(2, 5, 7, 3)),
        (D(pool_size=[2, 4], strides=[3, 1], padding="same"), distinct(1, 7, 5, 2)),
        unknown=(1, 2),
    ),
    *rows(
        "MaxPooling3D",
        (D(), distinct(1, 4, 5, 4, 2)),
        (D(pool_size=3, strides=1, padding="same"), distinct(1, 3, 4, 3, 2)),
        (D(pool_size=[1, 2, 3], strides=[2, 3, 1]), distinct(1, 3, 5, 4, 2)),
        (D(pool_size=2, padding="same"), distinct(1, 3, 5, 1, 2)),
        (D(data_format="channels_first"), distinct(1, 2, 4, 5, 2)),
        unknown=(1, 2, 3),
    ),
    *rows(
        "AveragePooling1D",
        (D(pool_size=2), real(2, 7, 3)),
        (D(pool_size=3, strides=2, padding="same"), real(2, 8, 3)),
        (D(pool_size=2, strides=3), real(2, 9, 3)),
        (D(pool_size=4, strides=1, padding="same"), real(2, 5, 3)),
        (D(pool_size=2, data_format="channels_first"), real(2, 3, 8)),
        unknown=(1,),
    ),
    *rows(
        "AveragePooling2D",
        (D(pool_size=2), IMAGE),
        (D(pool_size=2, strides=1, padding="same"), IMAGE),
        (D(pool_size=3, strides=2, padding="same"), ODD),
        (D(pool_size=[3, 2], strides=[2, 3]), ODD),
        (D(pool_size=2, data_format="channels_first"), real(2, 3, 7, 6)),
        unknown=(1, 2),
    ),
    *rows(
        "AveragePooling3D",
        (D(pool_size=2), real(1, 4, 5, 4, 2)),
        (D(pool_size=3, strides=2, padding="same"), real(1, 3, 4, 5, 2)),
        (D(pool_size=[1, 2, 3], strides=[2, 3, 1]), real(1, 3, 5, 4, 2)),
        (D(pool_size=2, strides=1, padding="same"), real(1, 3, 2, 1, 2)),
        (D(pool_size=2, data_format="channels_first"), real(1, 2, 4, 5, 2)),
        unknown=(1, 2, 3),
    ),
    *(
        row
        for name, draw in (("AdaptiveMaxPooling", distinct), ("AdaptiveAveragePooling", real))
        for case in (
            rows(
                f"{name}1D",
                (D(output_size=3), draw(2, 7, 3)),
                (D(output_size=2), draw(2, 8, 3)),
                (D(output_size=[5]), draw(2, 3, 2)),
                (D(output_size=1), draw(2, 7, 3)),
                (D(output_size=4, data_format="channels_first"), draw(2, 3, 9)),
                unknown=(1,),
            ),
            rows(
                f"{name}2D",
                (D(output_size=3), draw(2, 8, 7, 3)),
                (D(output_size=[2, 4]), draw(2, 4, 8, 3)),
                (D(output_size=[5, 1]), draw(2, 7, 5, 2)),
                (D(output_size=4), draw(1, 3, 6, 2)),
                (D(output_size=[2, 3], data_format="channels_first"), draw(2, 3, 5, 7)),
                unknown=(1, 2),
            ),
            rows(
                f"{name}3D",
                (D(output_size=2), draw(1, 3, 5, 4, 2)),
                (D(output_size=[1, 2, 3]), draw(1, 2, 4, 6, 2)),
                (D(output_size=3), draw(1, 2, 4, 5, 1)),
                (D(output_size=1), draw(2, 3, 2, 3, 2)),
                (D(output_size=[2, 3, 1], data_format="channels_first"), draw(1, 2, 3, 5, 4)),
                unknown=(1, 2, 3),
            ),
        )
        for row in case
    ),
    *(
        row
        for name, draw in (("GlobalMaxPooling", distinct), ("GlobalAveragePooling", real))
        for rank, shape in ((1, (2, 5, 3)), (2, (2, 4, 5, 3)), (3, (2, 2, 3, 4, 3)))
        for row in rows(
            f"{name}{rank}D",
            (D(), draw(*shape)),
            (D(keepdims=True), draw(*shape)),
            (D(data_format="channels_first"), draw(*shape)),
            (D(keepdims=True, data_format="channels_first"), draw(*shape)),
            (D(), draw(3, *[1] * rank, 4)),
            masks=name == "GlobalAveragePooling" and rank == 1,
            unknown=tuple(range(1, rank + 1)),
        )
    ),
]
