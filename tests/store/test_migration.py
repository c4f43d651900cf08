"""A file of the first version becomes one of this version: nothing is lost, also not on a phone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from stadsveld.model import ENTITIES
from stadsveld.store import Store, schema
from stadsveld.sync import history, outbox, seal

NEW = ("norm_pack", "calibration")
GAINED = {
    "inspection": ("norm_signature", "inspected", "care_score", "risks"),
    "damage": ("drawing",),
    "structure": ("condition_score", "worst_score"),
    "structure_element": ("condition_score",),
    "component": ("condition_score",),
}


def as_version_1(path: Path) -> None:
    """Take away what version 2 added: a file as version 1 wrote it."""
    with Store.create(path) as store:
        store.put("task", None, {"title": "sealed"})
        seal(store)
        store.put("task", None, {"title": "edited"})
        store.save_draft("d", "damage", "d", {"type": "gat"})
    raw = sqlite3.connect(path)
    gained = {f"stadsveld_update_{name}_{field}" for name, fields in GAINED.items() for field in fields}
    gained.add("stadsveld_audit_drop_salt")
    triggers = raw.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for trigger, _table, _sql in triggers:
        raw.execute(f'DROP TRIGGER "{trigger}"')
    for name, fields in GAINED.items():
        for field in fields:
            raw.execute(f"ALTER TABLE {name} DROP COLUMN {field}")
    for name in NEW:
        raw.execute(f"DROP TABLE {name}")
    for name in reversed(schema._ADDED_IN_2):
        raw.execute(undone(schema.statement(name)))
    for trigger, table, sql in triggers:
        if table not in NEW and trigger not in gained:
            raw.execute(sql)
    raw.execute("PRAGMA user_version = 1")
    raw.commit()
    raw.close()


def undone(sql: str) -> str:
    """The statement that takes away what one of version 2 added."""
    words = sql.replace("IF NOT EXISTS ", "").split()
    if words[:2] == ["CREATE", "TABLE"]:
        return f"DROP TABLE {words[2]}"
    if words[:2] == ["CREATE", "TRIGGER"]:
        return f"DROP TRIGGER IF EXISTS {words[2]}"
    if "INDEX" in words[:3]:
        return f"DROP INDEX IF EXISTS {words[words.index('INDEX') + 1]}"
    assert words[:2] == ["ALTER", "TABLE"], f"this test does not know how to undo: {sql}"
    return f"ALTER TABLE {words[2]} DROP COLUMN {words[5]}"


@pytest.mark.parametrize("spatialite", [True, False])
def test_an_older_file_is_brought_up_to_date_and_loses_nothing(tmp_path: Path, spatialite: bool) -> None:
    """Rows, changes, edits that were not sealed yet and drafts stay; new fields are captured."""
    path = tmp_path / "old.sqlite"
    as_version_1(path)
    with Store.open(path, spatialite=spatialite) as store:
        assert store.connection.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION
        assert {row["title"] for row in store.rows("task")} == {"sealed", "edited"}
        assert len(outbox(store)) == 2
        assert store.draft("d")["fields"] == {"type": "gat"}
        for name, entity in ENTITIES.items():
            assert store.count(name) >= 0
            assert list(store.rows(name)) or entity
        damage = store.put("damage", None, {"type": "gat"})
        seal(store)
        store.put("damage", damage, {"drawing": "POLYGON ((0 0, 1 0, 1 1, 0 0))"})
        pack = store.put("norm_pack", None, {"pack": "own"})
        seal(store)
        changed = {(item.entity, item.entity_id): item.fields for item in history(store)}
        assert changed["damage", damage] == {"drawing": "POLYGON ((0 0, 1 0, 1 1, 0 0))"}
        assert changed["norm_pack", pack]["pack"] == "own"
    with Store.open(path) as store:
        assert store.problems() == []


def test_a_migrated_file_has_the_schema_of_a_new_one(tmp_path: Path) -> None:
    """Every table, column, index and trigger."""

    def names(path: Path) -> set[tuple[str, str, str]]:
        with Store.open(path) as store:
            found = store.connection.execute("SELECT type, name, tbl_name FROM sqlite_master").fetchall()
            columns = {
                (row[1], column[0], "column")
                for row in found
                if row[0] == "table"
                for column in store.connection.execute("SELECT name FROM pragma_table_info(?)", (row[1],))
            }
            return {tuple(row) for row in found} | columns

    as_version_1(tmp_path / "old.sqlite")
    Store.create(tmp_path / "new.sqlite").close()
    assert names(tmp_path / "old.sqlite") == names(tmp_path / "new.sqlite")
