"""A working copy starts with a snapshot: the same state as page by page, and a broken download goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.errors import StadsveldError, Unavailable
from stadsveld.model import new_id
from stadsveld.store import Store
from stadsveld.sync import conflicts, dump, dump_hash, erase, history, sync, transport_of
from stadsveld.sync import starting as starting_module
from stadsveld.sync.replica import token_of
from stadsveld.sync.transport import Link
from support.faulty import FaultyTransport
from support.live_hub import LiveHub

HALF = (203000.0, 503000.0, 203050.0, 503100.0)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a snapshot be worth it for little, in small pieces, so that the tests stay small."""
    monkeypatch.setattr(starting_module, "_WORTH_A_SNAPSHOT", 10)
    monkeypatch.setattr(starting_module, "_PIECE", 20_000)


@pytest.fixture
def filled(live_hub: LiveHub, tmp_path: Path) -> LiveHub:
    """A central store with register rows, people's rows, a conflict, a deletion and an erasure."""
    with Store.open(live_hub.path) as central:
        with central.transaction(capture=False):
            dataset = central.put("dataset", None, {"name": "d", "register": "r"})
            loader = central.table_loader("road_section", dataset)
            loader.insert(("id", "number", "geom"), [section(n) for n in range(100)])
            loader.close()
        sections = [row["id"] for row in central.rows("road_section")]
    a, b = (live_hub.replica(tmp_path / f"by-{name}.sqlite", role="planner") for name in "ab")
    task = a.put("task", None, {"title": "t", "note": "secret"})
    for store in (a, b):
        sync(store, transport_of(store))
    a.delete("road_section", sections[0])
    for name, store in (("a", a), ("b", b)):
        store.put("task", task, {"title": name})
        store.put("road_section", sections[1], {"pavement": name})
    for store in (a, b, a, b):
        sync(store, transport_of(store))
    for store in (a, b):
        store.close()
    with Store.open(live_hub.path) as central:
        erase(central, "task", task, "note")
        assert len(conflicts(central)) == 2
    return live_hub


def section(number: int) -> tuple[str, str, bytes]:
    """A road section of 8 by 8 m on a row of places 1 m apart."""
    x, y = 203000 + number, 503000
    wkt = f"MULTIPOLYGON ((({x} {y}, {x + 8} {y}, {x + 8} {y + 8}, {x} {y + 8}, {x} {y})))"
    return new_id(), str(number), geo.blob_from_wkb(geo.canonical_wkb(geo.wkb_from_wkt(wkt)))


@pytest.mark.parametrize("spatialite", [True, False])
def test_a_snapshot_and_pages_come_to_the_same(
    filled: LiveHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spatialite: bool
) -> None:
    """State, conflicts, history and spatial index; and edits afterwards synchronise as always."""
    with filled.replica(tmp_path / "fast.sqlite") as fast:
        path = fast.path
    with Store.open(path, spatialite=spatialite) as fast:
        report = sync(fast, transport_of(fast))
        assert report.pulled > 100
        monkeypatch.setattr(starting_module, "_WORTH_A_SNAPSHOT", 1 << 40)
        with filled.replica(tmp_path / "slow.sqlite") as slow:
            sync(slow, transport_of(slow))
            assert list(dump(fast)) == list(dump(slow))
            assert conflicts(fast) == conflicts(slow)
            assert [item.change_id for item in history(fast)] == [item.change_id for item in history(slow)]
            assert "secret" not in "".join(dump(fast))
            row = next(fast.window("road_section", (203050, 503000, 203051, 503001)))
            fast.put("road_section", row["id"], {"pavement": "asfalt"})
            fast.put("task", None, {"title": "new", "geom": geo.point_wkb(203000, 503000)})
            for store in (fast, slow):
                sync(store, transport_of(store))
            assert dump_hash(fast) == dump_hash(slow)
    with Store.open(path) as checked:
        assert checked.problems() == []
    assert list(tmp_path.glob("*.part")) == []


def test_only_what_the_device_may_see_is_in_it(filled: LiveHub, tmp_path: Path) -> None:
    """The half of the sections that lies in its area, and no token of anybody."""
    with filled.replica(tmp_path / "half.sqlite", bbox=HALF) as half:
        sync(half, transport_of(half))
        numbers = {int(row["number"]) for row in half.rows("road_section")}
        assert max(numbers) == 50
        assert half.connection.execute("SELECT count(*) FROM stadsveld_device").fetchone()[0] == 0
    with filled.replica(tmp_path / "kinds.sqlite", kinds=["task"]) as tasks:
        sync(tasks, transport_of(tasks))
        assert (tasks.count("task"), tasks.count("road_section")) == (1, 0)


def test_a_broken_download_goes_on_where_it_was(filled: LiveHub, tmp_path: Path) -> None:
    """Piece by piece over several synchronisations, each piece fetched once."""
    asked: list[str] = []

    def fault(_number: int, method: str, path: str) -> str | None:
        if path.startswith("/v1/snapshot/"):
            asked.append(path)
            return "before" if len(asked) % 2 == 0 else None
        return None

    with filled.replica(tmp_path / "a.sqlite") as a:
        for _attempt in range(100):
            try:
                sync(a, FaultyTransport(transport_of(a), fault))
                break
            except Unavailable:
                continue
        with Store.open(filled.path) as central:
            assert dump_hash(a) == dump_hash(central)
    assert len(asked) > 4


def test_a_damaged_snapshot_is_refused_and_fetched_anew(filled: LiveHub, tmp_path: Path) -> None:
    """A piece that arrives altered is noticed before anything is stored."""
    with filled.replica(tmp_path / "a.sqlite") as a:
        transport = transport_of(a)

        class Altering:
            def request(self, method, path, **more):
                answer = transport.request(method, path, **more)
                if path.startswith("/v1/snapshot/"):
                    return type(answer)(answer.status, answer.headers, b"x" + answer.body[1:])
                return answer

        with pytest.raises(StadsveldError):
            sync(a, Altering())
        assert a.count("road_section") == 0
        sync(a, transport)
        assert a.count("road_section") == 99


def test_one_who_has_work_already_gets_pages(filled: LiveHub, tmp_path: Path) -> None:
    """A copy with edits of its own is not overwritten by a snapshot."""
    with filled.replica(tmp_path / "a.sqlite") as a:
        a.put("task", None, {"title": "mine"})
        sync(a, transport_of(a))
        assert a.count("task") == 2
        with Store.open(filled.path) as central:
            assert dump_hash(a) == dump_hash(central)


def test_a_snapshot_of_others_limits_is_not_given(filled: LiveHub, tmp_path: Path) -> None:
    """The name of a snapshot alone opens nothing."""
    whole = filled.replica(tmp_path / "whole.sqlite")
    half = filled.replica(tmp_path / "half.sqlite", bbox=HALF)
    offer = Link(transport_of(whole), token_of(whole)).ask("POST", "/v1/snapshot", {})
    link = Link(transport_of(half), token_of(half))
    for name in (offer["name"], "..%2F..%2Fcentral.sqlite", "nonsense"):
        try:
            given = link.fetch(f"/v1/snapshot/{name}")
        except StadsveldError:
            given = None
        assert given is None, name
