"""Judging a world that has come to rest: one state everywhere, nothing lost, everything explained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ... import geo
from ...model import ENTITIES
from ...store import Store, statement
from ...sync import conflicts, dump, dump_hash, findings, outbox, waiting
from ...sync.changes import EXISTS, Change
from ...sync.findings import WAITS
from ...sync.merge import change_from_row
from ...sync.values import change_value, comparable, is_column, right_geometry
from .definition import Thing, state_of

_CONFIRMED = ("accepted", "duplicate")


@dataclass
class Ledger:
    """What each device held at some moment, to be found again at the end.

    Attributes:
        sealed: values by change, of all that devices made and stored.
        confirmed: changes of which a device held a receipt.
    """

    sealed: dict[str, dict[str, Any]] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    _last: dict[str, int] = field(default_factory=dict)

    def note(self, store: Store) -> None:
        """Note what a working copy made since the last time, and what was confirmed to it."""
        device = store.device_id
        asked = (device, self._last.get(device, 0))
        for row in store.connection.execute(statement("simulation_own_changes"), asked):
            self.sealed.setdefault(row["change_id"], json.loads(row["fields"] or "{}"))
            self._last[device] = row["seq"]
        for row in store.connection.execute(statement("simulation_receipts"), (device,)):
            if row["status"] in _CONFIRMED:
                self.confirmed.add(row["change_id"])


def judge_central(central: Store, ledger: Ledger) -> Iterator[str]:
    """Yield what is wrong with the central store: with its file, its changes or its state."""
    yield from (f"the central store: {problem}" for problem in central.problems())
    rows = central.connection.execute(statement("all_changes")).fetchall()
    changes = {row["change_id"]: change_from_row(central, row) for row in rows}
    yield from _lost(changes, ledger)
    state = state_of(changes.values())
    yield from _wrong_conflicts(central, state)
    for (entity, entity_id), thing in state.items():
        yield from _wrong_row(central, entity, entity_id, thing)


def _lost(changes: dict[str, Change], ledger: Ledger) -> Iterator[str]:
    for change_id, values in ledger.sealed.items():
        change = changes.get(change_id)
        if change is None:
            yield f"change {change_id} was made and is lost"
        elif change_id in ledger.confirmed and change.quarantined:
            yield f"change {change_id} was confirmed and is refused now"
        elif any(values.get(name) != value for name, value in change.fields.items()):
            yield f"change {change_id} has other values than when it was made"


def _wrong_conflicts(central: Store, state: dict[tuple[str, str], Thing]) -> Iterator[str]:
    expected = {(*key, name) for key, thing in state.items() for name in thing.conflicts}
    found = {(each.entity, each.entity_id, each.field) for each in conflicts(central)}
    for place in sorted(expected ^ found):
        yield f"conflict {place} is {'unexplained' if place in found else 'missing'}"


def _wrong_row(central: Store, name: str, entity_id: str, thing: Thing) -> Iterator[str]:
    """Yield where a row is not what the definition says; a register's own row may outlive no change."""
    entity = ENTITIES.get(name)
    if entity is None:
        return
    row = central.get(name, entity_id)
    if row is None or thing.is_gone:
        if (row is None) != thing.is_gone:
            yield f"{name} {entity_id} should be {'gone' if thing.is_gone else 'here'}"
        return
    for field_name, value in thing.shown.items():
        if field_name == EXISTS or not is_column(name, field_name):
            continue
        shown = change_value(field_name, row[field_name])
        if field_name == "geom" and value is not None and right_geometry(entity, value) is None:
            value = None
        if comparable(name, field_name, shown) != comparable(name, field_name, value):
            yield f"{field_name} of {name} {entity_id} is {shown!r}, not {value!r}"


def judge_device(device: Store, central: Store, name: str) -> Iterator[str]:
    """Yield what is wrong with a working copy that holds everything."""
    yield from _unfinished(device, name)
    if dump_hash(device) != dump_hash(central):
        yield from (f"{name}: {line}" for line in different_lines(device, central))
    yield from _unexplained_orphans(device, central, name)


def judge_limited(device: Store, fresh: Store, central: Store, name: str) -> Iterator[str]:
    """Yield what is wrong with a limited working copy: it holds what a new one with its limits holds."""
    yield from _unfinished(device, name)
    if dump_hash(device) != dump_hash(fresh):
        yield from (f"{name}, limited: {line}" for line in different_lines(device, fresh))
    for line in sorted(set(dump(device)) - set(dump(central))):
        yield f"{name} holds what the central store does not: {line[:300]}"


def judge_area(device: Store, central: Store, bbox: tuple[float, float, float, float]) -> Iterator[str]:
    """Yield what a device limited to an area lacks of what lies in that area."""
    minx, miny, maxx, maxy = bbox
    for name, entity in ENTITIES.items():
        for row in central.rows(name) if entity.geometry else ():
            if row["geom"] is None:
                continue
            x, y, far_x, far_y = geo.wkb_bbox(row["geom"])
            is_inside = x <= maxx and minx <= far_x and y <= maxy and miny <= far_y
            if is_inside and device.get(name, row["id"]) is None:
                yield f"{name} {row['id']} lies in the area and is not on the device"


def judge_photos(central: Store, taken: list[str]) -> Iterator[str]:
    """Yield which photos are lost: a row tells of them and the central store has no such file."""
    told = {row["sha256"] for row in central.rows("photo")}
    for sha256 in taken:
        if sha256 in told and not central.photos.has(sha256):
            yield f"photo {sha256} is lost"


def _unfinished(device: Store, name: str) -> Iterator[str]:
    for problem in device.problems():
        yield f"{name}: {problem}"
    for item in outbox(device):
        if item.state == "waiting" or not item.reason:
            yield f"{name}: change {item.change_id} of {item.entity} is {item.state}: {item.reason}"
    if waiting(device):
        yield f"{name}: {waiting(device)} changes of others still wait for their authors"


def _unexplained_orphans(device: Store, central: Store, name: str) -> Iterator[str]:
    """A reference may lack its target only where the central store lacks it too, for the same reason."""
    here = sorted((each.kind, each.entity_id, each.field) for each in findings(device) if each.kind == WAITS)
    there = sorted(
        (each.kind, each.entity_id, each.field) for each in findings(central) if each.kind == WAITS
    )
    if here != there:
        yield f"{name}: references wait differently from the central store"


def different_lines(one: Store, other: Store) -> Iterator[str]:
    """Yield the lines of two dumps that differ."""
    mine, theirs = set(dump(one)), set(dump(other))
    for line in sorted(mine ^ theirs):
        yield f"{'more' if line in mine else 'less'}: {line.strip()[:400]}"


def opened(path: Path) -> Store:
    """Open a file to judge it, with SpatiaLite."""
    return Store.open(path)
