"""Bulk writing of register rows: new, changed and ended, in editions of a dataset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .. import geo
from ..model import Entity
from .belonging import deciding_fields
from .connection import Connection
from .statements import statement


def base_values(connection: Connection, name: str, row_id: str) -> dict[str, Any]:
    """Return what the register says of the fields of a row that people's changes own.

    Values are as in JSON: geometry as WKB and binary values in hexadecimal.
    """
    found = connection.execute(statement("get_base"), (name, row_id)).fetchone()
    values: dict[str, Any] = {} if found is None else json.loads(found["row_values"])
    return values


def keep_base_values(connection: Connection, name: str, row_id: str, values: Mapping[str, Any]) -> None:
    """Keep what the register says beneath people's changes, over what was kept before."""
    kept = base_values(connection, name, row_id)
    merged = {**kept, **{field: _plain(value) for field, value in values.items()}}
    if merged != kept:
        text = json.dumps(merged, ensure_ascii=False, sort_keys=True)
        connection.execute(statement("put_base"), (name, row_id, text))


def forget_base_values(connection: Connection, name: str, row_id: str, fields: Iterable[str]) -> None:
    """Forget what was kept beneath fields that no change owns any more."""
    kept = base_values(connection, name, row_id)
    left = {field: value for field, value in kept.items() if field not in set(fields)}
    if left != kept:
        text = json.dumps(left, ensure_ascii=False, sort_keys=True)
        connection.execute(statement("put_base"), (name, row_id, text))


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


class RegisterWriter:
    """Writes rows of one entity that come from a register.

    What people changed on a row themselves stays: a field that has a change of somebody is not
    overwritten by a later edition. Every row written is logged, so that replicas fetch it.

    Attributes:
        kept: (id, field) of values that an edition brought and that people's changes outrank.
    """

    def __init__(self, connection: Connection, entity: Entity, dataset_id: str) -> None:
        self._connection = connection
        self._entity = entity
        self._dataset_id = dataset_id
        self._deciding = set(deciding_fields(entity.name))
        self._owned: dict[str, set[str]] = {}
        for row in connection.execute(statement("owned_fields"), (entity.name,)):
            self._owned.setdefault(row["entity_id"], set()).add(row["field"])
        self.kept: list[tuple[str, str]] = []

    def insert(self, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert new rows in bulk.

        Args:
            columns: names of fields, `id` first; `geom` may be among them.
            rows: values in that order; `geom` as a SpatiaLite blob (`geo.blob_from_wkb`).
        """
        name = self._entity.name
        sql = statement("insert_row", name, columns=(*columns, "dataset_id"))
        logged: list[tuple[str, str]] = []

        def values() -> Iterable[tuple[Any, ...]]:
            for row in rows:
                logged.append((name, row[0]))
                yield (*row, self._dataset_id)

        self._connection.executemany(sql, values())
        self._connection.executemany(statement("log_row"), logged)

    def update(self, row_id: str, fields: Mapping[str, Any]) -> None:
        """Change fields of a row (`geom` as WKB), except those that people own."""
        owned = self._owned.get(row_id, set())
        covered = {field: value for field, value in fields.items() if field in owned}
        if covered:
            self.kept.extend((row_id, field) for field in covered)
            keep_base_values(self._connection, self._entity.name, row_id, covered)
        free = {field: value for field, value in fields.items() if field not in owned}
        if free.get("geom") is not None:
            free["geom"] = geo.blob_from_wkb(free["geom"])
        free["dataset_id"] = self._dataset_id
        name = self._entity.name
        if self._deciding.isdisjoint(fields):
            self._connection.execute(statement("log_moved_to_dataset", name), (row_id, self._dataset_id))
        else:
            self._connection.execute(statement("log_moved"), (name, row_id))
        sql = statement("update_row", name, columns=tuple(free))
        self._connection.execute(sql, (*free.values(), row_id))
        self._connection.execute(statement("forget_logged_row"), (name, row_id))
        self._connection.execute(statement("log_row"), (name, row_id))

    def end(self, row_id: str, on: str) -> None:
        """Mark a row as ended on a date (ISO); it keeps its id and its history."""
        self.update(row_id, {"ended": on})


class TableLoader:
    """Fills a table that is empty, several times faster than row by row.

    The triggers of an insert (capture, checks, the spatial index) rest meanwhile, and the index is
    written here. They come back with `close`, or when the transaction is rolled back. Use it inside
    `transaction()`, with geometries of the table's own kind only.
    """

    def __init__(self, connection: Connection, entity: Entity, dataset_id: str) -> None:
        self._connection = connection
        self._name = entity.name
        self._dataset_id = dataset_id
        self._triggers = connection.execute(statement("insert_triggers"), (entity.name,)).fetchall()
        for trigger in self._triggers:
            connection.execute(statement("drop_trigger", trigger["name"]))
        last = connection.execute(statement("last_fid"), (entity.name,)).fetchone()
        self._fid = 0 if last is None else int(last["seq"])

    def insert(self, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows; as `RegisterWriter.insert`, with `geom` as the last column."""
        name, first = self._name, self._fid + 1
        self._fid += len(rows)
        sql = statement("insert_row", name, columns=("fid", *columns, "dataset_id"))
        values = ((fid, *row, self._dataset_id) for fid, row in enumerate(rows, first))
        self._connection.executemany(sql, values)
        self._connection.executemany(statement("index_row", name), _boxes(first, rows))
        self._connection.executemany(statement("log_row"), ((name, row[0]) for row in rows))

    def close(self) -> None:
        """Put the triggers back."""
        for trigger in self._triggers:
            self._connection.execute(trigger["sql"])
        self._triggers = []


def _boxes(first: int, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, float, float, float, float]]:
    for fid, row in enumerate(rows, first):
        if row[-1] is not None:
            minx, miny, maxx, maxy = geo.blob_bbox(row[-1])
            yield fid, minx, maxx, miny, maxy
