"""The schema of a store, made from the model, and its migrations."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import StoreError
from ..model import ENTITIES, Entity
from ..model.entities import SQL_TYPES
from ..text import _
from .connection import APPLICATION_ID, Connection
from .statements import column_definition, statement, table_definition

#: Version of the schema that this code writes (`PRAGMA user_version`).
VERSION = 2

_OWN_TABLES = (
    "settings_table",
    "capture_table",
    "change_table",
    "change_entity_index",
    "parent_table",
    "parent_index",
    "head_table",
    "conflict_table",
    "receipt_table",
    "photo_receipt_table",
    "base_table",
    "log_table",
    "log_row_index",
    "device_table",
    "draft_table",
)
#: What version 2 added, in order: tables, indexes and columns.
_ADDED_IN_2: tuple[str, ...] = (
    "erased_table",
    "erased_photo_table",
    "add_pulled_seq",
    "log_change_index",
    "audit_table",
    "audit_change_table",
    "audit_salt_trigger",
    "add_device_days",
    "add_device_delivered",
    "add_device_wiped",
    "add_device_told",
    "add_device_tickets",
    "add_device_copied",
    "add_device_kind",
    "add_device_token_expires",
    "follower_table",
    "leaving_table",
    "leaving_photo_table",
    "log_moved_index",
    "ahead_table",
)
#: Coordinate systems that QGIS layers of a store may need: RD, ETRS89, WGS 84, Web Mercator.
_SRIDS = (28992, 4258, 4326, 3857)


def create(connection: Connection) -> None:
    """Write the schema into an empty file (one transaction, by the caller)."""
    connection.execute("SELECT InitSpatialMetadata(0, 'NONE')")
    for srid in _SRIDS:
        connection.execute("SELECT InsertEpsgSrid(?)", (srid,))
    for name in _OWN_TABLES + _ADDED_IN_2:
        connection.execute(statement(name))
    for entity in ENTITIES.values():
        _create_table(connection, entity)
    # SpatiaLite reads the whole schema for every geometry column: the many triggers come afterwards.
    for entity in ENTITIES.values():
        _create_triggers(connection, entity)
    connection.execute(statement("photo_index"))
    connection.execute(statement("set_setting"), ("capture", "1"))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
    connection.execute(f"PRAGMA user_version = {VERSION:d}")


def _create_table(connection: Connection, entity: Entity) -> None:
    table = entity.name
    connection.execute(table_definition(table, ((f.name, SQL_TYPES[f.kind]) for f in entity.fields)))
    if entity.geometry:
        connection.execute(statement("add_geometry"), (table, entity.geometry))
        connection.execute(statement("create_spatial_index"), (table,))
    for field in entity.fields:
        if field.kind == "ref" or field.name in {"local_id", "bgt_local_id", "number"}:
            connection.execute(statement("reference_index", table, field.name))


def _create_triggers(connection: Connection, entity: Entity) -> None:
    table = entity.name
    _note_times_of_geometries_only(connection, entity)
    connection.execute(statement("capture_insert", table))
    connection.execute(statement("make_id", table))
    if entity.has_base:
        connection.execute(statement("capture_delete_values", table, columns=entity.captured))
    else:
        connection.execute(statement("capture_delete", table))
    connection.execute(statement("keep_id", table))
    for name in entity.captured:
        connection.execute(statement("capture_update", table, name))


def _note_times_of_geometries_only(connection: Connection, entity: Entity) -> None:
    if entity.geometry:
        connection.execute(statement("drop_time_of_update", entity.name))
        connection.execute(statement("time_of_update", entity.name))


def migrate(connection: Connection) -> None:
    """Bring an older file to `VERSION`, one step a version, in one transaction.

    Raises:
        StoreError: the file is newer than this program.
    """
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > VERSION:
        message = _("A newer Stadsveld wrote this store (format {found}, here {ours}). Update this program.")
        raise StoreError(message.format(found=found, ours=VERSION))
    for version in range(found + 1, VERSION + 1):
        MIGRATIONS[version](connection)
        connection.execute(f"PRAGMA user_version = {version:d}")


def _to_2(connection: Connection) -> None:
    for name in _ADDED_IN_2:
        connection.execute(statement(name))
    for entity in ENTITIES.values():
        _catch_up(connection, entity)
    connection.execute(statement("photo_index"))


def _catch_up(connection: Connection, entity: Entity) -> None:
    """Add the table, or the columns, that the model has gained; a new one has no geometry."""
    table = entity.name
    present = {row["name"] for row in connection.execute(statement("table_columns"), (table,))}
    if not present:
        _create_table(connection, entity)
        _create_triggers(connection, entity)
        return
    _note_times_of_geometries_only(connection, entity)
    for field in entity.fields:
        if field.name in present:
            continue
        connection.execute(column_definition(table, field.name, SQL_TYPES[field.kind]))
        if field.name in entity.captured:
            connection.execute(statement("capture_update", table, field.name))
            if entity.has_base:
                connection.execute(statement("drop_trigger", f"stadsveld_delete_{table}"))
                connection.execute(statement("capture_delete_values", table, columns=entity.captured))


#: Steps by the version they lead to. Steps are added, never changed, once a version was released.
MIGRATIONS: dict[int, Callable[[Connection], None]] = {2: _to_2}
