"""What every function of `lamina.ops` has to do: trace, take unknown sizes, and have the right gradients."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cases.call import as_tensors, trace
from cases.calls import CALLS
from helpers import assert_gradients_close, numeric_gradient, some_entries

import lamina
from lamina import _core, ops

EACH = {"ids": lambda call: call.id}
NAMESPACES = ("linalg", "image")


def public_names() -> set[str]:
    names = set(ops.__all__)
    for namespace in NAMESPACES:
        names |= {f"{namespace}.{name}" for name in getattr(getattr(ops, namespace, None), "__all__", ())}
    return names


def test_every_function_has_a_row_and_every_row_its_name():
    rows = {call.name for call in CALLS}
    in_namespaces = {name.split(".")[1] for name in rows if "." in name}
    assert public_names() - rows - in_namespaces == set()
    ids = [call.id for call in CALLS]
    assert len(set(ids)) == len(ids), sorted(i for i in ids if ids.count(i) > 1)


@pytest.mark.parametrize("call", [call for call in CALLS if call.traced and call.inputs], **EACH)
def test_traced_is_eager(call):
    arrays = call.arrays()
    eager = as_tensors(call(ops, *map(ops.convert_to_tensor, arrays)))
    program = _core.Program()
    symbolic = trace(call, program, "f")
    for known, found in zip(symbolic, eager):
        assert known.dtype == found.dtype
        assert len(known.shape) == len(found.shape)
        assert all(a in (None, b) for a, b in zip(known.shape, found.shape)), (known.shape, found.shape)
    results = program.run("f", [_core.Tensor(a) for a in arrays])
    assert len(results) == len(eager)
    for traced, direct in zip(results, eager):
        if call.fused:
            np.testing.assert_allclose(traced.numpy(), direct.numpy(), rtol=2e-6, atol=2e-6)
        else:
            np.testing.assert_array_equal(traced.numpy(), direct.numpy())


def weighted_sum(call, arrays, weights):
    results = [r for r in as_tensors(call(ops, *map(ops.convert_to_tensor, arrays))) if r.dtype.startswith("float")]
    total = ops.sum(results[0] * weights[0])
    for result, weight in zip(results[1:], weights[1:]):
        total = total + ops.sum(result * weight)
    return total


def weights_for(call, arrays):
    results = [r for r in as_tensors(call(ops, *map(ops.convert_to_tensor, arrays))) if r.dtype.startswith("float")]
    assert results, "no floating result"
    return [np.random.default_rng(i).uniform(0.5, 1.5, r.shape) for i, r in enumerate(results)]


def gradients_of(function, tensors, wrt):
    tensors = [ops.convert_to_tensor(t) for t in tensors]
    with lamina.GradientTape() as tape:
        tape.watch([tensors[i] for i in wrt])
        total = function(tensors)
    return tape.gradient(total, [tensors[i] for i in wrt])


@pytest.mark.parametrize("call", [call for call in CALLS if call.smooth], **EACH)
def test_gradients(call):
    arrays = call.arrays("float64")
    weights = weights_for(call, arrays)
    found = gradients_of(lambda t: weighted_sum(call, t, weights), arrays, call.smooth)
    for i, gradient in zip(call.smooth, found):
        assert gradient is not None, f"no gradient for input {i}"
        entries = some_entries(arrays[i], 6)
        numeric = numeric_gradient(lambda a: float(weighted_sum(call, a, weights)), arrays, i, entries)
        assert_gradients_close(gradient.numpy(), numeric, entries, f"input {i}")


@pytest.mark.parametrize("call", [call for call in CALLS if call.smooth and call.second], **EACH)
def test_second_gradients(call):
    arrays = call.arrays("float64")
    weights = weights_for(call, arrays)

    def slope(tensors):
        """The sum of the squared gradients, differentiable again."""
        with lamina.GradientTape() as tape:
            tape.watch([tensors[i] for i in call.smooth])
            total = weighted_sum(call, tensors, weights)
        found = [g for g in tape.gradient(total, [tensors[i] for i in call.smooth]) if g is not None]
        parts = [ops.sum(ops.square(g)) for g in found]
        return sum(parts[1:], parts[0])

    found = gradients_of(slope, arrays, call.smooth)
    for i, gradient in zip(call.smooth, found):
        entries = some_entries(arrays[i], 3)
        numeric = numeric_gradient(lambda a: float(slope(list(map(ops.convert_to_tensor, a)))), arrays, i, entries)
        analytic = np.zeros(arrays[i].shape) if gradient is None else gradient.numpy()  # a linear function has none
        scale = max(1.0, float(np.abs(numeric).max()))
        np.testing.assert_allclose(analytic.reshape(-1)[entries], numeric, atol=2e-6 * scale, rtol=2e-5)
