"""Working copies and a central store over real HTTP: what goes in anywhere comes out everywhere."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.errors import Refused, StoreError, Unavailable
from stadsveld.model import id_from_register, new_id
from stadsveld.store import Store, statement
from stadsveld.sync import (
    EXISTS,
    SyncReport,
    conflicts,
    create_replica,
    dump,
    history,
    join,
    outbox,
    resolve,
    seal,
    sync,
    token_of,
    transport_of,
)
from stadsveld.sync.merge import read_change
from support.faulty import FaultyTransport
from support.live_hub import LiveHub

HERE = geo.point_wkb(203000, 503000)
SQUARE = geo.multipolygon_wkb([[[(203000, 503000), (203010, 503000), (203010, 503010), (203000, 503000)]]])


def go(*stores: Store) -> SyncReport:
    """Synchronise each in turn; the report of the last."""
    for store in stores:
        report = sync(store, transport_of(store))
    return report


def all_agree(hub: LiveHub, *stores: Store) -> None:
    """All files have the same state and right spatial indexes."""
    with Store.open(hub.path) as central:
        expected = list(dump(central))
        assert central.spatial_index_is_right()
    for store in stores:
        assert list(dump(store)) == expected
        assert store.spatial_index_is_right()


@pytest.fixture
def pair(live_hub: LiveHub, tmp_path: Path):
    """Two inspectors' working copies."""
    with live_hub.replica(tmp_path / "a.sqlite") as a, live_hub.replica(tmp_path / "b.sqlite") as b:
        yield a, b


def add_register(
    store: Store, edition: str = "2024-01-01", pavement: str = "asfalt", count: int = 3
) -> list[str]:
    """Import road sections as a register edition does."""
    ids = [id_from_register("test/wegen", str(n)) for n in range(count)]
    dataset = id_from_register("test/wegen/edition", edition)
    blob = geo.blob_from_wkb(SQUARE)
    with store.transaction(capture=False):
        fields = {"name": "Wegen", "register": "test/wegen", "edition": edition, "edition_date": edition}
        store.put("dataset", dataset, fields)
        writer = store.register_writer("road_section", dataset)
        if store.get("road_section", ids[0]) is None:
            rows = [(row_id, str(n), pavement, blob) for n, row_id in enumerate(ids)]
            writer.insert(("id", "number", "pavement", "geom"), rows)
        else:
            for row_id in ids:
                writer.update(row_id, {"pavement": pavement})
    return ids


def test_a_task_goes_from_one_working_copy_to_another(live_hub: LiveHub, pair) -> None:
    """What one inspector writes, the other reads, and all three files have the same state."""
    a, b = pair
    task = a.put("task", None, {"title": "Kuil in de weg", "geom": geo.point_wkb(203000.12345, 503000)})
    assert [item.state for item in outbox(a)] == ["waiting"]
    report = go(a)
    assert (report.pushed, report.accepted, report.quarantined) == (1, 1, [])
    assert outbox(a) == []
    assert go(b).pulled == 1
    arrived = b.get("task", task)
    assert arrived["title"] == "Kuil in de weg"
    assert arrived["geom"] == geo.point_wkb(203000.123, 503000)
    all_agree(live_hub, a, b)
    again = go(a)
    assert (again.pushed, again.pulled) == (0, 0)


def test_both_edit_the_same_field(live_hub: LiveHub, pair) -> None:
    """Two people who change one field without knowing of each other make a conflict, kept by all."""
    a, b = pair
    task = a.put("task", None, {"title": "Eerst", "note": "zelfde"})
    go(a, b)
    a.put("task", task, {"title": "Van A"})
    b.put("task", task, {"title": "Van B", "note": "van B"})
    go(a, b, a)
    (conflict,) = conflicts(a)
    assert {head.value for head in conflict.alternatives} == {"Van A", "Van B"}
    assert a.get("task", task)["title"] == conflict.alternatives[0].value
    all_agree(live_hub, a, b)
    a.put("task", task, {"title": "Samen"})
    assert seal(a) == 1
    go(a, b)
    assert conflicts(a) == conflicts(b) == []
    assert b.get("task", task)["title"] == "Samen"
    assert len(list(history(b, "task", task))) == 4


