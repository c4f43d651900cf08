"""What stands at each address of the interface."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from typing import Any
from urllib.parse import urlencode

import numpy as np

from ...model import CODES, is_uuid
from ...store.store import Bbox
from . import html
from .answers import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Answer, Asked, Handler, Place
from .catalogue import COLLECTIONS, Collection, Say, describe, schema_of
from .crs import CRS84, RD, SYSTEMS, Crs
from .geojson import as_geojson
from .openapi import document
from .question import Wrong, crs_of, question_of
from .reading import PageOfFeatures, StaleCursor
from .viewer import Viewer

_PART1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
_PART2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
CONFORMS_TO = (
    *(f"{_PART1}{name}" for name in ("core", "oas30", "html", "geojson")),
    f"{_PART2}crs",
)
#: Longitude and latitude within which RD is used: what is told of where, to those who may know no more.
_THE_NETHERLANDS = [3.2, 50.75, 7.22, 53.7]
_QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"

Link = dict[str, str]


def places(*, public: bool) -> list[tuple[str, Place]]:
    """Return the addresses and what stands there."""
    found = [
        ("/", Place(_landing)),
        ("/conformance", Place(_conformance)),
        ("/openapi.json", Place(partial(_definition, public=public), media=OPENAPI, ignores_accept=True)),
        ("/collections", Place(_collections)),
    ]
    for collection in COLLECTIONS.values():
        path = f"/collections/{collection.id}"

        def bound(
            handler: Callable[[Asked, Collection], Answer], collection: Collection = collection
        ) -> Handler:
            return lambda asked: handler(asked, collection)

        found += [
            (path, Place(bound(_collection))),
            (f"{path}/queryables", Place(bound(_queryables), media=SCHEMA)),
            (f"{path}/items", Place(bound(_items), needs_token=True, media=GEOJSON)),
            (f"{path}/items/{{feature_id}}", Place(bound(_item), needs_token=True, media=GEOJSON)),
        ]
    nothing = Place(None)
    found += [(f"/{name}/{{rest:path}}", nothing) for name in ("collections", "conformance", "openapi.json")]
    return found


def _landing(asked: Asked) -> Answer:
    _ = asked.say
    asked.only()
    title, told = "Stadsveld", _("Inspections, tasks, sensors and assets of the municipality, to read.")
    links = [
        *_own_links(asked, JSON),
        _link(f"{asked.base}/openapi.json", "service-desc", OPENAPI, _("Definition of this interface")),
        _link(f"{asked.base}/openapi.json?f=html", "service-doc", HTML, _("Documentation of this interface")),
        _link(f"{asked.base}/conformance", "conformance", JSON, _("Standards that this follows")),
        _link(f"{asked.base}/collections", "data", JSON, _("Collections")),
    ]
    content = {"title": title, "description": told, "links": links}

    def page() -> str:
        body = [html.paragraph(told), _as_navigation(links, _)]
        return html.page(asked.language, title, body, [], _)

    return Answer(content, page)


def _conformance(asked: Asked) -> Answer:
    _ = asked.say
    asked.only()
    links = _own_links(asked, JSON)

    def page() -> str:
        rows = [[(uri, uri)] for uri in CONFORMS_TO]
        title = _("Standards that this follows")
        body = [html.table(title, [_("Conformance class")], rows), _as_navigation(links, _)]
        return html.page(asked.language, title, body, _trail(asked), _)

    return Answer({"conformsTo": list(CONFORMS_TO), "links": links}, page)


def _definition(asked: Asked, *, public: bool) -> Answer:
    _ = asked.say
    asked.only()
    content = document(asked.base, _, public=public)

    def page() -> str:
        rows = [
            [path, operation["summary"], ", ".join(_parameter_names(operation, content))]
            for path, item in content["paths"].items()
            for method, operation in item.items()
            if method == "get"
        ]
        title = _("Documentation of this interface")
        head = [_("Address"), _("What it gives"), _("Parameters")]
        body = [html.paragraph(content["info"]["description"]), html.table(title, head, rows)]
        return html.page(asked.language, title, body, _trail(asked), _)

    return Answer(content, page, OPENAPI)


def _parameter_names(operation: dict[str, Any], content: dict[str, Any]) -> list[str]:
    shared = content["components"]["parameters"]
    found = [
        shared[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in operation["parameters"]
    ]
    return [one["name"] for one in found]


def _collections(asked: Asked) -> Answer:
    _ = asked.say
    asked.only()
    described = [_described(asked, collection) for collection in COLLECTIONS.values()]
    links = _own_links(asked, JSON)
    content = {"links": links, "crs": list(SYSTEMS), "collections": described}

    def page() -> str:
        rows = [
            [(one["title"], f"{asked.base}/collections/{one['id']}"), one["description"]] for one in described
        ]
        title = _("Collections")
        body = [html.table(title, [_("Collection"), _("Description")], rows), _as_navigation(links, _)]
        return html.page(asked.language, title, body, _trail(asked), _)

    return Answer(content, page)


def _collection(asked: Asked, collection: Collection) -> Answer:
    _ = asked.say
    asked.only()
    content = _described(asked, collection)
    content["links"] = [*_own_links(asked, JSON), *content["links"][1:]]

    def page() -> str:
        body = [html.paragraph(content["description"]), _as_navigation(content["links"], _)]
        title = collection.title(_)
        return html.page(asked.language, title, body, _trail(asked, _("Collections")), _)

    return Answer(content, page)


def _described(asked: Asked, collection: Collection) -> dict[str, Any]:
    """Return what is told of a collection."""
    _ = asked.say
    address, title = f"{asked.base}/collections/{collection.id}", collection.title(_)
    told = _(
        "{title} in the central store of Stadsveld. Positions come from RD by RDNAPTRANS2018; WGS 84 is "
        "taken to be ETRS89."
    ).format(title=title)
    if collection.time is not None:
        told += " " + _("“datetime” is compared with “{name}”.").format(name=collection.time.name)
    else:
        told += " " + _("Its objects have no time: with “datetime” none is found.")
    links = [
        _link(address, "self", JSON, title),
        _link(f"{address}/items", "items", GEOJSON, title),
        _link(f"{address}/items?f=html", "items", HTML, title),
        _link(f"{address}/queryables", _QUERYABLES, SCHEMA, _("What can be asked for")),
    ]
    return {
        "id": collection.id,
        "title": title,
        "description": told,
        "itemType": "feature",
        "extent": {"spatial": {"bbox": [_extent(asked, collection)], "crs": CRS84.uri}},
        "crs": list(SYSTEMS),
        "storageCrs": RD.uri,
        "links": links,
    }


def _extent(asked: Asked, collection: Collection) -> list[float]:
    """Return west, south, east, north in CRS84."""
    if asked.viewer is None:
        return _THE_NETHERLANDS
    found: Bbox | None = asked.reading.extent(collection, asked.viewer)
    if found is None:
        return _THE_NETHERLANDS
    minx, miny, maxx, maxy = found
    corners = np.array(((minx, miny), (minx, maxy), (maxx, miny), (maxx, maxy)))
    moved = CRS84.from_rd(corners)
    if np.isnan(moved).any():
        return _THE_NETHERLANDS
    return [float(value) for value in (*moved.min(axis=0), *moved.max(axis=0))]


def _queryables(asked: Asked, collection: Collection) -> Answer:
    _ = asked.say
    asked.only()
    properties = {field.name: {**schema_of(field), **describe(field, _)} for field in collection.queryables}
    content = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{asked.base}{asked.path}",
        "type": "object",
        "title": collection.title(_),
        "properties": properties,
        "additionalProperties": False,
    }

    def page() -> str:
        rows = [
            [name, one["title"], one.get("format", one["type"]), one.get("description", "")]
            for name, one in properties.items()
        ]
        title = _("What can be asked for")
        head = [_("Parameter"), _("Meaning"), _("Type"), _("Values")]
        body = [html.table(title, head, rows)]
        trail = _trail(asked, _("Collections"), collection.title(_))
        return html.page(asked.language, title, body, trail, _)

    return Answer(content, page, SCHEMA)


def _items(asked: Asked, collection: Collection) -> Answer:
    _ = asked.say
    question = question_of(collection, asked.pairs, _)
    try:
        found = asked.reading.page(collection, _viewer(asked), question)
    except StaleCursor as stale:
        text = _("The central store was restored since the first page; begin again without “cursor”.")
        raise Wrong(400, text) from stale
    features = as_geojson(collection, found.features, question.crs, asked.base)
    links = _page_links(asked, found)
    content = {
        "type": "FeatureCollection",
        "timeStamp": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "numberReturned": len(features),
        "links": links,
        "features": features,
    }
    if found.matched is not None:
        content["numberMatched"] = found.matched
    headers = {"Content-Crs": f"<{question.crs.uri}>"}
    return Answer(content, partial(_items_page, asked, collection, content), GEOJSON, headers)


def _items_page(asked: Asked, collection: Collection, content: dict[str, Any]) -> str:
    _, address = asked.say, f"{asked.base}/collections/{collection.id}/items"
    title = collection.title(_)
    rows: list[list[html.Cell]] = [
        [(one["id"], f"{address}/{one['id']}"), *_cells(collection, one["properties"], _)]
        for one in content["features"]
    ]
    head = [_("id"), *(describe(field, _)["title"] for field in collection.properties)]
    told = _("{n} on this page").format(n=content["numberReturned"])
    if "numberMatched" in content:
        told += _(", {n} in all").format(n=content["numberMatched"])
    navigation = _as_navigation(content["links"], _)
    body = [html.paragraph(told), navigation, html.table(title, head, rows)]
    return html.page(asked.language, title, body, _trail(asked, _("Collections"), title), _)


def _item(asked: Asked, collection: Collection) -> Answer:
    _, feature_id = asked.say, asked.names["feature_id"].lower()
    crs: Crs = crs_of(asked.only("crs"), "crs", _)
    found = asked.reading.one(collection, _viewer(asked), feature_id) if is_uuid(feature_id) else None
    if found is None:
        raise Wrong(404, _("There is no such object here, or you may not see it."))
    (content,) = as_geojson(collection, [found], crs, asked.base)
    address, title = f"{asked.base}/collections/{collection.id}", collection.title(_)
    links = [*_own_links(asked, GEOJSON), _link(address, "collection", JSON, title)]
    content["links"] = [*links, *content.get("links", ())]

    def page() -> str:
        cells = _cells(collection, content["properties"], _)
        names = [describe(field, _)["title"] for field in collection.properties]
        rows = [list(pair) for pair in zip(names, cells, strict=True)]
        rows.append([_("to be decided"), html.shown(content["properties"]["_conflict"], _)])
        body = [html.table(title, [_("Property"), _("Value")], rows), _as_navigation(content["links"], _)]
        return html.page(asked.language, feature_id, body, _trail(asked, _("Collections"), title, title), _)

    return Answer(content, page, GEOJSON, {"Content-Crs": f"<{crs.uri}>"})


def _cells(collection: Collection, properties: dict[str, Any], _: Say) -> list[str]:
    cells = []
    for field in collection.properties:
        value = properties[field.name]
        if field.codes and value is not None:
            value = CODES[field.codes].label(value)
        cells.append(html.shown(value, _))
    return cells


def _viewer(asked: Asked) -> Viewer:
    _ = asked.say
    if asked.viewer is None:
        raise Wrong(401, _("This needs the token of an enrolled device."))
    return asked.viewer


# Links


def _link(href: str, rel: str, media: str, title: str) -> Link:
    return {"href": href, "rel": rel, "type": media, "title": title}


def _own_links(asked: Asked, media: str) -> list[Link]:
    """Return the links of a document to itself and to its other form."""
    _ = asked.say
    kept = [(name, value) for name, value in asked.pairs if name != "f"]
    own, other = ("html", "json") if asked.is_html else ("json", "html")
    forms = {"json": media, "html": HTML}
    titles = {"json": _("This document as JSON"), "html": _("This document as HTML")}
    return [
        _link(_address(asked, [*kept, ("f", form)]), rel, forms[form], titles[form])
        for form, rel in ((own, "self"), (other, "alternate"))
    ]


def _page_links(asked: Asked, found: PageOfFeatures) -> list[Link]:
    _, links = asked.say, _own_links(asked, GEOJSON)
    if found.next is not None:
        kept = [(name, value) for name, value in asked.pairs if name != "cursor"]
        href = _address(asked, [*kept, ("cursor", found.next.text())])
        links.append(_link(href, "next", HTML if asked.is_html else GEOJSON, _("Next page")))
    collection = asked.path.rsplit("/", 1)[0]
    links.append(_link(f"{asked.base}{collection}", "collection", JSON, _("Collection")))
    return links


def _address(asked: Asked, pairs: list[tuple[str, str]]) -> str:
    query = urlencode(pairs)
    return f"{asked.base}{asked.path}" + (f"?{query}" if query else "")


def _as_navigation(links: list[Link], _: Say) -> str:
    shown = [(one["title"] if "title" in one else one["href"], one["href"], one["rel"]) for one in links]
    return html.links(shown, _("Links"))


def _trail(asked: Asked, *titles: str) -> list[tuple[str, str]]:
    """Return the pages above one: the first words of its address."""
    words = asked.path.strip("/").split("/")
    found = [("Stadsveld", f"{asked.base}/")]
    for count, title in enumerate(titles, 1):
        found.append((title, f"{asked.base}/" + "/".join(words[:count])))
    return found
