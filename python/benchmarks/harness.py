"""What all comparisons share: the frameworks, one process per measurement, interleaved rounds, and the results file.

A program of this folder has a table of cases and a function `measure(framework, case, options)` that gives named
figures. It calls `run` here, which starts the program again once per framework, case and number of threads, in the
interpreter of that framework, round by round: a drift of the machine's speed hits all alike. The results file keeps
every round.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"


class Framework(NamedTuple):
    """Something that is measured."""

    label: str
    environment: str | None  # its folder under --peers, made by setup_peers.sh; None: the interpreter of --lamina
    packages: tuple[str, ...]  # whose versions are recorded
    backend: str | None = None  # of Keras


FRAMEWORKS = {
    "lamina": Framework("Lamina", None, ("lamina", "numpy")),
    "keras-tensorflow": Framework("Keras on TensorFlow", "tensorflow", ("keras", "tensorflow-cpu"), "tensorflow"),
    "keras-jax": Framework("Keras on JAX", "jax", ("keras", "jax"), "jax"),
    "keras-torch": Framework("Keras on PyTorch", "torch", ("keras", "torch"), "torch"),
    "torch": Framework("PyTorch", "torch", ("torch",)),
    "lamina-native": Framework("Lamina in C++", None, ("lamina",)),
    "onnxruntime": Framework("ONNX Runtime", None, ("onnxruntime",)),
}

Measure = Callable[[str, str, argparse.Namespace], Mapping[str, float]]


def keras_like(framework: str) -> Any:
    """The module with the Keras API of a framework: `lamina`, or `keras` on its backend."""
    if framework == "lamina":
        import lamina

        return lamina
    os.environ.update(KERAS_BACKEND=str(FRAMEWORKS[framework].backend), TF_CPP_MIN_LOG_LEVEL="3")
    import keras

    return keras


def median_time(call: Callable[[], Any], seconds: float, fewest: int = 3, warm_up: int = 1) -> float:
    """The median seconds of a call, repeated for so many seconds and at least `fewest` times."""
    for _ in range(warm_up):
        call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < fewest or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return median(times)


def limit_threads(count: int) -> None:
    """Leaves this process so many processors; every framework takes its number of threads from that."""
    if hasattr(os, "sched_setaffinity"):
        available = sorted(os.sched_getaffinity(0))
        if count > len(available):
            sys.exit(f"--threads {count}: this process may use {len(available)} processors")
        os.sched_setaffinity(0, available[-count:])
    os.environ.update(OMP_NUM_THREADS=str(count), LAMINA_NUM_THREADS=str(count))


def machine() -> dict[str, Any]:
    """What the figures depend on besides the programs."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "processors": os.cpu_count(),
        "system": platform.system(),
        "busy": busy_share(),  # with others, when the run began
    }


def busy_share(seconds: float = 1.0) -> float:
    """The share of the processors' time, 0 to 1, that others take in the next seconds.

    What a virtual machine is denied counts as well. Without /proc/stat the load of the last minute must do, in which
    a benchmark that ended just before still counts.
    """

    def times() -> tuple[int, int]:
        found = list(map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]))
        return sum(found), found[3] + found[4]  # all, idle and waiting for disks

    try:
        total, idle = times()
        time.sleep(seconds)
        total_then, idle_then = times()
        return round(1 - (idle_then - idle) / max(total_then - total, 1), 2)
    except OSError:
        return round(min(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0), 2)


def warning_of_others(busy: float) -> str:
    """What a table says of a run that shared the machine, or nothing."""
    if busy <= 0.05:
        return ""
    return f" **Preliminary: others took {busy:.0%} of the processors, so these figures say little.**"


def peak_memory() -> float:
    """The most memory that this process had so far, in MB."""
    try:  # the figure of the resource module begins with that of the process that started this one
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def versions(framework: Framework) -> dict[str, str]:
    """The versions of the framework's packages in this interpreter, and of the interpreter."""
    from importlib.metadata import version

    found = {"python": platform.python_version()}
    found.update({package: version(package) for package in framework.packages if package != "lamina"})
    if "lamina" in framework.packages:
        from lamina import _core

        found.update({"lamina": _core.version(), "instruction set": _core.isa_level()})
    return found