def test_equal_edits_and_other_fields_are_no_conflict(live_hub: LiveHub, pair) -> None:
    """The same value twice, or different fields of one row, merge without a question."""
    a, b = pair
    task = a.put("task", None, {"title": "t"})
    go(a, b)
    a.put("task", task, {"title": "zelfde", "note": "n"})
    b.put("task", task, {"title": "zelfde", "status": "sent"})
    go(a, b, a)
    assert conflicts(a) == conflicts(b) == []
    row = b.get("task", task)
    assert (row["title"], row["note"], row["status"]) == ("zelfde", "n", "sent")
    all_agree(live_hub, a, b)


@pytest.mark.parametrize("deleter_first", [True, False])
@pytest.mark.parametrize("keep", [True, False])
def test_delete_against_edit(live_hub: LiveHub, pair, deleter_first: bool, keep: bool) -> None:
    """In both orders the row stays with its edit, marked, until a person decides; both decisions hold."""
    a, b = pair
    task = a.put("task", None, {"title": "t", "geom": HERE})
    go(a, b)
    a.delete("task", task)
    b.put("task", task, {"title": "nog nodig"})
    go(*((a, b, a) if deleter_first else (b, a, b)), a, b)
    for store in (a, b):
        row = store.get("task", task)
        assert (row["title"], row["geom"]) == ("nog nodig", HERE)
        assert [found.field for found in conflicts(store)] == [EXISTS]
    all_agree(live_hub, a, b)
    resolve(b, "task", task, EXISTS, keep)
    go(b, a)
    assert conflicts(a) == conflicts(b) == []
    assert (a.get("task", task) is not None) == (b.get("task", task) is not None) == keep
    all_agree(live_hub, a, b)


@pytest.mark.parametrize("child_first", [True, False])
def test_parent_and_child_from_two_devices(live_hub: LiveHub, pair, child_first: bool) -> None:
    """A damage that arrives before its inspection waits; when the inspection goes, the damage stays."""
    a, b = pair
    inspection = a.put("inspection", None, {"kind": "road_global", "status": "draft"})
    damage = b.put("damage", None, {"inspection_id": inspection, "type": "rafeling", "geom": HERE})
    go(*((b, a) if child_first else (a, b)), a, b)
    for store in (a, b):
        assert store.get("damage", damage)["inspection_id"] == inspection
        assert store.get("inspection", inspection)["status"] == "draft"
    b.put("damage", damage, {"note": "groter geworden"})
    a.delete("inspection", inspection)
    go(a, b, a)
    assert b.get("inspection", inspection) is None
    assert a.get("damage", damage)["note"] == "groter geworden"
    all_agree(live_hub, a, b)


def test_lost_answers_do_no_harm(live_hub: LiveHub, tmp_path: Path) -> None:
    """Killed between commit and answer, at any request: the next sync goes on, and nothing doubles."""
    with live_hub.replica(tmp_path / "a.sqlite", "planner") as a:
        add_register(a)
        for n in range(5):
            a.put("task", None, {"title": str(n)})
        a.put("photo", None, {"owner_id": new_id(), "sha256": a.photos.add(b"\xff\xd8 photo")})
        real = transport_of(a)
        for kind in ("after", "cut", "before"):
            for number in range(1, 8):
                faulty = FaultyTransport(
                    real, lambda n, _m, _p, at=number, how=kind: how if n == at else None
                )
                try:
                    sync(a, faulty)
                except Unavailable:
                    assert faulty.count == number
        report = go(a)
        assert (report.pushed, report.quarantined, outbox(a)) == (0, [], [])
        all_agree(live_hub, a)
        with Store.open(live_hub.path) as central:
            assert central.count("task") == 5
            assert len(list(history(central))) == 6


def test_an_answer_lost_after_the_commit_counts_as_duplicate(live_hub: LiveHub, pair) -> None:
    """The change that the central store holds already is confirmed, not stored twice."""
    a, _b = pair
    a.put("task", None, {"title": "t"})
    lose_push = FaultyTransport(transport_of(a), lambda _n, _m, path: "after" if path == "/v1/push" else None)
    with pytest.raises(Unavailable):
        sync(a, lose_push)
    assert len(outbox(a)) == 1
    report = go(a)
    assert (report.accepted, report.duplicate) == (0, 1)


