"""One row per op of the engine: inputs, attributes, what NumPy says, and what it is differentiable in."""

import itertools
import math
from typing import Any

import numpy as np
from scipy import special

from cases import ctc, ops_ordering
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


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _softplus(x):
    return np.logaddexp(x, 0)


def _slope(function, x, step=0.02):
    """The derivative, by differences of eighth order."""
    weights = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
    return sum(w * (function(x + k * step) - function(x - k * step)) for k, w in weights.items()) / step


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(x))


def _trials(rng, shape):
    return rng.integers(0, 300, shape)


def _chances(rng, shape):
    return rng.uniform(0, 1, shape)


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
    "sigmoid": (real, _sigmoid, True),
    "softplus": (real, _softplus, True),
    "log_sigmoid": (real, lambda x: -_softplus(-x), True),
    "relu": (real, lambda x: np.maximum(x, 0), True),
    "relu6": (real, lambda x: np.clip(x, 0, 6), True),
    "silu": (real, lambda x: x * _sigmoid(x), True),
    "gelu": (real, lambda x: x * 0.5 * (1 + special.erf(x / math.sqrt(2))), True),
    "gelu_tanh": (real, lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), True),
    "softsign": (real, lambda x: x / (1 + np.abs(x)), True),
    "hard_sigmoid": (real, lambda x: np.clip(x / 6 + 0.5, 0, 1), True),
    "hard_silu": (real, lambda x: x * np.clip(x / 6 + 0.5, 0, 1), True),
    "selu": (real, lambda x: SELU[1] * _elu(x, SELU[0]), True),
    "mish": (real, lambda x: x * np.tanh(_softplus(x)), True),
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
    "elu": _elu,
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


def _reduce(function):
    return lambda x, axes, keepdims=False: function(x, axis=tuple(axes), keepdims=keepdims)


def _softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _matmul(a, b, transpose_a=False, transpose_b=False):
    return np.matmul(a.swapaxes(-1, -2) if transpose_a else a, b.swapaxes(-1, -2) if transpose_b else b)


