"""The workloads of the comparison, written against the public Keras API only.

The same function builds a model for Lamina and for Keras on any backend, so that all do the same work;
`torch_workloads.py` has the same models in idiomatic PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

CLASSES, BINARY, SQUARES = "sparse_categorical_crossentropy", "binary_crossentropy", "mse"


class Workload(NamedTuple):
    """A model and what it is trained with."""

    text: str
    build: Callable[[Any], Any]  # of the module that has the Keras API
    sample: tuple[int, ...]
    batch: int
    steps: int  # batches of the data
    loss: str
    classes: int = 0  # of the labels
    words: int = 0  # inputs are numbers of words below this


def data(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    """Made-up samples and labels, the same ones in every process."""
    random = np.random.default_rng(0)
    count = workload.batch * workload.steps
    x: np.ndarray
    if workload.words:
        x = random.integers(0, workload.words, (count, *workload.sample)).astype("int32")
    else:
        x = random.standard_normal((count, *workload.sample)).astype("float32")
    if workload.loss == CLASSES:
        return x, random.integers(0, workload.classes, count).astype("int32")
    if workload.loss == BINARY:
        return x, random.integers(0, 2, (count, 1)).astype("float32")
    return x, (x**2 if workload.sample[-1] == 1 else x.reshape(count, -1)[:, :1])


def _mlp(k: Any) -> Any:
    layers = k.layers
    hidden = [layers.Dense(512, activation="relu") for _ in range(2)]
    return k.Sequential([k.Input((784,)), *hidden, layers.Dense(10, activation="softmax")])


def _tabular(k: Any) -> Any:
    layers = k.layers
    hidden = [layers.Dense(32, activation="relu") for _ in range(2)]
    return k.Sequential([k.Input((16,)), *hidden, layers.Dense(1)])


def _convnet(k: Any) -> Any:
    layers = k.layers
    return k.Sequential(
        [
            k.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def _resnet20(k: Any) -> Any:
    layers = k.layers

    def convolution(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        return layers.BatchNormalization()(layers.Conv2D(filters, size, strides, padding="same", use_bias=False)(x))

    def block(x: Any, filters: int, strides: int) -> Any:
        y = layers.Activation("relu")(convolution(x, filters, 3, strides))
        y = convolution(y, filters, 3)
        shortcut = x if strides == 1 else convolution(x, filters, 1, strides)
        return layers.Activation("relu")(layers.Add()([shortcut, y]))

    images = k.Input((32, 32, 3))
    x = layers.Activation("relu")(convolution(images, 16, 3))
    for filters in (16, 32, 64):
        for i in range(3):
            x = block(x, filters, 2 if filters > 16 and i == 0 else 1)
    return k.Model(images, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


MOBILENET = ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1))  # filters and strides


def _mobilenet(k: Any) -> Any:
    layers = k.layers

    def finish(x: Any) -> Any:
        return layers.ReLU(max_value=6.0)(layers.BatchNormalization()(x))

    images = k.Input((96, 96, 3))
    x = finish(layers.Conv2D(16, 3, 2, padding="same", use_bias=False)(images))
    for filters, strides in MOBILENET:
        x = finish(layers.DepthwiseConv2D(3, strides, padding="same", use_bias=False)(x))
        x = finish(layers.Conv2D(filters, 1, use_bias=False)(x))
    return k.Model(images, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def _bilstm(k: Any) -> Any:
    layers = k.layers
    return k.Sequential(
        [
            k.Input((None,), dtype="int32"),
            layers.Embedding(20_000, 128),
            layers.Bidirectional(layers.LSTM(64, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(64)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def _gru(k: Any) -> Any:
    layers = k.layers
    return k.Sequential([k.Input((120, 14)), layers.GRU(64, return_sequences=True), layers.GRU(32), layers.Dense(1)])


def _transformer(k: Any) -> Any:
    layers = k.layers
    words = k.Input((128,), dtype="int32")
    x = layers.Embedding(20_000, 128)(words)
    for _ in range(2):
        seen = layers.MultiHeadAttention(num_heads=4, key_dim=32)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, seen]))
        wide = layers.Dense(128)(layers.Dense(512, activation="gelu")(x))
        x = layers.LayerNormalization()(layers.Add()([x, wide]))
    return k.Model(words, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


def _unet3d(k: Any) -> Any:
    layers = k.layers
    volumes = k.Input((16, 32, 32, 1))
    fine = layers.Conv3D(8, 3, padding="same", activation="relu")(volumes)
    coarse = layers.Conv3D(16, 3, padding="same", activation="relu")(layers.MaxPooling3D(2)(fine))
    up = layers.Conv3DTranspose(8, 2, strides=2, activation="relu")(coarse)
    return k.Model(volumes, layers.Conv3D(1, 1)(layers.Concatenate()([fine, up])))


WORKLOADS = {
    "tabular": Workload("16-32-32-1 dense", _tabular, (16,), 32, 200, SQUARES),
    "mlp": Workload("784-512-512-10 dense", _mlp, (784,), 128, 40, CLASSES, 10),
    "convnet": Workload("Keras' MNIST convnet", _convnet, (28, 28, 1), 128, 10, CLASSES, 10),
    "resnet20": Workload("ResNet-20 on 32x32", _resnet20, (32, 32, 3), 64, 6, CLASSES, 10),
    "mobilenet": Workload("depthwise-separable net on 96x96", _mobilenet, (96, 96, 3), 32, 6, CLASSES, 10),
    "bilstm": Workload("2 bidirectional LSTMs on 200 words", _bilstm, (200,), 32, 6, BINARY, words=20_000),
    "gru": Workload("2 GRUs on series of 120 steps", _gru, (120, 14), 64, 8, SQUARES),
    "transformer": Workload("2 transformer blocks on 128 words", _transformer, (128,), 32, 8, CLASSES, 2, 20_000),
    "unet3d": Workload("3D U-Net on 16x32x32", _unet3d, (16, 32, 32, 1), 4, 6, SQUARES),
}