def test_a_bad_network_only_delays(live_hub: LiveHub, pair) -> None:
    """With a third of the requests failing in every way, two inspectors end with one state."""
    chance = random.Random(20240517)
    a, b = pair

    def fails(_n: int, _m: str, _p: str) -> str | None:
        return chance.choice([None, None, None, None, "before", "after", "cut"])

    for n in range(12):
        store = (a, b)[n % 2]
        store.put("task", None, {"title": str(n)})
        try:
            sync(store, FaultyTransport(transport_of(store), fails))
        except Unavailable:
            continue
    go(a, b, a)
    assert a.count("task") == b.count("task") == 12
    all_agree(live_hub, a, b)


def test_one_poison_change_never_blocks_the_next(live_hub: LiveHub, pair) -> None:
    """What the central store refuses waits with its reason; everything else goes through."""
    a, b = pair
    a.put("task", None, {"title": "ervoor"})
    a.connection.execute("UPDATE task SET due = 12345678901, assignee = x'00ff'")
    section = a.put("road_section", None, {"number": "1", "pavement": "asfalt"})
    a.put("task", None, {"title": "erna"})
    report = go(a)
    assert (report.pushed, report.accepted) == (3, 2)
    assert [found["entity_id"] for found in report.quarantined] == [section]
    assert "planner" in report.quarantined[0]["reason"]
    (item,) = outbox(a)
    assert (item.state, item.entity_id) == ("refused", section)
    assert a.get("road_section", section) is None
    again = go(a)
    assert (again.pushed, again.quarantined) == (0, [])
    go(b)
    assert b.count("task") == 2
    all_agree(live_hub, a, b)


def test_a_geometry_that_no_one_can_draw_is_refused_with_its_reason(live_hub: LiveHub, pair) -> None:
    """A point at infinity or in another coordinate system comes back with what to do."""
    a, b = pair
    good = a.put("task", None, {"title": "goed", "geom": HERE})
    wrong = a.put("task", None, {"title": "fout", "geom": geo.point_wkb(5.2, 52.1)})
    report = go(a)
    assert [found["entity_id"] for found in report.quarantined] == [wrong]
    assert "coordinate system" in report.quarantined[0]["reason"]
    go(b)
    assert [row["id"] for row in b.rows("task")] == [good]
    all_agree(live_hub, a, b)


def test_a_refused_edit_of_a_register_row_falls_back_to_the_register(live_hub: LiveHub, pair) -> None:
    """Changed or even deleted by who may not: the register's own row is back after the refusal."""
    with Store.open(live_hub.path) as central:
        first, second, third = add_register(central)
    a, b = pair
    go(a, b)
    before = {row_id: a.get("road_section", row_id) for row_id in (first, second, third)}
    a.put("road_section", first, {"pavement": "beton", "street": "verzonnen"})
    a.delete("road_section", second)
    a.put("road_section", third, {"geom": None})
    report = go(a)
    assert len(report.quarantined) == 3
    assert {row_id: a.get("road_section", row_id) for row_id in before} == before
    go(b)
    assert {row_id: b.get("road_section", row_id) for row_id in before} == before
    all_agree(live_hub, a, b)


def test_register_rows_come_with_their_dataset_and_leave_what_people_changed(
    live_hub: LiveHub, tmp_path: Path
) -> None:
    """A newer edition updates what nobody touched; a planner's correction stays, on every file."""
    with Store.open(live_hub.path) as central:
        first, second, _third = add_register(central)
    with (
        live_hub.replica(tmp_path / "p.sqlite", "planner") as p,
        live_hub.replica(tmp_path / "i.sqlite") as i,
    ):
        assert go(p, i).pulled == 3
        assert i.count("dataset") == 1
        p.put("road_section", first, {"pavement": "elementen"})
        go(p)
        with Store.open(live_hub.path) as central:
            add_register(central, "2025-01-01", "beton")
        go(i, p)
        for store in (p, i):
            assert store.get("road_section", first)["pavement"] == "elementen"
            assert store.get("road_section", second)["pavement"] == "beton"
        all_agree(live_hub, p, i)
        add_register(p, "2026-01-01", "asfalt")
        assert go(p).rows_sent == 3
        go(i)
        assert i.get("road_section", second)["pavement"] == "asfalt"
        assert i.count("dataset") == 3
        all_agree(live_hub, p, i)


