"""The unit files and the container file: what they run exists, and what they promise they say."""

from __future__ import annotations

import argparse
import configparser
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stadsveld.cli import hub as hub_commands
from support.live_hub import LiveHub

DEPLOY = Path(__file__).resolve().parents[2] / "build" / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("stadsveld-*"))


def unit(name: str) -> configparser.ConfigParser:
    """Read a unit file; keys twice in a section would be an error."""
    found = configparser.ConfigParser(interpolation=None, strict=False)
    found.optionxform = str
    found.read(DEPLOY / name, encoding="utf-8")
    return found


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Parse arguments of `stadsveld` as the command does."""
    parser = argparse.ArgumentParser()
    hub_commands.add_parser(parser.add_subparsers())
    return parser.parse_args(arguments)


def test_there_are_units() -> None:
    """The service, and a backup with its timer."""
    assert UNITS == ["stadsveld-backup.service", "stadsveld-backup.timer", "stadsveld-hub.service"]


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_units_run_a_command_that_exists_as_their_own_user(name: str) -> None:
    """With their hands bound."""
    service = unit(name)["Service"]
    command = shlex.split(service["ExecStart"])
    assert Path(command[0]).name == "stadsveld"
    assert parsed(command[1:]).store == Path("/var/lib/stadsveld/central.sqlite")
    assert service["User"] not in ("", "root")
    for key, value in (
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("CapabilityBoundingSet", ""),
    ):
        assert (key, service[key]) == (key, value)


def test_the_service_stops_in_the_time_that_it_needs() -> None:
    """Longer than running requests get."""
    service = unit("stadsveld-hub.service")["Service"]
    assert (service["KillSignal"], int(service["TimeoutStopSec"]) > 30) == ("SIGTERM", True)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="SKIPPED: no systemd-analyze here")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_units(name: str, tmp_path: Path) -> None:
    """With a command that exists here in the place of the installed one, it has no complaint at all."""
    for file in UNITS:
        text = (DEPLOY / file).read_text(encoding="utf-8")
        text = text.replace("/opt/stadsveld/bin/stadsveld", "/bin/true")
        (tmp_path / file).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if "Failed to" in done.stderr and "bus" in done.stderr:
        pytest.skip(f"SKIPPED: systemd-analyze does not work here: {done.stderr.strip()[:200]}")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_container_file() -> None:
    """A plain image name, a user of its own, a health check, and a command that exists."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    words = [line.partition(" ")[::2] for line in lines]
    assert [rest for word, rest in words if word == "FROM"] == ["debian:12-slim"]
    assert dict(words)["USER"] == "stadsveld"
    assert words.index(("USER", "stadsveld")) < next(i for i, w in enumerate(words) if w[0] == "CMD")
    assert "/v1/health" in dict(words)["HEALTHCHECK"]
    assert "libsqlite3-mod-spatialite" in text
    command = json.loads(dict(words)["CMD"])
    assert parsed(command).host == "0.0.0.0"
    for source in (line.split()[1:-1] for line in lines if line.startswith("COPY")):
        for name in source:
            assert (DEPLOY.parents[1] / name).exists(), name


def test_the_health_check_of_the_container(live_hub: LiveHub) -> None:
    """It passes where the service answers, and fails where it does not."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if "urllib" in line)
    command = json.loads(line.partition("CMD ")[2])
    port = live_hub.url.rsplit(":", 1)[1]
    check = [sys.executable, *(part.replace("8470", port) for part in command[1:])]
    assert subprocess.run(check, capture_output=True, timeout=60, check=False).returncode == 0
    live_hub.stop()
    assert subprocess.run(check, capture_output=True, timeout=60, check=False).returncode != 0
    live_hub.restart()
