"""Rows of BGT objects in a store: new, changed and ended ones, against what it held."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .. import geo
from ..model import dutch_time, entity, id_from_register
from ..model.entities import BGT_ENTITIES
from ..sources.bgt import BgtObject, Label
from ..store import Store, TableLoader, base_values, statement

#: The dataset that all BGT rows belong to.
DATASET = id_from_register("dataset", "bgt")
#: Class of the house numbers in `label`, which belong to a pand.
HOUSE_NUMBERS = "nummeraanduidingreeks"

_FIELDS = tuple(found.name for found in entity("label").fields if found.name not in ("dataset_id", "ended"))
_COLUMNS = ("id", *_FIELDS, "geom")
_SENSOR_COLUMNS = ("id", "number", "kind", "owner", "bgt_local_id", "geom")
_BATCH = 500

Values = tuple[Any, ...]


@dataclass
class BgtMutations:
    """How an import changed the objects of a store (labels belong to their objects)."""

    new: int = 0
    changed: int = 0
    ended: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the counts."""
        return {"new": self.new, "changed": self.changed, "ended": self.ended}


class _Table:
    """The rows of one entity during an import.

    Attributes:
        was_empty: nothing was in it, so that whatever comes is new.
    """

    def __init__(self, store: Store, name: str, columns: tuple[str, ...]) -> None:
        self._store = store
        self._name = name
        self._columns = columns
        self.was_empty = store.count(name) == 0
        self._pending: list[Values] = []
        self._loader: TableLoader | None = None
        self._owned: dict[str, set[str]] = {}
        self._edited: dict[str, set[str]] = {}
        for row in store.connection.execute(statement("owned_fields"), (name,)):
            self._owned.setdefault(row["entity_id"], set()).add(row["field"])
        for row in store.connection.execute(statement("captured")):
            if row["entity"] == name:
                self._edited.setdefault(row["entity_id"], set()).add(row["field"])
        if self._owned or self._edited:
            self.was_empty = False
        self._select = statement("get_row", name, columns=(*columns, "ended"))

    def known(self, row_id: str) -> Any:
        """Return the row as it is, or None."""
        if self.was_empty:
            return None
        return self._store.connection.execute(self._select, (row_id,)).fetchone()

    def put(self, values: Values) -> str | None:
        """Bring a row to these values; return `new` or `changed`, or None where it was so already."""
        known = self.known(values[0])
        if known is None:
            if values[0] in self._owned or values[0] in self._edited:
                return None  # people deleted it, and that stands
            self._pending.append(values)
            if len(self._pending) >= _BATCH:
                self.flush()
            return "new"
        wanted = (*values, None)
        if tuple(known) == wanted:
            return None
        names = (*self._columns, "ended")
        differs = {
            name: value for name, value, before in zip(names, wanted, known, strict=True) if value != before
        }
        return "changed" if self._update(values[0], differs) else None

    def _update(self, row_id: str, differs: dict[str, Any]) -> bool:
        """Write what differs, except what people entered; tell whether anything was left to write."""
        if isinstance(differs.get("geom"), bytes):
            differs["geom"] = geo.wkb_from_blob(differs["geom"])
        for name in self._edited.get(row_id, ()):
            differs.pop(name, None)
        owned = self._owned.get(row_id)
        if owned:
            base = base_values(self._store.connection, self._name, row_id)
            for name in owned & set(differs):
                value = differs[name]
                if base.get(name) == (value.hex() if isinstance(value, bytes) else value):
                    del differs[name]
        if not differs:
            return False
        with self._store.transaction(capture=False):
            self._store.register_writer(self._name, DATASET).update(row_id, differs)
        return True

    def end(self, row_id: str, on: str) -> bool:
        """End a row on a date (ISO); tell whether it did not have that end yet."""
        return self._update(row_id, {"ended": on})

    def flush(self) -> None:
        """Write the rows that wait to be inserted."""
        if not self._pending:
            return
        if self.was_empty:
            if self._loader is None:
                self._loader = self._store.table_loader(self._name, DATASET)
            self._loader.insert(self._columns, self._pending)
        else:
            with self._store.transaction(capture=False):
                self._store.register_writer(self._name, DATASET).insert(self._columns, self._pending)
        self._pending = []

    def finish(self) -> None:
        """Write what waits and leave the table as it should be."""
        self.flush()
        if self._loader is not None:
            self._loader.close()
            self._loader = None


