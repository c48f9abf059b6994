"""Low-rank adaptation against Keras: weights, values, gradients, configurations, what is stored."""

import copy

import numpy as np
import pytest

import lamina
from lamina import layers, ops

ADAPTED = [
    ("Dense", {"units": 4, "kernel_regularizer": "l2"}, (3, 5)),
    ("Dense", {"units": 4, "use_bias": False, "activation": "tanh"}, (3, 2, 5)),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "de"}, (2, 3, 5)),
    ("EinsumDense", {"equation": "abcd,cde->abe", "output_shape": (None, 3)}, (2, 3, 2, 4)),
    ("Embedding", {"input_dim": 7, "output_dim": 4, "embeddings_regularizer": "l1"}, None),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal"}, (2, 6, 3)),
    ("Conv2D", {"filters": 4, "kernel_size": (2, 3), "groups": 2, "kernel_regularizer": "l2"}, (2, 5, 6, 4)),
    ("Conv3D", {"filters": 2, "kernel_size": 2}, (1, 3, 4, 3, 2)),
]
EACH = pytest.mark.parametrize(("name", "options", "shape"), ADAPTED)


def close(ours, theirs, what):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=2e-5, atol=2e-6, err_msg=what)


def data(shape, rng):
    return rng.integers(0, 7, (3, 5)) if shape is None else rng.normal(size=shape).astype("float32")


def adapted(library, name, options, x, weights=None, **lora):
    """The layer, called, adapted, and with these weights."""
    layer = getattr(library, name)(**options, name="subject")
    layer(x)
    layer.enable_lora(**lora)
    if weights is not None:
        layer.set_weights(weights)
    return layer


def described(layer):
    return [(v.path, tuple(v.shape), str(v.dtype), v.trainable) for v in layer.weights]


def plain(value):
    """Lists for tuples, and floats as far as float32 knows them, which Keras keeps them in."""
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return float(np.float32(value)) if isinstance(value, float) else value


@EACH
def test_values_gradients_and_weights(name, options, shape, keras, rng):
    import jax
    import jax.numpy as jnp

    x = data(shape, rng)
    lora = {"rank": 2, "lora_alpha": 3.0}
    ours = adapted(layers, name, options, x, **lora)
    before = ours(x).numpy()
    weights = [rng.normal(size=v.shape).astype("float32") for v in ours.weights]
    theirs = adapted(keras.layers, name, options, x, **lora)
    assert described(ours) == described(theirs)
    assert ours.lora_enabled
    start = {v.name: v.numpy() for v in ours.weights if v.name.startswith("lora")}
    a, b = start.values()
    assert a.any()
    assert not b.any()
    ours.set_weights(weights)
    theirs.set_weights(weights)
    assert np.abs(ours(x).numpy() - before).max() > 1e-3

    tensor = ops.convert_to_tensor(x)
    with lamina.GradientTape() as tape:
        tape.watch(tensor)
        output = ours(tensor)
        factor = rng.normal(size=output.shape).astype("float32")
        losses = sum(ours.losses) if ours.losses else 0.0
        total = ops.sum(output * factor) + losses
    moved = [] if x.dtype.kind == "i" else [tensor]
    gradients = tape.gradient(total, [*moved, *ours.trainable_weights])

    still = [v.value for v in theirs.non_trainable_variables]

    def run(values, inputs):
        outputs, _, losses = theirs.stateless_call(values, still, inputs, return_losses=True)
        return jnp.sum(outputs * factor) + sum(losses), outputs

    values = [v.value for v in theirs.trainable_variables]
    if moved:
        (_, expected), (for_weights, for_input) = jax.value_and_grad(run, (0, 1), has_aux=True)(values, jnp.asarray(x))
        wanted = [for_input, *for_weights]
    else:
        (_, expected), wanted = jax.value_and_grad(run, has_aux=True)(values, x)
    close(output.numpy(), expected, "output")
    assert len(ours.losses) == len(theirs.losses)
    assert len(gradients) == len(wanted)
    for found, gradient in zip(gradients, wanted):
        close(found.numpy(), gradient, "gradient")


@EACH
def test_configurations(name, options, shape, keras, rng):
    x = data(shape, rng)
    for lora in ({"rank": 2}, {"rank": 3, "lora_alpha": 6.0}):
        ours, theirs = adapted(layers, name, options, x, **lora), adapted(keras.layers, name, options, x, **lora)
        config, expected = ours.get_config(), theirs.get_config()
        for key in ("lora_rank", "lora_alpha"):
            assert config[key] == expected[key]
        for library, record in ((layers, layers.serialize(ours)), (layers, keras.layers.serialize(theirs))):
            again = library.deserialize(record)
            again(x)
            assert again.lora_enabled
            assert plain(again.get_config()) == plain(config)
            assert described(again) == described(ours)
        back = keras.layers.deserialize(layers.serialize(ours))
        back(x)
        assert described(back) == described(theirs)
    plain_layer = getattr(layers, name)(**options)
    assert "lora_rank" not in plain_layer.get_config()
    assert "lora_alpha" not in plain_layer.get_config()


