"""The pictures of the results files, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

from harness import FRAMEWORKS, figures, warning_of_others
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

# Told apart by people with any kind of color vision.
COLORS = {
    "lamina": "#d55e00",
    "lamina-native": "#8c2d04",
    "keras-tensorflow": "#e6a817",
    "keras-jax": "#56b4e9",
    "keras-torch": "#cc79a7",
    "torch": "#0072b2",
    "onnxruntime": "#009e73",
}

STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#999999",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "figure.facecolor": "white",
    "svg.hashsalt": "lamina",  # the same bytes from the same figures
}


def draw(results: Mapping[str, Any], folder: Path) -> Path:
    """Draws the picture of a results file."""
    name = results["benchmark"]
    with matplotlib.rc_context(STYLE):
        picture = MAKERS[name](results)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.svg"
        picture.savefig(path, metadata={"Date": None}, bbox_inches="tight", pad_inches=0.12)
        pyplot.close(picture)
    return path


def _times(value: float) -> str:
    """ "0.5", "3.2", "14", "1,200"."""
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"


def _plain(axis: Axis, unit: str = "") -> None:
    """Plain numbers along a logarithmic axis: 1, 2, 5, 10 or, if it is long, 1, 10, 100."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(10, (1, 2, 5) if high / low < 300 else (1,), numticks=20))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}{unit}"))
    axis.set_minor_formatter(NullFormatter())


def _mark_one(axes: Axes, axis: str) -> None:
    """Makes an axis of ratios: logarithmic, with a line at 1."""
    getattr(axes, f"set_{axis}scale")("log")
    (axes.axhline if axis == "y" else axes.axvline)(1, color=COLORS["lamina"], linewidth=1.4, zorder=3)


def _names(results: Mapping[str, Any], key: str) -> list[str]:
    return list(dict.fromkeys(row[key] for row in results["rows"]))


def _footnote(picture: Figure, results: Mapping[str, Any], text: str) -> None:
    machine = results["machine"]
    busy = f", others took {machine['busy']:.0%}" if warning_of_others(machine["busy"]) else ""
    where = f"{machine['processor']}, {machine['processors']} processors, {results['date']}{busy}"
    picture.text(0.01, -0.01, f"{text}\n{where}", fontsize=7.5, color="#666666", va="top", linespacing=1.5)


def _compare(results: Mapping[str, Any]) -> Figure:
    """Bars per workload, one color per framework: how many times as long as Lamina it takes."""
    titles = {
        "fit_s": "A training step",
        "predict_s": "Prediction of a batch",
        "predict_on_batch1_s": "Prediction of one sample",
    }
    found = figures(results)
    threads = max(row["threads"] for row in results["rows"])
    cases = [case for case in _names(results, "case") if "fit_s" in found.get((case, "lamina", threads), {})]
    peers = [name for name in FRAMEWORKS if name != "lamina" and name in _names(results, "framework")]
    picture, all_axes = pyplot.subplots(len(titles), 1, figsize=(max(5.0, 1.25 * len(cases)), 7.6))
    width = 0.84 / max(1, len(peers))
    for axes, (figure, title) in zip(all_axes, titles.items()):
        for i, name in enumerate(peers):
            for j, case in enumerate(cases):
                value = found.get((case, name, threads), {}).get(figure)
                if value is None:
                    continue
                ratio = value / found[case, "lamina", threads][figure]
                place = j + (i - (len(peers) - 1) / 2) * width
                label = FRAMEWORKS[name].label if j == 0 else None
                axes.bar(place, ratio - 1, 0.92 * width, bottom=1, color=COLORS[name], label=label, zorder=2)
                axes.annotate(
                    _times(ratio), (place, ratio), (0, 2 if ratio >= 1 else -2), textcoords="offset points",
                    ha="center", va="bottom" if ratio >= 1 else "top", fontsize=6.5, color="#444444",
                )  # fmt: skip
        _mark_one(axes, "y")
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, 0.8) * 0.75, high * 1.6)
        _plain(axes.yaxis, "x")
        axes.grid(False, axis="x")
        axes.set_title(f"{title}: times as long as Lamina", pad=8)
        own = [f"{case}\n{_milliseconds(found[case, 'lamina', threads][figure])}" for case in cases]
        axes.set_xticks(range(len(cases)), own)
        axes.tick_params(axis="x", length=0)
        axes.set_xlim(-0.6, len(cases) - 0.4)
    handles, labels = all_axes[0].get_legend_handles_labels()
    handles.append(matplotlib.lines.Line2D([], [], color=COLORS["lamina"], linewidth=1.4))
    picture.legend(handles, [*labels, "Lamina"], loc="upper center", bbox_to_anchor=(0.5, 1.04), ncols=len(labels) + 1)
    picture.tight_layout(h_pad=1.6)
    _footnote(picture, results, f"Under each workload: the time of Lamina. {threads} threads, logarithmic axes.")
    return picture


def _milliseconds(seconds: float) -> str:
    value = 1e3 * seconds
    return f"{value:.{max(0, min(4, 1 - math.floor(math.log10(value))))}f} ms"


