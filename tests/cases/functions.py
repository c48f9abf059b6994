"""Rows of activations, initializers, regularizers and constraints."""

from dataclasses import dataclass
from typing import Any

from cases.arrays import Array, real

D = dict


@dataclass(frozen=True)
class Row:
    """`name` of the class, constructor arguments, and what it is called on."""

    name: str
    kwargs: dict[str, Any]
    inputs: tuple[Array, ...] = ()
    parity: bool = True

    @property
    def id(self) -> str:
        text = ",".join(f"{k}={v}" for k, v in self.kwargs.items())
        return f"{self.name}({text})".replace(" ", "")


ACTIVATIONS: tuple[Row, ...] = (
    *(
        Row(name, {}, (real(4, 6),))
        for name in (
            "celu",
            "elu",
            "exponential",
            "gelu",
            "glu",
            "hard_shrink",
            "hard_sigmoid",
            "hard_silu",
            "hard_tanh",
            "leaky_relu",
            "linear",
            "log_sigmoid",
            "log_softmax",
            "mish",
            "relu",
            "relu6",
            "selu",
            "sigmoid",
            "silu",
            "soft_shrink",
            "softmax",
            "softplus",
            "softsign",
            "sparse_plus",
            "sparse_sigmoid",
            "squareplus",
            "tanh",
            "tanh_shrink",
        )
    ),
    *(
        Row("threshold", D(threshold=value, default_value=other), (shape,))
        for value, other, shape in (
            (0.3, -2.0, real(4, 6)),
            (-0.3, 1.0, real(4, 6)),
            (0.0, 0.0, real(5)),
            (1.2, 3.5, real(2, 3, 4)),
            (-2.0, -1, real(2, 3)),
        )
    ),
    *(Row("celu", D(alpha=alpha), (real(4, 6),)) for alpha in (0.4, 2.0, 0.05)),
    *(Row("elu", D(alpha=alpha), (real(4, 6),)) for alpha in (0.4, 2.0, 0.0, -1.0)),
    *(Row(name, D(threshold=0.3), (real(4, 6),)) for name in ("hard_shrink", "soft_shrink")),
    *(Row(name, D(threshold=1.1), (real(2, 3, 4),)) for name in ("hard_shrink", "soft_shrink")),
    Row("gelu", D(approximate=True), (real(4, 6),)),
    Row("glu", D(axis=0), (real(4, 6),)),
    Row("glu", D(axis=1), (real(3, 2, 5),)),
    Row("glu", D(axis=-2), (real(3, 4, 5),)),
    Row("leaky_relu", D(negative_slope=0.4), (real(4, 6),)),
    Row("leaky_relu", D(negative_slope=0.0), (real(4, 6),)),
    Row("leaky_relu", D(negative_slope=2), (real(4, 6),)),
    *(
        Row("relu", options, (real(4, 6),))
        for options in (
            D(negative_slope=0.1, max_value=1.2, threshold=0.3),
            D(negative_slope=0.3),
            D(max_value=1.2),
            D(threshold=0.3),
            D(threshold=-0.3),
            D(max_value=6.0),
            D(negative_slope=0.3, max_value=6),
            D(negative_slope=0.3, threshold=1.2),
            D(max_value=2.2, threshold=1.2),
            D(negative_slope=-0.2, max_value=0.7),
        )
    ),
    Row("softmax", D(axis=0), (real(4, 6),)),
    Row("softmax", D(axis=1), (real(2, 3, 4),)),
    Row("softmax", D(axis=-3), (real(2, 3, 4),)),
    Row("log_softmax", D(axis=0), (real(4, 6),)),
    Row("log_softmax", D(axis=1), (real(2, 3, 4),)),
    Row("sparsemax", {}, (real(4, 6),), parity=False),
    Row("sparsemax", D(axis=0), (real(4, 6),), parity=False),
    Row("squareplus", D(b=2), (real(4, 6),)),
    Row("squareplus", D(b=0.5), (real(2, 3, 4),)),
)

