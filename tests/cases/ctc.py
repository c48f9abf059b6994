"""Connectionist temporal classification from its definition: by trying all paths."""

import itertools
import math

import numpy as np


def collapse(path, blank=0, merge_repeated=True):
    return tuple(
        int(c) for i, c in enumerate(path) if c != blank and not (merge_repeated and i > 0 and c == path[i - 1])
    )


def spelled(log_probs):
    """The probability of every sequence of labels, by trying all paths."""
    sums = {}
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        labels = collapse(path)
        sums[labels] = sums.get(labels, 0.0) + math.exp(sum(log_probs[t, c] for t, c in enumerate(path)))
    return sums


def loss(log_probs, labels, counts, times):
    pairs = zip(log_probs, labels, counts, times)
    return np.array([-np.log(spelled(x[:t])[tuple(target[:n].tolist())]) for x, target, n, t in pairs])


def collapse_all(path, times, blank=0, merge_repeated=True):
    out = np.full(path.shape, -1, "int32")
    for row, x, t in zip(out, path, times):
        labels = collapse(x[:t], blank, merge_repeated)
        row[: len(labels)] = labels
    return out


def best(log_probs, times, beam_width, top_paths):
    labels = np.full((top_paths, *log_probs.shape[:2]), -1, "int32")
    scores = np.full((len(log_probs), top_paths), -np.inf)
    for b, (x, t) in enumerate(zip(log_probs, times)):
        ranked = sorted(spelled(x[:t]).items(), key=lambda item: -item[1])
        for k, (found, probability) in enumerate(ranked[:top_paths]):
            labels[k, b, : len(found)] = found
            scores[b, k] = math.log(probability)
    return labels, scores
