"""Tapes, gradients as functions, gradients of one's own, and directional derivatives."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops


def tensor(values):
    return ops.convert_to_tensor(np.asarray(values, "float32"))


def test_a_tape_gives_gradients_once_unless_persistent():
    x = tensor([1.0, 2.0])
    with lamina.GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(x * x)
    np.testing.assert_array_equal(tape.gradient(y, x), [2.0, 4.0])
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, x)
    with lamina.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, z = ops.sum(x * x), ops.sum(x)
    np.testing.assert_array_equal(tape.gradient(y, x), [2.0, 4.0])
    np.testing.assert_array_equal(tape.gradient(z, x), [1.0, 1.0])


def test_sources_come_back_in_their_structure():
    a, b = lamina.Variable(2.0), lamina.Variable(3.0)
    unused, frozen = lamina.Variable(1.0), lamina.Variable(1.0, trainable=False)
    with lamina.GradientTape(persistent=True) as tape:
        y = a * b * b * frozen
    found = tape.gradient(y, {"a": a, "rest": [b, unused]})
    assert found["a"].item() == 9.0
    assert found["rest"][0].item() == 12.0
    assert found["rest"][1] is None
    assert tape.gradient(y, [unused], unconnected_gradients="zero")[0].item() == 0.0
    assert tape.gradient(y, b, output_gradients=tensor(2.0)).item() == 24.0


def test_only_what_is_watched():
    a, b = lamina.Variable(2.0), lamina.Variable(3.0)
    with lamina.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
        y = a * b
    found = tape.gradient(y, [a, b])
    assert found[0].item() == 3.0
    assert found[1] is None


def test_nested_tapes_give_higher_derivatives():
    x = tensor(0.5)
    with lamina.GradientTape() as outer:
        outer.watch(x)
        with lamina.GradientTape() as inner:
            inner.watch(x)
            y = ops.sin(x) * x
        slope = inner.gradient(y, x)
    np.testing.assert_allclose(outer.gradient(slope, x).item(), 2 * np.cos(0.5) - 0.5 * np.sin(0.5), rtol=1e-6)
    third = lamina.grad(lamina.grad(lamina.grad(lambda x: x**4)))
    assert third(tensor(2.0)).item() == 48.0


def test_grad_and_value_and_grad():
    def loss(weights, x, scale=1.0):
        y = ops.matmul(x, weights["kernel"]) + weights["bias"]
        return ops.sum(y * y) * scale, y

    weights = {"kernel": tensor([[1.0], [2.0]]), "bias": tensor([0.5])}
    x = tensor([[1.0, 1.0]])
    (value, y), (by_weights, by_x) = lamina.value_and_grad(loss, argnums=(0, 1), has_aux=True)(weights, x, scale=2.0)
    assert value.item() == 24.5
    assert y.numpy().tolist() == [[3.5]]
    assert by_weights["kernel"].numpy().tolist() == [[14.0], [14.0]]
    assert by_weights["bias"].numpy().tolist() == [14.0]
    assert by_x.numpy().tolist() == [[14.0, 28.0]]
    found, aux = lamina.grad(loss, has_aux=True)(weights, x)
    assert found["bias"].numpy().tolist() == [7.0]
    assert aux.numpy().tolist() == [[3.5]]
    assert lamina.grad(lambda a, b: ops.sum(a))(x, x).numpy().tolist() == [[1.0, 1.0]]
    assert lamina.grad(lambda a, b: ops.sum(a), argnums=1)(x, x).numpy().tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("result", [lambda x: x, lambda x: 3.0, lambda x: (ops.sum(x), x)])
def test_grad_wants_one_number(result):
    with pytest.raises(ValueError, match="single number"):
        lamina.grad(result)(tensor([1.0, 2.0]))


def test_gradients_of_whole_numbers_are_refused():
    x = ops.convert_to_tensor([1, 2])
    with lamina.GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(x)
    with pytest.raises(TypeError, match="floating-point"):
        tape.gradient(y, x)


def clipped(x):
    @ops.custom_gradient
    def identity(x):
        return x * 1.0, lambda upstream: ops.clip(upstream, -1.0, 1.0)

    return identity(x)


def test_a_custom_gradient_eager_traced_and_in_a_model():
    slope = lamina.grad(lambda x: ops.sum(5.0 * clipped(x)))
    np.testing.assert_array_equal(slope(tensor([1.0, 2.0])), [1.0, 1.0])
    inputs = lamina.Input((2,))
    hidden = layers.Dense(1, use_bias=False, kernel_initializer="ones")(inputs)
    model = lamina.Model(inputs, layers.Lambda(clipped)(hidden))
    model.compile(lamina.optimizers.SGD(1.0), "mse")
    model.train_on_batch(np.ones((1, 2), "float32"), np.full((1, 1), 100.0, "float32"))
    np.testing.assert_array_equal(model.get_weights()[0], [[2.0], [2.0]])  # the gradient -196 was cut to -1
    outputs = clipped(inputs)
    np.testing.assert_array_equal(lamina.Model(inputs, outputs)(np.ones((1, 2), "float32")), np.ones((1, 2)))


def test_a_custom_gradient_of_several_arguments():
    @ops.custom_gradient
    def product(a, b):
        return (a * b, a + b), lambda da, db: (da * 10.0, None)

    def total(a, b):
        x, y = product(a, b)
        return x + y

    by_a, by_b = lamina.grad(total, argnums=(0, 1))(tensor(2.0), tensor(3.0))
    assert by_a.item() == 10.0
    assert by_b.item() == 0.0

    @ops.custom_gradient
    def wrong(a, b):
        return a * b, lambda upstream: (upstream,) * 3

    with pytest.raises(ValueError, match="2, one per argument"):
        lamina.grad(wrong)(tensor(2.0), tensor(3.0))


def test_jvp():
    value, slope = ops.linalg.jvp(lambda x, y: (x * y, ops.sin(x)), (2.0, 3.0), (1.0, 10.0))
    assert [v.item() for v in value] == [6.0, pytest.approx(np.sin(2.0))]
    assert [s.item() for s in slope] == [23.0, pytest.approx(np.cos(2.0))]
    value, slope = ops.linalg.jvp(lambda x: ops.ones((2,)), (2.0,), (1.0,))  # does not depend on x
    np.testing.assert_array_equal(slope, [0.0, 0.0])


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_gradient_penalty_trains(run_eagerly, rng):
    """The loss holds a gradient of the model, as in Wasserstein networks."""

    class Penalized(lamina.Model):
        def __init__(self):
            super().__init__()
            self.hidden = layers.Dense(8, activation="gelu")
            self.norm = layers.LayerNormalization()
            self.out = layers.Dense(1)

        def call(self, x):
            return self.out(self.norm(self.hidden(x)))

        def train_step(self, data):
            x, y = data
            with lamina.GradientTape() as tape:
                with lamina.GradientTape() as inner:
                    inner.watch(x)
                    prediction = self(x, training=True)
                slope = inner.gradient(prediction, x)
                loss = ops.mean(ops.square(prediction - y)) + 0.1 * ops.mean(ops.square(slope))
            self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
            return {"loss": loss}

    x = rng.normal(size=(32, 4)).astype("float32")
    model = Penalized()
    model.compile(lamina.optimizers.Adam(0.02), run_eagerly=run_eagerly)
    history = model.fit(x, x[:, :1], epochs=12, batch_size=16, verbose=0).history["loss"]
    assert history[-1] < 0.6 * history[0]
