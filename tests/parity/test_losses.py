"""Losses against Keras: values and gradients of each row with all reductions, with and without weights."""

import numpy as np
import pytest
from cases import losses
from cases.arrays import make_all
from cases.compare import close
from cases.oracle import compiled

import lamina
from lamina import ops

ROW = {"ids": lambda row: row.id}
REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")


def together(ops, values):
    """One number that depends on all values, on each by a factor of its own."""
    return sum(ops.sum(value) * (1.0 + 0.3 * i) for i, value in enumerate(values))


def our_values_and_gradient(functions, x):
    """The tensors that `functions(library, x)` gives, and the gradient of all of them `together`."""
    tensor = ops.convert_to_tensor(x)
    with lamina.GradientTape() as tape:
        tape.watch(tensor)
        values = functions(lamina, tensor)
        total = together(ops, values)
    return [value.numpy() for value in values], tape.gradient(total, tensor).numpy()


def their_values_and_gradient(functions, x):
    """The same by Keras, compiled at once, which is much faster than one by one."""
    import jax
    import jax.numpy as jnp
    import keras

    def both(x):
        values = functions(keras, x)
        return together(jnp, values), values

    (_, values), gradient = compiled(jax.value_and_grad(both, has_aux=True))(jnp.asarray(x))
    return values, gradient


@pytest.mark.parametrize("row", [row for row in losses.LOSSES if row.parity], **ROW)
def test_losses(row, keras):
    y_true, y_pred = make_all(row.inputs)
    per_sample = np.asarray(getattr(keras.losses, row.name)(**row.kwargs, reduction="none")(y_true, y_pred))
    weights = np.linspace(0.0, 2.0, max(per_sample.size, 1)).reshape(per_sample.shape).astype("float32")
    weightings = (None, weights) if per_sample.ndim else (None,)

    def in_all_ways(library, y):
        made = [getattr(library.losses, row.name)(**row.kwargs, reduction=reduction) for reduction in REDUCTIONS]
        return [loss(y_true, y, sample_weight=weight) for loss in made for weight in weightings]

    mine, gradient = our_values_and_gradient(in_all_ways, y_pred)
    theirs, wanted = their_values_and_gradient(in_all_ways, y_pred)
    for i, (value, expected) in enumerate(zip(mine, theirs, strict=True)):
        close(value, expected, what=f"value {i}")
    close(gradient, wanted, what="gradient")
    ours, theirs = (getattr(library.losses, row.name)(**row.kwargs) for library in (lamina, keras))
    config = ours.get_config()
    assert set(theirs.get_config()) <= set(config)
    close(keras.losses.deserialize(lamina.losses.serialize(ours))(y_true, y_pred), theirs(y_true, y_pred))
    if set(row.kwargs) <= set(theirs.get_config()):  # Keras forgets delta and axis of some
        close(lamina.losses.deserialize(keras.losses.serialize(theirs))(y_true, y_pred).numpy(), theirs(y_true, y_pred))


def test_loss_of_masked_predictions(keras, rng):
    y_true, y_pred = rng.normal(size=(2, 4, 5, 3)).astype("float32")
    mask = rng.integers(0, 2, (4, 5)).astype(bool)
    weights = rng.uniform(size=(4, 5)).astype("float32")
    for reduction in REDUCTIONS:
        for weight in (None, weights):
            found = []
            for library in (lamina, keras):
                prediction = library.ops.convert_to_tensor(y_pred)
                prediction._keras_mask = library.ops.convert_to_tensor(mask)
                found.append(
                    library.losses.MeanSquaredError(reduction=reduction)(y_true, prediction, sample_weight=weight)
                )
            close(found[0].numpy(), found[1])


def test_crossentropies_know_the_logits(rng):
    logits = np.array([[400.0, 0.0, -400.0]], "float32")
    inputs = lamina.Input((3,))
    outputs = lamina.layers.Softmax()(inputs)
    model = lamina.Model(inputs, outputs)
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert model.evaluate(logits, np.array([2]), verbose=0) == pytest.approx(800.0)
    probability = lamina.activations.softmax(ops.convert_to_tensor(logits))
    assert float(lamina.losses.categorical_crossentropy([[0.0, 0.0, 1.0]], probability).numpy()[0]) == pytest.approx(
        800.0
    )
    sigmoid = lamina.activations.sigmoid(ops.convert_to_tensor(logits))
    assert lamina.losses.binary_crossentropy([[0.0, 0.0, 1.0]], sigmoid).numpy()[0] == pytest.approx(
        800.4 / 3, rel=1e-2
    )


@pytest.mark.parametrize("q", [0.3, 0.7])
def test_generalized_crossentropy(q, keras):
    """The class of Keras 3.15.1 cannot be called; its function can."""
    y_true, y_pred = make_all((losses.LABELS, losses.ROWS))
    theirs = keras.losses.categorical_generalized_cross_entropy(y_true, y_pred, q)
    close(lamina.losses.categorical_generalized_cross_entropy(y_true, y_pred, q).numpy(), theirs)


def test_classes_on_another_axis(rng):
    """Keras on JAX has them on the last axis only."""
    labels, scores = rng.integers(0, 5, (6, 4)), rng.uniform(0.1, 1.0, (6, 4, 5)).astype("float32")
    crossentropy = lamina.losses.sparse_categorical_crossentropy
    expected = crossentropy(labels, scores).numpy()
    close(crossentropy(labels, scores.transpose(0, 2, 1), axis=1).numpy(), expected)


def test_functions_are_written_alike(keras):
    for cls in lamina.losses.CLASSES:
        name = cls.function.__name__
        config = lamina.losses.serialize(cls.function)
        assert config == keras.losses.serialize(getattr(keras.losses, name))
        assert lamina.losses.deserialize(config) is cls.function


def test_wrappers_of_functions(keras):
    """They count among automatic names, and their configurations go both ways."""
    from keras.src.losses.losses import LossFunctionWrapper

    y_true, y_pred = make_all(losses.REAL)
    kinds = ((lamina, lamina.losses.LossFunctionWrapper), (keras, LossFunctionWrapper))
    for (library, kind), other in zip(kinds, (keras, lamina)):
        loss = kind(library.losses.huber, delta=0.5)
        assert loss.name == "loss_function_wrapper"
        again = other.losses.deserialize(library.losses.serialize(loss))
        assert again.name == loss.name
        close(np.asarray(again(y_true, y_pred)), np.asarray(loss(y_true, y_pred)))
        metric = library.metrics.MeanMetricWrapper(library.losses.huber, delta=0.5)
        assert metric.name == "mean_metric_wrapper"
        again = other.metrics.deserialize(library.metrics.serialize(metric))
        close(np.asarray(again(y_true, y_pred)), np.asarray(metric(y_true, y_pred)))
