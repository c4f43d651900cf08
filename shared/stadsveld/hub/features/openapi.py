"""The definition of the interface: an OpenAPI 3.0 document, made from what the code does."""

from __future__ import annotations

from typing import Any

from ...model import Field
from .answers import API_VERSION
from .catalogue import COLLECTIONS, Collection, Say, describe, schema_of
from .crs import CRS84, SYSTEMS
from .question import DEFAULT_LIMIT, LARGEST_LIMIT

Json = dict[str, Any]

_STRING: Json = {"type": "string"}
_URI: Json = {"type": "string", "format": "uri"}


def document(base: str, _: Say, *, public: bool) -> Json:
    """Return the document.

    Args:
        base: address of the service, without a slash at its end.
        _: gives texts in the language of the asker.
        public: whether rows of open datasets may be read without a token.
    """
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Stadsveld",
            "version": API_VERSION,
            "description": _(
                "Inspections, tasks, sensors and assets of the municipality, to read: OGC API – Features "
                "Part 1 (core, GeoJSON, HTML) and Part 2 (coordinate systems by reference). Positions are "
                "kept in RD and come out of it by RDNAPTRANS2018; WGS 84 is taken to be ETRS89. Fields "
                "with data about persons are left out. Features need the token of an enrolled device."
            ),
            "license": {"name": "GPL-3.0-or-later"},
        },
        "servers": [{"url": base or "/"}],
        "tags": [
            {"name": "interface", "description": _("What this interface is and can do")},
            *({"name": one.id, "description": one.title(_)} for one in COLLECTIONS.values()),
        ],
        "paths": _paths(_, public=public),
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": _("The token of an enrolled device, in the header Authorization."),
                }
            },
            "parameters": _parameters(_),
            "headers": _headers(_),
            "responses": _problems(_),
            "schemas": _schemas(_),
        },
    }


def _paths(_: Say, *, public: bool) -> Json:
    about = _("What this interface is and can do")
    paths = {
        "/": _get("getLandingPage", about, "interface", _ok("Landing")),
        "/conformance": _get(
            "getConformance", _("Standards that this follows"), "interface", _ok("Conformance")
        ),
        "/openapi.json": _get(
            "getDefinition", _("Definition of this interface"), "interface",
            _ok("Definition", "application/vnd.oai.openapi+json;version=3.0"), negotiated=False,
        ),
        "/collections": _get("getCollections", _("Collections"), "interface", _ok("Collections")),
    }  # fmt: skip
    for collection in COLLECTIONS.values():
        paths.update(_paths_of(collection, _, public=public))
    return paths


def _paths_of(collection: Collection, _: Say, *, public: bool) -> Json:
    path, name = f"/collections/{collection.id}", _camel(collection)
    title = collection.title(_)
    crs = _reference("parameters", "crs")
    shared = [_reference("parameters", key) for key in ("bbox", "bboxCrs", "datetime", "limit", "cursor")]
    items = _ok(f"{name}Collection", "application/geo+json", crs=True)
    item = _ok(f"{name}Feature", "application/geo+json", crs=True)
    feature_id = {
        "name": "featureId",
        "in": "path",
        "required": True,
        "description": _("The UUID of the object."),
        "schema": {"type": "string", "format": "uuid"},
    }
    secured = {"secured": True, "public": public}
    return {
        path: _get(f"describe{name}", title, collection.id, _ok("Collection")),
        f"{path}/queryables": _get(
            f"getQueryablesOf{name}", f"{title}: " + _("What can be asked for"), collection.id,
            _ok("Queryables", "application/schema+json"),
        ),
        f"{path}/items": _get(
            f"get{name}", f"{title}: " + _("all, page by page"), collection.id, items,
            [*shared, crs, *(_property_parameter(one, _) for one in collection.queryables)], **secured,
        ),
        f"{path}/items/{{featureId}}": _get(
            f"getOneOf{name}", f"{title}: " + _("one by its id"), collection.id, item,
            [feature_id, crs], missing=True, **secured,
        ),
    }  # fmt: skip


