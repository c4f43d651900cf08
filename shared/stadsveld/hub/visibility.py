"""What a device may see: its kinds, the access classes of its role, its area.

Things come whole or not at all.

*Where a thing lies*: where any of its geometries in force lies (in conflict it has several), or the
register's where nobody changed it; a deleted thing lies where it last did. A thing without geometry lies
where what it refers to lies, and so on; what refers to nothing with a place is everywhere.

*Its access class* is that of its dataset and of all it refers to, and so on: the strictest counts. What has
no dataset, or one without class, is open.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .. import geo
from ..errors import BadInput
from ..model import ENTITIES
from ..store import Store, base_values, statement
from ..store.belonging import deciding_fields, kind_field
from ..store.store import Bbox
from .devices import Device
from .roles import CLOSED, OPEN, RESTRICTED, may_read

Key = tuple[str, str]
#: How far references are followed, and how many things are kept in memory.
DEEPEST = 8
_MOST_KEPT = 50_000
_STRICTNESS = {OPEN: 0, RESTRICTED: 1, CLOSED: 2}


def boxes_meet(one: Bbox, other: Bbox) -> bool:
    """Tell whether two boxes have a point in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def classes_of(store: Store) -> dict[str, str]:
    """Return the access class of every dataset, also of deleted ones; in conflict the strictest one."""
    found: dict[str, str] = {}
    for name in ("dataset_classes", "dataset_class_heads", "dataset_class_bases"):
        for row in store.connection.execute(statement(name)):
            stated = OPEN if row["access_class"] is None else row["access_class"]
            here = stated if stated in _STRICTNESS else CLOSED
            found[row["id"]] = max(found.get(row["id"], OPEN), here, key=_STRICTNESS.__getitem__)
    return found


