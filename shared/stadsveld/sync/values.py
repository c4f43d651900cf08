"""Values between columns and changes: geometry as canonical WKB in hexadecimal, numbers finite."""

from __future__ import annotations

import json
import math
from typing import Any

from .. import geo
from ..errors import BadInput
from ..geo.wkb import dump as write_wkb
from ..model import ENTITIES, Entity

#: What the number of a multiple geometry is above that of the single one.
_FROM_SINGLE = 3
_COMPARABLE = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
_KINDS = {"POINT": 1, "LINESTRING": 2, "POLYGON": 3, "MULTIPOINT": 4, "MULTILINESTRING": 5, "MULTIPOLYGON": 6}


def change_value(name: str, value: Any) -> Any:
    """Return a column's value as a change carries it.

    What is no finite number becomes null; a geometry that cannot be read is carried as it is, so
    that the central store can refuse it with its reason and nothing is lost.
    """
    if name == "geom" and value is not None:
        try:
            return geo.canonical_wkb(value).hex()
        except BadInput:
            return bytes(value).hex()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None
    return value


def column_value(entity: Entity, name: str, value: Any) -> Any:
    """Return a change's value as the column stores it (geometry as blob); unreadable ones as NULL."""
    if value is None:
        return None
    if name == "geom":
        wkb = right_geometry(entity, value)
        return None if wkb is None else geo.blob_from_wkb(wkb)
    if entity.field(name).kind == "blob":
        return _bytes(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return int(value) if isinstance(value, bool) else value


def right_geometry(entity: Entity, value: Any) -> bytes | None:
    """Return the WKB of a value that is a canonical geometry of the entity's type, else None."""
    wkb = _bytes(value)
    if wkb is None or entity.geometry is None:
        return None
    try:
        shape = geo.parse(wkb)
        right = shape.kind == _KINDS[entity.geometry] and shape.flavour == 0
        return wkb if right and geo.canonical_wkb(wkb) == wkb else None
    except BadInput:
        return None


def is_of_type(entity: Entity, wkb: bytes) -> bool:
    """Tell whether a WKB says that it is of the entity's geometry type, in the plane."""
    code = int.from_bytes(wkb[1:5], "little" if wkb[:1] == b"\x01" else "big")
    return entity.geometry is not None and code == _KINDS[entity.geometry]


def fitting_geometry(entity: Entity, wkb: bytes) -> bytes | None:
    """Return a canonical geometry as the entity's type (a single one as its multiple), else None."""
    shape = geo.parse(wkb)
    wanted = _KINDS[entity.geometry or ""] if entity.geometry else 0
    if shape.kind + _FROM_SINGLE == wanted:
        shape = geo.Shape(wanted, shape.parts, shape.flavour)
    return write_wkb(shape) if shape.kind == wanted and shape.flavour == 0 else None


def comparable(entity_name: str, name: str, value: Any) -> str:
    """Return a text that is equal for equal values of a field: 1 and 1.0 are one measurement."""
    if isinstance(value, bool) and name != "_exists":
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _COMPARABLE.encode(value)


def is_column(entity_name: str, name: str) -> bool:
    """Tell whether this version has a column for that field of a change."""
    entity = ENTITIES.get(entity_name)
    return entity is not None and name in entity.captured


def _bytes(value: Any) -> bytes | None:
    if not isinstance(value, str):
        return None
    try:
        return bytes.fromhex(value)
    except ValueError:
        return None
