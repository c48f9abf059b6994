"""What the ops of the rows compute, straight from the definitions."""

import itertools
import math

import numpy as np

from cases.arrays import Array

OUTSIDE = {"nearest": "edge", "wrap": "wrap", "mirror": "reflect", "reflect": "symmetric"}  # NumPy's names


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.logaddexp(x, 0)


def slope(function, x, step=0.02):
    """The derivative, by differences of eighth order."""
    weights = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
    return sum(w * (function(x + k * step) - function(x - k * step)) for k, w in weights.items()) / step


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(x))


def trials(rng, shape):
    return rng.integers(0, 300, shape)


def chances(rng, shape):
    return rng.uniform(0, 1, shape)


def reduce(function):
    return lambda x, axes, keepdims=False: function(x, axis=tuple(axes), keepdims=keepdims)


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def matmul(a, b, transpose_a=False, transpose_b=False):
    return np.matmul(a.swapaxes(-1, -2) if transpose_a else a, b.swapaxes(-1, -2) if transpose_b else b)


def conv(x, kernel, bias=None, strides=(), padding="valid", dilation=(), groups=1, activation="linear"):
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


def pool(function, empty):
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


def batch_norm(x, gamma, beta, epsilon, axis):
    axes = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    mean, variance = x.mean(axes), x.var(axes)
    return (
        batch_norm_inference(x, gamma, beta, mean, variance, epsilon, axis),
        mean,
        variance,
        (variance + epsilon) ** -0.5,
    )


