"""Complex tensors: arrays both ways, promotion, and what they cannot do."""

import numpy as np
import pytest

import lamina
from lamina import _core, ops

Z = np.array([1 + 2j, -3j, 0.5], "complex64")


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_arrays_come_and_go(dtype):
    z = ops.convert_to_tensor(Z.astype(dtype))
    assert (z.dtype, z.shape) == (dtype, (3,))
    np.testing.assert_array_equal(z.numpy(), Z.astype(dtype))
    assert ops.convert_to_tensor(Z[0].astype(dtype)).item() == 1 + 2j
    np.testing.assert_array_equal(np.from_dlpack(z), Z.astype(dtype))


def test_numbers_and_dtypes_together():
    x = ops.ones((3,))
    assert ops.convert_to_tensor(1j).dtype == "complex64"
    np.testing.assert_allclose((x * 2j + 1).numpy(), np.full(3, 1 + 2j))
    np.testing.assert_allclose((1 / ops.convert_to_tensor(Z)).numpy()[:2], 1 / Z[:2], rtol=1e-6)
    np.testing.assert_allclose((x @ ops.convert_to_tensor(Z)).numpy(), Z.sum(), rtol=1e-6)
    assert ops.add(ops.ones((3,), "float64"), Z).dtype == "complex128"
    assert ops.add(ops.ones((3,), "int64"), Z).dtype == "complex64"
    assert ops.convert_to_tensor(Z, "complex128").dtype == "complex128"


def test_division_does_not_overflow():
    big = np.array([3e30 + 4e30j], "complex64")
    np.testing.assert_allclose(ops.divide(big, big).numpy(), [1], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("exp", lambda z: ops.exp(z)),
        ("cast", lambda z: ops.cast(z, "float32")),
        ("transpose", lambda z: ops.transpose(z)),
        ("sum", lambda z: ops.sum(z)),
        ("maximum", lambda z: ops.maximum(z, z)),
        ("fill", lambda z: _core.ops.fill(shape=[2], value=0, dtype="complex64")),
        ("power", lambda z: z**2),
    ],
)
def test_other_functions_say_that_they_take_real_tensors(name, call):
    with pytest.raises(TypeError, match=f"{name}: does not take complex numbers.*complex64"):
        call(ops.convert_to_tensor(Z))
    with pytest.raises(TypeError, match=f"{name}: does not take complex numbers.*complex64"):
        call(_core.symbolic([3], "complex64"))


def test_wrong_views_are_explained():
    with pytest.raises(ValueError, match="view_as_complex: the last axis does not hold two parts"):
        ops.view_as_complex(np.ones(3, "float32"))
    with pytest.raises(TypeError, match="view_as_real: the input is real"):
        ops.view_as_real(np.ones(3, "float32"))
    with pytest.raises(TypeError, match="view_as_real: the input is real"):
        _core.ops.view_as_real(_core.Tensor(np.ones(3, "float32")))
    with pytest.raises(ValueError, match="view_as_complex: the last axis"):
        _core.ops.view_as_complex(_core.Tensor(np.ones(3, "float32")))
    with pytest.raises(ValueError, match="eig: the matrices are not square"):
        ops.linalg.eig(np.ones((3, 2), "float32"))


def test_files_hold_no_complex_tensors(tmp_path):
    with pytest.raises(TypeError, match="safetensors has no such dtype"):
        _core.write_tensors(str(tmp_path / "z.safetensors"), {"z": ops.convert_to_tensor(Z)})


def test_a_model_may_compute_with_complex_numbers():
    x = lamina.Input((4, 2))
    z = ops.view_as_complex(x)
    model = lamina.Model(x, ops.absolute(ops.multiply(z, ops.conj(z))))
    data = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")
    np.testing.assert_allclose(model.predict(data, verbose=0), np.square(data).sum(-1), rtol=1e-5)
