"""From an object of the file to rows of the model: which entity, which fields, which geometry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ... import geo
from ...model import id_from_register
from ...text import _
from .gml import GmlObject, Shape

#: Class of the delivery -> stem of its entity; what is not named here is street furniture.
_STEMS = {
    "wegdeel": "road", "ondersteunendwegdeel": "road",
    "begroeidterreindeel": "terrain", "onbegroeidterreindeel": "terrain",
    "waterdeel": "water", "ondersteunendwaterdeel": "water",
    "pand": "building", "overigbouwwerk": "building", "gebouwinstallatie": "building",
    "overbruggingsdeel": "structure", "tunneldeel": "structure", "kunstwerkdeel": "structure",
    "scheiding": "barrier", "overigescheiding": "barrier",
    "buurt": "district", "wijk": "district", "stadsdeel": "district", "waterschap": "district",
    "openbareruimte": "district", "functioneelgebied": "district",
    "sensor": "sensor",
}  # fmt: skip
#: (stem, kind of geometry) -> entity.
_ENTITIES = {
    ("road", "surface"): "road_part",
    ("terrain", "surface"): "terrain_part",
    ("water", "surface"): "water_part",
    ("building", "surface"): "building",
    ("structure", "surface"): "structure_part",
    ("structure", "line"): "structure_line",
    ("structure", "point"): "structure_point",
    ("barrier", "surface"): "barrier_part",
    ("barrier", "line"): "barrier_line",
    ("district", "surface"): "district",
    ("sensor", "point"): "sensor",
    ("street", "surface"): "street_object_part",
    ("street", "line"): "street_object_line",
    ("street", "point"): "street_object",
}
#: Classes whose objects are labels themselves.
LABEL_CLASSES = frozenset({"openbareruimtelabel"})

#: Element of the GML -> field of the model.
_FIELDS = {
    "lokaalID": "local_id",
    "relatieveHoogteligging": "level",
    "bronhouder": "source_holder",
    "inOnderzoek": "in_investigation",
    "function": "function",
    "bgt-functie": "function",
    "surfaceMaterial": "appearance",
    "bgt-fysiekVoorkomen": "appearance",
    "bgt-type": "type",
    "identificatieBAGPND": "bag_id",
    "identificatieBAGOPR": "bag_id",
    "creationDate": "object_begin",
    "naam": "name",
}
#: Beginnings of elements that carry the class in their name.
_STARTS = (
    ("plus-functie", "plus_function"),
    ("plus-fysiekVoorkomen", "plus_appearance"),
    ("plus-type", "plus_type"),
)
#: Handled apart, or of no use in a row.
_APART = frozenset({
    "tijdstipRegistratie", "eindRegistratie", "bgt-status", "plus-status", "class", "namespace", "tekst", "hoek",
})  # fmt: skip
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?")


class Refusal(ValueError):
    """An object that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class BgtRecord:
    """One row for the store.

    Attributes:
        entity: name of the entity.
        id: UUIDv5 of the BGT and the local id.
        registered: instant of registration of this version, as in the file.
        ended: instant at which this version ended, or None.
        is_plan: the object is planned, not built.
        values: fields of the model, without geometry.
        blob: geometry as SpatiaLite blob, EPSG:28992.
        bbox: its bounding box.
    """

    entity: str
    id: str
    registered: str
    ended: str | None
    is_plan: bool
    values: dict[str, Any]
    blob: bytes
    bbox: tuple[float, float, float, float]


def records_of(name: str, found: GmlObject) -> list[BgtRecord]:
    """Return the rows of one object: itself first, then its labels.

    Args:
        name: class of the delivery the object stands in.
        found: the object.

    Raises:
        Refusal: the object lacks an id, a registration or a usable geometry.
    """
    if found.error is not None:
        raise Refusal(found.error)
    values = _values(name, found)
    registered, ended = _instant(found, "tijdstipRegistratie"), _instant(found, "eindRegistratie")
    if registered is None:
        raise Refusal(_("it has no time of registration."))
    is_plan = values["status"] == "plan"
    made = []
    if name not in LABEL_CLASSES:
        entity, blob, bbox = _geometry(name, found.shape)
        row = _sensor(values) if entity == "sensor" else values
        made.append(BgtRecord(entity, _id(values), registered, ended, is_plan, row, blob, bbox))
    for suffix, text, wkb in _labels(found):
        local_id = values["local_id"] + suffix
        row = {
            **dict.fromkeys(values), "bgt_class": name, "local_id": local_id, "status": values["status"],
            "level": values["level"], "name": text, "registered": registered, "bag_id": values["bag_id"],
            "attributes": values["attributes"] if name in LABEL_CLASSES else None,
        }  # fmt: skip
        identity = id_from_register("bgt", f"label:{local_id}" if suffix else local_id)
        blob = geo.blob_from_wkb(wkb)
        made.append(BgtRecord("label", identity, registered, ended, is_plan, row, blob, geo.blob_bbox(blob)))
    if not made:
        raise Refusal(_("it has no geometry."))
    return made