def test_a_deleted_register_row_returns_whole_when_somebody_edited_it(
    live_hub: LiveHub, tmp_path: Path
) -> None:
    """The deletion loses against an edit elsewhere, and what the register said comes back with it."""
    with Store.open(live_hub.path) as central:
        first, *_rest = add_register(central)
    with (
        live_hub.replica(tmp_path / "p.sqlite", "planner") as p,
        live_hub.replica(tmp_path / "q.sqlite", "planner") as q,
    ):
        go(p, q)
        p.delete("road_section", first)
        q.put("road_section", first, {"street": "Dorpsstraat"})
        go(p, q, p)
        row = p.get("road_section", first)
        assert (row["number"], row["pavement"], row["street"], row["geom"]) == (
            "0",
            "asfalt",
            "Dorpsstraat",
            SQUARE,
        )
        all_agree(live_hub, p, q)


def test_a_store_of_ones_own_joins(live_hub: LiveHub, tmp_path: Path, pair) -> None:
    """What was recorded and imported without a central store goes up with the first sync."""
    a, _b = pair
    with Store.create(tmp_path / "own.sqlite") as own:
        add_register(own)
        task = own.put("task", None, {"title": "van voor het aansluiten"})
        join(own, live_hub.transport(), live_hub.code("planner"), "bureau")
        report = go(own)
        assert (report.accepted, report.rows_sent) == (1, 3)
        go(a)
        assert a.get("task", task)["title"] == "van voor het aansluiten"
        all_agree(live_hub, own, a)
        with pytest.raises(StoreError):
            join(own, live_hub.transport(), live_hub.code("planner"), "bureau")


def test_photos_travel_and_are_verified(live_hub: LiveHub, pair) -> None:
    """A photo goes with its row; one that nobody delivered yet is waited for."""
    a, b = pair
    content = os.urandom(100_000)
    inspection = a.put("inspection", None, {"kind": "road_global"})
    sha256 = a.photos.add(content)
    a.put("photo", None, {"owner_entity": "inspection", "owner_id": inspection, "sha256": sha256})
    b.put("photo", None, {"owner_id": inspection, "sha256": "ab" * 32})
    assert go(a).photos_sent == 1
    report = go(b)
    assert (report.photos_received, report.photos_waiting) == (1, 1)
    assert b.photos.read(sha256) == content
    assert go(a).photos_sent == 0


def test_a_phone_without_spatialite(live_hub: LiveHub, tmp_path: Path, pair) -> None:
    """It starts from the file the central store makes, writes, receives, and its index is right."""
    a, _b = pair
    task = a.put("task", None, {"title": "voor de telefoon", "geom": HERE})
    go(a)
    live_hub.replica(tmp_path / "phone.sqlite").close()
    with Store.open(tmp_path / "phone.sqlite", spatialite=False) as phone:
        own = phone.put("task", None, {"title": "van de telefoon", "geom": geo.point_wkb(203100, 503100)})
        go(phone)
        near = (202990.0, 502990.0, 203010.0, 503010.0)
        assert [row["id"] for row in phone.window("task", near)] == [task]
        phone.put("task", own, {"geom": geo.point_wkb(203001, 503001)})
        assert {row["id"] for row in phone.window("task", near)} == {task, own}
        phone.delete("task", task)
        go(phone)
    with Store.open(tmp_path / "phone.sqlite") as phone:
        all_agree(live_hub, phone)


def test_an_area_limits_what_comes(live_hub: LiveHub, tmp_path: Path, pair) -> None:
    """Inside the area, and what has no place; a thing that moves in comes whole."""
    a, _b = pair
    near = a.put("task", None, {"title": "dichtbij", "geom": HERE})
    far = a.put("task", None, {"title": "ver", "note": "al lang", "geom": geo.point_wkb(210000, 510000)})
    nowhere = a.put("task", None, {"title": "nergens"})
    inspection = a.put("inspection", None, {"asset_entity": "task", "asset_id": far})
    damage = a.put("damage", None, {"inspection_id": inspection})
    go(a)
    box = (202000.0, 502000.0, 204000.0, 504000.0)
    with live_hub.replica(tmp_path / "c.sqlite", bbox=box) as c:
        go(c)
        assert {row["id"] for row in c.rows("task")} == {near, nowhere}
        assert c.get("damage", damage) is None
        a.put("task", far, {"geom": geo.point_wkb(203500, 503500)})
        go(a, c)
        assert c.get("task", far)["note"] == "al lang"


