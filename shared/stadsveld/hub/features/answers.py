"""Requests in, answers out: who asks, in which form and language, errors as problem details, the log."""

from __future__ import annotations

import gzip
import json
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ...errors import StadsveldError, StoreError
from .. import limits
from ..audit import ORIGIN, network_of
from ..central import Central
from ..devices import Device
from ..web import Problem, address_of, record, within_limit
from .catalogue import Say
from .html import STYLE_HASH
from .language import language_of, quality_of, say_in
from .question import Wrong, only
from .reading import Reading
from .viewer import PUBLIC, Viewer

#: Version of this interface (semantic versioning), in the header that the Dutch design rules ask for.
API_VERSION = "1.0.0"
JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
PROBLEM, SCHEMA = "application/problem+json", "application/schema+json"
METHODS = "GET, HEAD, OPTIONS"
_WORTH_COMPRESSING, _COMPRESSION = 1024, 5
_HEADERS = {
    "API-Version": API_VERSION,
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "API-Version, Content-Crs, Link, WWW-Authenticate, Retry-After",
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src '{STYLE_HASH}'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept, Accept-Language, Accept-Encoding, Authorization",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_PREFLIGHT = {
    "Allow": METHODS,
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "Authorization, Accept, Accept-Language",
    "Access-Control-Max-Age": "600",
}


@dataclass(frozen=True)
class Asked:
    """A request, understood.

    Attributes:
        base: the address of the service, without a slash at its end.
        path: of the request.
        pairs: its parameters in order.
        names: the words in the path.
        is_html: whether the asker wants a page for people.
        say: gives texts in the asker's language.
        language: `nl` or `en`.
        reading: the store, within one transaction.
        viewer: what the asker may see; None without a token where that is allowed.
    """

    base: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    names: dict[str, str]
    is_html: bool
    say: Say
    language: str
    reading: Reading
    viewer: Viewer | None

    def only(self, *allowed: str) -> dict[str, str]:
        """Return the parameters by name; raises Wrong for others than these and `f`."""
        return only(self.pairs, ("f", *allowed), self.say)


@dataclass(frozen=True)
class Answer:
    """What a handler gives back.

    Attributes:
        content: what becomes JSON.
        page: makes the page for people.
        media: type of the JSON.
        headers: more headers.
    """

    content: Any
    page: Callable[[], str]
    media: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Asked], Answer]


@dataclass(frozen=True)
class Place:
    """What stands at an address.

    Attributes:
        handler: answers; None where there is nothing.
        needs_token: whether only those with a token (or everyone, in an open store) are answered.
        media: type of its JSON, for the choice between it and a page.
        ignores_accept: it is JSON unless `f` says otherwise (its address ends in `.json`).
    """

    handler: Handler | None
    needs_token: bool = False
    media: str = JSON
    ignores_accept: bool = False


