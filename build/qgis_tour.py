"""Open QGIS with the built plugin on a store, in a profile of its own, and keep pictures of what it shows.

    qgis_tour.py --store FILE [--screenshots DIR] [--language nl|en] [--leave-open]

It is the real QGIS with the real zip installed: on the display where there is one, else on an
invisible one. With `--leave-open` the window stays for the person who watches.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import plugin_zip
from translations import TranslationError, compile_all

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "qgis_plugin" / "tour.py"
#: Seconds after which a tour that should end by itself has failed.
LIMIT = 120
_SETTINGS = """[PythonPlugins]
stadsveld_qgis=true

[locale]
overrideFlag=true
userLocale={language}

[qgis]
showTips=false
checkVersion=false
enableMacros=false

[app]
askToSaveProjectChanges=false

[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true

[Map]
mapTipsEnabled=true
"""


def make_profile(folder: Path, language: str) -> None:
    """Make a fresh profile with the plugin installed from its zip."""
    shutil.rmtree(folder, ignore_errors=True)
    settings = folder / "profiles" / "tour" / "QGIS" / "QGIS3.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(_SETTINGS.format(language="nl_NL" if language == "nl" else "en_US"), encoding="utf-8")
    built = plugin_zip.build(folder / "repository")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "profiles" / "tour" / "python" / "plugins")


def command_of(profile: Path, qgis: str) -> list[str]:
    """Return how to start QGIS here."""
    start = [qgis, "--nologo", "--noversioncheck", "--profiles-path", str(profile), "--profile", "tour"]
    start += ["--code", str(SCRIPT)]
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return start
    virtual = shutil.which("xvfb-run")
    return [virtual, "-a", "-s", "-screen 0 1600x1000x24", *start] if virtual else start


def main() -> int:
    """Tour; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("--language", choices=("nl", "en"), default="nl")
    parser.add_argument("--leave-open", action="store_true")
    asked = parser.parse_args()
    qgis = shutil.which("qgis")
    if qgis is None:
        sys.stderr.write("QGIS is not installed: run make setup\n")
        return 1
    try:
        compile_all()
    except TranslationError as error:
        sys.stderr.write(f"{error}\nThe tour goes on with the translations that are there.\n")
    profile = ROOT / "out" / "tour" / f"profile-{os.getpid()}"
    make_profile(profile, asked.language)
    told = {
        "store": str(asked.store.resolve()),
        "screenshots": str(asked.screenshots.resolve()) if asked.screenshots else None,
        "leave_open": asked.leave_open,
    }
    environment = {**os.environ, "STADSVELD_TOUR": json.dumps(told)}
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "QT_QPA_PLATFORM"):
        environment.pop(name, None)
    command = command_of(profile, qgis)
    if command[0] == qgis and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    try:
        done = subprocess.run(
            command, env=environment, check=False, timeout=None if asked.leave_open else LIMIT,
            capture_output=not asked.leave_open, text=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"QGIS did not finish the tour within {LIMIT} s\n")
        return 1
    finally:
        shutil.rmtree(profile, ignore_errors=True)
    return told_end(asked.screenshots, done)


def told_end(screenshots: Path | None, done: subprocess.CompletedProcess[str]) -> int:
    """Return 0 if the tour reached its end."""
    if screenshots is None:
        return 0
    end = screenshots / "tour.json"
    if not end.is_file():
        sys.stderr.write(f"QGIS ended before the tour did\n{(done.stderr or '')[-4000:]}\n")
        return 1
    found = json.loads(end.read_text(encoding="utf-8"))
    end.unlink()
    if found["error"]:
        sys.stderr.write(found["error"] + "\n")
        return 1
    sys.stdout.write("".join(f"{screenshots / name}\n" for name in found["pictures"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
