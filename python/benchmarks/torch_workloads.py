"""The models of `workloads.py` in idiomatic PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from workloads import BINARY, CLASSES, MOBILENET, SQUARES

LOSSES: dict[str, Callable[..., Any]] = {
    SQUARES: functional.mse_loss,
    BINARY: functional.binary_cross_entropy_with_logits,
    CLASSES: functional.cross_entropy,
}


def tensor(x: np.ndarray) -> torch.Tensor:
    """The data as PyTorch has it: channels first (images channels last in memory), whole numbers of 64 bits."""
    t = torch.from_numpy(x)
    if t.ndim == 4:
        return t.permute(0, 3, 1, 2)
    if t.ndim == 5:
        return t.permute(0, 4, 1, 2, 3).contiguous()
    return t.long() if t.dtype == torch.int32 else t


def model(name: str) -> nn.Module:
    """The model of a workload; convolutional ones channels last, which is faster."""
    made = MODELS[name]()
    return made.to(memory_format=torch.channels_last) if name in ("convnet", "resnet20", "mobilenet") else made


def _conv(inputs: int, filters: int, size: int, strides: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, filters, size, strides, padding=size // 2, groups=groups, bias=False)


class _Block(nn.Module):
    def __init__(self, inputs: int, filters: int, strides: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            _conv(inputs, filters, 3, strides),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            _conv(filters, filters, 3),
            nn.BatchNorm2d(filters),
        )
        self.shortcut: nn.Module = nn.Identity()
        if strides > 1:
            self.shortcut = nn.Sequential(_conv(inputs, filters, 1, strides), nn.BatchNorm2d(filters))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.main(x) + self.shortcut(x))


class _Average(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


def _resnet20() -> nn.Module:
    blocks, inputs = [], 16
    for filters in (16, 32, 64):
        for i in range(3):
            blocks.append(_Block(inputs, filters, 2 if filters > 16 and i == 0 else 1))
            inputs = filters
    return nn.Sequential(_conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), *blocks, _Average(), nn.Linear(64, 10))


def _mobilenet() -> nn.Module:
    parts: list[nn.Module] = [_conv(3, 16, 3, 2), nn.BatchNorm2d(16), nn.ReLU6()]
    inputs = 16
    for filters, strides in MOBILENET:
        parts += [_conv(inputs, inputs, 3, strides, inputs), nn.BatchNorm2d(inputs), nn.ReLU6()]
        parts += [nn.Conv2d(inputs, filters, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU6()]
        inputs = filters
    return nn.Sequential(*parts, _Average(), nn.Linear(256, 10))


class _BiLSTM(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20_000, 128)
        self.lstm = nn.LSTM(128, 64, 2, batch_first=True, bidirectional=True)
        self.dense = nn.Linear(128, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        last = self.lstm(self.embedding(x))[1][0]
        return self.dense(torch.cat([last[-2], last[-1]], 1))


class _GRU(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.GRU(14, 64, batch_first=True)
        self.second = nn.GRU(64, 32, batch_first=True)
        self.dense = nn.Linear(32, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dense(self.second(self.first(x)[0])[1][0])


class _TransformerBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(128, 4, batch_first=True)
        self.norms = nn.ModuleList(nn.LayerNorm(128) for _ in range(2))
        self.wide = nn.Sequential(nn.Linear(128, 512), nn.GELU(), nn.Linear(512, 128))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norms[0](x + self.attention(x, x, x, need_weights=False)[0])
        return self.norms[1](x + self.wide(x))


class _Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20_000, 128)
        self.blocks = nn.Sequential(_TransformerBlock(), _TransformerBlock())
        self.dense = nn.Linear(128, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dense(self.blocks(self.embedding(x)).mean(1))


class _UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Conv3d(1, 8, 3, padding=1)
        self.coarse = nn.Conv3d(8, 16, 3, padding=1)
        self.up = nn.ConvTranspose3d(16, 8, 2, 2)
        self.out = nn.Conv3d(16, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fine = functional.relu(self.fine(x))
        coarse = functional.relu(self.coarse(functional.max_pool3d(fine, 2)))
        return self.out(torch.cat([fine, functional.relu(self.up(coarse))], 1))


def dense(*sizes: int) -> nn.Module:
    """Dense layers with ReLU between them."""
    parts: list[nn.Module] = []
    for inputs, units in pairwise(sizes):
        parts += [nn.Linear(inputs, units), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def convnet() -> nn.Module:
    """Keras' convnet for MNIST."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(1600, 10),
    )


MODELS: dict[str, Callable[[], nn.Module]] = {
    "tabular": lambda: dense(16, 32, 32, 1),
    "mlp": lambda: dense(784, 512, 512, 10),
    "convnet": convnet,
    "resnet20": _resnet20,
    "mobilenet": _mobilenet,
    "bilstm": _BiLSTM,
    "gru": _GRU,
    "transformer": _Transformer,
    "unet3d": _UNet,
}
