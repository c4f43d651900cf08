"""Features as GeoJSON (RFC 7946, in the coordinate system that was asked for)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from ... import geo
from ...errors import BadInput
from ...model import Field
from .catalogue import Collection, collection_id, is_published
from .crs import Crs, Vertices
from .reading import Feature

_TYPES: dict[str, Any] = {"int": int, "bool": int, "real": int | float}
_NAMES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")


def as_geojson(
    collection: Collection, features: Sequence[Feature], crs: Crs, base: str
) -> list[dict[str, Any]]:
    """Return features as GeoJSON objects; `base` is the address of the service."""
    shapes = [_shape(feature.blob) for feature in features]
    geometries = _geometries(shapes, crs)
    return [
        _feature(collection, feature, geometry, base)
        for feature, geometry in zip(features, geometries, strict=True)
    ]


def _feature(
    collection: Collection, feature: Feature, geometry: dict[str, Any] | None, base: str
) -> dict[str, Any]:
    properties = {field.name: _value(field, feature.values[field.name]) for field in collection.properties}
    properties["_conflict"] = list(feature.conflicts)
    made = {"type": "Feature", "id": feature.id, "geometry": geometry, "properties": properties}
    links = list(_links(collection, feature, base))
    return {**made, "links": links} if links else made


def _value(field: Field, value: Any) -> Any:
    """Return a value as its type says; None where something else was stored by other means."""
    if field.kind in _TYPES:
        fits = isinstance(value, _TYPES[field.kind]) and math.isfinite(value)
        return (bool(value) if field.kind == "bool" else value) if fits else None
    if field.kind == "json" and isinstance(value, str):
        try:
            return json.loads(value, parse_constant=str, parse_float=_number)
        except (ValueError, RecursionError):
            return value
    return None if value is None else str(value)


def _number(text: str) -> float | str:
    return float(text) if math.isfinite(float(text)) else text


def _links(collection: Collection, feature: Feature, base: str) -> list[dict[str, str]]:
    """Return links to what a feature refers to, and to the file of a photo."""
    links = []
    for field in collection.properties:
        target = feature.values[field.name]
        if field.kind != "ref" or not isinstance(target, str):
            continue
        kind = field.refers_to
        if kind == "*":
            kind = feature.values.get(field.name.removesuffix("_id") + "_entity")
        if isinstance(kind, str) and is_published(kind):
            href = f"{base}/collections/{collection_id(kind)}/items/{quote(target, safe='')}"
            links.append({
                "href": href, "rel": "related", "type": "application/geo+json", "title": field.name,
            })  # fmt: skip
    sha256 = feature.values.get("sha256")
    if collection.entity.name == "photo" and isinstance(sha256, str):
        media = str(feature.values.get("media_type") or "image/jpeg")
        links.append(
            {"href": f"{base}/v1/photos/{quote(sha256, safe='')}", "rel": "enclosure", "type": media}
        )
    return links


def _shape(blob: bytes | None) -> geo.Shape | None:
    if blob is None:
        return None
    try:
        return geo.parse(geo.wkb_from_blob(blob))
    except BadInput:
        return None


def _geometries(shapes: Sequence[geo.Shape | None], crs: Crs) -> list[dict[str, Any] | None]:
    """Return the geometries of shapes in RD, all of their vertices transformed at once."""
    runs = [run[:, :2] for shape in shapes if shape for part in shape.parts for run in part]
    if not runs:
        return [None] * len(shapes)
    moved = crs.from_rd(np.concatenate(runs))
    pieces = iter(np.split(moved, np.cumsum([len(run) for run in runs])[:-1]))
    made: list[dict[str, Any] | None] = []
    for shape in shapes:
        if shape is None:
            made.append(None)
            continue
        parts = [[next(pieces) for _run in part] for part in shape.parts]
        made.append(_geometry(shape.kind, parts))
    return made


def _geometry(kind: int, parts: list[list[Vertices]]) -> dict[str, Any] | None:
    """Return a geometry; None where it has no position in this coordinate system."""
    if not parts or any(not len(run) or np.isnan(run).any() for part in parts for run in part):
        return None
    if kind in {1, geo.MULTIPOINT}:
        coordinates: list[Any] = [part[0][0].tolist() for part in parts]
    elif kind in {2, geo.MULTILINESTRING}:
        coordinates = [part[0].tolist() for part in parts]
    else:
        coordinates = [[ring.tolist() for ring in part] for part in parts]
    return {
        "type": _NAMES[kind - 1],
        "coordinates": coordinates if kind >= geo.MULTIPOINT else coordinates[0],
    }
