"""Several working copies, random edits and synchronisations over a failing network: all converge."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from stadsveld import geo
from stadsveld.cli import main
from stadsveld.errors import StadsveldError, Unavailable
from stadsveld.hub import taking
from stadsveld.hub.simulation import FAULTS, Result, Settings, simulate
from stadsveld.model import new_id
from stadsveld.store import Store, statement
from stadsveld.sync import conflicts, dump, merge, outbox, pull, resolve, seal, sync, transport_of
from support.faulty import FaultyTransport
from support.live_hub import LiveHub

SEEDS = (1, 2, 3)
STEPS = 60
#: Schedules here; the long run is `stadsveld simulate --schedules 10000 --faults …`.
SCHEDULES = 12


def edit(store: Store, chance: random.Random) -> None:
    """Insert, change, move or delete something, as an app or as plain SQL."""
    tasks = [row["id"] for row in store.rows("task")]
    what = chance.random()
    point = geo.point_wkb(203000 + chance.random() * 100, 503000 + chance.random() * 100)
    if what < 0.3 or not tasks:
        store.put("task", None, {"title": str(chance.random()), "geom": chance.choice([point, None])})
    elif what < 0.6:
        store.put("task", chance.choice(tasks), {chance.choice(["title", "note"]): chance.choice("abc")})
    elif what < 0.75:
        store.put("task", chance.choice(tasks), {"geom": chance.choice([point, None])})
    elif what < 0.85:
        store.delete("task", chance.choice(tasks))
    elif what < 0.95:
        store.connection.execute("UPDATE task SET status = ? WHERE fid % 2 = 0", (chance.choice("xy"),))
    else:
        for conflict in conflicts(store)[:1]:
            value = chance.choice(conflict.alternatives).value
            resolve(store, conflict.entity, conflict.entity_id, conflict.field, value)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_converge(live_hub: LiveHub, tmp_path: Path, seed: int) -> None:
    """Whatever happened: one state, every sealed change at the central store, indexes right."""
    chance, faults = random.Random(seed), [None, None, None, "before", "after", "cut"]
    names = [f"r{n}" for n in range(4)]
    stores = [live_hub.replica(tmp_path / f"{name}.sqlite") for name in names]
    sealed: set[str] = set()
    for _step in range(STEPS):
        number = chance.randrange(len(stores))
        store = stores[number]
        if chance.random() < 0.1:
            path = store.path
            store.close()
            stores[number] = store = Store.open(path, spatialite=chance.random() < 0.5)
        if chance.random() < 0.1:
            store.set_setting("clock_offset_ms", str(chance.randrange(-3, 3) * 86_400_000))
        edit(store, chance)
        if chance.random() < 0.4:
            transport = FaultyTransport(transport_of(store), lambda _n, _m, _p: chance.choice(faults))
            try:
                sync(store, transport)
            except Unavailable:
                seal(store)
        sealed |= {item.change_id for item in outbox(store)}
    for store in (*stores, *stores):
        sync(store, transport_of(store))
    with Store.open(live_hub.path) as central:
        expected = list(dump(central))
        held = {row["change_id"] for row in central.connection.execute(statement("all_changes"))}
        assert sealed <= held
        assert central.problems() == []
    for store in stores:
        assert list(dump(store)) == expected, f"seed {seed}"
        assert outbox(store) == []
        path = store.path
        store.close()
        with Store.open(path) as checked:
            assert checked.problems() == []


def test_the_faults_are_felt(live_hub: LiveHub, tmp_path: Path) -> None:
    """A test of the test: a network that always fails lets nothing through."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        a.put("task", new_id(), {"title": "t"})
        for fault in ("before", "cut"):
            with pytest.raises(StadsveldError):
                sync(a, FaultyTransport(transport_of(a), lambda _n, _m, _p, how=fault: how))
        assert len(outbox(a)) == 1


def facts(result: Result) -> dict[str, Any]:
    """What a seed determines of a result."""
    return {**asdict(result), "seconds": None}


