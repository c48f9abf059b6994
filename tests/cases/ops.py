"""One row per op of the engine: inputs, attributes, what NumPy says, and what it is differentiable in."""

import math
from typing import Any

import numpy as np
from scipy import special

from cases import ctc, ops_ordering, ops_text
from cases import references as ref
from cases.arrays import (
    Array,
    above_one,
    complexes,
    definite,
    distinct,
    flags,
    integers,
    positive,
    real,
    regular,
    state,
    symmetric,
    unit,
)
from cases.op import Op

SELU = (1.6732632423543772, 1.0507009873554805)
_NONE: tuple[int, ...] = ()

# name: (inputs drawn from, reference, differentiable)
_UNARY: dict[str, tuple[Any, Any, bool]] = {
    "negative": (real, np.negative, True),
    "absolute": (real, np.abs, True),
    "square": (real, np.square, True),
    "sign": (real, np.sign, False),
    "floor": (real, np.floor, False),
    "ceil": (real, np.ceil, False),
    "round": (real, np.round, False),
    "trunc": (real, np.trunc, False),
    "reciprocal": (positive, np.reciprocal, True),
    "sqrt": (positive, np.sqrt, True),
    "rsqrt": (positive, lambda x: 1 / np.sqrt(x), True),
    "exp": (real, np.exp, True),
    "expm1": (real, np.expm1, True),
    "log": (positive, np.log, True),
    "log1p": (positive, np.log1p, True),
    "sin": (real, np.sin, True),
    "cos": (real, np.cos, True),
    "tan": (unit, np.tan, True),
    "asin": (unit, np.arcsin, True),
    "acos": (unit, np.arccos, True),
    "atan": (real, np.arctan, True),
    "sinh": (real, np.sinh, True),
    "cosh": (real, np.cosh, True),
    "asinh": (real, np.arcsinh, True),
    "acosh": (above_one, np.arccosh, True),
    "atanh": (unit, np.arctanh, True),
    "tanh": (real, np.tanh, True),
    "erf": (real, special.erf, True),
    "sigmoid": (real, ref.sigmoid, True),
    "softplus": (real, ref.softplus, True),
    "log_sigmoid": (real, lambda x: -ref.softplus(-x), True),
    "relu": (real, lambda x: np.maximum(x, 0), True),
    "relu6": (real, lambda x: np.clip(x, 0, 6), True),
    "silu": (real, lambda x: x * ref.sigmoid(x), True),
    "gelu": (real, lambda x: x * 0.5 * (1 + special.erf(x / math.sqrt(2))), True),
    "gelu_tanh": (real, lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), True),
    "softsign": (real, lambda x: x / (1 + np.abs(x)), True),
    "hard_sigmoid": (real, lambda x: np.clip(x / 6 + 0.5, 0, 1), True),
    "hard_silu": (real, lambda x: x * np.clip(x / 6 + 0.5, 0, 1), True),
    "selu": (real, lambda x: SELU[1] * ref.elu(x, SELU[0]), True),
    "mish": (real, lambda x: x * np.tanh(ref.softplus(x)), True),
    "cbrt": (real, np.cbrt, True),
    "exp2": (real, np.exp2, True),
    "log2": (positive, np.log2, True),
    "log10": (positive, np.log10, True),
    "erfc": (real, special.erfc, True),
    "erfinv": (unit, special.erfinv, True),
    "bessel_i0": (real, special.i0, True),
    "bessel_i1": (real, special.i1, True),
    "digamma": (positive, special.digamma, False),
}
_WITH_ALPHA = {
    "elu": ref.elu,
    "leaky_relu": lambda x, alpha: np.where(x > 0, x, alpha * x),
    "celu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
}
_BINARY: dict[str, tuple[Any, Any, bool]] = {
    "add": (real, np.add, True),
    "subtract": (real, np.subtract, True),
    "multiply": (real, np.multiply, True),
    "divide": (positive, np.divide, True),
    "maximum": (distinct, np.maximum, False),
    "minimum": (distinct, np.minimum, False),
    "power": (positive, np.power, True),
    "floor_divide": (positive, np.floor_divide, False),
    "mod": (positive, np.mod, False),
    "atan2": (positive, np.arctan2, True),
    "squared_difference": (real, lambda a, b: (a - b) ** 2, True),
    "fmod": (positive, np.fmod, False),
    "hypot": (real, np.hypot, True),
    "next_after": (real, np.nextafter, False),
    "gammainc": (positive, special.gammainc, True),
    "gamma_density": (positive, lambda a, x: x ** (a - 1) * np.exp(-x) / special.gamma(a), True),
}
_COMPARE = {
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
}
_INTEGER = {
    "gcd": np.gcd,
    "lcm": np.lcm,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "left_shift": np.left_shift,
    "right_shift": np.right_shift,
    "fmod": np.fmod,
}
_LOGICAL = {"logical_and": np.logical_and, "logical_or": np.logical_or, "logical_xor": np.logical_xor}
_REDUCE = {"sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min}


A = dict
P5 = positive(4, 3)  # a parameter of optimizer rows
STARTS = integers(5, 6)  # of windows
PLACES = ref.places(2, 9, batch=2)

OPS: tuple[Op, ...] = (
    *(
        Op(name, (draw(5, 7),), {}, reference, None if smooth else _NONE, large=(draw(300, 1000),))
        for name, (draw, reference, smooth) in _UNARY.items()
    ),
    *(Op(name, (real(5, 7),), A(alpha=0.7), reference) for name, reference in _WITH_ALPHA.items()),
    Op("unary_grad", (unit(5, 7), real(5, 7)), A(function="tanh", alpha=1.0), lambda y, dy, **_: dy * (1 - y * y)),
    *(
        Op(name, (draw(4, 1, 5), draw(3, 5)), {}, reference, None if smooth else _NONE, large=(draw(300, 1000),) * 2)
        for name, (draw, reference, smooth) in _BINARY.items()
    ),
    *(Op(name, (integers(3, 4, 5), integers(3, 5)), {}, reference) for name, reference in _COMPARE.items()),
    *(
        Op(
            name,
            (integers(90, 4, 1, 5, low=-90), integers(70, 3, 5, low=1)),
            {},
            reference,
            large=(integers(90, 300, 1000, low=-90), integers(70, 300, 1000, low=1)),
            label="integers",
        )
        for name, reference in _INTEGER.items()
    ),
    *(Op(name, (flags(4, 5), flags(5)), {}, reference) for name, reference in _LOGICAL.items()),
    Op(
        "ldexp",
        (real(4, 1, 5), integers(9, 3, 5, low=-9, dtype="float")),
        {},
        lambda a, b: np.ldexp(a, b.astype("int32")),
        (0,),
        large=(real(300, 1000), integers(9, 300, 1000, low=-9, dtype="float")),
    ),
    Op(
        "gammainc_slope",
        (above_one(4, 1, 5), positive(3, 5)),
        {},
        lambda a, x: ref.slope(lambda a: special.gammainc(a, x), a),
        (1,),
        large=(positive(100, 100), positive(100, 100)),
    ),
    Op("bitcast", (integers(2**31, 3, 4, dtype="int32"),), A(dtype="uint8"), lambda x, dtype: x.view(dtype)),
    Op(
        "bitcast",
        (integers(2**31, 3, 4, dtype="int32"),),
        A(dtype="int64"),
        lambda x, dtype: x.view(dtype),
        label="wider",
    ),
    Op("is_finite", (real(4),), {}, np.isfinite, _NONE),
    Op("is_nan", (real(4),), {}, np.isnan, _NONE),
    Op("is_inf", (real(4),), {}, np.isinf, _NONE),
    Op("logical_not", (flags(4, 5),), {}, np.logical_not),
    Op("where", (flags(4, 1), real(4, 5), real(5)), {}, np.where),
    Op("clip", (real(5, 7),), A(low=-0.75, high=0.75), lambda x, low, high: np.clip(x, low, high)),
    Op("cast", (real(3, 4),), A(dtype="int32"), lambda x, dtype: x.astype(dtype), _NONE),
    Op("identity", (real(3, 4),), {}, lambda x: x),
    Op("stop_gradient", (real(3, 4),), {}, lambda x: x, _NONE),
    Op("after", (real(3, 4), flags(2)), {}, lambda x, there: x),
    *(
        Op(
            name,
            (distinct(4, 3, 5),),
            A(axes=[0, 2], keepdims=keep),
            ref.reduce(f),
            large=(real(300, 50, 40),),
            label=str(keep),
        )
        for name, f in _REDUCE.items()
        for keep in (False, True)
    ),
    *(Op(name, (flags(4, 3),), A(axes=[1]), ref.reduce(f)) for name, f in (("any", np.any), ("all", np.all))),
    Op("argmax", (distinct(4, 6),), A(axis=1), lambda x, axis: np.argmax(x, axis), _NONE),
    Op("argmin", (distinct(4, 6),), A(axis=0), lambda x, axis: np.argmin(x, axis), _NONE),
    Op("sum_to", (real(2, 4, 5),), A(shape=[4, 1]), ref.sum_to),
    Op("matmul", (real(2, 4, 3), real(3, 5)), {}, ref.matmul, large=(real(300, 200), real(200, 250))),
    Op(
        "matmul",
        (real(2, 3, 4), real(2, 5, 3)),
        A(transpose_a=True, transpose_b=True),
        ref.matmul,
        label="transposed",
    ),
    Op(
        "linear",
        (real(2, 4, 3), real(3, 5), real(5)),
        {},
        lambda x, k, b: x @ k + b,
        large=(real(300, 200), real(200, 250), real(250)),
    ),
    Op("linear", (real(4, 3), real(3, 5)), A(activation="tanh"), lambda x, k, activation: np.tanh(x @ k), label="tanh"),
    Op(
        "conv",
        (real(2, 7, 6, 3), real(3, 2, 3, 4), real(4)),
        A(strides=[2, 1], padding="same"),
        ref.conv,
        large=(real(4, 30, 30, 16), real(3, 2, 16, 32), real(32)),
    ),
    Op("conv", (real(2, 9, 4), real(3, 2, 6)), A(padding="causal", dilation=[2], groups=2), ref.conv, label="1d"),
    Op("conv", (real(1, 4, 5, 4, 2), real(2, 3, 2, 2, 3)), {}, ref.conv, label="3d"),
    Op("conv_grad_input", (real(2, 5, 4, 4), real(3, 3, 3, 4)), A(input_shape=[2, 7, 6, 3])),
    Op("conv_grad_kernel", (real(2, 7, 6, 3), real(2, 5, 4, 4)), A(kernel_shape=[3, 3, 3, 4])),
    Op(
        "max_pool",
        (distinct(2, 5, 6, 3),),
        A(window=[2, 3], strides=[2, 2], padding="same"),
        ref.pool(np.max, -np.inf),
        large=(real(8, 40, 40, 32),),
    ),
    Op("max_pool_grad", (distinct(2, 4, 6, 3), real(2, 2, 3, 3), real(2, 2, 3, 3)), A(window=[2, 2]), wrt=(2,)),
    Op(
        "max_pool_gather",
        (distinct(2, 5, 6, 3), distinct(2, 3, 3, 3), real(2, 5, 6, 3)),
        A(window=[2, 3], strides=[2, 2], padding="same"),
        wrt=(2,),
    ),
    Op(
        "average_pool",
        (real(2, 5, 6, 3),),
        A(window=[2, 3], strides=[2, 2], padding="same"),
        ref.pool(np.mean, 0),
        large=(real(8, 40, 40, 32),),
    ),
    Op("average_pool_grad", (real(2, 2, 3, 3),), A(window=[2, 2], input_shape=[2, 4, 6, 3])),
    Op(
        "batch_norm",
        (real(6, 4, 5), real(5), real(5)),
        A(epsilon=1e-3, axis=-1),
        ref.batch_norm,
        outputs=(0, 1, 2, 3),
        large=(real(64, 50, 40), real(40), real(40)),
    ),
    Op(
        "batch_norm",
        (real(6, 4, 5), real(4), real(4)),
        A(epsilon=1e-3, axis=1),
        ref.batch_norm,
        outputs=(0, 1, 2, 3),
        label="axis1",
    ),
    Op("batch_norm_grad", (real(6, 5), real(6, 5), real(5), real(5), positive(5)), A(axis=-1), outputs=(0, 1, 2)),
    Op(
        "batch_norm_grad",
        (real(6, 5), real(6, 5), real(5), real(5), positive(5), real(5)),
        A(axis=-1, activation="relu"),
        outputs=(0, 1, 2),
        label="relu",
    ),
    Op(
        "batch_norm_inference",
        (real(6, 4, 5), real(5), real(5), real(5), positive(5)),
        A(epsilon=1e-3, axis=-1),
        ref.batch_norm_inference,
    ),
    Op(
        "layer_norm",
        (real(4, 3, 5), real(5), real(5)),
        A(epsilon=1e-3, axes=1),
        ref.layer_norm,
        outputs=(0,),
        large=(real(300, 20, 40), real(40), real(40)),
    ),
    Op(
        "layer_norm",
        (real(4, 3, 5), real(3, 5), real(3, 5)),
        A(epsilon=1e-3, axes=2),
        ref.layer_norm,
        outputs=(0,),
        label="2",
    ),
    Op(
        "attention",
        (real(2, 3, 4, 5), real(2, 6, 2, 5), real(2, 6, 2, 3)),
        A(scale=0.7, causal=False),
        ref.attention,
        large=(real(4, 200, 4, 32), real(4, 200, 2, 32), real(4, 200, 2, 32)),
    ),
    Op(
        "attention",
        (real(2, 4, 2, 5), real(2, 4, 2, 5), real(2, 4, 2, 3), flags(2, 1, 4, 4)),
        A(scale=0.7, causal=True),
        lambda *arrays, **options: ref.attention(*arrays, **options)[0],  # a row that keeps nothing has no peak
        label="masked",
    ),
    # Its peaks and inverses belong to its q and k: its own gradient is tested as the second one of attention.
    Op(
        "attention_grad",
        (real(1, 3, 2, 4), real(1, 3, 2, 4), *[positive(1, 2, 3)] * 2, *[real(1, 3, 2, 5)] * 2, real(1, 3, 2, 4)),
        A(scale=0.7, causal=False),
        wrt=(),
    ),
    *(
        Op(
            cell,
            (real(4, 3, gates * 5), real(5, gates * 5), real(3, 5), *extra, *masks),
            A(reverse=bool(masks)),
            ref.recurrent(cell),
            outputs=(0, 1) if cell == "lstm" else (0,),
            label="masked" if masks else "",
            large=None if masks else (real(20, 40, gates * 64), unit(64, gates * 64), real(40, 64), *large),
        )
        for cell, gates, extra, large in (
            ("simple_rnn", 1, (), ()),
            ("gru", 3, (real(15),), (real(192),)),
            ("lstm", 4, (real(3, 5),), (real(40, 64),)),
        )
        for masks in ((), (flags(4, 3),))
    ),
    # What they keep belongs to their states: as ops of their own they have no gradient.
    Op("simple_rnn_grad", (*[real(5, 3, 4)] * 2, real(4, 4)), {}, wrt=()),
    Op("gru_grad", (*[real(5, 3, 4)] * 2, unit(4, 3, 16), real(4, 12)), {}, wrt=()),
    Op("lstm_grad", (*[real(5, 3, 4)] * 4, unit(4, 3, 16), real(4, 16)), {}, wrt=()),
    Op("layer_norm_grad", (real(4, 5), real(4, 5), real(5), real(4), positive(4)), A(axes=1), outputs=(0, 1, 2)),
    Op("softmax", (real(4, 3, 5),), A(axis=-1), ref.softmax, large=(real(300, 400),)),
    Op("softmax", (real(4, 3, 5),), A(axis=1), ref.softmax, label="axis1"),
    Op(
        "log_softmax",
        (real(4, 5),),
        A(axis=-1),
        lambda x, axis: np.log(ref.softmax(x, axis)),
        large=(real(300, 400),),
    ),
    Op("softmax_grad", (positive(4, 5), real(4, 5)), A(axis=-1)),
    Op("log_softmax_grad", (real(4, 5), real(4, 5)), A(axis=-1)),
    Op(
        "sparse_crossentropy",
        (real(4, 3, 5), integers(5, 4, 3)),
        {},
        ref.crossentropy,
        large=(real(300, 400), integers(400, 300)),
    ),
    Op("sparse_crossentropy_grad", (real(6, 5), integers(5, 6), real(6)), {}),
    Op("sparsemax", (real(4, 3, 5),), A(axis=-1), ref.sparsemax, large=(real(300, 400),)),
    Op("sparsemax", (real(4, 3, 5),), A(axis=1), ref.sparsemax, label="axis1"),
    Op(
        "ctc_loss",
        (real(3, 6, 4), integers(4, 3, 2, low=1), integers(3, 3), integers(7, 3, low=4)),
        {},
        ctc.loss,
        large=(real(20, 50, 9), integers(9, 20, 8), integers(9, 20), integers(51, 20, low=16)),
    ),
    Op(
        "ctc_collapse",
        (integers(3, 5, 8), integers(9, 5)),
        {},
        ctc.collapse_all,
    ),
    Op(
        "ctc_collapse",
        (integers(3, 5, 8), integers(9, 5)),
        A(blank=2, merge_repeated=False),
        ctc.collapse_all,
        label="2",
    ),
    Op(
        "ctc_beam_search",
        (real(3, 4, 3), integers(5, 3, low=1)),
        A(beam_width=100, top_paths=4),
        ctc.best,
        _NONE,
        large=(real(20, 50, 9), integers(51, 20)),
    ),
    Op("take", (real(6, 4), integers(6, 3, 2)), A(axis=0), lambda x, i, axis: np.take(x, i, axis)),
    Op("take", (real(6, 4), integers(4, 5)), A(axis=1), lambda x, i, axis: np.take(x, i, axis), label="axis1"),
    Op("scatter_add", (real(5, 4), integers(6, 5)), A(axis=0, shape=[6, 4]), ref.scatter_add),
    Op(
        "one_hot",
        (integers(7, 4, low=-1),),
        A(classes=6, dtype="float32"),
        lambda i, classes, dtype: np.where((i >= 0) & (i < classes), 1, 0)[:, None] * np.eye(8)[i][:, :classes],
    ),
    Op("resample", (real(4, 7, 5), STARTS, real(6, 3)), A(axis=1), ref.resample),
    Op("resample", (real(7, 20), STARTS, real(6, 3)), A(axis=0), ref.resample, label="wide"),
    Op("resample", (real(3, 7), STARTS, real(6, 3)), A(axis=-1), ref.resample, label="last"),
    Op("resample_grad", (real(4, 6, 5), STARTS, real(6, 3)), A(axis=1, size=7), ref.resample_grad),
    Op("map_coordinates", (real(2, 4, 5, 3), PLACES), A(order=1, fill_mode="reflect"), ref.map_coordinates),
    Op("map_coordinates", (real(2, 4, 5, 3), PLACES), A(value=0.7), ref.map_coordinates, label="constant"),
    Op("map_coordinates", (real(2, 4, 5, 3), PLACES), A(derivatives=[1]), ref.map_coordinates, label="derived"),
    Op(
        "map_coordinates",
        (real(2, 4, 5, 3), PLACES),
        A(order=0, fill_mode="wrap"),
        ref.map_coordinates,
        label="nearest",
    ),
    Op(
        "map_coordinates_grad",
        (real(2, 9, 3), PLACES),
        A(shape=[2, 4, 5, 3], fill_mode="mirror"),
        ref.map_coordinates_grad,
    ),
    *ops_ordering.OPS,
    *ops_text.OPS,
    Op("reshape", (real(4, 6),), A(shape=[2, -1, 3]), lambda x, shape: x.reshape(shape)),
    Op("transpose", (real(4, 3, 5),), A(axes=[2, 0, 1]), lambda x, axes: x.transpose(axes)),
    Op("broadcast_to", (real(4, 1),), A(shape=[2, 4, 3]), lambda x, shape: np.broadcast_to(x, shape)),
    Op("concatenate", (real(4, 2), real(4, 3), real(4, 1)), A(axis=1), lambda *xs, axis: np.concatenate(xs, axis)),
    Op("slice", (real(6, 5),), A(starts=[1, 0], stops=[6, 5], strides=[2, 1]), lambda x, **_: x[1:6:2]),
    Op("slice_grad", (real(3, 5),), A(shape=[6, 5], starts=[1, 0], stops=[6, 5], strides=[2, 1])),
    Op(
        "pad",
        (real(3, 4),),
        A(low=[1, 0], high=[0, 2], value=0.5),
        lambda x, low, high, value: np.pad(x, list(zip(low, high)), constant_values=value),
    ),
    Op(
        "fill",
        (),
        A(shape=[2, 3], value=1.5, dtype="float64"),
        lambda shape, value, dtype: np.full(shape, value, dtype),
    ),
    Op("arange", (), A(size=5, start=2.0, step=0.5, dtype="float64"), lambda **_: 2 + 0.5 * np.arange(5)),
    Op("dim_value", (), A(dim=6, dtype="float32"), lambda dim, dtype: np.asarray(dim, dtype)),
    Op("random_uniform", (state(),), A(shape=[4, 5], low=-1.0, high=1.0, dtype="float32")),
    Op("random_normal", (state(),), A(shape=[4, 5], mean=1.0, stddev=2.0, dtype="float32")),
    Op("random_truncated_normal", (state(),), A(shape=[4, 5], mean=0.0, stddev=2.0, dtype="float32")),
    Op("random_integers", (state(),), A(shape=[4, 5], low=-3, high=3)),
    Op("random_permutation", (state(),), A(size=12)),
    Op("random_gamma", (positive(6, 7), state()), {}, wrt=_NONE, large=(positive(300, 100), state())),
    Op("random_gamma", (positive(6, 7), state()), A(logarithm=True), wrt=_NONE, label="logarithm"),
    Op(
        "random_binomial",
        (Array((6, 7), ref.trials), Array((6, 7), ref.chances), state()),
        wrt=_NONE,
        large=(Array((300, 100), ref.trials), Array((300, 100), ref.chances), state()),
    ),
    Op("dropout", (real(6, 7), state()), A(rate=0.4), large=(real(300, 1000), state())),
    Op("sgd_update", (P5, real(4, 3), positive()), {}, ref.sgd, _NONE),
    Op(
        "sgd_update",
        (P5, real(4, 3), positive(), real(4, 3)),
        A(momentum=0.9, nesterov=True),
        ref.sgd,
        _NONE,
        label="nesterov",
    ),
    Op("adam_update", (P5, real(4, 3), real(4, 3), positive(4, 3), positive()), {}, ref.adam, _NONE),
    Op(
        "adam_update",
        (P5, real(4, 3), real(4, 3), positive(4, 3), positive(), positive(4, 3)),
        {},
        ref.adam,
        _NONE,
        label="amsgrad",
    ),
    Op(
        "rmsprop_update",
        (P5, real(4, 3), positive(), positive(4, 3)),
        A(rho=0.9, momentum=0.0, epsilon=1e-7, centered=False),
        ref.rmsprop,
        _NONE,
    ),
    Op(
        "rmsprop_update",
        (P5, real(4, 3), positive(), above_one(4, 3), unit(4, 3), real(4, 3)),
        A(rho=0.9, momentum=0.8, epsilon=1e-7, centered=True),
        ref.rmsprop,
        _NONE,
        label="centered",
    ),
    Op("view_as_complex", (real(3, 4, 2),), {}, lambda x: x[..., 0] + 1j * x[..., 1], _NONE),
    Op("view_as_real", (complexes(3, 4),), {}, lambda x: np.stack([x.real, x.imag], -1)),
    Op("cholesky", (definite(2, 4, 4),), {}, np.linalg.cholesky, large=(definite(400, 16, 16),)),
    *(
        Op(
            "triangular_solve",
            (regular(2, 4, 4), real(2, 4, 3)),
            A(lower=lower, transpose=transpose, unit_diagonal=unit_diagonal),
            ref.triangular_solve,
            large=(regular(400, 16, 16), real(400, 16, 3)),
            label=f"{lower}-{transpose}-{unit_diagonal}",
        )
        for lower in (False, True)
        for transpose in (False, True)
        for unit_diagonal in (False, True)
    ),
    Op(
        "solve",
        (regular(2, 4, 4), real(2, 4, 3)),
        {},
        lambda a, b: np.linalg.solve(a, b),
        large=(regular(400, 16, 16), real(400, 16, 3)),
    ),
    Op(
        "solve",
        (regular(2, 4, 4), real(2, 4, 3)),
        A(transpose=True),
        lambda a, b, transpose: np.linalg.solve(a.swapaxes(-1, -2), b),
        label="transposed",
    ),
    Op("lu", (regular(2, 5, 5),), {}, ref.lu, outputs=(0,), large=(regular(400, 16, 16),)),
    Op("lu", (regular(2, 5, 3),), {}, ref.lu, _NONE, label="tall"),
    Op("lu", (regular(2, 3, 5),), {}, ref.lu, _NONE, label="wide"),
    Op("qr", (regular(2, 4, 4),), {}, np.linalg.qr, outputs=(0, 1), large=(regular(400, 16, 16),)),
    Op("qr", (regular(2, 5, 3),), {}, np.linalg.qr, outputs=(0, 1), label="tall"),
    Op(
        "qr",
        (regular(2, 5, 3),),
        A(complete=True),
        lambda x, complete: np.linalg.qr(x, "complete"),
        _NONE,
        label="complete",
    ),
    # The signs and the order of vectors are free: their values are tested in tests/cases/calls/linalg.py.
    Op("eigh", (symmetric(2, 4, 4),), {}, outputs=(0, 1), large=(symmetric(400, 16, 16),)),
    Op("eig", (regular(2, 4, 4),), {}, wrt=_NONE, large=(regular(400, 16, 16),)),
    Op("svd", (regular(2, 4, 4),), {}, outputs=(0, 1, 2), large=(regular(400, 16, 16),)),
    Op("svd", (regular(2, 5, 3),), A(full_matrices=False), outputs=(0, 1, 2), label="tall"),
    Op("svd", (regular(2, 3, 5),), A(full_matrices=False), outputs=(0, 1, 2), label="wide"),
    Op("svd", (regular(2, 3, 5),), {}, outputs=(1,), label="full"),
    Op("svd", (regular(2, 5, 3),), A(compute_uv=False), np.linalg.svd, label="values"),
    *(
        Op("pinv", (regular(2, *shape),), A(rcond=1e-6), np.linalg.pinv, large=(regular(400, 9, 16),), label=label)
        for label, shape in (("tall", (5, 3)), ("wide", (3, 5)))
    ),
    *(
        Op("fft", (real(3, n), real(3, n)), A(inverse=inverse), ref.fft, outputs=(0, 1), label=f"{n}-{inverse}")
        for n in (1, 8, 12, 37)
        for inverse in (False, True)
    ),
    Op(
        "fft",
        (real(20, 30), real(20, 30)),
        {},
        ref.fft,
        outputs=(0, 1),
        large=(real(99, 512), real(99, 512)),
        label="30",
    ),
    *(
        Op(
            "rfft",
            (real(3, n),),
            A(interior=1.5),
            ref.rfft,
            outputs=(0, 1),
            large=(real(99, 512),),
            label=str(n),
        )
        for n in (1, 2, 7, 12)
    ),
    *(
        Op("irfft", (real(3, n // 2 + 1), real(3, n // 2 + 1)), A(length=n), ref.irfft, label=str(n))
        for n in (1, 2, 7, 12)
    ),
)

# Inputs big enough for two threads, of ops whose attributes hold sizes: name -> (inputs, attributes).
LARGE: dict[str, tuple[tuple[Array, ...], dict[str, Any]]] = {
    "irfft": ((real(99, 257), real(99, 257)), A(length=512)),
    "conv_grad_input": ((real(4, 30, 30, 32), real(3, 3, 16, 32)), A(input_shape=[4, 32, 32, 16])),
    "conv_grad_kernel": ((real(4, 32, 32, 16), real(4, 30, 30, 32)), A(kernel_shape=[3, 3, 16, 32])),
    "max_pool_grad": ((distinct(8, 40, 40, 32), real(8, 20, 20, 32), real(8, 20, 20, 32)), A(window=[2, 2])),
    "max_pool_gather": ((distinct(8, 40, 40, 32), real(8, 20, 20, 32), real(8, 40, 40, 32)), A(window=[2, 2])),
    "average_pool_grad": ((real(8, 20, 20, 32),), A(window=[2, 2], input_shape=[8, 40, 40, 32])),
    "batch_norm_grad": ((real(3000, 40), real(3000, 40), real(40), real(40), positive(40)), A(axis=-1)),
    "attention_grad": (
        (*[real(4, 200, 4, 32)] * 2, *[positive(4, 4, 200)] * 2, *[real(4, 200, 4, 32)] * 3),
        A(scale=0.2, causal=True),
    ),
    "simple_rnn_grad": ((*[real(21, 40, 64)] * 2, unit(64, 64)), {}),
    "gru_grad": ((*[real(21, 40, 64)] * 2, unit(20, 40, 256), unit(64, 192)), {}),
    "lstm_grad": ((*[real(21, 40, 64)] * 4, unit(20, 40, 256), unit(64, 256)), {}),
    "layer_norm_grad": ((real(3000, 40), real(3000, 40), real(40), real(3000), positive(3000)), A(axes=1)),
    "softmax_grad": ((positive(300, 400), real(300, 400)), A(axis=-1)),
    "log_softmax_grad": ((real(300, 400), real(300, 400)), A(axis=-1)),
    "sparse_crossentropy_grad": ((real(300, 400), integers(400, 300), real(300)), {}),
    "sum_to": ((real(40, 300, 50),), A(shape=[300, 1])),
    "unary_grad": ((unit(300, 1000), real(300, 1000)), A(function="tanh", alpha=1.0)),
    "take": ((real(600, 40), integers(600, 9000)), A(axis=0)),
    "scatter_add": ((real(9000, 40), integers(600, 9000)), A(axis=0, shape=[600, 40])),
    "resample": ((real(8, 70, 300), integers(60, 90), real(90, 4)), A(axis=1)),
    "resample_grad": ((real(8, 90, 300), integers(60, 90), real(90, 4)), A(axis=1, size=70)),
    "map_coordinates": ((real(3, 50, 60, 3), ref.places(2, 5000)), A(fill_mode="mirror")),
    "map_coordinates_grad": ((real(3, 5000, 3), ref.places(2, 5000)), A(shape=[3, 50, 60, 3])),
    **ops_ordering.LARGE,
    "transpose": ((real(40, 300, 50),), A(axes=[2, 0, 1])),
    "broadcast_to": ((real(300, 1),), A(shape=[20, 300, 50])),
    "concatenate": ((real(300, 200), real(300, 300)), A(axis=1)),
    "random_uniform": ((state(),), A(shape=[300, 1000], low=-1.0, high=1.0, dtype="float32")),
    "random_normal": ((state(),), A(shape=[300, 1000], mean=1.0, stddev=2.0, dtype="float32")),
    "random_truncated_normal": ((state(),), A(shape=[300, 1000], mean=0.0, stddev=2.0, dtype="float32")),
    "random_integers": ((state(),), A(shape=[300, 1000], low=-3, high=3)),
    "random_permutation": ((state(),), A(size=30000)),
    "sgd_update": ((positive(300, 1000), real(300, 1000), positive()), {}),
    "adam_update": ((positive(300, 1000), *[real(300, 1000)] * 2, positive(300, 1000), positive()), {}),
    "rmsprop_update": (
        (positive(300, 1000), real(300, 1000), positive(), positive(300, 1000)),
        A(rho=0.9, momentum=0.0, epsilon=1e-7, centered=False),
    ),
}
