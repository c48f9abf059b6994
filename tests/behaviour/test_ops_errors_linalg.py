"""What the functions of linear algebra and Fourier transforms say about wrong arguments."""

import numpy as np
import pytest

import lamina
from lamina import ops

MATRIX, TALL, VECTOR = np.eye(3, dtype="float32"), np.ones((3, 2), "float32"), np.ones(3, "float32")
SINGULAR = np.ones((2, 2), "float32")
PAIR = (TALL, TALL)
STFT = {"sequence_length": 4, "sequence_stride": 2, "fft_length": 4}


@pytest.mark.parametrize("name", ["cholesky", "cholesky_inverse", "det", "eigh", "inv", "slogdet", "logdet"])
@pytest.mark.parametrize("symbolic", [False, True])
def test_matrices_must_be_square(name, symbolic):
    function = getattr(ops, name)
    for array, text in ((VECTOR, f"{name}|slogdet.*no matrix"), (TALL, f"{name}|slogdet.*not square")):
        with pytest.raises(ValueError, match=text):
            function(lamina.KerasTensor(array.shape) if symbolic else array)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ops.linalg.cholesky(-MATRIX), "cholesky: a matrix is not positive definite"),
        (lambda: ops.linalg.inv(SINGULAR), "inv: a matrix is singular"),
        (lambda: ops.linalg.inv([MATRIX, 0 * MATRIX]), "inv: a matrix is singular"),
        (lambda: ops.linalg.solve(SINGULAR, VECTOR[:2]), "solve: a matrix is singular"),
        (lambda: ops.linalg.solve_triangular(0 * MATRIX, VECTOR), "solve_triangular: a matrix is singular"),
        (lambda: ops.linalg.cholesky_inverse(0 * MATRIX), "cholesky_inverse: a matrix is singular"),
        (lambda: ops.linalg.solve(MATRIX, TALL[:2]), "solve: the sizes of a and b do not fit"),
        (lambda: ops.linalg.solve([MATRIX] * 2, [TALL] * 3), "solve: the sizes of a and b do not fit"),
        (lambda: ops.linalg.solve(MATRIX, 1.0), "solve: the ranks of a and b do not fit"),
        (lambda: ops.linalg.solve([MATRIX], VECTOR), "solve: the ranks of a and b do not fit"),
        (lambda: ops.linalg.solve_triangular(TALL, VECTOR), "solve_triangular: the matrices are not square"),
        (lambda: ops.linalg.lstsq(TALL, VECTOR[:2]), "lstsq: the sizes of a and b do not fit"),
        (lambda: ops.linalg.lstsq(VECTOR, VECTOR), "lstsq: the input is no matrix"),
        (lambda: ops.linalg.lu_factor(VECTOR), "lu_factor: the input is no matrix"),
        (lambda: ops.linalg.matrix_rank(VECTOR), "matrix_rank: the input is no matrix"),
        (lambda: ops.linalg.pinv(VECTOR), "pinv: the input is no matrix"),
        (lambda: ops.linalg.qr(VECTOR), "qr: the input is no matrix"),
        (lambda: ops.linalg.qr(TALL, mode="r"), "qr: the mode is not known"),
        (lambda: ops.linalg.svd(VECTOR), "svd: the input is no matrix"),
        (lambda: ops.linalg.matrix_power(TALL, 2), "matrix_power: the matrices are not square"),
        (lambda: ops.linalg.norm(TALL, ord="nuc", axis=0), "norm: this order is none of vectors"),
        (lambda: ops.linalg.norm(TALL, ord=3, axis=(0, 1)), "norm: this order is none of matrices"),
        (lambda: ops.linalg.norm(TALL, axis=2), "norm: the tensor has no axis 2"),
        (lambda: ops.linalg.norm([TALL], ord=2), "norm: there is no norm over these axes"),
        (lambda: ops.fft(TALL), "fft: the input is no complex tensor"),
        (lambda: ops.fft((TALL, VECTOR)), "fft: the input is no complex tensor"),
        (lambda: ops.fft((TALL.astype("int32"),) * 2), "fft: the input is no complex tensor"),
        (lambda: ops.fft2((VECTOR, VECTOR)), "fft2: the input is no complex tensor"),
        (lambda: ops.ifft2((TALL,)), "ifft2: the input is no complex tensor"),
        (lambda: ops.rfft(1.0), "rfft: a scalar has no axis"),
        (lambda: ops.rfft(VECTOR, fft_length=0), "rfft: `fft_length` is out of range"),
        (lambda: ops.irfft((TALL[:, :1],) * 2), "irfft: one entry does not say how long the signal is"),
        (lambda: ops.irfft(PAIR, fft_length=-2), "irfft: `fft_length` is out of range"),
        (lambda: ops.stft(VECTOR[:1], **STFT, center=False), "stft: the signal is too short"),
        (lambda: ops.stft(VECTOR[:0], **STFT), "stft: the signal is too short"),
        (lambda: ops.stft(VECTOR, **{**STFT, "fft_length": 3}), "stft: `fft_length` is out of range"),
        (lambda: ops.stft(VECTOR, **STFT, window="kaiser"), "stft: the window is not known"),
        (lambda: ops.stft(VECTOR, **STFT, window=VECTOR), "stft: the window has the wrong length"),
        (lambda: ops.istft((VECTOR, VECTOR), **STFT), "istft: the input is no complex tensor"),
        (lambda: ops.istft(PAIR, **{**STFT, "sequence_stride": 0}), "istft: `sequence_stride` is out of range"),
    ],
)
def test_wrong_arguments_are_explained(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_wrong_types():
    with pytest.raises(TypeError, match="matrix_power: wrong exponent"):
        ops.linalg.matrix_power(MATRIX, 0.5)
    with pytest.raises(TypeError, match="stft: the signal is not float"):
        ops.stft(VECTOR.astype("int32"), **STFT)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: ops.linalg.lu_factor(x)[0], "lu: these matrices have no gradient"),
        (lambda x: ops.linalg.qr(x, mode="complete")[0], "qr: these matrices have no gradient"),
        (lambda x: ops.linalg.svd(x)[0], "svd: these matrices have no gradient"),
    ],
)
def test_what_has_no_gradient_says_so(call, text):
    x = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(4, 3)))
    with lamina.GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(call(x))
    with pytest.raises(ValueError, match=text):
        tape.gradient(y, [x])


def test_what_is_not_finite_passes_through():
    bad = np.full((3, 3), np.nan, "float32")
    assert np.isnan(ops.linalg.inv(bad).numpy()).all()
    assert np.isnan(ops.linalg.solve(bad, VECTOR).numpy()).all()
    assert np.isnan(ops.linalg.svd(bad, compute_uv=False).numpy()).all()
    assert np.isnan(ops.linalg.eigh(bad)[0].numpy()).all()


def test_a_singular_matrix_has_a_determinant():
    assert ops.linalg.det(SINGULAR).numpy() == 0
    sign, logarithm = ops.slogdet(SINGULAR)
    assert (float(sign), float(logarithm)) == (0.0, -np.inf)


def test_stft_of_a_signal_can_be_undone():
    x = np.random.default_rng(0).normal(size=(2, 64)).astype("float32")
    parts = ops.stft(x, 16, 4, 20)
    np.testing.assert_allclose(ops.istft(parts, 16, 4, 20, length=64), x, atol=1e-5)
