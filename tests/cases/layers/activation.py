"""Activation functions with parameters."""

from cases.arrays import real
from cases.layers.case import IMAGE, Case, D, rows

ROWS: list[Case] = [
    *rows(
        "ReLU",
        (D(), real(3, 5)),
        (D(max_value=1.0), real(3, 5)),
        (D(negative_slope=0.2), real(3, 5)),
        (D(max_value=1.2, negative_slope=0.1, threshold=0.3), real(3, 5)),
        (D(threshold=0.3), real(3, 5)),
        (D(max_value=6.0), real(3, 5)),
        masks=True,
    ),
    *rows(
        "LeakyReLU",
        (D(), real(3, 5)),
        (D(negative_slope=0.1), real(3, 5)),
        (D(negative_slope=0.0), real(3, 5)),
        (D(negative_slope=2.0), real(3, 2, 4)),
        (D(), IMAGE),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "ELU",
        (D(), real(3, 5)),
        (D(alpha=0.5), real(3, 5)),
        (D(alpha=2.0), IMAGE),
        (D(alpha=0.0), real(3, 5)),
        (D(alpha=-1.0), real(3, 2, 4)),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "PReLU",
        (D(alpha_initializer="ones"), real(3, 5)),
        (D(alpha_initializer="random_normal", shared_axes=[1, 2]), IMAGE),
        (D(alpha_initializer="random_normal", shared_axes=2), real(3, 4, 5)),
        (D(alpha_initializer="ones", alpha_regularizer="l2", alpha_constraint="non_neg"), real(3, 4, 5)),
        (D(alpha_initializer="random_normal", shared_axes=[1, 2, 3]), IMAGE),
        masks=True,
    ),
    *rows("PReLU", (D(alpha_initializer="ones", shared_axes=[1]), real(3, 4, 5)), masks=True, unknown=(1,)),
    *rows(
        "Softmax",
        (D(), real(3, 5)),
        (D(axis=1), real(3, 5, 2)),
        (D(axis=[1, 2]), real(3, 5, 2)),
        (D(axis=[-1]), real(3, 5, 2)),
        (D(axis=[-2, -1]), IMAGE),
        masks=True,
        unknown=(1,),
    ),
    *rows(
        "ThresholdedReLU",
        (D(theta=0.6), real(3, 5)),
        (D(), real(3, 5)),
        (D(theta=0.0), real(3, 5)),
        (D(theta=2.0), real(3, 4, 2)),
        (D(theta=0.1), IMAGE),
        masks=True,
        parity=False,
        unknown=(1,),
    ),
]