def test_random_schedules_converge(tmp_path: Path) -> None:
    """All operations and all faults, in a store and two to eight working copies each time."""
    result = simulate(Settings(seed=100, schedules=SCHEDULES, faults=FAULTS), tmp_path)
    assert result.problems == [], f"seed {result.failed}"
    assert result.schedules == SCHEDULES
    assert result.changes > SCHEDULES
    assert result.conflicts > 0
    assert result.syncs > SCHEDULES


def test_a_seed_gives_the_same_schedule_again(tmp_path: Path) -> None:
    """Choices, clocks, ids and faults all follow from the seed; another seed gives another schedule."""
    first, again, other = (
        facts(simulate(Settings(seed=seed, edits=60, schedules=2, faults=FAULTS), tmp_path))
        for seed in (11, 11, 12)
    )
    assert first == again
    assert first["faults"] != other["faults"]
    happened = set(first["faults"]) | set(other["faults"])
    assert happened == set(FAULTS) - {"move"}, "a fault never happens"


def loses_what_arrives(pulled: Callable[..., None]) -> Callable[..., None]:
    """Forget every seventh change that arrives."""
    count = 0

    def forgetful(*arguments: object) -> None:
        nonlocal count
        count += 1
        if count % 7:
            pulled(*arguments)

    return forgetful


def says_and_does_not(_accept: Callable[..., Any]) -> Callable[..., Any]:
    """Confirm what is not stored."""
    return lambda _self, _change, **_known: {"status": "accepted"}


def never_in_conflict(_is_conflict: Callable[..., bool]) -> Callable[..., bool]:
    """Let the last one win, silently."""
    return lambda *_arguments: False


@pytest.mark.parametrize(
    ("owner", "name", "defect", "told"),
    [
        (pull.Pull, "_apply_change", loses_what_arrives, "less"),
        (taking.Taking, "_accept", says_and_does_not, "is lost"),
        (merge, "is_conflict", never_in_conflict, "is missing"),
    ],
)
def test_a_defect_is_found(tmp_path: Path, monkeypatch, owner: object, name: str, defect, told: str) -> None:
    """A test of the judge: with a part that does not do its work, some schedule fails, with its seed."""
    monkeypatch.setattr(owner, name, defect(getattr(owner, name)))
    result = simulate(Settings(seed=1, schedules=40, faults=()), tmp_path)
    assert result.failed == result.schedules
    assert any(told in problem for problem in result.problems), result.problems


def test_the_command_tells_how_to_replay(tmp_path: Path, monkeypatch, capsys) -> None:
    """On a failure: exit code 1, the seed, and a command line that runs exactly that schedule."""
    monkeypatch.setattr(taking.Taking, "_accept", says_and_does_not(taking.Taking._accept))
    asked = ["simulate", "--replicas", "2-3", "--edits", "20", "--seed", "5", "--faults", "drop,skew"]
    assert main([*asked, "--schedules", "20", "--folder", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["seed"] == 5
    assert told["problems"]
    replay = told["replay"].split()
    assert replay[0] == "stadsveld"
    assert replay[1:] == [*asked[:6], str(told["failed"]), *asked[7:]]
    assert told["replay"] in printed.err
    assert main([*replay[1:], "--folder", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().out)["problems"] == told["problems"]


def test_the_command_prints_what_it_ran(tmp_path: Path, capsys) -> None:
    """Seed, count, edits, conflicts, faults and time, as JSON; exit code 0."""
    assert (
        main(["simulate", "--schedules", "2", "--seed", "9", "--faults", "drop", "--folder", str(tmp_path)])
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert (told["seed"], told["schedules"], told["failed"]) == (9, 2, None)
    assert told.keys() >= {"edits", "syncs", "changes", "conflicts", "faults", "seconds"}


@pytest.mark.parametrize(
    "wrong", [["--replicas", "1"], ["--replicas", "8-2"], ["--replicas", "x"], ["--faults", "fire"]]
)
def test_wrong_wishes_are_explained(wrong: list[str], capsys) -> None:
    """What cannot be simulated is refused before anything begins."""
    assert main(["simulate", *wrong]) == 1
    assert capsys.readouterr().err.startswith("stadsveld: ")


def test_the_fault_points_are_listed(capsys) -> None:
    """With what has just happened there."""
    assert main(["simulate", "--list-faults"]) == 0
    assert "seal.before-commit" in json.loads(capsys.readouterr().out)
