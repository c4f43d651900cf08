"""Which things lie in an area, so that a device gets and changes only what it is for.

A thing is inside where any geometry that it has or ever had meets the area: so it comes whole, and
one that moves out is still followed. A thing without geometry follows what it refers to; one that
refers to nothing with a geometry goes to everyone. (A thing without geometry whose owner moves
into an area is sent again only when it changes itself.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .. import geo
from ..errors import BadInput
from ..model import ENTITIES
from ..store import Store, statement
from ..store.store import Bbox

_DEEPEST = 8


class Area:
    """An area of a store (EPSG:28992)."""

    def __init__(self, store: Store, bbox: Bbox) -> None:
        self._store = store
        self._bbox = bbox

    def has(self, name: str, row_id: str) -> bool:
        """Tell whether a thing is inside, or has no place at all."""
        return self._has(name, row_id, _DEEPEST) is not False

    def has_references(self, name: str, fields: Mapping[str, Any]) -> bool:
        """Tell whether what the given fields refer to is inside, or has no place at all."""
        answers = [self._has(kind, row_id, _DEEPEST) for kind, row_id in _references(name, fields)]
        return False not in answers or True in answers

    def _has(self, name: str, row_id: str, depth: int) -> bool | None:
        row = self._store.get(name, row_id) if name in ENTITIES else None
        boxes = list(self._boxes(name, row_id, row))
        if boxes:
            return any(boxes_meet(box, self._bbox) for box in boxes)
        if row is None or depth == 0:
            return None
        answers = [self._has(kind, target, depth - 1) for kind, target in _references(name, row)]
        known = [answer for answer in answers if answer is not None]
        return any(known) if known else None

    def _boxes(self, name: str, row_id: str, row: Mapping[str, Any] | None) -> Iterator[Bbox]:
        if row is not None and row.get("geom") is not None:
            yield geo.wkb_bbox(row["geom"])
        for change in self._store.connection.execute(statement("entity_geometries"), (name, row_id)):
            geometry = json.loads(change["fields"]).get("geom")
            try:
                yield geo.wkb_bbox(bytes.fromhex(geometry))
            except (BadInput, ValueError, TypeError):
                continue


def boxes_meet(one: Bbox, other: Bbox) -> bool:
    """Tell whether two boxes have a point in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _references(name: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (kind, id) of what a row refers to, except its dataset."""
    for field in ENTITIES[name].fields if name in ENTITIES else ():
        target = fields.get(field.name)
        if field.kind != "ref" or field.refers_to == "dataset" or not isinstance(target, str):
            continue
        kind = field.refers_to
        if kind == "*":
            kind = fields.get(field.name.removesuffix("_id") + "_entity")
        if isinstance(kind, str) and kind in ENTITIES:
            yield kind, target