def _get(
    operation: str, summary: str, tag: str, ok: Json, parameters: list[Json] | None = None, *,
    secured: bool = False, public: bool = False, missing: bool = False, negotiated: bool = True,
) -> Json:  # fmt: skip
    statuses = [400, 401, 403, 405, 429, 503, *([404] if missing else []), *([406] if negotiated else [])]
    responses = {
        "200": ok,
        **{str(status): _reference("responses", f"S{status}") for status in sorted(statuses)},
    }
    security: list[Json] = [{"bearer": []}]
    if not secured or public:
        security.append({})
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag],
            "security": security,
            "parameters": [*(parameters or ()), _reference("parameters", "f")],
            "responses": responses,
        }
    }


def _ok(schema: str, media: str = "application/json", *, crs: bool = False) -> Json:
    headers = {"API-Version": _reference("headers", "API-Version")}
    if crs:
        headers["Content-Crs"] = _reference("headers", "Content-Crs")
    return {
        "description": "OK",
        "headers": headers,
        "content": {media: {"schema": _reference("schemas", schema)}, "text/html": {"schema": _STRING}},
    }


def _property_parameter(field: Field, _: Say) -> Json:
    told = describe(field, _)
    text = told["title"] + (f" ({told['description']})" if "description" in told else "")
    return {"name": field.name, "in": "query", "description": text, "schema": schema_of(field)}


def _parameters(_: Say) -> Json:
    number = {"type": "number", "format": "double"}
    systems = {"type": "string", "format": "uri", "enum": list(SYSTEMS), "default": CRS84.uri}
    found = {
        "f": (
            "f", _("The form of the answer; without it the header Accept decides."),
            {"type": "string", "enum": ["json", "html"]},
        ),
        "crs": ("crs", _("The coordinate system of the answer."), systems),
        "bboxCrs": ("bbox-crs", _("The coordinate system of “bbox”."), systems),
        "bbox": (
            "bbox",
            _(
                "Only objects with a point in this box: smallest values of the axes, then the largest. With "
                "six numbers the heights do not count. Not across the antimeridian."
            ),
            {
                "type": "array", "items": number,
                "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            },
        ),
        "datetime": (
            "datetime",
            _(
                "Only objects of this time: 2026-01-31T12:00:00Z, a date, or two of these with a slash "
                "between; “..” leaves one end open. Dates are compared as written."
            ),
            _STRING,
        ),
        "limit": (
            "limit",
            _("The most objects on a page. More than {n} counts as {n}; a page may hold fewer.").format(
                n=LARGEST_LIMIT
            ),
            {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT},
        ),
        "cursor": (
            "cursor", _("Where the page begins: only from the link to the next page."), _STRING,
        ),
    }  # fmt: skip
    made: Json = {}
    for key, (name, told, schema) in found.items():
        one: Json = {"name": name, "in": "query", "required": False, "description": told, "schema": schema}
        if key == "bbox":
            one |= {"style": "form", "explode": False}
        made[key] = one
    return made


def _headers(_: Say) -> Json:
    return {
        "API-Version": {
            "description": _("The version of this interface."), "required": True, "schema": _STRING,
        },
        "Content-Crs": {
            "description": _("The coordinate system of the answer, between angle brackets."),
            "required": True,
            "schema": {"type": "string", "enum": [f"<{uri}>" for uri in SYSTEMS]},
        },
        "WWW-Authenticate": {
            "description": _("How to identify yourself."), "required": True, "schema": _STRING,
        },
        "Allow": {"description": _("The methods it takes."), "required": True, "schema": _STRING},
        "Retry-After": {
            "description": _("Seconds to wait."), "required": True, "schema": {"type": "integer"},
        },
    }  # fmt: skip


def _problems(_: Say) -> Json:
    told = {
        400: (_("The question cannot be understood."), ()),
        401: (_("A token is missing or not known here."), ("WWW-Authenticate",)),
        403: (_("This device may not fetch anything any more."), ()),
        404: (_("There is no such object here, or you may not see it."), ()),
        405: (_("This address does not take this method."), ("Allow",)),
        406: (_("This is available as JSON and as HTML only."), ()),
        429: (_("Too many requests."), ("Retry-After",)),
        503: (_("The store cannot be read at the moment."), ("Retry-After",)),
    }
    return {
        f"S{status}": {
            "description": text,
            "headers": {name: _reference("headers", name) for name in ("API-Version", *more)},
            "content": {"application/problem+json": {"schema": _reference("schemas", "Problem")}},
        }
        for status, (text, more) in told.items()
    }


def _schemas(_: Say) -> Json:
    links = _list(_reference("schemas", "Link"))
    made: Json = {
        "Link": _object({"href": _URI, "rel": _STRING, "type": _STRING, "title": _STRING}, "href", "rel"),
        "Problem": _object(
            {
                "type": {"type": "string", "format": "uri-reference"}, "title": _STRING,
                "status": {"type": "integer"}, "detail": _STRING, "instance": _STRING,
            },
            "type", "title", "status", "detail", "instance",
        ),
        "Landing": _object(
            {"title": _STRING, "description": _STRING, "links": links}, "title", "description", "links"
        ),
        "Conformance": _object({"conformsTo": _list(_URI), "links": links}, "conformsTo"),
        "Definition": {"type": "object", "required": ["openapi", "info", "paths"]},
        "Queryables": {"type": "object", "required": ["$schema", "$id", "type", "properties"]},
        "Collection": _collection_schema(links),
        "Collections": _object(
            {"links": links, "crs": _list(_URI), "collections": _list(_reference("schemas", "Collection"))},
            "links", "collections",
        ),
    }  # fmt: skip
    made.update(_geometry_schemas())
    for collection in COLLECTIONS.values():
        made.update(_feature_schemas(collection, links, _))
    return made


def _collection_schema(links: Json) -> Json:
    corner = {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}}
    spatial = _object({"bbox": {**_list(corner), "minItems": 1}, "crs": _URI}, "bbox", "crs")
    return _object(
        {
            "id": _STRING, "title": _STRING, "description": _STRING,
            "itemType": {"enum": ["feature"], **_STRING},
            "extent": _object({"spatial": spatial}, "spatial"), "crs": _list(_URI), "storageCrs": _URI,
            "links": links,
        },
        "id", "title", "links", "extent", "crs", "storageCrs",
    )  # fmt: skip


