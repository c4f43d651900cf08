"""Filling an empty table fast leaves it exactly as filling it row by row."""

from __future__ import annotations

import pytest

from stadsveld import geo
from stadsveld.errors import StoreError
from stadsveld.model import new_id
from stadsveld.store import Store

IDS = [new_id() for _number in range(20)]
ROWS = [
    (row_id, f"G.{n}", geo.blob_from_wkb(geo.multipoint_wkb([(181000 + n, 457000)])) if n % 5 else None)
    for n, row_id in enumerate(IDS)
]
COLUMNS = ("id", "local_id", "geom")
DATASET = new_id()


def triggers(store):
    sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    return [tuple(row) for row in store.connection.execute(sql)]


def load(store, *batches):
    with store.transaction(capture=False):
        loader = store.table_loader("street_object", DATASET)
        for batch in batches:
            loader.insert(COLUMNS, batch)
        loader.close()


@pytest.mark.parametrize("spatialite", [True, False])
def test_it_equals_row_by_row(store, spatialite):
    other_path = store.path.with_name("other.sqlite")
    Store.create(other_path).close()
    with Store.open(other_path, spatialite=spatialite) as other:
        load(other, ROWS[:7], ROWS[7:])
    with store.transaction(capture=False):
        store.register_writer("street_object", DATASET).insert(COLUMNS, ROWS)
    with Store.open(other_path) as other:
        assert list(other.rows("street_object")) == list(store.rows("street_object"))
        window = (181002.5, 456999, 181008.5, 457001)
        assert list(other.window("street_object", window)) == list(store.window("street_object", window))
        assert triggers(other) == triggers(store)
        assert other.problems() == []
        logged = "SELECT kind, entity, entity_id FROM stadsveld_log ORDER BY seq"
        assert [tuple(r) for r in other.connection.execute(logged)] == [
            tuple(r) for r in store.connection.execute(logged)
        ]


def test_afterwards_edits_are_captured_and_indexed_again(store):
    load(store, ROWS)
    added = store.put("street_object", None, {"geom": geo.multipoint_wkb([(190000, 457000)])})
    assert [row["id"] for row in store.window("street_object", (189999, 456999, 190001, 457001))] == [added]
    captured = store.connection.execute("SELECT DISTINCT entity_id FROM stadsveld_capture").fetchall()
    assert [row["entity_id"] for row in captured] == [added]


def test_numbers_of_rows_are_not_used_again(store):
    """The table is empty because its rows were deleted: their numbers stay theirs."""
    with store.transaction(capture=False):
        store.register_writer("street_object", DATASET).insert(COLUMNS, ROWS)
        for row_id in IDS:
            store.delete("street_object", row_id)
    load(store, ROWS)
    numbers = [row["fid"] for row in store.connection.execute("SELECT fid FROM street_object ORDER BY fid")]
    assert numbers == list(range(21, 41))


def test_a_failure_brings_back_everything(store):
    before = triggers(store)
    twice = [*ROWS, ROWS[0]]
    with pytest.raises(StoreError):
        load(store, twice)
    assert (triggers(store), store.count("street_object")) == (before, 0)
