"""Run the benchmarks: `python tests/benchmarks [NAME ...]`, without names all of them.

A benchmark is a module `bench_<name>.py` here with `run() -> list[Result]`. The table goes to
standard output, the results to `out/bench/results.json`; the exit code is 1 if a promise is broken
or a benchmark breaks down. Each runs in a process of its own: its memory is its own, and libraries
that do not live together (two copies of PROJ) do not meet.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))  # benchmarks may use tests/support

from harness import Result, table  # noqa: E402 - found beside this file


def main() -> int:
    """Run what was asked for and return the exit code."""
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(known)}")
    parser.add_argument("--list", action="store_true", help="list the names and stop")
    parser.add_argument("--here", action="store_true", help="run in this very process")
    parser.add_argument("--output", type=Path, default=ROOT / "out" / "bench" / "results.json")
    asked = parser.parse_args()
    if asked.list:
        sys.stdout.write("\n".join(known) + "\n")
        return 0
    unknown = set(asked.names) - set(known)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    names, failed = asked.names or known, []
    results: list[Result] = []
    for name in names:
        if asked.here:
            results += importlib.import_module(f"bench_{name}").run()
        else:
            sys.stderr.write(f"... {name}\n")
            found = run_apart(name)
            results += found
            failed += [] if found else [name]
    save(results, asked.output)
    if not asked.here:
        sys.stdout.write(table(results) + "\n" + "".join(f"broke down: {name}\n" for name in failed))
    return 1 if failed or any(result.met is False for result in results) else 0


def run_apart(name: str) -> list[Result]:
    """Run one benchmark in a process of its own; nothing if it broke down."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "results.json"
        subprocess.run([sys.executable, str(HERE), name, "--here", "--output", str(output)], check=False)
        if not output.exists():
            return []
        return [Result(**fields) for fields in json.loads(output.read_text("utf-8"))]


def save(results: list[Result], output: Path) -> None:
    """Write the results as a list of objects."""
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
