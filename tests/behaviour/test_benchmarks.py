"""The programs of python/benchmarks run on Lamina alone; the report makes tables and pictures of what they write."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

BENCHMARKS = Path(__file__).parents[2] / "python" / "benchmarks"

# Arguments, and the figures that are written.
RUNS = {
    "compare.py": (["tabular"], ["fit_s", "predict_s", "predict_on_batch1_s", "call1_s", "first_step_s", "peak_mb"]),
    "kernels.py": (["dense 32x256x256"], ["forward_s", "both_s"]),
    "scaling.py": (["depth", "--largest", "2"], ["1", "2"]),
    "texts.py": (["numbers", "--sentences", "100"], ["adapt_s", "call_s"]),
}


def run(name, *arguments):
    return subprocess.run([sys.executable, BENCHMARKS / name, *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with what the programs wrote."""
    folder = tmp_path_factory.mktemp("results")
    quick = ["--frameworks", "lamina", "--rounds", "1", "--seconds", "0.01", "--threads", "1"]
    for name, (arguments, _) in RUNS.items():
        done = run(name, *arguments, *quick, "--output", folder / name.replace(".py", ".json"))
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", [*RUNS, "latency.py", "report.py"])
def test_help(name):
    said = run(name, "--help")
    assert said.returncode == 0
    assert f"python {name}" in said.stdout  # an example


@pytest.mark.parametrize("name", RUNS)
def test_figures(name, written):
    results = json.loads((written / name.replace(".py", ".json")).read_text())
    (row,) = results["rows"]
    assert (row["case"], row["framework"], row["threads"]) == (RUNS[name][0][0], "lamina", 1)
    assert list(row["figures"]) == RUNS[name][1]
    assert all(len(rounds) == 1 and rounds[0] > 0 for rounds in row["figures"].values())
    assert results["versions"]["lamina"]["lamina"]
    assert {"processor", "processors", "system", "busy"} == set(results["machine"])


def test_latency_compares_predictions_with_onnx_runtime(tmp_path):
    pytest.importorskip("onnxruntime")
    out = tmp_path / "latency.json"
    chosen = ["--frameworks", "lamina", "onnxruntime", "--threads", "1", "--rounds", "2", "--seconds", "0.01"]
    done = run("latency.py", "mlp", *chosen, "--output", out)
    assert done.returncode == 0, done.stderr
    rows = json.loads(out.read_text())["rows"]
    assert {row["framework"]: len(row["figures"]["sample_s"]) for row in rows} == {"lamina": 2, "onnxruntime": 2}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--frameworks", "torch"], "--peers is needed for torch"),
        (["--frameworks", "torch", "--peers", "nowhere"], "run setup_peers.sh nowhere"),
        (["resnet19", "--frameworks", "lamina"], "unknown case 'resnet19'; expected one of: tabular, mlp"),
        (["--frameworks", "chainer"], "invalid choice: 'chainer'"),
    ],
)
def test_wrong_arguments(arguments, said, tmp_path):
    done = run("compare.py", *arguments, "--output", tmp_path / "out.json")
    assert done.returncode != 0
    assert said in done.stderr
    assert not (tmp_path / "out.json").exists()


def test_what_fails_is_told_and_the_rest_is_written(tmp_path):
    out = tmp_path / "latency.json"
    arguments = ["--frameworks", "lamina-native", "lamina", "--program", "nowhere/lamina_bench", "--threads", "1"]
    done = run("latency.py", "mlp", *arguments, "--rounds", "1", "--seconds", "0.01", "--output", out)
    assert done.returncode == 1
    assert "nowhere/lamina_bench" in done.stderr
    failed, good = json.loads(out.read_text())["rows"]
    assert "FileNotFoundError" in failed["error"]
    assert good["figures"]["sample_s"]


def with_peers(results):
    """The results with peers that need twice and three times as long."""
    peers = {
        "compare": ["keras-jax", "torch"],
        "kernels": ["torch"],
        "scaling": ["torch"],
        "texts": ["keras-tensorflow"],
    }
    for row in list(results["rows"]):
        for factor, name in enumerate(peers[results["benchmark"]], 2):
            slower = {figure: [factor * value for value in rounds] for figure, rounds in row["figures"].items()}
            results["rows"].append({**row, "framework": name, "figures": slower})
    return results