def _conv(x, kernel, bias=None, strides=(), padding="valid", dilation=(), groups=1, activation="linear"):
    """Straight from the definition, over all spatial ranks."""
    rank = x.ndim - 2
    strides, dilation = strides or [1] * rank, dilation or [1] * rank
    size = kernel.shape[:rank]
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    n = x.shape[1:-1]
    if padding == "same":
        out = [-(-a // s) for a, s in zip(n, strides)]
        total = [max((o - 1) * s + r - a, 0) for o, s, r, a in zip(out, strides, reach, n)]
        pads = [(t // 2, t - t // 2) for t in total]
    else:
        pads = [(reach[0] - 1, 0)] if padding == "causal" else [(0, 0)] * rank
        out = [(a + sum(p) - r) // s + 1 for a, p, r, s in zip(n, pads, reach, strides)]
    x = np.pad(x, [(0, 0), *pads, (0, 0)])
    y = np.zeros((x.shape[0], *out, kernel.shape[-1]))
    width_in, width_out = kernel.shape[-2], kernel.shape[-1] // groups
    for position in np.ndindex(*size):
        window = [slice(p * d, p * d + (o - 1) * s + 1, s) for p, d, o, s in zip(position, dilation, out, strides)]
        part = x[(slice(None), *window)]
        for g in range(groups):
            columns = slice(g * width_out, (g + 1) * width_out)
            y[..., columns] += part[..., g * width_in : (g + 1) * width_in] @ kernel[position][:, columns]
    return y if bias is None else y + bias


def _pool(function, empty):
    def pool(x, window, strides=(), padding="valid"):
        rank = x.ndim - 2
        strides = strides or window
        n = x.shape[1:-1]
        if padding == "same":
            out = [-(-a // s) for a, s in zip(n, strides)]
            lows = [max((o - 1) * s + w - a, 0) // 2 for o, s, w, a in zip(out, strides, window, n)]
        else:
            out, lows = [(a - w) // s + 1 for a, w, s in zip(n, window, strides)], [0] * rank
        y = np.empty((x.shape[0], *out, x.shape[-1]))
        for position in np.ndindex(*out):
            starts = [p * s - low for p, s, low in zip(position, strides, lows)]
            cut = [slice(max(b, 0), min(b + w, a)) for b, w, a in zip(starts, window, n)]
            y[(slice(None), *position)] = function(x[(slice(None), *cut)], axis=tuple(range(1, rank + 1)))
        return y

    return pool


def _batch_norm(x, gamma, beta, epsilon, axis):
    axes = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    mean, variance = x.mean(axes), x.var(axes)
    return (
        _batch_norm_inference(x, gamma, beta, mean, variance, epsilon, axis),
        mean,
        variance,
        (variance + epsilon) ** -0.5,
    )


def _batch_norm_inference(x, gamma, beta, mean, variance, epsilon, axis):
    shape = [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    gamma, beta, mean, variance = (v.reshape(shape) for v in (gamma, beta, mean, variance))
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def _layer_norm(x, gamma, beta, epsilon, axes):
    over = tuple(range(x.ndim - axes, x.ndim))
    mean, variance = x.mean(over, keepdims=True), x.var(over, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def _crossentropy(logits, labels):
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -np.take_along_axis(logs, labels[..., None], -1)[..., 0]


def _sparsemax(x, axis):
    z = np.moveaxis(x, axis, -1)
    down = -np.sort(-z, -1)
    over = (np.cumsum(down, -1) - 1) / np.arange(1, z.shape[-1] + 1)
    tau = np.take_along_axis(over, (down > over).sum(-1, keepdims=True) - 1, -1)
    return np.moveaxis(np.maximum(z - tau, 0), -1, axis)


def _scatter_add(updates, indices, axis, shape):
    out = np.zeros(shape)
    np.add.at(out, indices, updates)
    return out


def _resample(x, starts, weights, axis):
    rows = np.moveaxis(x, axis, 0)
    sums = [sum(w * rows[start + t] for t, w in enumerate(row)) for start, row in zip(starts, weights)]
    return np.moveaxis(np.stack(sums), 0, axis)


def _transposed(function, dy, shape):
    """The gradient of a linear function of an array of `shape`, entry by entry."""
    basis = np.eye(math.prod(shape)).reshape(-1, *shape)
    return np.reshape([(function(unit_array) * dy).sum() for unit_array in basis], shape)


def _resample_grad(dy, starts, weights, axis, size):
    shape = (*dy.shape[:axis], size, *dy.shape[axis + 1 :])
    return _transposed(lambda x: _resample(x, starts, weights, axis), dy, shape)


_OUTSIDE = {"nearest": "edge", "wrap": "wrap", "mirror": "reflect", "reflect": "symmetric"}  # NumPy's names


def _map_coordinates(x, coordinates, order=1, fill_mode="constant", derivatives=(), value=0.0):
    """Straight from the definition: x repeated far outside, and a weight for each corner of a cell."""
    axes, far = x.ndim - 2, 50
    border = [(0, 0), *[(far, far)] * axes, (0, 0)]
    constant = fill_mode == "constant"
    x = np.pad(x, border, constant_values=value) if constant else np.pad(x, border, _OUTSIDE[fill_mode])
    coordinates = np.broadcast_to(coordinates, (len(x), *coordinates.shape[1:]))
    batch = np.arange(len(x))[:, None]
    total = 0.0
    for corner in itertools.product((0, 1), repeat=axes) if order else [(0,) * axes]:
        weight, places = 1.0, []
        for axis, upper in enumerate(corner):
            c = coordinates[:, axis]
            index = np.floor(c) + upper if order else np.round(c)
            share = 1 - np.abs(c - index) if order else 1.0
            weight = weight * ((2.0 * upper - 1 if order else 0.0) if axis in derivatives else share)
            places.append(index.astype(int) + far)
        total = total + np.reshape(weight, (*np.shape(weight), 1)) * x[(batch, *places)]
    return total


def _map_coordinates_grad(dy, coordinates, shape, **options):
    return _transposed(lambda x: _map_coordinates(x, coordinates, **options), dy, shape)


def _places(axes, points, batch=1):
    """Coordinates in and around small images, none close to a whole number or a half."""

    def draw(rng, shape):
        x = rng.integers(-6, 20, shape) / 2
        return x + rng.uniform(0.1, 0.4, shape)

    return Array((batch, axes, points), draw)


def _sgd(p, g, rate, m=None, momentum=0.0, nesterov=False):
    if m is None:
        return p - rate * g
    m = momentum * m - rate * g
    return (p + momentum * m - rate * g if nesterov else p + m), m


def _adam(p, g, m, v, alpha, v_hat=None, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m, v = m + (g - m) * (1 - beta_1), v + (g * g - v) * (1 - beta_2)
    if v_hat is None:
        return p - alpha * m / (np.sqrt(v) + epsilon), m, v
    v_hat = np.maximum(v_hat, v)
    return p - alpha * m / (np.sqrt(v_hat) + epsilon), m, v, v_hat


def _rmsprop(p, g, rate, v, *rest, rho, momentum, epsilon, centered):
    rest = list(rest)
    v = rho * v + (1 - rho) * g * g
    out = [v]
    under = v
    if centered:
        a = rho * rest.pop(0) + (1 - rho) * g
        under = v - a * a
        out.append(a)
    step = rate * g / np.sqrt(under + epsilon)
    if momentum:
        step = momentum * rest.pop(0) + step
        out.append(step)
    return p - step, *out


def _sum_to(x, shape):
    lead = x.ndim - len(shape)
    x = x.sum(tuple(range(lead)))
    return x.sum(tuple(i for i, n in enumerate(shape) if n == 1 != x.shape[i]), keepdims=True)


def _lu(x):
    """(L and U in one, pivots, permutation) of a stack of matrices, straight from the textbook."""
    packed = np.array(x)
    *batch, m, n = x.shape
    pivots = np.zeros((*batch, min(m, n)), "int32")
    order = np.broadcast_to(np.arange(m, dtype="int32"), (*batch, m)).copy()
    for at in np.ndindex(*batch):
        a = packed[at]
        for j in range(min(m, n)):
            pivots[(*at, j)] = p = j + np.argmax(np.abs(a[j:, j]))
            a[[j, p]] = a[[p, j]]
            order[at][[j, p]] = order[at][[p, j]]
            a[j + 1 :, j] /= a[j, j]
            a[j + 1 :, j + 1 :] -= np.outer(a[j + 1 :, j], a[j, j + 1 :])
    return packed, pivots, order


def _triangular_solve(a, b, lower=False, transpose=False, unit_diagonal=False):
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        eye = np.eye(a.shape[-1])
        a = a * (1 - eye) + eye
    return np.linalg.solve(a.swapaxes(-1, -2) if transpose else a, b)


def _fft(re, im, inverse=False):
    x = re + 1j * im
    y = np.fft.ifft(x, norm="forward") if inverse else np.fft.fft(x)
    return y.real, y.imag


def _interior(n, factor):
    k = np.arange(n // 2 + 1)
    return np.where((k > 0) & (2 * k < n), factor, 1.0)


def _rfft(x, interior=1.0):
    y = np.fft.rfft(x) * _interior(x.shape[-1], interior)
    return y.real, y.imag


def _irfft(re, im, length, interior=2.0):
    return np.fft.irfft((re + 1j * im) * _interior(length, interior / 2), length, norm="forward")


A = dict
P5 = positive(4, 3)  # a parameter of optimizer rows
STARTS = integers(5, 6)  # of windows
PLACES = _places(2, 9, batch=2)

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
        lambda a, x: _slope(lambda a: special.gammainc(a, x), a),
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
    *(
        Op(
            name,
            (distinct(4, 3, 5),),
            A(axes=[0, 2], keepdims=keep),
            _reduce(f),
            large=(real(300, 50, 40),),
            label=str(keep),
        )
        for name, f in _REDUCE.items()
        for keep in (False, True)
    ),
    *(Op(name, (flags(4, 3),), A(axes=[1]), _reduce(f)) for name, f in (("any", np.any), ("all", np.all))),
    Op("argmax", (distinct(4, 6),), A(axis=1), lambda x, axis: np.argmax(x, axis), _NONE),
    Op("argmin", (distinct(4, 6),), A(axis=0), lambda x, axis: np.argmin(x, axis), _NONE),
    Op("sum_to", (real(2, 4, 5),), A(shape=[4, 1]), _sum_to),
    Op("matmul", (real(2, 4, 3), real(3, 5)), {}, _matmul, large=(real(300, 200), real(200, 250))),
    Op("matmul", (real(2, 3, 4), real(2, 5, 3)), A(transpose_a=True, transpose_b=True), _matmul, label="transposed"),
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
        _conv,
        large=(real(4, 30, 30, 16), real(3, 2, 16, 32), real(32)),
    ),
    Op("conv", (real(2, 9, 4), real(3, 2, 6)), A(padding="causal", dilation=[2], groups=2), _conv, label="1d"),
    Op("conv", (real(1, 4, 5, 4, 2), real(2, 3, 2, 2, 3)), {}, _conv, label="3d"),
    Op("conv_grad_input", (real(2, 5, 4, 4), real(3, 3, 3, 4)), A(input_shape=[2, 7, 6, 3])),
    Op("conv_grad_kernel", (real(2, 7, 6, 3), real(2, 5, 4, 4)), A(kernel_shape=[3, 3, 3, 4])),
    Op(
        "max_pool",
        (distinct(2, 5, 6, 3),),
        A(window=[2, 3], strides=[2, 2], padding="same"),
        _pool(np.max, -np.inf),
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
        _pool(np.mean, 0),
        large=(real(8, 40, 40, 32),),
    ),
    Op("average_pool_grad", (real(2, 2, 3, 3),), A(window=[2, 2], input_shape=[2, 4, 6, 3])),
    Op(
        "batch_norm",
        (real(6, 4, 5), real(5), real(5)),
        A(epsilon=1e-3, axis=-1),
        _batch_norm,
        outputs=(0, 1, 2, 3),
        large=(real(64, 50, 40), real(40), real(40)),
    ),
    Op(
        "batch_norm",
        (real(6, 4, 5), real(4), real(4)),
        A(epsilon=1e-3, axis=1),
        _batch_norm,
        outputs=(0, 1, 2, 3),
        label="axis1",
    ),
    Op("batch_norm_grad", (real(6, 5), real(6, 5), real(5), real(5), positive(5)), A(axis=-1), outputs=(0, 1, 2)),
    Op(
        "batch_norm_inference",
        (real(6, 4, 5), real(5), real(5), real(5), positive(5)),
        A(epsilon=1e-3, axis=-1),
        _batch_norm_inference,
    ),
    Op(
        "layer_norm",
        (real(4, 3, 5), real(5), real(5)),
        A(epsilon=1e-3, axes=1),
        _layer_norm,
        outputs=(0,),
        large=(real(300, 20, 40), real(40), real(40)),
    ),
    Op(
        "layer_norm",
        (real(4, 3, 5), real(3, 5), real(3, 5)),
        A(epsilon=1e-3, axes=2),
        _layer_norm,
        outputs=(0,),
        label="2",
    ),
    Op("layer_norm_grad", (real(4, 5), real(4, 5), real(5), real(4), positive(4)), A(axes=1), outputs=(0, 1, 2)),
    Op("softmax", (real(4, 3, 5),), A(axis=-1), _softmax, large=(real(300, 400),)),
    Op("softmax", (real(4, 3, 5),), A(axis=1), _softmax, label="axis1"),
    Op("log_softmax", (real(4, 5),), A(axis=-1), lambda x, axis: np.log(_softmax(x, axis)), large=(real(300, 400),)),
    Op("softmax_grad", (positive(4, 5), real(4, 5)), A(axis=-1)),
    Op("log_softmax_grad", (real(4, 5), real(4, 5)), A(axis=-1)),
    Op(
        "sparse_crossentropy",
        (real(4, 3, 5), integers(5, 4, 3)),
        {},
        _crossentropy,
        large=(real(300, 400), integers(400, 300)),
    ),
    Op("sparse_crossentropy_grad", (real(6, 5), integers(5, 6), real(6)), {}),
    Op("sparsemax", (real(4, 3, 5),), A(axis=-1), _sparsemax, large=(real(300, 400),)),
    Op("sparsemax", (real(4, 3, 5),), A(axis=1), _sparsemax, label="axis1"),
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
    Op("scatter_add", (real(5, 4), integers(6, 5)), A(axis=0, shape=[6, 4]), _scatter_add),
    Op(
        "one_hot",
        (integers(7, 4, low=-1),),
        A(classes=6, dtype="float32"),
        lambda i, classes, dtype: np.where((i >= 0) & (i < classes), 1, 0)[:, None] * np.eye(8)[i][:, :classes],
    ),
    Op("resample", (real(4, 7, 5), STARTS, real(6, 3)), A(axis=1), _resample),
    Op("resample", (real(7, 20), STARTS, real(6, 3)), A(axis=0), _resample, label="wide"),
    Op("resample", (real(3, 7), STARTS, real(6, 3)), A(axis=-1), _resample, label="last"),
    Op("resample_grad", (real(4, 6, 5), STARTS, real(6, 3)), A(axis=1, size=7), _resample_grad),
    Op("map_coordinates", (real(2, 4, 5, 3), PLACES), A(order=1, fill_mode="reflect"), _map_coordinates),
    Op("map_coordinates", (real(2, 4, 5, 3), PLACES), A(value=0.7), _map_coordinates, label="constant"),
    Op("map_coordinates", (real(2, 4, 5, 3), PLACES), A(derivatives=[1]), _map_coordinates, label="derived"),
    Op("map_coordinates", (real(2, 4, 5, 3), PLACES), A(order=0, fill_mode="wrap"), _map_coordinates, label="nearest"),
    Op(
        "map_coordinates_grad",
        (real(2, 9, 3), PLACES),
        A(shape=[2, 4, 5, 3], fill_mode="mirror"),
        _map_coordinates_grad,
    ),
    *ops_ordering.OPS,
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
        (Array((6, 7), _trials), Array((6, 7), _chances), state()),
        wrt=_NONE,
        large=(Array((300, 100), _trials), Array((300, 100), _chances), state()),
    ),
    Op("dropout", (real(6, 7), state()), A(rate=0.4), large=(real(300, 1000), state())),
    Op("sgd_update", (P5, real(4, 3), positive()), {}, _sgd, _NONE),
    Op(
        "sgd_update",
        (P5, real(4, 3), positive(), real(4, 3)),
        A(momentum=0.9, nesterov=True),
        _sgd,
        _NONE,
        label="nesterov",
    ),
    Op("adam_update", (P5, real(4, 3), real(4, 3), positive(4, 3), positive()), {}, _adam, _NONE),
    Op(
        "adam_update",
        (P5, real(4, 3), real(4, 3), positive(4, 3), positive(), positive(4, 3)),
        {},
        _adam,
        _NONE,
        label="amsgrad",
    ),
    Op(
        "rmsprop_update",
        (P5, real(4, 3), positive(), positive(4, 3)),
        A(rho=0.9, momentum=0.0, epsilon=1e-7, centered=False),
        _rmsprop,
        _NONE,
    ),
    Op(
        "rmsprop_update",
        (P5, real(4, 3), positive(), above_one(4, 3), unit(4, 3), real(4, 3)),
        A(rho=0.9, momentum=0.8, epsilon=1e-7, centered=True),
        _rmsprop,
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
            _triangular_solve,
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
    Op("lu", (regular(2, 5, 5),), {}, _lu, outputs=(0,), large=(regular(400, 16, 16),)),
    Op("lu", (regular(2, 5, 3),), {}, _lu, _NONE, label="tall"),
    Op("lu", (regular(2, 3, 5),), {}, _lu, _NONE, label="wide"),
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
        Op("fft", (real(3, n), real(3, n)), A(inverse=inverse), _fft, outputs=(0, 1), label=f"{n}-{inverse}")
        for n in (1, 8, 12, 37)
        for inverse in (False, True)
    ),
    Op("fft", (real(20, 30), real(20, 30)), {}, _fft, outputs=(0, 1), large=(real(99, 512), real(99, 512)), label="30"),
    *(
        Op("rfft", (real(3, n),), A(interior=1.5), _rfft, outputs=(0, 1), large=(real(99, 512),), label=str(n))
        for n in (1, 2, 7, 12)
    ),
    *(
        Op("irfft", (real(3, n // 2 + 1), real(3, n // 2 + 1)), A(length=n), _irfft, label=str(n))
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
    "map_coordinates": ((real(3, 50, 60, 3), _places(2, 5000)), A(fill_mode="mirror")),
    "map_coordinates_grad": ((real(3, 5000, 3), _places(2, 5000)), A(shape=[3, 50, 60, 3])),
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
