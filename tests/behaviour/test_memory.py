"""What `summary` says about memory before anything runs."""

import re

import numpy as np
import pytest

import lamina
from lamina import layers, ops
from lamina.models import memory


def lines_of(model):
    lines = []
    model.summary(print_fn=lines.append)
    return [line for line in lines if line.startswith(("Memory", "  of which"))]


def dense(outputs=3, **compiled):
    model = lamina.Sequential([lamina.Input((8,)), layers.Dense(16, "relu"), layers.Dense(outputs, "softmax")])
    if compiled:
        model.compile(**compiled)
    return model


def test_the_lines():
    size = r"[\d.]+ [KM]?B"
    values = rf"  of which values: {size} \(lower bound {size}\)"
    wanted = [rf"Memory of a prediction: {size} for a batch of 32", values]
    assert re.fullmatch("\n".join(wanted), "\n".join(lines_of(dense())))
    wanted += [rf"Memory of a training step: {size} for a batch of 32", values]
    assert re.fullmatch("\n".join(wanted), "\n".join(lines_of(dense(optimizer="adam", loss="mse"))))


@pytest.mark.parametrize(
    ("optimizer", "slots"), [("sgd", 0), (lambda: lamina.optimizers.SGD(0.1, momentum=0.9), 1), ("adam", 2)]
)
@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "mse", lamina.losses.CategoricalCrossentropy()])
def test_known_before_and_the_same_after(optimizer, slots, loss):
    optimizer = optimizer if isinstance(optimizer, str) else optimizer()
    model = dense(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    before = memory.of_training(model)
    assert not model.optimizer.built
    assert model._compile_loss._losses is None
    assert model._compile_metrics.metrics == []
    y = np.zeros(32, int) if isinstance(loss, str) and "sparse" in loss else np.zeros((32, 3), "float32")
    model.fit(np.zeros((32, 8), "float32"), y, verbose=0)
    after = memory.of_training(model)
    weights = memory.bytes_of(model.weights)
    assert before.total - before.values == pytest.approx((1 + slots) * weights, abs=64)
    assert after.total == pytest.approx(before.total, abs=2048)  # what metrics count comes on top
    assert before.bound <= before.values < 1.15 * before.bound
    assert before.batch_size == 32


def test_the_batch_of_the_input_counts():
    small, large = (
        lamina.Sequential([lamina.Input((8,), batch_size=n), layers.Dense(256, "relu"), layers.Dense(256)])
        for n in (4, 4096)
    )
    assert [memory.of_prediction(model).batch_size for model in (small, large)] == [4, 4096]
    assert memory.of_prediction(large).values > 500 * memory.of_prediction(small).values


def test_outputs_and_losses_of_all_kinds():
    x = lamina.Input((4,))
    hidden = layers.Dense(8, "relu", activity_regularizer="l2")(x)
    model = lamina.Model(x, {"a": layers.Dense(2)(hidden), "b": layers.Dense(5, "softmax")(hidden)})
    model.compile("adam", {"a": "mse", "b": "sparse_categorical_crossentropy"}, loss_weights={"a": 1.0, "b": 2.0})
    assert memory.of_training(model).values > 0
    only = lamina.Model(x, hidden)
    only.compile("sgd")
    assert memory.of_training(only).values > 0
    only.compile("sgd", lambda y, predicted: ops.mean(ops.square(y - predicted)))
    assert memory.of_training(only).values > 0


def test_nothing_is_said_where_it_is_not_known():
    model = lamina.Sequential([lamina.Input((None, 4)), layers.Dense(2)])
    model.compile("sgd", "mse")
    assert lines_of(model) == []
    assert memory.of_training(dense()) is None  # not compiled

    class Own(lamina.Model):
        def train_step(self, data):
            return {"loss": self.compute_loss(*data[:2], self(data[0]))}

    x = lamina.Input((4,))
    own = Own(x, layers.Dense(2)(x))
    own.compile("sgd", "mse")
    assert memory.of_training(own) is None
    own.fit(np.zeros((4, 4), "float32"), np.zeros((4, 2), "float32"), verbose=0)
    assert memory.of_training(own).total > 0


def test_activations_are_computed_again_for_their_gradient():
    def model(batch_size):
        lamina.utils.set_random_seed(1)
        hidden = [layers.Dense(512, "gelu") for _ in range(8)]
        model = lamina.Sequential([lamina.Input((512,), batch_size=batch_size), *hidden, layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    what_layers_give = 8 * 1024 * 512 * 4  # with what goes into the activations, twice that
    assert memory.of_training(model(1024)).values < 1.6 * what_layers_give
    x, y = np.linspace(-1, 1, 64 * 512, dtype="float32").reshape(64, 512), np.ones((64, 1), "float32")
    traced, eager = model(64), model(64)
    eager.run_eagerly = True
    for m in (traced, eager):
        m.fit(x, y, batch_size=64, epochs=2, verbose=0)
    for a, b in zip(traced.weights, eager.weights):
        np.testing.assert_array_equal(a, b)
