"""A store or replica file: open, make, read and write rows, in transactions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

from .. import geo
from ..errors import StoreError
from ..model import ENTITIES, entity, is_uuid, new_id
from ..text import _
from . import schema
from .connection import Connection, connect, explain
from .photos import PhotoFolder
from .rows import RegisterWriter, TableLoader
from .statements import statement

#: (minx, miny, maxx, maxy) in EPSG:28992, metres.
Bbox = tuple[float, float, float, float]
Row = dict[str, Any]


class Store:
    """An open store or replica.

    Rows are dicts by field name; `id` is the UUID and `geom` WKB in EPSG:28992. Use as a context
    manager, or `close()` it.

    Attributes:
        path: the file.
        connection: its connection; other packages of the core use it with named statements.
        photos: the folder of photo files beside the file.
    """

    def __init__(self, path: Path, connection: Connection) -> None:
        self.path = path
        self.connection = connection
        self.photos = PhotoFolder(path.with_name(path.name + ".photos"))

    @classmethod
    def create(cls, path: str | Path, *, wal: bool = False) -> Store:
        """Make a new, empty store; needs SpatiaLite.

        Raises:
            StoreError: the file exists, or its folder does not.
            MissingComponent: SpatiaLite is not installed.
        """
        path = Path(path)
        connection = connect(path, create=True)
        store = cls(path, connection)
        try:
            with store.transaction():
                schema.create(connection)
                store.set_setting("device_id", new_id())
            connection.keep_in_memory()
        except BaseException:
            connection.close()
            path.unlink(missing_ok=True)
            raise
        if wal:
            store.use_wal()
        return store

    @classmethod
    def open(cls, path: str | Path, *, readonly: bool = False, spatialite: bool = True) -> Store:
        """Open an existing store and migrate it where it is older.

        Raises:
            StoreError: the file is missing, foreign, damaged, newer, or may not be read.
            StoreLocked: another program keeps it locked.
        """
        path = Path(path)
        connection = connect(path, readonly=readonly, spatialite=spatialite)
        store = cls(path, connection)
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] != schema.VERSION:
                with store.transaction():
                    schema.migrate(connection)
            store.setting("device_id")
            connection.keep_in_memory()
        except sqlite3.Error as error:
            connection.close()
            raise explain(error, path) from error
        except StoreError:
            connection.close()
            raise
        return store

    def use_wal(self) -> None:
        """Write ahead: readers never wait for the writer. For local disks only (hub and device)."""
        try:
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self, *, capture: bool = True) -> Iterator[None]:
        """Run a block as one transaction: all of it is stored durably, or nothing.

        A block inside another joins the outer one. With `capture=False` what is written is not
        captured as somebody's change (register imports, changes that arrive from elsewhere).

        Raises:
            StoreError: the file cannot be written (locked, read-only, full disk); nothing changed.
        """
        if self.connection.in_transaction:
            with self._capture(capture):
                yield
            return
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                with self._capture(capture):
                    yield
                self.connection.align_indexes()
                self.connection.execute("COMMIT")
            except BaseException:
                self.connection.forget_misaligned()
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    @contextmanager
    def _capture(self, wanted: bool) -> Iterator[None]:
        if wanted or self.setting("capture") == "0":
            yield
            return
        self.set_setting("capture", "0")
        try:
            yield
        finally:
            if self.connection.in_transaction:
                self.set_setting("capture", "1")

    # Settings

    def setting(self, key: str, default: str | None = None) -> str | None:
        """Return the setting `key` of this file, or `default`."""
        row = self.connection.execute(statement("get_setting"), (key,)).fetchone()
        return default if row is None else row[0]

    def set_setting(self, key: str, value: str | None) -> None:
        """Keep a setting in this file; settings never sync."""
        self.connection.execute(statement("set_setting"), (key, value))

    @property
    def device_id(self) -> str:
        """The pseudonymous id of this file as a writer of changes."""
        found = self.setting("device_id")
        if found is None:
            raise StoreError(_("{file} is damaged: it has no device id.").format(file=self.path))
        return found

    # Rows

    def get(self, name: str, row_id: str) -> Row | None:
        """Return the row of entity `name` with that id, or None."""
        sql = statement("get_row", name, columns=_columns(name))
        row = self.connection.execute(sql, (row_id,)).fetchone()
        return None if row is None else _as_row(row)

    def rows(self, name: str, **equal: Any) -> Iterator[Row]:
        """Yield the rows of entity `name`, all, or those in which one field equals a value."""
        columns = _columns(name)
        if not equal:
            return self._read(statement("all_rows", name, columns=columns), (), columns)
        ((field, value),) = equal.items()
        return self._read(statement("rows_where", name, field, columns=columns), (value,), columns)

    def window(self, name: str, bbox: Bbox) -> Iterator[Row]:
        """Yield the rows whose bounding box meets `bbox` (EPSG:28992), by the spatial index."""
        minx, miny, maxx, maxy = bbox
        columns = _columns(name)
        sql = statement("rows_in_window", name, columns=columns)
        return self._read(sql, (minx, maxx, miny, maxy), columns)

    def _read(self, sql: str, values: tuple[Any, ...], columns: tuple[str, ...]) -> Iterator[Row]:
        """Yield rows as dicts from plain tuples, which is twice as fast as from `sqlite3.Row`."""
        cursor = self.connection.cursor()
        cursor.row_factory = None
        found = cursor.execute(sql, values)
        if columns[-1] == "geom":
            return (_with_wkb(dict(zip(columns, row, strict=True))) for row in found)
        return (dict(zip(columns, row, strict=True)) for row in found)

    def count(self, name: str) -> int:
        """Return the number of rows of entity `name`."""
        return int(self.connection.execute(statement("count_rows", entity(name).name)).fetchone()[0])

    def put(self, name: str, row_id: str | None, fields: Mapping[str, Any]) -> str:
        """Create or update a row with any subset of its fields; return its id.

        Raises:
            StoreError: unknown field, or an id that is no UUID.
        """
        row_id = row_id or new_id()
        _check(name, row_id, fields)
        values = [_stored(name, field, value) for field, value in fields.items()]
        names = tuple(fields)
        with self.transaction():
            known = self.connection.execute(
                statement("get_row", name, columns=("fid",)), (row_id,)
            ).fetchone()
            if known is None:
                sql = statement("insert_row", name, columns=("id", *names))
                self.connection.execute(sql, (row_id, *values))
            elif names:
                sql = statement("update_row", name, columns=names)
                self.connection.execute(sql, (*values, row_id))
        return row_id

    def delete(self, name: str, row_id: str) -> None:
        """Delete a row; deleting what is not there does nothing."""
        with self.transaction():
            self.connection.execute(statement("delete_row", entity(name).name), (row_id,))

    def register_writer(self, name: str, dataset_id: str) -> RegisterWriter:
        """Return a bulk writer of register rows; use it inside `transaction(capture=False)`."""
        return RegisterWriter(self.connection, entity(name), dataset_id)

    def table_loader(self, name: str, dataset_id: str) -> TableLoader:
        """Return a loader for register rows of an entity that has no row; use it inside a transaction."""
        return TableLoader(self.connection, entity(name), dataset_id)

    # Drafts

    def save_draft(self, draft_id: str, name: str, row_id: str, fields: Mapping[str, Any]) -> None:
        """Keep an unfinished form durably, as it is at this keystroke."""
        with self.transaction():
            text = json.dumps(dict(fields), ensure_ascii=False)
            self.connection.execute(statement("save_draft"), (draft_id, name, row_id, text, now()))

    def drafts(self) -> list[Row]:
        """Return all drafts, the last edited first: draft_id, entity, entity_id, fields, updated."""
        return [_as_draft(row) for row in self.connection.execute(statement("list_drafts"))]

    def draft(self, draft_id: str) -> Row | None:
        """Return one draft, or None."""
        row = self.connection.execute(statement("get_draft"), (draft_id,)).fetchone()
        return None if row is None else _as_draft(row)

    def delete_draft(self, draft_id: str) -> None:
        """Forget a draft."""
        with self.transaction():
            self.connection.execute(statement("delete_draft"), (draft_id,))

    def problems(self) -> list[str]:
        """Check the whole file and return what is wrong with it; empty where it is whole."""
        try:
            found = [row[0] for row in self.connection.execute("PRAGMA integrity_check(20)")]
            problems = [] if found == ["ok"] else found
            if self.connection.has_spatialite and not self.spatial_index_is_right():
                problems.append(_("A spatial index does not agree with its table."))
        except sqlite3.Error as error:
            return [str(explain(error, self.path))]
        return problems

    def spatial_index_is_right(self) -> bool:
        """Tell whether every spatial index agrees with its table; needs SpatiaLite."""
        spatial = [found.name for found in ENTITIES.values() if found.geometry]
        sql = statement("check_spatial_index")
        return all(self.connection.execute(sql, (name,)).fetchone()[0] == 1 for name in spatial)


def now() -> str:
    """Return the present instant as the store writes it: UTC, ISO 8601, milliseconds, Z."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _columns(name: str) -> tuple[str, ...]:
    found = entity(name)
    names = ("id", *(field.name for field in found.fields))
    return (*names, "geom") if found.geometry else names


def _as_row(row: sqlite3.Row) -> Row:
    values = dict(row)
    return _with_wkb(values) if "geom" in values else values


def _with_wkb(values: Row) -> Row:
    if values["geom"] is not None:
        values["geom"] = geo.wkb_from_blob(values["geom"])
    return values


def _as_draft(row: sqlite3.Row) -> Row:
    return {**dict(row), "fields": json.loads(row["fields"])}


def _stored(name: str, field: str, value: Any) -> Any:
    if field == "geom" and value is not None:
        return geo.blob_from_wkb(geo.canonical_wkb(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return int(value) if isinstance(value, bool) else value


def _check(name: str, row_id: str, fields: Mapping[str, Any]) -> None:
    known = _columns(name)
    unknown = [field for field in fields if field not in known or field == "id"]
    if unknown:
        raise StoreError(_("{entity} has no field {fields}.").format(entity=name, fields=", ".join(unknown)))
    if not is_uuid(row_id):
        raise StoreError(_("{id} is no id: ids are UUIDs in lower case.").format(id=row_id))


__all__ = ["Bbox", "Row", "Store", "now"]
