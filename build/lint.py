"""Run the linters: ruff over everything, mypy over the core, the plugin site's rules over the plugin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = ["shared", "field_app", "qgis_plugin", "build", "tests"]


def main() -> int:
    """Run all, report all, fail if any failed."""
    commands = [
        ["ruff", "check", *PLACES],
        ["mypy", "--no-error-summary"],
        ["bandit", "--quiet", "--recursive", "qgis_plugin", *_core_of_plugin()],
        ["flake8", "--max-line-length=110", "--extend-ignore=E203,W503", "qgis_plugin"],
    ]
    failed = []
    for command in commands:
        tool = str(Path(sys.executable).with_name(command[0]))
        if subprocess.run([tool, *command[1:]], cwd=ROOT, check=False, timeout=600).returncode != 0:
            failed.append(command[0])
    if failed:
        sys.stderr.write(f"not clean: {', '.join(failed)}\n")
    return 1 if failed else 0


def _core_of_plugin() -> list[str]:
    """The packages of the core that the plugin zip carries."""
    core = ROOT / "shared" / "stadsveld"
    return [str(path) for path in sorted(core.iterdir()) if path.name not in {"hub", "cli", "__pycache__"}]


if __name__ == "__main__":
    sys.exit(main())
