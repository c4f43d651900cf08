"""OGC API – Features over the central store, read-only, so that QGIS, ArcGIS and others read it without us.

Part 1 (core, GeoJSON, HTML, OpenAPI 3.0) and Part 2 (coordinate systems by reference), at the root of
the service:

    GET  /                                    what this is, with links to everything
    GET  /conformance                         the standards it follows
    GET  /openapi.json                        its definition (`?f=html` for people)
    GET  /collections                         the collections, and the coordinate systems
    GET  /collections/{id}                    one of them
    GET  /collections/{id}/queryables         the properties that can be asked for
    GET  /collections/{id}/items              features: bbox, bbox-crs, crs, datetime, limit, any property
    GET  /collections/{id}/items/{uuid}       one feature

Features need the token of an enrolled device (`Authorization: Bearer`, never in an address: addresses
end in logs). Its role decides by access class, its area by place; fields about persons are not there
at all. Where the administrator says so (`public=True`) rows of datasets whose class is `open` may be
read by everyone; what people recorded belongs to no dataset and is never public. What describes the
interface holds no data and needs no token, as the Dutch rules want of a definition; it tells nobody
an extent that is not theirs to know.

The Dutch REST API Design Rules (2.0) and their geospatial module are followed: plural nouns, hyphens
in paths, no slash at the end (404), `API-Version`, problem details (RFC 9457), `/openapi.json` for
everyone, CORS, security headers, GeoJSON, `Content-Crs`, `bbox-crs`, RD, ETRS89 and its member
ETRF2000. Where they part:

- `/core/uri-version` wants the major version in the address. The service has one root, agreed
  before; the version is in the header and in the conformance classes.
- `bbox-crs` has a hyphen, and a `limit` above the largest is no error: OGC decides both.
- Names of properties are those of the model, in snake_case, and stay so in parameters.
- The header `Accept-Crs` of the older extension is gone from the module; `crs` of OGC is its place.
"""

from starlette.routing import Route

from ..central import Central
from .answers import routes_of
from .pages import places

#: Requests that are read at once; each has a connection with a small cache.
_READERS = 3


def routes(central: Central, *, public: bool = False) -> list[Route]:
    """Return the routes of this part; with `public` open datasets need no token."""
    return routes_of(central, places(public=public), public=public, readers=_READERS)


__all__ = ["routes"]
