"""Where in `fit` a model is."""

from dataclasses import dataclass


@dataclass
class Place:
    """Where in a run training is."""

    epoch: int = 0  # the epoch that is going on
    batch: int = 0  # how many of its batches are done
    next: int = 0  # the next batch of the pass over arrays
    drawn: int = 0  # how many batches were taken of an iterable in the epochs before