def hidden_from(role: str, classes: Mapping[str, str]) -> frozenset[str]:
    """Return the ids of the datasets that a role may not read."""
    return frozenset(found for found, access_class in classes.items() if not may_read(role, access_class))


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides where a thing belongs: boxes of its geometries, what it refers to, its datasets."""

    boxes: tuple[Bbox, ...] = ()
    references: tuple[Key, ...] = ()
    datasets: tuple[str, ...] = ()


class Things:
    """Reads what decides where things belong, once each until `forget`.

    Args:
        store: the central store.
        ever: geometries that a thing had before count too.
    """

    def __init__(self, store: Store, *, ever: bool = False) -> None:
        self._execute = store.connection.execute
        self._connection = store.connection
        self._ever = ever
        self._known: dict[Key, Facts] = {}

    def forget(self) -> None:
        """Read everything anew from now on."""
        self._known.clear()

    def facts(self, key: Key) -> Facts:
        """Return what decides where a thing belongs, as the store says now."""
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST_KEPT:
                self.forget()
            known = self._known[key] = self._read(*key)
        return known

    def is_inside(self, key: Key, bbox: Bbox) -> bool | None:
        """Tell whether a thing lies in a box; None where nothing says where it lies."""
        return self.are_inside([key], bbox)

    def are_inside(self, keys: Iterable[Key], bbox: Bbox) -> bool | None:
        """Tell whether one of some things lies in a box; None where nothing says where they lie."""
        has_place = False
        for facts in self._reached(keys, through_places=False):
            if any(boxes_meet(box, bbox) for box in facts.boxes):
                return True
            has_place = has_place or bool(facts.boxes)
        return False if has_place else None

    def are_of(self, keys: Iterable[Key], datasets: frozenset[str]) -> bool:
        """Tell whether some things, or what they refer to, are of one of the datasets."""
        reached = self._reached(keys, through_places=True)
        return any(not datasets.isdisjoint(facts.datasets) for facts in reached)

    def references(self, key: Key, fields: Mapping[str, Any]) -> list[Key]:
        """Return what a change of a thing refers to, except datasets."""
        values = {name: [value] for name, value in fields.items()}
        for name in deciding_fields(key[0]):
            if name not in values and name.endswith("_entity"):
                found = self._execute(statement("head_value"), (*key, name))
                values[name] = [row["value"] for row in found] or [self._register(key).get(name)]
        return list(_references(key[0], values))

    def _reached(self, keys: Iterable[Key], *, through_places: bool) -> Iterator[Facts]:
        """Yield the facts of things and of what they refer to, each once, the nearest first."""
        waiting = list(dict.fromkeys(keys))
        seen = set(waiting)
        for _step in range(DEEPEST + 1):
            following: list[Key] = []
            for key in waiting:
                facts = self.facts(key)
                yield facts
                if through_places or not facts.boxes:
                    following += (target for target in facts.references if target not in seen)
                    seen.update(facts.references)
            waiting = following

    def _read(self, name: str, row_id: str) -> Facts:
        fields = deciding_fields(name)
        if name == "dataset":
            return Facts(datasets=(row_id,))
        if not fields:
            return Facts()
        values: dict[str, list[Any]] = {}
        for row in self._execute(statement("deciding_heads"), (name, row_id, json.dumps(fields))):
            values.setdefault(row["field"], []).append(row["value"])
        datasets = {value for value in values.get("dataset_id", ()) if isinstance(value, str)}
        boxes = [_box_of_hex(value) for value in values.get("geom", ())]
        if ENTITIES[name].has_base or not values:
            register = self._register((name, row_id))
            for field in fields:
                if field not in values and register.get(field) is not None:
                    values[field] = [register[field]]
                    boxes += [_box(register[field])] if field == "geom" else []
            if isinstance(register.get("dataset_id"), str):
                datasets.add(register["dataset_id"])
        if self._ever and "geom" in fields:
            boxes += self._boxes_before(name, row_id)
        places = tuple(dict.fromkeys(box for box in boxes if box is not None))
        return Facts(places, tuple(dict.fromkeys(_references(name, values))), tuple(sorted(datasets)))

    def _register(self, key: Key) -> dict[str, Any]:
        """Return what the row of a thing says, over what the register says beneath it."""
        name, row_id = key
        fields = deciding_fields(name)
        row = self._execute(statement("get_row", name, columns=fields), (row_id,)).fetchone()
        beneath = base_values(self._connection, name, row_id)
        shown = {} if row is None else dict(row)
        of_register = {name: value for name, value in beneath.items() if name == "dataset_id"}
        return {**beneath, **shown, **of_register}

    def _boxes_before(self, name: str, row_id: str) -> Iterator[Bbox | None]:
        for change in self._execute(statement("entity_geometries"), (name, row_id)):
            yield _box_of_hex(json.loads(change["fields"]).get("geom"))


class Visibility:
    """What a device may see of a store as it is now; make a new one for every page.

    Args:
        store: the central store.
        device: the device; without a subscription, its area counts.

    Attributes:
        hidden: ids of the datasets whose rows it may not see.
        is_limited: whether anything at all may be hidden from it.
    """

    def __init__(self, store: Store, device: Device) -> None:
        self.hidden = hidden_from(device.role, classes_of(store))
        self._bbox = device.bbox or device.area
        self._kinds = device.kinds
        self._things = Things(store)
        self.is_limited = bool(self.hidden) or self._bbox is not None or self._kinds is not None

    def has(self, name: str, row_id: str) -> bool:
        """Tell whether the device may see a thing: then all of it, else nothing."""
        if not self.is_limited:
            return True
        keys = [(name, row_id)]
        # Datasets come with every kind, for what hangs on them.
        is_wanted = self._kinds is None or name in self._kinds or name == "dataset"
        if not is_wanted or (self.hidden and self._things.are_of(keys, self.hidden)):
            return False
        return self._bbox is None or self._things.are_inside(keys, self._bbox) is not False


def in_area(device: Device) -> Device:
    """Return a device without its wishes: it may see all that its role and its area allow."""
    return replace(device, bbox=None, kinds=None)


def _references(name: str, values: Mapping[str, Iterable[Any]]) -> Iterator[Key]:
    """Yield (kind, id) of what a thing refers to, except its dataset."""
    entity = ENTITIES.get(name)
    for field in entity.fields if entity is not None else ():
        if field.kind != "ref" or field.refers_to == "dataset":
            continue
        kinds = values.get(kind_field(field.name), ()) if field.refers_to == "*" else (field.refers_to,)
        for target in values.get(field.name, ()):
            for kind in kinds:
                if isinstance(target, str) and isinstance(kind, str) and kind in ENTITIES:
                    yield kind, target


def _box_of_hex(value: Any) -> Bbox | None:
    """Return the box of a geometry as a change carries it; None where it is none, or empty."""
    try:
        return geo.wkb_bbox(bytes.fromhex(value))
    except (BadInput, ValueError, TypeError):
        return None


def _box(value: Any) -> Bbox | None:
    """Return the box of a geometry as the store holds it: a blob, or in hexadecimal."""
    if not isinstance(value, bytes):
        return _box_of_hex(value)
    try:
        box = geo.blob_bbox(value)
    except BadInput:
        return None
    return box if all(map(math.isfinite, box)) and box[0] <= box[2] and box[1] <= box[3] else None
