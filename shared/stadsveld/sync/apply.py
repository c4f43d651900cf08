"""Edits from JSON lines: what a script or a test writes into a working copy, all or nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from .. import geo
from ..errors import BadInput, StoreError
from ..model import ENTITIES, Entity, is_uuid
from ..store import Store
from ..text import _
from .capture import seal
from .changes import EXISTS
from .values import fitting_geometry

_SQLITE_INTEGERS = 1 << 63


def apply_lines(store: Store, lines: Iterable[bytes]) -> list[str]:
    """Make the edits of all lines in one transaction and seal them; return the id of each line's row.

    A line is `{"op": "put", "entity", "id"?, "fields"}` or `{"op": "delete", "entity", "id"}`, with
    geometry as WKT in RD.

    Raises:
        BadInput: a line cannot be read; names the line, and nothing was changed.
        StoreError: the file cannot be written; nothing was changed.
    """
    ids = []
    with store.transaction():
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            place = _("line {number}").format(number=number)
            try:
                ids.append(_apply(store, line))
            except (BadInput, StoreError) as error:
                raise BadInput(str(error), place=place) from error
        seal(store)
    return ids


def _apply(store: Store, line: bytes) -> str:
    try:
        edit = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(_("this is no JSON")) from error
    if not isinstance(edit, dict) or edit.get("op") not in ("put", "delete"):
        raise BadInput(_("“op” must be put or delete"))
    entity = ENTITIES.get(str(edit.get("entity")))
    if entity is None:
        raise BadInput(_("“{kind}” is no kind of object.").format(kind=str(edit.get("entity"))[:80]))
    row_id = edit.get("id")
    if (row_id is not None or edit["op"] == "delete") and not is_uuid(row_id):
        raise BadInput(_("“{key}” must be a UUID in lower case.").format(key="id"))
    if edit["op"] == "delete":
        store.delete(entity.name, str(row_id))
        return str(row_id)
    return store.put(entity.name, row_id, _fields(entity, edit.get("fields", {})))


def _fields(entity: Entity, fields: object) -> dict[str, Any]:
    if not isinstance(fields, dict):
        raise BadInput(_("“{key}” must be an object of field values.").format(key="fields"))
    known = set(entity.captured)
    for name in fields:
        if name not in known or name == EXISTS:
            raise BadInput(_("{entity} has no field {fields}.").format(entity=entity.name, fields=name[:80]))
    return {name: _value(entity, name, value) for name, value in fields.items()}


def _value(entity: Entity, name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "geom":
        return _geometry(entity, value)
    kind = entity.field(name).kind
    if kind == "json":
        return value
    wrong = BadInput(_("The value of “{field}” cannot be stored.").format(field=name))
    if kind in ("int", "bool", "real"):
        if not isinstance(value, int | float) or not math.isfinite(value) or abs(value) >= _SQLITE_INTEGERS:
            raise wrong
        return float(value) if kind == "real" else int(value)
    if not isinstance(value, str):
        raise wrong
    try:
        value.encode("utf-8")
        return bytes.fromhex(value) if kind == "blob" else value
    except ValueError as error:
        raise wrong from error


def _geometry(entity: Entity, value: Any) -> bytes:
    if entity.geometry is None or not isinstance(value, str):
        raise BadInput(_("The value of “{field}” cannot be stored.").format(field="geom"))
    wkb = geo.canonical_wkb(geo.wkb_from_wkt(value))
    fitting = fitting_geometry(entity, wkb)
    if fitting is None:
        raise BadInput(_("The geometry must be of the type {type}.").format(type=entity.geometry))
    return fitting
