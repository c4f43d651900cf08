"""The whole state of one file copied into another, empty one: how a working copy starts.

What is copied is named here: rows, changes with their skeletons, heads, conflicts, register values
beneath changes, and what was erased. Tokens, logs, receipts, drafts and settings stay where they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import BadInput
from ..faults import fault_point
from ..model import ENTITIES, Entity
from ..text import _
from .connection import Connection, connect, explain
from .schema import VERSION
from .statements import statement
from .store import Store

_CHANGES = "stadsveld_change"
#: Own tables that are copied, with their columns.
_STATE: dict[str, tuple[str, ...]] = {
    _CHANGES: (
        "seq", "change_id", "entity", "entity_id", "actor", "device", "hlc", "schema", "names", "fields",
        "state",
    ),
    "stadsveld_head": ("entity", "entity_id", "field", "change_id"),
    "stadsveld_conflict": ("entity", "entity_id", "field"),
    "stadsveld_base": ("entity", "entity_id", "row_values"),
}  # fmt: skip
_PARENTS = ("stadsveld_change_parent", ("change_id", "field", "parent"))
_ERASED = ("stadsveld_erased", ("change_id", "field"))
_INDEX_PARTS = ("node", "rowid", "parent")


def is_empty(store: Store) -> bool:
    """Tell whether a file holds nothing yet that a snapshot could cover."""
    found = store.connection.execute(statement("is_anything_here")).fetchone()
    return found is None and all(store.count(name) == 0 for name in ENTITIES)


def copy_state(
    store: Store,
    source: Path,
    visible: Iterable[tuple[str, str]] | None = None,
    settings: Mapping[str, str | None] | None = None,
) -> int:
    """Copy the state of the file `source` into an empty store, in one transaction.

    Args:
        store: the empty store; outside a transaction, for a file is attached to it.
        source: a store file of this version; it may be in use, and is read as of one moment.
        visible: (entity, id) of what to copy; everything when None.
        settings: settings to keep in the same transaction.

    Returns:
        How many changes and register rows were copied.

    Raises:
        BadInput: `source` is of another version.
        StoreError: one of the files cannot be read or written; nothing was copied.
    """
    _refuse_other_version(source)
    connection = store.connection
    try:
        connection.execute(statement("attach_other"), (f"{source.resolve().as_uri()}?mode=ro",))
        try:
            with store.transaction(capture=False):
                copied = _copy(connection, visible)
                for key, value in (settings or {}).items():
                    store.set_setting(key, value)
                fault_point("snapshot.before-commit")
            fault_point("snapshot.after-commit")
            return copied
        finally:
            connection.execute(statement("detach_other"))
    except sqlite3.Error as error:
        raise explain(error, store.path) from error


def _refuse_other_version(source: Path) -> None:
    with_version = connect(source, readonly=True, spatialite=False)
    try:
        found = with_version.execute("PRAGMA user_version").fetchone()[0]
    finally:
        with_version.close()
    if found != VERSION:
        raise BadInput(_("It was written by another version of Stadsveld; update both."), file=source)


def _copy(connection: Connection, visible: Iterable[tuple[str, str]] | None) -> int:
    if visible is not None:
        connection.execute(statement("visible_table"))
        connection.executemany(statement("add_visible"), visible)
    things = "copy_table" if visible is None else "copy_visible_things"
    for table, columns in _STATE.items():
        connection.execute(statement(things, table, columns=columns))
    table, columns = _PARENTS
    parents = statement("copy_table", table, columns=columns)
    connection.execute(parents if visible is None else statement("copy_visible_parents"))
    table, columns = _ERASED
    connection.execute(statement("copy_table", table, columns=columns))
    for entity in ENTITIES.values():
        _copy_rows(connection, entity, is_whole=visible is None)
    if visible is not None:
        connection.execute(statement("drop_visible"))
    return _count(connection)


def _copy_rows(connection: Connection, entity: Entity, *, is_whole: bool) -> None:
    """Copy the rows and the spatial index of one entity while its insert triggers rest."""
    name = entity.name
    triggers = connection.execute(statement("insert_triggers"), (name,)).fetchall()
    for trigger in triggers:
        connection.execute(statement("drop_trigger", trigger["name"]))
    columns = ("fid", "id", *(field.name for field in entity.fields), *(("geom",) if entity.geometry else ()))
    rows = "copy_table" if is_whole else "copy_visible_rows"
    connection.execute(statement(rows, name, columns=columns))
    if entity.geometry and is_whole:
        for part in _INDEX_PARTS:
            connection.execute(statement("empty_index_part", name, part))
            connection.execute(statement("copy_index_part", name, part))
    elif entity.geometry:
        connection.execute(statement("copy_visible_index", name))
    for trigger in triggers:
        connection.execute(trigger["sql"])


def _count(connection: Connection) -> int:
    copied = int(connection.execute(statement("count_rows", _CHANGES)).fetchone()[0])
    for entity in ENTITIES.values():
        if entity.register:
            copied += int(connection.execute(statement("register_rows_here", entity.name)).fetchone()[0])
    return copied