def _geometry_schemas() -> Json:
    position: Json = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}
    line: Json = {"type": "array", "minItems": 2, "items": position}
    ring: Json = {"type": "array", "minItems": 4, "items": position}
    coordinates = {
        "POINT": ("Point", position),
        "MULTIPOINT": ("MultiPoint", _list(position)),
        "MULTILINESTRING": ("MultiLineString", _list(line)),
        "MULTIPOLYGON": ("MultiPolygon", _list(_list(ring))),
    }
    return {
        key: {
            **_object(
                {"type": {"type": "string", "enum": [name]}, "coordinates": one}, "type", "coordinates"
            ),
            "nullable": True,
        }
        for key, (name, one) in coordinates.items()
    }


def _feature_schemas(collection: Collection, links: Json, _: Say) -> Json:
    name = _camel(collection)
    properties = {field.name: _value_schema(field, _) for field in collection.properties}
    properties["_conflict"] = {
        **_list(_STRING),
        "description": _("The fields that people still have to decide on."),
    }
    geometry = collection.entity.geometry
    feature = _object(
        {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string", "format": "uuid"},
            "geometry": _reference("schemas", geometry) if geometry else {"nullable": True, "enum": [None]},
            "properties": {**_object(properties, *properties), "additionalProperties": False},
            "links": links,
        },
        "type", "id", "geometry", "properties",
    )  # fmt: skip
    whole = _object(
        {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberReturned": {"type": "integer", "minimum": 0},
            "numberMatched": {"type": "integer", "minimum": 0},
            "links": links,
            "features": _list(_reference("schemas", f"{name}Feature")),
        },
        "type", "timeStamp", "numberReturned", "links", "features",
    )  # fmt: skip
    return {f"{name}Feature": feature, f"{name}Collection": whole}


def _value_schema(field: Field, _: Say) -> Json:
    """Return the schema of a value in an answer: dates and references are given as they were recorded."""
    if field.kind == "json":
        return {**describe(field, _), "nullable": True}
    schema = schema_of(field)
    if schema["type"] == "string":
        schema.pop("format", None)
    return {**schema, **describe(field, _), "nullable": True}


def _object(properties: Json, *required: str) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _reference(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


def _camel(collection: Collection) -> str:
    return "".join(word.capitalize() for word in collection.id.split("-"))
