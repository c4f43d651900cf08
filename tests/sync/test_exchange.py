"""A GeoPackage given to a contractor and taken back: what they changed, and nothing that their tools did."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.cli import main
from stadsveld.errors import BadInput, StadsveldError
from stadsveld.hub.exchange import give, take
from stadsveld.model import id_from_register, new_id
from stadsveld.sources.register.gpkg import geopackage_blob
from stadsveld.store import Store
from stadsveld.sync import EXISTS, conflicts, dump_hash, history, seal
from stadsveld.work.datasets import Edition, put_dataset, write_edition

HERE, THERE = geo.point_wkb(203000, 503000), geo.point_wkb(203100, 503100)
RING = [(203000, 503000), (203010, 503000), (203010, 503010), (203000, 503010), (203000, 503000)]
SECTION = id_from_register("zwolle", "1")
KINDS = ["task", "road_section"]


@pytest.fixture
def store(tmp_path: Path):
    """A store with a register section and two tasks, one of them assigned to a person."""
    with Store.create(tmp_path / "a.sqlite") as made:
        with made.transaction(capture=False):
            dataset = id_from_register("dataset", "zwolle")
            put_dataset(made, dataset, {"name": "Wegen", "register": "zwolle", "edition_date": "2026-01-01"})
            edition = Edition("road_section", is_whole=False)
            geom = geo.multipolygon_wkb([[RING]])
            edition.rows[SECTION] = {"number": "1", "pavement": "asfalt", "area": 100.1, "geom": geom}
            write_edition(made, dataset, edition, "2026-01-01")
        for title in ("een", "twee"):
            made.put("task", None, {"title": title, "geom": HERE, "due": "2026-12-01", "assignee": "Jan"})
        seal(made)
        yield made


@pytest.fixture
def file(store: Store, tmp_path: Path) -> Path:
    """What was given."""
    path = tmp_path / "contractor.gpkg"
    assert give(store, path, KINDS) == {"task": 2, "road_section": 1}
    return path


def edit(path: Path, *statements: str, **values: object) -> None:
    """Edit a GeoPackage as a tool does."""
    with sqlite3.connect(path) as package:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            package.create_function(name, 1, lambda _blob: 0)  # What the triggers of GDAL ask for.
        for statement in statements:
            package.execute(statement, values)
    package.close()


def ids(path: Path) -> dict[str, str]:
    """Ids of the tasks by title."""
    with sqlite3.connect(path) as package:
        return dict(package.execute("SELECT title, id FROM task").fetchall())


def test_what_is_given(store: Store, file: Path) -> None:
    """No personal field, nothing derived; geometries in RD; a copy stays here."""
    with sqlite3.connect(file) as package:
        columns = {row[1] for row in package.execute("PRAGMA table_info(task)")}
        assert "assignee" not in columns
        assert {"id", "title", "due", "geom"} <= columns
        assert package.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchall() == [(28992,)] * 2
    assert b"Jan" not in file.read_bytes()
    assert len(list((store.path.parent / "a.sqlite.given").iterdir())) == 2


def test_access_classes(store: Store, tmp_path: Path) -> None:
    """What a role may not read does not go along, nor what belongs to it."""
    dataset = next(row["id"] for row in store.rows("dataset"))
    inspection = store.put("inspection", None, {"asset_entity": "road_section", "asset_id": SECTION})
    store.put("dataset", dataset, {"access_class": "closed"})
    kinds = ["road_section", "inspection"]
    assert give(store, tmp_path / "open.gpkg", kinds) == {"road_section": 0, "inspection": 0}
    assert give(store, tmp_path / "all.gpkg", kinds, role="administrator") == dict.fromkeys(kinds, 1)
    assert inspection.encode() not in (tmp_path / "open.gpkg").read_bytes()


def test_everything_that_can_be_done(store: Store, file: Path) -> None:
    """New, changed, deleted, moved: once taken, the store says so, and a second time nothing happens."""
    known = ids(file)
    edit(
        file,
        "UPDATE task SET title = 'anders', geom = :geom WHERE title = 'een'",
        "DELETE FROM task WHERE title = 'twee'",
        "INSERT INTO task (title, geom) VALUES ('nieuw', :geom)",
        "UPDATE road_section SET pavement = 'beton'",
        geom=geopackage_blob(THERE),
    )
    before = dump_hash(store)
    dry = take(store, file, dry_run=True)
    assert dump_hash(store) == before
    taken = take(store, file, actor="aannemer")
    assert (taken.new, taken.changed, taken.deleted) == (dry.new, dry.changed, dry.deleted)
    assert (taken.new, taken.deleted) == ({"task": 1}, {"task": 1})
    assert taken.changed == {"task": 1, "road_section": 1}
    assert {row["title"] for row in store.rows("task")} == {"anders", "nieuw"}
    assert store.get("task", known["een"])["geom"] == THERE
    assert store.get("task", known["een"])["assignee"] == "Jan"
    assert store.get("road_section", SECTION)["pavement"] == "beton"
    assert {item.actor for item in history(store)} >= {"aannemer"}
    after = dump_hash(store)
    again = take(store, file, actor="aannemer")
    assert (again.changes, again.again) == (0, 4)
    assert dump_hash(store) == after
    assert store.problems() == []


@pytest.mark.parametrize("order", ["here first", "there first"])
def test_others_worked_on_it_meanwhile(store: Store, file: Path, order: str) -> None:
    """The same field differently is a conflict, another field is not; nobody's work is lost."""
    task = ids(file)["een"]
    edit(file, "UPDATE task SET title = 'van de aannemer', note = 'ook' WHERE title = 'een'")
    if order == "there first":
        take(store, file)
        store.put("task", task, {"status": "open"})
        assert conflicts(store) == []
        return
    store.put("task", task, {"title": "van hier", "status": "open"})
    take(store, file)
    assert [(found.entity_id, found.field) for found in conflicts(store)] == [(task, "title")]
    row = store.get("task", task)
    assert (row["note"], row["status"]) == ("ook", "open")


