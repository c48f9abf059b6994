"""How long `TextVectorization` takes for 100,000 short sentences, here and in Keras on TensorFlow.

    ./setup_peers.sh peers
    python texts.py --peers peers                   every way to vectorize, about five minutes
    python texts.py numbers --frameworks lamina     one of them, Lamina alone
    python report.py                                the table

Figures, in seconds: `adapt_s` of learning the vocabulary once, and `call_s` of vectorizing all sentences.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import harness
import numpy as np
from harness import median_time

PEERS = ("lamina", "keras-tensorflow")

CASES: dict[str, dict[str, Any]] = {
    "12 numbers per sentence": {"output_sequence_length": 12},
    "numbers": {},
    "words and pairs": {"ngrams": 2, "output_sequence_length": 12},
    "characters": {"split": "character", "output_sequence_length": 40},
    "counts of 200 words": {"output_mode": "count", "max_tokens": 200},
}


def sentences(count: int) -> list[str]:
    """Sentences of 4 to 12 words, some of which are far more frequent than others."""
    rng = np.random.default_rng(0)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    words = ["".join(rng.choice(letters, rng.integers(2, 10))) for _ in range(20_000)]
    lengths = rng.integers(4, 13, count)
    ranks = np.minimum(rng.zipf(1.3, lengths.sum()) - 1, len(words) - 1)
    parts = np.split(ranks, np.cumsum(lengths)[:-1])
    return [" ".join(words[i] for i in part).capitalize() + "." for part in parts]


def measure(framework: str, case: str, options: argparse.Namespace) -> dict[str, float]:
    """The times of one way to vectorize."""
    texts: Any = np.array(sentences(options.sentences), dtype=object)
    k = harness.keras_like(framework)
    if framework == "keras-tensorflow":
        import tensorflow

        texts = tensorflow.constant(texts)
    layer = k.layers.TextVectorization(**CASES[case])
    start = time.perf_counter()
    layer.adapt(texts)
    adapting = time.perf_counter() - start
    return {"adapt_s": adapting, "call_s": median_time(lambda: layer(texts), options.seconds, 5)}


def main() -> int:
    parser = harness.arguments(__doc__, PEERS, list(CASES), "texts.json")
    parser.add_argument("--sentences", type=int, default=100_000, metavar="N", help="how many (default: %(default)s)")
    options = parser.parse_args()
    return harness.run(options, list(CASES), measure, ["--sentences", str(options.sentences)])


if __name__ == "__main__":
    sys.exit(main())
