"""Weights of layers that Keras had in other layouts: recurrent ones made for cuDNN."""

from __future__ import annotations

from typing import Any

import numpy as np


def converted(layer: Any, variables: list[Any], arrays: list[np.ndarray]) -> list[np.ndarray]:
    """The arrays in the layouts of `variables`, the weights of `layer` and the layers in it in the order of files."""
    from ..layers import GRUCell, LSTMCell

    if len(arrays) != len(variables):
        return arrays
    arrays = list(arrays)
    places = {id(variable): i for i, variable in enumerate(variables)}
    for cell in layer._flatten_layers():
        if isinstance(cell, (LSTMCell, GRUCell)) and cell.use_bias:
            own = [places.get(id(v)) for v in (cell.kernel, cell.recurrent_kernel, cell.bias)]
            gates = 4 if isinstance(cell, LSTMCell) else 3
            if None not in own and arrays[own[2]].shape == (2 * gates * cell.units,):  # type: ignore[index]
                kernel, recurrent, bias = (arrays[i] for i in own)  # type: ignore[index]
                halves = bias.reshape(2, -1)
                new = (
                    _by_gate(kernel, gates, lambda k: k.reshape(k.shape[::-1]).T),
                    _by_gate(recurrent, gates, np.transpose),
                    halves.sum(axis=0) if isinstance(cell, LSTMCell) else halves,
                )
                for i, array in zip(own, new):
                    arrays[i] = array  # type: ignore[index]
    return arrays


def _by_gate(kernel: np.ndarray, gates: int, change: Any) -> np.ndarray:
    return np.hstack([change(part) for part in np.hsplit(kernel, gates)])