def test_report(written, tmp_path):
    page = tmp_path / "page.md"
    names = ["compare", "speed", "kernels", "scaling", "texts", "latency"]
    page.write_text("".join(f"before\n<!-- table: {name} -->\nold\n<!-- end -->\n" for name in names))
    measured = {}
    for path in written.glob("*.json"):
        measured[path.stem] = with_peers(json.loads(path.read_text()))
        (tmp_path / path.name).write_text(json.dumps(measured[path.stem]))
    arguments = ["--results", tmp_path, "--pages", page, "--pictures", tmp_path]
    done = run("report.py", *arguments)
    assert done.returncode == 0, done.stderr

    text = page.read_text()
    assert text.count("before\n<!-- table: ") == len(names)
    assert text.count("old\n") == 1  # there were no results of latency.py
    assert text.count("| 0.50 |") >= 9  # six figures, two of layers, one or two of texts
    assert f"medians of 1 interleaved round; python {sys.version.split()[0]}" in text
    assert ("Preliminary" in text) == any(results["machine"]["busy"] > 0.05 for results in measured.values())
    assert text.count("Lamina is ahead in") == 3  # compare twice, kernels: its peers are slower in everything
    assert "Behind" not in text
    step = 1e6 * median(measured["compare"]["rows"][0]["figures"]["fit_s"])
    shown = text.split("A training step inside `fit`")[1].split("| tabular | **")[1].split("**")[0]
    assert float(shown) * 1e3 == pytest.approx(step, rel=0.01)
    for name in ("compare", "kernels", "scaling"):
        assert (tmp_path / f"{name}.svg").read_text().startswith("<?xml")

    pictures = {path.name: path.read_bytes() for path in tmp_path.glob("*.svg")}
    assert run("report.py", *arguments).returncode == 0
    assert page.read_text() == text  # made again, all is the same
    assert pictures == {path.name: path.read_bytes() for path in tmp_path.glob("*.svg")}


def test_no_results(tmp_path):
    done = run("report.py", "--results", tmp_path)
    assert done.returncode == 1
    assert "run compare.py" in done.stderr


@pytest.mark.parametrize(("busy", "marked"), [(0.02, False), (0.5, True)])
def test_table_of_the_native_kernels(busy, marked, tmp_path):
    context = {
        "date": "2030-01-02T03:04:05+00:00",
        "num_cpus": 2,
        "lamina": "1.2.3",
        "processor": "A processor",
        "level": "v3",
        "threads": "1",
        "fma_peak_float32": "100.0 GFLOP/s",
        "copy_peak": "20.0 GB/s",
    }
    rows = {
        "gemm 32x256x256": {"us": 40.0, "GFLOP/s": 90.4, "%peak": 90.4},
        "unary/relu/4M": {"us": 1.0, "GB/s": 15.0, "%peak": 75.0},
    }
    results, page = tmp_path / "results.json", tmp_path / "page.md"
    results.write_text(json.dumps({"busy": busy, "runs": [{"context": context, "rows": rows}]}))
    page.write_text("above\n<!-- table: native -->\nold\n<!-- end -->\nbelow\n")
    script = BENCHMARKS.parents[1] / "cpp" / "benchmarks" / "table.py"
    subprocess.run([sys.executable, script, "--results", results, "--page", page], check=True, capture_output=True)
    text = page.read_text()
    assert text.startswith("above\n<!-- table: native -->\n2030-01-02, A processor, 2 processors, Lamina 1.2.3.")
    assert text.endswith("\n<!-- end -->\nbelow\n")
    assert "| measured peaks: multiply-adds, copy | 100.0 GFLOP/s, 20.0 GB/s |" in text
    assert "| gemm 32x256x256 | 90 GFLOP/s (90%) |" in text
    assert "| unary/relu/4M | 15 GB/s (75%) |" in text
    assert "| gemm 128x784x512 | - |" in text  # not measured
    assert "old" not in text
    assert ("Preliminary" in text) == marked
