"""A store file: made, filled, spoilt in every way that happens, and never changed by a failed opening."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.errors import BadInput, StoreError, StoreLocked
from stadsveld.model import ENTITIES, is_uuid, new_id
from stadsveld.store import Store

POINT = geo.point_wkb(203000, 503000)
SAMPLES = {
    "POINT": POINT,
    "MULTIPOINT": geo.multipoint_wkb([(203000, 503000)]),
    "MULTILINESTRING": geo.multilinestring_wkb([[(203000, 503000), (203010, 503000)]]),
    "MULTIPOLYGON": geo.multipolygon_wkb(
        [[[(203000, 503000), (203010, 503000), (203010, 503010), (203000, 503000)]]]
    ),
}


def captured(store: Store) -> list[tuple[str, object]]:
    rows = store.connection.execute("SELECT field, old FROM stadsveld_capture ORDER BY seq")
    return [(row["field"], row["old"]) for row in rows]


@pytest.mark.parametrize("name", sorted(ENTITIES))
def test_every_entity_takes_a_row_and_gives_it_back(store: Store, name: str) -> None:
    """Each kind with all its fields, its geometry, its window, and its deletion."""
    entity = ENTITIES[name]
    values = {
        "text": "é\x00",
        "code": "x",
        "ref": new_id(),
        "date": "2024-05-17",
        "instant": "2024-05-17T10:00:00Z",
    }
    values |= {"json": '{"a": 1}', "int": 7, "bool": 1, "real": 2.5, "blob": b"\x00\xff"}
    fields = {field.name: values[field.kind] for field in entity.fields}
    if entity.geometry:
        fields["geom"] = SAMPLES[entity.geometry]
    row_id = store.put(name, None, fields)
    assert store.get(name, row_id) == {"id": row_id, **fields}
    assert [row["id"] for row in store.rows(name)] == [row_id]
    if entity.geometry:
        assert [row["id"] for row in store.window(name, (202999, 502999, 203011, 503011))] == [row_id]
        assert list(store.window(name, (0, 0, 1, 1))) == []
    store.delete(name, row_id)
    assert store.get(name, row_id) is None
    assert store.problems() == []


def test_edits_are_captured_field_by_field(store: Store) -> None:
    """An insert, changed fields with what was before, nothing for what stays, and a deletion."""
    task = store.put("task", None, {"title": "a", "note": "n"})
    store.put("task", task, {"title": "b", "note": "n"})
    store.connection.execute("UPDATE task SET title = title || '!', note = NULL")
    store.delete("task", task)
    edits = captured(store)
    assert (edits[0], edits[-1]) == (("_exists", None), ("_exists", "1"))
    assert sorted(edits[1:-1]) == [("note", "n"), ("title", "a"), ("title", "b")]


def test_a_deleted_register_row_leaves_its_values_in_the_capture(store: Store) -> None:
    """So that it can come back where the deletion is refused."""
    row_id = new_id()
    with store.transaction(capture=False):
        store.put("road_section", row_id, {"number": "7", "area": 2.5, "condition": "E"})
    assert captured(store) == []
    store.delete("road_section", row_id)
    found = dict(captured(store))
    assert (found["_exists"], found["number"], found["area"]) == ("1", "7", 2.5)
    assert "condition" not in found


def test_derived_fields_and_imports_are_not_captured(store: Store) -> None:
    """What is computed, and what a register brings, is nobody's edit."""
    with store.transaction(capture=False):
        section = store.put("road_section", None, {"number": "1"})
        with store.transaction():
            store.put("road_section", section, {"number": "2"})
    store.put("road_section", section, {"condition": "E"})
    assert captured(store) == []
    store.put("road_section", section, {"number": "3"})
    assert captured(store) == [("number", "2")]


def test_capture_goes_on_after_an_import_that_failed(store: Store) -> None:
    """An error inside an import rolls back the switch as well."""
    with pytest.raises(StoreError, match="hologram"), store.transaction(capture=False):
        store.put("task", store.put("task", None, {"title": "half"}), {"hologram": 1})
    assert store.count("task") == 0
    store.put("task", None, {"title": "whole"})
    assert captured(store) == [("_exists", None)]


@pytest.mark.parametrize(
    "given_id", [None, "", "7", "6a3c…_1", "NOT-A-UUID", new_id().upper(), 12.5, b"\x00"]
)
def test_ids_are_made_right_on_raw_inserts_and_pastes(store: Store, given_id: object) -> None:
    """Whatever another tool puts in `id`, the row gets a proper UUID, and the capture knows it."""
    store.connection.execute("INSERT INTO task (id, title) VALUES (?, 'raw')", (given_id,))
    (row,) = store.rows("task")
    assert is_uuid(row["id"])
    assert row["id"][14] == "7"
    assert store.connection.execute("SELECT entity_id FROM stadsveld_capture").fetchone()[0] == row["id"]


