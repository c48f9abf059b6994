"""Loops and branches in models, with variables that they assign, on sizes known only later; and their errors."""

import functools
import types

import numpy as np
import pytest

import lamina
from lamina import _core, layers, ops


def run(function, *arrays):
    """The function traced and run as a program, variables included."""
    with _core.Trace() as trace:
        inputs = [_core.symbolic(a.shape, str(a.dtype)) for a in arrays]
        outputs = lamina.tree.flatten(function(*inputs))
    program = _core.Program()
    program.add_entry("f", [(f"x{i}", t) for i, t in enumerate(inputs)], list(zip("abcdef", outputs)), trace)
    return [t.numpy() for t in program.run("f", [_core.Tensor(a) for a in arrays])]


@pytest.mark.parametrize("traced", [False, True])
def test_bodies_assign_variables(traced):
    count, last = lamina.Variable(0, trainable=False), lamina.Variable(0.0, trainable=False)
    weight = lamina.Variable(2.0)

    def body(carry, x):
        count.assign(count + 1)
        last.assign(x)
        return carry * weight + x, None

    function = lambda x: ops.scan(body, 1.0, x)[0]  # noqa: E731
    x = np.array([1.0, 2.0, 3.0], "float32")
    found = run(function, x)[0] if traced else function(x).numpy()
    assert found == ((1.0 * 2 + 1) * 2 + 2) * 2 + 3
    assert int(count) == 3
    assert float(last) == 3.0


@pytest.mark.parametrize("traced", [False, True])
def test_branches_assign_variables(traced):
    a, b = lamina.Variable(1.0, trainable=False), lamina.Variable(1.0, trainable=False)

    def function(x):
        return ops.cond(ops.sum(x) > 0, lambda: a.assign(a + 1.0), lambda: b.assign(b + 10.0))

    for sign, expected in ((1.0, (2.0, 1.0)), (-1.0, (2.0, 11.0))):
        x = np.array([sign, sign], "float32")
        run(function, x) if traced else function(x)
        assert (float(a), float(b)) == expected


def branches_of(function):
    """The ops that a branch of the function of a placeholder runs beside, and its program as text."""
    with _core.Trace() as trace:
        x, chosen = _core.symbolic((3,), "float32"), _core.symbolic((), "bool")
        result = function(x, chosen)
    program = _core.Program()
    program.add_entry("f", [("x", x), ("chosen", chosen)], [("y", result)], trace)
    outside = program.describe("f").partition("switch(")
    return outside[0] + outside[2].rpartition("}")[2], outside[2].rpartition("}")[0]


def heavy(x):
    return ops.sum(ops.sin(ops.exp(x)))


@pytest.mark.parametrize(
    "function",
    [
        lambda x, chosen: ops.cond(chosen, lambda: heavy(x), lambda: ops.sum(x)),
        lambda x, chosen: ops.cond(chosen, functools.partial(heavy, x), lambda: ops.sum(x)),
        lambda x, chosen: ops.cond(chosen, lambda x=x: heavy(x), lambda: 0.0),
        lambda x, chosen: ops.cond(chosen, lambda: 0.0, (lambda parts: lambda: heavy(parts["x"][0]))({"x": [x]})),
        lambda x, chosen: ops.cond(chosen, (lambda inner: lambda: inner())(lambda: heavy(x)), lambda: ops.max(x)),
        lambda x, chosen: ops.cond(chosen, (lambda box: lambda: heavy(box.x))(types.SimpleNamespace(x=x)), lambda: 0.0),
        lambda x, chosen: ops.switch(ops.cast(chosen, "int32"), [ops.sum, heavy], x),
        lambda x, chosen: ops.switch(ops.cast(chosen, "int32"), [lambda: ops.sum(x), lambda: heavy(x)]),
        lambda x, chosen: ops.switch(ops.cast(chosen, "int32"), [lambda k: k, lambda k: heavy(x) * k], 2.0),
    ],
)
def test_only_the_chosen_branch_runs(function):
    """What a branch computes stands in it, not before it."""
    outside, inside = branches_of(function)
    assert "exp" not in outside
    assert "sin" not in outside
    assert inside.count("exp(") == inside.count("sin(") == 1


def test_what_stands_before_a_branch_is_not_computed_again():
    def function(x, chosen):
        before = ops.exp(x)
        return ops.cond(chosen, lambda: ops.sum(ops.sin(before)), lambda: ops.sum(before))

    outside, inside = branches_of(function)
    assert "exp(" in outside
    assert "exp(" not in inside
    assert "sin(" in inside


def test_tensors_that_a_branch_names_but_does_not_use():
    """They may be of another graph, which would not do as inputs of this one."""
    stale = [_core.symbolic((3,), "float32")]
    found = run(lambda x: ops.cond(x[0] > 0, lambda: len(stale) * x, lambda: x), np.float32([1.0, 2.0]))
    assert found[0].tolist() == [1.0, 2.0]


def test_names_without_a_value():
    def function(x):
        result = ops.cond(x[0] > 0, lambda: x * 2, lambda: x if x.ndim else later)
        later = result
        return later

    assert run(function, np.float32([1.0, 2.0]))[0].tolist() == [2.0, 4.0]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_gradients_flow_through_the_chosen_branch(sign):
    weight = lamina.Variable(3.0)

    def gradients(x):
        with lamina.GradientTape() as tape:
            tape.watch(x)
            y = ops.exp(x)
            z = ops.sum(ops.cond(x[0] > 0, lambda: ops.sin(y) * weight, lambda: y * x))
        return tape.gradient(z, [x, weight])

    x = np.float32([sign, 0.5])
    traced = run(gradients, x)
    eager = [0.0 if t is None else t.numpy() for t in gradients(_core.Tensor(x))]  # None: not used at all
    e = np.exp(x)
    expected = [np.cos(e) * e * 3, np.sin(e).sum()] if sign > 0 else [e * (x + 1), 0.0]
    for found in (traced, eager):
        for one, other in zip(found, expected):
            np.testing.assert_allclose(one, other, rtol=1e-5)