def arguments(
    text: str | None, frameworks: Sequence[str], cases: Sequence[str], output: str
) -> argparse.ArgumentParser:
    """A parser with the options that all programs have; `text` is the program's docstring."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"which to measure (default: all): {', '.join(cases)}")
    parser.add_argument(
        "--frameworks", nargs="+", default=list(frameworks), choices=frameworks, metavar="NAME",
        help=f"which to compare (default: all): {', '.join(frameworks)}",
    )  # fmt: skip
    parser.add_argument("--peers", type=Path, help="the folder that setup_peers.sh made; only Lamina needs none")
    parser.add_argument("--lamina", default=sys.executable, metavar="PYTHON", help="the interpreter that has Lamina")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="interleaved repetitions (default: 3)")
    parser.add_argument(
        "--threads", type=int, nargs="+", default=[2], metavar="N", help="processors to use, or several (default: 2)"
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="for each single figure (default: 1)")
    parser.add_argument("--output", type=Path, default=RESULTS / output, help="the results file (default: %(default)s)")
    parser.add_argument("--measure", nargs=2, metavar=("NAME", "CASE"), help=argparse.SUPPRESS)  # one process's part
    return parser


def run(options: argparse.Namespace, cases: Sequence[str], measure: Measure, extra: Sequence[str] = ()) -> int:
    """Measures everything and writes the results file; the exit code is 1 if something could not be measured.

    `extra` are arguments that the processes need besides the common ones.
    """
    if options.measure:
        return _answer(options, measure)
    unknown = [case for case in options.cases if case not in cases]
    if unknown:
        sys.exit(f"unknown case {unknown[0]!r}; expected one of: {', '.join(cases)}")
    chosen, names = options.cases or list(cases), options.frameworks
    interpreters = {name: _interpreter(options, name) for name in names}
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    results: dict[str, Any] = {
        "benchmark": Path(sys.argv[0]).stem,
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "versions": {},
    }
    for turn in range(options.rounds):
        for case in chosen:
            for threads in options.threads:
                for name in names[turn % len(names) :] + names[: turn % len(names)]:
                    row = found.setdefault((case, name, threads), {"figures": {}})
                    answer = _ask(interpreters[name], name, case, threads, options.seconds, extra)
                    results["versions"].setdefault(name, answer.get("versions", {}))
                    if "error" in answer:
                        row["error"] = answer["error"]
                        print(f"{name}, {case}: {answer['error']}", file=sys.stderr)
                    for figure, value in answer.get("figures", {}).items():
                        row["figures"].setdefault(figure, []).append(value)
                    print(f"round {turn + 1}: {case}, {name}, {threads} threads: {_said(answer)}", flush=True)
                    _write(options.output, results, found)  # an interrupted run is kept
    print(f"wrote {options.output}")
    return 1 if any("error" in row for row in found.values()) else 0


def as_json(results: Mapping[str, Any]) -> str:
    """The text of a results file: one line per row, so that changes can be read."""
    head = json.dumps({key: value for key, value in results.items() if key != "rows"}, indent=1)
    rows = ",\n".join("  " + json.dumps(_rounded(row)) for row in results["rows"])
    return head[:-2] + ',\n "rows": [\n' + rows + "\n ]\n}\n"


def figures(results: Mapping[str, Any]) -> dict[tuple[str, str, int], dict[str, float]]:
    """(case, framework, threads) -> figure -> its median over the rounds, of a results file."""
    return {
        (row["case"], row["framework"], row["threads"]): {name: median(v) for name, v in row["figures"].items()}
        for row in results["rows"]
    }


def _write(path: Path, results: Mapping[str, Any], found: Mapping[tuple[str, str, int], Mapping[str, Any]]) -> None:
    rows = [
        {"case": case, "framework": name, "threads": threads, **row} for (case, name, threads), row in found.items()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json({**results, "rows": rows}), encoding="utf-8")


def _interpreter(options: argparse.Namespace, name: str) -> str:
    folder = FRAMEWORKS[name].environment
    if folder is None:
        return str(options.lamina)
    if options.peers is None:
        sys.exit(f"--peers is needed for {name}: make it with setup_peers.sh, or choose --frameworks lamina")
    python = options.peers / folder / "bin" / "python"
    if not python.exists():
        sys.exit(f"{python} is missing: run setup_peers.sh {options.peers}")
    return str(python.absolute())


def _ask(python: str, name: str, case: str, threads: int, seconds: float, extra: Sequence[str]) -> dict[str, Any]:
    """What a process of its own measured: figures and versions, or an error."""
    command = [python, sys.argv[0], "--measure", name, case, "--threads", str(threads), "--seconds", str(seconds)]
    try:
        done = subprocess.run([*command, *extra], capture_output=True, text=True, timeout=1800)
    except subprocess.TimeoutExpired:
        return {"error": "not done after half an hour"}
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"')]
    if done.returncode or not lines:
        return {"error": f"exit code {done.returncode}: {done.stderr.strip()[-300:]}"}
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def _answer(options: argparse.Namespace, measure: Measure) -> int:
    """The part of one process: measures one case and prints a line of JSON."""
    name, case = options.measure
    limit_threads(options.threads[0])
    try:
        found = dict(measure(name, case, options))
        print(json.dumps({"figures": found, "versions": versions(FRAMEWORKS[name])}), flush=True)
    except Exception as error:
        traceback.print_exc()
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:300]}), flush=True)
    return 0


def _said(answer: Mapping[str, Any]) -> str:
    parts = [f"{figure} {value:.4g}" for figure, value in answer.get("figures", {}).items()]
    return ", ".join(parts) or "no figures"


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    """Four digits of each figure are more than can be measured."""
    kept = {name: [float(f"{value:.4g}") for value in values] for name, values in row["figures"].items()}
    return {**row, "figures": kept}
