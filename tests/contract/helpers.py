"""Gradients by central differences, the measure of all gradients here."""

from collections.abc import Callable, Sequence

import numpy as np


def numeric_gradient(
    function: Callable[[list[np.ndarray]], float],
    arrays: Sequence[np.ndarray],
    which: int,
    entries: np.ndarray,
    step: float = 1e-5,
) -> np.ndarray:
    """d function / d arrays[which] at the given flat entries, in float64."""
    found = []
    for entry in entries:
        values = []
        for sign in (1.0, -1.0):
            moved = [np.array(a) for a in arrays]
            moved[which].reshape(-1)[entry] += sign * step
            values.append(function(moved))
        found.append((values[0] - values[1]) / (2 * step))
    return np.array(found)


def some_entries(array: np.ndarray, most: int = 12) -> np.ndarray:
    """Up to `most` flat indices, spread over the array."""
    return np.unique(np.linspace(0, array.size - 1, min(array.size, most)).astype(int))


def assert_gradients_close(analytic: np.ndarray, numeric: np.ndarray, entries: np.ndarray, what: str) -> None:
    scale = max(1.0, float(np.abs(numeric).max(initial=0.0)))
    np.testing.assert_allclose(
        np.asarray(analytic).reshape(-1)[entries], numeric, atol=2e-7 * scale, rtol=2e-6, err_msg=what
    )
