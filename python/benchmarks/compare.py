"""Compares training and prediction with Keras on TensorFlow, on JAX and on PyTorch, and with PyTorch itself.

    ./setup_peers.sh peers
    python compare.py --peers peers                             everything, about half an hour
    python compare.py --peers peers mlp gru --rounds 1          two workloads, once
    python compare.py --frameworks lamina --seconds 0.2         Lamina alone
    python report.py                                            the tables and pictures

Figures, in seconds: `fit_s` a training step inside `fit`, `predict_s` a batch inside `predict`, `predict_on_batch1_s`
and `call1_s` one sample by `predict_on_batch` and by `model(x)` (PyTorch: the call, for both), `first_step_s` all that
comes before and with the first step but the imports; and `peak_mb`, the most memory that the process had.
"""

from __future__ import annotations

import argparse
import sys
import time

import harness
from harness import median_time
from workloads import WORKLOADS, data

PEERS = ("lamina", "keras-tensorflow", "keras-jax", "keras-torch", "torch")


def measure(framework: str, case: str, options: argparse.Namespace) -> dict[str, float]:
    """The figures of one workload."""
    found = (_measure_torch if framework == "torch" else _measure_keras)(framework, case, options.seconds)
    return {**found, "peak_mb": harness.peak_memory()}


def _measure_keras(framework: str, case: str, seconds: float) -> dict[str, float]:
    k, workload = harness.keras_like(framework), WORKLOADS[case]
    (x, y), batch, one = data(workload), workload.batch, data(workload)[0][:1]
    start = time.perf_counter()
    model = workload.build(k)
    model.compile(optimizer="adam", loss=workload.loss)
    model.fit(x[:batch], y[:batch], batch_size=batch, epochs=1, verbose=0)
    first = time.perf_counter() - start
    fit = median_time(lambda: model.fit(x, y, batch_size=batch, epochs=1, verbose=0), seconds)
    predict = median_time(lambda: model.predict(x, batch_size=batch, verbose=0), seconds / 2)
    return {
        "fit_s": fit / workload.steps,
        "predict_s": predict / workload.steps,
        "predict_on_batch1_s": median_time(lambda: model.predict_on_batch(one), seconds / 4, 10, 5),
        "call1_s": median_time(lambda: k.ops.convert_to_numpy(model(one, training=False)), seconds / 4, 10, 5),
        "first_step_s": first,
    }


def _measure_torch(framework: str, case: str, seconds: float) -> dict[str, float]:
    import torch
    from torch_training import Training
    from torch_workloads import LOSSES, model, tensor

    workload = WORKLOADS[case]
    x, y = map(tensor, data(workload))
    start = time.perf_counter()
    training = Training(model(case), x, y, LOSSES[workload.loss], workload.batch)
    training.step(*training.batches[0])
    first = time.perf_counter() - start
    fit = median_time(training.epoch, seconds)
    predict = median_time(training.predict, seconds / 2)
    with torch.inference_mode():
        one = x[:1]
        call = median_time(lambda: training.model(one).numpy(), seconds / 4, 10, 5)
    return {
        "fit_s": fit / workload.steps,
        "predict_s": predict / workload.steps,
        "predict_on_batch1_s": call,
        "call1_s": call,
        "first_step_s": first,
    }


def main() -> int:
    parser = harness.arguments(__doc__, PEERS, list(WORKLOADS), "compare.json")
    return harness.run(parser.parse_args(), list(WORKLOADS), measure)


if __name__ == "__main__":
    sys.exit(main())
