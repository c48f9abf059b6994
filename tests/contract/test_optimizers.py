"""What every optimizer and schedule promises: compiled training equals eager training, configurations hold."""

import inspect
import json

import numpy as np
import pytest
from cases.optimizers import OPTIMIZERS, SCHEDULES, make

import lamina
from lamina import layers

ROW = {"ids": lambda row: row.id}


def trained(optimizer, eagerly=False, epochs=2):
    """A small model after a few steps."""
    lamina.utils.set_random_seed(3)
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(3, "tanh"), layers.Dense(1)])
    model.compile(optimizer, "mse", run_eagerly=eagerly)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 4)).astype("float32"), rng.normal(size=(12, 1)).astype("float32")
    model.fit(x, y, batch_size=4, epochs=epochs, shuffle=False, verbose=0)
    return model


@pytest.mark.parametrize("row", OPTIMIZERS, **ROW)
def test_training_compiled_and_eager(row):
    compiled, eager = (trained(make(lamina, row), eagerly) for eagerly in (False, True))
    pairs = zip(compiled.weights + compiled.optimizer.variables, eager.weights + eager.optimizer.variables, strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-4, atol=2e-6, err_msg=one.path)
    config = json.loads(json.dumps(lamina.optimizers.serialize(compiled.optimizer)))
    assert lamina.optimizers.deserialize(config).get_config() == compiled.optimizer.get_config()


@pytest.mark.parametrize("row", [*{row.name: row for row in OPTIMIZERS}.values()], **ROW)
def test_training_goes_on_from_a_file(row, tmp_path):
    model = trained(make(lamina, row))
    model.save(str(tmp_path / "m.lamina"))
    again = lamina.models.load_model(str(tmp_path / "m.lamina"))
    for one, other in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        # As in Keras, the paths of weights that are built from a configuration do not begin with the stack.
        assert one.name.removeprefix("sequential_") == other.name
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    x, y = np.ones((4, 4), "float32"), np.ones((4, 1), "float32")
    for m in (model, again):
        m.train_on_batch(x, y)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("row", SCHEDULES, **ROW)
def test_schedules_are_part_of_the_traced_step(row):
    schedule = getattr(lamina.optimizers.schedules, row.name)(**row.kwargs)
    model = lamina.Sequential([lamina.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(lamina.optimizers.SGD(schedule), loss=lambda y_true, y_pred: -y_pred)
    model.fit(np.ones((5, 1), "float32"), np.zeros((5, 1), "float32"), batch_size=1, verbose=0)
    expected = sum(float(schedule(step).numpy()) for step in range(5))
    assert float(model.get_weights()[0][0, 0]) == pytest.approx(expected, rel=1e-5)


def test_every_one_has_an_example():
    for cls in (*lamina.optimizers.CLASSES, lamina.optimizers.Optimizer, lamina.optimizers.OptimizerMap):
        assert ">>>" in inspect.getdoc(cls), cls
    for cls in (*lamina.optimizers.schedules.CLASSES, lamina.optimizers.schedules.LearningRateSchedule):
        assert ">>>" in inspect.getdoc(cls), cls


ONE_EACH = [*{row.name: row for row in OPTIMIZERS}.values()]


@pytest.mark.parametrize("row", ONE_EACH, **ROW)
def test_pure_steps(row):
    """`stateless_apply` gives what `apply` does and changes nothing."""
    rng = np.random.default_rng(2)
    begin, *gradients = [[rng.normal(size=s).astype("float32") for s in ((2, 3), (4,))] for _ in range(3)]
    first, second = ([lamina.Variable(b, name=f"v{i}") for i, b in enumerate(begin)] for _ in range(2))
    changing, pure = make(lamina, row), make(lamina, row)
    changing.build(first)
    pure.build(second)
    weights, state = [v.value for v in second], [v.value for v in pure.variables]
    before = [v.numpy() for v in (*second, *pure.variables)]
    for step in gradients:
        changing.apply(step)
        weights, state = pure.stateless_apply(state, step, weights)
    for mine, wanted in zip([*weights, *state], [*first, *changing.variables], strict=True):
        np.testing.assert_array_equal(mine.numpy(), wanted.numpy())
    for variable, value in zip((*second, *pure.variables), before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
@pytest.mark.parametrize("row", [row for row in ONE_EACH if row.name != "LossScaleOptimizer"], **ROW)
def test_dtypes_of_weights(row, dtype):
    weights = [lamina.Variable(np.full(s, 0.5, "float32"), dtype=dtype, name=f"v{len(s)}") for s in ((2, 3), (4,))]
    optimizer = make(lamina, row)
    for _ in range(2):
        optimizer.apply([lamina.ops.ones(v.shape, dtype) for v in weights], weights)
    slots = [v for v in optimizer.variables if v.reference is not None]
    assert {v.dtype for v in (*weights, *slots)} == {dtype}
    assert all((lamina.ops.cast(v.value, "float32").numpy() <= 0.5).all() for v in weights)
