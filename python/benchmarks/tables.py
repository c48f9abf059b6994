"""The tables of the results files, in Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from harness import FRAMEWORKS, figures, warning_of_others

PICTURE = "![Times of the other frameworks as multiples of Lamina's](python/benchmarks/pictures/compare.svg)"

FIGURES = {
    "fit_s": "A training step inside `fit`",
    "predict_s": "A batch inside `predict`",
    "predict_on_batch1_s": "One sample by `predict_on_batch`",
    "call1_s": "One sample by `model(x)`",
    "first_step_s": "Build, trace and the first step",
    "peak_mb": "Most memory of the process",
}


def of(results: Mapping[str, Any]) -> dict[str, str]:
    """Name of a place in a page -> what belongs there."""
    makers = {"compare": _compare, "kernels": _kernels, "scaling": _scaling, "latency": _latency, "texts": _texts}
    return makers[results["benchmark"]](results)


def provenance(results: Mapping[str, Any]) -> str:
    """Where and how the figures were measured."""
    machine = results["machine"]
    threads = sorted({row["threads"] for row in results["rows"]})
    found = {package: v for versions in results["versions"].values() for package, v in versions.items()}
    packages = ", ".join(f"{name} {number}" for name, number in found.items())
    text = (
        f"{results['date']}, {machine['processor']}, {machine['processors']} processors, {machine['system']}; "
        f"{' and '.join(map(str, threads))} thread{'s' if threads != [1] else ''}; medians of {results['rounds']} "
        f"interleaved round{'s' if results['rounds'] > 1 else ''}; {packages}."
    )
    return text + warning_of_others(machine["busy"])


def readable(seconds: float) -> str:
    """Milliseconds with three digits: "0.00812", "11.3", "1,250"."""
    value = 1e3 * seconds
    if value >= 999.5:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}" if value > 0 else "0"


def geometric_mean(values: Sequence[float]) -> float:
    """Of ratios."""
    return math.exp(sum(map(math.log, values)) / len(values))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _names(results: Mapping[str, Any], key: str) -> list[str]:
    return list(dict.fromkeys(row[key] for row in results["rows"]))


def _compare(results: Mapping[str, Any]) -> dict[str, str]:
    parts = [provenance(results)]
    for figure, title in FIGURES.items():
        parts += [f"**{title}**, {'MB' if figure == 'peak_mb' else 'milliseconds'}:", _by_framework(results, figure)]
    found, threads = figures(results), _threads(results)
    ratios = {
        f"{case}, {title.lower()}": ratio
        for figure, title in FIGURES.items()
        for case in _names(results, "case")
        if (ratio := _ratio(found, case, figure, threads)) is not None
    }
    parts.insert(1, _verdict(ratios))
    whole = f"The whole comparison, with prediction, the first step and memory: {_verdict(ratios)}" if ratios else ""
    return {
        "compare": "\n\n".join(filter(None, parts)),
        "speed": "\n\n".join(filter(None, [_short(results), whole, PICTURE, provenance(results)])),
    }


def _threads(results: Mapping[str, Any]) -> int:
    """The number of threads that tables show: the most that were measured."""
    return max(row["threads"] for row in results["rows"])


def best_peer(
    found: Mapping[Any, Mapping[str, float]], case: str, figure: str, threads: int
) -> tuple[str, float] | None:
    """The fastest framework that is not Lamina, and its figure."""
    others = {
        name: values[figure]
        for (of_case, name, count), values in found.items()
        if of_case == case and count == threads and not name.startswith("lamina") and figure in values
    }
    return min(others.items(), key=lambda item: item[1]) if others else None


def _ratio(found: Mapping[Any, Mapping[str, float]], case: str, figure: str, threads: int) -> float | None:
    """Lamina's figure divided by that of the best peer, if both were measured."""
    own, peer = found.get((case, "lamina", threads), {}).get(figure), best_peer(found, case, figure, threads)
    return own / peer[1] if own is not None and peer else None