def _id(values: dict[str, Any]) -> str:
    return id_from_register("bgt", values["local_id"])


#: Fields of a row of the BGT, in the order of `BgtRecord.values`.
_COLUMNS = (
    "bgt_class", "local_id", "status", "level", "type", "function", "appearance", "plus_function",
    "plus_appearance", "plus_type", "name", "bag_id", "source_holder", "in_investigation", "registered",
    "object_begin", "attributes",
)  # fmt: skip


def _values(name: str, found: GmlObject) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(_COLUMNS)
    values["bgt_class"] = name
    others: dict[str, str] = {}
    for key, text in found.values.items():
        field = _field(key)
        if field:
            values[field] = text
        elif field is None:
            others[key] = text
    if not values["local_id"]:
        raise Refusal(_("it has no local id."))
    kind = found.values.get("class")
    if kind is not None:
        values["appearance" if found.element == "PlantCover" else "type"] = kind
    values["level"] = _level(values["level"])
    values["in_investigation"] = {"true": 1, "1": 1, "false": 0, "0": 0}.get(str(values["in_investigation"]))
    values["status"] = _status(found)
    values["registered"] = _instant(found, "tijdstipRegistratie")
    values["attributes"] = json.dumps(others, ensure_ascii=False, sort_keys=True) if others else None
    return values


@lru_cache(maxsize=512)
def _field(key: str) -> str | None:
    """Return the field an element fills, "" where it is handled apart, None where there is no field."""
    if key in _APART:
        return ""
    return _FIELDS.get(key) or next((to for start, to in _STARTS if key.startswith(start)), None)


def _level(text: str | None) -> int:
    try:
        return int(text or "0")
    except ValueError as error:
        raise Refusal(_("its relative height is no whole number ({text}).").format(text=text)) from error


def _status(found: GmlObject) -> str | None:
    statuses = (found.values.get("bgt-status"), found.values.get("plus-status"))
    if "plan" in statuses:
        return "plan"
    return statuses[0]


def _instant(found: GmlObject, key: str) -> str | None:
    text = found.values.get(key)
    if not text:
        return None
    if _INSTANT.fullmatch(text) is None:
        raise Refusal(_("its {element} is no time ({text}).").format(element=key, text=text))
    return text


def _geometry(name: str, shape: Shape) -> tuple[str, bytes, tuple[float, float, float, float]]:
    kind = shape.kind
    if not kind:
        raise Refusal(_("it has no geometry."))
    entity = _ENTITIES.get((_STEMS.get(name, "street"), kind)) or _ENTITIES["street", kind]
    if kind == "surface":
        wkb = geo.multipolygon_wkb(shape.polygons)
    elif kind == "line":
        wkb = geo.multilinestring_wkb(shape.lines)
    elif entity == "sensor":
        wkb = geo.point_wkb(*shape.points[0])
    else:
        wkb = geo.multipoint_wkb(shape.points)
    blob = geo.blob_from_wkb(wkb)
    return entity, blob, geo.blob_bbox(blob)


def _labels(found: GmlObject) -> Iterator[tuple[str, str, bytes]]:
    """Yield (suffix of the local id, text, points) of the labels of an object."""
    is_label = not found.shape.kind
    for number, label in enumerate(found.labels):
        if label.points and label.text:
            suffix = "" if is_label and number == 0 else f"#{number + 1}"
            yield suffix, label.text, geo.multipoint_wkb(label.points)


def _sensor(values: dict[str, Any]) -> dict[str, Any]:
    local_id = values["local_id"]
    return {
        "number": local_id.rsplit(".", 1)[-1][:8],
        "kind": values["plus_type"] or values["function"],
        "owner": values["source_holder"],
        "bgt_local_id": local_id,
    }
