"""The commands as a system administrator's script runs them: in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

LIMIT = 120
COMMAND = [sys.executable, "-m", "stadsveld.cli"]


def run(*arguments: object, given: str = "", code: int = 0, **environment: str) -> str:
    """Run the command; its output, or its complaint where it should fail."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=given,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == code, (done.returncode, done.stdout + done.stderr)
    return done.stdout if code == 0 else done.stderr


def told(*arguments: object, **options: Any) -> dict[str, Any]:
    """Run the command; the JSON that it prints."""
    return json.loads(run(*arguments, **options))


class Served:
    """`hub serve` in a process of its own; a context manager."""

    def __init__(self, store: Path, *options: object, **environment: str) -> None:
        command = [*COMMAND, "hub", "serve", str(store), "--port", "0", *map(str, options)]
        self.store = store
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        first = self.process.stdout.readline()
        if not first:
            raise AssertionError(self.process.communicate(timeout=LIMIT)[1])
        self.url = json.loads(first)["url"]

    def replica(self, path: Path, role: str = "inspector", *options: object, **environment: str) -> Path:
        """A new working copy, made by the commands."""
        code = told("hub", "enrol", self.store, "--role", role, "--name", path.stem)["code"]
        run("replica", "init", path, "--hub", self.url, "--code", code, *options, **environment)
        return path

    def stop(self, number: int = signal.SIGTERM) -> str:
        """Stop it; what it logged."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=LIMIT)[1]

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=LIMIT)