def test_deleted_there_and_edited_here(store: Store, file: Path) -> None:
    """The row stays, marked, until a person decides."""
    task = ids(file)["een"]
    store.put("task", task, {"title": "van hier"})
    edit(file, "DELETE FROM task WHERE title = 'een'")
    take(store, file)
    assert [found.field for found in conflicts(store)] == [EXISTS]
    assert store.get("task", task)["title"] == "van hier"


def polygon_blob(ring: list[tuple[float, float]], height: float | None = None) -> bytes:
    """A GeoPackage polygon, single, as it comes from another tool."""
    kind = 3 if height is None else 1003
    head = struct.pack("<BIII", 1, kind, 1, len(ring))
    more = () if height is None else (height,)
    body = b"".join(struct.pack(f"<{2 + len(more)}d", *point, *more) for point in ring)
    return geopackage_blob(head + body)


TOOLS = {
    "other numbers of rows": ["UPDATE task SET fid = fid + 1000"],
    "empty texts": ["UPDATE task SET note = ''"],
    "spelling of numbers": ["UPDATE road_section SET area = '100.10000000000001'"],
    "spelling of dates": ["UPDATE task SET due = '2026-12-01T00:00:00'"],
    "reversed ring, single part": ["UPDATE road_section SET geom = :reversed"],
    "heights": ["UPDATE road_section SET geom = :high"],
    "upper case ids in braces": ["UPDATE task SET id = '{' || upper(id) || '}'"],
    "a table renamed": [
        "ALTER TABLE task RENAME TO taken_export",
        "UPDATE gpkg_contents SET table_name = 'taken_export', identifier = 'x' WHERE table_name = 'task'",
        "UPDATE gpkg_geometry_columns SET table_name = 'taken_export' WHERE table_name = 'task'",
    ],
    "names cut to ten characters": ["ALTER TABLE task RENAME COLUMN asset_entity TO asset_enti"],
    "its own mark lost": [
        "DROP TABLE stadsveld_given",
        "DELETE FROM gpkg_contents WHERE data_type = 'attributes'",
    ],
}  # fmt: skip