def test_kinds_limit_what_comes(live_hub: LiveHub, tmp_path: Path, pair) -> None:
    """Only the kinds asked for arrive."""
    a, _b = pair
    a.put("task", None, {"title": "t"})
    a.put("plan", None, {"name": "p"})
    a.put("inspection", None, {"kind": "road_global"})
    go(a)
    with live_hub.replica(tmp_path / "c.sqlite", kinds=["inspection"]) as c:
        go(c)
        assert (c.count("task"), c.count("inspection")) == (0, 1)


def test_a_restored_central_store_gets_back_what_it_forgot(live_hub: LiveHub, pair) -> None:
    """Put back from an old backup with a new epoch: the working copies bring what is missing."""
    a, b = pair
    a.put("task", None, {"title": "voor de backup"})
    go(a, b)
    live_hub.stop()
    backup = live_hub.path.read_bytes()
    live_hub.restart()
    a.put("task", None, {"title": "na de backup"})
    b.put("task", None, {"title": "ook na de backup"})
    go(a, b, a)
    live_hub.stop()
    for tail in ("-wal", "-shm"):
        live_hub.path.with_name(live_hub.path.name + tail).unlink(missing_ok=True)
    live_hub.path.write_bytes(backup)
    with Store.open(live_hub.path) as central, central.transaction():
        central.set_setting("epoch", new_id())
    live_hub.restart()
    go(a, b)
    assert a.count("task") == b.count("task") == 3
    all_agree(live_hub, a, b)


def test_an_ended_device(live_hub: LiveHub, tmp_path: Path) -> None:
    """Retired: it delivers what it holds. Lost: nothing from it is accepted. Both are wiped."""
    with live_hub.replica(tmp_path / "a.sqlite") as a, live_hub.replica(tmp_path / "b.sqlite") as b:
        for store in (a, b):
            store.put("task", None, {"title": "nog hier"})
        live_hub.end(a.device_id, "retired")
        live_hub.end(b.device_id, "lost")
        report = go(a)
        assert (report.accepted, report.ended, report.wiped) == (1, "retired", True)
        report = go(b)
        assert (report.pushed, report.ended, report.wiped) == (0, "lost", True)
        with pytest.raises(StoreError, match="lost"):
            outbox(b)


def test_a_central_store_that_is_away(live_hub: LiveHub, pair) -> None:
    """No network, or something else that answers: a clear, retryable error, and nothing is lost."""
    a, _b = pair
    a.put("task", None, {"title": "t"})
    live_hub.stop()
    with pytest.raises(Unavailable) as caught:
        go(a)
    assert caught.value.is_retryable
    assert len(outbox(a)) == 1
    live_hub.restart()
    assert go(a).accepted == 1


def test_a_code_works_once(live_hub: LiveHub, tmp_path: Path) -> None:
    """Enrolment leaves no file when refused; a lost answer may be asked again."""
    code = live_hub.code()
    lossy = FaultyTransport(live_hub.transport(), lambda n, _m, _p: "after" if n == 1 else None)
    with pytest.raises(Unavailable):
        create_replica(tmp_path / "a.sqlite", lossy, code, "a")
    with create_replica(tmp_path / "a.sqlite", lossy, code, "a") as a:
        assert len(token_of(a) or "") >= 32
        assert (tmp_path / "a.sqlite.token").stat().st_mode & 0o077 == 0
    before = set(tmp_path.iterdir())
    with pytest.raises(Refused):
        create_replica(tmp_path / "b.sqlite", live_hub.transport(), code, "b")
    assert set(tmp_path.iterdir()) == before


def test_the_app_may_keep_the_token_elsewhere(live_hub: LiveHub, tmp_path: Path) -> None:
    """With a safe place for it there is no token file, and the transport brings it."""
    kept: list[str] = []
    path = tmp_path / "a.sqlite"
    with create_replica(path, live_hub.transport(), live_hub.code(), "a", keep_token=kept.append) as a:
        assert token_of(a) is None
        a.put("task", None, {"title": "t"})
        assert sync(a, live_hub.transport(kept[0])).accepted == 1
        with pytest.raises(Refused):
            sync(a, live_hub.transport("x" * 40))


