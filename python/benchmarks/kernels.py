"""Compares single layers with PyTorch, forward and forward with backward, both eager.

    ./setup_peers.sh peers
    python kernels.py --peers peers                       every case, about five minutes
    python kernels.py --peers peers "gru 64x120x14 u64"   one of them
    python kernels.py --frameworks lamina --threads 1 2   Lamina alone, with one thread and with two
    python report.py                                      the tables and pictures

Figures, in seconds: `forward_s` of a call without gradients, and `both_s` of a call with the gradients of the input and
of all weights. How near the kernels themselves are to what the machine can do, without calls from Python, is what the
native program `lamina_bench` measures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import harness
import numpy as np
from harness import median_time

PEERS = ("lamina", "torch")


class Case(NamedTuple):
    """A layer and the shape of its input, images channels last."""

    kind: str
    shape: tuple[int, ...]
    units: int = 0  # or filters
    size: int = 0  # of the kernel or window
    strides: int = 1

    @property
    def flops(self) -> float:
        """Of one forward call; the gradients have twice as many. 0 for layers that move data only."""
        *outer, inputs = self.shape
        if self.kind == "dense":
            return 2.0 * self.shape[0] * inputs * self.units
        if self.kind in ("conv", "depthwise"):
            outputs = outer[0] * (outer[1] // self.strides) * (outer[2] // self.strides)
            return 2.0 * outputs * self.size**2 * inputs * (self.units if self.kind == "conv" else 1)
        gates = {"lstm": 4, "gru": 3, "simple_rnn": 1}.get(self.kind)
        if gates is None:
            return 0
        return 2.0 * outer[0] * outer[-1] * gates * self.units * (inputs + self.units)


CASES = {
    "dense 128x784x512": Case("dense", (128, 784), 512),
    "dense 32x256x256": Case("dense", (32, 256), 256),
    "dense 1x1024x1024": Case("dense", (1, 1024), 1024),
    "conv 64x32x32x16 3x3x16": Case("conv", (64, 32, 32, 16), 16, 3),
    "conv 64x16x16x32 3x3x32": Case("conv", (64, 16, 16, 32), 32, 3),
    "conv 64x8x8x64 3x3x64": Case("conv", (64, 8, 8, 64), 64, 3),
    "conv 8x56x56x64 3x3x64": Case("conv", (8, 56, 56, 64), 64, 3),
    "conv 8x28x28x128 3x3x128": Case("conv", (8, 28, 28, 128), 128, 3),
    "conv 8x14x14x256 3x3x256": Case("conv", (8, 14, 14, 256), 256, 3),
    "conv 8x56x56x64 1x1x256": Case("conv", (8, 56, 56, 64), 256, 1),
    "conv 8x224x224x3 7x7x64 s2": Case("conv", (8, 224, 224, 3), 64, 7, 2),
    "conv 64x28x28x1 3x3x32": Case("conv", (64, 28, 28, 1), 32, 3),
    "conv 1x56x56x64 3x3x64": Case("conv", (1, 56, 56, 64), 64, 3),
    "depthwise 8x56x56x128 3x3": Case("depthwise", (8, 56, 56, 128), 0, 3),
    "depthwise 8x56x56x128 3x3 s2": Case("depthwise", (8, 56, 56, 128), 0, 3, 2),
    "lstm 32x200x128 u64": Case("lstm", (32, 200, 128), 64),
    "lstm 64x100x128 u128": Case("lstm", (64, 100, 128), 128),
    "lstm 1x100x64 u64": Case("lstm", (1, 100, 64), 64),
    "gru 64x120x14 u64": Case("gru", (64, 120, 14), 64),
    "simple_rnn 64x100x64 u64": Case("simple_rnn", (64, 100, 64), 64),
    "batch_norm 64x32x32x64": Case("batch_norm", (64, 32, 32, 64)),
    "layer_norm 4096x256": Case("layer_norm", (4096, 256)),
    "max_pool 64x32x32x64": Case("max_pool", (64, 32, 32, 64), 0, 2, 2),
    "average_pool 64x32x32x64": Case("average_pool", (64, 32, 32, 64), 0, 2, 2),
    "relu 4M": Case("relu", (1 << 22,)),
    "tanh 4M": Case("tanh", (1 << 22,)),
    "sigmoid 4M": Case("sigmoid", (1 << 22,)),
    "gelu 4M": Case("gelu", (1 << 22,)),
    "softmax 4096x1000": Case("softmax", (4096, 1000)),
}


def measure(framework: str, case: str, options: argparse.Namespace) -> dict[str, float]:
    """The two figures of one layer."""
    made = CASES[case]
    x = np.random.default_rng(0).standard_normal(made.shape).astype("float32")
    forward, both = (_torch if framework == "torch" else _lamina)(made, x)
    return {
        "forward_s": median_time(forward, options.seconds, 5, 2),
        "both_s": median_time(both, options.seconds, 5, 2),
    }


def _lamina(case: Case, x: np.ndarray) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import lamina
    from lamina import layers, ops

    makers: dict[str, Callable[[Case], Any]] = {
        "dense": lambda c: layers.Dense(c.units),
        "conv": lambda c: layers.Conv2D(c.units, c.size, c.strides, padding="same"),
        "depthwise": lambda c: layers.DepthwiseConv2D(c.size, c.strides, padding="same"),
        "lstm": lambda c: layers.LSTM(c.units, return_sequences=True),
        "gru": lambda c: layers.GRU(c.units, return_sequences=True),
        "simple_rnn": lambda c: layers.SimpleRNN(c.units, return_sequences=True),
        "batch_norm": lambda c: layers.BatchNormalization(),
        "layer_norm": lambda c: layers.LayerNormalization(),
        "max_pool": lambda c: layers.MaxPooling2D(c.size),
        "average_pool": lambda c: layers.AveragePooling2D(c.size),
        "gelu": lambda c: layers.Activation(lambda t: ops.gelu(t, approximate=False)),
        "softmax": lambda c: layers.Softmax(),
    }
    layer = makers.get(case.kind, lambda c: layers.Activation(c.kind))(case)
    data = ops.convert_to_tensor(x)

    def call() -> Any:
        return layer(data, training=True) if case.kind == "batch_norm" else layer(data)

    given = ops.ones_like(call())

    def both() -> Any:
        with lamina.GradientTape() as tape:
            tape.watch(data)
            y = call()
        return tape.gradient(y, [data, *layer.trainable_variables], output_gradients=given)

    return call, both


def _torch(case: Case, x: np.ndarray) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import torch
    from torch import nn

    makers: dict[str, Callable[[int], Any]] = {
        "dense": lambda n: nn.Linear(n, case.units),
        "conv": lambda n: nn.Conv2d(n, case.units, case.size, case.strides, case.size // 2),
        "depthwise": lambda n: nn.Conv2d(n, n, case.size, case.strides, case.size // 2, groups=n),
        "lstm": lambda n: nn.LSTM(n, case.units, batch_first=True),
        "gru": lambda n: nn.GRU(n, case.units, batch_first=True),
        "simple_rnn": lambda n: nn.RNN(n, case.units, batch_first=True),
        "batch_norm": nn.BatchNorm2d,
        "layer_norm": nn.LayerNorm,
        "max_pool": lambda n: nn.MaxPool2d(case.size),
        "average_pool": lambda n: nn.AvgPool2d(case.size),
        "relu": lambda n: nn.ReLU(),
        "tanh": lambda n: nn.Tanh(),
        "sigmoid": lambda n: nn.Sigmoid(),
        "gelu": lambda n: nn.GELU(),
        "softmax": lambda n: nn.Softmax(-1),
    }
    layer, data = makers[case.kind](x.shape[-1]), torch.from_numpy(x)
    if data.ndim == 4:
        layer, data = layer.to(memory_format=torch.channels_last), data.permute(0, 3, 1, 2)

    def call() -> Any:
        y = layer(data)
        return y[0] if isinstance(y, tuple) else y

    def forward() -> None:
        with torch.inference_mode():
            call()

    forward()
    data.requires_grad_()
    given = torch.ones_like(call())

    def both() -> None:
        for t in (data, *layer.parameters()):
            t.grad = None
        call().backward(given)

    return forward, both


def main() -> int:
    parser = harness.arguments(__doc__, PEERS, list(CASES), "kernels.json")
    return harness.run(parser.parse_args(), list(CASES), measure)


if __name__ == "__main__":
    sys.exit(main())
