"""Reads features out of the store, a page at a time, on a connection of its own.

Each page is one read transaction on a read-only connection that lives as long as the page: with
write-ahead logging neither waits for the writer nor the other way round. Pages go by the key of the
row (`fid`: it only grows and is never given out again), so that rows that come and go meanwhile make
no page skip or repeat another row; what came after the first page was made is not part of the answer.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...store import Store, statement
from ...store.connection import explain
from ...store.store import Bbox
from ..devices import Device, device_of
from .catalogue import Collection
from .question import Cursor, Question
from .viewer import Viewer

#: Bytes of geometry and text after which a page is full, whatever its limit; in memory it is tenfold.
FULL = 4 << 20
#: What a row counts for besides.
_ROW = 400
#: Matches up to which features in a box are counted: each is looked at. Others are counted by indexes.
_MOST_IN_BOX, _MOST = 50_000, 10_000_000
_CACHE_KIB = 4096


@dataclass(frozen=True)
class Feature:
    """A row as it was read.

    Attributes:
        id: its UUID.
        values: by field name, as stored.
        blob: its geometry (SpatiaLite blob in RD), or None.
        conflicts: the published fields that people still have to decide on.
    """

    id: str
    values: dict[str, Any]
    blob: bytes | None
    conflicts: tuple[str, ...]


@dataclass(frozen=True)
class PageOfFeatures:
    """A page.

    Attributes:
        features: in the order of their keys.
        next: where the next page begins, or None at the end.
        matched: how many features there are in all, where that is known at little cost.
    """

    features: list[Feature]
    next: Cursor | None
    matched: int | None


class StaleCursor(Exception):
    """The store was restored since the first page: its keys mean something else now."""


class Reading:
    """A read transaction on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    @contextmanager
    def of(cls, path: Path) -> Iterator[Reading]:
        """Open the store for one answer.

        Raises:
            StoreError: it cannot be read now.
        """
        with Store.open(path, readonly=True, spatialite=False) as store:
            try:
                store.connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB:d}")
                store.connection.execute("BEGIN")
                yield cls(store)
            except sqlite3.Error as error:
                raise explain(error, path) from error

    def device(self, token: str) -> Device:
        """Return the device of a token; raises StadsveldError where there is none."""
        return device_of(self._store, token)

    def viewer(self, device: Device) -> Viewer:
        """Return what a device may see."""
        return Viewer.of(self._store, device)

    def extent(self, collection: Collection, viewer: Viewer) -> Bbox | None:
        """Return the extent in RD as far as the viewer may know it: of all rows, or of the viewer's area."""
        if not viewer.sees_all or not collection.entity.geometry:
            return viewer.area
        row = self._store.connection.execute(statement("extent", collection.entity.name)).fetchone()
        return None if row["minx"] is None else (row["minx"], row["miny"], row["maxx"], row["maxy"])

    def one(self, collection: Collection, viewer: Viewer, feature_id: str) -> Feature | None:
        """Return a feature by its id, or None where there is none for this viewer."""
        values: dict[str, Any] = {"id": feature_id}
        begin = statement("feature_one", collection.entity.name, columns=_columns(collection))
        found = self._rows([begin, *viewer.conditions(collection, values)], values)
        rows = [row for row in found if self._is_near(collection, viewer, row)]
        return next(iter(self._features(collection, rows)), None)

    def page(self, collection: Collection, viewer: Viewer, question: Question) -> PageOfFeatures:
        """Return a page of features.

        Raises:
            StaleCursor: the cursor is from before the store was restored.
        """
        epoch = (self._store.setting("epoch") or "")[:8]
        cursor = question.cursor or self._first(collection, epoch)
        if cursor.epoch != epoch:
            raise StaleCursor
        values: dict[str, Any] = {}
        conditions = viewer.conditions(collection, values) + self._asked(collection, question, values)
        rows, more = self._taken(collection, viewer, conditions, values, cursor, question.limit)
        matched = None
        if question.cursor is None:
            matched = len(rows) if not more else self._count(collection, viewer, question, conditions, values)
        following = Cursor(epoch, rows[-1]["fid"], cursor.until) if more else None
        return PageOfFeatures(self._features(collection, rows), following, matched)

    def _first(self, collection: Collection, epoch: str) -> Cursor:
        sql = statement("feature_last", collection.entity.name)
        return Cursor(epoch, 0, int(self._store.connection.execute(sql).fetchone()[0]))

    def _asked(self, collection: Collection, question: Question, values: dict[str, Any]) -> list[str]:
        """Return what the question wants of the rows, and put its values among `values`."""
        found = []
        for name, value in question.equal.items():
            is_instant = collection.entity.field(name).kind == "instant"
            found.append(statement("feature_equals_instant" if is_instant else "feature_equals", column=name))
            values[f"value_{name}"] = value
        if question.period is not None:
            found += _in_period(collection, question, values)
        if question.box is not None:
            found += self._in_box(collection, question, values)
        return found

    def _in_box(self, collection: Collection, question: Question, values: dict[str, Any]) -> list[str]:
        box = question.box
        if box is None or box.around is None or not collection.entity.geometry:
            return [statement("feature_never")]
        values.update(zip(("minx", "miny", "maxx", "maxy"), box.around, strict=True))
        self._store.connection.create_function("meets_box", 1, box.meets)
        return [statement("feature_in_box", collection.entity.name), statement("feature_meets_box")]

    def _taken(
        self, collection: Collection, viewer: Viewer, conditions: list[str], values: dict[str, Any],
        cursor: Cursor, limit: int,
    ) -> tuple[list[dict[str, Any]], bool]:  # fmt: skip
        """Return the rows of a page, and whether there are more."""
        begin = statement("feature_page", collection.entity.name, columns=_columns(collection))
        parts = [begin, *conditions, statement("feature_page_end")]
        taken: list[dict[str, Any]] = []
        size, after = 0, cursor.after
        while True:
            # One more than asked tells whether there is a next page.
            wanted = {**values, "after": after, "until": cursor.until, "most": limit + 1 - len(taken)}
            count = 0
            for row in self._rows(parts, wanted):
                count, after = count + 1, row["fid"]
                if not self._is_near(collection, viewer, row):
                    continue
                if len(taken) == limit or size >= FULL:
                    return taken, True
                taken.append(row)
                size += _ROW + sum(len(value) for value in row.values() if isinstance(value, str | bytes))
            if count < wanted["most"]:
                return taken, False

    def _is_near(self, collection: Collection, viewer: Viewer, row: dict[str, Any]) -> bool:
        """Tell whether a row is the viewer's to see by what it belongs to: what SQL does not check."""
        visible = viewer.visibility
        if visible is None or not (visible.hidden or (viewer.area and row.get("geom") is None)):
            return True
        return visible.has(collection.entity.name, row["id"])

    def _count(
        self, collection: Collection, viewer: Viewer, question: Question, conditions: list[str],
        values: dict[str, Any],
    ) -> int | None:  # fmt: skip
        if viewer.area is not None or (viewer.visibility is not None and viewer.visibility.hidden):
            return None
        most = _MOST if question.box is None else _MOST_IN_BOX
        parts = [statement("feature_count", collection.entity.name), *conditions]
        parts.append(statement("feature_count_end"))
        sql = "\n".join(parts)
        found = int(self._store.connection.execute(sql, {**values, "most": most}).fetchone()[0])
        return found if found < most else None

    def _rows(self, parts: list[str], values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for row in self._store.connection.execute("\n".join(parts), values):
            yield dict(row)

    def _features(self, collection: Collection, rows: list[dict[str, Any]]) -> list[Feature]:
        name = collection.entity.name
        ids = json.dumps([row["id"] for row in rows])
        published = {*(found.name for found in collection.properties), "geom", "_exists"}
        conflicts: dict[str, list[str]] = {}
        for row in self._store.connection.execute(statement("feature_conflicts"), (name, ids)):
            if row["field"] in published:
                conflicts.setdefault(row["entity_id"], []).append(row["field"])
        return [Feature(row["id"], row, row.get("geom"), tuple(conflicts.get(row["id"], ()))) for row in rows]


def _columns(collection: Collection) -> tuple[str, ...]:
    names = ("id", *(found.name for found in collection.properties))
    return (*names, "geom") if collection.entity.geometry else names


def _in_period(collection: Collection, question: Question, values: dict[str, Any]) -> list[str]:
    """Return the conditions of a period; without a time of its own nothing is in any period."""
    period, time = question.period, collection.time
    if period is None or time is None:
        return [statement("feature_never")]
    kind = "instant" if time.kind == "instant" else "date"
    found = []
    for word, name, value in (("from", "begin", period.begin), ("until", "end", period.end)):
        if value is not None:
            found.append(statement(f"feature_{word}_{kind}", column=time.name))
            values[name] = value
    return found