def test_an_interrupted_pull_goes_on_where_it_was(
    live_hub: LiveHub, pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page: what arrived is not fetched again after the network failed."""
    monkeypatch.setattr("stadsveld.sync.pull._PAGE", 10)
    a, b = pair
    for n in range(45):
        a.put("task", None, {"title": str(n)})
    go(a)
    pulls: list[str] = []

    def fails_at_the_third(_n: int, _m: str, path: str) -> str | None:
        pulls.append(path) if path.startswith("/v1/pull") else None
        return "cut" if len(pulls) == 3 else None

    with pytest.raises(Unavailable):
        sync(b, FaultyTransport(transport_of(b), fails_at_the_third))
    assert b.count("task") == 20
    assert go(b).pulled == 25
    all_agree(live_hub, a, b)


def test_a_full_disk_while_synchronising(live_hub: LiveHub, pair) -> None:
    """What does not fit is refused whole, and the next synchronisation brings it."""
    a, b = pair
    for n in range(300):
        a.put("task", None, {"title": str(n), "note": "x" * 5000})
    go(a)
    before = b.connection.execute("PRAGMA page_count").fetchone()[0]
    b.connection.execute(f"PRAGMA max_page_count = {before + 40}")
    with pytest.raises(StoreError, match="full"):
        go(b)
    assert b.count("task") == 0
    assert b.problems() == []
    b.connection.execute("PRAGMA max_page_count = 1000000")
    assert go(b).pulled == 300
    all_agree(live_hub, a, b)


def test_an_edit_while_a_page_arrives_is_not_lost(live_hub: LiveHub, pair) -> None:
    """What somebody types in another program between fetching and storing is sealed first, and kept."""
    a, b = pair
    task = a.put("task", None, {"title": "t"})
    go(a, b)
    a.put("task", task, {"title": "van A"})
    go(a)

    def types_meanwhile(_n: int, _m: str, path: str) -> None:
        if path.startswith("/v1/pull"):
            with Store.open(b.path) as other:
                other.put("task", task, {"title": "van B"})

    sync(b, FaultyTransport(transport_of(b), types_meanwhile))
    (conflict,) = conflicts(b)
    assert {head.value for head in conflict.alternatives} == {"van A", "van B"}
    go(b, a)
    assert len(conflicts(a)) == 1
    all_agree(live_hub, a, b)


def test_what_was_undone_before_sealing_is_no_change(store: Store) -> None:
    """Edited and put back, inserted and deleted again: nothing to send."""
    task = store.put("task", None, {"title": "t", "note": None})
    assert seal(store) == 1
    store.put("task", task, {"title": "u", "note": "n"})
    store.put("task", task, {"title": "t", "note": None})
    store.delete("task", store.put("task", None, {"title": "kort"}))
    assert seal(store) == 0
    row = store.get("task", task)
    store.delete("task", task)
    store.put("task", task, {"title": row["title"]})
    assert seal(store) == 0


def test_one_change_per_row_with_the_parents_it_saw(store: Store) -> None:
    """An insert carries every value and its existence; an edit names the head; a deletion names all heads."""
    task = store.put("task", None, {"title": "t", "geom": HERE})
    store.put("task", task, {"note": "n"})
    seal(store)
    store.put("task", task, {"note": "m"})
    seal(store)
    store.delete("task", task)
    seal(store)
    made, edited, deleted = (item.fields for item in history(store, "task", task))
    assert made == {"title": "t", "note": "n", "geom": HERE.hex(), EXISTS: True}
    assert edited == {"note": "m"}
    assert deleted == {EXISTS: False}
    ids = [item.change_id for item in history(store, "task", task)]
    change = read_change(store, ids[2])
    assert change.parents == {
        "title": (ids[0],),
        "geom": (ids[0],),
        EXISTS: (ids[0],),
        "note": (ids[1],),
    }


def test_many_rows_at_once(store: Store) -> None:
    """A bulk update by SQL becomes a change per row, with stamps that only grow."""
    with store.transaction():
        for n in range(500):
            store.put("task", None, {"title": str(n)})
    store.connection.execute("UPDATE task SET status = 'sent'")
    assert seal(store, "persoon-1") == 500
    items = list(history(store))
    assert {item.actor for item in items} == {"persoon-1"}
    stamps = [row["hlc"] for row in store.connection.execute(statement("all_changes"))]
    assert len(set(stamps)) == 500
