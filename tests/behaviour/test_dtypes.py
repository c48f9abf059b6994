"""16-bit floats for storage, dtype policies, and the scaling of losses."""

import ml_dtypes
import numpy as np
import pytest

import lamina
from lamina import layers, ops

HALVES = ("float16", "bfloat16")


@pytest.fixture(autouse=True)
def _default_policy():
    yield
    lamina.config.set_dtype_policy(None)


@pytest.mark.parametrize("dtype", HALVES)
def test_arrays_go_both_ways(dtype, rng):
    array = rng.normal(size=(3, 4)).astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    tensor = ops.convert_to_tensor(array)
    assert tensor.dtype == dtype
    np.testing.assert_array_equal(tensor.numpy(), array)
    assert tensor.numpy().dtype == array.dtype
    assert tensor[1, 2].item() == float(array[1, 2])
    wide = ops.cast(tensor, "float32")
    np.testing.assert_array_equal(wide.numpy(), array.astype("float32"))
    np.testing.assert_array_equal(ops.cast(wide, dtype).numpy(), array)


@pytest.mark.parametrize("dtype", HALVES)
def test_ops_compute_in_float32_and_round_once(dtype, rng):
    array = rng.normal(size=(5, 7)).astype("float32")
    x = ops.cast(array, dtype)
    exact = ops.cast(x, "float32")
    for function in (ops.exp, lambda t: ops.sum(t, axis=0), lambda t: ops.matmul(ops.transpose(t), t), ops.softmax):
        found = function(x)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found.numpy(), ops.cast(function(exact), dtype).numpy())
    assert (x * 2.5).dtype == (x + 1).dtype == (x * ops.convert_to_tensor([2])).dtype == dtype
    assert (x > 0).dtype == "bool"
    assert (x + exact).dtype == "float32"
    assert ops.argmax(x).dtype == "int32"
    assert ops.concatenate([x, ops.transpose(x[:, :5])], axis=1).shape == (5, 12)
    assert ops.zeros((2,), dtype).dtype == ops.one_hot([1], 3, dtype=dtype).dtype == dtype
    assert ops.add(ops.zeros(2, "float16"), ops.zeros(2, "bfloat16")).dtype == "float32"


@pytest.mark.parametrize("dtype", HALVES)
def test_gradients_flow_through_casts(dtype):
    x = ops.convert_to_tensor([0.5, 1.5])
    with lamina.GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(ops.square(ops.cast(x, dtype)))
    gradient = tape.gradient(y, x)
    assert gradient.dtype == "float32"
    np.testing.assert_array_equal(gradient.numpy(), [1.0, 3.0])


def test_dtypes_that_do_not_fit_say_so():
    x = ops.zeros((2,), "float16")
    with pytest.raises(TypeError, match=r"(?s)add.*dtypes"):
        lamina._core.ops.add(x, ops.zeros((2,), "float32"))
    with pytest.raises(ValueError, match="dtype"):
        layers.Dense(1, dtype="float8")
    with pytest.raises(ValueError, match="policy"):
        lamina.dtype_policies.deserialize({"class_name": "GPTQDTypePolicy", "config": {}})


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16", "float16", "float64"])
def test_a_model_trains_in_every_policy(policy, rng, tmp_path):
    lamina.config.set_dtype_policy(policy)
    x = rng.normal(size=(64, 6, 6, 2)).astype("float32")
    y = (x.mean((1, 2, 3)) > 0).astype("float32")
    model = lamina.Sequential(
        [
            lamina.Input((6, 6, 2)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.LayerNormalization(),
            layers.Dropout(0.1),
            layers.Dense(1, activation="sigmoid", dtype=None if policy.startswith("mixed") else "float32"),
        ]
    )
    kept = "float32" if policy.startswith("mixed") else policy
    assert {w.dtype for w in model.layers[0].weights} == {kept}
    assert model.layers[0].compute_dtype == policy.removeprefix("mixed_")
    assert model.layers[1](model.layers[0](x)).dtype == policy.removeprefix("mixed_")
    model.compile(lamina.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=8, batch_size=16, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    model.save(tmp_path / "m.lamina")
    again = lamina.models.load_model(tmp_path / "m.lamina")
    assert again.layers[0].dtype_policy == model.layers[0].dtype_policy
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_mixed_float16_scales_the_loss():
    lamina.mixed_precision.set_global_policy("mixed_float16")
    inputs = lamina.Input((2,))
    model = lamina.Model(inputs, layers.Dense(1, dtype="mixed_float16")(inputs))
    model.compile("sgd", "mse")
    assert isinstance(model.optimizer, lamina.optimizers.LossScaleOptimizer)
    x, y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=20, verbose=0)  # the first scales may be too large for float16
    assert 0 < model.optimizer.step_counter.numpy() <= 20
    assert model.evaluate(x, y, verbose=0) < before
    model.compile("sgd", "mse", auto_scale_loss=False)
    assert not isinstance(model.optimizer, lamina.optimizers.LossScaleOptimizer)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_the_scale_follows_overflows(run_eagerly):
    optimizer = lamina.optimizers.LossScaleOptimizer(lamina.optimizers.SGD(1.0), 8.0, dynamic_growth_steps=2)
    inputs = lamina.Input((1,))
    model = lamina.Model(inputs, layers.Dense(1, use_bias=False, kernel_initializer="ones")(inputs))
    model.compile(optimizer, "mse", run_eagerly=run_eagerly)
    good, bad = np.full((1, 1), 0.5, "float32"), np.full((1, 1), np.inf, "float32")
    target = np.zeros((1, 1), "float32")
    model.train_on_batch(good, target)  # d/dw (0.5 w)^2 = 0.5 w
    np.testing.assert_allclose(model.get_weights()[0], [[0.5]])
    model.train_on_batch(bad, target)
    np.testing.assert_allclose(model.get_weights()[0], [[0.5]])
    assert (optimizer.dynamic_scale.numpy(), optimizer.step_counter.numpy()) == (4.0, 0)
    for _ in range(2):
        model.train_on_batch(good, target)
    assert (optimizer.dynamic_scale.numpy(), optimizer.step_counter.numpy()) == (8.0, 0)
    assert int(optimizer.iterations.numpy()) == 3
    config = lamina.optimizers.serialize(optimizer)
    assert lamina.optimizers.deserialize(config).get_config() == optimizer.get_config()