def _verdict(ratios: Mapping[str, float]) -> str:
    """How many of the figures are won, and which are not; nothing when none was compared."""
    behind = [f"{what} ({ratio:.2f})" for what, ratio in ratios.items() if ratio >= 1]
    text = f"Lamina is ahead in {len(ratios) - len(behind)} of {len(ratios)} figures."
    return (text + (f" Behind: {', '.join(behind)}." if behind else "")) if ratios else ""


def _by_framework(results: Mapping[str, Any], figure: str) -> str:
    """A row per workload, a column per framework, and the ratio of Lamina to the best of the others."""
    found, threads = figures(results), _threads(results)
    names = _names(results, "framework")
    names = sorted(names, key=lambda name: name != "lamina")
    show = (lambda value: f"{value:.0f}") if figure == "peak_mb" else readable
    rows, ratios = [], []
    for case in _names(results, "case"):
        values = {name: found.get((case, name, threads), {}).get(figure) for name in names}
        known = [value for value in values.values() if value is not None]
        cells = [
            "-" if value is None else f"**{show(value)}**" if value == min(known) else show(value)
            for value in values.values()
        ]
        ratios.append(_ratio(found, case, figure, threads))
        rows.append([case, *cells, "-" if ratios[-1] is None else f"{ratios[-1]:.2f}"])
    compared = [ratio for ratio in ratios if ratio is not None]
    if len(compared) > 1:
        rows.append(["geometric mean", *[""] * len(names), f"{geometric_mean(compared):.2f}"])
    return _table(["workload", *(FRAMEWORKS[name].label for name in names), "ratio to the best peer"], rows)


def _short(results: Mapping[str, Any]) -> str:
    """The table of the front page: training and one sample, against the best peer."""
    from workloads import WORKLOADS

    found, threads, rows = figures(results), _threads(results), []
    for case in _names(results, "case"):
        cells = []
        for figure in ("fit_s", "predict_on_batch1_s"):
            own, peer = found.get((case, "lamina", threads), {}).get(figure), best_peer(found, case, figure, threads)
            mark = "**" if own is not None and peer and own < peer[1] else ""
            cells.append("-" if own is None else f"{mark}{readable(own)}{mark}")
            cells.append("-" if peer is None else f"{readable(peer[1])}, {FRAMEWORKS[peer[0]].label}")
        rows.append([f"{WORKLOADS[case].text}, batch {WORKLOADS[case].batch}", *cells])
    return _table(
        ["workload", "a `fit` step, ms", "best peer", "`predict_on_batch` of 1 sample, ms", "best peer"], rows
    )


def _kernels(results: Mapping[str, Any]) -> dict[str, str]:
    from kernels import CASES

    found, threads, rows = figures(results), _threads(results), []
    ratios: dict[str, dict[str, float]] = {"forward_s": {}, "both_s": {}}
    for case in _names(results, "case"):
        own, peer = (found.get((case, name, threads), {}) for name in ("lamina", "torch"))
        cells = []
        for figure, times in (("forward_s", 1), ("both_s", 3)):
            ratio = own[figure] / peer[figure] if figure in own and figure in peer else None
            if ratio is not None:
                ratios[figure][case] = ratio
            cells += [readable(side[figure]) if figure in side else "-" for side in (own, peer)]
            cells.append("-" if ratio is None else f"{ratio:.2f}")
            speed = times * CASES[case].flops / own[figure] / 1e9 if figure in own else 0
            cells.append(f"{speed:.0f}" if speed else "")
        rows.append([case, *cells])
    if all(ratios.values()):
        means = [f"{geometric_mean(list(values.values())):.2f}" for values in ratios.values()]
        rows.append(["geometric mean", "", "", means[0], "", "", "", means[1], ""])
    head = [f"{side}{what}" for what in ("", ", with gradients") for side in ("Lamina", "PyTorch", "ratio", "GFLOP/s")]
    named = {
        f"{case}{what}": ratio
        for figure, what in (("forward_s", ""), ("both_s", " with gradients"))
        for case, ratio in ratios[figure].items()
    }
    parts = [provenance(results), _verdict(named), "Milliseconds:", _table(["layer", *head], rows)]
    return {"kernels": "\n\n".join(filter(None, parts))}


