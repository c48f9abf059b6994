"""Compares the prediction of one sample with ONNX Runtime: the same models, the same weights, the same threads.

    cmake --preset bench && cmake --build --preset bench
    python latency.py --program build/bench/cpp/benchmarks/lamina_bench    all workloads, about five minutes
    python latency.py --frameworks lamina onnxruntime --threads 1 2        without the native program
    python report.py                                                       the tables and pictures

Each model is made by Lamina and saved twice: as `.lamina`, which C++ (`lamina-native`) and Python (`lamina`) load, and
as ONNX, whose predictions are first compared with Lamina's. The figure `sample_s` is the time in seconds of one
prediction: of `lamina::Model::predict` in C++, of `predict_on_batch` in Python, and of the faster of `run` and
`run_with_iobinding` for ONNX Runtime. Needs the packages onnx and onnxruntime.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import harness
import numpy as np
from harness import median_time
from workloads import WORKLOADS, data

PEERS = ("lamina-native", "lamina", "onnxruntime")
CASES = ("mlp", "gru", "bilstm", "convnet", "resnet20", "mobilenet")


def prepare(folder: Path, cases: list[str]) -> None:
    """Saves each model as `.lamina` and `.onnx`, with a sample and its prediction."""
    lamina = harness.keras_like("lamina")
    for case in cases:
        lamina.utils.set_random_seed(0)
        model = WORKLOADS[case].build(lamina)
        sample = data(WORKLOADS[case])[0][:1]
        np.savez(folder / f"{case}.npz", x=sample, y=model.predict_on_batch(sample))
        model.save(folder / f"{case}.lamina")
        model.export(folder / f"{case}.onnx", verbose=False)


def measure(framework: str, case: str, options: argparse.Namespace) -> dict[str, float]:
    """The time of one prediction."""
    saved = np.load(options.models / f"{case}.npz")
    threads, seconds = options.threads[0], options.seconds
    if framework == "lamina-native":
        return _native(options, case, int(saved["x"].shape[-1]), threads, seconds)
    if framework == "onnxruntime":
        return {"sample_s": _onnxruntime(options.models / f"{case}.onnx", saved, threads, seconds)}
    lamina = harness.keras_like("lamina")
    model, x = lamina.models.load_model(options.models / f"{case}.lamina"), saved["x"]
    return {"sample_s": median_time(lambda: model.predict_on_batch(x), seconds, 20, 10)}


def _native(options: argparse.Namespace, case: str, size: int, threads: int, seconds: float) -> dict[str, float]:
    """Runs `lamina_bench`; its mean is that of several runs, of which the median counts."""
    program = options.program or shutil.which("lamina_bench")
    if program is None:
        raise FileNotFoundError("lamina_bench is not installed: name it with --program, or leave out lamina-native")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "rows.json")
        arguments = [f"--model={options.models / case}.lamina", f"--size={size}", f"--threads={threads}"]
        times = [f"--benchmark_min_time={seconds / 5}", "--benchmark_repetitions=5", f"--benchmark_out={out}"]
        subprocess.run([program, *arguments, *times], check=True, capture_output=True)
        found = [row for row in json.loads(out.read_text())["benchmarks"] if row["run_type"] == "iteration"]
    unit = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
    return {"sample_s": float(np.median([row["real_time"] * unit[row["time_unit"]] for row in found]))}


def _onnxruntime(path: Path, saved: Any, threads: int, seconds: float) -> float:
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    name, x = session.get_inputs()[0].name, saved["x"]
    found = session.run(None, {name: x})[0]
    np.testing.assert_allclose(found, saved["y"], rtol=1e-3, atol=1e-5)
    binding = session.io_binding()
    binding.bind_cpu_input(name, x)
    binding.bind_output(session.get_outputs()[0].name)
    by_name = median_time(lambda: session.run(None, {name: x}), seconds / 2, 20, 10)
    bound = median_time(lambda: session.run_with_iobinding(binding), seconds / 2, 20, 10)
    return min(by_name, bound)


def main() -> int:
    parser = harness.arguments(__doc__, PEERS, CASES, "latency.json")
    parser.add_argument("--program", type=os.path.abspath, help="lamina_bench (default: the one on the PATH)")
    parser.add_argument("--models", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return harness.run(options, CASES, measure)
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), options.cases or list(CASES))
        program = ["--program", options.program] if options.program else []
        return harness.run(options, CASES, measure, ["--models", folder, *program])


if __name__ == "__main__":
    sys.exit(main())
