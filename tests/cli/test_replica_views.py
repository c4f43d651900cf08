"""Conflicts, findings and history as commands: JSON out, clear errors, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stadsveld.cli import main
from stadsveld.store import Store
from stadsveld.sync import seal, sync, transport_of
from support.live_hub import LiveHub, live_hub  # noqa: F401


def run(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> dict:
    """What a command prints as JSON, or its error."""
    assert main([str(word) for word in words]) == code
    said = capsys.readouterr()
    return json.loads(said.out) if code == 0 else {"error": said.err}


@pytest.fixture
def in_conflict(live_hub: LiveHub, tmp_path: Path) -> tuple[Path, str]:  # noqa: F811
    """A working copy in which the title of a task has two values."""
    a, b = (live_hub.replica(tmp_path / f"{name}.sqlite") for name in "ab")
    task = a.put("task", None, {"title": "t", "status": "sent"})
    for store in (a, b):
        sync(store, transport_of(store))
    for store in (a, b):
        store.put("task", task, {"title": f"by {store.path.stem}"})
    for store in (a, b, a):
        sync(store, transport_of(store))
    for store in (a, b):
        store.close()
    return tmp_path / "a.sqlite", task


def test_a_conflict_is_listed_decided_and_decided_again(
    in_conflict: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """By a value of one's own, then for the value that lost."""
    path, task = in_conflict
    [conflict] = run(capsys, "replica", "conflicts", path, "--json")["conflicts"]
    assert (conflict["entity_id"], conflict["field"]) == (task, "title")
    by_value = {found["value"]: found["change_id"] for found in conflict["alternatives"]}
    run(capsys, "replica", "resolve", path, "task", task, "title", "--value", '"both"')
    assert run(capsys, "replica", "conflicts", path) == {"conflicts": []}
    run(capsys, "replica", "resolve", path, "task", task, "title", "--choose", by_value["by b"])
    with Store.open(path) as store:
        assert store.get("task", task)["title"] == "by b"
    items = run(capsys, "replica", "history", path, "task", task)["history"]
    assert [item["fields"].get("title") for item in items][-2:] == ["both", "by b"]
    state = run(capsys, "replica", "history", path, "task", task, "--at", items[-2]["at"])
    assert state["fields"]["title"] in ("both", "by b")
    assert len(run(capsys, "replica", "history", path)["history"]) == len(items)


def test_a_geometry_is_decided_as_text(
    in_conflict: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """WKT in RD, as everywhere in the commands."""
    path, task = in_conflict
    with Store.open(path) as store:
        store.put("task", task, {"geom": None, "note": "n"})
        store.put("task", task, {"note": "m"})
        seal(store)
    run(capsys, "replica", "resolve", path, "task", task, "note", "--value", "null")
    error = run(capsys, "replica", "resolve", path, "task", task, "geom", "--value", "POINT (1 2)", code=1)
    assert "geom" in error["error"]


@pytest.mark.parametrize(
    "words",
    [
        ["resolve", "task", "TASK", "title", "--value", "no json"],
        ["resolve", "task", "TASK", "title", "--choose", "nonsense"],
        ["resolve", "task", "TASK", "nonsense", "--value", "1"],
        ["history", "task"],
        ["history", "task", "TASK", "--at", "yesterday"],
        ["history", "task", "TASK", "--at", "2026-05-01T12:00:00"],
    ],
)
def test_wrong_words_get_a_clear_error_and_change_nothing(
    in_conflict: tuple[Path, str], capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """On standard error, with exit code 1."""
    path, task = in_conflict
    name, *rest = (task if word == "TASK" else word for word in words)
    error = run(capsys, "replica", name, path, *rest, code=1)["error"]
    assert "Traceback" not in error
    assert error.strip()
    assert len(run(capsys, "replica", "conflicts", path)["conflicts"]) == 1


def test_findings_and_upkeep(in_conflict: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    """What is to be repaired is listed; folding and erasing are the central store's."""
    path, task = in_conflict
    with Store.open(path) as store:
        store.put("task", task, {"status": None})
    [finding] = run(capsys, "replica", "findings", path)["findings"]
    assert (finding["kind"], finding["field"]) == ("missing", "status")
    central = path.with_name("central.sqlite")
    assert "for ever" in run(capsys, "hub", "fold", central, code=1)["error"]
    assert run(capsys, "hub", "fold", central, "--keep-days", 30) == {"folded": 0}
    assert run(capsys, "hub", "erase", central, "task", task, "title")["change_id"]
    with Store.open(central) as store:
        assert store.get("task", task)["title"] is None