def cliff(times: Mapping[str, float], work: Any) -> tuple[float, str]:
    """The largest growth of the time between two sizes as a multiple of the growth of the work, and where it is."""
    sizes = sorted(map(int, times))
    steps = [(times[str(b)] / times[str(a)] / (work(b) / work(a)), f"{a} to {b}") for a, b in pairwise(sizes)]
    return max(steps, default=(1.0, "-"))


def _scaling(results: Mapping[str, Any]) -> dict[str, str]:
    from scaling import CURVES

    found, most = figures(results), _threads(results)
    rows, efficiencies = [], []
    names = sorted(_names(results, "framework"), key=lambda name: name != "lamina")
    for case in _names(results, "case"):
        curve, cells = CURVES[case], []
        for name in names:
            times = found.get((case, name, most), {})
            worst, where = cliff(times, curve.work)
            cells.append(f"{worst:.2f} ({where})" if len(times) > 1 else "-")
        rows.append([curve.what, *cells])
        own, single = (found.get((case, "lamina", count), {}) for count in (most, 1))
        sizes = [n for n in curve.sizes if str(n) in own and str(n) in single]
        if most > 1 and sizes:
            shares = [f"{n}: {100 * single[str(n)] / own[str(n)] / most:.0f}%" for n in sizes]
            efficiencies.append([curve.what, ", ".join(shares)])
    labels = [FRAMEWORKS[name].label for name in names]
    text = (
        f"The steepest growth of the time between two sizes, with {most} threads, as a multiple of the growth of the "
        "work (1.00 is proportional; more is a cliff):"
    )
    parts = [provenance(results), text, _table(["", *labels], rows)]
    if efficiencies:
        parts += [
            f"Speed with {most} threads, divided by {most} times that with one:",
            _table(["", "Lamina"], efficiencies),
        ]
    return {"scaling": "\n\n".join(parts)}


def _latency(results: Mapping[str, Any]) -> dict[str, str]:
    found, rows = figures(results), []
    names = [name for name in ("lamina-native", "lamina", "onnxruntime") if name in _names(results, "framework")]
    for case in _names(results, "case"):
        for threads in sorted({row["threads"] for row in results["rows"]}):
            times = [found.get((case, name, threads), {}).get("sample_s") for name in names]
            cells = ["-" if t is None else readable(1e3 * t) for t in times]
            comparable = names[-1] == "onnxruntime" and times[0] is not None and times[-1]
            cells.append(f"{times[0] / times[-1]:.2f}" if comparable else "-")  # type: ignore[operator]
            rows.append([case, str(threads), *cells])
    head = ["model", "threads", *(FRAMEWORKS[name].label for name in names), "ratio"]
    return {"latency": "\n\n".join([provenance(results), "Microseconds:", _table(head, rows)])}


def _texts(results: Mapping[str, Any]) -> dict[str, str]:
    found, threads, rows = figures(results), _threads(results), []
    for case in _names(results, "case"):
        own, peer = (found.get((case, name, threads), {}) for name in ("lamina", "keras-tensorflow"))
        cells = []
        for figure in ("adapt_s", "call_s"):
            cells += [readable(side[figure]) if figure in side else "-" for side in (own, peer)]
            cells.append(f"{own[figure] / peer[figure]:.2f}" if figure in own and figure in peer else "-")
        rows.append([case, *cells])
    head = [f"{what}{side}" for what in ("`adapt`, ", "call, ") for side in ("Lamina", "Keras on TensorFlow", "ratio")]
    return {"texts": "\n\n".join([provenance(results), "Milliseconds:", _table(["", *head], rows)])}
