"""How long TextVectorization takes for 100,000 short sentences, here and in Keras with TensorFlow.

    python texts.py LAMINA_PYTHON KERAS_PYTHON     both in turns, three times
    python texts.py lamina | keras                 one of them, in this Python

The two arguments are interpreters that have the libraries. Of calls the best of five counts; `adapt` is timed once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

CASES: dict[str, dict[str, Any]] = {
    "numbers, 12 per sentence": {"output_sequence_length": 12},
    "numbers": {},
    "words and pairs": {"ngrams": 2, "output_sequence_length": 12},
    "characters": {"split": "character", "output_sequence_length": 40},
    "counts of 200 words": {"output_mode": "count", "max_tokens": 200},
}


def sentences(count: int = 100_000) -> list[str]:
    """Sentences of 4 to 12 words, some of which are far more frequent than others."""
    rng = np.random.default_rng(0)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    words = ["".join(rng.choice(letters, rng.integers(2, 10))) for _ in range(20_000)]
    lengths = rng.integers(4, 13, count)
    ranks = np.minimum(rng.zipf(1.3, lengths.sum()) - 1, len(words) - 1)
    parts = np.split(ranks, np.cumsum(lengths)[:-1])
    return [" ".join(words[i] for i in part).capitalize() + "." for part in parts]


def measure(library: str) -> None:
    """Prints the times of one library."""
    texts: Any = np.array(sentences(), dtype=object)
    if library == "lamina":
        import lamina as module
    else:
        os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
        import keras as module
        import tensorflow

        texts = tensorflow.constant(texts)
    for name, arguments in CASES.items():
        layer = module.layers.TextVectorization(**arguments)
        start = time.perf_counter()
        layer.adapt(texts)
        adapting = time.perf_counter() - start
        calls = []
        for _ in range(5):
            start = time.perf_counter()
            layer(texts)
            calls.append(time.perf_counter() - start)
        print(f"{library:7} {name:25} adapt {1e3 * adapting:7.0f} ms   call {1e3 * min(calls):7.1f} ms", flush=True)


def main() -> None:
    if len(sys.argv) == 2 and sys.argv[1] in ("lamina", "keras"):
        measure(sys.argv[1])
    elif len(sys.argv) == 3:
        for _ in range(3):
            for python, library in zip(sys.argv[1:], ("lamina", "keras")):
                subprocess.run([python, __file__, library], check=True)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
