"""Rows exist for all public functions and classes; their gradients, traces and configurations hold."""

import inspect
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cases import functions, losses, metrics, optimizers
from cases.arrays import make_all
from helpers import assert_gradients_close, numeric_gradient, some_entries

import lamina
from lamina import ops

ROW = {"ids": lambda row: row.id}
BASES = {
    "Loss",
    "LossFunctionWrapper",
    "Metric",
    "MeanMetricWrapper",
    "Initializer",
    "Regularizer",
    "Constraint",
    "Optimizer",
    "OptimizerMap",
}


@pytest.mark.parametrize(
    ("namespace", "rows"),
    [
        (lamina.losses, losses.LOSSES),
        (lamina.metrics, metrics.METRICS),
        (lamina.initializers, functions.INITIALIZERS),
        (lamina.regularizers, functions.REGULARIZERS),
        (lamina.constraints, functions.CONSTRAINTS),
        (lamina.optimizers, optimizers.OPTIMIZERS),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_class_has_a_row(namespace, rows):
    public = {value.__name__ for value in namespace.NAMESPACE.objects.values() if inspect.isclass(value)} - BASES
    assert public == {row.name for row in rows}


def test_every_activation_and_schedule_has_a_row():
    assert set(lamina.activations.FUNCTIONS) == {row.name for row in functions.ACTIVATIONS}
    assert {cls.__name__ for cls in lamina.optimizers.schedules.CLASSES} == {row.name for row in optimizers.SCHEDULES}


def test_every_loss_class_has_its_function():
    for cls in lamina.losses.CLASSES:
        assert getattr(lamina.losses, cls.function.__name__) is cls.function
        assert cls.__doc__ == cls.function.__doc__


def check_gradient(function, x):
    tensor = ops.convert_to_tensor(x)
    with lamina.GradientTape() as tape:
        tape.watch(tensor)
        total = ops.sum(function(tensor))
    entries = some_entries(x)
    numeric = numeric_gradient(lambda a: float(ops.sum(function(ops.convert_to_tensor(a[0]))).numpy()), [x], 0, entries)
    assert_gradients_close(tape.gradient(total, tensor).numpy(), numeric, entries, "gradient")


@pytest.mark.parametrize("row", losses.LOSSES, **ROW)
def test_losses_differentiate_trace_and_configure(row):
    y_true, y_pred = make_all(row.inputs, "float64")
    loss = getattr(lamina.losses, row.name)(**row.kwargs, dtype="float64")
    check_gradient(lambda y: loss(y_true, y), y_pred)
    config = json.loads(json.dumps(lamina.losses.serialize(loss)))
    again = lamina.losses.deserialize(config)
    assert again.get_config() == loss.get_config()
    assert traced(lambda a, b: loss(a, b), y_true, y_pred) == pytest.approx(
        float(loss(y_true, y_pred).numpy()), rel=1e-12
    )
    assert row.name in repr(loss)


def traced(function, *arrays):
    core = lamina._core
    with core.Trace() as trace:
        inputs = [core.symbolic(a.shape, str(a.dtype)) for a in arrays]
        output = function(*inputs)
    program = core.Program()
    program.add_entry("f", [(f"x{i}", t) for i, t in enumerate(inputs)], [("y", output)], trace)
    return program.run("f", [core.Tensor(a) for a in arrays])[0].numpy()


@pytest.mark.parametrize("row", metrics.METRICS, **ROW)
def test_metrics_trace(row):
    arrays = make_all(row.inputs)
    eager, other = (getattr(lamina.metrics, row.name)(**row.kwargs) for _ in range(2))
    eager.update_state(*arrays)
    core = lamina._core
    inputs = [core.symbolic((None, *a.shape[1:]), str(a.dtype)) for a in arrays]
    with core.Trace() as trace:
        other.update_state(*inputs)
    program = core.Program()
    program.add_entry("update", [(f"x{i}", t) for i, t in enumerate(inputs)], [], trace)
    with core.Trace() as trace:
        result = other.result()
    program.add_entry("result", [], [("y", result)], trace)
    with core.Trace() as trace:
        other.reset_state()
    program.add_entry("reset", [], [], trace)
    for _ in range(2):
        program.run("update", [core.Tensor(a) for a in arrays])
        np.testing.assert_allclose(program.run("result", [])[0].numpy(), eager.result().numpy(), rtol=1e-6)
        program.run("reset", [])
    config = json.loads(json.dumps(lamina.metrics.serialize(eager)))
    assert lamina.metrics.deserialize(config).get_config() == eager.get_config()
    assert all(float(np.abs(v.numpy()).sum()) == 0 for v in other.variables)


@pytest.mark.parametrize("row", functions.ACTIVATIONS, **ROW)
def test_activations_differentiate(row):
    (x,) = make_all(row.inputs, "float64")
    check_gradient(lambda t: ops.square(getattr(lamina.activations, row.name)(t, **row.kwargs)), x)


@pytest.mark.parametrize("row", [*functions.REGULARIZERS, *functions.CONSTRAINTS], **ROW)
def test_regularizers_and_constraints_differentiate(row):
    namespace = lamina.regularizers if hasattr(lamina.regularizers, row.name) else lamina.constraints
    (x,) = make_all(row.inputs, "float64")
    check_gradient(getattr(namespace, row.name)(**row.kwargs), x)


@pytest.mark.parametrize("row", functions.INITIALIZERS, **ROW)
def test_initializers_give_dtype_and_shape(row):
    initializer = getattr(lamina.initializers, row.name)(**row.kwargs)
    shape = {"STFT": (4, 1, 3)}.get(row.name, (2, 3, 2, 3) if "input_axes" in row.kwargs else (6, 3))
    expected = initializer(shape, dtype="float64").numpy()
    for dtype, precision in (("float64", 0.0), ("float32", 1e-6), ("float16", 2e-3), ("bfloat16", 1e-2)):
        value = initializer(shape, dtype=dtype)
        assert value.shape == shape
        assert value.dtype == dtype
        found = ops.cast(value, "float64").numpy()
        assert np.isfinite(found).all()
        if "seed" not in row.kwargs or row.name == "Orthogonal":  # the others draw other numbers for each dtype
            np.testing.assert_allclose(found, expected, rtol=precision, atol=precision)


def test_unseeded_initializer_repeats_itself_but_not_others():
    one, other = lamina.initializers.GlorotUniform(), lamina.initializers.GlorotUniform()
    np.testing.assert_array_equal(one((3, 4)).numpy(), one((3, 4)).numpy())
    assert not np.array_equal(one((3, 4)).numpy(), other((3, 4)).numpy())
    stream = lamina.random.SeedGenerator(3)
    drawing = lamina.initializers.RandomNormal(seed=stream)
    assert not np.array_equal(drawing((3, 4)).numpy(), drawing((3, 4)).numpy())


def test_arrays_are_initializers():
    values = np.arange(6, dtype="float32").reshape(2, 3)
    layer = lamina.layers.Dense(3, kernel_initializer=values)
    layer.build((None, 2))
    np.testing.assert_array_equal(layer.kernel.numpy(), values)
