"""What optimizers do beside stepping: decay, averages, scales, learning rates that change, several in one model."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops

optimizers = lamina.optimizers
X = np.linspace(-1, 1, 48, dtype="float32").reshape(12, 4)
Y = X[:, :1]


def fitted(optimizer, epochs=2):
    lamina.utils.set_random_seed(5)
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(2, name="first"), layers.Dense(1, name="last")])
    model.compile(optimizer, "mse")
    model.fit(X, Y, batch_size=4, epochs=epochs, shuffle=False, verbose=0)
    return model


def test_a_scaled_loss_gives_the_same_step():
    plain, scaled = (fitted(optimizers.SGD(0.1, loss_scale_factor=factor)) for factor in (None, 8.0))
    np.testing.assert_allclose(plain.get_weights()[0], scaled.get_weights()[0], rtol=1e-5)


def test_averages_take_the_place_of_weights_at_the_end_of_fit():
    model = fitted(optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9))
    for weight in model.trainable_weights:
        np.testing.assert_array_equal(weight.numpy(), model.optimizer.slot("average", weight).numpy())


@pytest.mark.parametrize(
    ("make", "averaged"),
    [
        (lambda: optimizers.SGD(0.1, use_ema=True), ["first/kernel", "first/bias", "last/kernel", "last/bias"]),
        (lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.1, use_ema=True)), ["first/kernel", "last/bias"]),
        (lambda: optimizers.SGD(0.1), []),
    ],
)
def test_files_hold_what_ends_training(make, averaged, tmp_path):
    """So that C++ puts averages in place of the weights too."""
    model = fitted(make())
    model.save(str(tmp_path / "m.lamina"))
    program, _ = lamina._core.load(str(tmp_path / "m.lamina"))
    assert program.has_entry("finish_training") == bool(averaged)
    if averaged:
        program.run_batches("train_step", [ops.convert_to_tensor(a) for a in (X, Y)], 4, 0, 3)
        values = {v.name: v.value.numpy() for v in program.variables}
        means = {name: next(v for k, v in values.items() if k.endswith(f"average/{name}")).copy() for name in averaged}
        assert not all(np.array_equal(values[name], mean) for name, mean in means.items())
        program.run("finish_training", [])
        values = {v.name: v.value.numpy() for v in program.variables}
        for name, mean in means.items():
            np.testing.assert_array_equal(values[name], mean)


def stepped(optimizer, variables):
    """The variables after a step with gradients of zero: only decay changes them."""
    optimizer.apply([np.zeros(v.shape, "float32") for v in variables], variables)
    return [float(v.numpy()[0]) for v in variables]


def test_some_weights_do_not_decay():
    def make():
        return [lamina.Variable(np.ones(2, "float32"), name=name) for name in ("kernel", "bias", "beta_1")]

    assert stepped(optimizers.SGD(0.5, weight_decay=0.2), make()) == pytest.approx([0.9, 0.9, 0.9])
    variables, optimizer = make(), optimizers.SGD(0.5, weight_decay=0.2)
    optimizer.exclude_from_weight_decay(var_list=[variables[0]], var_names=["bias", "_[0-9]"])
    assert stepped(optimizer, variables) == pytest.approx([1.0, 1.0, 1.0])
    variables, optimizer = make(), optimizers.AdamW(0.5, weight_decay=0.2)
    optimizer.exclude_from_weight_decay(var_names=["kernel"])
    optimizer.exclude_from_weight_decay(var_names=["bias"])  # the last call counts
    assert stepped(optimizer, variables) == pytest.approx([0.9, 1.0, 0.9])


@pytest.mark.parametrize("accumulate", [None, 2])
def test_some_gradients_are_the_new_values(accumulate):
    plain, scale = (lamina.Variable(np.ones(2, "float32"), name=name) for name in ("plain", "scale"))
    scale.overwrite_with_gradient = True
    optimizer = optimizers.Adam(0.1, use_ema=True, gradient_accumulation_steps=accumulate)
    optimizer.build([plain, scale])
    assert not any("scale" in v.name and "accumulator" not in v.name for v in optimizer.variables)
    for value in (7.0, 5.0):
        optimizer.apply([np.ones(2, "float32"), np.full(2, value, "float32")])
    optimizer.finalize_variable_values([plain, scale])
    assert scale.numpy().tolist() == ([7.0, 7.0] if accumulate else [5.0, 5.0])
    assert (plain.numpy() < 1.0).all()


def test_an_infinite_gradient_spoils_all_of_a_global_norm():
    variables = [lamina.Variable(np.ones(2, "float32"), name=name) for name in "ab"]
    optimizer = optimizers.SGD(0.1, global_clipnorm=1.0)
    optimizer.apply([np.array([np.inf, 0.0], "float32"), np.ones(2, "float32")], variables)
    assert np.isnan(variables[1].numpy()).all()  # as in Keras


def test_a_schedule_set_later_counts():
    model = fitted(optimizers.SGD(0.1), epochs=1)
    model.optimizer.learning_rate = optimizers.schedules.PiecewiseConstantDecay([0], [0.0, 0.0])
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert model.optimizer.get_config()["learning_rate"]["class_name"] == "PiecewiseConstantDecay"


def test_a_function_gives_the_learning_rate():
    variable = lamina.Variable(np.ones(1, "float32"))
    rates = iter([0.5, 0.25])
    optimizer = optimizers.SGD(lambda: next(rates))
    for _ in range(2):
        optimizer.apply([np.ones(1, "float32")], [variable])
    assert variable.numpy() == pytest.approx([0.25])


def test_a_function_chooses_optimizers():
    sgd, adam = optimizers.SGD(0.0), optimizers.Adam(0.1)
    model = fitted(optimizers.MultiOptimizer(lambda variable: adam if "last" in variable.path else sgd))
    start = fitted(optimizers.SGD(0.0))
    same = [np.array_equal(a, b) for a, b in zip(model.get_weights(), start.get_weights(), strict=True)]
    assert same == [True, True, False, False]
    assert model.optimizer.optimizers == [sgd, adam]
    adam.learning_rate = 0.0
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))
    assert int(model.optimizer.iterations.numpy()) == 7


def test_a_map_is_a_mapping():
    chosen = optimizers.OptimizerMap(optimizers.SGD(), {"a/.*": optimizers.Adam()})
    chosen["b"] = optimizers.Lion()
    assert len(chosen) == 2
    assert list(chosen) == ["a/.*", "b"]
    assert [type(chosen[path]).__name__ for path in ("a/kernel", "b", "b/kernel")] == ["Adam", "Lion", "SGD"]
    del chosen["b"]
    assert type(chosen["b"]).__name__ == "SGD"
    again = optimizers.OptimizerMap.from_config(chosen.get_config())
    assert type(again["a/x"]).__name__ == "Adam"


def test_names_of_older_versions():
    assert optimizers.legacy.Adam is optimizers.Adam
    assert isinstance(optimizers.get("rmsprop"), optimizers.RMSprop)
    assert optimizers.deserialize({"class_name": "adam", "config": {"beta_1": 0.5}}).beta_1 == 0.5


def test_states_are_set_and_not_mixed_up():
    model = fitted(optimizers.Adam(0.1))
    state = [v.numpy() for v in model.optimizer.variables]
    other = optimizers.Adam(0.1)
    other.build(model.trainable_variables)
    other.set_weights(state)
    for one, value in zip(other.variables, state, strict=True):
        np.testing.assert_array_equal(one.numpy(), value)
    store = {}
    model.optimizer.save_own_variables(store)
    smaller = optimizers.SGD(0.1)
    smaller.build(model.trainable_variables)
    with pytest.warns(UserWarning, match="not loaded: it has 2 variables, the file 10"):
        smaller.load_own_variables(store)
