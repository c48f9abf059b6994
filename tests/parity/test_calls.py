"""Every function of `lamina.ops` against Keras on JAX: values, dtypes, gradients and signatures."""

import inspect

import numpy as np
import pytest
from cases.call import as_tensors, flat
from cases.calls import CALLS
from cases.oracle import compiled

import lamina
from lamina import ops

PARITY = [call for call in CALLS if call.parity]


def close(ours, theirs, tolerance, what):
    theirs = np.asarray(theirs)
    assert ours.shape == theirs.shape, what
    if theirs.dtype.kind == "f":
        size = float(np.abs(theirs[np.isfinite(theirs)]).max(initial=1.0))
        np.testing.assert_allclose(ours, theirs, rtol=2e-5 * tolerance, atol=3e-6 * tolerance * size, err_msg=what)
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=what)


def loss(library_ops, results):
    """A number that depends on every floating result, on each entry in its own way."""
    total = 0.0
    for i, result in enumerate(results):
        weights = np.random.default_rng(i).uniform(0.5, 1.5, tuple(result.shape)).astype("float32")
        total = total + library_ops.sum(result * library_ops.convert_to_tensor(weights))
    return total


def floating(results):
    return [r for r in results if "float" in str(r.dtype)]


def their_results(call, arrays, keras):
    """What Keras makes of a row, and the gradients of `loss`, compiled at once where that is possible."""
    import jax

    def run(*some):
        given = [keras.ops.convert_to_tensor(a) for a in arrays]
        for i, value in zip(call.smooth, some):
            given[i] = value
        results = flat(call(keras.ops, *given))
        return (loss(keras.ops, floating(results)) if call.smooth else 0.0), results

    if not call.smooth:
        return run()[1], []
    run = jax.grad(run, argnums=tuple(range(len(call.smooth))), has_aux=True)
    if call.traced and call.name != "rearrange":  # Keras' needs numbers
        run = compiled(run)
    gradients, results = run(*(arrays[i] for i in call.smooth))
    return results, gradients


@pytest.mark.parametrize("call", PARITY, ids=lambda call: call.id)
def test_values_and_gradients(call, keras):
    arrays = call.arrays()
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    with lamina.GradientTape() as tape:
        tape.watch([tensors[i] for i in call.smooth])
        found = as_tensors(call(ops, *tensors))
        total = loss(ops, floating(found))
    results, gradients = their_results(call, arrays, keras)
    assert len(found) == len(results)
    for i, (mine, wanted) in enumerate(zip(found, results)):
        close(mine.numpy(), wanted, call.tolerance, f"result {i}")
        if not any("64" in str(a.dtype) for a in arrays):  # JAX has no 64 bits here
            assert mine.dtype == str(np.asarray(wanted).dtype), f"dtype of result {i}"
    ours = tape.gradient(total, [tensors[i] for i in call.smooth]) if call.smooth else []
    for i, mine, wanted in zip(call.smooth, ours, gradients, strict=True):
        close(mine.numpy(), wanted, 4 * call.tolerance, f"gradient of input {i}")


def public_functions(module):
    return {name: f for name, f in vars(module).items() if inspect.isfunction(f) and not name.startswith("_")}


@pytest.mark.parametrize("namespace", ["", "numpy", "nn", "linalg", "image"])
def test_every_function_of_theirs_is_here_with_its_signature(namespace, keras):
    ours, theirs = (getattr(library.ops, namespace) if namespace else library.ops for library in (lamina, keras))
    functions = public_functions(theirs)
    assert functions
    missing = sorted(name for name in functions if not hasattr(ours, name))
    assert not missing
    for name, function in functions.items():
        mine, wanted = (
            [(p.name, p.default) for p in inspect.signature(f).parameters.values() if p.kind is not p.VAR_KEYWORD]
            for f in (getattr(ours, name), function)
        )
        assert mine == wanted, name
