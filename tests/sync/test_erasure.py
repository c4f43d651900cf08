"""Personal data that slipped in is erased wherever it is met, and everything else stays as it was."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.errors import BadInput, Refused
from stadsveld.model import new_id
from stadsveld.store import Store
from stadsveld.sync import conflicts, dump_hash, erase, history, outbox, sync, transport_of
from support.live_hub import LiveHub

SECRET = "Mrs Jansen, 06-12345678"
PHOTO = b"\xff\xd8" + b"a face" * 50 + b"\xff\xd9"


def exchange(*stores: Store) -> None:
    for store in stores:
        sync(store, transport_of(store))


def traces(path: Path, secret: str) -> list[str]:
    """The tables of a file in which a text still stands."""
    found = []
    with Store.open(path) as store:
        names = [
            row[0] for row in store.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for name in names:
            if name.startswith(("task", "photo", "stadsveld_")):
                rows = store.connection.execute(f"SELECT * FROM {name}")
                found += [name for row in rows if any(secret in str(value) for value in row)]
    return found


@pytest.mark.parametrize("late_first", [False, True])
def test_an_erased_note_is_nowhere_also_not_on_a_device_that_comes_late(
    live_hub: LiveHub, tmp_path: Path, late_first: bool
) -> None:
    """Whoever synchronises first, also the device that still offers the value, it goes everywhere."""
    inspector, late = live_hub.replica(tmp_path / "a.sqlite"), live_hub.replica(tmp_path / "late.sqlite")
    admin = live_hub.replica(tmp_path / "admin.sqlite", role="administrator")
    task = inspector.put("task", None, {"title": "crack", "note": SECRET})
    exchange(inspector, late, admin)
    late.put("task", task, {"note": SECRET + " called again"})
    if late_first:
        exchange(late)
    exchange(admin)
    erase(admin, "task", task, "note", "removed: personal data")
    exchange(admin, late, inspector, admin)
    if not late_first:
        [conflict] = conflicts(admin)
        assert {head.value for head in conflict.alternatives} == {
            "removed: personal data",
            SECRET + " called again",
        }
        erase(admin, "task", task, "note")
        exchange(admin, late, inspector)
    hashes = {dump_hash(store) for store in (inspector, late, admin)}
    for store in (inspector, late, admin):
        store.close()
    for name in ("a", "late", "admin", "central"):
        path = tmp_path / f"{name}.sqlite"
        assert traces(path, SECRET) == []
        with Store.open(path) as store:
            assert dump_hash(store) in hashes
            assert store.get("task", task)["title"] == "crack"
            items = list(history(store, "task", task))
            assert any("note" in item.gone for item in items)
    assert len(hashes) == 1


def test_a_device_that_pushes_an_erased_value_again_has_it_taken_and_erased(
    live_hub: LiveHub, tmp_path: Path
) -> None:
    """After a restored backup devices offer everything again: known, confirmed, and still erased."""
    admin = live_hub.replica(tmp_path / "admin.sqlite", role="administrator")
    inspector = live_hub.replica(tmp_path / "a.sqlite")
    task = inspector.put("task", None, {"title": "t", "note": SECRET})
    exchange(inspector, admin)
    erase(admin, "task", task, "note")
    exchange(admin)
    inspector.connection.execute("DELETE FROM stadsveld_receipt")
    exchange(inspector)
    assert outbox(inspector) == []
    assert inspector.get("task", task)["note"] is None
    with Store.open(live_hub.path) as central:
        assert central.get("task", task)["note"] is None


def test_the_file_of_an_erased_photo_goes_everywhere(live_hub: LiveHub, tmp_path: Path) -> None:
    """Its row stays, without the hash; the same picture in another row keeps its file."""
    inspector = live_hub.replica(tmp_path / "a.sqlite")
    admin = live_hub.replica(tmp_path / "admin.sqlite", role="administrator")
    task = inspector.put("task", None, {"title": "t"})
    rows = []
    for content in (PHOTO, PHOTO + b"2"):
        sha256 = inspector.photos.add(content)
        fields = {"owner_entity": "task", "owner_id": task, "sha256": sha256}
        rows.append(inspector.put("photo", None, fields))
    other = inspector.put("photo", None, {"owner_entity": "task", "owner_id": task, "sha256": sha256})
    exchange(inspector, admin)
    for row in rows:
        erase(admin, "photo", row, "sha256")
    exchange(admin, inspector)
    hashes = [hashlib.sha256(content).hexdigest() for content in (PHOTO, PHOTO + b"2")]
    with Store.open(live_hub.path) as central:
        for store in (central, admin, inspector):
            assert [store.photos.has(sha256) for sha256 in hashes] == [False, True]
            assert [store.get("photo", row)["sha256"] for row in (*rows, other)] == [None, None, hashes[1]]


def test_a_deleted_thing_stays_deleted_when_its_values_are_erased(tmp_path: Path) -> None:
    """Erasing what a deleted task said does not bring the task back."""
    from stadsveld.hub import prepare

    prepare(tmp_path / "central.sqlite")
    with Store.open(tmp_path / "central.sqlite") as store:
        task = store.put("task", None, {"title": SECRET, "geom": geo.point_wkb(203000, 503000)})
        list(history(store))
        store.delete("task", task)
        erase(store, "task", task, "title")
        assert store.get("task", task) is None
        assert conflicts(store) == []
    assert traces(tmp_path / "central.sqlite", SECRET) == []


def test_only_an_administrator_erases(live_hub: LiveHub, tmp_path: Path) -> None:
    """An inspector is told so here, and the central store refuses one who tries all the same."""
    inspector = live_hub.replica(tmp_path / "a.sqlite")
    task = inspector.put("task", None, {"title": "t", "note": SECRET})
    exchange(inspector)
    with pytest.raises(Refused, match="administrator"):
        erase(inspector, "task", task, "note")
    inspector.set_setting("role", "administrator")
    erase(inspector, "task", task, "note")
    report = sync(inspector, transport_of(inspector))
    assert "administrator" in report.quarantined[0]["reason"]
    with Store.open(live_hub.path) as central:
        assert central.get("task", task)["note"] == SECRET


def test_what_was_never_there_cannot_be_erased(live_hub: LiveHub, tmp_path: Path) -> None:
    """A clear answer, and nothing is written."""
    admin = live_hub.replica(tmp_path / "admin.sqlite", role="administrator")
    exchange(admin)
    task = admin.put("task", None, {"title": "t"})
    for entity, field in (("task", "nonsense"), ("nonsense", "title"), ("task", "_exists")):
        with pytest.raises(BadInput):
            erase(admin, entity, task, field)
    with pytest.raises(BadInput):
        erase(admin, "task", new_id(), "title")
