"""Entry by entry: whole numbers as NumPy's, rare arguments, operators, and NumPy's own functions on tensors."""

import numpy as np
import pytest

import lamina
from lamina import ops

I32 = np.array([-(2**31), -7, -1, 0, 1, 7, 2**31 - 1], "int32")


@pytest.mark.parametrize(
    ("name", "numpy_name"),
    [
        ("floor_divide", "floor_divide"),
        ("mod", "remainder"),
        ("fmod", "fmod"),
        ("gcd", "gcd"),
        ("left_shift", "left_shift"),
        ("right_shift", "right_shift"),
        ("bitwise_xor", "bitwise_xor"),
    ],
)
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_whole_numbers_are_numpys_also_at_the_ends(name, numpy_name, dtype):
    ends = np.iinfo(dtype)
    values = np.array([ends.min, ends.min + 1, 0, 1, 2, 3, 5, 31, 32, 64, ends.max - 1, ends.max], dtype)
    if dtype != "uint8":
        values = np.concatenate([values, np.array([-1, -2, -7], dtype)])
    a, b = values[:, None], values[None, :]
    with np.errstate(all="ignore"):
        expected = getattr(np, numpy_name)(a, b)
    np.testing.assert_array_equal(getattr(ops, name)(a, b).numpy(), expected)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float16"])
def test_halves_are_seen_as_other_numbers_and_back(dtype):
    halves = np.array([1, -2.5, 6e-8, np.inf], "float16")
    seen = ops.view(halves, dtype)
    np.testing.assert_array_equal(seen.numpy(), halves.view(dtype))
    np.testing.assert_array_equal(ops.view(seen, "float16").numpy(), halves)
    assert ops.view(ops.view(seen, "bfloat16"), "float16").numpy().tobytes() == halves.tobytes()


def test_next_floats():
    for dtype in ("float32", "float64"):
        x = np.array([0.0, -0.0, 1.0, -1.0, np.finfo(dtype).max, np.inf, np.finfo(dtype).smallest_subnormal], dtype)
        for towards in (np.inf, -np.inf, 0.0):
            with np.errstate(all="ignore"):
                expected = np.nextafter(x, np.asarray(towards, dtype))
            found = ops.nextafter(x, np.full_like(x, towards)).numpy()
            np.testing.assert_array_equal(found.view("uint32"), expected.view("uint32"))
    assert np.isnan(ops.nextafter(np.float32(np.nan), 1.0).numpy())


def test_powers_of_two_are_exact():
    exponents = np.arange(-126, 128).astype("float32")
    numbers = np.ldexp(np.float32(1), exponents.astype("int32"))
    np.testing.assert_array_equal(ops.exp2(exponents).numpy(), numbers)
    np.testing.assert_array_equal(ops.log2(numbers).numpy(), exponents)
    np.testing.assert_array_equal(ops.ldexp(np.float32(1), exponents.astype("int32")).numpy(), numbers)
    np.testing.assert_array_equal(ops.log10(np.float32(1000)).numpy(), np.float32(3))
    assert ops.ldexp(np.float32(1), 10**6).numpy() == np.inf
    assert ops.ldexp(np.float32(1), -(10**6)).numpy() == 0


def test_hypotenuse_and_its_tip():
    x = ops.convert_to_tensor([3e30, 0.0])
    y = ops.convert_to_tensor([4e30, 0.0])
    np.testing.assert_allclose(ops.hypot(x, y).numpy(), [5e30, 0], rtol=1e-6)
    with lamina.GradientTape() as tape:
        tape.watch(x)
        z = ops.hypot(x, y)
    np.testing.assert_allclose(tape.gradient(z, x).numpy(), [0.6, 0], rtol=1e-6)


def test_bounds_of_clip_beyond_the_dtype():
    x = np.array([0, 100, 255], "uint8")
    np.testing.assert_array_equal(ops.clip(x, -5, 300).numpy(), x)
    y = ops.clip(np.array([-(2**62), 2**62], "int64"), -(2**60) - 1, 2**60 + 1)
    np.testing.assert_array_equal(y.numpy(), [-(2**60) - 1, 2**60 + 1])
    np.testing.assert_array_equal(ops.clip(np.array([1.0, 5.0], "float32"), 4, 2).numpy(), [2, 2])  # as NumPy


def test_special_functions_far_out():
    from scipy import special

    with np.errstate(all="ignore"):
        for name, ours, x in (
            ("erfinv", ops.erfinv, np.array([-1, -1 + 1e-16, -0.999, -1e-300, 0, 1e-9, 0.5, 1 - 1e-15, 1, 2])),
            ("i0", ops.i0, np.array([0, -1, 7.5, 19.99, 20.01, 150, -700, 800])),
            ("erfc", ops.erfc, np.array([-30.0, -1, 0, 1, 5, 26])),
        ):
            np.testing.assert_allclose(ours(x).numpy(), getattr(special, name)(x), rtol=2e-14, err_msg=name)
        a = np.array([0, 1e-8, 0.3, 1, 9.9, 10, 50, 500, 1e4, 2e7, 1e12, np.inf])[:, None]
        x = np.concatenate(
            [[0, 1e-10, 0.1, 1, 20, 1e5, np.inf], a[2:-1, 0], a[2:-1, 0] * 1.02 + 0.1, a[2:-1, 0] * 0.98]
        )
        np.testing.assert_allclose(ops.gammainc(a, x).numpy(), special.gammainc(a, x), rtol=1e-10, atol=1e-11)
        assert np.isnan(ops.gammainc([-1.0, 1.0], [1.0, -1.0]).numpy()).all()


