"""`lamina demo`: a small convolutional network on real handwritten digits, from training to the C++ commands."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from . import _core, datasets, layers
from .layers.input import Input
from .models import Sequential
from .utils.session import set_random_seed

GOOD = 0.975  # the accuracy the demo promises


def make_model() -> Sequential:
    """Two convolutions and a classifier, about 40,000 weights."""
    model = Sequential(
        [
            Input((8, 8, 1), name="image"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(48, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def load() -> tuple[Any, Any]:
    """(images, labels) to train with and to test with: images as float32 in [0, 1], labels as int64."""
    train, test = datasets.digits.load_data()

    def ready(part: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        return (part[0][..., None] / 16.0).astype("float32"), part[1].astype("int64")

    return ready(train), ready(test)


def run(folder: Path, epochs: int, seed: int) -> int:
    """Trains, prints accuracy and speed, writes the files. The exit code is 1 when the accuracy is below `GOOD`."""
    folder.mkdir(parents=True, exist_ok=True)
    set_random_seed(seed)
    (x_train, y_train), (x_test, y_test) = load()
    model = make_model()
    model.summary()
    start = time.perf_counter()
    history = model.fit(x_train, y_train, batch_size=64, epochs=epochs, validation_data=(x_test, y_test))
    seconds = time.perf_counter() - start
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    predictions = model.predict(x_test, verbose=0)
    print(f"\ntest accuracy {accuracy:.4f} on {len(x_test)} images")
    print(f"{epochs * len(x_train) / seconds:,.0f} images per second in training ({seconds:.1f} s in all)")
    print(f"{_latency(model, x_test[:1]) * 1e6:.0f} microseconds for the prediction of one image")

    file, test, train = (
        folder / "digits.lamina",
        folder / "digits_test.safetensors",
        folder / "digits_train.safetensors",
    )
    model.save(file)
    tensors = {"images": x_test, "labels": y_test, "predictions": predictions}
    _core.write_tensors(str(test), {name: _core.Tensor(array) for name, array in tensors.items()})
    _core.write_tensors(str(train), {"images": _core.Tensor(x_train), "labels": _core.Tensor(y_train)})
    written = [file, test, train]
    picture = draw(folder / "digits.png", history.history, x_test, y_test, predictions)
    written += [picture] if picture else []
    print("wrote " + ", ".join(map(str, written)))
    if picture is None:
        print("(a picture of the training needs matplotlib: pip install 'lamina[plot]')")
    print(
        "\nThe same model in C++, from the source tree (needs cmake and g++):\n"
        f"  cmake -S cpp/examples -B build/examples -Dlamina_DIR=$({sys.executable} -m lamina --cmake-dir)\n"
        "  cmake --build build/examples\n"
        f"  build/examples/lamina_predict {file} {test}\n"
        f"  build/examples/lamina_train {file} {train} {folder / 'digits_more.lamina'}"
    )
    if accuracy < GOOD:
        print(f"\nThe accuracy is below {GOOD}: train longer (--epochs), or try another --seed.")
        return 1
    return 0


def _latency(model: Any, one: np.ndarray) -> float:
    """The median time of a prediction of one image, in seconds."""
    times = []
    for _ in range(200):
        start = time.perf_counter()
        model.predict_on_batch(one)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def draw(path: Path, history: dict[str, list[float]], x: Any, y: Any, predictions: Any) -> Path | None:
    """The learning curve and a grid of predictions as a PNG; None without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        return None
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subfigures(1, 2)
    axes = left.subplots(2, 1, sharex=True)
    for axis, name in zip(axes, ("loss", "accuracy")):
        axis.plot(history[name], label="training")
        axis.plot(history[f"val_{name}"], label="test")
        axis.set_ylabel(name)
        axis.legend()
    axes[0].set_yscale("log")
    axes[1].set_xlabel("epoch")
    guesses = predictions.argmax(-1)
    # Wrong ones first: they are what one wants to see.
    order = np.argsort(guesses == y, kind="stable")[:32]
    for axis, i in zip(right.subplots(4, 8).flat, order):
        axis.imshow(x[i, ..., 0], cmap="gray_r")
        axis.set_title(f"{guesses[i]}" if guesses[i] == y[i] else f"{guesses[i]} not {y[i]}", fontsize=8)
        axis.axis("off")
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path