INITIALIZERS: tuple[Row, ...] = (
    Row("Zeros", {}),
    Row("Ones", {}),
    Row("Constant", D(value=0.3)),
    Row("Identity", D(gain=2.0)),
    *(
        Row("STFT", D(side=side, window=window, scaling=scaling, periodic=periodic))
        for side, window, scaling, periodic in (
            ("real", "hann", "density", False),
            ("imag", "hamming", "spectrum", True),
            ("imag", None, None, False),
            ("real", "blackman", "density", True),
            ("real", "bartlett", "density", False),
            ("real", "flattop", "spectrum", False),
        )
    ),
    Row("RandomNormal", D(mean=0.5, stddev=0.2, seed=1)),
    Row("RandomUniform", D(minval=-0.5, maxval=1.0, seed=1)),
    Row("TruncatedNormal", D(mean=0.5, stddev=0.2, seed=1)),
    *(
        Row(name, D(seed=1))
        for name in (
            "GlorotNormal",
            "GlorotUniform",
            "HeNormal",
            "HeUniform",
            "LecunNormal",
            "LecunUniform",
            "Orthogonal",
        )
    ),
    Row("Orthogonal", D(gain=0.5, seed=1)),
    *(
        Row("VarianceScaling", D(scale=scale, mode=mode, distribution=distribution, seed=1))
        for scale, mode in ((2.0, "fan_in"), (0.5, "fan_out"), (1.0, "fan_avg"))
        for distribution in ("truncated_normal", "untruncated_normal", "uniform")
    ),
    Row("HeNormal", D(seed=1, input_axes=[1], output_axes=[0])),
    Row("GlorotUniform", D(seed=1, input_axes=[0, 3], output_axes=[1, 2])),
    Row("GlorotNormal", D(seed=1, input_axes=[3], output_axes=[0, 1, 2])),
    Row("HeUniform", D(seed=1, input_axes=[-1], output_axes=[-2])),
    Row("LecunNormal", D(seed=1, input_axes=[2], output_axes=[3])),
    Row("LecunUniform", D(seed=1, input_axes=[0, 1], output_axes=[2])),
    Row("RandomNormal", D(mean=-1.0, stddev=2.0, seed=3)),
    Row("RandomUniform", D(minval=2.0, maxval=3.0, seed=3)),
    Row("TruncatedNormal", D(mean=-1.0, stddev=2.0, seed=3)),
    Row("Orthogonal", D(gain=-2.0, seed=3)),
    Row("Constant", D(value=-2)),
    Row("Identity", {}),
)

REGULARIZERS: tuple[Row, ...] = (
    Row("L1", {}, (real(4, 3),)),
    Row("L1", D(l1=0.3), (real(2, 3, 4, 2),)),
    Row("L1", D(l1=0), (real(5),)),
    Row("L2", D(l2=0.3), (real(4, 3),)),
    Row("L2", {}, (real(2, 3, 4, 2),)),
    Row("L2", D(l2=1), (real(5),)),
    Row("L1L2", D(l1=0.1, l2=0.2), (real(4, 3),)),
    Row("L1L2", D(l1=0.1), (real(4, 3, 2),)),
    Row("L1L2", D(l2=0.2), (real(4),)),
    Row("OrthogonalRegularizer", {}, (real(4, 3),)),
    Row("OrthogonalRegularizer", D(factor=0.2, mode="columns"), (real(4, 3),)),
    Row("OrthogonalRegularizer", D(factor=1.0), (real(2, 6),)),
    Row("OrthogonalRegularizer", D(mode="columns"), (real(1, 5),)),
)

CONSTRAINTS: tuple[Row, ...] = (
    Row("MaxNorm", {}, (real(4, 3),)),
    Row("MaxNorm", D(max_value=0.5, axis=[0, 1]), (real(4, 3),)),
    Row("MaxNorm", D(max_value=1.0, axis=[0, 1, 2]), (real(3, 3, 2, 4),)),
    Row("MaxNorm", D(max_value=1, axis=-1), (real(4, 3),)),
    Row("MaxNorm", D(max_value=3.0), (real(5),)),
    Row("MinMaxNorm", {}, (real(4, 3),)),
    Row("MinMaxNorm", D(min_value=0.5, max_value=0.8, rate=0.6, axis=1), (real(4, 3),)),
    Row("MinMaxNorm", D(min_value=5.0, max_value=8.0), (real(4, 3),)),
    Row("MinMaxNorm", D(max_value=2.0, rate=0.1, axis=[0, 1, 2]), (real(3, 3, 2, 4),)),
    Row("MinMaxNorm", D(min_value=1, max_value=1, rate=1), (real(5),)),
    Row("NonNeg", {}, (real(4, 3),)),
    Row("NonNeg", {}, (real(3, 3, 2, 4),)),
    Row("NonNeg", {}, (real(5),)),
    Row("UnitNorm", {}, (real(4, 3),)),
    Row("UnitNorm", D(axis=1), (real(4, 3),)),
    Row("UnitNorm", D(axis=[0, 1]), (real(4, 3, 2),)),
    Row("UnitNorm", D(axis=[0, 1, 2]), (real(3, 3, 2, 4),)),
    Row("UnitNorm", D(axis=-2), (real(4, 3, 2),)),
)
