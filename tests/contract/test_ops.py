"""What every op of the engine has to do: agree with NumPy, infer, differentiate, trace, ignore the thread count."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cases.arrays import make_all
from cases.ops import LARGE, OPS, Op
from helpers import assert_gradients_close, numeric_gradient, some_entries

from lamina import _core

EACH = pytest.mark.parametrize("op", OPS, ids=lambda op: op.id)


WITH_BODIES = {"scan", "while_loop", "switch"}  # bodies have fixed dtypes: cases/calls/flow.py has their rows


def names_of_all_ops() -> set[str]:
    return {name for name in dir(_core.ops) if not name.startswith("_")} - WITH_BODIES


def run(op: Op, arrays, attributes=None):
    """The outputs as a tuple of tensors."""
    tensors = [a if isinstance(a, _core.Tensor) else _core.Tensor(a) for a in arrays]
    found = getattr(_core.ops, op.name)(*tensors, **(op.attributes if attributes is None else attributes))
    return found if isinstance(found, tuple) else (found,)


def test_every_op_has_a_row():
    assert {op.name for op in OPS} == names_of_all_ops()


@EACH
def test_value(op):
    if op.reference is None:
        assert all(np.isfinite(t.numpy()).all() for t in run(op, make_all(op.inputs)))
        return
    for dtype, tolerance in (("float32", 3e-5), ("float64", 1e-12)):
        arrays = make_all(op.inputs, dtype)
        expected = op.reference(*(a.astype("float64") if a.dtype.kind == "f" else a for a in arrays), **op.attributes)
        expected = expected if isinstance(expected, tuple) else (expected,)
        for tensor, wanted in zip(run(op, arrays), expected):
            wanted = np.asarray(wanted)
            assert tensor.shape == wanted.shape
            if wanted.dtype.kind == "f":
                np.testing.assert_allclose(tensor.numpy(), wanted, rtol=tolerance, atol=tolerance)
            else:
                np.testing.assert_array_equal(tensor.numpy(), wanted)


@EACH
def test_infers_what_it_gives_and_a_program_gives_the_same_bits(op):
    arrays = make_all(op.inputs)
    eager = run(op, arrays)
    with _core.Trace() as trace:
        inputs = [_core.symbolic(a.shape, "string" if a.dtype == object else str(a.dtype)) for a in arrays]
        outputs = run(op, inputs)
    if not inputs:  # made of attributes alone: there is nothing to wait for
        assert not any(t.is_symbolic for t in outputs)
        return
    assert [(t.shape, t.dtype) for t in outputs] == [(t.shape, t.dtype) for t in eager]
    program = _core.Program()
    named = [(f"x{i}", t) for i, t in enumerate(inputs)]
    program.add_entry("f", named, [(f"y{i}", t) for i, t in enumerate(outputs)], trace)
    for traced, direct in zip(program.run("f", [_core.Tensor(a) for a in arrays]), eager):
        np.testing.assert_array_equal(traced.numpy(), direct.numpy())


def differentiable_inputs(op: Op) -> tuple[int, ...]:
    return tuple(i for i, a in enumerate(op.inputs) if a.dtype == "float") if op.wrt is None else op.wrt


@pytest.mark.parametrize("op", [op for op in OPS if differentiable_inputs(op)], ids=lambda op: op.id)
def test_gradients(op):
    arrays = make_all(op.inputs, "float64")
    wrt = differentiable_inputs(op)
    chosen = op.outputs or (0,)
    shapes = [t.shape for t in run(op, arrays)]
    weights = {i: np.random.default_rng(i).normal(size=shapes[i]) for i in chosen}

    def value(moved):
        found = run(op, moved)
        return sum(float((found[i].numpy() * weights[i]).sum()) for i in chosen)

    tensors = [_core.Tensor(a) for a in arrays]
    with _core.Tape() as tape:
        for i in wrt:
            tape.watch(tensors[i])
        found = run(op, tensors)
        targets = [found[i] for i in chosen]
    gradients = _core.gradient(targets, [tensors[i] for i in wrt], [_core.Tensor(weights[i]) for i in chosen])
    for i, gradient in zip(wrt, gradients):
        assert gradient is not None, f"no gradient for input {i}"
        assert gradient.shape == tensors[i].shape
        entries = some_entries(arrays[i])
        expected = numeric_gradient(value, arrays, i, entries)
        assert_gradients_close(gradient.numpy(), expected, entries, f"input {i}")


@EACH
def test_same_bits_with_one_and_two_threads(op):
    inputs, attributes = LARGE.get(op.name, (op.large or op.inputs, op.attributes))
    arrays = make_all(inputs)
    before = _core.num_threads()
    results = []
    try:
        for threads in (1, 2):
            _core.set_num_threads(threads)
            results.append([t.numpy().copy() for t in run(op, arrays, attributes)])
    finally:
        _core.set_num_threads(before)
    for one, two in zip(*results):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("name", sorted({op.name for op in OPS if op.inputs}))
def test_no_inputs_at_all_is_an_error_with_a_reason(name):
    with pytest.raises((ValueError, TypeError), match=name):
        getattr(_core.ops, name)()


def test_unknown_attribute_is_an_error():
    with pytest.raises((ValueError, TypeError), match="axis"):
        _core.ops.exp(_core.Tensor(np.ones(3, "float32")), axis=1)


@pytest.mark.parametrize(
    ("name", "mean", "deviation", "low", "high"),
    [
        ("random_uniform", 0.5, 12**-0.5, 0.0, 1.0),
        ("random_normal", 0.5, 2.0, -np.inf, np.inf),
        ("random_truncated_normal", 0.5, 2.0 * 0.8796256610342398, -3.5, 4.5),
    ],
)
def test_random_numbers_have_their_distribution(name, mean, deviation, low, high):
    attributes = {"low": 0.0, "high": 1.0} if name == "random_uniform" else {"mean": 0.5, "stddev": 2.0}
    state = _core.Tensor(np.array([9, 0], "int64"))
    x = getattr(_core.ops, name)(state, shape=[200, 500], dtype="float64", **attributes).numpy()
    assert low <= x.min()
    assert x.max() <= high
    assert abs(x.mean() - mean) < 5 * deviation / np.sqrt(x.size)
    assert abs(x.std() - deviation) < 0.02 * deviation
    again = getattr(_core.ops, name)(state, shape=[200, 500], dtype="float64", **attributes).numpy()
    np.testing.assert_array_equal(x, again)
    later = _core.Tensor(np.array([9, 1], "int64"))
    assert not np.array_equal(
        x, getattr(_core.ops, name)(later, shape=[200, 500], dtype="float64", **attributes).numpy()
    )


def test_random_integers_are_even():
    x = _core.ops.random_integers(_core.Tensor(np.array([9, 0], "int64")), shape=[60000], low=-2, high=4).numpy()
    values, counts = np.unique(x, return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2, 3]
    assert np.abs(counts - 10000).max() < 500


def test_dropout_keeps_the_mean():
    x = _core.Tensor(np.ones((300, 400), "float32"))
    y = _core.ops.dropout(x, _core.Tensor(np.array([1, 2], "int64")), rate=0.25).numpy()
    assert sorted(set(y.ravel().tolist())) == [0.0, pytest.approx(4 / 3)]
    assert abs((y == 0).mean() - 0.25) < 0.01