def test_gradients_stop():
    x = ops.convert_to_tensor([2.0, 3.0])
    with lamina.GradientTape() as tape:
        tape.watch(x)
        y = ops.stop_gradient(x) * x
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), [2, 3])


def test_conversion_in_a_functional_model():
    x = lamina.Input((3,), dtype="int32")
    assert ops.convert_to_tensor(x) is x
    model = lamina.Model(x, ops.convert_to_tensor(x, "float32") / 2)
    np.testing.assert_array_equal(model.predict(np.array([[1, 2, 3]]), verbose=0), [[0.5, 1, 1.5]])


def test_operators_of_whole_numbers_and_truth():
    a, b = np.array([6, 5, -3], "int32"), np.array([3, 1, 2], "int32")
    t, f = np.array([True, False]), np.array([True, True])
    x, y, u, v = map(ops.convert_to_tensor, (a, b, t, f))
    for found, expected in (
        (x & y, a & b),
        (x | 8, a | 8),
        (1 ^ x, 1 ^ a),
        (~x, ~a),
        (x << y, a << b),
        (1 << y, 1 << b),
        (x >> 1, a >> 1),
        (64 >> y, 64 >> b),
        (u & v, t & f),
        (u | False, t | False),
        (u ^ v, t ^ f),
        (~u, ~t),
        (+x, a),
        (x / 4, (a / 4).astype("float32")),
        (4 / y, (4 / b).astype("float32")),
        (x // y, a // b),
        (round(ops.convert_to_tensor([1.26, -0.5])), np.array([1, -0.0], "float32")),
        (round(ops.convert_to_tensor([1.26, -0.5]), 1), np.array([1.3, -0.5], "float32")),
        (divmod(x, 4)[0], a // 4),
        (divmod(9, y)[1], 9 % b),
        (lamina.Variable(np.array([6.0], "float32")) // 4, np.array([1.0], "float32")),
    ):
        np.testing.assert_array_equal(found.numpy(), expected)
        assert found.dtype == expected.dtype
    with pytest.raises(TypeError, match="no bits"):
        ops.convert_to_tensor([1.5]) & 1


def test_numpy_functions_of_tensors():
    a = np.array([[1.0, -2.0], [3.0, 0.5]], "float32")
    x = ops.convert_to_tensor(a.copy())
    for found, expected in (
        (np.square(x), np.square(a)),
        (np.add(a, x), a + a),
        (a * x, a * a),
        (np.float32(2) * x, 2 * a),
        (np.remainder(x, 2), a % 2),
        (np.divmod(x, 2)[0], a // 2),
        (divmod(a, x)[1], a % a),
        (np.degrees(x), np.degrees(a)),
        (np.mean(x, axis=0), a.mean(0)),
        (np.concatenate([x, a], axis=1), np.concatenate([a, a], 1)),
        (np.where(x > 0, x, 0), np.where(a > 0, a, 0)),
        (a @ x, a @ a),
        (np.matmul(x, lamina.Variable(a)), a @ a),
        (np.negative(lamina.Variable(a)), -a),
    ):
        assert ops.is_tensor(found)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)
    # what lamina.ops has not, or not so, NumPy computes
    assert np.shape(x) == (2, 2)
    assert np.array_equal(x, a)
    np.testing.assert_array_equal(np.add.reduce(x), a.sum(0))
    np.testing.assert_array_equal(np.std(x, ddof=1), a.std(ddof=1))
    np.testing.assert_array_equal(np.spacing(x), np.spacing(a))
    copy = np.copy(x)
    copy[0, 0] = 7  # an array of one's own
    a += x
    assert isinstance(a, np.ndarray)
    assert a[0, 0] == 2
    assert f"{np.mean(x):.3f} {x[0, 0]:.1f}" == "0.625 1.0"


def test_numpy_functions_of_symbolic_tensors():
    x = lamina.Input((2,))
    y = np.concatenate([np.exp(x) + np.ones(2, "float32"), np.maximum(x, 0)], axis=-1)
    model = lamina.Model(x, np.sum(y, axis=-1, keepdims=True))
    a = np.array([[1.0, -2.0]], "float32")
    expected = np.sum(np.exp(a) + 1) + 1
    np.testing.assert_allclose(model.predict(a, verbose=0), [[expected]], rtol=1e-6)
    for call in (lambda: np.spacing(x), lambda: np.add.reduce(x), lambda: np.std(x, ddof=1), lambda: np.copy(x)):
        with pytest.raises(TypeError, match="cannot compute with a symbolic tensor"):
            call()
