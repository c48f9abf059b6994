"""Trains a convolutional network on real handwritten digits, with the callbacks one needs every day.

The learning rate falls when the validation loss rests, the best weights are kept, training ends when nothing improves
any more, and the log goes to a CSV file. Images come from a dataset that shifts each of them at random.

    python digits_callbacks.py [--epochs 30] [--plot curves.png] [--log log.csv]
"""

from __future__ import annotations

import argparse

import numpy as np

import lamina
from lamina import callbacks, layers
from lamina.data import Dataset
from lamina.datasets import digits


def shifted(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each image moved by up to one pixel in both directions; zeros come in."""
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
    rows, columns = rng.integers(0, 3, (2, len(images)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (8, 8), axis=(1, 2))
    return windows[np.arange(len(images)), rows, columns].transpose(0, 2, 3, 1)


def make_model() -> lamina.Sequential:
    model = lamina.Sequential(
        [
            lamina.Input((8, 8, 1)),
            layers.Conv2D(24, 3, padding="same", activation="relu"),
            layers.Conv2D(24, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(lamina.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains a network on digits, with callbacks.")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--plot", help="where the curves go (needs matplotlib)")
    parser.add_argument("--log", help="where the CSV file goes")
    arguments = parser.parse_args()

    lamina.utils.set_random_seed(1)
    (x, y), (x_test, y_test) = digits.load_data()
    x, x_test = (a[..., None].astype("float32") / 16 for a in (x, x_test))
    train, held_out = (x[:-200], y[:-200]), (x[-200:], y[-200:])
    rng = np.random.default_rng(1)
    batches = Dataset.from_tensor_slices(train).shuffle(1500, seed=1).batch(64)

    stop = callbacks.EarlyStopping(patience=6, restore_best_weights=True)
    used: list[callbacks.Callback] = [callbacks.ReduceLROnPlateau(factor=0.5, patience=3), stop]
    if arguments.log:
        used.append(callbacks.CSVLogger(arguments.log))
    model = make_model()
    history = model.fit(
        batches.map(lambda images, labels: (shifted(images.numpy(), rng), labels)),
        validation_data=held_out,
        epochs=arguments.epochs,
        callbacks=used,
        verbose=2,
    )
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"after {len(history.epoch)} epochs: {accuracy:.1%} of the test digits are right (loss {loss:.3f})")
    print(model.profile(x_test))
    if arguments.plot:
        history.plot(["loss", "accuracy"], arguments.plot)


if __name__ == "__main__":
    main()
