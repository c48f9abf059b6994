"""Runs lamina_bench at several levels and numbers of threads, and makes the table of README.md from what it measured.

    python cpp/benchmarks/table.py build/bench/cpp/benchmarks/lamina_bench     measures for some minutes
    python cpp/benchmarks/table.py                                             makes the table again from results.json
    python cpp/benchmarks/table.py PROGRAM --levels v3 --threads 1 --results /tmp/r.json --page /tmp/page.md

The table goes between the lines `<!-- table: native -->` and `<!-- end -->` of the page; what was there is replaced.
Needs nothing but Python and its neighbor, python/benchmarks/harness.py.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "python" / "benchmarks"))

from harness import busy_share, warning_of_others  # noqa: E402  (it lies in that folder)

PLACE = re.compile(r"(<!-- table: native -->\n).*?(?=<!-- end -->)", re.DOTALL)

# What the table shows, by names of rows; lamina_bench has many more.
ROWS = {
    "Matrix products": [
        "gemm 128x784x512",
        "gemm 128x784x512 dx",
        "gemm 128x784x512 dw",
        "gemm 1024x1024x1024",
        "gemm 32x256x256",
        "gemm 1x1024x1024",
        "gemm 64 of 128x64x128",
        "gemm 32x256x1024 packed",
    ],
    "Convolutions: forward, gradients of the input and of the kernel": [
        f"{kind} {shape}"
        for shape in (
            "64x32x32x16 3x3x16",
            "64x16x16x32 3x3x32",
            "64x8x8x64 3x3x64",
            "8x56x56x64 3x3x64",
            "8x28x28x128 3x3x128",
            "8x14x14x256 3x3x256",
            "8x56x56x64 1x1x256",
            "8x224x224x3 7x7x64 s2",
            "64x28x28x1 3x3x32",
            "1x56x56x64 3x3x64",
            "8x56x56x128 3x3 depthwise",
            "8x56x56x128 3x3 s2 depthwise",
            "1x64x64x64x16 3x3x3x32",
        )
        for kind in ("conv", "conv_grad_input", "conv_grad_kernel")
    ],
    "Recurrent layers": [
        f"{row}{what}"
        for row in (
            "lstm 32x200x128 units 64",
            "lstm 64x100x128 units 128",
            "lstm 1x100x64 units 64",
            "gru 64x120x14 units 64",
            "simple_rnn 64x100x64 units 64",
        )
        for what in ("", ", gradients")
    ],
    "Attention": [
        f"{kind} {shape}"
        for shape in ("32x64 4 heads of 32", "8x128 12 heads of 64", "2x512 8 heads of 64")
        for kind in ("attention", "attention_grad")
    ],
    "Normalization": [
        "batch_norm 64x32x32x64",
        "batch_norm_grad 64x32x32x64",
        "layer_norm 4096x256",
        "layer_norm_grad 4096x256",
    ],
    "Pooling": [
        f"{kind} 64x32x32x64 2x2" for kind in ("max_pool", "max_pool_grad", "average_pool", "average_pool_grad")
    ],
    "Softmax": ["softmax 4096x1000", "softmax_grad 4096x1000", "crossentropy 4096x1000", "crossentropy_grad 4096x1000"],
    "Activations, 4M elements": [
        f"{kind}/{function}/4M" for function in ("relu", "tanh", "sigmoid", "gelu") for kind in ("unary", "unary_grad")
    ],
    "Reductions": [
        "sum of 4096x1024 over columns",
        "max of 4096x1024 over rows",
        "sum of 65536x64 over rows",
        "argmax of 4096x1024",
    ],
    "Optimizer updates, 16M elements": [f"update/{name}/16M" for name in ("sgd", "sgd_nesterov", "adam", "rmsprop")],
}


def measure(program: str, levels: list[str], threads: list[int], min_time: float) -> dict[str, Any]:
    """The rows of the table at each level with each number of threads."""
    names = [name for rows in ROWS.values() for name in rows]
    listed = subprocess.run([program, "--benchmark_list_tests"], capture_output=True, text=True, check=True).stdout
    known = {line.removesuffix("/real_time") for line in listed.splitlines()}
    if missing := [name for name in names if name not in known]:
        sys.exit(f"{program} has no row {missing[0]!r}")
    chosen = "^(" + "|".join(names) + ")/real_time$"  # no name has a character that means something in a pattern
    found: dict[str, Any] = {"busy": busy_share(), "runs": []}
    for level in levels:
        for count in threads:
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder, "rows.json")
                options = [f"--level={level}", f"--threads={count}", f"--benchmark_min_time={min_time}"]
                print(f"level {level}, {count} threads", flush=True)
                subprocess.run(
                    [program, *options, f"--benchmark_filter={chosen}", f"--benchmark_out={out}"],
                    check=True,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                found["runs"].append(_without_noise(json.loads(out.read_text())))
    return found


def _without_noise(run: dict[str, Any]) -> dict[str, Any]:
    """What the table needs of a JSON file of Google Benchmark."""
    context = ("date", "num_cpus", "lamina", "processor", "level", "threads", "fma_peak_float32", "copy_peak")
    rows = {}
    for row in run["benchmarks"]:
        unit = "GFLOP/s" if "GFLOP/s" in row else "GB/s"
        rows[row["name"].removesuffix("/real_time")] = {
            "us": float(f"{row['real_time']:.4g}"),
            unit: float(f"{row[unit]:.4g}"),
            "%peak": float(f"{row['%peak']:.3g}"),
        }
    return {"context": {key: run["context"][key] for key in context}, "rows": rows}


def table(found: dict[str, Any]) -> str:
    """The table in Markdown, with where and how it was measured."""
    runs = found["runs"]
    first = runs[0]["context"]
    text = f"{first['date'][:10]}, {first['processor']}, {first['num_cpus']} processors, Lamina {first['lamina']}."
    text += warning_of_others(found["busy"])
    head = [f"{run['context']['level']}, {_threads(run)}" for run in runs]
    peaks = [f"{run['context']['fma_peak_float32']}, {run['context']['copy_peak']}" for run in runs]
    lines = [text, "", f"| | {' | '.join(head)} |", "|---|" + "---:|" * len(runs)]
    lines.append(f"| measured peaks: multiply-adds, copy | {' | '.join(peaks)} |")
    for group, names in ROWS.items():
        lines.append(f"| **{group}** |" + " |" * len(runs))
        lines += [f"| {name} | {' | '.join(_cell(run['rows'].get(name)) for run in runs)} |" for name in names]
    return "\n".join(lines)


def _threads(run: dict[str, Any]) -> str:
    count = run["context"]["threads"]
    return f"{count} thread{'' if count == '1' else 's'}"


def _cell(row: dict[str, float] | None) -> str:
    if row is None:
        return "-"
    unit = "GFLOP/s" if "GFLOP/s" in row else "GB/s"
    return f"{row[unit]:.0f} {unit} ({row['%peak']:.0f}%)"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", help="lamina_bench; without it the results file is read")
    parser.add_argument("--levels", nargs="+", default=["v3", "v4"], metavar="LEVEL", help="default: v3 v4")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], metavar="N", help="default: 1 2")
    parser.add_argument("--min-time", type=float, default=0.5, metavar="SECONDS", help="for each row (default: 0.5)")
    parser.add_argument("--results", type=Path, default=HERE / "results.json", help="default: %(default)s")
    parser.add_argument("--page", type=Path, default=HERE / "README.md", help="default: %(default)s")
    options = parser.parse_args()
    if options.program:
        found = measure(options.program, options.levels, options.threads, options.min_time)
        options.results.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {options.results}")
    made = table(json.loads(options.results.read_text(encoding="utf-8")))
    page = options.page.read_text(encoding="utf-8")
    options.page.write_text(PLACE.sub(lambda place: f"{place[1]}{made}\n", page), encoding="utf-8")
    print(f"wrote {options.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
