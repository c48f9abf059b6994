"""Inputs of the rows: descriptions of arrays that become the same numbers each time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Array:
    """An array to be drawn: `draw(rng, shape)` gives float64 or integers."""

    shape: tuple[int, ...]
    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
    dtype: str = "float"

    def make(self, rng: np.random.Generator, float_dtype: str = "float32") -> np.ndarray:
        dtype = float_dtype if self.dtype == "float" else self.dtype
        return np.ascontiguousarray(np.asarray(self.draw(rng, self.shape)).astype(dtype)).reshape(self.shape)


def real(*shape: int) -> Array:
    """Normal numbers, none within 0.05 of the kinks at whole numbers and halves that many functions have."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        x = rng.normal(size=shape) * 1.5
        steps = np.round(x * 2)
        return x + np.where(np.abs(x * 2 - steps) < 0.1, 0.11, 0.0)

    return Array(shape, draw)


_WORDS = ("The", "quick", "fox,", "a", "b", "Über", "", "\t two  words ", "don't!", "日本語", "x" * 70)


def texts(*shape: int) -> Array:
    """Texts of up to four words or oddities."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        made = np.empty(shape, dtype=object)
        for place in np.ndindex(*shape):
            made[place] = " ".join(rng.choice(_WORDS, size=rng.integers(0, 5)))
        return made

    return Array(shape, draw, "object")


def positive(*shape: int) -> Array:
    return Array(shape, lambda rng, s: rng.uniform(0.3, 2.5, s))


def unit(*shape: int) -> Array:
    """Numbers inside (-0.9, 0.9)."""
    return Array(shape, lambda rng, s: rng.uniform(-0.9, 0.9, s))


def above_one(*shape: int) -> Array:
    return Array(shape, lambda rng, s: rng.uniform(1.2, 3.0, s))


def probabilities(*shape: int) -> Array:
    """Rows of positive numbers that sum to 1."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        p = rng.uniform(0.1, 1.0, shape)
        return p / p.sum(-1, keepdims=True)

    return Array(shape, draw)


def distinct(*shape: int) -> Array:
    """Numbers no two of which are closer than 0.1: for maxima and orders."""
    return Array(shape, lambda rng, s: rng.permutation(int(np.prod(s))).reshape(s) * 0.1 - 1.0)


def integers(high: int, *shape: int, low: int = 0, dtype: str = "int64") -> Array:
    return Array(shape, lambda rng, s: rng.integers(low, high, s), dtype)


def whole(*shape: int) -> Array:
    """Floats among -1, 0, 1, 2: with zeros and equals."""
    return Array(shape, lambda rng, s: rng.integers(-1, 3, s))


def holes(*shape: int) -> Array:
    """`distinct` numbers of which every third along each axis is NaN."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        x = rng.permutation(int(np.prod(shape))).reshape(shape) * 0.1 - 1.0
        return np.where(np.indices(shape).sum(0) % 3 == 0, np.nan, x)

    return Array(shape, draw)


def flags(*shape: int) -> Array:
    return Array(shape, lambda rng, s: rng.integers(0, 2, s).astype(bool), "bool")


def state(key: int = 3, counter: int = 5) -> Array:
    """The state of a random stream."""
    return Array((2,), lambda rng, s: np.array([key, counter]), "int64")


def complexes(*shape: int) -> Array:
    return Array(shape, lambda rng, s: rng.normal(size=s) + 1j * rng.normal(size=s), "complex64")


def one_hot(classes: int, *shape: int) -> Array:
    return Array((*shape, classes), lambda rng, s: np.eye(s[-1])[rng.integers(0, s[-1], s[:-1])])


def _orthonormal(rng: np.random.Generator, batch: tuple[int, ...], n: int) -> np.ndarray:
    return np.linalg.qr(rng.normal(size=(*batch, n, n)))[0]


def regular(*shape: int) -> Array:
    """Matrices with singular values between 1 and 2.5, none close to another."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        *batch, m, n = shape
        values = np.linspace(1.0, 2.5, min(m, n))
        left, right = (_orthonormal(rng, tuple(batch), size)[..., : min(m, n)] for size in (m, n))
        return (left * values) @ right.swapaxes(-1, -2)

    return Array(shape, draw)


def symmetric(*shape: int, low: float = -1.5, high: float = 2.5) -> Array:
    """Symmetric matrices with eigenvalues between low and high, none close to another or to 0."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        *batch, n, _ = shape
        values = np.linspace(low, high, n)
        vectors = _orthonormal(rng, tuple(batch), n)
        return (vectors * np.where(np.abs(values) < 0.2, 0.35, values)) @ vectors.swapaxes(-1, -2)

    return Array(shape, draw)


def definite(*shape: int) -> Array:
    """Symmetric matrices with eigenvalues between 0.7 and 3."""
    return symmetric(*shape, low=0.7, high=3.0)


def make_all(arrays: Any, float_dtype: str = "float32", seed: int = 11) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [array.make(rng, float_dtype) for array in arrays]
