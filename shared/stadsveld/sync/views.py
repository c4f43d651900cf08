"""What screens show of the changes: what waits, what differs, who changed what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..errors import BadInput
from ..model import ENTITIES, new_id
from ..store import Store, statement
from ..text import _
from .capture import seal
from .changes import EXISTS, Change
from .clock import Clock, instant_of
from .merge import Head, Merge, change_from_row, heads_of


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
    """One change of a thing: when (UTC), by whom, on which device, and what."""

    change_id: str
    entity: str
    entity_id: str
    at: datetime
    actor: str
    device: str
    fields: dict[str, Any]
    quarantined: bool


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
        parents = {name: tuple(head.change_id for head in found) for name, found in seen.items()}
        clock = Clock(store)
        actor = store.setting("actor") or store.device_id
        change = Change(
            new_id(), entity, entity_id, {field: value}, parents, actor, store.device_id, clock.next()
        )
        merge = Merge(store)
        merge.add(change)
        merge.finish()
        clock.save()
    return change.change_id


def history(store: Store, entity: str | None = None, entity_id: str | None = None) -> Iterator[HistoryItem]:
    """Yield who changed what, when, on which device: of one thing, or of all, oldest first."""
    if entity is None or entity_id is None:
        rows = store.connection.execute(statement("all_changes"))
    else:
        rows = store.connection.execute(statement("entity_changes"), (entity, entity_id))
    for row in rows.fetchall():
        change = change_from_row(store, row)
        at = datetime.fromtimestamp(instant_of(change.hlc) / 1000, timezone.utc)
        yield HistoryItem(
            change.change_id, change.entity, change.entity_id, at, change.actor, change.device,
            dict(change.fields), change.quarantined,
        )  # fmt: skip


def _title(store: Store, name: str, row_id: str, fields: dict[str, Any]) -> str:
    """Return what to call a row: its label and the first of its telling fields."""
    entity = ENTITIES.get(name)
    label = _(entity.label) if entity else name
    row = (store.get(name, row_id) if entity else None) or fields
    telling = (row.get(key) for key in ("number", "title", "name", "note", "type", "kind", "caption"))
    return next((f"{label}: {value}" for value in telling if value), label)