class BgtRows:
    """Writes the objects of a delivery to a store. Use inside a transaction.

    Args:
        store: the store.
        instant: the instant (UTC) that the store is to show.
    """

    def __init__(self, store: Store, instant: str) -> None:
        self._store = store
        self._instant = instant
        self._tables = {name: _Table(store, name, _COLUMNS) for name in BGT_ENTITIES}
        self._tables["sensor"] = _Table(store, "sensor", _SENSOR_COLUMNS)
        self.was_empty = all(table.was_empty for table in self._tables.values())
        self.mutations = BgtMutations()
        store.connection.execute(statement("delivered_table"))
        store.connection.execute(statement("clear_delivered"))

    def note_ended(self, found: BgtObject) -> None:
        """Remember that the delivery has a version of this object that does not hold now."""
        if not self.was_empty:
            ended = found.ended if found.ended is not None and found.ended <= self._instant else None
            self._store.connection.execute(statement("note_ended"), (found.id, ended))

    def note_refused(self, local_id: str) -> None:
        """Remember that the delivery says something of this object that could not be read."""
        if not self.was_empty:
            self._store.connection.execute(statement("note_refused"), (id_from_register("bgt", local_id),))

    def note_current(self, found: Iterable[tuple[str, BgtObject]]) -> None:
        """Remember which versions hold now, by id."""
        rows = ((row_id, version.entity, version.registered) for row_id, version in found)
        self._store.connection.executemany(statement("note_current"), rows)

    def noted(self, ids: list[str]) -> dict[str, str]:
        """Return id -> registered of those of these objects of which a version was remembered as current."""
        found = self._store.connection.execute(statement("noted_current"), (json.dumps(ids),))
        return {row["id"]: row["registered"] for row in found}

    def known(self, row_id: str) -> dict[str, Any] | None:
        """Return what the delivery was found to say of an object so far."""
        row = self._store.connection.execute(statement("delivered"), (row_id,)).fetchone()
        return None if row is None else dict(row)

    def stored_bbox(self, row_id: str, name: str) -> tuple[float, float, float, float] | None:
        """Return the box around an object as it is in the store, or None where it is not there."""
        row = self._tables[name].known(row_id)
        return None if row is None or row["geom"] is None else geo.blob_bbox(row["geom"])

    def put(self, row_id: str, found: BgtObject, blob: bytes) -> None:
        """Store the version of an object that holds now, its labels, and a sensor's own row."""
        table = self._tables[found.entity]
        known = table.known(row_id)
        if known is not None and found.registered < (known["registered"] or "") <= self._instant:
            return  # the store knows a later version that holds now as well
        done = table.put(object_row(row_id, found, blob))
        self.mutations.new += done == "new"
        self.mutations.changed += done == "changed"
        for label in found.labels:
            self._tables["label"].put(label_row(label, found))
            if not self.was_empty:
                self._note_label(label, found)
        if found.bgt_class == "sensor" and found.entity == "street_object":
            self._tables["sensor"].put(_sensor_row(row_id, found))

    def _note_label(self, label: Label, found: BgtObject) -> None:
        values = (label.id, "label", found.registered)
        self._store.connection.execute(statement("note_current"), values)

    def finish(self) -> None:
        """Write everything that waits."""
        for table in self._tables.values():
            table.finish()

    def not_delivered(self) -> Iterable[tuple[str, Any]]:
        """Yield (entity, row) of objects in the store that the delivery does not bring as they are."""
        for name in BGT_ENTITIES:
            if not self._tables[name].was_empty:
                sql = statement("not_delivered", name)
                for row in self._store.connection.execute(sql, (DATASET,)).fetchall():
                    if row["bgt_class"] != HOUSE_NUMBERS:
                        yield name, row

    def end(self, name: str, row_id: str, instant: str) -> None:
        """End an object at an instant (UTC)."""
        self.mutations.ended += self._tables[name].end(row_id, dutch_date(instant))

    def end_companions(self, instant: str) -> None:
        """End house numbers and sensors whose object ended, and house numbers that it lost."""
        sql = statement("not_delivered", "label")
        rows = self._store.connection.execute(sql, (DATASET,)).fetchall()
        for row in rows if not self._tables["label"].was_empty else ():
            if row["bgt_class"] == HOUSE_NUMBERS:
                pand = id_from_register("bgt", row["local_id"])
                state = self.known(pand)
                if (state is not None and state["state"] == "current") or self._is_gone("building", pand):
                    self._tables["label"].end(row["id"], dutch_date(instant))
        for row in self._store.rows("sensor", dataset_id=DATASET):
            if row["ended"] is None and self._is_gone("street_object", row["id"]):
                self._tables["sensor"].end(row["id"], dutch_date(instant))

    def _is_gone(self, name: str, row_id: str) -> bool:
        sql = statement("get_row", name, columns=("ended",))
        row = self._store.connection.execute(sql, (row_id,)).fetchone()
        return row is None or row["ended"] is not None


def object_row(row_id: str, found: BgtObject, blob: bytes) -> Values:
    """Return the row of an object in the order of its columns."""
    values = {**found.values, "attributes": _json(found.values.get("attributes"))}
    return (row_id, *(values.get(name) for name in _FIELDS), blob)


def _json(attributes: Any) -> str | None:
    return json.dumps(attributes, ensure_ascii=False, sort_keys=True) if attributes else None


def label_row(label: Label, found: BgtObject) -> Values:
    """Return the row of a label that belongs to an object."""
    values = {
        "bgt_class": HOUSE_NUMBERS, "local_id": found.local_id, "name": label.text,
        "registered": found.registered, "attributes": _json(label.described()),
        **{name: found.values.get(name) for name in ("status", "level", "bag_id", "source_holder")},
    }  # fmt: skip
    blob = label.geometry.blob()
    return (label.id, *(values.get(name) for name in _FIELDS), blob)


def _sensor_row(row_id: str, found: BgtObject) -> Values:
    x, y = found.point
    blob = geo.blob_from_wkb(geo.canonical_wkb(geo.point_wkb(x, y)))
    kind, owner = found.values.get("plus_type"), found.values.get("source_holder")
    return (row_id, found.local_id, kind, owner, found.local_id, blob)


def dutch_date(instant: str) -> str:
    """Return the date (ISO) in the Netherlands at an instant."""
    return dutch_time(instant).date().isoformat()


__all__ = ["DATASET", "HOUSE_NUMBERS", "BgtMutations", "BgtRows"]