@EACH
def test_rank_in_the_constructor(name, options, shape, rng):
    x = data(shape, rng)
    layer = getattr(layers, name)(**options, lora_rank=2, lora_alpha=4, name="subject")
    assert not layer.lora_enabled
    layer(x)
    assert described(layer) == described(adapted(layers, name, options, x, rank=2))
    base, a, b = (
        next(v.numpy() for v in layer.weights if v.name.endswith(end)) for end in (layer.lora_weight, "_a", "_b")
    )
    layer.set_weights([v.numpy() + (0.1 if v.name.endswith("_b") else 0.0) for v in layer.weights])
    effective = getattr(layer, layer.lora_weight)
    close(effective.numpy(), base + 2.0 * (a @ (b + 0.1)), "lora_alpha / lora_rank is 2")
    assert layer.count_params() == base.size + a.size + b.size + (layer.bias.numpy().size if has_bias(layer) else 0)


def has_bias(layer):
    return getattr(layer, "bias", None) is not None


@EACH
def test_stores_are_merged(name, options, shape, keras, rng):
    """As in Keras what is stored has the change in the weight, and what is loaded starts without change."""
    x = data(shape, rng)
    ours, theirs = adapted(layers, name, options, x, rank=2), adapted(keras.layers, name, options, x, rank=2)
    weights = [rng.normal(size=v.shape).astype("float32") for v in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    stores = {}, {}
    ours.save_own_variables(stores[0])
    theirs.save_own_variables(stores[1])
    assert stores[0].keys() == stores[1].keys()
    for key, value in stores[0].items():
        close(value, stores[1][key], key)
    fresh = getattr(layers, name)(**options)  # without LoRA
    fresh(x)
    again = adapted(layers, name, options, x, rank=3)
    for layer in (fresh, again):
        layer.load_own_variables(stores[0])
        np.testing.assert_allclose(layer(x).numpy(), ours(x).numpy(), rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match=r"do not fit .*\d arrays"):
        again.load_own_variables({**stores[0], "9": np.ones(3)})


def test_projections_of_attention_can_be_adapted(keras, rng):
    x = rng.normal(size=(2, 3, 4)).astype("float32")
    results, names = [], []
    for library in (layers, keras.layers):
        heads = library.MultiHeadAttention(2, 3, name="heads")
        heads(x, x)
        heads.query_dense.enable_lora(2)
        heads.value_dense.enable_lora(2)
        generator = np.random.default_rng(1)
        heads.set_weights([generator.normal(size=v.shape).astype("float32") for v in heads.weights])
        results.append(np.asarray(heads(x, x)))
        names.append(described(heads))
    close(*results, "output")
    assert names[0] == names[1]


def test_only_the_change_is_trained_and_files_keep_it(rng, tmp_path):
    """After training the frozen kernel is as it was; a file goes on where training ended."""
    x, y = rng.normal(size=(32, 6)).astype("float32"), rng.normal(size=(32, 3)).astype("float32")
    model = lamina.Sequential([layers.Input((6,)), layers.Dense(8, activation="tanh"), layers.Dense(3)])
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    for layer in model.layers:
        layer.enable_lora(2)
    model.compile(lamina.optimizers.Adam(0.05), "mse")
    kernels = [layer._kernel.numpy() for layer in model.layers]
    first = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=20, verbose=0)
    assert model.evaluate(x, y, verbose=0) < 0.9 * first
    for layer, kernel in zip(model.layers, kernels):
        np.testing.assert_array_equal(layer._kernel.numpy(), kernel)
        assert np.abs(layer.kernel.numpy() - kernel).max() > 1e-3
    model.save(tmp_path / "model.lamina")
    loaded = lamina.models.load_model(tmp_path / "model.lamina")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert [v.trainable for v in loaded.weights] == [v.trainable for v in model.weights]
    again = [m.fit(x, y, epochs=2, verbose=0, shuffle=False).history for m in (model, loaded)]
    assert again[0] == again[1]


def test_the_weight_stays_frozen_and_copies_are_apart(rng):
    """Keras sets it free when the layer is frozen and released; then it would be trained unseen."""
    x = rng.normal(size=(2, 4)).astype("float32")
    model = lamina.Sequential([layers.Input((4,)), layers.Dense(3, lora_rank=2)])
    model.trainable = False
    assert not model.trainable_weights
    model.trainable = True
    assert [v.name for v in model.trainable_weights] == ["bias", "lora_kernel_a", "lora_kernel_b"]

    layer = layers.Dense(3, lora_rank=2)
    layer(x)
    layer.set_weights([rng.normal(size=v.shape) for v in layer.weights])
    copied = copy.deepcopy(layer)
    assert described(copied) == described(layer)
    np.testing.assert_array_equal(copied(x).numpy(), layer(x).numpy())
    copied.lora_kernel_b.assign(np.zeros((2, 3)))
    assert np.abs(copied(x).numpy() - layer(x).numpy()).max() > 1e-3


def test_mixed_precision(rng):
    x = rng.normal(size=(4, 6)).astype("float32")
    layer = layers.Dense(3, lora_rank=2, dtype="mixed_bfloat16")
    layer(x)
    assert {v.dtype for v in layer.weights} == {"float32"}
    layer.set_weights([rng.normal(size=v.shape) for v in layer.weights])
    expected = x @ layer.kernel.numpy() + layer.bias.numpy()
    assert layer(x).dtype == "bfloat16"
    np.testing.assert_allclose(ops.cast(layer(x), "float32").numpy(), expected, rtol=0.05, atol=0.1)
