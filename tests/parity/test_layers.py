"""Every layer against Keras: outputs, moving statistics, losses, gradients of inputs and of weights, configurations."""

import numpy as np
import pytest
from cases.arrays import make_all
from cases.layers import FUNCTIONS, LAYERS

import lamina
from lamina import layers, ops

PARITY = [case for case in LAYERS if case.parity]
EACH = pytest.mark.parametrize("case", PARITY, ids=lambda case: case.id)


def close(ours, theirs, what):
    theirs = np.asarray(theirs)
    scale = max(1.0, float(np.abs(theirs).max(initial=0.0)))
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=2e-5, atol=2e-6 * scale, err_msg=what)


def plain(value):
    """Comparable parts of a configuration: lists for tuples, floats as far as float32 knows them."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != "seed"}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return float(np.float32(value)) if isinstance(value, float) else value


def assert_same_config(found, expected):
    for key, value in found.items():
        if key not in {"name", "dtype", "quantization_config", "seed"}:
            assert plain(value) == plain(expected.get(key, value)), key


def their_results(layer, case, arrays, cotangent, training):
    """Output, new non-trainable values, gradients of float inputs, gradients of weights."""
    import jax
    import jax.numpy as jnp

    floats = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]
    still = [v.value for v in layer.non_trainable_variables]
    options = {"training": training} if "BatchNorm" in type(layer).__name__ else {}

    def run(weights, moved):
        inputs = list(arrays)
        for i, value in zip(floats, moved):
            inputs[i] = value
        return layer.stateless_call(weights, still, *case.arguments([jnp.asarray(x) for x in inputs]), **options)

    weights = [v.value for v in layer.trainable_variables]

    @jax.jit
    def everything(weights, moved):
        output, pull, updated = jax.vjp(run, weights, moved, has_aux=True)
        return output, updated, *pull(cotangent)

    return everything(weights, [jnp.asarray(arrays[i]) for i in floats])


# In training only normalization differs; other layers do the same, or draw numbers.
MODES = [(c, training) for c in PARITY for training in (False, True) if not training or c.layer == "BatchNormalization"]


@pytest.mark.parametrize(("case", "training"), MODES, ids=lambda value: getattr(value, "id", f"training={value}"))
def test_values_and_gradients(case, training, keras):
    arrays = make_all(case.inputs, seed=case.seed)
    ours = case.make(layers)
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    ours(*case.arguments(tensors), training=False)
    rng = np.random.default_rng(5)
    values = [
        rng.uniform(0.5, 1.5, v.shape) if "moving" in v.name or "renorm" in v.name else v.numpy() for v in ours.weights
    ]
    ours.set_weights(values)

    theirs = case.make(keras.layers)
    theirs(*case.arguments(arrays))
    theirs.set_weights(values)
    theirs(*case.arguments(arrays), **({"training": training} if case.layer == "BatchNormalization" else {}))
    their_losses = sum(map(float, theirs.losses))
    theirs.set_weights(values)

    with lamina.GradientTape() as tape:
        tape.watch(tensors)
        output = ours(*case.arguments(tensors), training=training)
        cotangent = rng.normal(size=output.shape).astype("float32")
        target = ops.sum(output * ops.convert_to_tensor(cotangent))
    floats = [t for t in tensors if t.dtype == "float32"]
    for_inputs, for_weights = tape.gradient(target, [floats, list(ours.trainable_weights)])

    expected, updated, their_weights, their_inputs = their_results(theirs, case, arrays, cotangent, training)
    assert output.shape == expected.shape
    close(output.numpy(), expected, "output")
    close(sum((float(loss.numpy()) for loss in ours.losses), 0.0), their_losses, "losses")
    for gradient, wanted in zip(for_inputs, their_inputs):
        close(gradient.numpy(), wanted, "gradient of an input")
    assert len(for_weights) == len(their_weights)
    for variable, gradient, wanted in zip(ours.trainable_weights, for_weights, their_weights):
        close(gradient.numpy(), wanted, f"gradient of {variable.name}")
    for variable, wanted in zip(ours.non_trainable_weights, updated):
        close(variable.numpy(), wanted, variable.name)


@EACH
def test_configurations_go_both_ways(case, keras):
    ours = case.make(layers)
    theirs = case.make(keras.layers)
    built = keras.layers.deserialize(layers.serialize(ours), custom_objects=FUNCTIONS)
    assert type(built) is type(theirs)
    back = layers.deserialize(keras.layers.serialize(theirs), custom_objects=FUNCTIONS)
    assert type(back) is type(ours)
    assert_same_config(built.get_config(), theirs.get_config())
    assert_same_config(back.get_config(), ours.get_config())


def test_mask_of_batch_normalization(keras, rng):
    x = rng.normal(size=(4, 5, 3)).astype("float32")
    mask = rng.integers(0, 2, (4, 5)).astype(bool)
    ours, theirs = layers.BatchNormalization(), keras.layers.BatchNormalization()
    close(ours(x, training=True, mask=mask).numpy(), theirs(x, training=True, mask=mask), "output")
    close(ours.moving_mean.numpy(), theirs.moving_mean.numpy(), "mean")
    close(ours.moving_variance.numpy(), theirs.moving_variance.numpy(), "variance")
    ours.trainable = theirs.trainable = False
    close(ours(x, training=True).numpy(), theirs(x, training=True), "frozen")


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_mask_of_global_average_pooling(data_format, keras, rng):
    x = rng.normal(size=(4, 5, 3)).astype("float32")
    mask = np.arange(4 * (5 if data_format == "channels_last" else 3)).reshape(4, -1) % 2 == 0
    ours = layers.GlobalAveragePooling1D(data_format=data_format)(x, mask=mask)
    close(ours.numpy(), keras.layers.GlobalAveragePooling1D(data_format=data_format)(x, mask=mask), "output")


@pytest.mark.parametrize("name", ["Add", "Multiply", "Maximum", "Minimum", "Average", "Concatenate"])
def test_masks_of_merging_layers(name, keras, rng):
    values = rng.integers(0, 3, (2, 4, 5)).astype("float32")[..., None]

    def build(library):
        inputs = [library.layers.Input((5, 1)) for _ in values]
        masked = [library.layers.Masking()(x) for x in inputs]
        merged = getattr(library.layers, name)()(masked)
        return library.Model(inputs, library.layers.GlobalAveragePooling1D()(merged))

    ours, theirs = (build(library).predict(list(values), verbose=0) for library in (lamina, keras))
    close(ours, theirs, name)


def test_softmax_with_mask(keras, rng):
    x = rng.normal(size=(3, 4)).astype("float32")
    mask = np.array([[1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
    close(layers.Softmax()(x, mask=mask).numpy(), keras.layers.Softmax()(x, mask=mask), "softmax")
