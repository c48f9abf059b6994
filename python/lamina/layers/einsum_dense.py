"""EinsumDense: a dense layer between any axes."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import activations, ops
from ..checks import explain, integer
from ..initializers import VarianceScaling
from .input_spec import InputSpec
from .quantized import QuantizableLayer
from .support import refuse
from .weights import add_weight, weight_arguments


class _Equation(NamedTuple):
    """The letters of the axes of input, kernel and output, and the side on which "..." stands, if any."""

    inputs: str
    kernel: str
    outputs: str
    dots: str | None


def _parse(text: Any) -> _Equation:
    pattern = r"(\.\.\.)?([A-Za-z]+)(\.\.\.)?,([A-Za-z]+)->(\.\.\.)?([A-Za-z]+)(\.\.\.)?"
    found = re.fullmatch(pattern, text.replace(" ", "")) if isinstance(text, str) else None
    if found is not None:
        left, inputs, right, kernel, out_left, outputs, out_right = found.groups()
        known = all(letter in outputs + inputs for letter in kernel) and all(c in inputs + kernel for c in outputs)
        once = all(len(set(letters)) == len(letters) for letters in (inputs, kernel, outputs))
        if (left, right) == (out_left, out_right) and not (left and right) and known and once:
            return _Equation(inputs, kernel, outputs, "left" if left else "right" if right else None)
    raise ValueError(
        explain(
            "EinsumDense: the equation cannot be used.",
            "'[input],[kernel]->[output]' in letters, each once per part, those of the kernel and of the output also "
            "in another part; '...' may stand on one side of both input and output",
            f"equation={text!r}",
            "write e.g. 'abc,cd->abd' or '...c,cd->...d'.",
        )
    )


class EinsumDense(QuantizableLayer):
    """`activation(einsum(equation, inputs, kernel) + bias)`: a dense layer between any axes.

    `equation` has a letter for each axis of the input, the kernel and the output; the first of the input is the batch,
    and '...' stands for further axes before or after the others. `output_shape` (an int, or a tuple) has the sizes of
    the output's letters without the batch, None where they follow from the input. `bias_axes` are the letters of the
    output that have biases of their own; None: no bias. For Glorot's, He's and LeCun's initializers, the kernel's axes
    that are summed are its inputs. ValueError for equations and sizes that do not fit.

    >>> import numpy as np, lamina
    >>> x = np.ones((2, 5, 3), "float32")
    >>> lamina.layers.EinsumDense("abc,cde->abde", output_shape=(None, 4, 6), bias_axes="de")(x).shape
    (2, 5, 4, 6)
    """

    _config_omit_defaults = ("activity_regularizer", "gptq_unpacked_column_size", "quantization_config")
    kernel_initializer: Any

    @weight_arguments(kernel="glorot_uniform", bias="zeros")
    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: Any = None,
        bias_axes: str | None = None,
        *,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config, **kwargs)
        refuse(self, gptq_unpacked_column_size=gptq_unpacked_column_size)
        self.equation = equation
        self._letters = _parse(equation)
        sizes = output_shape if isinstance(output_shape, (list, tuple)) else (output_shape,)
        self.partial_output_shape = tuple(
            None if n is None else integer("EinsumDense", "output_shape", n) for n in sizes
        )
        self.bias_axes = self._checked_bias_axes(bias_axes)
        self.activation = activations.get(activation)
        self.kernel: Any = None
        self.bias: Any = None

    def _checked_bias_axes(self, axes: Any) -> str | None:
        if axes is None or (isinstance(axes, str) and axes and set(axes) <= set(self._letters.outputs)):
            return axes
        raise ValueError(
            explain(
                "EinsumDense: `bias_axes` are no axes of the output.",
                f"letters among {self._letters.outputs!r}, or None",
                f"bias_axes={axes!r}",
                "name the axes along which the bias differs.",
            )
        )

    def build(self, input_shape: Any) -> None:
        letters = self._letters
        sizes, elided = self._sizes(tuple(input_shape))
        self.kernel = add_weight(
            self, "kernel", [self._known(sizes, c) for c in letters.kernel], initializer=self._fitted_initializer()
        )
        if self.bias_axes is not None:
            first = min(map(letters.outputs.index, self.bias_axes))
            shape = [self._known(sizes, c) if c in self.bias_axes else 1 for c in letters.outputs[first:]]
            self.bias = add_weight(self, "bias", shape + [1] * (elided if letters.dots == "right" else 0))
        self.input_spec = InputSpec(ndim=len(input_shape))

    def _sizes(self, shape: tuple[int | None, ...]) -> tuple[dict[str, int | None], int]:
        """The size of each letter, None where it is unknown, and the number of axes that '...' stands for."""
        inputs, _, outputs, dots = self._letters
        elided = len(shape) - len(inputs)
        given = self.partial_output_shape
        if not (dots == "left" and elided > 0):  # then the batch is the output's first letter
            given = (shape[0], *given)
        if elided < 0 or (elided > 0 and dots is None) or len(given) != len(outputs):
            raise self._misfit(shape)
        sizes: dict[str, int | None] = dict(zip(inputs, shape[elided:] if dots == "left" else shape))
        for letter, size in zip(outputs, given):
            if sizes.get(letter) is None:
                sizes[letter] = size
            elif size not in (None, sizes[letter]):
                raise self._misfit(shape)
        return sizes, elided

    def _misfit(self, shape: tuple[int | None, ...]) -> ValueError:
        return ValueError(
            explain(
                f"EinsumDense {self.name!r}: equation, `output_shape` and input do not fit.",
                "an axis of the input for each letter, a size for each letter of the output but the batch, and the "
                "same size where both have a letter",
                f"equation={self.equation!r}, output_shape={self.partial_output_shape}, an input of shape {shape}",
                "use None in `output_shape` for sizes that follow from the input.",
            )
        )

    def _known(self, sizes: dict[str, int | None], letter: str) -> int:
        size = sizes[letter]
        if size is None:
            raise ValueError(
                explain(
                    f"EinsumDense {self.name!r}: the weights cannot be made.",
                    f"a known size of axis {letter!r} of {self.equation!r}",
                    f"none in output_shape={self.partial_output_shape} nor in the input's shape",
                    "give it in `output_shape`, or in `Input(shape=...)`.",
                )
            )
        return size

    def _fitted_initializer(self) -> Any:
        """The initializer, told which axes of the kernel are inputs and which are outputs unless it knows."""
        initializer = self.kernel_initializer
        if not isinstance(initializer, VarianceScaling) or None not in (
            initializer.input_axes,
            initializer.output_axes,
        ):
            return initializer
        fitted = copy.copy(initializer)
        axes = [c in self._letters.outputs for c in self._letters.kernel]
        fitted.input_axes, fitted.output_axes = ([i for i, out in enumerate(axes) if out == side] for side in (0, 1))
        return fitted

    def _weight_axes(self) -> tuple[int, ...]:
        return tuple(i for i, letter in enumerate(self._letters.kernel) if letter not in self._letters.outputs)

    def _input_axes(self) -> tuple[int, ...]:
        letters = self._letters
        first = -len(letters.inputs) if letters.dots == "left" else 0
        return tuple(first + i for i, letter in enumerate(letters.inputs) if letter not in letters.outputs)

    def _scale_in_files(self, scale: np.ndarray) -> np.ndarray:
        """With the axes of the output, of which those that are not the kernel's have size 1."""
        kept = [letter for letter in self._letters.kernel if letter in self._letters.outputs]
        order = sorted(range(len(kept)), key=lambda i: self._letters.outputs.index(kept[i]))
        sizes = dict(zip(kept, scale.shape))
        return scale.transpose(order).reshape([sizes.get(letter, 1) for letter in self._letters.outputs])

    def _scale_from_files(self, scale: np.ndarray) -> np.ndarray:
        kept = [letter for letter in self._letters.kernel if letter in self._letters.outputs]
        if scale.ndim != len(self._letters.outputs):
            return scale
        order = sorted(range(len(kept)), key=lambda i: self._letters.outputs.index(kept[i]))
        along = scale.reshape([n for n, letter in zip(scale.shape, self._letters.outputs) if letter in kept])
        return along.transpose(sorted(range(len(kept)), key=order.__getitem__))

    def call(self, inputs: Any) -> Any:
        outputs = ops.einsum(self.equation, inputs, self.kernel.value)
        return self.activation(outputs if self.bias is None else outputs + self.bias.value)

    def get_config(self) -> dict[str, Any]:
        # `output_shape` itself is the shape of the layer's symbolic output.
        return {**super().get_config(), "output_shape": self.partial_output_shape}