def test_a_loop_until_a_condition_assigns_and_reads():
    step, limit = lamina.Variable(0, trainable=False), lamina.Variable(5, trainable=False)

    def body(v):
        step.assign(step + 1)
        return v * 2.0

    found = run(lambda x: ops.while_loop(lambda v: step < limit, body, x), np.float32([1.0, 3.0]))[0]
    assert found.tolist() == [32.0, 96.0]
    assert int(step) == 5


def test_a_recurrent_layer_from_scan_trains_on_any_length(rng, tmp_path):
    @lamina.saving.register_keras_serializable()
    class Recurrent(layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, shape):
            self.kernel = self.add_weight((shape[-1], self.units), name="kernel")
            self.recurrent = self.add_weight((self.units, self.units), "orthogonal", name="recurrent")

        def call(self, x):
            rows = ops.transpose(ops.matmul(x, self.kernel), (1, 0, 2))
            begin = ops.zeros((ops.shape(x)[0], self.units), x.dtype)
            return ops.scan(lambda h, r: (ops.tanh(r + ops.matmul(h, self.recurrent)), None), begin, rows)[0]

    inputs = lamina.Input((None, 3))
    model = lamina.Model(inputs, layers.Dense(1)(Recurrent(16)(inputs)))
    model.compile(lamina.optimizers.Adam(0.02), "mse")
    for length in (5, 9):
        x = rng.normal(size=(64, length, 3)).astype("float32")
        history = model.fit(x, x[:, 0, :1], epochs=15, batch_size=16, verbose=0).history["loss"]
        assert history[-1] < 0.5 * history[0]
    x = rng.normal(size=(3, 7, 3)).astype("float32")
    states = np.zeros((3, 16), "float32")
    kernel, recurrent, out, bias = model.get_weights()
    for t in range(7):
        states = np.tanh(x[:, t] @ kernel + states @ recurrent)
    np.testing.assert_allclose(model.predict(x, verbose=0), states @ out + bias, atol=1e-5)
    model.save(tmp_path / "m.lamina")
    again = lamina.models.load_model(tmp_path / "m.lamina")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_random_numbers_differ_from_step_to_step():
    generator = lamina.random.SeedGenerator(3)
    _, ys = ops.scan(lambda c, _: (c, lamina.random.normal((2,), seed=generator)), 0.0, length=4)
    assert len(np.unique(ys.numpy())) == 8


X = np.ones((4, 2), "float32")


@pytest.mark.parametrize(
    ("call", "error", "part"),
    [
        (lambda: ops.scan(3, 0.0, X), TypeError, "cannot be called"),
        (lambda: ops.scan(lambda c, x: (c, x), 0.0), ValueError, "number of steps is unknown"),
        (lambda: ops.scan(lambda c, x: (c, x), 0.0, np.float32(1.0)), ValueError, "has no rows"),
        (lambda: ops.scan(lambda c, x: (c, x), 0.0, (X, X[:2])), ValueError, "differ in length"),
        (lambda: ops.scan(lambda c, x: (c, x), 0.0, X, length=3), ValueError, "not that of xs"),
        (lambda: ops.scan(lambda c, x: c, 0.0, X), ValueError, "no pair"),
        (lambda: ops.scan(lambda c, x: ((c, c), x), 0.0, X), ValueError, "structure of the carry"),
        (lambda: ops.scan(lambda c, x: (x, x), 0.0, X), ValueError, "changes its shape"),
        (lambda: ops.scan(lambda c, x: (ops.cast(c, "int32"), x), 0.0, X), TypeError, "changes its dtype"),
        (lambda: ops.switch(0, []), ValueError, "no branch"),
        (lambda: ops.associative_scan(lambda a, b: a, (X, X[:2])), ValueError, "no common, known length"),
    ],
)
def test_errors(call, error, part):
    with pytest.raises(error, match=part):
        call()


@pytest.mark.parametrize(
    ("function", "error", "part"),
    [
        (lambda x: ops.cond(x[0] > 0, lambda: x, lambda: (x, x)), ValueError, "different structures"),
        (lambda x: ops.cond(x[0] > 0, lambda: x, lambda: x[:1]), ValueError, "different results"),
        (lambda x: ops.while_loop(lambda v: v[0] > 0, lambda v: v[:1], x), ValueError, "changes its shape"),
        (lambda x: ops.while_loop(lambda v: v > 0, lambda v: v, x), ValueError, "not one bool"),
    ],
)
def test_errors_of_traced_bodies(function, error, part):
    with pytest.raises(error, match=part):
        run(function, np.float32([1.0, 2.0]))


def test_a_while_loop_has_no_gradient_and_says_what_has():
    def function(x):
        with lamina.GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(ops.while_loop(lambda v: ops.sum(v) < 100.0, lambda v: v * 2.0, x))
        return tape.gradient(y, x)

    with pytest.raises(ValueError, match=r"scan, or fori_loop"):
        run(function, np.float32([1.0, 2.0]))
    np.testing.assert_array_equal(function(ops.convert_to_tensor([1.0, 2.0])), [64.0, 64.0])  # in Python it has
