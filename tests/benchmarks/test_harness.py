"""The table of the benchmarks tells the truth about peers and promises."""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = {
    "bench_won": "def run(): return [against('won', 's', 1.0, 2.0, 'peer 1.0')]",
    "bench_lost": "def run(): return [against('lost', 's', 3.0, 2.0, 'peer 1.0', ratio_at_most=1.2)]",
    "bench_alone": "def run(): return [without_peer('alone', 's', 1.0, 'not installed')]",
    "bench_window": "def run(): return [absolute('window', 'ms', 12.0, at_most=30)]",
    "bench_broken": "def run(): raise ValueError('no')",
}


def bench(folder: Path, *names: str):
    """Run the harness on benchmarks of this test."""
    for file in ("__main__.py", "harness.py"):
        (folder / file).write_text((HERE / file).read_text("utf-8"), "utf-8")
    for name, body in BENCHMARKS.items():
        (folder / f"{name}.py").write_text(f"from harness import *\n{body}\n", "utf-8")
    output = folder / "results.json"
    command = [sys.executable, str(folder), *names, "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done, json.loads(output.read_text("utf-8"))


def test_kept_promises_end_well(tmp_path):
    done, results = bench(tmp_path, "won", "window")
    assert done.returncode == 0
    assert [(result["name"], result["ratio"], result["met"]) for result in results] == [
        ("won", 0.5, True),
        ("window", None, True),
    ]


def test_a_broken_promise_and_a_broken_benchmark_end_badly(tmp_path):
    done, results = bench(tmp_path, "lost")
    assert done.returncode == 1
    assert results[0]["met"] is False
    done, results = bench(tmp_path, "broken", "won")
    assert done.returncode == 1
    assert "broke down: broken" in done.stdout
    assert [result["name"] for result in results] == ["won"]


def test_a_missing_peer_is_said_and_proves_nothing(tmp_path):
    done, results = bench(tmp_path, "alone")
    assert done.returncode == 0
    assert (results[0]["peer"], results[0]["ratio"], results[0]["met"]) == (None, None, None)
    assert "missing: not installed" in done.stdout


def test_every_result_has_the_agreed_fields(tmp_path):
    _done, results = bench(tmp_path, "won", "lost", "alone", "window")
    fields = {"name", "unit", "ours", "peer", "peer_name", "ratio", "target", "met"}
    assert all(set(result) == fields for result in results)
