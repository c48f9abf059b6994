"""Optimizers and schedules against Keras: 20 steps, eagerly and traced, state and configuration."""

import re

import numpy as np
import pytest
from cases.optimizers import OPTIMIZERS, SCHEDULES, make
from cases.oracle import compiled

import lamina
from lamina import _core

ROW = {"ids": lambda row: row.id}
SHAPES = ((3, 4), (5,))


def close(ours, theirs, rtol=1e-4, atol=1e-5, what=""):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=rtol, atol=atol, err_msg=what)


@pytest.fixture(scope="module")
def steps():
    """First values of the variables, and the gradients of 20 steps."""
    rng = np.random.default_rng(4)
    begin, *gradients = [[rng.normal(size=shape).astype("float32") for shape in SHAPES] for _ in range(21)]
    return begin, gradients


def ours_after_20_steps(row, steps, traced=False):
    """(the variables, the optimizer) after all steps."""
    begin, gradients = steps
    variables = [lamina.Variable(b, name=f"v{i}") for i, b in enumerate(begin)]
    optimizer = make(lamina, row)
    optimizer.build(variables)
    if traced:
        symbols = [_core.symbolic(shape) for shape in SHAPES]
        with _core.Trace() as trace:
            optimizer.apply(symbols, variables)
        program = _core.Program()
        program.add_entry("step", [(f"g{i}", symbol) for i, symbol in enumerate(symbols)], [], trace)
    for step in gradients:
        if traced:
            program.run("step", [_core.Tensor(g) for g in step])
        else:
            optimizer.apply([lamina.ops.convert_to_tensor(g) for g in step], variables)
    optimizer.finalize_variable_values(variables)
    return variables, optimizer


def theirs_after_20_steps(row, steps):
    """The same by Keras; compiled where its eager conditions would be compiled anew in every step."""
    import keras

    begin, gradients = steps
    variables = [keras.Variable(b, name=f"v{i}") for i, b in enumerate(begin)]
    optimizer = make(keras, row)
    optimizer.build(variables)
    if "gradient_accumulation_steps" in row.kwargs or row.name == "LossScaleOptimizer":
        weights, state = [v.value for v in variables], [v.value for v in optimizer.variables]
        apply = compiled(optimizer.stateless_apply)
        for step in gradients:
            weights, state = apply(state, step, weights)
        for variable, value in zip([*variables, *optimizer.variables], [*weights, *state], strict=True):
            variable.assign(value)
    else:
        for step in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(g) for g in step], variables)
    optimizer.finalize_variable_values(variables)
    return variables, optimizer


def without_names(config):
    """A configuration without what counts the objects made before."""
    if isinstance(config, dict):
        return {key: without_names(value) for key, value in config.items() if key != "name"}
    return config


@pytest.mark.parametrize("row", OPTIMIZERS, **ROW)
def test_20_steps(row, steps, keras):
    if row.name == "LossScaleOptimizer":  # leaves such a step out
        begin, gradients = steps
        steps = (begin, [*gradients[:8], [g * np.inf for g in gradients[8]], *gradients[9:]])
    ours, mine = ours_after_20_steps(row, steps)
    theirs, wanted = theirs_after_20_steps(row, steps)
    for a, b in zip(ours, theirs, strict=True):
        close(a.numpy(), b.numpy())
    for a, b in zip(mine.variables, wanted.variables, strict=True):
        assert a.shape == tuple(b.shape)
        assert a.name == b.name or re.fullmatch(r"variable(_\d+)?", b.name)  # they gave it none
        close(a.numpy(), b.numpy(), what=a.name)
    if row.name != "MultiOptimizer":
        assert float(mine.learning_rate) == pytest.approx(float(wanted.learning_rate))
    assert int(mine.iterations) == int(wanted.iterations)

    again = keras.saving.deserialize_keras_object(lamina.optimizers.serialize(mine))
    assert without_names(again.get_config()) == without_names(wanted.get_config())
    back = lamina.optimizers.deserialize(keras.optimizers.serialize(wanted))
    assert without_names(back.get_config()) == without_names(mine.get_config())

    # What they save fits here.
    store = {}
    wanted.save_own_variables(store)
    mine.load_own_variables(store)
    for a, b in zip(mine.variables, wanted.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("row", OPTIMIZERS, **ROW)
def test_20_traced_steps(row, steps):
    (ours, mine), (theirs, wanted) = (ours_after_20_steps(row, steps, traced) for traced in (True, False))
    for a, b in zip([*ours, *mine.variables], [*theirs, *wanted.variables], strict=True):
        close(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6, what=a.name)


@pytest.mark.parametrize("row", SCHEDULES, **ROW)
def test_schedules(row, keras):

    ours, theirs = (getattr(library.optimizers.schedules, row.name)(**row.kwargs) for library in (lamina, keras))
    steps = [0, 1, 2, 5, 6, 7, 9, 10, 11, 19, 20, 23, 40, 100]
    quick = compiled(theirs)
    close([float(ours(s).numpy()) for s in steps], [float(quick(s)) for s in steps], rtol=2e-5, atol=1e-6)
    again = keras.optimizers.schedules.deserialize(lamina.optimizers.schedules.serialize(ours))
    assert again.get_config() == theirs.get_config()
    back = lamina.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(theirs))
    assert back.get_config() == ours.get_config()
    optimizer = lamina.optimizers.SGD(ours)
    assert float(optimizer.learning_rate.numpy()) == pytest.approx(float(quick(0)))
    again = keras.optimizers.deserialize(lamina.optimizers.serialize(optimizer))
    assert again.get_config()["learning_rate"] == keras.optimizers.SGD(theirs).get_config()["learning_rate"]
