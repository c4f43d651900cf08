"""Runs a story on the real screens in a process of its own, because Kivy has one window per process.

A story is a function `story(player, given)` that returns what the test wants to know as JSON.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent.parent
_MARK = "RESULT "
#: Seconds after which a story is given up.
_PATIENCE = 240


def run_story(
    file: Path,
    name: str,
    folder: Path,
    *,
    size: tuple[int, int] = (540, 960),
    killed: bool = False,
    **given: Any,
) -> dict[str, Any]:
    """Run story `name` of `file` with an app whose own files are in `folder`; return its result.

    Args:
        file: module with the story.
        name: the function.
        folder: the app's folder; `given["replica"]` names the working copy, if any.
        size: window in pixels.
        killed: the story ends by killing its own process; its result is what it printed before.
        given: handed to the story.
    """
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ, "SDL_VIDEODRIVER": "offscreen", "KIVY_NO_ARGS": "1", "KIVY_HOME": home,
            "KIVY_NO_FILELOG": "1", "KIVY_LOG_MODE": "PYTHON", "STADSVELD_LANGUAGE": "en",
            "PYTHONPATH": os.pathsep.join(str(_ROOT / part) for part in ("tests", "field_app", "shared")),
        }  # fmt: skip
        environment.pop("DISPLAY", None)
        order = json.dumps(
            {"file": str(file), "name": name, "folder": str(folder), "size": size, "given": given}
        )
        done = subprocess.run(
            [sys.executable, "-m", "support.kivy_runner", order], env=environment, capture_output=True,
            text=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip
    expected = -signal.SIGKILL if killed else 0
    assert done.returncode == expected, (
        f"{name} ended with {done.returncode}:\n{done.stdout}\n{done.stderr[-4000:]}"
    )
    results = [line.removeprefix(_MARK) for line in done.stdout.splitlines() if line.startswith(_MARK)]
    return json.loads(results[-1])


def tell(result: dict[str, Any]) -> None:
    """Print a result; the last one counts."""
    sys.stdout.write(_MARK + json.dumps(result) + "\n")
    sys.stdout.flush()


def _main(order: str) -> None:
    wanted = json.loads(order)
    logging.disable(logging.CRITICAL)
    specification = importlib.util.spec_from_file_location("story", wanted["file"])
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    from stadsveld_field.app import FieldApp
    from stadsveld_field.device import NmeaReplay
    from stadsveld_field.touches import Player

    given = wanted["given"]
    replica = Path(given["replica"]) if given.get("replica") else None
    position = NmeaReplay(Path(given["nmea"])) if given.get("nmea") else None
    app = FieldApp(folder=Path(wanted["folder"]), replica=replica, position=position)
    player = Player(app, tuple(wanted["size"]))
    try:
        tell(getattr(module, wanted["name"])(player, given))
    finally:
        player.close()


if __name__ == "__main__":
    _main(sys.argv[1])
