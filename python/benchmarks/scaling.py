"""How the time of a training step grows with the batch, the width, the depth and the length of sequences.

    ./setup_peers.sh peers
    python scaling.py --peers peers                               all curves with one thread and with two, an hour
    python scaling.py --peers peers --frameworks lamina torch     two frameworks
    python scaling.py length --frameworks lamina --threads 2      one curve of Lamina
    python report.py                                              the tables and pictures

A figure is the time in seconds of a step inside `fit`, named by the size. Between two sizes the time should not grow
more than the work does: where it does, there is a cliff.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import harness
import numpy as np
from harness import median_time

PEERS = ("lamina", "keras-tensorflow", "keras-jax", "keras-torch", "torch")


class Curve(NamedTuple):
    """A model of any size; `what` is drawn along the axis."""

    what: str
    sizes: tuple[int, ...]
    model: Callable[[Any, int], Any]  # of the module with the Keras API, and a size
    twin: Callable[[int], Any]  # in PyTorch
    shape: Callable[[int], tuple[int, ...]]  # of the input, with the batch
    work: Callable[[int], float]  # anything proportional to the operations


def _dense(k: Any, *sizes: int) -> Any:
    hidden = [k.layers.Dense(units, activation="relu") for units in sizes[1:-1]]
    return k.Sequential([k.Input((sizes[0],)), *hidden, k.layers.Dense(sizes[-1])])


def _dense_twin(*sizes: int) -> Any:
    from torch_workloads import dense

    return dense(*sizes)


def _convnet(k: Any) -> Any:
    layers = k.layers
    parts = [
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(1),
    ]
    return k.Sequential([k.Input((28, 28, 1)), *parts])


def _convnet_twin() -> Any:
    from torch import nn

    parts = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(1600, 1))


def _lstm(k: Any, steps: int) -> Any:
    return k.Sequential([k.Input((steps, 32)), k.layers.LSTM(64), k.layers.Dense(1)])


def _lstm_twin() -> Any:
    from torch import nn

    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.dense = nn.LSTM(32, 64, batch_first=True), nn.Linear(64, 1)

        def forward(self, x: Any) -> Any:
            return self.dense(self.lstm(x)[1][0][0])

    return Last()


def _powers(first: int, last: int) -> tuple[int, ...]:
    return tuple(1 << i for i in range(first.bit_length() - 1, last.bit_length()))


CURVES = {
    "batch": Curve(
        "batch of a dense net",
        _powers(1, 1024),
        lambda k, n: _dense(k, 256, 256, 256, 1),
        lambda n: _dense_twin(256, 256, 256, 1),
        lambda n: (n, 256),
        lambda n: n,
    ),
    "batch_images": Curve(
        "batch of a convnet",
        _powers(1, 1024),
        lambda k, n: _convnet(k),
        lambda n: _convnet_twin(),
        lambda n: (n, 28, 28, 1),
        lambda n: n,
    ),
    "width": Curve(
        "width of a dense net",
        _powers(16, 2048),
        lambda k, n: _dense(k, n, n, n, 1),
        lambda n: _dense_twin(n, n, n, 1),
        lambda n: (64, n),
        lambda n: n * n,
    ),
    "depth": Curve(
        "depth of a dense net",
        _powers(1, 64),
        lambda k, n: _dense(k, 128, *[128] * n, 1),
        lambda n: _dense_twin(128, *[128] * n, 1),
        lambda n: (64, 128),
        lambda n: n,
    ),
    "length": Curve(
        "steps of an LSTM",
        _powers(8, 1024),
        _lstm,
        lambda n: _lstm_twin(),
        lambda n: (32, n, 32),
        lambda n: n,
    ),
}


def measure(framework: str, case: str, options: argparse.Namespace) -> dict[str, float]:
    """The time of a step at each size."""
    curve = CURVES[case]
    sizes = [n for n in curve.sizes if n <= options.largest]
    step = _torch_step if framework == "torch" else _keras_step
    return {str(n): step(framework, curve, n, options.seconds / 2) for n in sizes}


def _data(curve: Curve, n: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Samples, labels and the number of steps: enough for one call of `fit` to be little beside them."""
    batch, *sample = curve.shape(n)
    steps = max(4, min(200, 2048 // batch))
    x = np.random.default_rng(0).standard_normal((batch * steps, *sample)).astype("float32")
    return x, x.reshape(len(x), -1)[:, :1], steps


def _keras_step(framework: str, curve: Curve, n: int, seconds: float) -> float:
    k = harness.keras_like(framework)
    x, y, steps = _data(curve, n)
    model = curve.model(k, n)
    model.compile(optimizer="adam", loss="mse")
    batch = curve.shape(n)[0]
    return median_time(lambda: model.fit(x, y, batch_size=batch, epochs=1, verbose=0), seconds) / steps


def _torch_step(framework: str, curve: Curve, n: int, seconds: float) -> float:
    import torch
    from torch.nn import functional
    from torch_training import Training
    from torch_workloads import tensor

    x, y, steps = _data(curve, n)
    model = curve.twin(n)
    if x.ndim == 4:
        model = model.to(memory_format=torch.channels_last)
    training = Training(model, tensor(x), tensor(y), functional.mse_loss, curve.shape(n)[0])
    return median_time(training.epoch, seconds) / steps


def main() -> int:
    parser = harness.arguments(__doc__, PEERS, list(CURVES), "scaling.json")
    parser.set_defaults(threads=[1, 2], seconds=0.5)
    parser.add_argument("--largest", type=int, default=1 << 20, metavar="N", help="leave out larger sizes")
    options = parser.parse_args()
    return harness.run(options, list(CURVES), measure, ["--largest", str(options.largest)])


if __name__ == "__main__":
    sys.exit(main())