def test_many_raw_rows_get_ids_of_their_own(store: Store) -> None:
    """A thousand rows inserted by one statement."""
    store.connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
        "INSERT INTO task (title) SELECT 't' || i FROM n"
    )
    assert len({row["id"] for row in store.rows("task")}) == 1000


def test_an_id_never_changes(store: Store) -> None:
    """Not by SQL either."""
    task = store.put("task", None, {"title": "t"})
    other = (new_id(),)
    with pytest.raises(sqlite3.IntegrityError, match="never changes"):
        store.connection.execute("UPDATE task SET id = ?", other)
    assert store.get("task", task) is not None


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["put", "move", "clear", "delete", "undo"])), max_size=15
    ),
    together=st.booleans(),
)
def test_without_spatialite_the_index_follows_the_rows(store: Store, steps, together) -> None:
    """Inserts, moves, removed geometries, deletions and rolled back transactions, then a check."""
    copy = store.path.with_name("phone.sqlite")
    copy.write_bytes(store.path.read_bytes())
    ids = [f"01900000-0000-7000-8000-00000000000{n}" for n in range(6)]

    class UndoneError(Exception):
        pass

    def step(phone: Store, number: int, what: str) -> None:
        if what == "delete":
            phone.delete("task", ids[number])
        elif what == "clear":
            phone.put("task", ids[number], {"geom": None})
        else:
            phone.put("task", ids[number], {"geom": geo.point_wkb(203000 + len(what), 503000 + number / 3)})
        if what == "undo":
            raise UndoneError

    with Store.open(copy, spatialite=False) as phone:
        assert not phone.connection.has_spatialite
        try:
            if together:
                with phone.transaction():
                    for number, what in steps:
                        step(phone, number, what)
            for number, what in steps if not together else ():
                with phone.transaction():
                    step(phone, number, what)
        except UndoneError:
            phone.put("task", ids[0], {"geom": POINT})
        found = {row["id"] for row in phone.window("task", (202000, 502000, 204000, 504000))}
        assert found == {row["id"] for row in phone.rows("task") if row["geom"] is not None}
    with Store.open(copy) as desk:
        assert desk.spatial_index_is_right()
        assert desk.problems() == []


def spoil(path: Path, kind: str) -> None:
    content = bytearray(path.read_bytes())
    if kind == "empty":
        content = bytearray()
    elif kind == "text":
        content = bytearray(b"geen databank " * 50)
    elif kind == "cut":
        content = content[: len(content) // 2]
    elif kind == "header":
        content[:16] = b"x" * 16
    elif kind == "scribbled":
        content[4096 : 4096 * 40] = os.urandom(4096 * 39)
    elif kind == "foreign":
        content[68:72] = b"\x00" * 4
    elif kind == "newer":
        content[60:64] = (99).to_bytes(4, "big")
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "header", "scribbled", "foreign", "newer"])
def test_a_spoilt_file_is_refused_and_stays_as_it_is(tmp_path: Path, kind: str) -> None:
    """A whole sentence with the file's name, and not one byte or file is added."""
    path = tmp_path / "store.sqlite"
    with Store.create(path) as made:
        made.put("task", None, {"title": "t"})
    spoil(path, kind)
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        Store.open(path)
    assert "store" in str(caught.value)
    assert str(caught.value).endswith(".")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file(tmp_path: Path) -> None:
    """Missing, a folder, a folder that is not there, a file that exists already."""
    for path in (tmp_path / "none.sqlite", tmp_path):
        with pytest.raises(StoreError):
            Store.open(path)
    with pytest.raises(StoreError, match="does not exist"):
        Store.create(tmp_path / "nowhere" / "a.sqlite")
    path = tmp_path / "a.sqlite"
    path.write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        Store.create(path)
    assert path.read_text() == "mine"


def test_a_locked_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program writes: an error that says so and that trying again may help."""
    monkeypatch.setattr("stadsveld.store.connection.BUSY_TIMEOUT", 0.1)
    with Store.open(store.path) as other, store.transaction():
        with pytest.raises(StoreLocked) as caught:
            other.put("task", None, {"title": "t"})
        assert caught.value.is_retryable
    with Store.open(store.path) as other:
        other.put("task", None, {"title": "t"})
    assert store.count("task") == 1


def test_a_store_that_may_only_be_read(store: Store) -> None:
    """Opened for reading it reads, and writing is refused with a sentence."""
    store.put("task", None, {"title": "t"})
    with Store.open(store.path, readonly=True) as reader:
        assert reader.count("task") == 1
        with pytest.raises(StoreError, match="permissions"):
            reader.put("task", None, {"title": "u"})
    assert store.count("task") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read and write everything")
def test_files_without_permission(store: Store) -> None:
    """Not readable: refused. Not writable: opened for reading."""
    store.close()
    store.path.chmod(0)
    with pytest.raises(StoreError):
        Store.open(store.path)
    store.path.chmod(stat.S_IRUSR)
    with Store.open(store.path) as reader, pytest.raises(StoreError):
        reader.put("task", None, {"title": "t"})


FILL = """
import resource, signal, sys
from stadsveld.errors import StoreError
from stadsveld.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    if sys.argv[1] == "create":
        Store.create(sys.argv[2])
    with Store.open(sys.argv[2]) as store, store.transaction():
        for _ in range(200):
            store.put("task", None, {"title": "x" * 100_000})