def batch_norm_inference(x, gamma, beta, mean, variance, epsilon, axis):
    shape = [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    gamma, beta, mean, variance = (v.reshape(shape) for v in (gamma, beta, mean, variance))
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def layer_norm(x, gamma, beta, epsilon, axes):
    over = tuple(range(x.ndim - axes, x.ndim))
    mean, variance = x.mean(over, keepdims=True), x.var(over, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def attention(q, k, v, keep=None, scale=1.0, causal=False):
    """y, and per row of scores its peak and the inverse of the sum of its exponentials."""
    k, v = (np.repeat(x, q.shape[2] // x.shape[2], axis=2) for x in (k, v))
    scores = np.einsum("bthd,bshd->bhts", q, k) * scale
    kept = np.ones(scores.shape, bool) if keep is None else np.broadcast_to(keep, scores.shape)
    if causal:
        kept = kept & np.tril(np.ones(scores.shape[2:], bool))
    scores = np.where(kept, scores, -0.7 * float(np.finfo("float32").max))
    peak = scores.max(-1)
    exponentials = np.exp(scores - peak[..., None])
    inverse = 1 / exponentials.sum(-1)
    return np.einsum("bhts,bshd->bthd", exponentials * inverse[..., None], v), peak, inverse


def recurrent(cell):
    """All states h (for "lstm" also c) of z, the recurrent kernel, h0, then bias or c0, then perhaps a mask."""

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def run(z, kernel, h, *others, reverse=False):
        others = list(others)
        bias = others.pop(0) if cell == "gru" else 0.0
        c = others.pop(0) if cell == "lstm" else h
        mask = others[0] if others else np.ones(z.shape[:2], bool)
        states, cells = [h], [c]
        if reverse:
            z, mask = z[::-1], mask[::-1]
        for step, kept in zip(z, mask[..., None]):
            p = np.split(h @ kernel + bias, z.shape[-1] // h.shape[-1], -1)
            x = np.split(step, len(p), -1)
            if cell == "lstm":
                i, f, g, o = (u + v for u, v in zip(x, p))
                new_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                new = sigmoid(o) * np.tanh(new_c)
            elif cell == "gru":
                u, r = sigmoid(x[0] + p[0]), sigmoid(x[1] + p[1])
                new, new_c = u * h + (1 - u) * np.tanh(x[2] + r * p[2]), c
            else:
                new, new_c = np.tanh(x[0] + p[0]), c
            h, c = np.where(kept, new, h), np.where(kept, new_c, c)
            states.append(h)
            cells.append(c)
        way = -1 if reverse else 1
        return (np.stack(states)[::way], np.stack(cells)[::way]) if cell == "lstm" else np.stack(states)[::way]

    return run


def crossentropy(logits, labels):
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -np.take_along_axis(logs, labels[..., None], -1)[..., 0]


def sparsemax(x, axis):
    z = np.moveaxis(x, axis, -1)
    down = -np.sort(-z, -1)
    over = (np.cumsum(down, -1) - 1) / np.arange(1, z.shape[-1] + 1)
    tau = np.take_along_axis(over, (down > over).sum(-1, keepdims=True) - 1, -1)
    return np.moveaxis(np.maximum(z - tau, 0), -1, axis)


def scatter_add(updates, indices, axis, shape):
    out = np.zeros(shape)
    np.add.at(out, indices, updates)
    return out


def resample(x, starts, weights, axis):
    rows = np.moveaxis(x, axis, 0)
    sums = [sum(w * rows[start + t] for t, w in enumerate(row)) for start, row in zip(starts, weights)]
    return np.moveaxis(np.stack(sums), 0, axis)


def transposed(function, dy, shape):
    """The gradient of a linear function of an array of `shape`, entry by entry."""
    basis = np.eye(math.prod(shape)).reshape(-1, *shape)
    return np.reshape([(function(unit_array) * dy).sum() for unit_array in basis], shape)


def resample_grad(dy, starts, weights, axis, size):
    shape = (*dy.shape[:axis], size, *dy.shape[axis + 1 :])
    return transposed(lambda x: resample(x, starts, weights, axis), dy, shape)


def map_coordinates(x, coordinates, order=1, fill_mode="constant", derivatives=(), value=0.0):
    """Straight from the definition: x repeated far outside, and a weight for each corner of a cell."""
    axes, far = x.ndim - 2, 50
    border = [(0, 0), *[(far, far)] * axes, (0, 0)]
    constant = fill_mode == "constant"
    x = np.pad(x, border, constant_values=value) if constant else np.pad(x, border, OUTSIDE[fill_mode])
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


def map_coordinates_grad(dy, coordinates, shape, **options):
    return transposed(lambda x: map_coordinates(x, coordinates, **options), dy, shape)


def places(axes, points, batch=1):
    """Coordinates in and around small images, none close to a whole number or a half."""

    def draw(rng, shape):
        x = rng.integers(-6, 20, shape) / 2
        return x + rng.uniform(0.1, 0.4, shape)

    return Array((batch, axes, points), draw)


def sgd(p, g, rate, m=None, momentum=0.0, nesterov=False):
    if m is None:
        return p - rate * g
    m = momentum * m - rate * g
    return (p + momentum * m - rate * g if nesterov else p + m), m


def adam(p, g, m, v, alpha, v_hat=None, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m, v = m + (g - m) * (1 - beta_1), v + (g * g - v) * (1 - beta_2)
    if v_hat is None:
        return p - alpha * m / (np.sqrt(v) + epsilon), m, v
    v_hat = np.maximum(v_hat, v)
    return p - alpha * m / (np.sqrt(v_hat) + epsilon), m, v, v_hat


def rmsprop(p, g, rate, v, *rest, rho, momentum, epsilon, centered):
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


def sum_to(x, shape):
    lead = x.ndim - len(shape)
    x = x.sum(tuple(range(lead)))
    return x.sum(tuple(i for i, n in enumerate(shape) if n == 1 != x.shape[i]), keepdims=True)


def lu(x):
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


def triangular_solve(a, b, lower=False, transpose=False, unit_diagonal=False):
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        eye = np.eye(a.shape[-1])
        a = a * (1 - eye) + eye
    return np.linalg.solve(a.swapaxes(-1, -2) if transpose else a, b)


def fft(re, im, inverse=False):
    x = re + 1j * im
    y = np.fft.ifft(x, norm="forward") if inverse else np.fft.fft(x)
    return y.real, y.imag


def _interior(n, factor):
    k = np.arange(n // 2 + 1)
    return np.where((k > 0) & (2 * k < n), factor, 1.0)


def rfft(x, interior=1.0):
    y = np.fft.rfft(x) * _interior(x.shape[-1], interior)
    return y.real, y.imag


def irfft(re, im, length, interior=2.0):
    return np.fft.irfft((re + 1j * im) * _interior(length, interior / 2), length, norm="forward")
