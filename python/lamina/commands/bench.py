"""`lamina bench`: how long one prediction and one training step take."""

from __future__ import annotations

import platform
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .arguments import counted, model_file, open_model, positive

EXAMPLES = """\
  lamina bench digits.lamina
  lamina bench digits.lamina --batch 1 --threads 1
  lamina bench segmenter.keras --batch 4 --size 256      images of any size, here 256 x 256

The samples are made up. A training step is measured if the model is compiled; the file stays as it is.
"""

_WARM_UP, _FEWEST, _MOST = 3, 5, 10_000


def add_arguments(parser: ArgumentParser) -> None:
    """The file, and what is measured."""
    parser.add_argument("file", metavar="FILE", type=model_file, help="a file with a model")
    parser.add_argument(
        "--batch",
        type=positive,
        default=32,
        metavar="N",
        help="samples at a time (default: 32), if the model leaves it open",
    )
    parser.add_argument("--threads", type=positive, metavar="N", help="number of threads (default: as configured)")
    parser.add_argument(
        "--size", type=positive, default=16, metavar="N", help="for sizes the model leaves open (default: 16)"
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each measurement (default: 1)")


def run(options: Namespace) -> int:
    """Measures and prints a table."""
    from .. import config

    before = config.num_threads()
    try:
        if options.threads is not None:
            config.set_num_threads(options.threads)
        _bench(options)
    finally:
        config.set_num_threads(before)
    return 0


def _bench(options: Namespace) -> None:
    from .. import __version__, _core, tree
    from .samples import made_up, made_up_labels

    model = open_model(options.file)
    x = made_up(model, options.batch, options.size)
    count = len(tree.flatten(x)[0])
    threads = counted(_core.num_threads(), "thread")
    print(f"{options.file}, {counted(count, 'sample')} at a time")
    print(f"lamina {__version__}, instruction set {_core.isa_level()}, {threads}, {_machine()}")
    print(f"{'':14}{'median':>12}{'samples/s':>14}{'runs':>8}")
    _measure("prediction", lambda: model.predict_on_batch(x), count, options.seconds)
    if not model.compiled:
        print("training step  not measured: the model is not compiled")
        return
    try:
        y = made_up_labels(model, x)
        model.train_on_batch(x, y)
    except (ValueError, TypeError, NotImplementedError) as error:
        print(f"training step  not measured: no labels could be made up for its loss ({error})")
        return
    _measure("training step", lambda: model.train_on_batch(x, y), count, options.seconds)


def _measure(what: str, step: Callable[[], Any], count: int, seconds: float) -> None:
    """Runs the step for a while and prints its median time."""
    from statistics import median

    from ..models.profile import _time

    for _ in range(_WARM_UP):
        step()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < _FEWEST or (len(times) < _MOST and time.perf_counter() < end):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    found = median(times)
    print(f"{what:14}{_time(found):>12}{count / found:>14,.0f}{len(times):>8}")


def _machine() -> str:
    """The name of the processor, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {platform.system()}"
