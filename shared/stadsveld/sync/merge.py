"""The merge: state is a pure function of the set of changes, whatever their order of arrival.

Per field of a thing the heads are the changes in force that are nobody's ancestor. One head, or
several with equal values: that is the value. Several that differ: a conflict; the head with the
greatest (hlc, change_id) is shown and the others are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from .. import geo
from ..model import ENTITIES, Entity
from ..store import Store, base_values, forget_base_values, keep_base_values, statement
from .changes import ERASES, EXISTS, Change, canonical_json
from .heads import Head, Heads, Key, KnownHeads, heads_of
from .pending import Pending
from .values import column_value, comparable, is_column

_ACCEPTED, _QUARANTINED = "accepted", "quarantined"
NEW, DUPLICATE, OTHER = "new", "duplicate", "other"
#: Rows that are read together.
_ROWS_TOGETHER = 200


def read_change(store: Store, change_id: str) -> Change | None:
    """Return a change of this file with its parents, or None."""
    row = store.connection.execute(statement("change_by_id"), (change_id,)).fetchone()
    return None if row is None else change_from_row(store, row)


def change_from_row(store: Store, row: Any) -> Change:
    """Return the change of a row of the change table, with its parents."""
    return changes_from_rows(store, [row])[0]


def changes_from_rows(store: Store, rows: Sequence[Any]) -> list[Change]:
    """Return the changes of rows of the change table, with their parents."""
    listed = json.dumps([row["change_id"] for row in rows])
    parents: dict[str, dict[str, tuple[str, ...]]] = {}
    for change_id, field, parent in store.connection.execute(statement("parents_of_changes"), (listed,)):
        of_change = parents.setdefault(change_id, {})
        of_change[field] = (*of_change.get(field, ()), parent)
    return [change_with_parents(row, parents.get(row["change_id"], {})) for row in rows]


def change_with_parents(row: Any, parents: Mapping[str, tuple[str, ...]]) -> Change:
    """Return the change of a row of the change table, with parents that were read before."""
    return Change(
        row["change_id"], row["entity"], row["entity_id"], json.loads(row["fields"] or "{}"), parents,
        row["actor"], row["device"], row["hlc"], row["schema"], tuple(json.loads(row["names"])),
        quarantined=row["state"] != _ACCEPTED,
    )  # fmt: skip


class Merge:
    """Adds changes to a file; use inside `transaction(capture=False)`, then call `finish()`.

    Args:
        store: the file.
        of_own_edits: the changes are of edits that the rows hold already (sealing).

    Attributes:
        touched: fields by (entity, id) whose heads may have changed.
    """

    def __init__(self, store: Store, *, of_own_edits: bool = False) -> None:
        self._store = store
        self._execute = store.connection.execute
        self._is_hub = store.setting("epoch") is not None
        self._of_own_edits = of_own_edits
        self._has_erased = self._is_any("stadsveld_erased")
        self._has_conflicts = self._is_any("stadsveld_conflict")
        self._absent: set[str] = set()
        self._childless: set[str] = set()
        self._heads = KnownHeads(store)
        self._pending = Pending(store.connection)
        self._updates: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        self.touched: dict[Key, set[str]] = {}
        self._owned_before: dict[Key, set[str]] = {}

    def _is_any(self, table: str) -> bool:
        return self._execute(statement("is_any", table)).fetchone() is not None

    def expect(self, changes: Sequence[Change]) -> None:
        """Find out at once what the file knows of changes that are about to be added, and of their things."""
        wanted = {change.change_id for change in changes}
        listed = json.dumps(list(wanted))
        known = {row["change_id"] for row in self._execute(statement("known_changes"), (listed,))}
        self._absent |= wanted - known
        parents = {row["parent"] for row in self._execute(statement("known_parents"), (listed,))}
        self._childless |= wanted - parents
        self.expect_things((change.entity, change.entity_id) for change in changes)

    def expect_things(self, keys: Iterable[Key]) -> None:
        """Read at once the heads of things that are about to be changed."""
        self._pending.write()
        self._heads.expect(keys)

    def heads(self, entity: str, entity_id: str) -> Heads:
        """Return the heads of a thing as of now; not to be altered."""
        return self._heads_of((entity, entity_id))

    def write(self) -> None:
        """Write what was added; needed before others read changes from the file."""
        self._pending.write()

    def _heads_of(self, key: Key) -> Heads:
        if not self._heads.has(key):
            self._pending.write()
        return self._heads.of(key)

    def known(self, change_id: str) -> Change | None:
        """Return the change of the file with that id, or None."""
        if change_id in self._absent:
            return None
        self._pending.write()
        return read_change(self._store, change_id)

    def is_childless(self, change_id: str) -> bool:
        """Tell whether no change that is here claims to come after that one."""
        if change_id in self._childless:
            return True
        self._pending.write()
        return self._execute(statement("any_child"), (change_id,)).fetchone() is None

    def add_born(self, change: Change) -> None:
        """Add a change that was made this moment, so that no other can have its id."""
        self._absent.add(change.change_id)
        self._childless.add(change.change_id)
        self.add(change)

    def add(self, change: Change) -> str:
        """Add a change; return whether it was new, a duplicate, or the id of other content.

        Other content under a known id is refused: nothing is changed.
        """
        known = self.known(change.change_id)
        if known is not None:
            return self._add_again(change, known)
        self._touch(change)
        stored = self.insert(change)
        if self.is_childless(change.change_id) and not change.quarantined:
            self._lead(stored)
        else:
            self._pending.write()
            for name in change.names:
                self._link(change, name)
        self._erase(change)
        return NEW

    def insert(self, change: Change) -> Change:
        """Write a change, its parents, and on the central store its place in the log; return what is kept."""
        state = _QUARANTINED if change.quarantined else _ACCEPTED
        erased = self._erased_fields(change)
        if erased:
            names_erased = {row["field"] for row in erased}
            self._note_erased_photo(change, names_erased)
            change = change.without(names_erased)
        values = canonical_json(change.fields) if change.fields else None
        self._pending.changes.append(
            (change.change_id, change.entity, change.entity_id, change.actor, change.device, change.hlc,
             change.schema, canonical_json(change.names), values, state)
        )  # fmt: skip
        self._absent.discard(change.change_id)
        for name, ids in change.parents.items():
            self._pending.parents += [(change.change_id, name, parent) for parent in ids]
            self._childless.difference_update(ids)
        self._log(change)
        return change

    def quarantine(self, change_id: str) -> None:
        """Take a change of this file out of force: its heads fall back to what was before it."""
        self._pending.write()
        change = read_change(self._store, change_id)
        if change is not None and not change.quarantined:
            self._execute(statement("set_change_state"), (_QUARANTINED, None, change_id))
            self._recompute(change)

    def finish(self) -> None:
        """Bring conflicts and rows in agreement with the heads of all that was touched."""
        self._pending.write()
        touched = iter(sorted(self.touched))
        while keys := list(islice(touched, _ROWS_TOGETHER)):
            self._heads.expect(keys)
            rows = self._rows(keys)
            for key in keys:
                self._materialise(key, self.touched[key], rows.get(key))
            self._write_rows()
        self.touched = {}
        self._owned_before = {}
        self._heads.clear()

    def _add_again(self, change: Change, known: Change) -> str:
        if not change.is_same_as(known):
            return OTHER
        if known.quarantined and not change.quarantined:
            erased = self._erased_fields(change)
            values = canonical_json(change.without({row["field"] for row in erased}).fields)
            self._execute(statement("set_change_state"), (_ACCEPTED, values, change.change_id))
            self._recompute(change)
            self._log(change)
            self._erase(change)
            return NEW
        return DUPLICATE

    def _erased_fields(self, change: Change) -> list[Any]:
        if not self._has_erased:
            return []
        return self._execute(statement("erased_fields"), (change.change_id,)).fetchall()

    def _erase(self, change: Change) -> None:
        """Drop the values that an erasure lists, here now and whenever they should arrive later."""
        if ERASES not in change.fields:
            return
        self._has_erased = True
        self._pending.write()
        for name, change_ids in change.fields.get(ERASES, {}).items():
            for change_id in change_ids:
                self._execute(statement("note_erased"), (change_id, name))
                known = read_change(self._store, change_id)
                if known is None or name not in known.fields:
                    continue
                self._note_erased_photo(known, {name})
                values = canonical_json(known.without({name}).fields)
                self._execute(statement("set_change_fields"), (values, change_id))
                self._touch(known)
                self._heads.forget((known.entity, known.entity_id))

    def _note_erased_photo(self, change: Change, names: set[str]) -> None:
        """Remember that the file of a photo whose hash is erased has to go too (`erasure`)."""
        sha256 = change.fields.get("sha256")
        if change.entity == "photo" and "sha256" in names and isinstance(sha256, str):
            self._execute(statement("note_erased_photo"), (sha256,))

    def _touch(self, change: Change) -> None:
        key = (change.entity, change.entity_id)
        if key not in self.touched:
            self.touched[key] = set()
            entity = ENTITIES.get(change.entity)
            if entity is not None and entity.has_base and not self._of_own_edits:
                self._owned_before[key] = set(self._heads_of(key))
        self.touched[key].update(change.names)

    def _log(self, change: Change) -> None:
        if self._is_hub:
            self._pending.log.append((change.entity, change.entity_id, change.change_id))

    def _lead(self, change: Change) -> None:
        """Make a change that nobody has seen yet a head of its fields."""
        key = (change.entity, change.entity_id)
        self._heads_of(key)
        is_known = True
        for name in change.names:
            if self._heads.replace(change, name):
                self._pending.drop_heads((*key, name, parent) for parent in change.parents.get(name, ()))
            else:
                is_known = False
                self._pending.write()
                named = {"entity": key[0], "entity_id": key[1], "field": name}
                self._execute(statement("supersede_heads"), {**named, "change": change.change_id})
            self._pending.heads[(*key, name, change.change_id)] = None
        if not is_known:
            self._heads.forget(key)

    def _link(self, change: Change, name: str) -> None:
        """Find the place of a new change among the heads of one of its fields."""
        self._heads.forget((change.entity, change.entity_id))
        key = {
            "change": change.change_id,
            "entity": change.entity,
            "entity_id": change.entity_id,
            "field": name,
        }
        has_child = self._execute(statement("accepted_descendant"), key).fetchone() is not None
        if has_child or not change.quarantined:
            self._execute(statement("supersede_heads"), key)
        if not has_child and not change.quarantined:
            self._execute(statement("insert_head"), (change.entity, change.entity_id, name, change.change_id))

    def _recompute(self, change: Change) -> None:
        """Find the heads of the fields of a change anew, from all changes of its thing."""
        self._pending.write()
        self._touch(change)
        self._heads.forget((change.entity, change.entity_id))
        rows = self._execute(statement("entity_changes"), (change.entity, change.entity_id)).fetchall()
        changes = changes_from_rows(self._store, rows)
        for name in change.names:
            self._execute(statement("clear_heads"), (change.entity, change.entity_id, name))
            for other in changes:
                if name in other.names:
                    self._link(other, name)

    # From heads to rows

    def materialise(self, entity_name: str, entity_id: str, names: Iterable[str]) -> None:
        """Make the conflicts and the row of a thing what its heads say, for the fields named."""
        key, wanted = (entity_name, entity_id), set(names)
        self._heads.forget(key)
        self.touched[key] = wanted
        self._materialise(key, wanted, self._rows([key]).get(key))
        self._write_rows()
        del self.touched[key]

    def _rows(self, keys: Sequence[Key]) -> dict[Key, dict[str, Any]]:
        """Return of the rows of things that were touched, as stored, what was touched and their dataset."""
        found: dict[Key, dict[str, Any]] = {}
        for name in sorted({name for name, _id in keys} & ENTITIES.keys()):
            of_kind = [key for key in keys if key[0] == name]
            touched = set().union(*(self.touched[key] for key in of_kind), {"dataset_id"})
            columns = ("id", *(column for column in ENTITIES[name].captured if column in touched))
            listed = json.dumps([row_id for _name, row_id in of_kind])
            for row in self._execute(statement("rows_by_ids", name, columns=columns), (listed,)):
                found[name, row["id"]] = dict(zip(columns, row, strict=True))
        return found

    def _materialise(self, key: Key, names: set[str], row: dict[str, Any] | None) -> None:
        entity_name, entity_id = key
        heads = self._heads.of(key)
        entity = ENTITIES.get(entity_name)
        exists, in_doubt = self._exists(entity_name, entity_id, heads)
        exists = exists or (
            not heads.keys() - {ERASES} and row is not None and self._is_of_register(row, entity_name)
        )
        conflicts = {
            name
            for name, found in heads.items()
            if name not in (EXISTS, ERASES) and is_conflict(entity_name, name, found)
        }
        self._keep_conflicts(entity_name, entity_id, conflicts | ({EXISTS} if in_doubt else set()))
        if entity is None:
            return
        if not exists:
            if row is not None:
                self._delete(entity, entity_id, heads)
        elif row is None:
            self._insert(entity, entity_id, heads)
        else:
            self._update(entity, row, heads, names)

    def _exists(self, entity: str, entity_id: str, heads: Heads) -> tuple[bool, bool]:
        """Return whether the row stays, and whether that is in conflict.

        A deletion holds only while every head is among what its author saw, or their ancestors.
        """
        found = heads.get(EXISTS, [])
        deletions = [head for head in found if head.value is False]
        if not deletions:
            return bool(heads.keys() - {ERASES}) or bool(
                base_values(self._store.connection, entity, entity_id)
            ), False
        gone = len(deletions) == len(found) and any(self._holds(deletion, heads) for deletion in deletions)
        return not gone, not gone

    def _is_of_register(self, row: dict[str, Any], entity: str) -> bool:
        """Tell whether a row came from an edition, and not from a change that was refused since."""
        if entity != "dataset":
            return row.get("dataset_id") is not None
        changes = self._execute(statement("entity_changes"), (entity, row["id"]))
        return all(EXISTS not in json.loads(change["names"]) for change in changes)

    def _holds(self, deletion: Head, heads: Heads) -> bool:
        for name, found in heads.items():
            for head in found if name not in (EXISTS, ERASES) else ():
                key = {"change": deletion.change_id, "field": name, "head": head.change_id}
                covers = head.change_id == deletion.change_id
                if not covers and self._execute(statement("is_seen"), key).fetchone() is None:
                    return False
        return True

    def _keep_conflicts(self, entity: str, entity_id: str, names: set[str]) -> None:
        if self._has_conflicts:
            self._execute(statement("clear_conflicts"), (entity, entity_id))
        self._has_conflicts = self._has_conflicts or bool(names)
        for name in names:
            self._execute(statement("insert_conflict"), (entity, entity_id, name))

    def _keep_base(self, entity: Entity, row: dict[str, Any], names: Iterable[str]) -> None:
        """Keep what the register says where a person's change comes over it, or deletes the row."""
        if row.get("dataset_id") is not None or entity.name == "dataset":
            base = {name: row[name] for name in names}
            if isinstance(base.get("geom"), bytes):
                base["geom"] = geo.wkb_from_blob(base["geom"])
            if base:
                keep_base_values(self._store.connection, entity.name, row["id"], base)

    def _delete(self, entity: Entity, entity_id: str, heads: Heads) -> None:
        if entity.has_base:
            sql = statement("get_row", entity.name, columns=("id", *entity.captured))
            row = dict(self._execute(sql, (entity_id,)).fetchone())
            self._keep_base(entity, row, [name for name in row if name not in ("id", *heads)])
        self._execute(statement("delete_row", entity.name), (entity_id,))

    def _insert(self, entity: Entity, entity_id: str, heads: Heads) -> None:
        base = base_values(self._store.connection, entity.name, entity_id)
        forget_base_values(self._store.connection, entity.name, entity_id, set(base) - set(heads))
        values = register_columns(entity, base)
        for name, found in heads.items():
            if is_column(entity.name, name):
                values[name] = column_value(entity, name, found[0].value)
        sql = statement("insert_row", entity.name, columns=("id", *values))
        self._execute(sql, (entity_id, *values.values()))

    def _update(self, entity: Entity, row: dict[str, Any], heads: Heads, names: set[str]) -> None:
        wanted = sorted(name for name in names if name in row and name != "id")
        lost = [name for name in wanted if name not in heads]
        values: dict[str, Any] = {}
        if entity.has_base:
            owned = self._owned_before.get((entity.name, row["id"]), set(heads))
            self._keep_base(entity, row, [name for name in wanted if name in heads and name not in owned])
        if lost:
            values = self._fall_back(entity, row, lost)
        for name in wanted:
            if name in heads:
                values[name] = column_value(entity, name, heads[name][0].value)
        changed = {name: value for name, value in values.items() if value != row[name]}
        if changed:
            self._updates.setdefault((entity.name, *changed), []).append((*changed.values(), row["id"]))

    def _write_rows(self) -> None:
        """Write the updates of rows, each row at most once."""
        for (name, *columns), values in self._updates.items():
            sql = statement("update_row", name, columns=tuple(columns))
            self._store.connection.executemany(sql, values)
        self._updates.clear()

    def _fall_back(self, entity: Entity, row: dict[str, Any], lost: list[str]) -> dict[str, Any]:
        """Return the columns of fields that no change owns any more: what the register says, or nothing."""
        base = base_values(self._store.connection, entity.name, row["id"])
        if entity.has_base and self._is_of_register(row, entity.name):
            lost = [name for name in lost if name in base]
        forget_base_values(self._store.connection, entity.name, row["id"], lost)
        return register_columns(entity, {name: base.get(name) for name in lost})


def owned_fields(store: Store, entity: str, entity_id: str) -> set[str]:
    """Return the fields of a thing that people's changes own."""
    rows = store.connection.execute(statement("owned_of_row"), (entity, entity_id))
    return {row["field"] for row in rows}


def is_conflict(entity: str, name: str, heads: list[Head]) -> bool:
    """Tell whether the heads of a field say different things."""
    return len(heads) > 1 and len({comparable(entity, name, head.value) for head in heads}) > 1


def register_columns(entity: Entity, values: dict[str, Any]) -> dict[str, Any]:
    """Return register values (as in JSON) as the columns store them."""
    columns: dict[str, Any] = {}
    for name, value in values.items():
        if name == "geom":
            columns[name] = None if value is None else geo.blob_from_wkb(bytes.fromhex(value))
        elif value is not None and name != "id" and entity.field(name).kind == "blob":
            columns[name] = bytes.fromhex(value)
        else:
            columns[name] = value
    return columns


__all__ = [
    "DUPLICATE",
    "NEW",
    "OTHER",
    "Head",
    "Heads",
    "Merge",
    "change_from_row",
    "change_with_parents",
    "changes_from_rows",
    "heads_of",
    "is_conflict",
    "owned_fields",
    "read_change",
    "register_columns",
]
