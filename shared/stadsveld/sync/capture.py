"""Sealing: what the triggers captured becomes changes, one per row that differs from its heads.

The cost follows the number of captured rows, never the size of the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from .. import geo
from ..faults import fault_point
from ..model import ENTITIES, Entity, new_id
from ..store import Store, keep_base_values, statement
from .changes import EXISTS, Change
from .clock import Clock
from .merge import Heads, Merge
from .values import change_value, column_value, comparable

Captured = dict[str, Any]
#: Rows that are read together.
_TOGETHER = 200


def seal(store: Store, actor: str | None = None) -> int:
    """Turn captured edits into changes, in one transaction; return how many changes that made.

    Args:
        store: store or working copy.
        actor: pseudonymous id of who edited; the one set in the file, or its device id, when None.

    Raises:
        StoreError: the file cannot be written; the edits stay captured.
    """
    if store.connection.execute(statement("any_captured")).fetchone() is None:
        return 0
    with store.transaction(capture=False):
        sealer = _Sealer(store, actor or store.setting("actor") or store.device_id)
        for entity, captured in _captured_rows(store):
            sealer.seal_rows(entity, captured)
        store.connection.execute(statement("clear_capture"))
        sealer.finish()
        fault_point("seal.before-commit")
    fault_point("seal.after-commit")
    return sealer.count


def _captured_rows(store: Store) -> Iterator[tuple[Entity, dict[str, Captured]]]:
    """Yield what was captured, some rows together: by id the value of each field before its first edit."""
    rows = store.connection.execute(statement("captured"))
    for name, of_kind in groupby(rows, key=itemgetter("entity")):
        things = groupby(of_kind, key=itemgetter("entity_id"))
        while found := {entity_id: _first(group) for entity_id, group in islice(things, _TOGETHER)}:
            if name in ENTITIES:
                yield ENTITIES[name], found


def _first(rows: Iterator[Any]) -> Captured:
    first: Captured = {}
    for row in rows:
        first.setdefault(row["field"], row["old"])
    return first


class _Sealer:
    """Makes the changes of one sealing."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor
        self._device = store.device_id
        self._clock = Clock(store)
        self._merge = Merge(store, of_own_edits=True)
        self.count = 0

    def seal_rows(self, entity: Entity, captured: dict[str, Captured]) -> None:
        """Make the changes of some rows, as far as they differ from what was there."""
        self._merge.expect_things((entity.name, entity_id) for entity_id in captured)
        rows = self._rows(entity, captured)
        for entity_id, of_row in captured.items():
            self._seal_row(entity, entity_id, of_row, rows.get(entity_id))

    def _rows(self, entity: Entity, captured: dict[str, Captured]) -> dict[str, dict[str, Any]]:
        """Return the rows by id with the fields that may have changed, geometry as WKB."""
        edited: set[str] = set().union(*captured.values(), {"dataset_id"})
        columns = ("id", *(name for name in entity.captured if EXISTS in edited or name in edited))
        sql = statement("rows_by_ids", entity.name, columns=columns)
        found = {}
        for row in self._store.connection.execute(sql, (json.dumps(list(captured)),)):
            values = dict(zip(columns, row, strict=True))
            if values.get("geom") is not None:
                values["geom"] = geo.wkb_from_blob(values["geom"])
            found[values["id"]] = values
        return found

    def _seal_row(
        self, entity: Entity, entity_id: str, captured: Captured, row: dict[str, Any] | None
    ) -> None:
        existed = EXISTS not in captured or captured[EXISTS] is not None
        if row is None and not existed:
            return
        heads = self._merge.heads(entity.name, entity_id)
        if existed:
            self._keep_base(entity, entity_id, captured, heads, row)
        if row is None:
            self._add(entity, entity_id, {EXISTS: False}, heads, list(heads))
            return
        is_whole = EXISTS in captured
        values = {
            name: change_value(name, row[name]) for name in entity.captured if is_whole or name in captured
        }
        if "geom" in values:
            self._round(entity, row, values["geom"])
        fields = self._differing(entity, values, captured, heads, existed)
        if not existed:
            fields[EXISTS] = True
        if fields:
            self._add(entity, entity_id, fields, heads, list(fields))

    def finish(self) -> None:
        """Keep the clock and what the merge found."""
        self._merge.finish()
        self._clock.save()

    def _differing(
        self, entity: Entity, values: dict[str, Any], captured: Captured, heads: Heads, existed: bool
    ) -> dict[str, Any]:
        """Return the fields whose value differs from the one shown before the edits."""
        fields: dict[str, Any] = {}
        for name, value in values.items():
            if name in heads:
                before = heads[name][0].value
            else:
                before = _before(name, captured[name]) if existed and name in captured else None
            if comparable(entity.name, name, value) != comparable(entity.name, name, before):
                fields[name] = value
        return fields

    def _add(
        self, entity: Entity, entity_id: str, fields: dict[str, Any], heads: Heads, seen: list[str]
    ) -> None:
        names = {*seen, *fields}
        parents = {name: tuple(head.change_id for head in heads[name]) for name in names if name in heads}
        change = Change(
            new_id(), entity.name, entity_id, fields, parents, self._actor, self._device, self._clock.next()
        )
        self._merge.add_born(change)
        self.count += 1

    def _keep_base(
        self, entity: Entity, entity_id: str, captured: Captured, heads: Heads, row: dict[str, Any] | None
    ) -> None:
        """Keep what the register said of the fields that this edit makes people's own."""
        dataset = captured.get("dataset_id") or (row or {}).get("dataset_id")
        if not entity.has_base or (dataset is None and entity.name != "dataset"):
            return
        old = {name: value for name, value in captured.items() if name != EXISTS and name not in heads}
        if isinstance(old.get("geom"), bytes):
            old["geom"] = geo.wkb_from_blob(old["geom"])
        if old:
            keep_base_values(self._store.connection, entity.name, entity_id, old)

    def _round(self, entity: Entity, row: dict[str, Any], value: str | None) -> None:
        """Store the geometry as the change carries it: rounded to 1 mm, in its one spelling."""
        if value is None or row["geom"].hex() == value:
            return
        blob = column_value(entity, "geom", value)
        if blob is not None:
            sql = statement("update_row", entity.name, columns=("geom",))
            self._store.connection.execute(sql, (blob, row["id"]))


def _before(name: str, old: Any) -> Any:
    if name == "geom" and isinstance(old, bytes):
        return change_value(name, geo.wkb_from_blob(old))
    return change_value(name, old)
