"""The short cut of predictions that are alike: the compiled program at once, without a look at the model."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core, tree
from .programs import Step

Tensor = _core.Tensor

_NO_SAMPLES = {(), (0,)}


class ShortCut:
    """Predicts on arrays like those that a step was traced for: a single one, or a flat list, tuple or dict."""

    def __init__(self, step: Step, x: Any, changes: int) -> None:
        single = isinstance(x, Tensor)
        self.program = step.program
        self.structure = step.structure
        self.changes = changes  # of layers, when it was made
        self.nests: tuple[type, ...] = () if single else (dict,) if isinstance(x, dict) else (list, tuple)
        self.keys = sorted(x) if isinstance(x, dict) else []
        self.kinds = [(np.dtype(part.dtype), part.shape[1:]) for part in tree.flatten(x)]
        self.dtype: Any  # of a single array, and its sizes without the samples
        self.sizes: Any
        self.dtype, self.sizes = self.kinds[0] if single else (None, None)

    @staticmethod
    def suits(x: Any) -> bool:
        """Whether there is one for such data."""
        if type(x) not in (Tensor, list, tuple, dict):  # rows of different lengths, say
            return False
        parts = [x] if isinstance(x, Tensor) else x.values() if isinstance(x, dict) else x
        return len(parts) > 0 and all(type(part) is Tensor and hasattr(np, part.dtype) for part in parts)

    def predict(self, x: Any) -> Any:
        """The outputs as arrays, or None for data of another kind, which need a closer look."""
        if type(x) is np.ndarray:
            if x.dtype != self.dtype or x.shape[1:] != self.sizes or x.shape[:1] in _NO_SAMPLES:
                return None
            outputs = self.program.predict_arrays(x)
        else:
            if type(x) not in self.nests or len(x) != len(self.kinds):
                return None
            parts = [x.get(key) for key in self.keys] if type(x) is dict else x
            samples = {
                part.shape[:1] if type(part) is np.ndarray and part.dtype == dtype and part.shape[1:] == sizes else ()
                for part, (dtype, sizes) in zip(parts, self.kinds)
            }
            if len(samples) != 1 or samples & _NO_SAMPLES:
                return None
            outputs = self.program.predict_arrays(*parts)
        return outputs[0] if self.structure is None else tree.pack_sequence_as(self.structure, outputs)
