"""What people, apps and scripts do to a working copy, in all ways that there are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ... import geo
from ...errors import BadInput
from ...model import id_from_register, new_id
from ...store import Store, statement
from ...sync import EXISTS, conflicts, erase, resolve, seal
from ...sync.apply import apply_lines
from .chance import Chance
from .world import AREA, Device, add_edition

#: Metres that something moves where it does not cross the border on purpose.
_STEP = 30.0
_WORDS = ("a", "b", "c", "é", "", "x" * 300)


@dataclass
class Known:
    """What exists somewhere, by order of birth, so that devices may name what has not reached them.

    Attributes:
        ids: ids by kind of thing.
        editions: editions of the register made so far.
        photos: hashes of photos taken so far.
        may_move: things may cross the border between the areas.
    """

    ids: dict[str, list[str]] = field(default_factory=dict)
    editions: int = 1
    photos: list[str] = field(default_factory=list)
    may_move: bool = False

    def born(self, entity: str, row_id: str) -> str:
        """Remember something new."""
        self.ids.setdefault(entity, []).append(row_id)
        return row_id

    def here(self, store: Store, entity: str, chance: Chance) -> str | None:
        """Return something of a kind that this file has, or None."""
        found = [row_id for row_id in self.ids.get(entity, ()) if store.get(entity, row_id) is not None]
        return chance.choice(found) if found else None

    def anywhere(self, entity: str, chance: Chance) -> str | None:
        """Return something of a kind that somebody has or had, or None."""
        found = self.ids.get(entity)
        return chance.choice(found) if found else None


Edit = Callable[[Device, Chance, Known], None]


def edit(device: Device, chance: Chance, known: Known) -> None:
    """Do one thing to a working copy, chosen by chance."""
    chosen: Edit = chance.choices(tuple(EDITS), weights=tuple(EDITS.values()))[0]
    chosen(device, chance, known)


def _point(chance: Chance) -> bytes:
    return geo.point_wkb(chance.uniform(AREA[0], AREA[2]), chance.uniform(AREA[1], AREA[3]))


def _make_task(device: Device, chance: Chance, known: Known) -> None:
    fields = {"title": chance.choice(_WORDS), "geom": chance.choice([_point(chance), None])}
    known.born("task", device.store.put("task", None, fields))


def _change_task(device: Device, chance: Chance, known: Known) -> None:
    task = known.here(device.store, "task", chance)
    if task is not None:
        name = chance.choice(("title", "note", "status", "due"))
        device.store.put("task", task, {name: chance.choice(_WORDS)})


def _change_line_by_line(device: Device, chance: Chance, known: Known) -> None:
    lines: list[dict[str, Any]] = [
        {"op": "put", "entity": "task", "fields": {"title": "new", "status": "open"}}
    ]
    task = known.anywhere("task", chance)
    if task is not None:
        place = f"POINT({chance.uniform(AREA[0], AREA[2])} {chance.uniform(AREA[1], AREA[3])})"
        lines.append({"op": "put", "entity": "task", "id": task, "fields": {"geom": place}})
        lines.append({"op": "put", "entity": "task", "id": task, "fields": {"note": chance.choice(_WORDS)}})
    ids = apply_lines(device.store, [json.dumps(line).encode() for line in lines])
    known.born("task", ids[0])


def _refuse_all_lines(device: Device, _chance: Chance, _known: Known) -> None:
    good = {"op": "put", "entity": "task", "fields": {"title": "never"}}
    try:
        apply_lines(device.store, [json.dumps(good).encode(), b'{"op": "put", "entity": "nothing"}'])
    except BadInput:
        return


def _change_in_bulk(device: Device, chance: Chance, _known: Known) -> None:
    sql = statement("simulation_bulk", "task", chance.choice(("status", "note", "assignee")))
    device.store.connection.execute(sql, (chance.choice("xyz"), chance.randrange(2)))


def _move(device: Device, chance: Chance, known: Known) -> None:
    entity = chance.choice(("task", "task", "inspection"))
    thing = known.here(device.store, entity, chance)
    row = None if thing is None else device.store.get(entity, thing)
    if thing is None or row is None:
        return
    if row["geom"] is None or known.may_move:
        device.store.put(entity, thing, {"geom": chance.choice([_point(chance), _point(chance), None])})
        return
    x, y, _maxx, _maxy = geo.wkb_bbox(row["geom"])
    here = geo.point_wkb(x + chance.uniform(-_STEP, _STEP), y + chance.uniform(-_STEP, _STEP))
    device.store.put(entity, thing, {"geom": here})


def _delete(device: Device, chance: Chance, known: Known) -> None:
    entity = chance.choice(("task", "task", "inspection", "damage", "photo"))
    thing = known.here(device.store, entity, chance)
    if thing is not None:
        device.store.delete(entity, thing)


def _put_again(device: Device, chance: Chance, known: Known) -> None:
    """Undelete, or give a row to what has not arrived here yet."""
    task = known.anywhere("task", chance)
    if task is not None and device.store.get("task", task) is None:
        device.store.put("task", task, {"title": "again", "geom": _point(chance)})


def _replace(device: Device, chance: Chance, known: Known) -> None:
    """Delete and insert in one transaction, as GIS tools that rewrite a row do."""
    task = known.here(device.store, "task", chance)
    if task is not None:
        with device.store.transaction():
            row = device.store.get("task", task) or {}
            device.store.delete("task", task)
            kept = {name: row.get(name) for name in ("title", "note", "status", "geom")}
            device.store.put("task", task, {**kept, "note": chance.choice(_WORDS)})


def _inspect(device: Device, chance: Chance, known: Known) -> None:
    """A parent with a child at once; what is inspected may be born elsewhere and not be here."""
    task = known.anywhere("task", chance)
    place = {"geom": chance.choice([_point(chance), None])}
    with device.store.transaction():
        made = device.store.put("inspection", None, {"kind": "road", "task_id": task, **place})
        damage = device.store.put("damage", None, {"inspection_id": made, "type": "crack"})
    known.born("inspection", made)
    known.born("damage", damage)


def _add_child(device: Device, chance: Chance, known: Known) -> None:
    """A child of a parent that may have been made, or deleted, on another device."""
    parent = known.anywhere("inspection", chance)
    if parent is not None:
        fields = {"inspection_id": parent, "type": "hole", "severity": "M"}
        known.born("damage", device.store.put("damage", None, fields))


def _take_photo(device: Device, chance: Chance, known: Known) -> None:
    content = b"\xff\xd8\xff" + chance.randbytes(40)
    sha256 = device.store.photos.add(content)
    owner = known.anywhere("inspection", chance)
    fields = {"owner_entity": "inspection", "owner_id": owner, "sha256": sha256}
    known.born("photo", device.store.put("photo", None, fields))
    known.photos.append(sha256)


def _resolve(device: Device, chance: Chance, _known: Known) -> None:
    found = sorted(conflicts(device.store), key=lambda each: (each.entity, each.entity_id, each.field))
    if found:
        conflict = chance.choice(found)
        value = chance.choice(conflict.alternatives).value
        if conflict.field == EXISTS:
            value = chance.happens(0.5)
        resolve(device.store, conflict.entity, conflict.entity_id, conflict.field, value)


def _import(device: Device, chance: Chance, known: Known) -> None:
    """An edition of a register: the same one on two desks, or a newer one."""
    if device.kind.role in ("planner", "administrator") and not device.kind.is_limited:
        known.editions += chance.randrange(2)
        seal(device.store)
        add_edition(device.store, known.editions)


def _change_section(device: Device, chance: Chance, _known: Known) -> None:
    """Only some fields, or none, are for an inspector: the rest is refused and falls back."""
    section = id_from_register("simulation/roads", str(chance.randrange(3)))
    if device.store.get("road_section", section) is not None:
        value = chance.choice(("asfalt", "beton", "Dorpsstraat"))
        device.store.put("road_section", section, {chance.choice(("pavement", "street", "number")): value})


def _delete_section(device: Device, chance: Chance, _known: Known) -> None:
    device.store.delete("road_section", id_from_register("simulation/roads", str(chance.randrange(3))))


def _make_what_is_refused(device: Device, chance: Chance, known: Known) -> None:
    wrong = chance.choice(("place", "type", "role", "infinite"))
    if wrong == "place":
        known.born("task", device.store.put("task", None, {"title": "far", "geom": geo.point_wkb(5.2, 52.1)}))
    elif wrong == "type":
        sql = statement("simulation_bulk", "inspection", "care_score")
        device.store.connection.execute(sql, ("high", chance.randrange(2)))
    elif wrong == "infinite":
        sql = statement("simulation_bulk", "task", "title")
        device.store.connection.execute(sql, (float("inf"), chance.randrange(2)))
    else:
        device.store.put("sensor", new_id(), {"number": "1", "name": chance.choice(_WORDS)})


def _erase(device: Device, chance: Chance, known: Known) -> None:
    task = known.here(device.store, "task", chance)
    if task is not None and device.kind.role == "administrator":
        try:
            erase(device.store, "task", task, chance.choice(("title", "note")), chance.choice([None, "-"]))
        except BadInput:
            return


def _seal(device: Device, _chance: Chance, _known: Known) -> None:
    seal(device.store)


#: What may be done, with its weight.
EDITS: dict[Edit, int] = {
    _make_task: 16,
    _change_task: 26,
    _change_line_by_line: 6,
    _refuse_all_lines: 1,
    _change_in_bulk: 5,
    _move: 10,
    _delete: 9,
    _put_again: 4,
    _replace: 3,
    _inspect: 6,
    _add_child: 5,
    _take_photo: 2,
    _resolve: 8,
    _import: 3,
    _change_section: 4,
    _delete_section: 1,
    _make_what_is_refused: 4,
    _erase: 4,
    _seal: 3,
}
