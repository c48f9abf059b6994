"""`lamina.backend`: what rests on loops of the engine, sequences, images and sorted sums."""

import numpy as np
import pytest

import lamina
from lamina import _core, ops
from lamina import backend as K


def real(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def keras_ops():
    return pytest.importorskip("keras").ops


def close(found, expected, tolerance=1e-4):
    np.testing.assert_allclose(
        ops.convert_to_tensor(found).numpy(), np.asarray(expected), rtol=tolerance, atol=tolerance
    )


def test_running_sums_and_products():
    x = real(3, 4)
    close(K.cumsum(x), x.cumsum(0))
    close(K.cumsum(x, axis=1), x.cumsum(1))
    close(K.cumprod(x), x.cumprod(0))
    close(K.cumprod(x, axis=-1), x.cumprod(1))


def test_dot_of_many_axes():
    close(K.dot(real(2, 3), real(4, 3, 5)), np.dot(real(2, 3), real(4, 3, 5)))
    close(K.dot(real(2, 6, 3), real(4, 3, 5)), np.dot(real(2, 6, 3), real(4, 3, 5)))


IMAGE = real(2, 7, 6, 4)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"strides": (2, 2), "padding": "same"}, {"dilation_rate": (2, 2)}],
)
def test_depthwise_and_separable_convolution(arguments):
    kernel, points = real(3, 3, 4, 2), real(1, 1, 8, 5)
    given = {"strides": 1, "padding": "valid", "dilation_rate": 1, **arguments}
    given["strides"] = given["strides"] if isinstance(given["strides"], int) else given["strides"][0]
    close(K.depthwise_conv2d(IMAGE, kernel, **arguments), keras_ops().depthwise_conv(IMAGE, kernel, **given))
    close(
        K.separable_conv2d(IMAGE, kernel, points, **arguments),
        keras_ops().separable_conv(IMAGE, kernel, points, **given),
    )
    first = K.depthwise_conv2d(IMAGE.transpose(0, 3, 1, 2), kernel, data_format="channels_first", **arguments)
    close(first.numpy().transpose(0, 2, 3, 1), keras_ops().depthwise_conv(IMAGE, kernel, **given))


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_smooth_resizing(interpolation):
    expected = keras_ops().image.resize(IMAGE, (14, 18), interpolation=interpolation, data_format="channels_last")
    close(K.resize_images(IMAGE, 2, 3, "channels_last", interpolation), expected)
    first = K.resize_images(IMAGE.transpose(0, 3, 1, 2), 2, 3, "channels_first", interpolation)
    close(first.numpy().transpose(0, 2, 3, 1), expected)


# ---- sequences

SCORES = real(3, 9, 6, seed=2) * 2
PROBABILITIES = np.exp(SCORES) / np.exp(SCORES).sum(-1, keepdims=True)
LABELS = np.array([[1, 2, 2], [0, 3, 0], [4, 0, 0]])
LENGTHS, STEPS = np.array([[3], [2], [1]]), np.array([[9], [7], [5]])


def test_ctc_batch_cost():
    found = K.ctc_batch_cost(LABELS, PROBABILITIES, STEPS, LENGTHS)
    assert found.shape == (3, 1)
    expected = keras_ops().ctc_loss(LABELS, np.log(PROBABILITIES + 1e-7), LENGTHS[:, 0], STEPS[:, 0], mask_index=5)
    close(found[:, 0], expected, 1e-3)


def test_ctc_decode_takes_the_likeliest_class_of_each_step():
    paths, scores = K.ctc_decode(PROBABILITIES, STEPS[:, 0])
    assert len(paths) == 1
    assert scores.shape == (3, 1)
    for row, path in enumerate(paths[0].numpy()):
        best = PROBABILITIES[row, : STEPS[row, 0]].argmax(-1)
        merged = [int(c) for i, c in enumerate(best) if c != 5 and (i == 0 or c != best[i - 1])]
        assert [int(c) for c in path if c >= 0] == merged
    expected = [-np.log(PROBABILITIES[i, : STEPS[i, 0]].max(-1) + 1e-7).sum() for i in range(3)]
    close(scores[:, 0], expected, 1e-3)


def test_ctc_decode_with_a_beam():
    paths, scores = K.ctc_decode(PROBABILITIES, STEPS[:, 0], greedy=False, beam_width=50, top_paths=2)
    assert len(paths) == 2
    assert scores.shape == (3, 2)
    assert (scores.numpy()[:, 0] >= scores.numpy()[:, 1]).all()


# ---- loops of a traced program

W, U, START = real(4, 5, seed=5) * 0.5, real(5, 5, seed=6) * 0.3, real(3, 5, seed=8)
SIGNAL = real(3, 6, 4, seed=7)
MASK = np.array([[1, 1, 1, 0, 0, 0], [0, 1, 1, 0, 1, 1], [1, 1, 1, 1, 1, 1]], bool)


def cell(x, states):
    h = ops.tanh(ops.matmul(x, W) + ops.matmul(states[0], U))
    return h * 2.0, [h]


@pytest.mark.parametrize("steps", [6, None])
@pytest.mark.parametrize("case", ["plain", "backwards", "mask", "mask-zero", "last"])
def test_a_traced_rnn_is_the_eager_one(case, steps):
    arguments = {
        "plain": {},
        "backwards": {"go_backwards": True},
        "mask": {"mask": MASK},
        "mask-zero": {"mask": MASK, "zero_output_for_mask": True},
        "last": {"return_all_outputs": False},
    }[case]
    arrays = {"x": SIGNAL, "start": START}
    if "mask" in arguments:
        arrays["mask"] = arguments.pop("mask")

    def run(x, start, **more):
        last, outputs, (state,) = K.rnn(cell, x, [start], **arguments, **more)
        return last, outputs, state

    eager = run(**{name: ops.convert_to_tensor(a) for name, a in arrays.items()})
    with _core.Trace() as trace:
        inputs = {
            name: _core.symbolic([None, *([steps, *a.shape[2:]] if name != "start" else a.shape[1:])], str(a.dtype))
            for name, a in arrays.items()
        }
        outputs = run(**inputs)
        (gradient,) = K.gradients(ops.sum(outputs[0]), [inputs["x"]])
    program = _core.Program()
    named = [(f"y{i}", t) for i, t in enumerate([*outputs, gradient])]
    program.add_entry("f", list(inputs.items()), named, trace)
    *found, slope = program.run("f", [_core.Tensor(a) for a in arrays.values()])
    for a, b in zip(found, eager):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)
    x = ops.convert_to_tensor(SIGNAL)
    with lamina.GradientTape() as tape:
        tape.watch(x)
        total = ops.sum(run(**{**arrays, "x": x})[0])
    np.testing.assert_allclose(slope.numpy(), tape.gradient(total, x).numpy(), rtol=1e-4, atol=1e-5)


def test_traced_folds_and_maps():
    def all_three(x):
        return (
            K.foldl(lambda a, row: a * 0.5 + row, x),
            K.foldr(lambda a, row: a * 0.5 + row, x, x[0] * 0.0),
            K.map_fn(lambda row: ops.sum(row) * row, x),
        )

    data = real(5, 3)
    with _core.Trace() as trace:
        x = _core.symbolic([None, 3])
        outputs = all_three(x)
    program = _core.Program()
    program.add_entry("f", [("x", x)], [(f"y{i}", t) for i, t in enumerate(outputs)], trace)
    for a, b in zip(program.run("f", [_core.Tensor(data)]), all_three(data)):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)
