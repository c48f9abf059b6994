"""`lamina demo`: from training to C++, on real handwritten digits."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

EXAMPLES = """\
  lamina demo
  lamina demo --folder results --epochs 10 --seed 3
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--folder", type=Path, default=Path("."), help="where the files are written (default: here)")
    parser.add_argument("--epochs", type=int, default=30, help="how often the training images are seen (default: 30)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of all random numbers (default: 1)")


def run(options: Namespace) -> int:
    """Trains, saves, and returns 1 when the accuracy is below what is promised."""
    from .. import demo

    return demo.run(options.folder, options.epochs, options.seed)
