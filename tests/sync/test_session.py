"""Working copies and a central store over real HTTP: what goes in anywhere comes out everywhere."""

from __future__ import annotations

from pathlib import Path

from stadsveld import geo
from stadsveld.store import Store
from stadsveld.sync import conflicts, dump_hash, outbox, seal, sync
from support.live_hub import LiveHub


def go(store: Store, hub: LiveHub):
    from stadsveld.sync import transport_of

    return sync(store, transport_of(store))


def test_a_task_goes_from_one_working_copy_to_another(live_hub: LiveHub, tmp_path: Path) -> None:
    """What one inspector writes, the other reads, and all three files have the same state."""
    with live_hub.replica(tmp_path / "a.sqlite") as a, live_hub.replica(tmp_path / "b.sqlite") as b:
        task = a.put("task", None, {"title": "Kuil in de weg", "geom": geo.point_wkb(203000.12345, 503000)})
        assert [item.state for item in outbox(a)] == ["waiting"]
        report = go(a, live_hub)
        assert (report.pushed, report.accepted, report.quarantined) == (1, 1, [])
        assert outbox(a) == []
        assert go(b, live_hub).pulled == 1
        arrived = b.get("task", task)
        assert arrived is not None
        assert arrived["title"] == "Kuil in de weg"
        assert arrived["geom"] == geo.point_wkb(203000.123, 503000)
        with Store.open(live_hub.path) as central:
            assert dump_hash(a) == dump_hash(b) == dump_hash(central)
            assert central.spatial_index_is_right()
        assert go(a, live_hub).pulled == 0


def test_both_edit_the_same_field(live_hub: LiveHub, tmp_path: Path) -> None:
    """Two people who change one field without knowing of each other make a conflict, kept by all."""
    with live_hub.replica(tmp_path / "a.sqlite") as a, live_hub.replica(tmp_path / "b.sqlite") as b:
        task = a.put("task", None, {"title": "Eerst", "note": "zelfde"})
        go(a, live_hub), go(b, live_hub)
        a.put("task", task, {"title": "Van A"})
        b.put("task", task, {"title": "Van B", "note": "van B"})
        go(a, live_hub), go(b, live_hub), go(a, live_hub)
        assert dump_hash(a) == dump_hash(b)
        (conflict,) = conflicts(a)
        assert {head.value for head in conflict.alternatives} == {"Van A", "Van B"}
        a.put("task", task, {"title": "Samen"})
        assert seal(a) == 1
        go(a, live_hub), go(b, live_hub)
        assert conflicts(a) == conflicts(b) == []
        assert b.get("task", task)["title"] == "Samen"
