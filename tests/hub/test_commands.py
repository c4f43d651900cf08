"""The commands `hub`, `replica` and `dump` as a system administrator's script runs them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from stadsveld.model import is_uuid, new_id
from stadsveld.store import Store

LIMIT = 60


def run(*arguments: object, given: str = "", code: int = 0) -> str:
    """Run the command; its output, or its complaint where it should fail."""
    command = [sys.executable, "-m", "stadsveld.cli", *map(str, arguments)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


class Served:
    """`hub serve` in a process of its own."""

    def __init__(self, store: Path) -> None:
        command = [sys.executable, "-m", "stadsveld.cli", "hub", "serve", str(store), "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]

    def stop(self, number: int = signal.SIGTERM) -> str:
        """Stop it; what it logged."""
        self.process.send_signal(number)
        _out, log = self.process.communicate(timeout=LIMIT)
        return log


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A served central store."""
    run("hub", "init", tmp_path / "central.sqlite")
    running = Served(tmp_path / "central.sqlite")
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.communicate(timeout=LIMIT)


def enrol(tmp_path: Path, url: str, name: str, role: str = "inspector") -> Path:
    """Make a working copy by the commands, while `serve` runs."""
    made = run("hub", "enrol", tmp_path / "central.sqlite", "--role", role, "--name", name)
    replica = tmp_path / f"{name}.sqlite"
    run("replica", "init", replica, "--hub", url, "--code", json.loads(made)["code"])
    return replica


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_whole_way_and_a_graceful_stop(served: Served, tmp_path: Path, number: int) -> None:
    """Enrol, edit, synchronise, compare by hash; the service stops with code 0 when asked."""
    first, second = (enrol(tmp_path, served.url, name) for name in ("one", "two"))
    line = {"op": "put", "entity": "task", "fields": {"title": "t", "geom": "POINT (203000 503000)"}}
    made = json.loads(run("replica", "apply", first, given=json.dumps(line) + "\n"))
    assert is_uuid(made["id"])
    assert json.loads(run("replica", "status", first))["outbox"] == 1
    report = json.loads(run("replica", "sync", first, "--json"))
    assert {key: report[key] for key in ("pushed", "accepted", "duplicate", "quarantined", "conflicts")} == {
        "pushed": 1,
        "accepted": 1,
        "duplicate": 0,
        "quarantined": 0,
        "conflicts": 0,
    }
    assert json.loads(run("replica", "sync", second))["pulled"] == 1
    hashes = {run("dump", path, "--hash") for path in (first, second, tmp_path / "central.sqlite")}
    assert len(hashes) == 1
    assert len(hashes.pop().strip()) == 64
    assert made["id"] in run("dump", second)
    devices = json.loads(run("hub", "devices", tmp_path / "central.sqlite"))["devices"]
    assert [device["name"] for device in devices] == ["one", "two"]
    run("hub", "lost", tmp_path / "central.sqlite", devices[0]["device_id"])
    assert "lost" in run("replica", "sync", first, code=1)
    log = served.stop(number)
    assert served.process.returncode == 0
    assert "/v1/push" in log
    assert "cannot be reached" in run("replica", "sync", second, code=1)


def test_a_killed_service_keeps_what_it_confirmed(served: Served, tmp_path: Path) -> None:
    """Killed without warning after the answer: the change is in the store."""
    replica = enrol(tmp_path, served.url, "one")
    run("replica", "apply", replica, given='{"op": "put", "entity": "task", "fields": {"title": "t"}}')
    assert json.loads(run("replica", "sync", replica))["accepted"] == 1
    served.process.kill()
    served.process.communicate(timeout=LIMIT)
    with Store.open(tmp_path / "central.sqlite") as central:
        assert central.count("task") == 1
        assert central.problems() == []


def test_a_qr_picture(served: Served, tmp_path: Path) -> None:
    """As PNG or SVG by the name of the file."""
    central = tmp_path / "central.sqlite"
    for name, begins in (("a.png", b"\x89PNG"), ("a.svg", b"<svg")):
        options = ("--role", "reader", "--name", "x", "--qr", tmp_path / name, "--url", served.url)
        run("hub", "enrol", central, *options)
        assert (tmp_path / name).read_bytes().startswith(begins)


def test_edits_are_all_or_nothing(store: Store) -> None:
    """The error names the line; nothing of the other lines is kept."""
    store.close()
    good = '{"op": "put", "entity": "task", "fields": {"title": "t"}}'
    wrong = [
        "{",
        "5",
        '{"op": "paint", "entity": "task"}',
        '{"op": "put", "entity": "sqlite_master"}',
        '{"op": "put", "entity": "task", "id": "7"}',
        '{"op": "delete", "entity": "task"}',
        '{"op": "put", "entity": "task", "fields": {"hologram": 1}}',
        '{"op": "put", "entity": "task", "fields": {"geom": "POINT (1"}}',
        '{"op": "put", "entity": "task", "fields": {"geom": "LINESTRING (1 1, 2 2)"}}',
        '{"op": "put", "entity": "task", "fields": {"geom": "POINT EMPTY"}}',
        '{"op": "put", "entity": "task", "fields": {"title": {"a": 1}}}',
        '{"op": "put", "entity": "inspection", "fields": {"fix_lat": 1e999}}',
        '{"op": "put", "entity": "task", "fields": {"title": "\\ud800"}}',
        '{"op": "put", "entity": "road_section", "fields": {"condition": "E"}}',
    ]
    for line in wrong:
        assert "line 2" in run("replica", "apply", store.path, given=f"{good}\n{line}\n{good}\n", code=1), (
            line
        )
    with Store.open(store.path) as again:
        assert again.count("task") == 0


def test_put_and_delete(store: Store) -> None:
    """Any subset of fields, also for an id that is not known here; a long text; a single polygon."""
    store.close()
    task, plan, text = new_id(), new_id(), "x" * (1 << 20)
    lines = [
        {"op": "put", "entity": "task", "id": task, "fields": {"note": text, "due": "2024-05-17"}},
        {"op": "put", "entity": "plan", "id": plan, "fields": {"geom": "POLYGON ((1 1, 5 1, 5 5, 1 1))"}},
        {"op": "put", "entity": "task", "id": task, "fields": {"note": None}},
        {"op": "put", "entity": "variant", "fields": {"plan_id": plan}},
        {"op": "delete", "entity": "task", "id": new_id()},
    ]
    out = run("replica", "apply", store.path, given="\n".join(map(json.dumps, lines)))
    assert [json.loads(line)["id"] for line in out.splitlines()][:2] == [task, plan]
    with Store.open(store.path) as again:
        assert again.get("task", task)["due"] == "2024-05-17"
        assert again.get("task", task)["note"] is None
        assert again.count("variant") == 1
        assert again.problems() == []


def test_health_is_open(served: Served) -> None:
    """For a monitor, without a token."""
    assert requests.get(served.url + "/v1/health", timeout=30).json()["status"] == "ok"
