"""What screens show of the changes: what waits, what differs, who changed what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..errors import BadInput
from ..model import ENTITIES
from ..store import Store, statement
from ..text import _
from .capture import seal
from .changes import ERASES, EXISTS, Change
from .clock import instant_of, stamp_of
from .making import make_change
from .merge import Head, change_from_row, changes_from_rows, heads_of, read_change


@dataclass(frozen=True)
class OutboxItem:
    """A change made here that the central store has not taken.

    Attributes:
        change_id: its id.
        entity: kind of the thing.
        entity_id: its id.
        title: what to call it on a screen.
        state: `waiting` or `refused`.
        reason: why it was refused, or None.
    """

    change_id: str
    entity: str
    entity_id: str
    title: str
    state: str
    reason: str | None = None


@dataclass(frozen=True)
class Conflict:
    """A field that two people changed without knowing of each other.

    Attributes:
        entity: kind of the thing.
        entity_id: its id.
        field: the field; `_exists` where one deleted what another edited.
        alternatives: the differing heads, the one shown first.
    """

    entity: str
    entity_id: str
    field: str
    alternatives: tuple[Head, ...]


@dataclass(frozen=True)
class HistoryItem:
    """One change of a thing: when (UTC), by whom, on which device, and what.

    Attributes:
        change_id: its id.
        entity: kind of the thing.
        entity_id: its id.
        at: when, by the clock of who made it.
        actor: pseudonymous id of who made it.
        device: id of the device.
        fields: the new values.
        quarantined: refused by the central store.
        gone: fields whose values were folded or erased since.
        reason: why it was refused, where that is known here.
        ahead: the clock of who made it ran ahead when it arrived here; `at` is as written.
    """

    change_id: str
    entity: str
    entity_id: str
    at: datetime
    actor: str
    device: str
    fields: dict[str, Any]
    quarantined: bool
    gone: tuple[str, ...] = ()
    reason: str | None = None
    ahead: bool = False


def outbox(store: Store) -> list[OutboxItem]:
    """Return the changes made here that the central store has not confirmed, oldest first."""
    seal(store)
    items = []
    for row in store.connection.execute(statement("outbox"), (store.device_id,)).fetchall():
        state = "refused" if row["status"] == "quarantined" else "waiting"
        title = _title(store, row["entity"], row["entity_id"], json.loads(row["fields"] or "{}"))
        item = OutboxItem(row["change_id"], row["entity"], row["entity_id"], title, state, row["reason"])
        items.append(item)
    return items


def waiting(store: Store) -> int:
    """Return how many changes of others only this file holds, for their authors to send again."""
    return int(store.connection.execute(statement("count_waiting")).fetchone()[0])


def ahead(store: Store) -> int:
    """Return how many changes arrived from clocks that ran ahead; the history marks them."""
    return int(store.connection.execute(statement("count_ahead")).fetchone()[0])


def conflicts(store: Store) -> list[Conflict]:
    """Return all fields in conflict, with every value that somebody gave."""
    found = []
    for row in store.connection.execute(statement("list_conflicts")).fetchall():
        heads = heads_of(store, row["entity"], row["entity_id"])
        alternatives = tuple(heads.get(row["field"], ()))
        found.append(Conflict(row["entity"], row["entity_id"], row["field"], alternatives))
    return found


def resolve(store: Store, entity: str, entity_id: str, field: str, value: Any) -> str:
    """Decide a conflict: an ordinary change whose parents are all the heads; return its id.

    Args:
        store: store or working copy.
        entity: kind of the thing.
        entity_id: its id.
        field: the field in conflict; for `_exists` True keeps the row and False deletes it.
        value: the value to have, as in the alternatives.

    Raises:
        BadInput: nobody ever changed that field.
    """
    with store.transaction(capture=False):
        seal(store)
        heads = heads_of(store, entity, entity_id)
        if field not in heads:
            raise BadInput(_("Nobody changed “{field}” of this object.").format(field=field))
        seen = heads if (field, value) == (EXISTS, False) else {field: heads[field]}
        return make_change(store, entity, entity_id, {field: value}, seen).change_id


def choose(store: Store, entity: str, entity_id: str, field: str, change_id: str) -> str:
    """Decide for the value that a certain change gave, also of one that lost before; return the new id.

    Raises:
        BadInput: that change gave the field no value, or its value is gone.
    """
    change = read_change(store, change_id)
    if change is None or (change.entity, change.entity_id) != (entity, entity_id):
        raise BadInput(_("There is no change {id} of this object.").format(id=change_id[:80]))
    if field not in change.fields:
        raise BadInput(_("That change gives “{field}” no value any more.").format(field=field))
    return resolve(store, entity, entity_id, field, change.fields[field])


def state_at(store: Store, entity: str, entity_id: str, at: datetime) -> dict[str, Any]:
    """Return the fields that people's changes gave a thing, as they were shown at a moment.

    The moment is that of the authors' clocks. Fields that only a register gives are not in it, and a
    value that was folded or erased since is missing; `_exists` is False where the thing was gone.

    Args:
        store: store or working copy.
        entity: kind of the thing.
        entity_id: its id.
        at: an aware instant.
    """
    seal(store)
    stamp = stamp_of(at) + (1 << 16)
    rows = store.connection.execute(statement("entity_changes"), (entity, entity_id)).fetchall()
    changes = changes_from_rows(store, [row for row in rows if row["hlc"] < stamp])
    in_force = [change for change in changes if not change.quarantined]
    shown: dict[str, Any] = {}
    unseen = False
    for name in sorted({name for change in in_force for name in change.names} - {ERASES}):
        having = [change for change in in_force if name in change.names]
        above = _ancestors(changes, having, name)
        heads = [change for change in having if change.change_id not in above]
        head = max(heads, key=lambda change: (change.hlc, change.change_id), default=None)
        if head is not None and name in head.fields:
            shown[name] = head.fields[name]
        deletions = [change for change in in_force if change.fields.get(EXISTS) is False]
        covered = _ancestors(changes, deletions, name)
        unseen |= name != EXISTS and any(found.change_id not in covered for found in heads)
    if shown.get(EXISTS) is False and unseen:
        shown[EXISTS] = True
    return shown


def _ancestors(changes: Sequence[Change], of: Sequence[Change], name: str) -> set[str]:
    """Return what some of the changes saw of a field, and what that saw."""
    parents = {change.change_id: change.parents.get(name, ()) for change in changes}
    waiting = [parent for change in of for parent in parents[change.change_id]]
    found: set[str] = set()
    while waiting:
        parent = waiting.pop()
        if parent not in found:
            found.add(parent)
            waiting.extend(parents.get(parent, ()))
    return found


def history(store: Store, entity: str | None = None, entity_id: str | None = None) -> Iterator[HistoryItem]:
    """Yield who changed what, when, on which device: of one thing, or of all, oldest first."""
    seal(store)
    if entity is None or entity_id is None:
        rows = store.connection.execute(statement("all_changes"))
    else:
        rows = store.connection.execute(statement("entity_changes"), (entity, entity_id))
    for row in rows:
        change = change_from_row(store, row)
        at = datetime.fromtimestamp(instant_of(change.hlc) / 1000, timezone.utc)
        gone = () if change.quarantined else tuple(n for n in change.names if n not in change.fields)
        receipt = store.connection.execute(statement("receipt_of"), (change.change_id,)).fetchone()
        yield HistoryItem(
            change.change_id, change.entity, change.entity_id, at, change.actor, change.device,
            dict(change.fields), row["state"] == "quarantined", gone,
            None if receipt is None else receipt["reason"],
            store.connection.execute(statement("is_ahead"), (change.change_id,)).fetchone() is not None,
        )  # fmt: skip


def _title(store: Store, name: str, row_id: str, fields: dict[str, Any]) -> str:
    """Return what to call a row: its label and the first of its telling fields."""
    entity = ENTITIES.get(name)
    label = _(entity.label) if entity else name
    row = (store.get(name, row_id) if entity else None) or fields
    telling = (row.get(key) for key in ("number", "title", "name", "note", "type", "kind", "caption"))
    return next((f"{label}: {value}" for value in telling if value), label)