except StoreError as error:
    sys.stdout.write(str(error))
"""


def fill(how: str, path: Path, room: int) -> str:
    """Write more than fits, in a process that may make no file larger than `room` bytes; what it says."""
    command = [sys.executable, "-c", FILL, how, str(path), str(room)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_a_full_disk(store: Store) -> None:
    """What no longer fits is refused whole; the file is as it was."""
    store.put("task", None, {"title": "t"})
    assert "full" in fill("open", store.path, store.path.stat().st_size + 300_000)
    with Store.open(store.path) as again:
        assert again.count("task") == 1
        assert again.problems() == []


def test_making_a_store_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """No half-made file stays."""
    assert "full" in fill("create", tmp_path / "new.sqlite", 100_000)
    assert list(tmp_path.iterdir()) == []


def test_unknown_fields_and_ids_are_refused(store: Store) -> None:
    """With the name of what is wrong."""
    with pytest.raises(StoreError, match="hologram"):
        store.put("task", None, {"hologram": 1})
    for wrong in ("x", new_id().upper(), "{" + new_id() + "}"):
        with pytest.raises(StoreError):
            store.put("task", wrong, {"title": "t"})
    with pytest.raises(BadInput):
        store.put("task", None, {"geom": b"\x01"})
    assert store.count("task") == 0


def test_a_geometry_of_another_type_is_refused(store: Store) -> None:
    """SpatiaLite's own check speaks, as a store error."""
    with pytest.raises(StoreError):
        store.put("task", None, {"geom": SAMPLES["MULTIPOLYGON"]})
    assert store.count("task") == 0


def test_register_writer(store: Store) -> None:
    """Bulk rows with their dataset; people's values stay and the register's are kept beneath."""
    dataset = store.put("dataset", None, {"name": "d", "register": "x"})
    ids = [new_id() for _ in range(3)]
    blob = geo.blob_from_wkb(SAMPLES["MULTIPOLYGON"])
    with store.transaction(capture=False):
        writer = store.register_writer("road_section", dataset)
        writer.insert(("id", "number", "geom"), ((row_id, str(n), blob) for n, row_id in enumerate(ids)))
        writer.update(ids[0], {"number": "zero", "geom": SAMPLES["MULTIPOLYGON"]})
        writer.end(ids[1], "2024-05-17")
    assert [row["number"] for row in store.rows("road_section")] == ["zero", "1", "2"]
    assert store.get("road_section", ids[1])["ended"] == "2024-05-17"
    assert {row["dataset_id"] for row in store.rows("road_section")} == {dataset}
    sql = "SELECT entity_id FROM stadsveld_log WHERE kind = 'row' ORDER BY seq"
    logged = store.connection.execute(sql).fetchall()
    assert [row[0] for row in logged] == [ids[2], ids[0], ids[1]]
    assert store.spatial_index_is_right()


def test_drafts_survive_and_stay_here(store: Store) -> None:
    """Every keystroke is on disk, for whoever opens the file next; nothing of it is captured."""
    draft, row_id = new_id(), new_id()
    for text in ("k", "ku", "kuil"):
        store.save_draft(draft, "damage", row_id, {"note": text})
    with Store.open(store.path) as again:
        assert again.draft(draft)["fields"] == {"note": "kuil"}
        assert [found["draft_id"] for found in again.drafts()] == [draft]
        again.delete_draft(draft)
    assert store.drafts() == []
    assert captured(store) == []


def test_photos_are_kept_once_and_verified(store: Store) -> None:
    """Named by their hash; an altered file is noticed."""
    sha256 = store.photos.add(b"photo")
    assert store.photos.add(b"photo") == sha256
    assert store.photos.read(sha256) == b"photo"
    part = store.photos.part(sha256)
    part.write_bytes(b"photo")
    store.photos.move_in(part, sha256)
    assert not part.exists()
    assert store.photos.is_whole(sha256)
    store.photos.path(sha256).write_bytes(b"altered")
    assert not store.photos.is_whole(sha256)
    with pytest.raises(BadInput, match="altered"):
        store.photos.read(sha256)
    with pytest.raises(BadInput):
        store.photos.path("../../etc/passwd")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`store new`, `info` and `check`."""
    from stadsveld.cli import main

    path = str(tmp_path / "a.sqlite")
    assert main(["store", "new", path]) == 0
    with Store.open(path) as made:
        made.put("task", None, {"title": "t"})
    capsys.readouterr()
    assert main(["store", "info", path]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == {"task": 1}
    assert main(["store", "check", path]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "problems": []}
    assert main(["store", "new", path]) == 1
    assert "exists already" in capsys.readouterr().err