class Endpoint:
    """The application at an address: takes all methods, to refuse the wrong ones in the right form."""

    def __init__(
        self, central: Central, path: str, place: Place, readers: anyio.CapacityLimiter, *, public: bool
    ) -> None:
        self._central = central
        self._path = path
        self._place = place
        self._readers = readers
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        began, request = time.perf_counter(), Request(scope, receive)
        ORIGIN.set(network_of(address_of(request)))
        response, device = await anyio.to_thread.run_sync(self._respond, request, limiter=self._readers)
        spent = time.perf_counter() - began
        await record(self._central, request, device, self._path, response.status_code, spent)
        await response(scope, receive, send)

    def _respond(self, request: Request) -> tuple[Response, Device]:
        language = language_of(request.headers.get("accept-language", ""))
        device = [PUBLIC]
        try:
            response = self._answered(request, language, device)
        except Wrong as wrong:
            response = _problem(request, wrong.status, wrong.detail)
        except Problem as limited:
            response = _problem(request, limited.status, limited.content["error"])
            response.headers["Retry-After"] = str(limited.content["retry_after"])
        except (StadsveldError, sqlite3.Error) as error:
            response = _problem(request, 503, str(error))
        response.headers["Content-Language"] = language
        return response, device[0]

    def _answered(self, request: Request, language: str, device: list[Device]) -> Response:
        say, place = say_in(language), self._place
        _ = say
        if request.method == "OPTIONS" and place.handler is not None:
            return Response(status_code=204, headers={**_HEADERS, **_PREFLIGHT})
        if place.handler is None:
            raise Wrong(404, _("There is nothing at this address."))
        if request.method not in {"GET", "HEAD"}:
            raise Wrong(405, _("This address does not take this method."))
        pairs = tuple(request.query_params.multi_items())
        is_html = _wants_html(dict(pairs).get("f"), request, place, say)
        with Reading.of(self._central.path) as reading:
            device[0] = self._device(request, reading, say)
            viewer = reading.viewer(device[0]) if device[0] is not PUBLIC or self._public else None
            if place.needs_token and viewer is None:
                raise Wrong(401, _("This needs the token of an enrolled device."))
            asked = Asked(
                str(request.base_url).rstrip("/"), request.url.path, pairs, dict(request.path_params),
                is_html, say, language, reading, viewer,
            )  # fmt: skip
            answer = place.handler(asked)
        if is_html:
            return _packed(request, 200, answer.page(), HTML, answer.headers)
        return _packed(request, 200, dumped(answer.content), answer.media, answer.headers)

    def _device(self, request: Request, reading: Reading, _: Say) -> Device:
        """Return who asks; nobody in particular without a token."""
        authorization, address = request.headers.get("authorization"), address_of(request)
        if authorization is None:
            within_limit(self._central, limits.OPEN, address)
            return PUBLIC
        scheme, _space, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Wrong(401, _("This needs the token of an enrolled device."))
        try:
            device = reading.device(token.strip())
        except StoreError:
            raise
        except StadsveldError as error:
            within_limit(self._central, limits.REFUSED, address)
            raise Wrong(401, str(error)) from error
        within_limit(self._central, limits.DEVICE, device.device_id)
        if device.ended is not None:
            raise Wrong(403, _("This device was retired; it delivers what it has and fetches nothing."))
        return device


def routes_of(
    central: Central, places: Iterable[tuple[str, Place]], *, public: bool, readers: int
) -> list[Route]:
    """Return the routes of places; at most `readers` of them are answered at once."""
    limiter = anyio.CapacityLimiter(readers)
    return [
        Route(path, Endpoint(central, path, place, limiter, public=public), name=f"features {path}")
        for path, place in places
    ]


def dumped(content: Any) -> str:
    """Return JSON text."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _wants_html(form: str | None, request: Request, place: Place, _: Say) -> bool:
    if form is not None:
        if form not in {"html", "json"}:
            raise Wrong(400, _("“{name}” must be one of: {known}.").format(name="f", known="html, json"))
        return form == "html"
    if place.ignores_accept:
        return False
    accept = request.headers.get("accept", "*/*")[:2000]
    data = max(_quality(accept, media) for media in (place.media, JSON))
    html = _quality(accept, HTML)
    if not data and not html:
        raise Wrong(406, _("This is available as JSON and as HTML only."))
    return html > data


def _quality(accept: str, media: str) -> float:
    """Return how much an `Accept` header wants a media type: its most precise range counts."""
    family = media.partition("/")[0]
    best = (-1, 0.0)
    for item in accept.split(","):
        name, _semicolon, rest = item.partition(";")
        precision = {media: 2, f"{family}/*": 1, "*/*": 0}.get(name.strip().lower(), -1)
        if precision >= 0:
            best = max(best, (precision, quality_of(rest)))
    return best[1]


def _problem(request: Request, status: int, detail: str) -> Response:
    """Return problem details (RFC 9457)."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path[:500],
    }
    headers = {
        401: {"WWW-Authenticate": 'Bearer realm="stadsveld"'},
        405: {"Allow": METHODS},
        503: {"Retry-After": "5"},
    }.get(status, {})
    return _packed(request, status, dumped(content), PROBLEM, headers)


def _packed(request: Request, status: int, text: str, media: str, headers: dict[str, str]) -> Response:
    body, made = text.encode("utf-8", "replace"), {**_HEADERS, **headers}
    if len(body) > _WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, _COMPRESSION, mtime=0)
        made["Content-Encoding"] = "gzip"
    if media == HTML:
        media += "; charset=utf-8"
    made["Content-Type"] = media
    return Response(body, status, made)
