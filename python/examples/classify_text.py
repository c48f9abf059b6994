"""Learns from docstrings what they are about, and saves a model that takes raw text, in Python and in C++.

The texts are the paragraphs of the docstrings of some standard modules, so nothing is downloaded; a class is a group of
modules. Words become numbers inside of the model: the file holds the vocabulary, and its input are strings.

    python classify_text.py [--epochs 6] [--save docstrings.lamina] [TEXT...]
    lamina_classify docstrings.lamina TEXT...        (cpp/examples/classify.cpp)
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

import lamina
from lamina import layers

TOPICS = {
    "files": ("os", "shutil", "pathlib", "tempfile", "zipfile", "tarfile", "glob", "fileinput", "filecmp", "io"),
    "mathematics": ("math", "cmath", "statistics", "fractions", "decimal", "random", "numbers"),
    "network": ("socket", "ssl", "smtplib", "ftplib", "http.client", "http.server", "urllib.request", "ipaddress"),
    "time": ("datetime", "calendar", "time", "zoneinfo", "sched"),
}


def docstrings(thing: Any, module: str, seen: set[int]) -> Iterator[str]:
    """Those of a module or class, and of all that is defined in it."""
    seen.add(id(thing))
    yield inspect.getdoc(thing) or ""
    for value in vars(thing).values():
        value = getattr(value, "__func__", value)
        home = getattr(value, "__module__", None) or module
        if id(value) in seen or home.lstrip("_").split(".")[0] != module.split(".")[0]:
            continue
        if inspect.isclass(value):
            yield from docstrings(value, module, seen)
        elif inspect.isroutine(value) or isinstance(value, property):
            yield inspect.getdoc(value) or ""


def load() -> tuple[np.ndarray, np.ndarray]:
    """Paragraphs of at least five words, each once, and the numbers of their topics."""
    found: dict[str, int] = {}
    for label, modules in enumerate(TOPICS.values()):
        for name in modules:
            for text in docstrings(importlib.import_module(name), name, set()):
                for paragraph in re.split(r"\n\s*\n", text):
                    if len(re.findall(r"[A-Za-z]{2,}", paragraph)) >= 5:
                        found.setdefault(" ".join(paragraph.split()), label)
    return np.array(list(found), dtype=object), np.array(list(found.values()))


def make_model(texts: np.ndarray) -> lamina.Model:
    """Raw texts to the probability of each topic, with the vocabulary of these texts."""
    words = layers.TextVectorization(max_tokens=3000, output_sequence_length=40, name="words")
    words.adapt(texts)
    inputs = lamina.Input((), dtype="string", name="text")
    x = layers.Embedding(words.vocabulary_size(), 32, mask_zero=True, name="meaning")(words(inputs))
    x = layers.Dropout(0.4)(x)
    x = layers.Bidirectional(layers.LSTM(24), name="reader")(x)
    outputs = layers.Dense(len(TOPICS), activation="softmax", name="topic")(x)
    model = lamina.Model(inputs, outputs)
    model.compile(lamina.optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description="Learns what docstrings are about.")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--save", default="docstrings.lamina", help="where the model goes")
    parser.add_argument("texts", nargs="*", help="what the model is to read")
    arguments = parser.parse_args()

    lamina.utils.set_random_seed(1)
    texts, labels = load()
    order = np.random.default_rng(1).permutation(len(texts))
    test, train = np.split(order, [len(order) // 5])
    model = make_model(texts[train])
    model.fit(texts[train], labels[train], batch_size=32, epochs=arguments.epochs)
    _, accuracy = model.evaluate(texts[test], labels[test], verbose=0)
    common = np.bincount(labels[test]).max() / len(test)
    print(
        f"{100 * accuracy:.1f}% of {len(test)} paragraphs that it never saw; always the commonest: {100 * common:.1f}%"
    )

    model.save(arguments.save)
    print(f"saved {arguments.save}")
    reader = lamina.models.load_model(arguments.save)
    for text in arguments.texts or ("Return the square root of x.", "Delete a directory tree, with all in it."):
        topics = reader.predict(np.array([text], dtype=object), verbose=0)[0]
        print(f"{list(TOPICS)[int(topics.argmax())]} {topics.max():.6f}: {text}")


if __name__ == "__main__":
    main()