def _kernels(results: Mapping[str, Any]) -> Figure:
    """A line per layer: how many times as long as Lamina PyTorch takes, forward and with gradients."""
    found = figures(results)
    threads = max(row["threads"] for row in results["rows"])
    cases = [
        case
        for case in _names(results, "case")
        if "both_s" in found.get((case, "lamina", threads), {}) and "both_s" in found.get((case, "torch", threads), {})
    ]
    picture, axes = pyplot.subplots(figsize=(8, 1.2 + 0.24 * len(cases)))
    for place, case in enumerate(cases):
        own, peer = found[case, "lamina", threads], found[case, "torch", threads]
        forward, both = peer["forward_s"] / own["forward_s"], peer["both_s"] / own["both_s"]
        axes.plot([forward, both], [place, place], color="#bbbbbb", linewidth=1.5, zorder=2)
        axes.plot(forward, place, "o", markersize=6, markerfacecolor="white", color=COLORS["torch"], zorder=3)
        axes.plot(both, place, "o", markersize=6, color=COLORS["torch"], zorder=3)
    axes.plot([], [], "o", markersize=6, markerfacecolor="white", color=COLORS["torch"], label="forward")
    axes.plot([], [], "o", markersize=6, color=COLORS["torch"], label="forward and backward")
    _mark_one(axes, "x")
    _plain(axes.xaxis, "x")
    axes.set_yticks(range(len(cases)), cases)
    axes.set_ylim(len(cases) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    axes.legend(loc="lower left", bbox_to_anchor=(0.45, 1.0), ncols=2, fontsize=8.5)
    axes.set_title("PyTorch: times as long as Lamina", pad=8)
    picture.tight_layout()
    _footnote(picture, results, f"Right of the line Lamina is faster. Eager calls from Python, {threads} threads.")
    return picture


def _scaling(results: Mapping[str, Any]) -> Figure:
    """Above, the time of a step against the size; below, what two threads bring."""
    from scaling import CURVES

    found = figures(results)
    cases = _names(results, "case")
    names = [name for name in FRAMEWORKS if name in _names(results, "framework")]
    counts = sorted({row["threads"] for row in results["rows"]})
    most, rows = counts[-1], 2 if counts[0] == 1 and len(counts) > 1 else 1
    picture, grid = pyplot.subplots(rows, len(cases), figsize=(2.7 * len(cases) + 0.6, 2.9 * rows), squeeze=False)
    for column, case in enumerate(cases):
        curve, top = CURVES[case], grid[0][column]
        for name in names:
            times = {int(n): t for n, t in found.get((case, name, most), {}).items()}
            bold = name == "lamina"
            line = {"color": COLORS[name], "linewidth": 2.2 if bold else 1.3, "zorder": 4 if bold else 3}
            marks = {"marker": "o", "markersize": 3.5 if bold else 2.2}
            top.plot(list(times), [1e3 * t for t in times.values()], label=FRAMEWORKS[name].label, **line, **marks)
            single = {int(n): t for n, t in found.get((case, name, 1), {}).items()}
            shared = [n for n in times if n in single]
            if rows == 2 and shared:
                shares = [100 * single[n] / times[n] / most for n in shared]
                grid[1][column].plot(shared, shares, **line, **marks)
        top.set(xscale="log", yscale="log", title=curve.what)
        _plain(top.yaxis)
        for axes in grid[:, column]:
            axes.set_xscale("log", base=2)
            axes.set_xticks(curve.sizes[:: 2 if len(curve.sizes) > 6 else 1])
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        if rows == 2:
            grid[1][column].axhline(85, color="#888888", linewidth=1, linestyle="--")
            grid[1][column].set_ylim(0, 120)
    grid[0][0].set_ylabel("milliseconds per training step")
    if rows == 2:
        grid[1][0].set_ylabel(f"% of {most} times the speed of 1 thread")
    handles, labels = grid[0][0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 1.05), ncols=len(labels))
    picture.tight_layout()
    _footnote(picture, results, f"{most} threads above; both axes are logarithmic. Dashed: 85%.")
    return picture


def _latency(results: Mapping[str, Any]) -> Figure:
    """Bars per model: the time of one sample."""
    found = figures(results)
    counts = sorted({row["threads"] for row in results["rows"]})
    cases = _names(results, "case")
    names = [name for name in ("lamina-native", "lamina", "onnxruntime") if name in _names(results, "framework")]
    size = (1.5 + 0.95 * len(cases) * len(counts), 3.2)
    picture, grid = pyplot.subplots(1, len(counts), figsize=size, sharey=True, squeeze=False)
    width = 0.8 / len(names)
    for axes, threads in zip(grid[0], counts):
        for i, name in enumerate(names):
            for j, case in enumerate(cases):
                value = found.get((case, name, threads), {}).get("sample_s")
                if value is None:
                    continue
                place, label = j + (i - (len(names) - 1) / 2) * width, FRAMEWORKS[name].label if j == 0 else None
                axes.bar(place, 1e6 * value, 0.92 * width, color=COLORS[name], label=label, zorder=2)
                axes.annotate(
                    f"{1e6 * value:,.0f}", (place, 1e6 * value), (0, 2), textcoords="offset points",
                    ha="center", va="bottom", fontsize=6.5, color="#444444",
                )  # fmt: skip
        axes.set_yscale("log")
        axes.set_xticks(range(len(cases)), cases)
        axes.tick_params(axis="x", length=0)
        axes.grid(False, axis="x")
        axes.set_title(f"One sample, {threads} thread{'s' if threads > 1 else ''}: microseconds", pad=8)
    low, high = grid[0][0].get_ylim()
    grid[0][0].set_ylim(low / 2, high * 1.3)
    _plain(grid[0][0].yaxis)
    handles, labels = grid[0][0].get_legend_handles_labels()
    labels = ["Lamina in Python" if label == "Lamina" else label for label in labels]
    picture.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 1.1), ncols=len(labels))
    picture.tight_layout()
    _footnote(picture, results, "Logarithmic axis.")
    return picture


MAKERS = {"compare": _compare, "kernels": _kernels, "scaling": _scaling, "latency": _latency}
