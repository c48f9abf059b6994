"""Rows of mistakes: a layer, its arguments, the shape it is called on (None: it is not), and what the error names.

Several inputs have a list of shapes; a shape with None in it belongs to a symbolic input.
"""

from typing import Any

import numpy as np
import pytest

from lamina import Input, layers

Mistake = tuple[str, dict[str, Any], Any, str]


def _input(shape: tuple[int | None, ...]) -> Any:
    return Input(shape[1:]) if None in shape else np.ones(shape, "float32")


def assert_refused(layer: str, arguments: dict[str, Any], shape: Any, names: str) -> None:
    """The error comes and says what happened, what was expected, what came and how to fix it."""

    def attempt() -> None:
        made = getattr(layers, layer)(**arguments)
        if shape is not None:
            made([_input(s) for s in shape] if isinstance(shape, list) else _input(shape))

    with pytest.raises((TypeError, ValueError, NotImplementedError), match=names) as caught:
        attempt()
    text = str(caught.value)
    assert all(part in text for part in ("Expected: ", "Received: ", "Fix: ")), text