@pytest.mark.parametrize("tool", TOOLS)
def test_what_tools_do_is_no_change(store: Store, file: Path, tool: str) -> None:
    """A file that was saved again without a change brings none."""
    turned = [*RING[2:], *RING[1:3]][::-1]
    values = {"reversed": polygon_blob(turned), "high": polygon_blob(RING, 7.5)}
    for statement in TOOLS[tool]:
        edit(file, statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    before = dump_hash(store)
    taken = take(store, file)
    assert (taken.changes, taken.missing_layers) == (0, [])
    assert dump_hash(store) == before


def test_columns_added_and_gone_and_a_layer_gone(store: Store, file: Path) -> None:
    """Told, and nothing else: what is not there says nothing about what was."""
    edit(
        file,
        "ALTER TABLE task ADD COLUMN prijs REAL",
        "ALTER TABLE task DROP COLUMN note",
        "DROP TABLE road_section",
        "DELETE FROM gpkg_contents WHERE table_name = 'road_section'",
    )
    before = dump_hash(store)
    taken = take(store, file)
    assert taken.added_columns == {"task": ["prijs"]}
    assert taken.missing_columns == {"task": ["note"]}
    assert taken.missing_layers == ["road_section"]
    assert dump_hash(store) == before


def test_a_copied_row_is_a_new_one(store: Store, file: Path) -> None:
    """A row that was copied with its id is another object."""
    edit(file, "INSERT INTO task (id, title) SELECT id, 'kopie' FROM task WHERE title = 'een'")
    assert take(store, file).new == {"task": 1}
    assert {row["title"] for row in store.rows("task")} == {"een", "twee", "kopie"}


def test_bad_rows_are_all_named_and_nothing_is_taken(store: Store, file: Path) -> None:
    """Kind, row, field and reason; the good rows wait for the bad ones."""
    edit(
        file,
        "UPDATE task SET title = 'goed' WHERE title = 'een'",
        "UPDATE task SET due = 'morgen' WHERE title = 'twee'",
        "UPDATE road_section SET area = 'veel', geom = :line",
        line=geopackage_blob(geo.linestring_wkb([(0, 0), (1, 1)])),
    )
    before = dump_hash(store)
    with pytest.raises(BadInput) as caught:
        take(store, file)
    assert "morgen" in str(caught.value)
    assert "veel" in str(caught.value)
    assert dump_hash(store) == before


def test_files_that_are_not_ours(store: Store, file: Path, tmp_path: Path) -> None:
    """Another store's file, no GeoPackage, none at all, WGS 84: a clear error."""
    with Store.create(tmp_path / "b.sqlite") as other, pytest.raises(BadInput):
        take(other, file)
    (tmp_path / "x.gpkg").write_bytes(b"no")
    for path in (tmp_path / "x.gpkg", tmp_path / "missing.gpkg"):
        with pytest.raises(BadInput):
            take(store, path)
    edit(
        file,
        "INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, 'x', NULL)",
        "UPDATE gpkg_geometry_columns SET srs_id = 4326",
    )
    with pytest.raises(BadInput, match="4326"):
        take(store, file)
    with pytest.raises(StadsveldError):
        give(store, tmp_path / "no" / "x.gpkg", KINDS)
    with pytest.raises(BadInput):
        give(store, tmp_path / "x.gpkg", ["nothing"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_edit_there_is_an_edit_here(store: Store, file: Path, tmp_path: Path, data) -> None:
    """Whatever is edited in the copy gives the rows that the same edits give in the store itself."""
    folder = tmp_path / new_id()
    folder.mkdir()
    copy, twin = folder / "copy.gpkg", folder / "twin.sqlite"
    shutil.copyfile(file, copy)
    with sqlite3.connect(store.path) as source, sqlite3.connect(twin) as target:
        source.backup(target)
    shutil.copytree(tmp_path / "a.sqlite.given", folder / "twin.sqlite.given")
    known = ids(file)
    texts = st.sampled_from(["een", "b", "c", None])
    with Store.open(twin) as other:
        edited = other.path.with_name("edited.sqlite")
        with sqlite3.connect(twin) as source, sqlite3.connect(edited) as target:
            source.backup(target)
        with Store.open(edited) as mine:
            for row_id in known.values():
                what = data.draw(st.sampled_from(["nothing", "delete", "edit", "edit"]))
                if what == "delete":
                    edit(copy, "DELETE FROM task WHERE id = :id", id=row_id)
                    mine.delete("task", row_id)
                elif what == "edit":
                    note, status = data.draw(texts), data.draw(texts)
                    edit(copy, "UPDATE task SET note = :note, status = :status WHERE id = :id",
                         note=note, status=status, id=row_id)  # fmt: skip
                    mine.put("task", row_id, {"note": note, "status": status})
            seal(mine)
            take(other, copy)
            shown = [sorted(map(str, each.rows("task"))) for each in (other, mine)]
            fids = [[row.replace("fid", "") for row in rows] for rows in shown]
            assert fids[0] == fids[1]


DETOUR = """
import sys
import fiona
given, folder, back, *layers = sys.argv[1:]
for layer in layers:
    shape = f"{folder}/{layer}.shp"
    with fiona.open(given, layer=layer) as source:
        schema = {**source.schema, "geometry": source.schema["geometry"].removeprefix("Multi")}
        with fiona.open(shape, "w", driver="ESRI Shapefile", crs="EPSG:28992", schema=schema) as target:
            target.writerecords(source)
    with fiona.open(shape) as source:
        options = {"driver": "GPKG", "layer": layer, "crs": "EPSG:28992", "schema": source.schema}
        with fiona.open(back, "w", **options) as target:
            target.writerecords(source)
"""


@pytest.mark.skipif(importlib.util.find_spec("fiona") is None, reason="Fiona is not installed here")
def test_the_detour_by_shapefile(store: Store, file: Path, tmp_path: Path) -> None:
    """GeoPackage to Shapefile and back by GDAL, without an edit: no change; with one: that one."""
    back = tmp_path / "back.gpkg"
    # In a process of its own: its GDAL and the one of QGIS cannot share one.
    subprocess.run([sys.executable, "-c", DETOUR, file, tmp_path, back, *KINDS], check=True, timeout=120)
    taken = take(store, back)
    assert (taken.changes, taken.missing_layers) == (0, [])
    edit(back, "UPDATE task SET title = 'via een omweg' WHERE title = 'een'")
    assert take(store, back).changed == {"task": 1}


def test_the_commands(store: Store, tmp_path: Path, capsys) -> None:
    """Give, edit, look, take; errors name the file."""
    path, package = str(store.path), str(tmp_path / "c.gpkg")
    assert main(["exchange", "give", path, package, "--kinds", "task"]) == 0
    assert json.loads(capsys.readouterr().out)["given"] == {"task": 2}
    edit(Path(package), "UPDATE task SET title = 'x' WHERE title = 'een'")
    for option in (["--dry-run"], ["--actor", "aannemer"]):
        assert main(["exchange", "take", path, package, *option]) == 0
        assert json.loads(capsys.readouterr().out)["changed"] == {"task": 1}
    assert main(["exchange", "take", path, str(tmp_path / "missing.gpkg")]) == 1
    assert "missing.gpkg" in capsys.readouterr().err
